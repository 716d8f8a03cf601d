// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A command's answer on its way to the screen: frames are cut into rows or lines here. Rows go
 * through the stages that take rows, and are then drawn as a table, JSON or CSV; lines go on to the
 * stages of lines.
 *
 * One view serves one answer. It keeps nothing of the rows but the layout and the first few, so
 * that a list of 64k peers streams through some kilobytes; as JSON, and without stages of rows,
 * rows are not even parsed.
 */
#include "kronosnetd-cli/view_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/cell.h"

static bool row_draw(struct cli_stage *stage, json_t *row)
{
	struct cli_view *view = stage->state;

	switch (view->form) {
	case CLI_FORM_TABLE:
		return cli_table_row(view, row);
	case CLI_FORM_CSV:
		return cli_csv_row(view, row);
	default:
		return cli_json_row(view, row);
	}
}

static const struct cli_stage_ops draw_ops = {.name = "draw", .row = row_draw};

void cli_view_init(struct cli_view *view, struct cli_pipe *pipe, struct cli_stage *first,
		   size_t width, bool color)
{
	*view = (struct cli_view){
		.first = first, .pipe = pipe, .form = pipe->form, .width = width, .color = color};
	view->draw = (struct cli_stage){.ops = &draw_ops, .state = view};
}

bool cli_view_emit(struct cli_view *view, const char *text, bool heading)
{
	const struct cli_line line = {.text = text, .heading = heading};

	if (!view->is_closed)
		view->is_closed = !view->first->ops->line(view->first, &line);
	return !view->is_closed;
}

bool cli_view_is_stream(const struct cli_view *view)
{
	return view->schema.flags & KCP_SCHEMA_STREAM;
}

/* Tells the stages of rows what the rows are. */
static int stages_bind(struct cli_view *view)
{
	for (size_t i = 0; i < view->pipe->row_cnt; i++) {
		struct cli_stage *stage = &view->pipe->stages[i];
		int rc = 0;

		if (stage->ops->bind)
			rc = stage->ops->bind(stage, &view->schema, &view->why);
		if (rc < 0)
			return rc;
		view->is_chosen |= stage->ops == &cli_stage_columns;
	}
	/* What never ends has no closing bracket. */
	if (cli_view_is_stream(view) && view->form == CLI_FORM_JSON)
		view->form = CLI_FORM_JSON_LINES;
	return 0;
}

int cli_view_schema(struct cli_view *view, const struct kcp_frame *frame)
{
	struct kcp_frame copy = *frame;
	uint8_t *body = malloc(frame->body_len + 1);
	int rc;

	if (!body)
		return -ENOMEM;
	memcpy(body, frame->body, frame->body_len);
	free(view->schema_body);
	view->schema_body = body;
	copy.body = body;
	rc = kcp_unpack_schema(&copy, &view->generation, &view->schema);
	view->has_schema = rc == 0;
	(void)cli_pipe_connect_rows(view->pipe, &view->draw);
	if (rc < 0)
		return rc;
	/* The strings are in our own copy. */
	cli_text_clean((char *)view->schema.legend);
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		cli_text_clean((char *)view->schema.columns[c].title);
		cli_text_clean((char *)view->schema.columns[c].key);
	}
	rc = stages_bind(view);
	view->has_schema = rc == 0;
	return rc;
}

/* Cuts a body into lines: `lines` get NUL-terminated pieces of `text`. Returns their number. */
static size_t body_cut(char *text, size_t len, char **lines, size_t max)
{
	size_t cnt = 0;
	char *end = text + len;

	text[len] = '\0';
	while (text < end && cnt < max) {
		char *newline = memchr(text, '\n', (size_t)(end - text));

		lines[cnt++] = text;
		if (!newline)
			break;
		*newline = '\0';
		text = newline + 1;
	}
	return cnt;
}

/* One row through the stages. Returns like cli_view_rows(). */
static int row_pass(struct cli_view *view, struct cli_stage *first, const char *text)
{
	json_t *row = json_loads(text, 0, NULL);
	int rc = -EPROTO;

	if (json_is_object(row))
		rc = first->ops->row(first, row);
	json_decref(row);
	return view->is_closed ? 0 : rc;
}

static bool is_untouched(const struct cli_view *view)
{
	return view->pipe->row_cnt == 0 && view->form != CLI_FORM_TABLE &&
	       view->form != CLI_FORM_CSV;
}

int cli_view_rows(struct cli_view *view, const struct kcp_frame *frame)
{
	struct cli_stage *first = cli_pipe_connect_rows(view->pipe, &view->draw);
	char *rows[KCP_ROWS_MAX];
	char *text;
	size_t cnt;
	int rc = 1;

	if (!view->has_schema)
		return -EPROTO;
	text = malloc(frame->body_len + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, frame->body, frame->body_len);
	cnt = body_cut(text, frame->body_len, rows, KCP_ROWS_MAX);
	for (size_t i = 0; rc == 1 && i < cnt; i++)
		rc = is_untouched(view) ? cli_json_text(view, rows[i])
					: row_pass(view, first, rows[i]);
	free(text);
	if (rc == 1 && cli_view_is_stream(view))
		rc = cli_table_flush(view);
	return rc;
}

/* A tab is a blank: it is the one control character that texts may hold. */
static char *tabs_expand(char *line)
{
	for (char *c = strchr(line, '\t'); c; c = strchr(c, '\t'))
		*c = ' ';
	return line;
}

int cli_view_text(struct cli_view *view, const struct kcp_frame *frame)
{
	char *text = malloc(frame->body_len + 1);
	size_t off = 0;
	int rc = 1;

	if (!text)
		return -ENOMEM;
	memcpy(text, frame->body, frame->body_len);
	view->has_text = true;
	while (rc == 1 && off < frame->body_len) {
		char *line;
		const size_t start = off;

		if (body_cut(text + off, frame->body_len - off, &line, 1) == 0)
			break;
		off = start + strlen(line) + 1;
		cli_text_clean(tabs_expand(line));
		rc = cli_view_emit(view, line, false);
	}
	free(text);
	return rc;
}

void cli_view_end(struct cli_view *view, uint64_t generation, bool is_whole)
{
	if (!view->has_schema)
		return;
	for (size_t i = 0; i < view->pipe->row_cnt; i++) {
		struct cli_stage *stage = &view->pipe->stages[i];

		if (stage->ops->end && stage->next)
			(void)!stage->ops->end(stage);
	}
	if (view->form == CLI_FORM_TABLE)
		cli_table_end(view, is_whole);
	else if (is_whole && view->form == CLI_FORM_CSV)
		cli_csv_end(view);
	else if (is_whole)
		cli_json_end(view, generation);
}

void cli_view_fini(struct cli_view *view)
{
	cli_table_fini(view);
	free(view->held);
	free(view->schema_body);
	memset(view, 0, sizeof(*view));
}
