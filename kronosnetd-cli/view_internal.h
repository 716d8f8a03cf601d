/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The ways to draw rows; used by view.c alone. */
#ifndef KRONOSNETD_CLI_VIEW_INTERNAL_H
#define KRONOSNETD_CLI_VIEW_INTERNAL_H

#include "kronosnetd-cli/view.h"

/* Passes a line to the first stage. */
bool cli_view_emit(struct cli_view *view, const char *text, bool heading);
/* True if rows come one by one, for as long as somebody watches. */
bool cli_view_is_stream(const struct cli_view *view);

#define CLI_GAP       "  " /* between columns */
#define CLI_GAP_WIDTH 2

struct cli_cells {
	char *text[KCP_COLUMNS_MAX];
};

/* Chooses the widths of columns for the rows that wait, and before the heading what is left out. */
void cli_table_fit(struct cli_view *view);
bool cli_table_shows(const struct cli_view *view, size_t c);
/* True if what does not fit into this column goes on below; else it is cut. */
bool cli_table_wraps(const struct cli_view *view, size_t c);
/* A cell's text in the form that was chosen; may change `text`, which it points into. */
const char *cli_table_text(const struct cli_view *view, size_t c, char *text);

/* Draws a row as a line of a table, at once or when enough rows are there to choose widths from. */
bool cli_table_row(struct cli_view *view, json_t *row);
/* Draws the rows that wait. False if no more is wanted. */
bool cli_table_flush(struct cli_view *view);
/* Draws the heading if it is not out yet: an empty list, if whole, still says what it is a list of.
 */
void cli_table_end(struct cli_view *view, bool is_whole);
void cli_table_fini(struct cli_view *view);

/* Draws a row of NDJSON, in place, or a parsed one. */
bool cli_json_text(struct cli_view *view, const char *row);
bool cli_json_row(struct cli_view *view, json_t *row);
void cli_json_end(struct cli_view *view, uint64_t generation);

bool cli_csv_row(struct cli_view *view, json_t *row);
void cli_csv_end(struct cli_view *view);

#endif
