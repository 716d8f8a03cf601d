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

/* A row of its own object: of the keys that were chosen, in their order. Returns a new one. */
static json_t *row_choose(const struct cli_view *view, json_t *row)
{
	json_t *chosen;

	if (!view->is_chosen)
		return json_incref(row);
	chosen = json_object();
	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		const char *key = view->schema.columns[c].key;

		while (*key) {
			const size_t len = strcspn(key, "/");
			char *one = strndup(key, len);
			json_t *value = one ? json_object_get(row, one) : NULL;

			if (one)
				json_object_set_new(chosen, one,
						    value ? json_incref(value) : json_null());
			free(one);
			key += len + (key[len] == '/');
		}
	}
	return chosen;
}

/* Holds a row back until it is known whether another one follows. Consumes `text`. */
static bool row_hold(struct cli_view *view, char *text)
{
	bool more = true;

	if (!text)
		return false;
	if (view->form == CLI_FORM_JSON_LINES) {
		more = cli_view_emit(view, text, false);
		free(text);
		return more;
	}
	if (!view->has_heading)
		more = object_open(view);
	if (more && view->held)
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

bool cli_json_row(struct cli_view *view, json_t *row)
{
	const size_t flags = view->form == CLI_FORM_JSON_PRETTY ? JSON_INDENT(2) : JSON_COMPACT;
	json_t *chosen = row_choose(view, row);
	char *text = chosen ? json_dumps(chosen, flags) : NULL;

	json_decref(chosen);
	return row_hold(view, text);
}

bool cli_json_text(struct cli_view *view, char *row)
{
	json_t *parsed;
	bool more;

	row_clean(row);
	if (view->form != CLI_FORM_JSON_PRETTY)
		return row_hold(view, strdup(row));
	parsed = json_loads(row, 0, NULL);
	more = parsed && cli_json_row(view, parsed);
	json_decref(parsed);
	return more;
}

void cli_json_end(struct cli_view *view, uint64_t generation)
{
	char tail[64] = "]}";

	if (view->form == CLI_FORM_JSON_LINES)
		return;
	if (!view->has_heading && !object_open(view))
		return;
	if (view->held && !row_emit(view, view->held, ""))
		return;
	if (generation != view->generation)
		snprintf(tail, sizeof(tail), "],\"generation_end\":%" PRIu64 "}", generation);
	cli_view_emit(view, tail, true);
}
