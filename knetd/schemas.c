// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The kinds of rows as Markdown, from the structures that the rows are sent with: `knetd -S` writes
 * docs/schemas.md, and a test compares the two.
 */
#include "knetd/schemas.h"

#include <errno.h>
#include <string.h>

#include "knetd/commands.h"

static const char head[] =
	"# What shows say as JSON\n"
	"\n"
	"Written by `knetd -S`; do not edit. `show ... | json` (or `-j`) gives one object:\n"
	"\n"
	"    {\"schema\": \"peers/1\", \"generation\": 57, \"rows\": [{...}, ...]}\n"
	"\n"
	"`generation` is that of the configuration when the first row was read; if it changed "
	"while\n"
	"rows were read, `generation_end` stands behind `rows`. `json lines` gives the bare rows, "
	"one a\n"
	"line; so do commands that go on until they are stopped. Every row has all keys of its "
	"schema.\n"
	"Numbers are JSON numbers in the unit that ends the key (`_us`, `_s`, `_ms`, `_bytes`,\n"
	"`_percent`), instants are RFC 3339 in UTC, what is unknown is `null`. A schema's number "
	"changes\n"
	"when a key goes or changes its meaning; keys may be added at any time. Texts without a "
	"schema of\n"
	"their own have `text/1`, whose rows have one key, `line`. An error is one object on "
	"standard\n"
	"error: `{\"error\": {\"code\", \"message\", \"position\", \"expected\"}}`.\n";

/* The kind of value that JSON users see. */
static const char *type_of(const struct kcp_column *col)
{
	switch (col->fmt & KCP_FMT_KIND) {
	case KCP_FMT_TEXT:
		return "text, list, true or false";
	case KCP_FMT_STAR:
		return "true or false";
	case KCP_FMT_TIME:
		return "instant";
	default:
		return "number";
	}
}

static void column_write(FILE *to, const struct kcp_column *col)
{
	const char *key = col->key;

	while (*key) {
		const size_t len = strcspn(key, "/");

		fprintf(to, "| `%.*s` | %s | %s | %s |\n", (int)len, key, type_of(col), col->title,
			col->fmt & KCP_FMT_HIDDEN ? "" : "yes");
		key += len + (key[len] == '/');
	}
}

/* The keys of a schema, each once, in the order of its first use. */
static void schema_write(FILE *to, const struct kcp_schema *schema)
{
	fprintf(to, "\n## %s\n\n", schema->id);
	if (schema->flags & KCP_SCHEMA_STREAM)
		fprintf(to, "One row each time that something happens.\n\n");
	fprintf(to, "| key | value | title | in the table |\n|---|---|---|---|\n");
	for (size_t c = 0; c < schema->column_cnt; c++)
		column_write(to, &schema->columns[c]);
}

/* True if a schema with this id belongs to a command before (i, k). */
static bool is_written(size_t i, size_t k, const char *id)
{
	for (size_t j = 0; j <= i; j++) {
		const struct knd_command *command = knd_command_at(j);

		if (command->schema && j < i && strcmp(command->schema->id, id) == 0)
			return true;
		for (size_t l = 0; command->schemas && command->schemas[l] && (j < i || l < k); l++)
			if (strcmp(command->schemas[l]->id, id) == 0)
				return true;
	}
	return false;
}

/* Two schemas of one id are two tables of the same rows: they must have the same keys. */
int knd_schemas_write(FILE *to)
{
	const struct knd_command *command;

	fputs(head, to);
	for (size_t i = 0; (command = knd_command_at(i)) != NULL; i++) {
		if (command->choose && !command->schemas)
			return -EINVAL;
		if (command->schema && !is_written(i, 0, command->schema->id))
			schema_write(to, command->schema);
		for (size_t k = 0; command->schemas && command->schemas[k]; k++)
			if (!is_written(i, k, command->schemas[k]->id))
				schema_write(to, command->schemas[k]);
	}
	return fflush(to) == 0 ? 0 : -EIO;
}
