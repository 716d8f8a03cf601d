/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Pipes: `show peers | where state = down | sort rtt | include web`. A chain of two parts. The
 * first one takes rows, as the daemon sent them; then they are drawn (as a table, JSON or CSV), and
 * the second part takes lines of text. The last stage is the terminal's.
 */
#ifndef KRONOSNETD_CLI_PIPE_H
#define KRONOSNETD_CLI_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "knetd/ctlproto/ctlproto.h"

struct cli_stage;

struct cli_line {
	const char *text; /* NUL-terminated, without newline */
	bool heading;     /* a table's legend or head, not a row */
};

/* A sentence about what is wrong. */
struct cli_why {
	char text[512];
};

/*
 * A kind of stage: it takes lines, rows or either, and has the functions that go with it.
 */
struct cli_stage_ops {
	const char *name;
	const char *usage;
	const char *help;
	/* Takes the words after the name. Returns 0, or -EINVAL with a sentence in `why`. */
	int (*parse)(struct cli_stage *stage, int argc, char **argv, struct cli_why *why);
	/* Takes one line. Returns false if no more lines are wanted. */
	bool (*line)(struct cli_stage *stage, const struct cli_line *line);
	/* Takes one row, borrowed. Returns false if no more rows are wanted. */
	bool (*row)(struct cli_stage *stage, json_t *row);
	/* Optional: what the rows are; may choose among the columns. 0 or -EINVAL with `why`. */
	int (*bind)(struct cli_stage *stage, struct kcp_schema *schema, struct cli_why *why);
	/* Lines that are cut to the terminal's width would not do: a word that is looked for may be
	 * in what is cut off. */
	bool is_for_whole_lines;
	/* After the last line or row. Returns 0 or -errno, e.g. of a full disk. */
	int (*end)(struct cli_stage *stage);
	/* Releases stage->state. */
	void (*fini)(struct cli_stage *stage);
};

struct cli_stage {
	const struct cli_stage_ops *ops;
	struct cli_stage *next; /* NULL for a stage that prints or saves */
	bool takes_rows;        /* stands before rows are drawn */
	void *state;
	long count;
	bool flag;
	const char *wrong; /* why it wants no more, if that is an error */
};

/* How rows are drawn. */
enum cli_form {
	CLI_FORM_TABLE = 0,
	CLI_FORM_JSON,
	CLI_FORM_JSON_PRETTY,
	CLI_FORM_JSON_LINES,
	CLI_FORM_CSV,
	CLI_FORM_COUNT
};

enum cli_paging { CLI_PAGE_AUTO = 0, CLI_PAGE_ALWAYS, CLI_PAGE_NEVER };

#define CLI_STAGES_MAX 16

/* A parsed line: the command for the daemon, and the stages its output goes through. */
struct cli_pipe {
	char *command; /* owned */
	enum cli_form form;
	bool has_form; /* the line says so */
	enum cli_paging paging;
	long refresh_s; /* 0: once */
	size_t row_cnt; /* the first stages take rows */
	size_t stage_cnt;
	struct cli_stage stages[CLI_STAGES_MAX];
};

/*
 * Splits a line at its unquoted bars. Returns 0, or -EINVAL with a sentence in `why` and, in
 * `why_off`, the offset of the stage in the line. On success the caller calls cli_pipe_fini().
 */
__attribute__((warn_unused_result)) int cli_pipe_parse(const char *line, struct cli_pipe *pipe,
						       size_t *why_off, struct cli_why *why);
/* Connects the stages of lines to `sink`, which the caller owns, and returns the first one. */
struct cli_stage *cli_pipe_connect(struct cli_pipe *pipe, struct cli_stage *sink);
/* Connects the stages of rows to `sink`, which draws them, and returns the first one. */
struct cli_stage *cli_pipe_connect_rows(struct cli_pipe *pipe, struct cli_stage *sink);
/* How wide tables may be on a terminal of `cols` columns. 0, any: what goes into a file, or is
 * searched, is not cut. */
size_t cli_pipe_width(const struct cli_pipe *pipe, size_t cols);
/* True if the answer must come as rows, not as a text for people. */
bool cli_pipe_wants_rows(const struct cli_pipe *pipe);
void cli_pipe_fini(struct cli_pipe *pipe);

/* Offset of the first unquoted bar in `line`, or its length. */
size_t cli_pipe_find_bar(const char *line);
/* The same in a text that stands behind a bar: within the words of a pattern, bars are text. */
size_t cli_pipe_find_next_bar(const char *text);
/* Offset of the last unquoted bar before `cursor`, or its length if there is none. */
size_t cli_pipe_find_last_bar(const char *line, size_t cursor);

/* Passes a line or a row to the next stage. */
bool cli_stage_pass(struct cli_stage *stage, const struct cli_line *line);
bool cli_stage_pass_row(struct cli_stage *stage, json_t *row);
/*
 * Tells the stages of lines, which begin with `first`, that the last line was given. 0, or -EINVAL
 * with a sentence in `why` if one of them, or of the stages of rows, could not do its work.
 */
__attribute__((warn_unused_result)) int cli_pipe_end(const struct cli_pipe *pipe,
						     struct cli_stage *first, struct cli_why *why);

/* The words of a stage with blanks between them. Owned; NULL without memory. */
char *cli_words_join(int argc, char **argv);
/* Fills `why`. Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int cli_why_say(struct cli_why *why, const char *fmt, ...);
/* The same, with the stage's usage. */
int cli_why_usage(const struct cli_stage *stage, struct cli_why *why);

/* Name, usage and help of everything that may stand behind a bar; false behind the last one. */
struct cli_stage_info {
	const char *name, *usage, *help;
	const struct cli_stage_ops *ops; /* NULL: one that pipe.c itself knows */
};
bool cli_stage_info(size_t i, struct cli_stage_info *out);

/* stage.c, stage_file.c, stage_row.c, stage_diff.c */
extern const struct cli_stage_ops cli_stage_include, cli_stage_exclude, cli_stage_begin,
	cli_stage_until, cli_stage_section, cli_stage_count, cli_stage_first, cli_stage_last,
	cli_stage_save, cli_stage_tee, cli_stage_where, cli_stage_sort, cli_stage_columns,
	cli_stage_diff;

#endif
