// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Asking the daemon. A line is split from its pipes, sent, and its answer drawn through them as it
 * arrives; a block of lines is sent as one transaction.
 *
 * Both end with the daemon's DONE. The ways a request ends early: ^C sends CANCEL and waits a
 * moment for DONE, so that the connection can go on (a second ^C does not wait and closes it); a
 * stage that wants no more sends CANCEL, too, and counts as success; a timeout closes the
 * connection, because what the daemon still sends would belong to nobody.
 */
#include "kronosnetd-cli/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kronosnetd-cli/pipe.h"
#include "kronosnetd-cli/sink.h"
#include "kronosnetd-cli/view.h"

struct answer {
	struct cli *cli;
	const struct cli_place *place;
	const char *line;              /* what an error is about, or NULL */
	const struct cli_block *block; /* of a batch: an error names its line */
	struct cli_view *view;         /* NULL: no output expected */
	uint32_t req;
	bool enough;   /* a stage wants no more */
	bool stopping; /* ^C was pressed */
	uint32_t status;
	struct kcp_done done;
};

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

static void cancel_send(struct answer *ans)
{
	struct kcp_buf buf = cli_conn_buf(&ans->cli->conn);
	const int len = kcp_pack_plain(&buf, KCP_CANCEL, 0, ans->req);

	/* If the daemon is gone the next receive finds out. */
	(void)!cli_conn_send(&ans->cli->conn, len, cli_conn_deadline(&ans->cli->conn));
}

static void error_take(struct answer *ans, const struct kcp_frame *frame)
{
	struct cli_place place = *ans->place;
	const char *text = ans->line;
	struct kcp_error err;

	if (kcp_unpack_error(frame, &err) < 0)
		return;
	if (ans->block && err.line >= place.line && err.line - place.line < ans->block->cnt)
		text = ans->block->text[err.line - place.line];
	if (ans->block) {
		place.line = err.line; /* 0: about the transaction as a whole */
		if (!place.file)
			place.file = "paste";
	}
	cli_error_show(&place, text, &err);
}

/* Hands a frame of output to the view. */
static void output_take(struct answer *ans, const struct kcp_frame *frame)
{
	int rc = 1;

	if (!ans->view || ans->enough || ans->stopping)
		return;
	if (frame->type == KCP_SCHEMA)
		rc = cli_view_schema(ans->view, frame) < 0 ? -EPROTO : 1;
	else if (frame->type == KCP_ROWS)
		rc = cli_view_rows(ans->view, frame);
	else
		rc = cli_view_text(ans->view, frame);
	if (rc == 1)
		return;
	if (rc < 0)
		cli_error_say(ans->place, KCP_FAILED, "unreadable answer: %s", strerror(-rc));
	ans->enough = true;
	cancel_send(ans);
}

/* Looks at one frame. Returns true when the request is done. */
static bool frame_take(struct answer *ans, const struct kcp_frame *frame)
{
	const char *text;

	if (frame->type == KCP_NOTICE && kcp_unpack_notice(frame, &text) == 0 &&
	    ans->cli->interactive)
		fprintf(stderr, "%% %s\n", text);
	if (frame->req != ans->req)
		return false;
	switch (frame->type) {
	case KCP_SCHEMA:
	case KCP_ROWS:
	case KCP_TEXT:
		output_take(ans, frame);
		return false;
	case KCP_ERR:
		error_take(ans, frame);
		return false;
	case KCP_DONE:
		ans->status = frame->status;
		return kcp_unpack_done(frame, &ans->done) == 0;
	default:
		return false;
	}
}

static int interrupt_take(struct answer *ans)
{
	const bool again = ans->stopping;

	cli_interrupted = 0;
	ans->stopping = true;
	if (!again) {
		cancel_send(ans);
		return -1;
	}
	cli_conn_close(&ans->cli->conn);
	return CLI_EXIT_INTERRUPTED;
}

/* Explains why a request could not be finished. Returns the exit code. */
static int broken_explain(const struct answer *ans, int rc)
{
	if (rc == -ETIMEDOUT) {
		cli_conn_close(&ans->cli->conn);
		cli_error_say(ans->place, KCP_FAILED, "No answer within %ld s",
			      ans->cli->opt.timeout_s);
		return CLI_EXIT_TIMEOUT;
	}
	cli_error_say(ans->place, KCP_FAILED, "Connection to knetd lost");
	return CLI_EXIT_CONNECT;
}

/* Reads frames until DONE. Returns an exit code. */
static int answer_read(struct answer *ans, int64_t deadline)
{
	struct kcp_frame frame;

	for (;;) {
		int rc = cli_conn_recv(&ans->cli->conn, deadline, &frame);

		if (rc == -EINTR) {
			rc = interrupt_take(ans);
			if (rc >= 0)
				return rc;
			continue;
		}
		if (rc < 0)
			return broken_explain(ans, rc);
		if (!frame_take(ans, &frame))
			continue;
		if (ans->stopping)
			return CLI_EXIT_INTERRUPTED;
		return ans->enough ? CLI_EXIT_OK : kcp_exit_code(ans->status);
	}
}

static int send_failed(struct answer *ans, int rc)
{
	if (rc == -EMSGSIZE) {
		cli_error_say(ans->place, KCP_SYNTAX, "a line has at most %d bytes", KCP_LINE_MAX);
		return CLI_EXIT_SYNTAX;
	}
	if (rc == -EINTR)
		return CLI_EXIT_INTERRUPTED;
	cli_conn_close(&ans->cli->conn);
	return broken_explain(ans, rc);
}

static int line_send(struct answer *ans, const char *command, uint16_t flags, int64_t deadline)
{
	struct kcp_buf buf = cli_conn_buf(&ans->cli->conn);
	int len = -EMSGSIZE;

	if (strlen(command) <= KCP_LINE_MAX)
		len = kcp_pack_exec(&buf, ans->req, flags, command);
	return cli_conn_send(&ans->cli->conn, len, deadline);
}

/* Runs a command whose pipes are parsed. */
static int pipe_run(struct answer *ans, struct cli_pipe *pipe)
{
	struct cli *cli = ans->cli;
	const int64_t deadline = cli_conn_deadline(&cli->conn);
	uint16_t flags = cli->opt.strict ? KCP_F_STRICT : 0;
	struct cli_stage *first;
	struct cli_sink sink;
	struct cli_view view;
	int code, rc;

	if (cli->opt.json && pipe->json == CLI_JSON_NO)
		pipe->json = CLI_JSON_ARRAY;
	if (pipe->json != CLI_JSON_NO)
		flags |= KCP_F_ROWS;
	cli_sink_init(&sink, cli->interactive && !cli->opt.no_pager && !pipe->no_more);
	first = cli_pipe_connect(pipe, &sink.stage);
	cli_view_init(&view, first, pipe->json, cli_terminal_cols(),
		      cli->opt.color && pipe->stage_cnt == 0);
	ans->view = &view;
	rc = line_send(ans, pipe->command, flags, deadline);
	code = rc < 0 ? send_failed(ans, rc) : answer_read(ans, deadline);
	if (code == CLI_EXIT_OK && !ans->enough)
		cli_view_end(&view, ans->done.generation);
	rc = cli_stage_end(first);
	if (rc < 0) {
		cli_error_say(ans->place, KCP_FAILED, "cannot write: %s", strerror(-rc));
		code = code == CLI_EXIT_OK ? CLI_EXIT_FAILED : code;
	}
	ans->view = NULL;
	cli_view_fini(&view);
	return code;
}

int cli_ask_line(struct cli *cli, const struct cli_place *place, const char *line)
{
	struct answer ans = {.cli = cli, .place = place, .line = line};
	struct kcp_error err = {.code = KCP_SYNTAX};
	struct cli_pipe pipe;
	char why[256];
	size_t off;
	int code;

	if (cli_pipe_parse(line, &pipe, &off, why, sizeof(why)) < 0) {
		err.tok_off = (uint16_t)off;
		err.message = why;
		cli_error_show(place, line, &err);
		return CLI_EXIT_SYNTAX;
	}
	code = cli_connect(cli);
	if (code == CLI_EXIT_OK) {
		ans.req = cli_conn_next_req(&cli->conn);
		code = pipe_run(&ans, &pipe);
	}
	cli_pipe_fini(&pipe);
	return code;
}

/* Packs as many lines as fit one frame. Returns the frame's length or -EMSGSIZE. */
static int lines_pack(struct answer *ans, unsigned long number, size_t *next)
{
	struct kcp_buf buf = cli_conn_buf(&ans->cli->conn);

	kcp_lines_begin(&buf, ans->req, (uint32_t)number);
	while (*next < ans->block->cnt) {
		const char *text = ans->block->text[*next];

		if (strlen(text) > KCP_LINE_MAX)
			return -EMSGSIZE;
		if (strlen(text) + 3 > buf.cap - buf.len)
			break;
		kcp_put_str(&buf, text);
		(*next)++;
	}
	return kcp_frame_end(&buf);
}

static int batch_send(struct answer *ans, size_t first, uint16_t flags, int64_t deadline)
{
	struct cli_conn *conn = &ans->cli->conn;
	struct kcp_buf buf = cli_conn_buf(conn);
	size_t next = first;
	int rc = cli_conn_send(conn, kcp_pack_plain(&buf, KCP_BATCH_BEGIN, flags, ans->req),
			       deadline);

	while (rc == 0 && next < ans->block->cnt) {
		const int len = lines_pack(ans, ans->place->line + next, &next);

		rc = cli_conn_send(conn, len, deadline);
	}
	if (rc < 0)
		return rc;
	buf = cli_conn_buf(conn);
	return cli_conn_send(conn, kcp_pack_plain(&buf, KCP_BATCH_END, 0, ans->req), deadline);
}

static void lines_echo(const struct cli_block *block, size_t first, size_t cnt)
{
	for (size_t i = first; i < first + cnt; i++)
		fprintf(stderr, "+ %s\n", block->text[i]);
}

int cli_ask_batch(struct cli *cli, const struct cli_place *place, const struct cli_block *block,
		  size_t first, uint16_t flags, size_t *taken)
{
	struct answer ans = {.cli = cli, .place = place, .block = block};
	int code = cli_connect(cli);
	int64_t deadline;
	int rc;

	*taken = block->cnt - first;
	if (code != CLI_EXIT_OK)
		return code;
	deadline = cli_conn_deadline(&cli->conn);
	ans.req = cli_conn_next_req(&cli->conn);
	if (cli->opt.strict)
		flags |= KCP_F_STRICT;
	rc = batch_send(&ans, first, flags, deadline);
	if (rc == 0) {
		code = answer_read(&ans, deadline);
		if (code == CLI_EXIT_OK && ans.done.rows < *taken)
			*taken = (size_t)ans.done.rows;
		if (cli->opt.echo && !(flags & KCP_F_CHECK))
			lines_echo(block, first, *taken);
		return code;
	}
	/* A half-sent batch must not hang in the session: closing drops it. */
	if (rc == -EMSGSIZE || rc == -EINTR)
		cli_conn_close(&cli->conn);
	return send_failed(&ans, rc);
}
