/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Difference of two texts, line by line. */
#ifndef KRONOSNETD_CLI_DIFF_H
#define KRONOSNETD_CLI_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "kronosnetd-cli/pipe.h"

struct cli_lines {
	char **text; /* owned strings */
	size_t cnt, cap;
};

/* Appends a copy of a line. Returns 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int cli_lines_add(struct cli_lines *lines, const char *text);
/* Appends the lines of a text. Returns 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int cli_lines_split(struct cli_lines *lines, const char *text);
void cli_lines_fini(struct cli_lines *lines);

/*
 * Calls `emit` for each line of a unified difference, with three lines around each change; none if
 * there is no difference. Stops when `emit` returns false. Returns 0 or -ENOMEM.
 */
int cli_diff(const struct cli_lines *a, const struct cli_lines *b,
	     bool (*emit)(void *arg, const char *line), void *arg);

/* Of a stage `diff`: true if it compares with what was shown last time. */
bool cli_stage_diff_is_last(const struct cli_stage *stage);
/* Gives it that; NULL: there is nothing yet. */
void cli_stage_diff_old(struct cli_stage *stage, const char *text);
/* The lines it has seen, after the end; borrowed. */
const struct cli_lines *cli_stage_diff_new(const struct cli_stage *stage);

#endif
