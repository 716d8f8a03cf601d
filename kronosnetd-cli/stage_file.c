// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Stages that write files: `save` instead of the screen, `tee` besides it. The file is opened
 * before the command is sent, so that a wrong name is an error and not the end of a long output.
 */
#include "kronosnetd-cli/pipe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int file_open(struct cli_stage *stage, const char *path, const char *mode,
		     struct cli_why *why)
{
	stage->state = fopen(path, mode);
	if (stage->state)
		return 0;
	(void)cli_why_say(why, "%.256s: %s", path, strerror(errno));
	return -EIO;
}

static int save_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	const bool append = argc == 2 && strcmp(argv[1], "append") == 0;

	if (argc != 1 && !append)
		return cli_why_usage(stage, why);
	return file_open(stage, argv[0], append ? "ae" : "we", why);
}

static bool save_line(struct cli_stage *stage, const struct cli_line *line)
{
	return fprintf(stage->state, "%s\n", line->text) >= 0;
}

static int tee_parse(struct cli_stage *stage, int argc, char **argv, struct cli_why *why)
{
	return argc == 1 ? file_open(stage, argv[0], "we", why) : cli_why_usage(stage, why);
}

static bool tee_line(struct cli_stage *stage, const struct cli_line *line)
{
	return save_line(stage, line) && cli_stage_pass(stage, line);
}

static int file_end(struct cli_stage *stage)
{
	if (fflush(stage->state) != 0)
		return -errno;
	return ferror((FILE *)stage->state) ? -EIO : 0;
}

static void file_fini(struct cli_stage *stage)
{
	fclose(stage->state);
}

const struct cli_stage_ops cli_stage_save = {
	.name = "save",
	.usage = "save FILE [append]",
	.help = "Into a file instead of the screen",
	.parse = save_parse,
	.line = save_line,
	.end = file_end,
	.fini = file_fini,
	.is_for_whole_lines = true,
};

const struct cli_stage_ops cli_stage_tee = {
	.name = "tee",
	.usage = "tee FILE",
	.help = "Into a file and onto the screen",
	.parse = tee_parse,
	.line = tee_line,
	.end = file_end,
	.fini = file_fini,
	.is_for_whole_lines = true,
};
