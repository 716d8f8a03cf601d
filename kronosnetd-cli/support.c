// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show tech-support`: command by command, all that somebody who helps needs to see. What they say
 * goes through the pipes of the one line, as if one command had said it: `| save` makes one file,
 * `| count` one number. A file is the user's: it is written here and with the user's rights.
 */
#include "kronosnetd-cli/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/sink.h"

/* The end of each command's stages: hands lines to those of the line, which go on behind it. */
struct through {
	struct cli_stage stage;
	struct cli_stage *first;
	bool is_over; /* no more lines are wanted */
};

static bool through_line(struct cli_stage *stage, const struct cli_line *line)
{
	struct through *through = stage->state;

	if (!through->is_over)
		through->is_over = !through->first->ops->line(through->first, line);
	return !through->is_over;
}

static const struct cli_stage_ops through_ops = {.name = "through", .line = through_line};

static void heading_give(struct through *through, const char *command)
{
	char text[128];

	snprintf(text, sizeof(text), "---------------- %.64s ----------------", command);
	through_line(&through->stage, &(struct cli_line){.text = ""});
	through_line(&through->stage, &(struct cli_line){.text = text});
	through_line(&through->stage, &(struct cli_line){.text = ""});
}

/* One command; that it fails is told, and does not end the others. An exit code. */
static int command_run(struct cli *cli, const struct cli_place *place, const char *command,
		       const struct cli_pipe *pipe, struct through *through)
{
	const struct cli_canvas canvas = {.line = command,
					  .sink = &through->stage,
					  .width = cli_pipe_width(pipe, cli_terminal_cols(cli)),
					  .color = cli->opt.color && pipe->stage_cnt == 0};
	struct cli_pipe own;
	int code = cli_parse_line(place, command, &own);

	if (code != CLI_EXIT_OK)
		return code;
	own.form = pipe->form;
	if (own.form == CLI_FORM_TABLE && !cli->opt.json)
		heading_give(through, command);
	code = cli_ask_pipe(cli, place, &own, &canvas, NULL);
	cli_pipe_fini(&own);
	return code;
}

static int commands_run(struct cli *cli, const struct cli_place *place,
			const struct cli_local *local, const struct cli_pipe *pipe,
			struct cli_stage *first)
{
	struct through through = {.first = first};
	int code = CLI_EXIT_OK;

	through.stage = (struct cli_stage){.ops = &through_ops, .state = &through};
	for (uint16_t i = 0; i < local->msg.cnt && !through.is_over; i++) {
		if (strcmp(local->msg.arg[i].name, "command") != 0)
			continue;
		code = command_run(cli, place, local->msg.arg[i].text, pipe, &through);
		if (code == CLI_EXIT_CONNECT || code == CLI_EXIT_INTERRUPTED)
			return code;
	}
	return CLI_EXIT_OK;
}

/* Runs the commands through a parsed line's stages. */
static int pipe_run(struct cli *cli, const struct cli_place *place, const struct cli_local *local,
		    struct cli_pipe *pipe)
{
	struct cli_stage *first;
	struct cli_sink sink;

	cli_sink_init(&sink, cli, pipe->paging);
	first = cli_pipe_connect(pipe, &sink.stage);
	return cli_ask_end(place, pipe, first, commands_run(cli, place, local, pipe, first));
}

/* The line with a stage that writes the file it names. Owned; NULL if it cannot be. */
static char *line_make(const char *line, const char *path)
{
	char *made;

	if (!path)
		return strdup(line);
	if (strpbrk(path, "\"\\")) /* it is put between quotes */
		return NULL;
	return asprintf(&made, "%s | save \"%s\"", line, path) < 0 ? NULL : made;
}

int cli_support_run(struct cli *cli, const struct cli_place *place, const char *line,
		    const struct cli_local *local)
{
	const char *path = cli_local_text(local, "path");
	char *whole = line_make(line, path);
	struct cli_pipe pipe;
	int code;

	if (!whole) {
		cli_error_say(place, KCP_FAILED, "%s: no such name for a file", path ? path : "");
		return CLI_EXIT_FAILED;
	}
	code = cli_parse_line(place, whole, &pipe);
	free(whole);
	if (code != CLI_EXIT_OK)
		return code;
	if (pipe.row_cnt > 0) {
		cli_error_say(place, KCP_SYNTAX, "'%s' works on rows, and this is a text",
			      pipe.stages[0].ops->name);
		code = CLI_EXIT_SYNTAX;
	} else {
		code = pipe_run(cli, place, local, &pipe);
	}
	cli_pipe_fini(&pipe);
	if (path && code == CLI_EXIT_OK)
		fprintf(stderr, "Written to %s\n", path);
	return code;
}
