// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Names of columns and comparison of values, for the stages that work on rows. What a person sees
 * is the title, what a script knows is the key: both are understood. Pure functions.
 */
#include "kronosnetd-cli/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool key_is(const char *key, size_t len, const char *name)
{
	return strlen(name) == len && strncasecmp(key, name, len) == 0;
}

/* How well a name fits a column: 0 not at all, 1 it begins the key, 2 it is the title, 3 the key.
 */
static int fit(const struct kcp_column *col, const char *name)
{
	const size_t first = strcspn(col->key, "/");

	if (strcmp(col->key, name) == 0 || key_is(col->key, first, name) ||
	    (col->key[first] && strcasecmp(col->key + first + 1, name) == 0))
		return 3;
	if (strcasecmp(col->title, name) == 0)
		return 2;
	return strncasecmp(col->key, name, strlen(name)) == 0;
}

static int column_unknown(const struct kcp_schema *schema, const char *name, struct cli_why *why)
{
	size_t used;

	cli_why_say(why, "Unknown column '%.32s'; there are:", name);
	used = strlen(why->text);
	for (size_t i = 0; i < schema->column_cnt && used < sizeof(why->text); i++)
		used += (size_t)snprintf(why->text + used, sizeof(why->text) - used, "%s %s",
					 i ? "," : "", schema->columns[i].key);
	return -EINVAL;
}

static void column_take(const struct kcp_schema *schema, size_t at, const char *name,
			struct cli_column *out)
{
	const struct kcp_column *col = &schema->columns[at];
	const char *key = col->key;
	size_t len = strcspn(key, "/");

	/* Of "links_up/links" the second key counts only if it was named. */
	if (key[len] && strcasecmp(key + len + 1, name) == 0) {
		key += len + 1;
		len = strlen(key);
	}
	snprintf(out->key, sizeof(out->key), "%.*s", (int)len, key);
	out->fmt = col->fmt & KCP_FMT_KIND;
	out->at = at;
}

int cli_column_find(const struct kcp_schema *schema, const char *name, struct cli_column *out,
		    struct cli_why *why)
{
	size_t best = 0, begun = 0;
	int best_fit = 0;

	for (size_t i = 0; i < schema->column_cnt && *name; i++) {
		const int how = fit(&schema->columns[i], name);

		begun += how == 1;
		if (how > best_fit) {
			best_fit = how;
			best = i;
		}
	}
	if (best_fit == 0 || (best_fit == 1 && begun > 1))
		return column_unknown(schema, name, why);
	column_take(schema, best, name, out);
	return 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

struct unit {
	const char *name;
	double factor;
};

static const struct unit units_us[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {NULL, 0}};
static const struct unit units_s[] = {{"s", 1},    {"m", 60},    {"min", 60},
				      {"h", 3600}, {"d", 86400}, {NULL, 0}};
static const struct unit units_si[] = {{"k", 1e3},  {"K", 1e3}, {"M", 1e6}, {"G", 1e9},
				       {"T", 1e12}, {"%", 1},   {NULL, 0}};

int cli_column_number(const struct cli_column *col, const char *text, double *out)
{
	const struct unit *unit = units_si;
	char *end;

	*out = strtod(text, &end);
	if (end == text || strpbrk(text, "xXpPnN"))
		return -EINVAL; /* no hexadecimal, no infinity */
	if (*end == '\0')
		return 0;
	if (col->fmt == KCP_FMT_US)
		unit = units_us;
	else if (col->fmt == KCP_FMT_SECONDS)
		unit = units_s;
	for (end += strspn(end, " "); unit->name; unit++)
		if (strcmp(unit->name, end) == 0) {
			*out *= unit->factor;
			return 0;
		}
	return -EINVAL;
}

/* ---- comparison ------------------------------------------------------------------------------ */

static bool is_unknown(const json_t *v)
{
	return !v || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0);
}

static int number_compare(double a, double b)
{
	return (a > b) - (a < b);
}

static int scalar_compare(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return (json_integer_value(a) > json_integer_value(b)) -
		       (json_integer_value(a) < json_integer_value(b));
	if (json_is_number(a) && json_is_number(b))
		return number_compare(json_number_value(a), json_number_value(b));
	if (json_is_string(a) && json_is_string(b))
		return strcmp(json_string_value(a), json_string_value(b));
	return json_is_true(a) - json_is_true(b);
}

int cli_value_compare(const json_t *a, const json_t *b)
{
	if (is_unknown(a) || is_unknown(b))
		return is_unknown(a) - is_unknown(b);
	for (size_t i = 0; json_is_array(a) && json_is_array(b); i++) {
		const json_t *x = json_array_get(a, i), *y = json_array_get(b, i);
		const int order = x && y ? scalar_compare(x, y) : (x != NULL) - (y != NULL);

		if (order || !x)
			return order;
	}
	return scalar_compare(a, b);
}
