// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The stages a line of output can be piped through. Each is a handful of lines: take a line, pass
 * it on or not, say whether more is wanted. A stage that needs no more (`first 10`) makes the
 * client cancel the command, so that the daemon does not walk 64k peers for ten lines.
 *
 * `include` and `exclude` judge the heading like any line, as router CLIs do; the stages that
 * count lines let the heading pass uncounted.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/pipe.h"

static int usage_error(const struct cli_stage *stage, char *why, size_t why_size)
{
	snprintf(why, why_size, "usage: %s", stage->ops->usage);
	return -EINVAL;
}

/* --- include, exclude, begin ------------------------------------------------------------------ */

static int regex_parse(struct cli_stage *stage, int argc, char **argv, char *why, size_t why_size)
{
	regex_t *re;
	int rc;

	if (argc != 1)
		return usage_error(stage, why, why_size);
	re = malloc(sizeof(*re));
	if (!re)
		return -ENOMEM;
	rc = regcomp(re, argv[0], REG_EXTENDED | REG_NOSUB);
	if (rc != 0) {
		regerror(rc, re, why, why_size);
		free(re);
		return -EINVAL;
	}
	stage->state = re;
	return 0;
}

static void regex_fini(struct cli_stage *stage)
{
	regfree(stage->state);
	free(stage->state);
}

static bool line_matches(const struct cli_stage *stage, const struct cli_line *line)
{
	return regexec(stage->state, line->text, 0, NULL, 0) == 0;
}

static bool include_line(struct cli_stage *stage, const struct cli_line *line)
{
	return line_matches(stage, line) ? cli_stage_pass(stage, line) : true;
}

static bool exclude_line(struct cli_stage *stage, const struct cli_line *line)
{
	return line_matches(stage, line) ? true : cli_stage_pass(stage, line);
}

static bool begin_line(struct cli_stage *stage, const struct cli_line *line)
{
	if (!stage->flag)
		stage->flag = line_matches(stage, line);
	return stage->flag ? cli_stage_pass(stage, line) : true;
}

/* --- count, first, last ----------------------------------------------------------------------- */

static int count_parse(struct cli_stage *stage, int argc, char **argv, char *why, size_t why_size)
{
	(void)argv;
	return argc == 0 ? 0 : usage_error(stage, why, why_size);
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

static int number_parse(struct cli_stage *stage, int argc, char **argv, char *why, size_t why_size)
{
	char *end;

	if (argc != 1)
		return usage_error(stage, why, why_size);
	errno = 0;
	stage->count = strtol(argv[0], &end, 10);
	if (errno || *end || end == argv[0] || stage->count < 1 || stage->count > 1000000)
		return usage_error(stage, why, why_size);
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

/* The last lines, as a ring. */
struct last_ring {
	size_t next;
	size_t used;
	char *lines[];
};

static int last_parse(struct cli_stage *stage, int argc, char **argv, char *why, size_t why_size)
{
	const int rc = number_parse(stage, argc, argv, why, why_size);
	struct last_ring *ring;

	if (rc < 0)
		return rc;
	ring = calloc(1, sizeof(*ring) + (size_t)stage->count * sizeof(ring->lines[0]));
	stage->state = ring;
	return ring ? 0 : -ENOMEM;
}

static bool last_line(struct cli_stage *stage, const struct cli_line *line)
{
	struct last_ring *ring = stage->state;

	if (line->heading)
		return cli_stage_pass(stage, line);
	free(ring->lines[ring->next]);
	ring->lines[ring->next] = strdup(line->text);
	ring->next = (ring->next + 1) % (size_t)stage->count;
	if (ring->used < (size_t)stage->count)
		ring->used++;
	return true;
}

static int last_end(struct cli_stage *stage)
{
	const struct last_ring *ring = stage->state;
	const size_t size = (size_t)stage->count;

	for (size_t i = 0; i < ring->used; i++) {
		const char *text = ring->lines[(ring->next + size - ring->used + i) % size];
		const struct cli_line line = {.text = text ? text : ""};

		if (!cli_stage_pass(stage, &line))
			break;
	}
	return 0;
}

static void last_fini(struct cli_stage *stage)
{
	struct last_ring *ring = stage->state;

	for (size_t i = 0; i < ring->used; i++)
		free(ring->lines[i]);
	free(ring);
}

/* --- save ------------------------------------------------------------------------------------- */

static int save_parse(struct cli_stage *stage, int argc, char **argv, char *why, size_t why_size)
{
	const bool append = argc == 2 && strcmp(argv[1], "append") == 0;

	if (argc != 1 && !append)
		return usage_error(stage, why, why_size);
	stage->state = fopen(argv[0], append ? "ae" : "we");
	if (stage->state)
		return 0;
	snprintf(why, why_size, "%s: %s", argv[0], strerror(errno));
	return -EINVAL;
}

static bool save_line(struct cli_stage *stage, const struct cli_line *line)
{
	return fprintf(stage->state, "%s\n", line->text) >= 0;
}

static int save_end(struct cli_stage *stage)
{
	if (fflush(stage->state) != 0)
		return -errno;
	return ferror((FILE *)stage->state) ? -EIO : 0;
}

static void save_fini(struct cli_stage *stage)
{
	fclose(stage->state);
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct cli_stage_ops include_ops = {
	.name = "include",
	.usage = "include REGEX",
	.help = "Lines that match",
	.parse = regex_parse,
	.line = include_line,
	.fini = regex_fini,
};

static const struct cli_stage_ops exclude_ops = {
	.name = "exclude",
	.usage = "exclude REGEX",
	.help = "Lines that do not match",
	.parse = regex_parse,
	.line = exclude_line,
	.fini = regex_fini,
};

static const struct cli_stage_ops begin_ops = {
	.name = "begin",
	.usage = "begin REGEX",
	.help = "From the first line that matches",
	.parse = regex_parse,
	.line = begin_line,
	.fini = regex_fini,
};

static const struct cli_stage_ops count_ops = {
	.name = "count",
	.usage = "count",
	.help = "The number of lines, without headings",
	.parse = count_parse,
	.line = count_line,
	.end = count_end,
};

static const struct cli_stage_ops first_ops = {
	.name = "first",
	.usage = "first <1-1000000>",
	.help = "The first lines",
	.parse = number_parse,
	.line = first_line,
};

static const struct cli_stage_ops last_ops = {
	.name = "last",
	.usage = "last <1-1000000>",
	.help = "The last lines",
	.parse = last_parse,
	.line = last_line,
	.end = last_end,
	.fini = last_fini,
};

static const struct cli_stage_ops save_ops = {
	.name = "save",
	.usage = "save FILE [append]",
	.help = "Into a file instead of the screen",
	.parse = save_parse,
	.line = save_line,
	.end = save_end,
	.fini = save_fini,
};

const struct cli_stage_ops *const cli_stage_table[] = {
	&include_ops, &exclude_ops, &begin_ops, &count_ops, &first_ops, &last_ops, &save_ops,
};
const size_t cli_stage_table_len = sizeof(cli_stage_table) / sizeof(cli_stage_table[0]);
