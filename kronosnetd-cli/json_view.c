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

/* Emits the row that was held back, which spans lines if it is for people; what follows the row is
 * put behind it, and has room there. */
static bool held_emit(struct cli_view *view, const char *tail)
{
	char *text = view->held;
	bool more = true;

	memcpy(text + strlen(text), tail, strlen(tail) + 1);
	while (more && *text) {
		const bool is_one = view->form != CLI_FORM_JSON_PRETTY;
		const size_t len = is_one ? strlen(text) : strcspn(text, "\n");
		const bool is_last = text[len] == '\0';

		text[len] = '\0';
		more = cli_view_emit(view, text, false);
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

/* Holds a row back until it is known whether another one follows. Consumes `text`, which has room
 * for a comma. */
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
		more = held_emit(view, ",");
	free(view->held);
	view->held = text;
	return more;
}

#define ONES (UINT64_MAX / 255)

/* True if any of eight bytes is below 0x20. */
static bool has_control(const char *eight)
{
	uint64_t word;

	memcpy(&word, eight, sizeof(word));
	return (word - ONES * 0x20) & ~word & ONES * 0x80;
}

/* A copy with room for a comma. Valid JSON holds no control characters, so that to replace them
 * changes nothing but a lie. Lists are long: eight bytes at a time. */
static char *row_copy(const char *row)
{
	const size_t len = strlen(row);
	char *copy = malloc(len + 2);
	size_t i = 0;

	if (!copy)
		return NULL;
	memcpy(copy, row, len + 1);
	while (i + 8 <= len && !has_control(copy + i))
		i += 8;
	for (; i < len; i++)
		if ((unsigned char)copy[i] < 0x20)
			copy[i] = '?';
	return copy;
}

/* Makes room for a comma. Consumes `text`, also if there is no memory. */
static char *row_widen(char *text)
{
	char *wider = text ? realloc(text, strlen(text) + 2) : NULL;

	if (!wider)
		free(text);
	return wider;
}

bool cli_json_row(struct cli_view *view, json_t *row)
{
	const size_t flags = view->form == CLI_FORM_JSON_PRETTY ? JSON_INDENT(2) : JSON_COMPACT;
	json_t *chosen = row_choose(view, row);
	char *text = chosen ? json_dumps(chosen, flags) : NULL;

	json_decref(chosen);
	return row_hold(view, row_widen(text));
}

bool cli_json_text(struct cli_view *view, const char *row)
{
	json_t *parsed;
	bool more;

	if (view->form != CLI_FORM_JSON_PRETTY)
		return row_hold(view, row_copy(row));
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
	if (view->held && !held_emit(view, ""))
		return;
	if (generation != view->generation)
		snprintf(tail, sizeof(tail), "],\"generation_end\":%" PRIu64 "}", generation);
	cli_view_emit(view, tail, true);
}
