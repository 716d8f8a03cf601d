// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * How wide the columns of a table are. On a terminal they are made to fit, in this order:
 *
 *   1. instants lose their year and the fraction of the second,
 *   2. columns that say nothing in any row are left out,
 *   3. columns that the schema calls minor are left out, the first one first,
 *   4. the text at the end becomes narrower, its rest goes on below; or it stands as a whole in
 *      lines of its own, if what is left for it is not worth while,
 *   5. the other texts become narrower,
 *   6. the columns before the text at the end are left out, the last one first.
 *
 * What is left out is named above the table. A stream grows its columns while it runs; what it
 * leaves out is decided with its heading.
 */
#include <string.h>

#include "kronosnetd-cli/cell.h"
#include "kronosnetd-cli/view_internal.h"

#define SHRINK_MIN 8
#define FLOW_MIN   20 /* of the text at the end, before other columns are left out for it */
#define TIME_SKIP  5  /* "2026-" */
#define TIME_SHORT 14 /* "11-23 07:01:15" */

bool cli_table_shows(const struct cli_view *view, size_t c)
{
	return !view->is_hidden[c] && c + 1 != view->below &&
	       !(view->schema.columns[c].fmt & KCP_FMT_HIDDEN);
}

static bool is_time(const struct cli_view *view, size_t c)
{
	return (view->schema.columns[c].fmt & KCP_FMT_KIND) == KCP_FMT_TIME;
}

static bool is_minor(const struct cli_view *view, size_t c)
{
	return view->schema.columns[c].fmt & KCP_FMT_MINOR;
}

/* The last column that is shown, or column_cnt. */
static size_t column_last(const struct cli_view *view)
{
	size_t last = view->schema.column_cnt;

	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (cli_table_shows(view, c))
			last = c;
	return last;
}

/* The text that the whole table ends with, or column_cnt if it ends otherwise or that is out. */
static size_t column_flow(const struct cli_view *view)
{
	const struct kcp_column *columns = view->schema.columns;
	size_t last = view->schema.column_cnt;

	while (last > 0 && columns[last - 1].fmt & KCP_FMT_HIDDEN)
		last--;
	if (last > 0 && cli_table_shows(view, last - 1) &&
	    (columns[last - 1].fmt & KCP_FMT_KIND) == KCP_FMT_TEXT)
		return last - 1;
	return view->schema.column_cnt;
}

bool cli_table_wraps(const struct cli_view *view, size_t c)
{
	return !cli_cell_is_right(&view->schema.columns[c]) && !is_time(view, c) &&
	       !(is_minor(view, c) && c == column_last(view));
}

const char *cli_table_text(const struct cli_view *view, size_t c, char *text)
{
	/* Only an instant of this length has the short form in it. */
	if (is_time(view, c) && view->is_time_short && strlen(text) > TIME_SKIP + TIME_SHORT) {
		text[TIME_SKIP + TIME_SHORT] = '\0';
		return text + TIME_SKIP;
	}
	return text;
}

static size_t table_width(const struct cli_view *view)
{
	size_t sum = 0, cnt = 0;

	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (cli_table_shows(view, c))
			sum += view->widths[c] + (cnt++ ? CLI_GAP_WIDTH : 0);
	return sum;
}

static bool is_too_wide(const struct cli_view *view)
{
	return table_width(view) > view->width;
}

/* The same if the text at the end took no more than it must have. */
static bool is_too_wide_without_flow(const struct cli_view *view)
{
	const size_t flow = column_flow(view);
	size_t width = table_width(view);

	if (flow < view->schema.column_cnt && view->widths[flow] > FLOW_MIN)
		width -= view->widths[flow] - FLOW_MIN;
	return width > view->width;
}

static void times_shorten(struct cli_view *view)
{
	if (!view->is_time_short && !is_too_wide(view))
		return;
	view->is_time_short = true;
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (is_time(view, c) && view->widths[c] > TIME_SHORT)
			view->widths[c] = TIME_SHORT;
}

static bool is_empty(const struct cli_view *view, size_t c)
{
	for (size_t r = 0; r < view->pending_cnt; r++)
		if (view->pending[r].text[c] && strcmp(view->pending[r].text[c], "-") != 0)
			return false;
	return view->pending_cnt > 0;
}

static void columns_leave_out(struct cli_view *view)
{
	/* What comes later in a stream is not known. */
	const size_t cnt = cli_view_is_stream(view) ? 0 : view->schema.column_cnt;

	for (size_t c = cnt; c > 1 && is_too_wide(view); c--)
		if (cli_table_shows(view, c - 1) && is_empty(view, c - 1))
			view->is_hidden[c - 1] = true;
	for (size_t c = 1; c < column_last(view) && is_too_wide_without_flow(view); c++)
		if (cli_table_shows(view, c) && is_minor(view, c))
			view->is_hidden[c] = true;
	if (is_too_wide_without_flow(view) && column_flow(view) < view->schema.column_cnt)
		view->below = column_flow(view) + 1;
}

static bool can_shrink(const struct cli_view *view, size_t c)
{
	return cli_table_shows(view, c) && !cli_cell_is_right(&view->schema.columns[c]) &&
	       !is_time(view, c) && view->widths[c] > SHRINK_MIN &&
	       view->widths[c] > cli_text_width(view->schema.columns[c].title);
}

/* The column that becomes narrower next, or column_cnt: the text at the end, then the widest. */
static size_t column_to_shrink(const struct cli_view *view)
{
	const size_t flow = column_flow(view);
	size_t best = view->schema.column_cnt;

	if (flow < best && view->widths[flow] > FLOW_MIN && can_shrink(view, flow))
		return flow;
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		if (can_shrink(view, c) &&
		    (best == view->schema.column_cnt || view->widths[c] > view->widths[best]))
			best = c;
	return best;
}

/* The last column but the first and the text at the end, or 0. */
static size_t column_to_leave_out(const struct cli_view *view)
{
	const size_t flow = column_flow(view);
	size_t last = 0;

	for (size_t c = 1; c < view->schema.column_cnt; c++)
		if (cli_table_shows(view, c) && c != flow)
			last = c;
	return last;
}

static void columns_shrink(struct cli_view *view)
{
	while (is_too_wide(view)) {
		const size_t narrower = column_to_shrink(view);
		const size_t out = column_to_leave_out(view);

		if (narrower < view->schema.column_cnt)
			view->widths[narrower]--;
		else if (out > 0 && !view->has_heading)
			view->is_hidden[out] = true;
		else
			break;
	}
}

/* What the heading and the rows that wait would like to have. */
static void widths_grow(struct cli_view *view)
{
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		size_t *const width = &view->wanted[c];

		if (*width == 0)
			*width = cli_text_width(view->schema.columns[c].title);
		for (size_t r = 0; r < view->pending_cnt; r++) {
			const char *text = view->pending[r].text[c];

			if (text && cli_text_width(text) > *width)
				*width = cli_text_width(text);
		}
	}
}

void cli_table_fit(struct cli_view *view)
{
	widths_grow(view);
	memcpy(view->widths, view->wanted, sizeof(view->widths));
	if (view->width == 0)
		return;
	times_shorten(view);
	if (!view->has_heading)
		columns_leave_out(view);
	columns_shrink(view);
}
