// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Diagnoses: what was wrong, where, and what would have been right. Carried up as data with
 * their strings inside, drawn once by whoever talks to the user.
 */
#include "knetd/cmd/internal.h"

#include <stdarg.h>
#include <string.h>

void kcl_error_clear(struct kcl_error *err)
{
	err->code = KCL_OK;
	err->off = err->len = err->expected_cnt = err->used = 0;
	err->message = "";
}

void kcl_error_say(struct kcl_error *err, enum kcl_code code, size_t off, size_t len,
		   const char *fmt, ...)
{
	const size_t left = sizeof(err->text) - err->used;
	va_list ap;
	int n;

	err->code = code;
	err->off = (uint16_t)off;
	err->len = (uint16_t)len;
	va_start(ap, fmt);
	n = vsnprintf(err->text + err->used, left, fmt, ap);
	va_end(ap);
	err->message = err->text + err->used;
	/* What was typed, or stood in a file, is not for the terminal to obey. */
	for (char *c = err->text + err->used; left > 0 && *c; c++)
		if (kcl_is_control(*c))
			*c = '?';
	if (n > 0)
		err->used += (uint16_t)((size_t)n < left ? (size_t)n + 1 : left);
	if (err->used == sizeof(err->text))
		err->used--;
}

void kcl_error_expect(struct kcl_error *err, const char *what)
{
	const size_t len = strlen(what) + 1;

	if (err->expected_cnt == KCL_EXPECTED_MAX || len > sizeof(err->text) - err->used)
		return;
	for (unsigned int i = 0; i < err->expected_cnt; i++)
		if (strcmp(err->expected[i], what) == 0)
			return;
	memcpy(err->text + err->used, what, len);
	err->expected[err->expected_cnt++] = err->text + err->used;
	err->used += (uint16_t)len;
}

void kcl_error_copy(struct kcl_error *to, const struct kcl_error *from)
{
	kcl_error_clear(to);
	for (unsigned int i = 0; i < from->expected_cnt; i++)
		kcl_error_expect(to, from->expected[i]);
	kcl_error_say(to, from->code, from->off, from->len, "%s", from->message);
}

static bool has_caret(const struct kcl_error *err)
{
	return err->code != KCL_NO_MEMORY && err->code != KCL_OK;
}

static void caret_print(FILE *to, const char *line, unsigned int indent,
			const struct kcl_error *err)
{
	if (!line || !has_caret(err))
		return;
	fprintf(to, "%*s", (int)indent, "");
	for (const char *c = line; *c; c++)
		fputc(kcl_is_control(*c) ? ' ' : *c, to);
	fprintf(to, "\n%*s^\n", (int)(indent + err->off), "");
}

static void expected_print(FILE *to, const struct kcl_error *err)
{
	if (!err->expected_cnt)
		return;
	fputs("  expected: ", to);
	for (unsigned int i = 0; i < err->expected_cnt; i++)
		fprintf(to, "%s%s", i ? " | " : "", err->expected[i]);
	fputc('\n', to);
}

void kcl_error_print(FILE *to, const char *line, unsigned int indent, const struct kcl_error *err)
{
	caret_print(to, line, indent, err);
	fprintf(to, "%% %s\n", err->message);
	expected_print(to, err);
}

void kcl_error_print_file(FILE *to, const char *path, unsigned int number, const char *line,
			  const struct kcl_error *err)
{
	fprintf(to, "%s:%u:%u: %s\n", path, number, err->off + 1u, err->message);
	caret_print(to, line, 2, err);
	expected_print(to, err);
}
