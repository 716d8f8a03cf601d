// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Tables. Column widths come from the heading and the first 256 rows; on a terminal they are made
 * to fit (table_fit.c). A text that is longer than its column goes on below, in the column; a
 * number, or an explanation that may be cut, ends in an ellipsis. Off a terminal nothing is ever
 * cut or broken: a cell that is longer than its column pushes the rest of its line.
 *
 * A stream cannot wait for 256 rows: its columns grow as need be.
 */
#include "kronosnetd-cli/view_internal.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/cell.h"

#define PENDING_MAX KCP_ROWS_MAX

static void cells_free(const struct cli_view *view, struct cli_cells *row)
{
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		free(row->text[c]);
}

static void cells_format(const struct cli_view *view, const json_t *row, struct cli_cells *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (cli_table_shows(view, c))
			out->text[c] = cli_cell_format(row, &view->schema.columns[c]);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static const char *ellipsis(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\u2026" : "~";
}

static const char *state_color(const char *text)
{
	static const struct {
		const char *state, *sgr;
	} colors[] = {
		{"up", "\033[32m"},      {"ok", "\033[32m"},    {"degraded", "\033[33m"},
		{"suspect", "\033[33m"}, {"init", "\033[33m"},  {"never", "\033[33m"},
		{"down", "\033[31m"},    {"error", "\033[31m"}, {"warning", "\033[33m"},
	};

	for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (strcmp(text, colors[i].state) == 0)
			return colors[i].sgr;
	return NULL;
}

static bool column_is_colored(const struct kcp_column *col)
{
	return strcmp(col->key, "state") == 0 || strcmp(col->key, "level") == 0;
}

static void pad(FILE *f, size_t cnt)
{
	fprintf(f, "%*s", (int)cnt, "");
}

static void cell_cut(FILE *f, const char *text, size_t room)
{
	const size_t fit = cli_text_fit(text, room - 1);

	fprintf(f, "%.*s%s", (int)fit, text, ellipsis());
	/* A wide character may not have fitted. */
	pad(f, room - 1 - cli_text_width_of(text, fit));
}

static void cell_write(FILE *f, const struct cli_view *view, size_t c, const char *text)
{
	const struct kcp_column *col = &view->schema.columns[c];
	const size_t width = cli_text_width(text);
	const size_t room = view->widths[c];
	const char *sgr = NULL;

	if (view->width > 0 && width > room) {
		cell_cut(f, text, room);
		return;
	}
	if (view->color && column_is_colored(col))
		sgr = state_color(text);
	if (cli_cell_is_right(col) && width < room)
		pad(f, room - width);
	if (sgr)
		fprintf(f, "%s%s\033[0m", sgr, text);
	else
		fputs(text, f);
	if (!cli_cell_is_right(col) && width < room)
		pad(f, room - width);
}

/* No blanks at the end, and what is wider than the terminal is cut; colours only make it longer. */
static void line_trim(const struct cli_view *view, char *line)
{
	size_t len = strlen(line), fit;

	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
	if (view->width == 0 || view->color || cli_text_width(line) <= view->width)
		return;
	fit = cli_text_fit(line, view->width - 1);
	/* The ellipsis takes three bytes at most; what it replaces is at least one column. */
	if (fit + strlen(ellipsis()) <= len)
		memcpy(line + fit, ellipsis(), strlen(ellipsis()) + 1);
	else
		line[fit] = '\0';
}

/* One line of the terminal. Several of them may make a row. */
static bool line_write(struct cli_view *view, const char *const *cells, bool heading)
{
	char *line = NULL;
	size_t size, shown = 0;
	FILE *f = open_memstream(&line, &size);
	bool more;

	if (!f)
		return false;
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		if (!cli_table_shows(view, c))
			continue;
		if (shown++)
			fputs(CLI_GAP, f);
		cell_write(f, view, c, cells[c] ? cells[c] : "");
	}
	fclose(f);
	if (line)
		line_trim(view, line);
	more = cli_view_emit(view, line ? line : "", heading);
	free(line);
	return more;
}

/* Takes from `*rest` what stands in this line of column `c`. Returns an owned text. */
static char *piece_take(const struct cli_view *view, size_t c, const char **rest)
{
	const char *text = *rest;
	size_t len = strlen(text);

	if (view->width > 0 && cli_table_wraps(view, c) && cli_text_width(text) > view->widths[c])
		len = cli_text_wrap(text, view->widths[c]);
	*rest = text + len + strspn(text + len, " ");
	return strndup(text, len);
}

/* The text that stands below its row, indented. */
static bool below_write(struct cli_view *view, const char *text, bool heading)
{
	const size_t room =
		view->width > 2 * CLI_GAP_WIDTH ? view->width - CLI_GAP_WIDTH : CLI_GAP_WIDTH;
	bool more = true;

	while (more && text && *text && strcmp(text, "-") != 0) {
		const size_t len = cli_text_wrap(text, room);
		char *line;

		if (asprintf(&line, CLI_GAP "%.*s", (int)len, text) < 0)
			return false;
		more = cli_view_emit(view, line, heading);
		free(line);
		text += len + strspn(text + len, " ");
	}
	return more;
}

/* A row: as many lines as its longest text needs. */
static bool row_write(struct cli_view *view, const struct cli_cells *row)
{
	const char *rest[KCP_COLUMNS_MAX], *pieces[KCP_COLUMNS_MAX];
	bool more = true, any = true;

	for (size_t c = 0; c < view->schema.column_cnt; c++)
		rest[c] = row->text[c] ? cli_table_text(view, c, row->text[c]) : "";
	while (any && more) {
		any = false;
		for (size_t c = 0; c < view->schema.column_cnt; c++) {
			pieces[c] = cli_table_shows(view, c) ? piece_take(view, c, &rest[c]) : NULL;
			any |= pieces[c] && *rest[c];
		}
		more = line_write(view, pieces, false);
		for (size_t c = 0; c < view->schema.column_cnt; c++)
			free((char *)pieces[c]);
	}
	return more && (!view->below || below_write(view, row->text[view->below - 1], false));
}

/* Says which columns are left out because the terminal is too narrow. */
static bool hidden_write(struct cli_view *view)
{
	char text[512] = "(not shown:";
	size_t used = strlen(text);
	bool any = false;

	for (size_t c = 0; c < view->schema.column_cnt && used < sizeof(text); c++) {
		if (!view->is_hidden[c])
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s", any ? "," : "",
					 view->schema.columns[c].title);
		any = true;
	}
	if (!any)
		return true;
	if (used < sizeof(text) - 1)
		strcat(text, ")");
	line_trim(view, text);
	return cli_view_emit(view, text, true);
}

static bool heading_write(struct cli_view *view)
{
	const char *titles[KCP_COLUMNS_MAX];

	view->has_heading = true;
	if (view->schema.legend[0] && !cli_view_emit(view, view->schema.legend, true))
		return false;
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		titles[c] = view->schema.columns[c].title;
	return hidden_write(view) && line_write(view, titles, true) &&
	       (!view->below || below_write(view, titles[view->below - 1], true));
}

/* ---- rows ------------------------------------------------------------------------------------ */

bool cli_table_flush(struct cli_view *view)
{
	bool more = true;

	if (!view->pending_cnt)
		return true;
	cli_table_fit(view);
	if (!view->has_heading)
		more = heading_write(view);
	for (size_t r = 0; r < view->pending_cnt; r++) {
		more = more && row_write(view, &view->pending[r]);
		cells_free(view, &view->pending[r]);
	}
	view->pending_cnt = 0;
	return more;
}

static bool row_wait(struct cli_view *view, const json_t *row)
{
	if (!view->pending)
		view->pending = calloc(PENDING_MAX, sizeof(*view->pending));
	if (!view->pending)
		return false;
	cells_format(view, row, &view->pending[view->pending_cnt++]);
	return view->pending_cnt < PENDING_MAX || cli_table_flush(view);
}

bool cli_table_row(struct cli_view *view, json_t *row)
{
	struct cli_cells cells;
	bool more;

	if (!view->has_heading || cli_view_is_stream(view))
		return row_wait(view, row);
	cells_format(view, row, &cells);
	more = row_write(view, &cells);
	cells_free(view, &cells);
	return more;
}

void cli_table_end(struct cli_view *view, bool is_whole)
{
	cli_table_flush(view);
	/* An empty table is an answer; under an error it would only look like one. */
	if (!is_whole || view->has_heading || view->has_text || cli_view_is_stream(view))
		return;
	cli_table_fit(view);
	heading_write(view);
}

void cli_table_fini(struct cli_view *view)
{
	for (size_t r = 0; r < view->pending_cnt; r++)
		cells_free(view, &view->pending[r]);
	free(view->pending);
}
