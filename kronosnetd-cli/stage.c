// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The stages a line of output can be piped through. Each is a handful of lines: take a line, pass
 * it on or not, say whether more is wanted. A stage that needs no more (`first 10`) makes the
 * client cancel the command, so that the daemon does not walk 64k peers for ten lines.
 *
 * `include` and `exclude` judge the heading like any line, as router CLIs do; the stages that
 * count lines let the heading pass uncounted. `first` and `last` can count rows as well.
 */
#include "kronosnetd-cli/pipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/regex.h"

/* ---- stages with a regular expression -------------------------------------------------------- */

static int regex_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	char *text;

	if (argc < 1)
		return cli_why_usage(stage, why);
	text = cli_words_join(argc, argv);
	if (!text)
		return -ENOMEM;
	stage->state = cli_regex_new(text, why);
	free(text);
	return stage->state ? 0 : -EINVAL;
}

static void regex_fini(struct cli_stage *stage)
{
	cli_regex_free(stage->state);
}

static bool line_matches(struct cli_stage *stage, const struct cli_line *line)
{
	return cli_regex_fits(stage->state, line->text, stage);
}

static bool include_line(struct cli_stage *stage, const struct cli_line *line)
{
	return line_matches(stage, line) ? cli_stage_pass(stage, line) : !stage->wrong;
}

static bool exclude_line(struct cli_stage *stage, const struct cli_line *line)
{
	if (line_matches(stage, line))
		return true;
	return !stage->wrong && cli_stage_pass(stage, line);
}

static bool begin_line(struct cli_stage *stage, const struct cli_line *line)
{
	if (!stage->flag)
		stage->flag = line_matches(stage, line);
	return stage->flag ? cli_stage_pass(stage, line) : !stage->wrong;
}

static bool until_line(struct cli_stage *stage, const struct cli_line *line)
{
	if (stage->flag)
		return false;
	stage->flag = line_matches(stage, line);
	return !stage->wrong && cli_stage_pass(stage, line) && !stage->flag;
}

/*
 * A section is a line that matches and all that stands deeper below it, with the `exit` that closes
 * it. stage->count: how deep the section's first line stands; stage->flag: inside one.
 */
static bool section_line(struct cli_stage *stage, const struct cli_line *line)
{
	const size_t depth = strspn(line->text, " ");
	bool is_in = false;

	if (stage->flag && depth > (size_t)stage->count)
		is_in = true;
	else if (line_matches(stage, line)) {
		stage->flag = true;
		stage->count = (long)depth;
		return cli_stage_pass(stage, line);
	} else if (stage->flag) {
		is_in = depth == (size_t)stage->count && strcmp(line->text + depth, "exit") == 0;
		stage->flag = false;
	}
	if (stage->wrong)
		return false;
	return is_in ? cli_stage_pass(stage, line) : true;
}

/* ---- count, first, last ---------------------------------------------------------------------- */

static int count_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	(void)argv;
	return argc == 0 ? 0 : cli_why_usage(stage, why);
}

static bool count_line(struct cli_stage *stage, const struct cli_line *line)
{
	stage->count += !line->heading;
	return true;
}

static int count_end(struct cli_stage *stage)
{
	char text[32];
	const struct cli_line line = {.text = text};

	snprintf(text, sizeof(text), "%ld", stage->count);
	cli_stage_pass(stage, &line);
	return 0;
}

static int number_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	char *end;

	if (argc != 1)
		return cli_why_usage(stage, why);
	errno = 0;
	stage->count = strtol(argv[0], &end, 10);
	if (errno || *end || end == argv[0] || stage->count < 1 || stage->count > 1000000)
		return cli_why_usage(stage, why);
	return 0;
}

static bool first_line(struct cli_stage *stage, const struct cli_line *line)
{
	if (line->heading)
		return cli_stage_pass(stage, line);
	if (stage->count == 0)
		return false;
	stage->count--;
	return cli_stage_pass(stage, line) && stage->count > 0;
}

static bool first_row(struct cli_stage *stage, json_t *row)
{
	if (stage->count == 0)
		return false;
	stage->count--;
	return cli_stage_pass_row(stage, row) && stage->count > 0;
}

/* The last lines or rows, as a ring. */
struct last_ring {
	size_t next;
	size_t used;
	struct {
		char *line;
		json_t *row;
	} kept[];
};

static int last_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	const int rc = number_parse(stage, argc, argv, why);
	struct last_ring *ring;

	if (rc < 0)
		return rc;
	ring = calloc(1, sizeof(*ring) + (size_t)stage->count * sizeof(ring->kept[0]));
	stage->state = ring;
	return ring ? 0 : -ENOMEM;
}

static void last_keep(struct cli_stage *stage, char *line, json_t *row)
{
	struct last_ring *ring = stage->state;

	free(ring->kept[ring->next].line);
	json_decref(ring->kept[ring->next].row);
	ring->kept[ring->next].line = line;
	ring->kept[ring->next].row = row;
	ring->next = (ring->next + 1) % (size_t)stage->count;
	if (ring->used < (size_t)stage->count)
		ring->used++;
}

static bool last_line(struct cli_stage *stage, const struct cli_line *line)
{
	if (line->heading)
		return cli_stage_pass(stage, line);
	last_keep(stage, strdup(line->text), NULL);
	return true;
}

static bool last_row(struct cli_stage *stage, json_t *row)
{
	last_keep(stage, NULL, json_incref(row));
	return true;
}

static bool last_pass(struct cli_stage *stage, size_t i)
{
	const struct last_ring *ring = stage->state;
	const struct cli_line line = {.text = ring->kept[i].line ? ring->kept[i].line : ""};

	if (ring->kept[i].row)
		return cli_stage_pass_row(stage, ring->kept[i].row);
	return cli_stage_pass(stage, &line);
}

static int last_end(struct cli_stage *stage)
{
	const struct last_ring *ring = stage->state;
	const size_t size = (size_t)stage->count;

	for (size_t i = 0; i < ring->used; i++)
		if (!last_pass(stage, (ring->next + size - ring->used + i) % size))
			break;
	return 0;
}

static void last_fini(struct cli_stage *stage)
{
	struct last_ring *ring = stage->state;

	for (size_t i = 0; i < ring->used; i++) {
		free(ring->kept[i].line);
		json_decref(ring->kept[i].row);
	}
	free(ring);
}

/* ---- the table ------------------------------------------------------------------------------- */

const struct cli_stage_ops cli_stage_include = {
	.name = "include",
	.usage = "include REGEX",
	.help = "Lines that match",
	.parse = regex_parse,
	.line = include_line,
	.fini = regex_fini,
	.is_for_whole_lines = true,
};

const struct cli_stage_ops cli_stage_exclude = {
	.name = "exclude",
	.usage = "exclude REGEX",
	.help = "Lines that do not match",
	.parse = regex_parse,
	.line = exclude_line,
	.fini = regex_fini,
	.is_for_whole_lines = true,
};

const struct cli_stage_ops cli_stage_begin = {
	.name = "begin",
	.usage = "begin REGEX",
	.help = "From the first line that matches",
	.parse = regex_parse,
	.line = begin_line,
	.fini = regex_fini,
	.is_for_whole_lines = true,
};

const struct cli_stage_ops cli_stage_until = {
	.name = "until",
	.usage = "until REGEX",
	.help = "To the first line that matches",
	.parse = regex_parse,
	.line = until_line,
	.fini = regex_fini,
	.is_for_whole_lines = true,
};

const struct cli_stage_ops cli_stage_section = {
	.name = "section",
	.usage = "section REGEX",
	.help = "Lines that match, with what is indented below them",
	.parse = regex_parse,
	.line = section_line,
	.fini = regex_fini,
	.is_for_whole_lines = true,
};

const struct cli_stage_ops cli_stage_count = {
	.name = "count",
	.usage = "count",
	.help = "The number of lines, without headings",
	.parse = count_parse,
	.line = count_line,
	.end = count_end,
};

const struct cli_stage_ops cli_stage_first = {
	.name = "first",
	.usage = "first <1-1000000>",
	.help = "The first lines or rows",
	.parse = number_parse,
	.line = first_line,
	.row = first_row,
};

const struct cli_stage_ops cli_stage_last = {
	.name = "last",
	.usage = "last <1-1000000>",
	.help = "The last lines or rows",
	.parse = last_parse,
	.line = last_line,
	.row = last_row,
	.end = last_end,
	.fini = last_fini,
};
