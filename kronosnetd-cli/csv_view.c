// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Rows as CSV (RFC 4180, with the newline of this system): a line of JSON keys, then the raw values
 * in the unit of the key, all columns, also those that the table does not show. Nothing for what is
 * unknown; the elements of a list are divided by blanks.
 */
#include "kronosnetd-cli/view_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/cell.h"

static void field_write(FILE *f, const char *text)
{
	if (text[strcspn(text, ",\"\r\n")] == '\0') {
		fputs(text, f);
		return;
	}
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', f);
		fputc(*text, f);
	}
	fputc('"', f);
}

static void scalar_write(FILE *f, const json_t *v)
{
	char *text = json_is_string(v) ? strdup(json_string_value(v))
				       : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

	if (text)
		field_write(f, cli_text_clean(text));
	free(text);
}

static void value_write(FILE *f, const json_t *v)
{
	char *list = NULL;
	size_t size, i;
	FILE *items;
	json_t *item;

	if (!v || json_is_null(v))
		return;
	if (!json_is_array(v)) {
		scalar_write(f, v);
		return;
	}
	items = open_memstream(&list, &size);
	if (!items)
		return;
	json_array_foreach(v, i, item) {
		if (i)
			fputc(' ', items);
		scalar_write(items, item);
	}
	fclose(items);
	if (list)
		field_write(f, list);
	free(list);
}

/* Calls for each key of the schema: the heading if `row` is NULL, else the value. */
static void line_write(FILE *f, const struct cli_view *view, const json_t *row)
{
	bool is_first = true;

	for (size_t c = 0; c < view->schema.column_cnt; c++) {
		const char *key = view->schema.columns[c].key;

		while (*key) {
			const size_t len = strcspn(key, "/");
			char *one = strndup(key, len);

			if (!is_first)
				fputc(',', f);
			is_first = false;
			if (one && row)
				value_write(f, json_object_get(row, one));
			else if (one)
				field_write(f, cli_text_clean(one));
			free(one);
			key += len + (key[len] == '/');
		}
	}
}

static bool line_emit(struct cli_view *view, const json_t *row)
{
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);
	bool more;

	if (!f)
		return false;
	line_write(f, view, row);
	fclose(f);
	more = cli_view_emit(view, line ? line : "", row == NULL);
	free(line);
	return more;
}

bool cli_csv_row(struct cli_view *view, json_t *row)
{
	if (!view->has_heading && !line_emit(view, NULL))
		return false;
	view->has_heading = true;
	return line_emit(view, row);
}

void cli_csv_end(struct cli_view *view)
{
	if (!view->has_heading)
		line_emit(view, NULL);
	view->has_heading = true;
}
