// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Tables. Column widths come from the heading and the first 256 rows. On a terminal a table is made
 * to fit: the widest text columns give way until the line fits, cells that are too long end in an
 * ellipsis, and if that is not enough the last columns are left out, which is said. Off a terminal
 * nothing is ever cut: a cell that is longer than its column pushes the rest of its line.
 *
 * A stream cannot wait for 256 rows: its columns grow as need be, and its lines are cut as a whole.
 */
#include "kronosnetd-cli/view_internal.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/cell.h"

#define GAP         "  "
#define GAP_WIDTH   2
#define SHRINK_MIN  8
#define PENDING_MAX KCP_ROWS_MAX

struct cli_cells {
	char *text[KCP_COLUMNS_MAX];
};

static bool is_shown(const struct cli_view *view, size_t c)
{
	return !view->is_hidden[c] && !(view->schema.columns[c].fmt & KCP_FMT_HIDDEN);
}

static void cells_free(const struct cli_view *view, struct cli_cells *row)
{
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		free(row->text[c]);
}

static void cells_format(const struct cli_view *view, const json_t *row, struct cli_cells *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (is_shown(view, c))
			out->text[c] = cli_cell_format(row, &view->schema.columns[c]);
}

/* ---- widths ---------------------------------------------------------------------------------- */

static size_t table_width(const struct cli_view *view)
{
	size_t sum = 0;

	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (is_shown(view, c))
			sum += view->widths[c] + (sum ? GAP_WIDTH : 0);
	return sum;
}

/* The widest column that may still shrink, or column_cnt. */
static size_t column_widest(const struct cli_view *view)
{
	size_t best = view->schema.column_cnt;

	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		if (!is_shown(view, c) || cli_cell_is_right(&view->schema.columns[c]) ||
		    view->widths[c] <= SHRINK_MIN)
			continue;
		if (best == view->schema.column_cnt || view->widths[c] > view->widths[best])
			best = c;
	}
	return best;
}

/* The last column but the first that is still shown, or 0. */
static size_t column_last(const struct cli_view *view)
{
	size_t last = 0, cnt = 0;

	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (is_shown(view, c)) {
			last = c;
			cnt++;
		}
	return cnt > 1 ? last : 0;
}

static void widths_fit(struct cli_view *view)
{
	while (view->width > 0 && table_width(view) > view->width) {
		const size_t widest = column_widest(view), last = column_last(view);

		if (widest < view->schema.column_cnt)
			view->widths[widest]--;
		else if (last > 0)
			view->is_hidden[last] = true;
		else
			break;
	}
}

static void widths_grow(struct cli_view *view, const struct cli_cells *row)
{
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		const size_t width = row->text[c] ? cli_text_width(row->text[c]) : 0;

		if (width > view->widths[c])
			view->widths[c] = width;
	}
}

static void widths_choose(struct cli_view *view)
{
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		view->widths[c] = cli_text_width(view->schema.columns[c].title);
	for (size_t r = 0; r < view->pending_cnt; r++)
		widths_grow(view, &view->pending[r]);
	if (!cli_view_is_stream(view))
		widths_fit(view);
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

static void cell_write(FILE *f, const struct cli_view *view, size_t c, const char *text)
{
	const struct kcp_column *col = &view->schema.columns[c];
	const size_t width = cli_text_width(text);
	const size_t room = view->widths[c];
	const char *sgr = NULL;

	if (view->width > 0 && width > room && !cli_view_is_stream(view)) {
		const size_t fit = cli_text_fit(text, room - 1);

		fprintf(f, "%.*s%s", (int)fit, text, ellipsis());
		/* A wide character may not have fitted. */
		pad(f, room - 1 - cli_text_width_of(text, fit));
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

static bool line_write(struct cli_view *view, char *const *cells, bool heading)
{
	char *line = NULL;
	size_t size, shown = 0;
	FILE *f = open_memstream(&line, &size);
	bool more;

	if (!f)
		return false;
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		if (!is_shown(view, c))
			continue;
		if (shown++)
			fputs(GAP, f);
		cell_write(f, view, c, cells[c] ? cells[c] : "");
	}
	fclose(f);
	if (line)
		line_trim(view, line);
	more = cli_view_emit(view, line ? line : "", heading);
	free(line);
	return more;
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
	char *titles[KCP_COLUMNS_MAX];

	view->has_heading = true;
	if (view->schema.legend[0] && !cli_view_emit(view, view->schema.legend, true))
		return false;
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		titles[c] = (char *)view->schema.columns[c].title;
	return hidden_write(view) && line_write(view, titles, true);
}

/* ---- rows ------------------------------------------------------------------------------------ */

bool cli_table_flush(struct cli_view *view)
{
	bool more = true;

	if (!view->pending_cnt)
		return true;
	if (!view->has_heading) {
		widths_choose(view);
		more = heading_write(view);
	}
	for (size_t r = 0; r < view->pending_cnt; r++) {
		if (cli_view_is_stream(view))
			widths_grow(view, &view->pending[r]);
		more = more && line_write(view, view->pending[r].text, false);
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
	more = line_write(view, cells.text, false);
	cells_free(view, &cells);
	return more;
}

void cli_table_end(struct cli_view *view, bool is_whole)
{
	cli_table_flush(view);
	/* An empty table is an answer; under an error it would only look like one. */
	if (!is_whole || view->has_heading || view->has_text || cli_view_is_stream(view))
		return;
	widths_choose(view);
	heading_write(view);
}

void cli_table_fini(struct cli_view *view)
{
	for (size_t r = 0; r < view->pending_cnt; r++)
		cells_free(view, &view->pending[r]);
	free(view->pending);
}
