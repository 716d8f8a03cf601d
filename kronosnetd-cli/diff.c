// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The difference of two lists of lines, by Myers' greedy algorithm: the shortest list of deletions
 * and insertions, found in steps of one edit more. What both have at the beginning and at the end
 * is cut off first. If there are more than EDITS_MAX edits, the whole middle counts as changed: the
 * time and memory it takes are bounded, and nobody reads thousands of changes line by line.
 */
#include "kronosnetd-cli/diff.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EDITS_MAX 1000
#define CONTEXT   3

int cli_lines_add(struct cli_lines *lines, const char *text)
{
	char *copy = strdup(text);

	if (copy && lines->cnt == lines->cap) {
		const size_t cap = lines->cap ? lines->cap * 2 : 64;
		char **list = realloc(lines->text, cap * sizeof(*list));

		if (!list) {
			free(copy);
			return -ENOMEM;
		}
		lines->text = list;
		lines->cap = cap;
	}
	if (!copy)
		return -ENOMEM;
	lines->text[lines->cnt++] = copy;
	return 0;
}

int cli_lines_split(struct cli_lines *lines, const char *text)
{
	int rc = 0;

	while (rc == 0 && *text) {
		const size_t len = strcspn(text, "\n");
		char *line = strndup(text, len);

		rc = line ? cli_lines_add(lines, line) : -ENOMEM;
		free(line);
		text += len + (text[len] == '\n');
	}
	return rc;
}

void cli_lines_fini(struct cli_lines *lines)
{
	for (size_t i = 0; i < lines->cnt; i++)
		free(lines->text[i]);
	free(lines->text);
	*lines = (struct cli_lines){0};
}

/* ---- what goes and what comes ---------------------------------------------------------------- */

/* The part of both lists that differs, and which of its lines are in only one of them. */
struct script {
	const struct cli_lines *a, *b;
	size_t head;            /* lines that both begin with */
	size_t a_end, b_end;    /* where what both end with begins */
	bool *a_gone, *b_added; /* one for each line */
};

static void ends_trim(struct script *s)
{
	s->a_end = s->a->cnt;
	s->b_end = s->b->cnt;
	while (s->head < s->a_end && s->head < s->b_end &&
	       strcmp(s->a->text[s->head], s->b->text[s->head]) == 0)
		s->head++;
	while (s->a_end > s->head && s->b_end > s->head &&
	       strcmp(s->a->text[s->a_end - 1], s->b->text[s->b_end - 1]) == 0) {
		s->a_end--;
		s->b_end--;
	}
}

/* How far one comes along diagonal k with one edit more than the row `v` tells of. */
static int furthest(const struct script *s, const int *v, int k, int d)
{
	const int n = (int)(s->a_end - s->head), m = (int)(s->b_end - s->head);
	int x, y;

	if (d == 0)
		x = 0;
	else if (k == -d || (k != d && v[k - 1] < v[k + 1]))
		x = v[k + 1];
	else
		x = v[k - 1] + 1;
	for (y = x - k; x < n && y >= 0 && y < m; x++, y++)
		if (strcmp(s->a->text[s->head + (size_t)x], s->b->text[s->head + (size_t)y]) != 0)
			break;
	return x;
}

/* Walks back from the end through the rows of furthest points and marks lines. */
static void script_mark(struct script *s, int *const *rows, int d)
{
	int x = (int)(s->a_end - s->head), y = (int)(s->b_end - s->head);

	for (; d > 0; d--) {
		const int *v = rows[d - 1];
		const int k = x - y;
		const bool down = k == -d || (k != d && v[k - 1] < v[k + 1]);

		x = down ? v[k + 1] : v[k - 1];
		y = x - (down ? k + 1 : k - 1);
		if (down)
			s->b_added[s->head + (size_t)y] = true;
		else
			s->a_gone[s->head + (size_t)x] = true;
	}
}

/* rows[d] is indexed from -(d+1) to d+1. Returns the number of edits, -1 above the limit. */
static int script_search(const struct script *s, int **rows)
{
	const int n = (int)(s->a_end - s->head), m = (int)(s->b_end - s->head);

	for (int d = 0; d <= EDITS_MAX && d <= n + m; d++) {
		int *mem = malloc(sizeof(*mem) * (size_t)(2 * d + 3));

		if (!mem)
			return -1;
		rows[d] = mem + d + 1;
		rows[d][-d - 1] = rows[d][d + 1] = -1;
		for (int k = -d; k <= d; k++)
			rows[d][k] = -1;
		for (int k = -d; k <= d; k += 2) {
			rows[d][k] = furthest(s, d ? rows[d - 1] : NULL, k, d);
			if (rows[d][k] >= n && rows[d][k] - k >= m)
				return d;
		}
	}
	return -1;
}

static int script_make(struct script *s)
{
	int **rows = calloc(EDITS_MAX + 1, sizeof(*rows));
	int edits;

	s->a_gone = calloc(s->a->cnt + 1, sizeof(bool));
	s->b_added = calloc(s->b->cnt + 1, sizeof(bool));
	if (!rows || !s->a_gone || !s->b_added) {
		free(rows);
		return -ENOMEM;
	}
	ends_trim(s);
	edits = script_search(s, rows);
	if (edits >= 0)
		script_mark(s, rows, edits);
	for (size_t i = s->head; edits < 0 && i < s->a_end; i++)
		s->a_gone[i] = true;
	for (size_t i = s->head; edits < 0 && i < s->b_end; i++)
		s->b_added[i] = true;
	for (int d = 0; d <= EDITS_MAX && rows[d]; d++)
		free(rows[d] - d - 1);
	free(rows);
	return 0;
}

/* ---- hunks ----------------------------------------------------------------------------------- */

struct writer {
	bool (*emit)(void *arg, const char *line);
	void *arg;
};

static bool line_write(const struct writer *w, char mark, const char *text)
{
	char *line;
	bool more;

	if (asprintf(&line, "%c%s", mark, text) < 0)
		return false;
	more = w->emit(w->arg, line);
	free(line);
	return more;
}

/* Lines from (i, j) on that belong to one hunk: up to where more than 2 * CONTEXT are the same. */
static void hunk_measure(const struct script *s, size_t i, size_t j, size_t *a_cnt, size_t *b_cnt)
{
	size_t same = 0, i0 = i, j0 = j;

	while ((i < s->a->cnt || j < s->b->cnt) && same <= 2 * CONTEXT) {
		if (i < s->a->cnt && s->a_gone[i]) {
			i++;
			same = 0;
		} else if (j < s->b->cnt && s->b_added[j]) {
			j++;
			same = 0;
		} else {
			i++;
			j++;
			same++;
		}
	}
	*a_cnt = i - i0 - (same > CONTEXT ? same - CONTEXT : 0);
	*b_cnt = j - j0 - (same > CONTEXT ? same - CONTEXT : 0);
}

static bool hunk_write(const struct script *s, const struct writer *w, size_t *i, size_t *j)
{
	const size_t before = *i < CONTEXT ? *i : CONTEXT;
	size_t a_cnt, b_cnt, a_end, b_end;
	char head[96];

	hunk_measure(s, *i, *j, &a_cnt, &b_cnt);
	a_end = *i + a_cnt;
	b_end = *j + b_cnt;
	*i -= before;
	*j -= before;
	snprintf(head, sizeof(head), "@@ -%zu,%zu +%zu,%zu @@", *i + (a_end > *i), a_end - *i,
		 *j + (b_end > *j), b_end - *j);
	if (!w->emit(w->arg, head))
		return false;
	while (*i < a_end || *j < b_end) {
		bool more;

		if (*i < a_end && s->a_gone[*i])
			more = line_write(w, '-', s->a->text[(*i)++]);
		else if (*j < b_end && s->b_added[*j])
			more = line_write(w, '+', s->b->text[(*j)++]);
		else {
			more = line_write(w, ' ', s->a->text[(*i)++]);
			(*j)++;
		}
		if (!more)
			return false;
	}
	return true;
}

int cli_diff(const struct cli_lines *a, const struct cli_lines *b,
	     bool (*emit)(void *arg, const char *line), void *arg)
{
	const struct writer w = {emit, arg};
	struct script s = {.a = a, .b = b};
	const int rc = script_make(&s);
	size_t i = 0, j = 0;

	while (rc == 0 && (i < a->cnt || j < b->cnt)) {
		if ((i < a->cnt && s.a_gone[i]) || (j < b->cnt && s.b_added[j])) {
			if (!hunk_write(&s, &w, &i, &j))
				break;
		} else {
			i++;
			j++;
		}
	}
	free(s.a_gone);
	free(s.b_added);
	return rc;
}
