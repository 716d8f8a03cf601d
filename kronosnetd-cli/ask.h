/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Asking the daemon: one line, or a block of lines as one transaction. */
#ifndef KRONOSNETD_CLI_ASK_H
#define KRONOSNETD_CLI_ASK_H

#include <stddef.h>

#include "kronosnetd-cli/cli.h"
#include "kronosnetd-cli/error.h"
#include "kronosnetd-cli/pipe.h"

struct cli_local;

/* Lines read from somewhere; `text` is owned. */
struct cli_block {
	char **text;
	size_t cnt;
	size_t cap;
};

/* Lines of a block that a command among them may take; what it takes does not run. */
struct cli_feed {
	const struct cli_block *block;
	size_t next; /* the first one that nobody has taken */
};

/* Appends a copy of a line. Returns 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int cli_block_add(struct cli_block *block, const char *line);
/* Appends the lines of a text. Returns 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int cli_block_split(struct cli_block *block, const char *text);
void cli_block_fini(struct cli_block *block);
/* True for a line that says nothing: empty, or a comment. */
bool cli_line_is_blank(const char *line);

/* Where the answer to a line is drawn. */
struct cli_canvas {
	const char *line;       /* what an error points at; borrowed */
	struct cli_stage *sink; /* the last stage; borrowed */
	size_t width;           /* columns a table must fit, 0: any */
	bool color;
};

/* Connects if need be; explains on stderr why not. Returns an exit code. */
int cli_connect(struct cli *cli);
/* Runs one line with its pipes and prints what it answers. Returns an exit code. */
int cli_ask_line(struct cli *cli, const struct cli_place *place, const char *line);
/* Splits a line from its pipes; explains what is wrong with them. Returns an exit code. */
int cli_parse_line(const struct cli_place *place, const char *line, struct cli_pipe *pipe);
/*
 * Runs a parsed line once and draws it on `canvas`. What the client itself is to do then is put
 * into `local`, which the caller frees, or is ignored if that is NULL. Returns an exit code.
 */
int cli_ask_pipe(struct cli *cli, const struct cli_place *place, struct cli_pipe *pipe,
		 const struct cli_canvas *canvas, struct cli_local *local);
/* Ends the stages of a line's output; says on stderr what they could not do. Returns `code`, or
 * CLI_EXIT_FAILED if that was CLI_EXIT_OK and they failed. */
int cli_ask_end(const struct cli_place *place, const struct cli_pipe *pipe, struct cli_stage *first,
		int code);
/*
 * Sends lines[first..] as one transaction: all take effect or none. `place->line` is the number of
 * the block's first line. `flags` are KCP_F_CONFIG (start at the top of the configuration, return
 * to where the session was), KCP_F_REPLACE and KCP_F_CHECK. The transaction ends where the lines
 * leave configuration mode or before a command; `taken` says how many lines that were (0: the first
 * one is a command; all of them after an error). Returns an exit code.
 */
int cli_ask_batch(struct cli *cli, const struct cli_place *place, const struct cli_block *block,
		  size_t first, uint16_t flags, size_t *taken);
/*
 * Runs lines from a file, a paste or -c: those in EXEC mode one by one, each run of lines in a
 * configuration mode as one transaction. Returns the exit code of the first line that failed, after
 * which it stops unless -e was given. `done`, unless NULL: how many lines came before those that
 * took no effect because of that.
 */
int cli_block_run(struct cli *cli, const struct cli_place *place, const struct cli_block *block,
		  size_t *done);

#endif
