// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Stages that work on rows, before they are drawn: `where` drops some, `sort` puts them in order,
 * `columns` chooses what is shown of them. They see the values that JSON users see, so that 9.1 ms
 * comes before 10 ms and 999 bytes before 1 GB.
 *
 * Names of columns are known only when the schema arrives; a wrong one ends the command then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/column.h"
#include "kronosnetd-cli/regex.h"

/* ---- where ----------------------------------------------------------------------------------- */

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_MATCH, OP_NO_MATCH };

/* Longer ones first: `<=` begins with `<`. */
static const struct {
	const char *text;
	enum op op;
} ops_table[] = {
	{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE},   {"!~", OP_NO_MATCH},
	{"=", OP_EQ},  {"<", OP_LT},  {">", OP_GT},  {"~", OP_MATCH},
};

struct where {
	char *text; /* owned: the column's name, cut off where the operator began */
	const char *value;
	enum op op;
	struct cli_regex *regex; /* owned, for ~ and !~ */
	bool has_number;
	double number;
	struct cli_column col;
};

/* Finds the operator and cuts the text in two. Returns 0 or -EINVAL. */
static int where_split(struct where *w)
{
	char *at = w->text + strcspn(w->text, "=!<>~");
	size_t len;

	for (size_t i = 0; i < sizeof(ops_table) / sizeof(ops_table[0]); i++) {
		len = strlen(ops_table[i].text);
		if (strncmp(at, ops_table[i].text, len) != 0)
			continue;
		w->op = ops_table[i].op;
		w->value = at + len + strspn(at + len, " ");
		while (at > w->text && at[-1] == ' ')
			at--;
		*at = '\0';
		return *w->text ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static void where_fini(struct cli_stage *stage)
{
	struct where *w = stage->state;

	cli_regex_free(w->regex);
	free(w->text);
	free(w);
}

static int where_read(struct cli_stage *stage, struct where *w, struct cli_why *why)
{
	if (where_split(w) < 0)
		return cli_why_usage(stage, why);
	if (w->op != OP_MATCH && w->op != OP_NO_MATCH)
		return 0;
	w->regex = cli_regex_new(w->value, why);
	return w->regex ? 0 : -EINVAL;
}

static int where_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	struct where *w = calloc(1, sizeof(*w));
	int rc = -ENOMEM;

	if (!w)
		return rc;
	stage->state = w;
	w->text = cli_words_join(argc, argv);
	if (w->text)
		rc = where_read(stage, w, why);
	if (rc < 0)
		where_fini(stage);
	return rc;
}

static int where_bind(struct cli_stage *stage, struct kcp_schema *schema, struct cli_why *why)
{
	struct where *w = stage->state;
	const int rc = cli_column_find(schema, w->text, &w->col, why);

	if (rc == 0)
		w->has_number = cli_column_number(&w->col, w->value, &w->number) == 0;
	return rc;
}

/* The value as text, for `=` and `~`; numbers and truth values in JSON's words. Owned. */
static char *value_text(const json_t *v)
{
	if (json_is_string(v))
		return strdup(json_string_value(v));
	return v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
}

static int value_order(const struct where *w, const json_t *v, const char *text)
{
	const double number = json_number_value(v);

	if (json_is_number(v) && w->has_number)
		return (number > w->number) - (number < w->number);
	if (json_is_boolean(v) && (strcmp(w->value, "yes") == 0 || strcmp(w->value, "no") == 0))
		return json_is_true(v) - (w->value[0] == 'y');
	return strcmp(text, w->value);
}

static bool order_fits(enum op op, int order)
{
	switch (op) {
	case OP_EQ:
		return order == 0;
	case OP_NE:
		return order != 0;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return order <= 0;
	case OP_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool scalar_fits(struct cli_stage *stage, const json_t *v, enum op op)
{
	const struct where *w = stage->state;
	char *text = value_text(v);
	bool fits = false;

	if (text && op == OP_MATCH)
		fits = cli_regex_fits(w->regex, text, stage);
	else if (text)
		fits = order_fits(op, value_order(w, v, text));
	free(text);
	return fits;
}

/* Of a list, one element that fits is enough; nothing is in an order with the unknown. */
static bool value_fits(struct cli_stage *stage, const json_t *v, enum op op)
{
	const struct where *w = stage->state;
	const json_t *item;
	size_t i;

	if (!v || json_is_null(v))
		return op == OP_EQ && strcmp(w->value, "-") == 0;
	if (!json_is_array(v))
		return scalar_fits(stage, v, op);
	json_array_foreach(v, i, item)
		if (scalar_fits(stage, item, op))
			return true;
	return op == OP_EQ && json_array_size(v) == 0 && strcmp(w->value, "-") == 0;
}

static bool where_row(struct cli_stage *stage, json_t *row)
{
	const struct where *w = stage->state;
	const json_t *v = json_object_get(row, w->col.key);
	bool fits;

	if (w->op == OP_NE)
		fits = !value_fits(stage, v, OP_EQ);
	else if (w->op == OP_NO_MATCH)
		fits = !value_fits(stage, v, OP_MATCH);
	else
		fits = value_fits(stage, v, w->op);
	if (stage->wrong)
		return false;
	return fits ? cli_stage_pass_row(stage, row) : true;
}

/* ---- sort ------------------------------------------------------------------------------------ */

struct sort_row {
	json_t *row; /* owned */
	const json_t *key;
	size_t at;
};

struct sort {
	char *name; /* owned */
	struct cli_column col;
	struct sort_row *rows;
	size_t cnt, cap;
};

static int sort_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	struct sort *sort;

	stage->flag = argc == 2 && strncmp("reverse", argv[1], strlen(argv[1])) == 0;
	if (argc != 1 && !stage->flag)
		return cli_why_usage(stage, why);
	sort = calloc(1, sizeof(*sort));
	stage->state = sort;
	if (!sort)
		return -ENOMEM;
	sort->name = strdup(argv[0]);
	if (sort->name)
		return 0;
	free(sort);
	return -ENOMEM;
}

static int sort_bind(struct cli_stage *stage, struct kcp_schema *schema, struct cli_why *why)
{
	struct sort *sort = stage->state;

	return cli_column_find(schema, sort->name, &sort->col, why);
}

static bool sort_row(struct cli_stage *stage, json_t *row)
{
	struct sort *sort = stage->state;

	if (sort->cnt == sort->cap) {
		const size_t cap = sort->cap ? sort->cap * 2 : 256;
		struct sort_row *rows = realloc(sort->rows, cap * sizeof(*rows));

		if (!rows)
			return false;
		sort->rows = rows;
		sort->cap = cap;
	}
	sort->rows[sort->cnt] = (struct sort_row){.row = json_incref(row),
						  .key = json_object_get(row, sort->col.key),
						  .at = sort->cnt};
	sort->cnt++;
	return true;
}

static int row_compare(const void *a, const void *b)
{
	const struct sort_row *x = a, *y = b;
	const int order = cli_value_compare(x->key, y->key);

	/* Equal ones stay as they came. */
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* What is unknown comes last in both directions. */
static int row_compare_reverse(const void *a, const void *b)
{
	const struct sort_row *x = a, *y = b;
	const bool lost_x = !x->key || json_is_null(x->key),
		   lost_y = !y->key || json_is_null(y->key);
	const int order = lost_x || lost_y ? lost_x - lost_y : cli_value_compare(y->key, x->key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int sort_end(struct cli_stage *stage)
{
	struct sort *sort = stage->state;

	if (sort->cnt > 0)
		qsort(sort->rows, sort->cnt, sizeof(*sort->rows),
		      stage->flag ? row_compare_reverse : row_compare);
	for (size_t i = 0; i < sort->cnt; i++)
		if (!cli_stage_pass_row(stage, sort->rows[i].row))
			break;
	return 0;
}

static void sort_fini(struct cli_stage *stage)
{
	struct sort *sort = stage->state;

	for (size_t i = 0; i < sort->cnt; i++)
		json_decref(sort->rows[i].row);
	free(sort->rows);
	free(sort->name);
	free(sort);
}

/* ---- columns --------------------------------------------------------------------------------- */

static int columns_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	if (argc == 0)
		return cli_why_usage(stage, why);
	stage->state = cli_words_join(argc, argv);
	return stage->state ? 0 : -ENOMEM;
}

/* The schema keeps the chosen columns, in the order of choice; rows are cut when they are drawn. */
static int columns_bind(struct cli_stage *stage, struct kcp_schema *schema, struct cli_why *why)
{
	const struct kcp_schema all = *schema;
	char *rest = stage->state, *name;
	struct cli_column found;
	int rc = 0;

	schema->column_cnt = 0;
	while (rc == 0 && (name = strtok_r(rest, ", ", &rest)) != NULL) {
		if (schema->column_cnt == KCP_COLUMNS_MAX)
			return cli_why_say(why, "more than %d columns", KCP_COLUMNS_MAX);
		rc = cli_column_find(&all, name, &found, why);
		if (rc < 0)
			break;
		schema->columns[schema->column_cnt] = all.columns[found.at];
		schema->columns[schema->column_cnt++].fmt = found.fmt;
	}
	stage->flag = true;
	return rc == 0 && schema->column_cnt == 0 ? cli_why_usage(stage, why) : rc;
}

static bool columns_row(struct cli_stage *stage, json_t *row)
{
	return cli_stage_pass_row(stage, row);
}

static void columns_fini(struct cli_stage *stage)
{
	free(stage->state);
}

const struct cli_stage_ops cli_stage_where = {
	.name = "where",
	.usage = "where COLUMN {=|!=|<|<=|>|>=|~|!~} VALUE",
	.help = "Rows whose column is so",
	.parse = where_parse,
	.bind = where_bind,
	.row = where_row,
	.fini = where_fini,
};

const struct cli_stage_ops cli_stage_sort = {
	.name = "sort",
	.usage = "sort COLUMN [reverse]",
	.help = "Rows in the order of a column",
	.parse = sort_parse,
	.bind = sort_bind,
	.row = sort_row,
	.end = sort_end,
	.fini = sort_fini,
};

const struct cli_stage_ops cli_stage_columns = {
	.name = "columns",
	.usage = "columns COLUMN[,COLUMN...]",
	.help = "Only these columns, also those that are not shown otherwise",
	.parse = columns_parse,
	.bind = columns_bind,
	.row = columns_row,
	.fini = columns_fini,
};
