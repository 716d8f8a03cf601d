// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Asking the daemon: a line is split from its pipes, sent, and its answer drawn through them as it
 * arrives. A command that the daemon hands back is run here.
 */
#include "kronosnetd-cli/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kronosnetd-cli/recall.h"
#include "kronosnetd-cli/sink.h"
#include "kronosnetd-cli/watch.h"

int cli_connect(struct cli *cli)
{
	const struct cli_place place = {.json = cli->opt.json};
	const int rc = cli_conn_open(&cli->conn);

	switch (rc) {
	case 0:
		return CLI_EXIT_OK;
	case -EACCES:
	case -EPERM:
		cli_error_say(&place, KCP_PERMISSION, "Permission denied by knetd at %s",
			      cli->conn.path);
		return CLI_EXIT_PERMISSION;
	case -EPROTO:
		cli_error_say(&place, KCP_PROTOCOL, "knetd at %s speaks another protocol version",
			      cli->conn.path);
		return CLI_EXIT_CONNECT;
	case -ETIMEDOUT:
		cli_error_say(&place, KCP_FAILED, "knetd at %s does not answer", cli->conn.path);
		return CLI_EXIT_TIMEOUT;
	case -EINTR:
		return CLI_EXIT_INTERRUPTED;
	default:
		cli_error_say(&place, KCP_FAILED, "Cannot connect to knetd at %s: %s",
			      cli->conn.path, strerror(-rc));
		return CLI_EXIT_CONNECT;
	}
}

static int line_send(struct cli_answer *ans, const char *command, uint16_t flags, int64_t deadline)
{
	struct kcp_buf buf = cli_conn_buf(&ans->cli->conn);
	int len = -EMSGSIZE;

	if (strlen(command) <= KCP_LINE_MAX)
		len = kcp_pack_exec(&buf, ans->req, flags, command);
	return cli_conn_send(&ans->cli->conn, len, deadline);
}

/* Sends the command and draws its answer. Returns an exit code. */
static int answer_draw(struct cli_answer *ans, struct cli_pipe *pipe, struct cli_stage *first,
		       const struct cli_canvas *canvas)
{
	struct cli *cli = ans->cli;
	const int64_t deadline = cli_conn_deadline(&cli->conn);
	uint16_t flags = cli->opt.strict ? KCP_F_STRICT : 0;
	struct cli_view view;
	int code, rc;

	if (cli->opt.json && pipe->form == CLI_FORM_TABLE)
		pipe->form = CLI_FORM_JSON;
	if (cli_pipe_wants_rows(pipe))
		flags |= KCP_F_ROWS;
	cli_view_init(&view, pipe, first, canvas->width,
		      canvas->color && pipe->stage_cnt == pipe->row_cnt);
	ans->view = &view;
	rc = line_send(ans, pipe->command, flags, deadline);
	code = rc < 0 ? cli_answer_unsent(ans, rc) : cli_answer_read(ans, deadline);
	/* What is handed back to be run here has an output of its own. */
	if (!ans->local.name)
		cli_view_end(&view, ans->done.generation, code == CLI_EXIT_OK);
	ans->view = NULL;
	cli_view_fini(&view);
	return code;
}

int cli_ask_end(const struct cli_place *place, const struct cli_pipe *pipe, struct cli_stage *first,
		int code)
{
	struct cli_why why;

	if (cli_pipe_end(pipe, first, &why) == 0)
		return code;
	cli_error_say(place, KCP_FAILED, "%s", why.text);
	return code == CLI_EXIT_OK ? CLI_EXIT_FAILED : code;
}

int cli_ask_pipe(struct cli *cli, const struct cli_place *place, struct cli_pipe *pipe,
		 const struct cli_canvas *canvas, struct cli_local *local)
{
	struct cli_stage *first = cli_pipe_connect(pipe, canvas->sink);
	struct cli_answer ans = {.cli = cli, .place = place, .line = canvas->line};
	int code = cli_connect(cli);

	if (code != CLI_EXIT_OK)
		return code;
	ans.req = cli_conn_next_req(&cli->conn);
	code = answer_draw(&ans, pipe, first, canvas);
	/* What is handed back to be run here goes through stages of its own. */
	if (!ans.local.name)
		code = cli_ask_end(place, pipe, first, code);
	if (local)
		*local = ans.local;
	else
		cli_local_fini(&ans.local);
	return code;
}

/* What commands print above their output if `terminal timestamps` is on. */
static void timestamp_print(const struct cli *cli)
{
	char text[40];
	struct tm tm;
	time_t now = time(NULL);

	if (!cli->interactive || !cli->term.timestamps || !localtime_r(&now, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &tm);
	printf("! %s\n", text);
}

/* Runs a parsed line on the terminal. */
static int line_run(struct cli *cli, const struct cli_place *place, const char *line,
		    struct cli_pipe *pipe)
{
	struct cli_local local = {0};
	struct cli_recall recall;
	struct cli_sink sink;
	int code;

	if (pipe->refresh_s > 0)
		return cli_watch_run(cli, place, line, pipe->refresh_s);
	cli_sink_init(&sink, cli, pipe->paging);
	cli_recall_begin(&recall, cli, line, pipe, &sink.stage);
	timestamp_print(cli);
	code = cli_ask_pipe(
		cli, place, pipe,
		&(struct cli_canvas){.line = line,
				     .sink = &recall.stage,
				     .width = cli_pipe_width(pipe, cli_terminal_cols(cli)),
				     .color = cli->opt.color},
		&local);
	cli_recall_end(&recall, code == CLI_EXIT_OK);
	if (code == CLI_EXIT_OK && local.name)
		code = cli_local_run(cli, place, line, &local);
	cli_local_fini(&local);
	return code;
}

int cli_parse_line(const struct cli_place *place, const char *line, struct cli_pipe *pipe)
{
	struct kcp_error err = {.code = KCP_SYNTAX};
	struct cli_why why;
	size_t off;
	const int rc = cli_pipe_parse(line, pipe, &off, &why);

	if (rc == 0)
		return CLI_EXIT_OK;
	/* Read, but it could not be done. */
	if (rc == -EIO)
		err.code = KCP_FAILED;
	err.tok_off = (uint16_t)off;
	err.message = why.text;
	cli_error_show(place, line, &err);
	return rc == -EIO ? CLI_EXIT_FAILED : CLI_EXIT_SYNTAX;
}

int cli_ask_line(struct cli *cli, const struct cli_place *place, const char *line)
{
	struct cli_pipe pipe;
	int code = cli_parse_line(place, line, &pipe);

	if (code != CLI_EXIT_OK)
		return code;
	code = line_run(cli, place, line, &pipe);
	cli_pipe_fini(&pipe);
	return code;
}
