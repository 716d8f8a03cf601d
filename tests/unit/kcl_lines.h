/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Lines made from the grammar itself, for the tests of the command language.
 */
#ifndef KNET_TESTS_UNIT_KCL_LINES_H
#define KNET_TESTS_UNIT_KCL_LINES_H

#include <stdio.h>
#include <string.h>

#include "knetd/cmd/internal.h"

/* For kcl_config_load(): what is wrong with a line is not looked at. */
static inline void kcl_lines_ignore(void *arg, unsigned int number, const char *line,
				    const struct kcl_error *err)
{
	(void)arg;
	(void)number;
	(void)line;
	(void)err;
}

/* A value that the node accepts; `salt` chooses among several. */
static inline void kcl_lines_value(const struct kcl_node *node, unsigned int salt, char *out,
				   size_t size)
{
	static const char *const texts[] = {"rack",         "a b \"c\"", "x | y",
					    "# no comment", "\\",        "gr\xc3\xbc\xc3\x9f"};
	static const char *const keys[] = {"vJ0nq5xkV3mS7mUQ7o0W9wq0y1y8bJt0c3Q4m3wq2xk=",
					   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
	const char *type = node->type->name;

	if (strcmp(type, "uint") == 0 || strcmp(type, "size") == 0) {
		const uint64_t span = node->max - node->min;
		const uint64_t values[] = {node->min, node->max, node->min + salt % (span + 1)};

		snprintf(out, size, "%llu", (unsigned long long)values[salt % 3]);
	} else if (strcmp(type, "text") == 0) {
		kcl_text_quote(texts[salt % 6], out, size);
	} else if (strcmp(type, "path") == 0) {
		kcl_word_quote(salt % 2 ? "/etc/with blank" : "/etc/secret", out, size);
	} else if (strcmp(type, "key") == 0) {
		snprintf(out, size, "%s", keys[salt % 2]);
	} else if (strcmp(type, "mac") == 0) {
		snprintf(out, size, "52:54:00:00:00:%02x", salt % 8);
	} else if (strcmp(type, "prefix") == 0) {
		snprintf(out, size, salt % 2 ? "fd00::%x/64" : "10.9.0.%u/24", salt % 20 + 1);
	} else if (strcmp(type, "endpoint") == 0) {
		const bool is_v6 = salt & 2, has_port = salt & 1;

		snprintf(out, size, "%s%s%u%s%s", is_v6 && has_port ? "[" : "",
			 is_v6 ? "fd01::" : "192.0.2.", salt / 4 % 200 + 1,
			 is_v6 && has_port ? "]" : "", has_port ? ":7000" : "");
	} else if (strcmp(type, "address") == 0) {
		snprintf(out, size, salt % 2 ? "fd00::%x" : "192.0.2.%u", salt % 200 + 1);
	} else if (strcmp(type, "rangeset") == 0) {
		snprintf(out, size, salt % 2 ? "1-9,60000" : "%u", salt % 65535 + 1);
	} else if (strcmp(type, "glob") == 0) {
		snprintf(out, size, salt % 2 ? "n*" : "[a-n]?");
	} else if (strcmp(type, "duration") == 0) {
		snprintf(out, size, "%u%s", (unsigned int)node->min + 1, salt % 2 ? "s" : "");
	} else if (strstr(type, "group")) {
		snprintf(out, size, "g%u", salt % 4);
	} else if (strcmp(type, "aliasname") == 0) {
		snprintf(out, size, "a%u", salt % 4);
	} else if (strstr(type, "ifname") || strcmp(type, "iface") == 0) {
		snprintf(out, size, "if%u", salt % 3);
	} else {
		snprintf(out, size, "n%u", salt % 10);
	}
}

#endif
