// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Pipes: splitting a line at its bars and building the chain of stages.
 *
 * The same rules of quoting as the daemon's tokenizer hold: a bar inside double quotes is text, a
 * backslash inside quotes protects the next character. So is one within a word of a pattern,
 * `include up|down`, as other routers have it. `json`, `csv`, `more`, `no-more` and
 * `refresh` are no stages: they say how rows are drawn, how the screen is filled, how often all of
 * it is done. Stage names may be abbreviated as long as they stay unique.
 *
 * Where rows become text follows from the line: behind the last stage that needs rows, or where
 * `json` or `csv` stands. What can do both (`first`, `last`) takes rows before that place and lines
 * behind it; what needs lines cannot stand before it.
 */
#include "kronosnetd-cli/pipe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAGE_WORDS_MAX 24
#define REFRESH_DEFAULT 2

int cli_why_say(struct cli_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int cli_why_usage(const struct cli_stage *stage, struct cli_why *why)
{
	return cli_why_say(why, "usage: %s", stage->ops->usage);
}

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

static bool is_blank_char(char c)
{
	return c == ' ' || c == '\t';
}

/* True if the text behind a bar has a pattern, which begins at *pattern. */
static bool has_pattern(const char *text, const char **pattern)
{
	static const char *const names[] = {"include", "exclude", "begin", "until", "section"};
	const char *word = text + strspn(text, " \t");
	const size_t len = strcspn(word, " \t|");

	*pattern = word + len;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len && is_blank_char(word[len]) && strncmp(word, names[i], len) == 0)
			return true;
	return false;
}

size_t cli_pipe_find_next_bar(const char *text)
{
	size_t off = cli_pipe_find_bar(text);
	const char *pattern;

	if (!has_pattern(text, &pattern))
		return off;
	while (text[off] == '|' && text + off > pattern && !is_blank_char(text[off - 1]) &&
	       text[off + 1] && !is_blank_char(text[off + 1]))
		off += 1 + cli_pipe_find_bar(text + off + 1);
	return off;
}

size_t cli_pipe_find_last_bar(const char *line, size_t cursor)
{
	size_t found = strlen(line);
	size_t off = cli_pipe_find_bar(line);

	while (off < cursor && line[off] == '|') {
		found = off;
		off += 1 + cli_pipe_find_next_bar(line + off + 1);
	}
	return found;
}

bool cli_stage_pass(struct cli_stage *stage, const struct cli_line *line)
{
	return stage->next->ops->line(stage->next, line);
}

bool cli_stage_pass_row(struct cli_stage *stage, json_t *row)
{
	return stage->next->ops->row(stage->next, row);
}

int cli_pipe_end(const struct cli_pipe *pipe, struct cli_stage *first, struct cli_why *why)
{
	int res = 0;

	for (struct cli_stage *stage = first; stage; stage = stage->next) {
		const int rc = stage->ops->end ? stage->ops->end(stage) : 0;

		if (res == 0 && rc < 0)
			res = cli_why_say(why, "cannot write: %s", strerror(-rc));
	}
	for (size_t i = 0; i < pipe->stage_cnt; i++)
		if (pipe->stages[i].wrong)
			res = cli_why_say(why, "%s: %s", pipe->stages[i].ops->name,
					  pipe->stages[i].wrong);
	return res;
}

char *cli_words_join(int argc, char **argv)
{
	size_t size = 1;
	char *text;

	for (int i = 0; i < argc; i++)
		size += strlen(argv[i]) + 1;
	text = calloc(1, size);
	for (int i = 0; text && i < argc; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, argv[i]);
	}
	return text;
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

/* ---- what is no stage ------------------------------------------------------------------------ */

/* The words behind a name that pipe.c itself knows. */
typedef int (*special_fn)(struct cli_pipe *pipe, int argc, char **argv, struct cli_why *why);

static bool is_abbreviation(const char *word, const char *full)
{
	return *word && strncmp(word, full, strlen(word)) == 0;
}

/* All stages so far take rows from here on. */
static int form_set(struct cli_pipe *pipe, enum cli_form form, struct cli_why *why)
{
	if (pipe->has_form)
		return cli_why_say(why, "rows are drawn once: one 'json' or 'csv'");
	for (size_t i = 0; i < pipe->stage_cnt; i++)
		if (!pipe->stages[i].ops->row)
			return cli_why_say(why, "'%s' works on lines: put it behind",
					   pipe->stages[i].ops->name);
	pipe->form = form;
	pipe->has_form = true;
	pipe->row_cnt = pipe->stage_cnt;
	return 0;
}

static int json_parse(struct cli_pipe *pipe, int argc, char **argv, struct cli_why *why)
{
	if (argc == 0)
		return form_set(pipe, CLI_FORM_JSON, why);
	if (argc == 1 && is_abbreviation(argv[0], "pretty"))
		return form_set(pipe, CLI_FORM_JSON_PRETTY, why);
	if (argc == 1 && is_abbreviation(argv[0], "lines"))
		return form_set(pipe, CLI_FORM_JSON_LINES, why);
	return cli_why_say(why, "usage: json [pretty|lines]");
}

static int csv_parse(struct cli_pipe *pipe, int argc, char **argv, struct cli_why *why)
{
	(void)argv;
	return argc == 0 ? form_set(pipe, CLI_FORM_CSV, why) : cli_why_say(why, "usage: csv");
}

static int more_parse(struct cli_pipe *pipe, int argc, char **argv, struct cli_why *why)
{
	(void)argv;
	pipe->paging = CLI_PAGE_ALWAYS;
	return argc == 0 ? 0 : cli_why_say(why, "usage: more");
}

static int no_more_parse(struct cli_pipe *pipe, int argc, char **argv, struct cli_why *why)
{
	(void)argv;
	pipe->paging = CLI_PAGE_NEVER;
	return argc == 0 ? 0 : cli_why_say(why, "usage: no-more");
}

static int refresh_parse(struct cli_pipe *pipe, int argc, char **argv, struct cli_why *why)
{
	char *end = "";

	pipe->refresh_s = argc > 0 ? strtol(argv[0], &end, 10) : REFRESH_DEFAULT;
	if (argc > 1 || *end || pipe->refresh_s < 1 || pipe->refresh_s > 3600)
		return cli_why_say(why, "usage: refresh [<1-3600>]");
	return 0;
}

static const struct {
	const char *name, *usage, *help;
	special_fn parse;
} specials[] = {
	{"json", "json [pretty|lines]", "Rows as JSON", json_parse},
	{"csv", "csv", "Rows as comma-separated values", csv_parse},
	{"more", "more", "Stop at pages", more_parse},
	{"no-more", "no-more", "Do not stop at pages", no_more_parse},
	{"refresh", "refresh [<1-3600>]", "Again and again, in place", refresh_parse},
};

static const struct cli_stage_ops *const table[] = {
	&cli_stage_include, &cli_stage_exclude, &cli_stage_begin,   &cli_stage_until,
	&cli_stage_section, &cli_stage_count,   &cli_stage_first,   &cli_stage_last,
	&cli_stage_where,   &cli_stage_sort,    &cli_stage_columns, &cli_stage_save,
	&cli_stage_tee,     &cli_stage_diff,
};

#define TABLE_LEN    (sizeof(table) / sizeof(table[0]))
#define SPECIALS_LEN (sizeof(specials) / sizeof(specials[0]))

bool cli_stage_info(size_t i, struct cli_stage_info *out)
{
	if (i < TABLE_LEN)
		*out = (struct cli_stage_info){table[i]->name, table[i]->usage, table[i]->help,
					       table[i]};
	else if (i - TABLE_LEN < SPECIALS_LEN)
		*out = (struct cli_stage_info){specials[i - TABLE_LEN].name,
					       specials[i - TABLE_LEN].usage,
					       specials[i - TABLE_LEN].help, NULL};
	else
		return false;
	return true;
}

/* ---- stages ---------------------------------------------------------------------------------- */

/* What those who have a shell in their fingers mean. */
static const char *stage_of_shell(const char *word)
{
	static const char *const pairs[][2] = {{"grep", "include"},  {"egrep", "include"},
					       {"head", "first"},    {"tail", "last"},
					       {"wc", "count"},      {"less", "more"},
					       {"redirect", "save"}, {"match", "include"},
					       {"display", "json"},  {"append", "save FILE append"},
					       {"compare", "diff"},  {"except", "exclude"},
					       {"find", "begin"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(pairs[i][0], word) == 0)
			return pairs[i][1];
	return NULL;
}

static int stage_unknown(const char *word, bool is_ambiguous, struct cli_why *why)
{
	const char *instead = stage_of_shell(word);
	struct cli_stage_info info;
	char list[384] = "";
	size_t used = 0;

	if (instead && !is_ambiguous)
		return cli_why_say(why, "Unknown pipe: '%.64s'. Did you mean '%s'?", word, instead);
	for (size_t i = 0; used < sizeof(list) && cli_stage_info(i, &info); i++)
		if (!is_ambiguous || is_abbreviation(word, info.name))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 used ? " | " : "", info.name);
	return cli_why_say(why, "%s pipe: '%.64s': expected %s%s",
			   is_ambiguous ? "Ambiguous" : "Unknown", word, list,
			   is_ambiguous ? "" : "; a bar within a text needs double quotes");
}

/* Finds the stage that `word` names or abbreviates. Returns its number or -EINVAL. */
static int stage_find(const char *word, struct cli_why *why)
{
	struct cli_stage_info info;
	unsigned int hits = 0;
	int found = -EINVAL;

	/* What these letters have always meant. */
	if (strcmp(word, "s") == 0)
		word = "section";
	if (strcmp(word, "c") == 0)
		word = "count";
	for (size_t i = 0; cli_stage_info(i, &info); i++) {
		if (strcmp(word, info.name) == 0)
			return (int)i;
		if (!is_abbreviation(word, info.name))
			continue;
		hits++;
		found = (int)i;
	}
	if (hits == 1)
		return found;
	return stage_unknown(word, hits > 0, why);
}

/* A stage that cannot work on lines makes those before it work on rows. */
static int rows_extend(struct cli_pipe *pipe, struct cli_why *why)
{
	const struct cli_stage *last = &pipe->stages[pipe->stage_cnt - 1];

	if (last->ops->line)
		return 0;
	if (pipe->has_form)
		return cli_why_say(why, "'%s' works on rows: put it before 'json' or 'csv'",
				   last->ops->name);
	for (size_t i = 0; i < pipe->stage_cnt; i++)
		if (!pipe->stages[i].ops->row)
			return cli_why_say(why, "'%s' works on rows: put it before '%s'",
					   last->ops->name, pipe->stages[i].ops->name);
	pipe->row_cnt = pipe->stage_cnt;
	return 0;
}

static int stage_add(struct cli_pipe *pipe, const struct cli_stage_ops *ops, int argc, char **argv,
		     struct cli_why *why)
{
	struct cli_stage *stage = &pipe->stages[pipe->stage_cnt];
	int rc;

	if (pipe->stage_cnt == CLI_STAGES_MAX)
		return cli_why_say(why, "more than %d pipes", CLI_STAGES_MAX);
	*stage = (struct cli_stage){.ops = ops};
	rc = ops->parse(stage, argc, argv, why);
	if (rc < 0)
		return rc;
	pipe->stage_cnt++;
	return rows_extend(pipe, why);
}

/* Parses the text between two bars. */
static int stage_parse(struct cli_pipe *pipe, char *text, struct cli_why *why)
{
	char *argv[STAGE_WORDS_MAX];
	char *word;
	int argc = 0;
	int i;

	while (argc < STAGE_WORDS_MAX && (word = word_take(&text)) != NULL)
		argv[argc++] = word;
	if (argc == 0)
		return cli_why_say(why, "Incomplete command: expected a pipe after '|'");
	if (text[strspn(text, " \t")] != '\0')
		return cli_why_say(why, "a pipe has at most %d words", STAGE_WORDS_MAX);
	i = stage_find(argv[0], why);
	if (i < 0)
		return i;
	if ((size_t)i < TABLE_LEN)
		return stage_add(pipe, table[i], argc - 1, argv + 1, why);
	return specials[(size_t)i - TABLE_LEN].parse(pipe, argc - 1, argv + 1, why);
}

/* `show peers json`: the last word of a show may be `json`, unquoted, as other routers have it. */
static void json_word_take(struct cli_pipe *pipe)
{
	const char *first = pipe->command + strspn(pipe->command, " \t");
	size_t len = strlen(pipe->command);
	size_t word;

	if (strncmp(first, "do ", 3) == 0)
		first += 3 + strspn(first + 3, " \t");
	word = strcspn(first, " \t");
	if (word < 2 || word > 4 || strncmp(first, "show", word) != 0)
		return;
	while (len > 0 && is_blank_char(pipe->command[len - 1]))
		len--;
	if (len < 6 || memcmp(pipe->command + len - 4, "json", 4) != 0 ||
	    !is_blank_char(pipe->command[len - 5]))
		return;
	pipe->command[len - 5] = '\0';
	pipe->form = CLI_FORM_JSON; /* without has_form: pipes may still work on rows */
}

int cli_pipe_parse(const char *line, struct cli_pipe *pipe, size_t *why_off, struct cli_why *why)
{
	size_t off = cli_pipe_find_bar(line);

	memset(pipe, 0, sizeof(*pipe));
	cli_why_say(why, "%s", strerror(ENOMEM));
	*why_off = 0;
	pipe->command = strndup(line, off);
	if (!pipe->command)
		return -ENOMEM;
	json_word_take(pipe);
	while (line[off] == '|') {
		const size_t len = cli_pipe_find_next_bar(line + off + 1);
		char *text = strndup(line + off + 1, len);
		const int rc = text ? stage_parse(pipe, text, why) : -ENOMEM;

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
	for (size_t i = pipe->row_cnt; i < pipe->stage_cnt; i++)
		pipe->stages[i].next = i + 1 < pipe->stage_cnt ? &pipe->stages[i + 1] : sink;
	return pipe->row_cnt < pipe->stage_cnt ? &pipe->stages[pipe->row_cnt] : sink;
}

struct cli_stage *cli_pipe_connect_rows(struct cli_pipe *pipe, struct cli_stage *sink)
{
	for (size_t i = 0; i < pipe->row_cnt; i++) {
		pipe->stages[i].takes_rows = true;
		pipe->stages[i].next = i + 1 < pipe->row_cnt ? &pipe->stages[i + 1] : sink;
	}
	return pipe->row_cnt > 0 ? &pipe->stages[0] : sink;
}

size_t cli_pipe_width(const struct cli_pipe *pipe, size_t cols)
{
	for (size_t i = 0; i < pipe->stage_cnt; i++)
		if (pipe->stages[i].ops->is_for_whole_lines)
			return 0;
	return cols;
}

bool cli_pipe_wants_rows(const struct cli_pipe *pipe)
{
	return pipe->form != CLI_FORM_TABLE || pipe->row_cnt > 0;
}

void cli_pipe_fini(struct cli_pipe *pipe)
{
	for (size_t i = 0; i < pipe->stage_cnt; i++)
		if (pipe->stages[i].ops->fini)
			pipe->stages[i].ops->fini(&pipe->stages[i]);
	free(pipe->command);
	memset(pipe, 0, sizeof(*pipe));
}
