/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* What commands have shown before, for `| diff`. */
#ifndef KRONOSNETD_CLI_RECALL_H
#define KRONOSNETD_CLI_RECALL_H

#include "kronosnetd-cli/cli.h"
#include "kronosnetd-cli/pipe.h"

/* A stage before the last one that takes notes. */
struct cli_recall {
	struct cli_stage stage; /* hand it to cli_pipe_connect() */
	char *key;              /* owned: the line without its `diff` */
	char *text;             /* owned: lines so far */
	size_t len, cap;
	bool is_off;            /* too long, or nothing to note */
	struct cli_stage *diff; /* borrowed; NULL: none, or one against a file */
};

/*
 * Begins to note what `line` shows, in front of `sink`. A stage `diff` in `pipe` is given what the
 * line showed last time.
 */
void cli_recall_begin(struct cli_recall *recall, struct cli *cli, const char *line,
		      struct cli_pipe *pipe, struct cli_stage *sink);
/* Keeps the notes if `is_whole`. */
void cli_recall_end(struct cli_recall *recall, bool is_whole);

#endif
