// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Tables. Column widths come from the heading and the first frame of rows (up to 256). On a
 * terminal a table is made to fit: the widest text columns give way until the line fits, and cells
 * that are too long end in an ellipsis. Off a terminal nothing is ever cut: a cell that is longer
 * than its column pushes the rest of its line.
 */
#include "kronosnetd-cli/view_internal.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "kronosnetd-cli/cell.h"

#define GAP        "  "
#define GAP_WIDTH  2
#define SHRINK_MIN 8

struct row_cells {
	char *text[KCP_COLUMNS_MAX];
};

static void row_free(const struct cli_view *view, struct row_cells *row)
{
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		free(row->text[c]);
}

static int row_format(const struct cli_view *view, const char *ndjson, struct row_cells *row)
{
	json_t *obj = json_loads(ndjson, 0, NULL);

	memset(row, 0, sizeof(*row));
	if (!json_is_object(obj)) {
		json_decref(obj);
		return -EPROTO;
	}
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		row->text[c] = cli_cell_format(obj, &view->schema.columns[c]);
	json_decref(obj);
	return 0;
}

static size_t table_width(const struct cli_view *view)
{
	size_t sum = 0;

	for (size_t c = 0; c < view->schema.column_cnt; c++)
		sum += view->widths[c] + (c ? GAP_WIDTH : 0);
	return sum;
}

/* The widest column that may still shrink, or column_cnt. */
static size_t column_widest(const struct cli_view *view)
{
	size_t best = view->schema.column_cnt;

	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		if (cli_cell_is_right(&view->schema.columns[c]) || view->widths[c] <= SHRINK_MIN)
			continue;
		if (best == view->schema.column_cnt || view->widths[c] > view->widths[best])
			best = c;
	}
	return best;
}

static void widths_choose(struct cli_view *view, const struct row_cells *rows, size_t cnt)
{
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		view->widths[c] = cli_text_width(view->schema.columns[c].title);
		for (size_t r = 0; r < cnt; r++) {
			const char *text = rows[r].text[c];
			const size_t width = text ? cli_text_width(text) : 0;

			if (width > view->widths[c])
				view->widths[c] = width;
		}
	}
	while (view->width > 0 && table_width(view) > view->width) {
		const size_t c = column_widest(view);

		if (c == view->schema.column_cnt)
			break;
		view->widths[c]--;
	}
}

static const char *ellipsis(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\u2026" : "~";
}

static const char *state_color(const char *text)
{
	static const struct {
		const char *state, *sgr;
	} colors[] = {
		{"up", "\033[32m"},      {"ok", "\033[32m"},   {"degraded", "\033[33m"},
		{"suspect", "\033[33m"}, {"init", "\033[33m"}, {"never", "\033[33m"},
		{"down", "\033[31m"},
	};

	for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (strcmp(text, colors[i].state) == 0)
			return colors[i].sgr;
	return NULL;
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

	if (view->width > 0 && width > room) {
		const size_t fit = cli_text_fit(text, room - 1);

		fprintf(f, "%.*s%s", (int)fit, text, ellipsis());
		return;
	}
	if (view->color && strcmp(col->key, "state") == 0)
		sgr = state_color(text);
	if (cli_cell_is_right(col) && width < room)
		pad(f, room - width);
	if (sgr)
		fprintf(f, "%s%s\033[0m", sgr, text);
	else
		fputs(text, f);
	/* No blanks at the end of the line. */
	if (!cli_cell_is_right(col) && width < room && c + 1 < view->schema.column_cnt)
		pad(f, room - width);
}

static bool line_write(struct cli_view *view, char *const *cells, bool heading)
{
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);
	bool more;

	if (!f)
		return false;
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		if (c)
			fputs(GAP, f);
		cell_write(f, view, c, cells[c] ? cells[c] : "");
	}
	fclose(f);
	more = cli_view_emit(view, line ? line : "", heading);
	free(line);
	return more;
}

static bool heading_write(struct cli_view *view)
{
	char *titles[KCP_COLUMNS_MAX];

	view->has_heading = true;
	if (view->schema.legend[0] && !cli_view_emit(view, view->schema.legend, true))
		return false;
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		titles[c] = (char *)view->schema.columns[c].title;
	return line_write(view, titles, true);
}

int cli_table_rows(struct cli_view *view, char *const *rows, size_t cnt)
{
	struct row_cells *cells = calloc(cnt ? cnt : 1, sizeof(*cells));
	size_t done = 0;
	bool more = true;
	int rc = 0;

	if (!cells)
		return -ENOMEM;
	for (; done < cnt && rc == 0; done++)
		rc = row_format(view, rows[done], &cells[done]);
	if (rc == 0 && !view->has_heading) {
		widths_choose(view, cells, cnt);
		more = heading_write(view);
	}
	for (size_t r = 0; rc == 0 && more && r < cnt; r++)
		more = line_write(view, cells[r].text, false);
	for (size_t r = 0; r < done; r++)
		row_free(view, &cells[r]);
	free(cells);
	return rc < 0 ? rc : more;
}

void cli_table_end(struct cli_view *view)
{
	if (view->has_heading || view->has_text)
		return;
	widths_choose(view, NULL, 0);
	heading_write(view);
}
