// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A memory of what the last commands have shown: KEEP outputs of at most SIZE_MAX_KEPT bytes, the
 * oldest goes first. `show peers` followed by `show peers | diff` compares the two.
 */
#include "kronosnetd-cli/recall.h"

#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/diff.h"

#define KEEP          16
#define SIZE_MAX_KEPT (1024 * 1024)

static struct {
	char *key;
	char *text;
	unsigned long used; /* when: higher is later */
} kept[KEEP];

static unsigned long uses;

static size_t find(const char *key)
{
	size_t oldest = 0;

	for (size_t i = 0; i < KEEP; i++) {
		if (kept[i].key && strcmp(kept[i].key, key) == 0)
			return i;
		if (kept[i].used < kept[oldest].used)
			oldest = i;
	}
	return oldest;
}

/* The stage `diff` that compares with the last time, if there is one. */
static struct cli_stage *diff_find(struct cli_pipe *pipe)
{
	for (size_t i = pipe->row_cnt; i < pipe->stage_cnt; i++)
		if (pipe->stages[i].ops == &cli_stage_diff &&
		    cli_stage_diff_is_last(&pipe->stages[i]))
			return &pipe->stages[i];
	return NULL;
}

/* A line without its `diff` and what follows, and without blanks around. Owned. */
static char *key_make(const char *line)
{
	const char *begin = line + strspn(line, " \t");
	size_t end = strlen(begin);

	for (size_t bar = cli_pipe_find_bar(begin); begin[bar];) {
		const char *name = begin + bar + 1 + strspn(begin + bar + 1, " \t");

		if (strncmp(name, "di", 2) == 0) {
			end = bar;
			break;
		}
		bar += 1 + cli_pipe_find_next_bar(begin + bar + 1);
	}
	while (end > 0 && (begin[end - 1] == ' ' || begin[end - 1] == '\t'))
		end--;
	return strndup(begin, end);
}

static bool note(struct cli_recall *recall, const char *text)
{
	const size_t len = strlen(text);

	if (recall->is_off)
		return false;
	if (recall->len + len + 2 > recall->cap) {
		const size_t cap = (recall->len + len + 2) * 2;
		char *mem = cap > 2 * SIZE_MAX_KEPT ? NULL : realloc(recall->text, cap);

		if (!mem) {
			recall->is_off = true;
			return false;
		}
		recall->text = mem;
		recall->cap = cap;
	}
	memcpy(recall->text + recall->len, text, len);
	recall->len += len;
	recall->text[recall->len++] = '\n';
	recall->text[recall->len] = '\0';
	return true;
}

static bool recall_line(struct cli_stage *stage, const struct cli_line *line)
{
	(void)note(stage->state, line->text);
	return cli_stage_pass(stage, line);
}

static bool quiet_line(struct cli_stage *stage, const struct cli_line *line)
{
	return cli_stage_pass(stage, line);
}

static const struct cli_stage_ops recall_ops = {.name = "recall", .line = recall_line};
static const struct cli_stage_ops quiet_ops = {.name = "pass", .line = quiet_line};

void cli_recall_begin(struct cli_recall *recall, struct cli *cli, const char *line,
		      struct cli_pipe *pipe, struct cli_stage *sink)
{
	struct cli_stage *diff = diff_find(pipe);
	size_t i;

	*recall = (struct cli_recall){.stage = {.ops = &recall_ops, .next = sink}};
	recall->stage.state = recall;
	recall->key = key_make(line);
	if (!recall->key || (!cli->interactive && cli->opt.words))
		recall->is_off = true; /* nobody will ask again */
	if (!diff || !recall->key)
		return;
	/* What the stage compares is noted, not the difference. */
	recall->stage.ops = &quiet_ops;
	i = find(recall->key);
	if (kept[i].key && strcmp(kept[i].key, recall->key) == 0)
		cli_stage_diff_old(diff, kept[i].text);
	recall->diff = diff;
}

void cli_recall_end(struct cli_recall *recall, bool is_whole)
{
	const struct cli_lines *lines = recall->diff ? cli_stage_diff_new(recall->diff) : NULL;
	size_t i;

	for (i = 0; lines && i < lines->cnt && note(recall, lines->text[i]); i++)
		;
	if (!is_whole || recall->is_off || !recall->text) {
		free(recall->key);
		free(recall->text);
		return;
	}
	i = find(recall->key);
	free(kept[i].key);
	free(kept[i].text);
	kept[i].key = recall->key;
	kept[i].text = recall->text;
	kept[i].used = ++uses;
}
