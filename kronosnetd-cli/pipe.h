/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Pipes: `show peers | include up | count`. A chain of stages that pass lines on; the last stage
 * is the terminal's or the file's.
 */
#ifndef KRONOSNETD_CLI_PIPE_H
#define KRONOSNETD_CLI_PIPE_H

#include <stdbool.h>
#include <stddef.h>

struct cli_stage;

struct cli_line {
	const char *text; /* NUL-terminated, without newline */
	bool heading;     /* a table's legend or head, not a row */
};

struct cli_stage_ops {
	const char *name;
	const char *usage;
	const char *help;
	/* Takes the words after the name. Returns 0, or -EINVAL with a sentence in `why`. */
	int (*parse)(struct cli_stage *stage, int argc, char **argv, char *why, size_t why_size);
	/* Takes one line. Returns false if no more lines are wanted. */
	bool (*line)(struct cli_stage *stage, const struct cli_line *line);
	/* After the last line. Returns 0 or -errno, e.g. of a full disk. */
	int (*end)(struct cli_stage *stage);
	/* Releases stage->state. */
	void (*fini)(struct cli_stage *stage);
};

struct cli_stage {
	const struct cli_stage_ops *ops;
	struct cli_stage *next; /* NULL for a stage that prints or saves */
	void *state;
	long count;
	bool flag;
};

enum cli_json { CLI_JSON_NO = 0, CLI_JSON_ARRAY, CLI_JSON_PRETTY, CLI_JSON_LINES };

#define CLI_STAGES_MAX 16

/* A parsed line: the command for the daemon, and the stages its output goes through. */
struct cli_pipe {
	char *command; /* owned */
	enum cli_json json;
	bool no_more;
	size_t stage_cnt;
	struct cli_stage stages[CLI_STAGES_MAX];
};

/*
 * Splits a line at its unquoted bars. Returns 0, or -EINVAL with a sentence in `why` and, in
 * `why_off`, the offset of the stage in the line. On success the caller calls cli_pipe_fini().
 */
__attribute__((warn_unused_result)) int cli_pipe_parse(const char *line, struct cli_pipe *pipe,
						       size_t *why_off, char *why, size_t why_size);
/* Connects the stages to `sink`, which the caller owns, and returns the first one. */
struct cli_stage *cli_pipe_connect(struct cli_pipe *pipe, struct cli_stage *sink);
void cli_pipe_fini(struct cli_pipe *pipe);

/* Offset of the first unquoted bar in `line`, or its length. */
size_t cli_pipe_find_bar(const char *line);

/* Passes a line to the next stage. */
bool cli_stage_pass(struct cli_stage *stage, const struct cli_line *line);
/* Tells a chain that the last line was given. Returns the first error of its stages. */
int cli_stage_end(struct cli_stage *first);

/* The stages a person may name, for help and completion. */
extern const struct cli_stage_ops *const cli_stage_table[];
extern const size_t cli_stage_table_len;

#endif
