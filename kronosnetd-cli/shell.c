// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The interactive prompt.
 *
 * readline's callback interface under our own ppoll(): keys, the daemon's notices (and its end),
 * ^C and a resized window all arrive here. While a command runs readline is not installed, the
 * terminal is an ordinary one, and ^C is a signal that makes ask.c send CANCEL.
 *
 * If the daemon goes away the prompt says so and falls back to EXEC mode, because a configuration
 * mode died with the session; the next line connects again.
 */
#include "kronosnetd-cli/shell.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <readline/readline.h>

#include "kronosnetd-cli/ask.h"
#include "kronosnetd-cli/monitor.h"

#define REMEMBERED_MAX 100 /* lines of a paste that go into the history: more is no typing */

static volatile sig_atomic_t window_changed;
static volatile sig_atomic_t terminated;

static struct {
	struct cli *cli;
	bool leave;
	int code;        /* of the last command */
	char *line;      /* what readline handed over, owned */
	bool line_ready; /* with line == NULL: end of input */
} shell;

static void on_window(int sig)
{
	(void)sig;
	window_changed = 1;
}

/* SIGTERM, SIGHUP: leave in order, so that the terminal gets back what we changed. */
static void on_terminate(int sig)
{
	(void)sig;
	terminated = 1;
	cli_interrupted = 1;
}

void cli_prompt_format(const struct cli_conn *conn, char *out, size_t size)
{
	const char *host = conn->hostname[0] ? conn->hostname : "knet";
	const char mark = conn->role == KCP_ROLE_ADMIN ? '#' : '>';

	if (conn->tag[0])
		snprintf(out, size, "%s(%s)%c ", host, conn->tag, mark);
	else
		snprintf(out, size, "%s%c ", host, mark);
}

static void on_line(char *line)
{
	/* Out of readline's way before anything is printed: the terminal is ordinary again. */
	rl_callback_handler_remove();
	shell.line = line;
	shell.line_ready = true;
}

static void prompt_install(void)
{
	char prompt[600];

	cli_prompt_format(&shell.cli->conn, prompt, sizeof(prompt));
	rl_callback_handler_install(prompt, on_line);
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t")] == '\0';
}

/*
 * Connects if the daemon went away meanwhile. Returns false if the line must not be run.
 */
static bool ready_for_line(void)
{
	struct cli *cli = shell.cli;

	if (cli_conn_is_open(&cli->conn))
		return true;
	shell.code = cli_connect(cli);
	if (shell.code != CLI_EXIT_OK)
		return false;
	cli_notice("Connected to knetd again");
	cli->term.monitor_req = 0;
	if (cli->term.monitor)
		(void)!cli_monitor_start(cli);
	return true;
}

static void line_run(const char *line)
{
	struct cli *cli = shell.cli;
	struct cli_place place = {.interactive = true, .json = cli->opt.json};
	char prompt[600];

	cli_prompt_format(&cli->conn, prompt, sizeof(prompt));
	place.prompt_width = strlen(prompt);
	if (!ready_for_line())
		return;
	shell.code = cli_ask_line(cli, &place, line);
	if (cli->conn.mode_flags & KCP_MODE_CLOSED)
		shell.leave = true;
}

/* After all else nobody knows what the daemon has still done. */
static bool is_refusal(int code)
{
	return code != CLI_EXIT_OK && code != CLI_EXIT_CONNECT && code != CLI_EXIT_TIMEOUT &&
	       code != CLI_EXIT_INTERRUPTED;
}

/* What of a paste was not done is not to be guessed from its errors. */
static void rest_tell(const struct cli_block *block, size_t first)
{
	char text[80];
	size_t cnt = block->cnt;

	while (cnt > 0 && is_blank(block->text[cnt - 1]))
		cnt--;
	if (first + 1 >= cnt)
		return;
	snprintf(text, sizeof(text), "Nothing of the paste from line %zu on took effect",
		 first + 1);
	cli_notice(text);
}

/* Runs a pasted block: single lines until one enters configuration, the rest as transactions. */
static void block_run(const char *text)
{
	const struct cli_place place = {.line = 1, .json = shell.cli->opt.json};
	struct cli_block block = {0};
	size_t done;

	if (cli_block_split(&block, text) < 0)
		return;
	for (size_t i = 0; i < block.cnt && block.cnt <= REMEMBERED_MAX; i++)
		if (!is_blank(block.text[i]))
			cli_history_add(block.text[i]);
	if (ready_for_line()) {
		shell.code = cli_block_run(shell.cli, &place, &block, &done);
		if (is_refusal(shell.code))
			rest_tell(&block, done);
	}
	cli_block_fini(&block);
	if (shell.cli->conn.mode_flags & KCP_MODE_CLOSED)
		shell.leave = true;
}

/* ^D on an empty line: one mode up, at the top the way out. */
static void input_ended(void)
{
	putchar('\n');
	if (shell.cli->conn.depth == 0)
		shell.leave = true;
	else
		line_run("exit");
}

static void line_take(void)
{
	char *line = shell.line;

	shell.line = NULL;
	shell.line_ready = false;
	cli_interrupted = 0;
	if (!line)
		input_ended();
	else if (strchr(line, '\n'))
		block_run(line);
	else if (!is_blank(line)) {
		cli_history_add(line);
		line_run(line);
	}
	free(line);
	if (!shell.leave && !terminated)
		prompt_install();
}

/* ^C at the prompt: drop the line, draw a fresh prompt. */
static void line_drop(void)
{
	cli_interrupted = 0;
	rl_free_line_state();
	rl_callback_sigcleanup();
	fputs("^C\n", stdout);
	fflush(stdout);
	rl_replace_line("", 1);
	rl_on_new_line();
	rl_redisplay();
}

/* Makes room above the line being edited, and draws it again, below a prompt that may be new. */
static void line_hide(void)
{
	rl_clear_visible_line();
	fflush(rl_outstream);
}

static void line_show(void)
{
	char prompt[600];

	cli_prompt_format(&shell.cli->conn, prompt, sizeof(prompt));
	rl_set_prompt(prompt);
	rl_on_new_line();
	rl_redisplay();
}

/* Something from the daemon although nothing was asked: log lines, a notice, or its end. */
static void daemon_take(void)
{
	struct cli_conn *conn = &shell.cli->conn;
	const bool was_configuring = conn->depth > 0;
	struct kcp_frame frame;
	const char *text = NULL;

	if (cli_interrupted)
		return;
	if (cli_conn_recv(conn, 0, &frame) < 0)
		text = was_configuring ? "Connection to knetd lost, configuration mode left"
				       : "Connection to knetd lost";
	else if (frame.type == KCP_NOTICE && kcp_unpack_notice(&frame, &text) < 0)
		return;
	line_hide();
	if (text)
		cli_notice(text);
	else
		(void)cli_monitor_take(shell.cli, &frame);
	line_show();
}

static void wait_for_event(const sigset_t *unblocked)
{
	struct pollfd fds[2] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = shell.cli->conn.fd, .events = POLLIN},
	};
	int ready;

	if (terminated)
		return;
	if (cli_interrupted) {
		line_drop();
		return;
	}
	if (cli_keys_are_waiting()) {
		rl_callback_read_char();
		return;
	}
	ready = ppoll(fds, 2, NULL, unblocked);
	if (window_changed) {
		window_changed = 0;
		rl_resize_terminal();
	}
	if (ready <= 0)
		return;
	if (fds[1].revents)
		daemon_take();
	else if (fds[0].revents)
		rl_callback_read_char();
}

/* ^Z is a key of ours, not a signal. Returns what the terminal was. */
static struct termios suspend_key_disable(void)
{
	struct termios before = {0}, now;

	if (tcgetattr(STDIN_FILENO, &before) == 0) {
		now = before;
		now.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	}
	return before;
}

static void events_run(void)
{
	sigset_t block, before;

	/* Blocked except inside ppoll(), so that no ^C falls between the test and the wait. */
	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGWINCH);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	prompt_install();
	while (!shell.leave && !terminated) {
		sigprocmask(SIG_BLOCK, &block, &before);
		while (!shell.line_ready && !terminated)
			wait_for_event(&before);
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (shell.line_ready)
			line_take();
	}
	rl_callback_handler_remove();
}

int cli_shell_run(struct cli *cli)
{
	const struct sigaction window = {.sa_handler = on_window};
	const struct sigaction terminate = {.sa_handler = on_terminate};
	struct termios terminal;

	shell.cli = cli;
	shell.code = cli_connect(cli);
	if (shell.code != CLI_EXIT_OK)
		return shell.code;
	if (cli->conn.is_unsaved)
		cli_notice("The running configuration has not been saved");
	sigaction(SIGWINCH, &window, NULL);
	sigaction(SIGTERM, &terminate, NULL);
	sigaction(SIGHUP, &terminate, NULL);
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	cli_keys_init(cli);
	cli_history_init();
	terminal = suspend_key_disable();
	events_run();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	cli_conn_close(&cli->conn);
	return terminated ? 128 + SIGTERM : CLI_EXIT_OK;
}
