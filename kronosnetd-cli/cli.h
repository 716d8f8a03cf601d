/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The client program: its options and the exit codes of the contract. */
#ifndef KRONOSNETD_CLI_CLI_H
#define KRONOSNETD_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "kronosnetd-cli/conn.h"

/* Exit codes that do not come from the daemon's status; the others are kcp_exit_code(). */
#define CLI_EXIT_OK          0
#define CLI_EXIT_FAILED      1
#define CLI_EXIT_SYNTAX      2
#define CLI_EXIT_CONNECT     3
#define CLI_EXIT_PERMISSION  4
#define CLI_EXIT_TIMEOUT     6
#define CLI_EXIT_INTERRUPTED 130

struct cli_options {
	const char *socket;
	const char **commands; /* of -c, in order; the array is owned, the strings are argv's */
	size_t command_cnt;
	char *words;      /* the one-shot command, owned, or NULL */
	const char *file; /* of -f, "-" for stdin, or NULL */
	long timeout_s;   /* 0: none */
	bool json;
	bool check_only;
	bool keep_going;
	bool echo;
	bool each_line;
	bool operator_role;
	bool strict;
	bool no_pager;
	bool yes;   /* to all questions */
	bool color; /* decided from --color, NO_COLOR and the terminal */
};

/* What `terminal` has set, for this session of the client. */
struct cli_terminal {
	int length; /* lines of a page, 0: no pages, -1: as the terminal says */
	int width;  /* columns, 0: as the terminal says */
	bool timestamps;
	bool monitor;         /* log lines are wanted */
	uint32_t monitor_req; /* the request that brings them, 0: none runs */
};

struct cli {
	struct cli_options opt;
	struct cli_terminal term;
	bool interactive; /* a person types the lines */
	struct cli_conn conn;
};

/*
 * Reads the command line. Returns -1 to go on, or the exit code: 0 after --help and --version,
 * CLI_EXIT_SYNTAX after a wrong option, which has been explained on stderr.
 */
int cli_options_parse(struct cli_options *opt, int argc, char **argv);
void cli_options_fini(struct cli_options *opt);

/* Colour unless told otherwise: on a terminal that can, and nobody objects. */
bool cli_color_default(void);

/* Runs the prompt until the person leaves. Returns the exit code. */
int cli_shell_run(struct cli *cli);
/* -n: checks a file without a daemon. Returns the exit code. */
int cli_check_run(struct cli *cli);
/* Runs -c lines, a one-shot command or -f. Returns the exit code. */
int cli_script_run(struct cli *cli);

#endif
