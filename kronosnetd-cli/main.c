// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * kronosnetd-cli, installed as knet as well: the client of the control socket.
 *
 * One thread. The daemon owns the session, its mode and the command language; this program reads
 * lines (from a prompt, the command line or a file), sends them, and draws what comes back.
 */
#include "kronosnetd-cli/cli.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void on_interrupt(int sig)
{
	(void)sig;
	cli_interrupted = 1;
}

static void signals_init(void)
{
	/* No SA_RESTART: a wait must end. */
	const struct sigaction interrupt = {.sa_handler = on_interrupt};
	const struct sigaction pipe_default = {.sa_handler = SIG_DFL};

	sigaction(SIGINT, &interrupt, NULL);
	/* `knet show peers | head` ends quietly, whatever the parent ignores. */
	sigaction(SIGPIPE, &pipe_default, NULL);
}

static int run(struct cli *cli)
{
	const bool has_script = cli->opt.words || cli->opt.command_cnt > 0 || cli->opt.file;

	if (cli->opt.check_only)
		return cli_check_run(cli);
	if (has_script)
		return cli_script_run(cli);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		cli->opt.file = "-";
		return cli_script_run(cli);
	}
	cli->interactive = true;
	return cli_shell_run(cli);
}

int main(int argc, char **argv)
{
	static struct cli cli; /* two frame buffers: too large for the stack */
	uint16_t flags = 0;
	int code;

	setlocale(LC_CTYPE, "");
	cli.term.length = -1;
	code = cli_options_parse(&cli.opt, argc, argv);
	if (code < 0) {
		signals_init();
		if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			flags |= KCP_HELLO_TTY;
		if (cli.opt.operator_role)
			flags |= KCP_HELLO_OPERATOR;
		cli_conn_init(&cli.conn, cli.opt.socket, flags, cli.opt.timeout_s * 1000);
		code = run(&cli);
		cli_conn_close(&cli.conn);
	}
	cli_options_fini(&cli.opt);
	return code;
}
