/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Drawing a command's answer: rows as a table or as JSON, texts line by line. */
#ifndef KRONOSNETD_CLI_VIEW_H
#define KRONOSNETD_CLI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knetd/ctlproto/ctlproto.h"
#include "kronosnetd-cli/pipe.h"

struct cli_cells; /* one row of a table, as texts */

struct cli_view {
	struct cli_stage *first; /* where lines go; borrowed */
	struct cli_pipe *pipe;   /* with the stages of rows; borrowed */
	struct cli_stage draw;   /* their end: draws a row */
	enum cli_form form;
	size_t width; /* columns a table must fit, 0: any */
	bool color;

	bool has_schema;
	bool has_heading; /* of the table, or the opening of the JSON object, is out */
	bool has_text;
	bool is_closed;                  /* a stage wants no more lines */
	bool is_chosen;                  /* only the schema's columns are wanted of each row */
	bool is_hidden[KCP_COLUMNS_MAX]; /* columns that do not fit */
	uint64_t generation;
	uint8_t *schema_body; /* owned copy that `schema` borrows its strings from */
	struct kcp_schema schema;
	size_t wanted[KCP_COLUMNS_MAX]; /* widths without regard to the terminal's */
	size_t widths[KCP_COLUMNS_MAX];
	bool is_time_short;
	size_t below;              /* 1 + the column that stands in lines of its own, or 0 */
	struct cli_cells *pending; /* the rows that widths are chosen from; owned */
	size_t pending_cnt;
	char *held;         /* JSON: the last row, which gets a comma if another follows */
	struct cli_why why; /* what is wrong with a stage, now that the schema is known */
};

/*
 * `pipe` gives the form and the stages of rows; lines go to `first`. Tables are made to fit `width`
 * columns; 0: any.
 */
void cli_view_init(struct cli_view *view, struct cli_pipe *pipe, struct cli_stage *first,
		   size_t width, bool color);
/* Takes a SCHEMA frame. Returns 0, -EINVAL with view->why if a stage does not suit it, or -errno.
 */
__attribute__((warn_unused_result)) int cli_view_schema(struct cli_view *view,
							const struct kcp_frame *frame);
/* Take a ROWS and a TEXT frame. Return 1 to go on, 0 if no more is wanted, or -errno. */
__attribute__((warn_unused_result)) int cli_view_rows(struct cli_view *view,
						      const struct kcp_frame *frame);
__attribute__((warn_unused_result)) int cli_view_text(struct cli_view *view,
						      const struct kcp_frame *frame);
/*
 * The answer is complete; `generation` is the one at its end. If it was cut short (`is_whole`
 * false), what is there is still drawn, but JSON stays open. Does not end the stages of lines.
 */
void cli_view_end(struct cli_view *view, uint64_t generation, bool is_whole);
void cli_view_fini(struct cli_view *view);

#endif
