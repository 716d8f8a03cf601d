// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `capture`: the daemon gives the bytes of a pcapng file; which file, and with whose rights, is the
 * client's affair. They go where `| save` says, or to the standard output if nobody reads that on a
 * screen. ^C ends the capture, and the file is whole.
 */
#include "kronosnetd-cli/capture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kronosnetd-cli/answer.h"
#include "kronosnetd-cli/filter.h"

static int refuse(const struct cli_place *place, const char *why)
{
	cli_error_say(place, KCP_SYNTAX, "%s", why);
	return CLI_EXIT_SYNTAX;
}

/* Where the file goes. Returns an exit code. */
static int file_find(const struct cli_place *place, struct cli_pipe *pipe, struct cli_file *file)
{
	if (pipe->stage_cnt == 1 && pipe->stages[0].ops == &cli_stage_save) {
		file->fd = fileno(pipe->stages[0].state);
		return CLI_EXIT_OK;
	}
	if (pipe->stage_cnt > 0 || pipe->has_form)
		return refuse(place, "A capture goes into a file: it takes no pipe but "
				     "`| save FILE [append]`");
	if (isatty(STDOUT_FILENO))
		return refuse(place, "A capture is nothing for a screen: end the line with "
				     "`| save FILE`, or redirect the standard output");
	fflush(stdout);
	file->fd = STDOUT_FILENO;
	return CLI_EXIT_OK;
}

static int filter_make(const struct cli_place *place, const struct cli_local *local,
		       struct cli_filter *filter)
{
	const char *text = cli_local_text(local, "filter");
	struct cli_why why;

	filter->wants_frames = !cli_local_text(local, "outer");
	filter->wants_datagrams = !cli_local_text(local, "inner");
	if (!text || cli_filter_compile(filter, text, &why) == 0)
		return CLI_EXIT_OK;
	return refuse(place, why.text);
}

static int bytes_ask(struct cli_answer *ans, const char *command, const struct cli_filter *filter)
{
	struct cli_conn *conn = &ans->cli->conn;
	const int64_t deadline = cli_conn_deadline(conn);
	struct kcp_buf buf = cli_conn_buf(conn);
	int rc;

	ans->req = cli_conn_next_req(conn);
	kcp_exec_begin(&buf, ans->req,
		       (uint16_t)(KCP_F_BYTES | (ans->cli->opt.strict ? KCP_F_STRICT : 0)),
		       command);
	kcp_put_filter(&buf, filter->frames.insns, filter->frames.cnt);
	kcp_put_filter(&buf, filter->datagrams.insns, filter->datagrams.cnt);
	rc = cli_conn_send(conn, kcp_frame_end(&buf), deadline);
	return rc < 0 ? cli_answer_unsent(ans, rc) : cli_answer_read(ans, deadline);
}

int cli_capture_run(struct cli *cli, const struct cli_place *place, const char *line,
		    const struct cli_local *local)
{
	static struct cli_filter filter; /* too large for the stack */
	struct cli_file file = {.fd = -1};
	struct cli_answer ans = {.cli = cli, .place = place, .line = line, .file = &file};
	struct cli_pipe pipe;
	int code = cli_parse_line(place, line, &pipe);

	if (code != CLI_EXIT_OK)
		return code;
	memset(&filter, 0, sizeof(filter));
	code = file_find(place, &pipe, &file);
	if (code == CLI_EXIT_OK)
		code = filter_make(place, local, &filter);
	if (code == CLI_EXIT_OK)
		code = bytes_ask(&ans, pipe.command, &filter);
	if (file.error) {
		cli_error_say(place, KCP_FAILED, "cannot write: %s", strerror(file.error));
		code = CLI_EXIT_FAILED;
	}
	cli_local_fini(&ans.local);
	cli_pipe_fini(&pipe);
	return code;
}
