// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Rows as JSON: one object with the schema's name, the generation and the rows, one row a line, so
 * that it streams and that line tools can look at it; indented for people; or the bare rows, one
 * a line (`json lines`).
 *
 * The daemon's rows are passed through as they are, only the indented form parses them. If the
 * configuration changed while the rows were read, `generation_end` says so.
 */
#include "kronosnetd-cli/view_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static bool object_open(struct cli_view *view)
{
	json_t *id = json_string(view->schema.id);
	char *quoted = id ? json_dumps(id, JSON_ENCODE_ANY) : NULL;
	char *text = NULL;
	bool more = false;

	view->has_heading = true;
	if (quoted && asprintf(&text, "{\"schema\":%s,\"generation\":%" PRIu64 ",\"rows\":[",
			       quoted, view->generation) >= 0)
		more = cli_view_emit(view, text, true);
	free(text);
	free(quoted);
	json_decref(id);
	return more;
}

/* Emits a row that may span lines. */
static bool row_emit(struct cli_view *view, const char *text, const char *tail)
{
	bool more = true;

	while (more && *text) {
		const size_t len = strcspn(text, "\n");
		const bool is_last = text[len] == '\0';
		char *line = NULL;

		if (asprintf(&line, "%.*s%s", (int)len, text, is_last ? tail : "") < 0)
			return false;
		more = cli_view_emit(view, line, false);
		free(line);
		text += len + !is_last;
	}
	return more;
}

static char *row_indent(const char *row)
{
	json_t *obj = json_loads(row, 0, NULL);
	char *text = obj ? json_dumps(obj, JSON_INDENT(2)) : NULL;

	json_decref(obj);
	return text;
}

/* Holds a row back until it is known whether another one follows. */
static int row_hold(struct cli_view *view, const char *row)
{
	char *text = view->json == CLI_JSON_PRETTY ? row_indent(row) : strdup(row);
	bool more = true;

	if (!text)
		return -EPROTO;
	if (view->held)
		more = row_emit(view, view->held, ",");
	free(view->held);
	view->held = text;
	return more;
}

/* Valid JSON holds no control characters, so this changes nothing but a lie. */
static void row_clean(char *row)
{
	for (; *row; row++)
		if ((unsigned char)*row < 0x20)
			*row = '?';
}

int cli_json_rows(struct cli_view *view, char *const *rows, size_t cnt)
{
	int rc = 1;

	if (view->json != CLI_JSON_LINES && !view->has_heading)
		rc = object_open(view);
	for (size_t r = 0; rc == 1 && r < cnt; r++) {
		row_clean(rows[r]);
		if (view->json == CLI_JSON_LINES)
			rc = cli_view_emit(view, rows[r], false);
		else
			rc = row_hold(view, rows[r]);
	}
	return rc;
}

void cli_json_end(struct cli_view *view, uint64_t generation)
{
	char tail[64] = "]}";

	if (view->json == CLI_JSON_LINES)
		return;
	if (!view->has_heading && !object_open(view))
		return;
	if (view->held && !row_emit(view, view->held, ""))
		return;
	if (generation != view->generation)
		snprintf(tail, sizeof(tail), "],\"generation_end\":%" PRIu64 "}", generation);
	cli_view_emit(view, tail, true);
}
