// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `watch` and `| refresh`: a show again and again.
 *
 * On a terminal each answer is collected whole, then drawn from the top of the screen, line over
 * line, so that nothing flickers; what differs from the answer before is shown in reverse. The
 * terminal is without echo meanwhile: `q` and ^C end, a change of its size draws at once. Off a
 * terminal, or on one that cannot move its cursor, answers follow each other.
 */
#include "kronosnetd-cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "knetd/cmd/plural.h"
#include "kronosnetd-cli/cell.h"
#include "kronosnetd-cli/diff.h"
#include "kronosnetd-cli/local.h"
#include "kronosnetd-cli/sink.h"

#define LINES_MAX 1000 /* more than any screen has */

struct watch {
	struct cli *cli;
	const struct cli_place *place;
	const char *line;
	long seconds;
	bool in_place;
	bool has_before; /* the second answer and later ones: changes can be shown */
	struct cli_lines now, before;
};

static volatile sig_atomic_t window_changed;

static void on_window(int sig)
{
	(void)sig;
	window_changed = 1;
}

/* ---- one answer ------------------------------------------------------------------------------ */

static bool collect_line(struct cli_stage *stage, const struct cli_line *line)
{
	struct watch *w = stage->state;

	return w->now.cnt < LINES_MAX && cli_lines_add(&w->now, line->text) == 0;
}

static bool print_line(struct cli_stage *stage, const struct cli_line *line)
{
	(void)stage;
	return puts(line->text) >= 0;
}

static int print_end(struct cli_stage *stage)
{
	(void)stage;
	return fflush(stdout) == 0 ? 0 : -errno;
}

static const struct cli_stage_ops collect_ops = {.name = "watch", .line = collect_line};
static const struct cli_stage_ops print_ops = {
	.name = "watch", .line = print_line, .end = print_end};

/* Runs the line once. Returns an exit code. */
static int answer_get(struct watch *w)
{
	struct cli_stage sink = {.ops = w->in_place ? &collect_ops : &print_ops, .state = w};
	struct cli_pipe pipe;
	int code = cli_parse_line(w->place, w->line, &pipe);

	if (code != CLI_EXIT_OK)
		return code;
	code = cli_ask_pipe(w->cli, w->place, &pipe,
			    &(struct cli_canvas){.line = w->line,
						 .sink = &sink,
						 .width = cli_terminal_cols(w->cli)},
			    NULL);
	cli_pipe_fini(&pipe);
	return code;
}

/* ---- the screen ------------------------------------------------------------------------------ */

/* Bytes at which two lines begin to differ, not within a character. */
static size_t common_head(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	while (i > 0 && ((unsigned char)a[i] & 0xc0) == 0x80)
		i--;
	return i;
}

/* Bytes that both lines end with, at most `max`, not within a character. */
static size_t common_tail(const char *a, const char *b, size_t max)
{
	const size_t na = strlen(a), nb = strlen(b);
	size_t i = 0;

	while (i < max && i < nb && a[na - 1 - i] == b[nb - 1 - i])
		i++;
	while (i > 0 && ((unsigned char)a[na - i] & 0xc0) == 0x80)
		i--;
	return i;
}

static void changed_draw(const char *now, const char *before)
{
	const size_t head = common_head(now, before), len = strlen(now);
	size_t tail = 0;

	/* From the right only if the columns are the same. */
	if (len == strlen(before))
		tail = common_tail(now, before, len - head);
	printf("%.*s", (int)head, now);
	if (head + tail < len)
		printf("\033[7m%.*s\033[0m", (int)(len - head - tail), now + head);
	printf("%s", now + len - tail);
}

static void line_draw(const struct watch *w, size_t i, size_t cols)
{
	const char *before = w->has_before && i < w->before.cnt ? w->before.text[i] : "";
	char *now = w->now.text[i];

	now[cli_text_fit(now, cols)] = '\0';
	if (!w->has_before || strcmp(now, before) == 0)
		printf("%s", now);
	else
		changed_draw(now, before);
	printf("\033[K\r\n");
}

static void screen_draw(const struct watch *w)
{
	const size_t rows = cli_terminal_rows(w->cli), cols = cli_terminal_cols(w->cli);
	const size_t room = rows > 3 ? rows - 3 : 1;
	const size_t shown = w->now.cnt < room ? w->now.cnt : room;
	char head[256], when[16];
	const time_t now = time(NULL);
	struct tm tm;

	strftime(when, sizeof(when), "%H:%M:%S", localtime_r(&now, &tm));
	snprintf(head, sizeof(head), "%s  every %ld s: %s", when, w->seconds, w->line);
	head[cli_text_fit(head, cols)] = '\0';
	printf("\033[H%s\033[K\r\n\033[K\r\n", head);
	for (size_t i = 0; i < shown; i++)
		line_draw(w, i, cols);
	if (shown < w->now.cnt)
		printf("(%zu more line%s)\033[K", w->now.cnt - shown,
		       knd_plural(w->now.cnt - shown));
	printf("\033[J");
	fflush(stdout);
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* True if a key says enough. */
static bool key_ends(void)
{
	char key;

	return read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' || key == 3;
}

/* Waits for the next round. Returns false if the person wants no more. */
static bool round_wait(const struct watch *w)
{
	const struct timespec pause = {.tv_sec = w->seconds};
	struct pollfd pfd = {.fd = w->in_place ? STDIN_FILENO : -1, .events = POLLIN};
	sigset_t block, before;
	int ready = 0;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGWINCH);
	sigprocmask(SIG_BLOCK, &block, &before);
	if (!cli_interrupted && !window_changed)
		ready = ppoll(&pfd, 1, &pause, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	window_changed = 0;
	return !cli_interrupted && !(ready > 0 && key_ends());
}

static int rounds_run(struct watch *w)
{
	int code;

	do {
		cli_lines_fini(&w->before);
		w->before = w->now;
		w->now = (struct cli_lines){0};
		code = answer_get(w);
		if (code != CLI_EXIT_OK)
			break;
		if (w->in_place)
			screen_draw(w);
		w->has_before = true;
	} while (round_wait(w));
	if (cli_interrupted)
		code = CLI_EXIT_INTERRUPTED;
	cli_interrupted = 0;
	return code;
}

static struct termios echo_disable(void)
{
	struct termios before = {0}, now;

	if (tcgetattr(STDIN_FILENO, &before) == 0) {
		now = before;
		now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	}
	return before;
}

int cli_watch_run(struct cli *cli, const struct cli_place *place, const char *line, long seconds)
{
	struct watch w = {.cli = cli, .place = place, .line = line, .seconds = seconds};
	const struct sigaction window = {.sa_handler = on_window};
	struct sigaction window_before;
	struct termios terminal;
	int code;

	w.in_place = isatty(STDIN_FILENO) && cli_terminal_can_draw();
	if (!w.in_place) {
		code = rounds_run(&w);
		if (code == CLI_EXIT_INTERRUPTED && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			putchar('\n'); /* behind the ^C that the terminal has drawn */
		return code;
	}
	sigaction(SIGWINCH, &window, &window_before);
	terminal = echo_disable();
	printf("\033[2J");
	code = rounds_run(&w);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	sigaction(SIGWINCH, &window_before, NULL);
	raise(SIGWINCH); /* what was missed meanwhile is for the prompt */
	cli_lines_fini(&w.now);
	cli_lines_fini(&w.before);
	return cli->interactive && code == CLI_EXIT_INTERRUPTED ? CLI_EXIT_OK : code;
}

int cli_watch_words(struct cli *cli, const struct cli_place *place, const char *words)
{
	const char *line = words + strspn(words, " \t");
	char *end;
	long seconds = strtol(line, &end, 10);
	size_t word;

	if (end == line)
		seconds = 2;
	else if (*end == ' ' || *end == '\t')
		line = end + strspn(end, " \t");
	word = strcspn(line, " \t|");
	if (seconds < 1 || seconds > 3600) {
		cli_error_say(place, KCP_SYNTAX, "Invalid input: 'watch' takes 1 to 3600 seconds");
		return CLI_EXIT_SYNTAX;
	}
	if (word < 2 || word > 4 || strncmp(line, "show", word) != 0) {
		cli_error_say(place, KCP_SYNTAX,
			      "Invalid input: 'watch' repeats only 'show' commands");
		return CLI_EXIT_SYNTAX;
	}
	return cli_watch_run(cli, place, line, seconds);
}
