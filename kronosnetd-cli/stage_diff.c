// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The stage `diff`: what has changed since the same line was last shown, or against a file. It
 * takes all lines before it has an answer. Headings are compared like any line.
 */
#include "kronosnetd-cli/diff.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct diff_state {
	struct cli_lines before, now;
	bool has_before;
};

/* Reads a file to compare with. Returns 0 or -errno. */
static int file_read(struct cli_lines *lines, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int rc = 0;

	if (!f)
		return -errno;
	while (rc == 0 && (len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		rc = cli_lines_add(lines, line);
	}
	if (rc == 0 && ferror(f))
		rc = -EIO;
	free(line);
	fclose(f);
	return rc;
}

static void diff_fini(struct cli_stage *stage)
{
	struct diff_state *state = stage->state;

	cli_lines_fini(&state->before);
	cli_lines_fini(&state->now);
	free(state);
}

static int diff_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	struct diff_state *state;
	int rc;

	if (argc > 1)
		return cli_why_usage(stage, why);
	state = calloc(1, sizeof(*state));
	stage->state = state;
	if (!state)
		return -ENOMEM;
	stage->flag = argc == 0 || strcmp(argv[0], "LAST") == 0 || strcmp(argv[0], "last") == 0;
	if (stage->flag)
		return 0;
	rc = file_read(&state->before, argv[0]);
	state->has_before = rc == 0;
	if (rc == 0)
		return 0;
	diff_fini(stage);
	return cli_why_say(why, "%.256s: %s", argv[0], strerror(-rc));
}

static bool diff_line(struct cli_stage *stage, const struct cli_line *line)
{
	struct diff_state *state = stage->state;

	return cli_lines_add(&state->now, line->text) == 0;
}

static bool diff_emit(void *arg, const char *text)
{
	const struct cli_line line = {.text = text};

	return cli_stage_pass(arg, &line);
}

static int diff_end(struct cli_stage *stage)
{
	const struct diff_state *state = stage->state;

	if (state->has_before)
		return cli_diff(&state->before, &state->now, diff_emit, stage);
	diff_emit(stage, "(nothing to compare with yet: this is kept for the next time)");
	return 0;
}

bool cli_stage_diff_is_last(const struct cli_stage *stage)
{
	return stage->flag;
}

void cli_stage_diff_old(struct cli_stage *stage, const char *text)
{
	struct diff_state *state = stage->state;

	state->has_before = text && cli_lines_split(&state->before, text) == 0;
}

const struct cli_lines *cli_stage_diff_new(const struct cli_stage *stage)
{
	const struct diff_state *state = stage->state;

	return &state->now;
}

const struct cli_stage_ops cli_stage_diff = {
	.name = "diff",
	.usage = "diff [LAST|FILE]",
	.help = "What has changed since the last time, or against a file",
	.parse = diff_parse,
	.line = diff_line,
	.end = diff_end,
	.fini = diff_fini,
	.is_for_whole_lines = true,
};
