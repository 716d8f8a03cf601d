// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * How errors look. At a prompt: a caret under the culprit, then `% ` and the sentence, then what
 * would have been accepted, the shape that router CLIs have and that automation looks for. From a
 * file: FILE:LINE:COL first, as compilers do. With -j: one JSON object.
 *
 * Everything goes to stderr, so that a script's stdout holds answers only.
 */
#include "kronosnetd-cli/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "kronosnetd-cli/cell.h"

static void json_show(const struct cli_place *place, const struct kcp_error *err)
{
	json_t *body = json_object();
	json_t *expected = json_array();
	json_t *doc = json_object();
	char *text;

	for (uint16_t i = 0; i < err->expected_cnt; i++)
		json_array_append_new(expected, json_string(err->expected[i]));
	json_object_set_new(body, "code", json_string(kcp_status_name(err->code)));
	json_object_set_new(body, "message", json_string(err->message));
	json_object_set_new(body, "position", json_integer(err->tok_off));
	if (place->file) {
		json_object_set_new(body, "file", json_string(place->file));
		json_object_set_new(body, "line", json_integer((json_int_t)place->line));
	}
	json_object_set_new(body, "expected", expected);
	json_object_set_new(doc, "error", body);
	text = json_dumps(doc, JSON_COMPACT);
	fprintf(stderr, "%s\n", text ? text : "{\"error\":{}}");
	free(text);
	json_decref(doc);
}

/* Columns of the first `off` bytes, a tab counting one as it is drawn by line_echo(). */
static size_t caret_column(const char *text, size_t off)
{
	char *head = strndup(text, off);
	size_t width = off;

	if (head)
		width = cli_text_width(head);
	free(head);
	return width;
}

static void line_echo(const char *text)
{
	fputs("  ", stderr);
	for (const char *c = text; *c; c++)
		fputc((unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c, stderr);
	fputc('\n', stderr);
}

static bool has_position(const struct kcp_error *err)
{
	return err->code == KCP_SYNTAX || err->code == KCP_AMBIGUOUS || err->code == KCP_INCOMPLETE;
}

/* The sentences of the others say it themselves, or have nothing to expect. */
static bool has_expected(const struct kcp_error *err)
{
	return err->code == KCP_SYNTAX && err->expected_cnt > 0;
}

void cli_error_show(const struct cli_place *place, const char *text, const struct kcp_error *err)
{
	size_t indent = place->prompt_width;

	fflush(stdout);
	if (place->json) {
		json_show(place, err);
		return;
	}
	if (place->file && has_position(err))
		fprintf(stderr, "%s:%lu:%u: %s\n", place->file, place->line, err->tok_off + 1U,
			err->message);
	else if (place->file && place->line == 0)
		fprintf(stderr, "%s: %s\n", place->file, err->message);
	else if (place->file)
		fprintf(stderr, "%s:%lu: %s\n", place->file, place->line, err->message);
	if (text && has_position(err)) {
		if (!place->interactive) {
			line_echo(text);
			indent = 2;
		}
		fprintf(stderr, "%*s^\n", (int)(indent + caret_column(text, err->tok_off)), "");
	}
	if (!place->file)
		fprintf(stderr, "%% %s\n", err->message);
	for (uint16_t i = 0; has_expected(err) && i < err->expected_cnt; i++)
		fprintf(stderr, "%s%s%s", i ? " | " : "  expected: ", err->expected[i],
			i + 1 == err->expected_cnt ? "\n" : "");
}

void cli_error_say(const struct cli_place *place, enum kcp_status code, const char *fmt, ...)
{
	struct kcp_error err = {.code = (uint16_t)code};
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	err.message = message;
	cli_error_show(place, NULL, &err);
}
