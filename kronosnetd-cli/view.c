// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A command's answer on its way to the screen: frames are cut into rows or lines here and handed
 * to the table or the JSON writer.
 *
 * One view serves one answer. It keeps nothing of the rows but the layout, so that a list of 64k
 * peers streams through a few kilobytes.
 */
#include "kronosnetd-cli/view_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/cell.h"

void cli_view_init(struct cli_view *view, struct cli_stage *first, enum cli_json json, size_t width,
		   bool color)
{
	*view = (struct cli_view){.first = first, .json = json, .width = width, .color = color};
}

bool cli_view_emit(struct cli_view *view, const char *text, bool heading)
{
	const struct cli_line line = {.text = text, .heading = heading};

	return view->first->ops->line(view->first, &line);
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
	if (rc < 0)
		return rc;
	/* The strings are in our own copy. */
	cli_text_clean((char *)view->schema.legend);
	for (size_t c = 0; c < view->schema.column_cnt; c++)
		cli_text_clean((char *)view->schema.columns[c].title);
	return 0;
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

int cli_view_rows(struct cli_view *view, const struct kcp_frame *frame)
{
	char *rows[KCP_ROWS_MAX];
	char *text;
	size_t cnt;
	int rc;

	if (!view->has_schema)
		return -EPROTO;
	text = malloc(frame->body_len + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, frame->body, frame->body_len);
	cnt = body_cut(text, frame->body_len, rows, KCP_ROWS_MAX);
	rc = view->json == CLI_JSON_NO ? cli_table_rows(view, rows, cnt)
				       : cli_json_rows(view, rows, cnt);
	free(text);
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

void cli_view_end(struct cli_view *view, uint64_t generation)
{
	if (!view->has_schema)
		return;
	if (view->json == CLI_JSON_NO)
		cli_table_end(view);
	else
		cli_json_end(view, generation);
}

void cli_view_fini(struct cli_view *view)
{
	free(view->held);
	free(view->schema_body);
	memset(view, 0, sizeof(*view));
}
