// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Pipes: splitting a line at its bars and building the chain of stages.
 *
 * The same rules of quoting as the daemon's tokenizer hold: a bar inside double quotes is text, a
 * backslash inside quotes protects the next character. `json` and `no-more` are no stages of their
 * own: the first decides how rows are drawn and must therefore come first, the second switches the
 * pager off. Stage names may be abbreviated as long as they stay unique.
 */
#include "kronosnetd-cli/pipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE_WORDS_MAX 8

size_t cli_pipe_find_bar(const char *line)
{
	bool quoted = false;
	size_t i;

	for (i = 0; line[i]; i++) {
		if (quoted && line[i] == '\\' && line[i + 1])
			i++;
		else if (line[i] == '"')
			quoted = !quoted;
		else if (line[i] == '|' && !quoted)
			break;
	}
	return i;
}

bool cli_stage_pass(struct cli_stage *stage, const struct cli_line *line)
{
	return stage->next->ops->line(stage->next, line);
}

int cli_stage_end(struct cli_stage *first)
{
	int res = 0;

	for (struct cli_stage *stage = first; stage; stage = stage->next) {
		const int rc = stage->ops->end ? stage->ops->end(stage) : 0;

		if (res == 0)
			res = rc;
	}
	return res;
}

/* Takes one word off `*text`, unquoting in place. NULL at the end. */
static char *word_take(char **text)
{
	char *in = *text + strspn(*text, " \t");
	char *word = in, *out = in;
	bool quoted = false;

	if (*in == '\0')
		return NULL;
	for (; *in && (quoted || (*in != ' ' && *in != '\t')); in++) {
		if (*in == '"') {
			quoted = !quoted;
			continue;
		}
		/* Only \" and \\ are escapes; a regular expression keeps its other backslashes. */
		if (quoted && *in == '\\' && (in[1] == '"' || in[1] == '\\'))
			in++;
		*out++ = *in;
	}
	*text = *in ? in + 1 : in;
	*out = '\0';
	return word;
}

static const char json_usage[] = "json [pretty|lines]";

static bool is_abbreviation(const char *word, const char *full)
{
	return *word && strncmp(word, full, strlen(word)) == 0;
}

static int json_parse(struct cli_pipe *pipe, int argc, char **argv, char *why, size_t why_size)
{
	if (pipe->stage_cnt > 0 || pipe->json != CLI_JSON_NO) {
		snprintf(why, why_size, "'json' must be the first stage");
		return -EINVAL;
	}
	pipe->json = CLI_JSON_ARRAY;
	if (argc == 1 && is_abbreviation(argv[0], "pretty"))
		pipe->json = CLI_JSON_PRETTY;
	else if (argc == 1 && is_abbreviation(argv[0], "lines"))
		pipe->json = CLI_JSON_LINES;
	else if (argc > 0) {
		snprintf(why, why_size, "usage: %s", json_usage);
		return -EINVAL;
	}
	return 0;
}

static int no_more_parse(struct cli_pipe *pipe, int argc, char *why, size_t why_size)
{
	if (argc > 0) {
		snprintf(why, why_size, "usage: no-more");
		return -EINVAL;
	}
	pipe->no_more = true;
	return 0;
}

/* Names of all stages, table and specials; `ops` is NULL for the specials. */
static const char *stage_name(size_t i, const struct cli_stage_ops **ops)
{
	*ops = NULL;
	if (i < cli_stage_table_len) {
		*ops = cli_stage_table[i];
		return cli_stage_table[i]->name;
	}
	return i == cli_stage_table_len ? "json" : i == cli_stage_table_len + 1 ? "no-more" : NULL;
}

/* Finds the stage that `word` names or abbreviates. Returns 0 or -EINVAL. */
static int stage_find(const char *word, const char **name, const struct cli_stage_ops **ops,
		      char *why, size_t why_size)
{
	const struct cli_stage_ops *candidate;
	const char *other;
	unsigned int hits = 0;

	for (size_t i = 0; (other = stage_name(i, &candidate)) != NULL; i++) {
		if (!is_abbreviation(word, other))
			continue;
		hits = strcmp(word, other) == 0 ? 1 : hits + 1;
		*name = other;
		*ops = candidate;
		if (strcmp(word, other) == 0)
			return 0;
	}
	if (hits == 1)
		return 0;
	snprintf(why, why_size, hits ? "Ambiguous pipe: '%s'" : "Unknown pipe: '%s'", word);
	return -EINVAL;
}

static int stage_add(struct cli_pipe *pipe, const struct cli_stage_ops *ops, int argc, char **argv,
		     char *why, size_t why_size)
{
	struct cli_stage *stage = &pipe->stages[pipe->stage_cnt];
	int rc;

	if (pipe->stage_cnt == CLI_STAGES_MAX) {
		snprintf(why, why_size, "more than %d pipes", CLI_STAGES_MAX);
		return -EINVAL;
	}
	*stage = (struct cli_stage){.ops = ops};
	rc = ops->parse(stage, argc, argv, why, why_size);
	if (rc == 0)
		pipe->stage_cnt++;
	return rc;
}

/* Parses the text between two bars. */
static int stage_parse(struct cli_pipe *pipe, char *text, char *why, size_t why_size)
{
	const struct cli_stage_ops *ops;
	char *argv[STAGE_WORDS_MAX];
	const char *name;
	char *word;
	int argc = 0;
	int rc;

	while (argc < STAGE_WORDS_MAX && (word = word_take(&text)) != NULL)
		argv[argc++] = word;
	if (argc == 0) {
		snprintf(why, why_size, "Incomplete command: expected a pipe after '|'");
		return -EINVAL;
	}
	rc = stage_find(argv[0], &name, &ops, why, why_size);
	if (rc < 0)
		return rc;
	if (ops)
		return stage_add(pipe, ops, argc - 1, argv + 1, why, why_size);
	if (strcmp(name, "json") == 0)
		return json_parse(pipe, argc - 1, argv + 1, why, why_size);
	return no_more_parse(pipe, argc - 1, why, why_size);
}

int cli_pipe_parse(const char *line, struct cli_pipe *pipe, size_t *why_off, char *why,
		   size_t why_size)
{
	size_t off = cli_pipe_find_bar(line);

	memset(pipe, 0, sizeof(*pipe));
	snprintf(why, why_size, "%s", strerror(ENOMEM));
	*why_off = 0;
	pipe->command = strndup(line, off);
	if (!pipe->command)
		return -ENOMEM;
	while (line[off] == '|') {
		const size_t len = cli_pipe_find_bar(line + off + 1);
		char *text = strndup(line + off + 1, len);
		const int rc = text ? stage_parse(pipe, text, why, why_size) : -ENOMEM;

		free(text);
		if (rc < 0) {
			*why_off = off + 1 + strspn(line + off + 1, " \t");
			cli_pipe_fini(pipe);
			return rc;
		}
		off += 1 + len;
	}
	return 0;
}

struct cli_stage *cli_pipe_connect(struct cli_pipe *pipe, struct cli_stage *sink)
{
	for (size_t i = 0; i < pipe->stage_cnt; i++)
		pipe->stages[i].next = i + 1 < pipe->stage_cnt ? &pipe->stages[i + 1] : sink;
	return pipe->stage_cnt ? &pipe->stages[0] : sink;
}

void cli_pipe_fini(struct cli_pipe *pipe)
{
	for (size_t i = 0; i < pipe->stage_cnt; i++)
		if (pipe->stages[i].ops->fini)
			pipe->stages[i].ops->fini(&pipe->stages[i]);
	free(pipe->command);
	memset(pipe, 0, sizeof(*pipe));
}
