// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Reading the answer to a request: its frames are drawn as they arrive, until DONE.
 *
 * The ways a request ends early: ^C sends CANCEL and waits a moment for DONE, so that the
 * connection can go on (a second ^C does not wait and closes it); a stage that wants no more sends
 * CANCEL, too, and counts as success; a timeout closes the connection, because what the daemon
 * still sends would belong to nobody.
 */
#include "kronosnetd-cli/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kronosnetd-cli/monitor.h"

static void cancel_send(struct cli_answer *ans)
{
	struct kcp_buf buf = cli_conn_buf(&ans->cli->conn);
	const int len = kcp_pack_plain(&buf, KCP_CANCEL, 0, ans->req);

	/* If the daemon is gone the next receive finds out. */
	(void)!cli_conn_send(&ans->cli->conn, len, cli_conn_deadline(&ans->cli->conn));
}

static void error_take(struct cli_answer *ans, const struct kcp_frame *frame)
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

/* Says what is wrong with a stage, or with the answer. Returns the exit code. */
static int output_explain(const struct cli_answer *ans, int rc)
{
	if (ans->view->why.text[0]) {
		cli_error_say(ans->place, KCP_SYNTAX, "%s", ans->view->why.text);
		return CLI_EXIT_SYNTAX;
	}
	cli_error_say(ans->place, KCP_FAILED, "unreadable answer: %s", strerror(-rc));
	return CLI_EXIT_FAILED;
}

/* True if the output is of no more use to anybody. */
static bool is_over(const struct cli_answer *ans)
{
	if (!ans->view || ans->enough)
		return true;
	return ans->stopping && !(ans->view->schema.flags & KCP_SCHEMA_SUMS);
}

/* Hands a frame of output to the view. */
static void output_take(struct cli_answer *ans, const struct kcp_frame *frame)
{
	int rc = 1;

	if (is_over(ans))
		return;
	if (frame->type == KCP_SCHEMA)
		rc = cli_view_schema(ans->view, frame) < 0 ? -EPROTO : 1;
	else if (frame->type == KCP_ROWS)
		rc = cli_view_rows(ans->view, frame);
	else
		rc = cli_view_text(ans->view, frame);
	/* What happens now is of no use later. */
	if (ans->view->has_schema && (ans->view->schema.flags & KCP_SCHEMA_STREAM) &&
	    fflush(stdout) != 0)
		rc = 0;
	if (rc == 1)
		return;
	if (rc < 0)
		ans->code = output_explain(ans, rc);
	ans->enough = true;
	cancel_send(ans);
}

/* Everything, also if a signal comes; but who presses ^C twice need not wait for a full pipe. */
static int bytes_write(int fd, const uint8_t *data, size_t len)
{
	bool was_interrupted = false;

	while (len > 0) {
		const ssize_t n = write(fd, data, len);

		if (n < 0 && (errno != EINTR || was_interrupted))
			return -errno;
		was_interrupted |= n < 0 && cli_interrupted;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* What comes after ^C is the end of the file, and belongs to it. */
static void file_take(struct cli_answer *ans, const struct kcp_frame *frame)
{
	int rc;

	if (ans->file->error)
		return;
	if (frame->type == KCP_TEXT) {
		fprintf(stderr, "%.*s", (int)frame->body_len, (const char *)frame->body);
		return;
	}
	rc = bytes_write(ans->file->fd, frame->body, frame->body_len);
	if (rc == 0)
		return;
	ans->file->error = -rc;
	cancel_send(ans);
}

/* Looks at one frame. Returns true when the request is done. */
static bool frame_take(struct cli_answer *ans, const struct kcp_frame *frame)
{
	const char *text;

	if (frame->type == KCP_NOTICE && kcp_unpack_notice(frame, &text) == 0 &&
	    ans->cli->interactive)
		cli_notice(text);
	if (cli_monitor_take(ans->cli, frame) || frame->req != ans->req)
		return false;
	if (ans->file && (frame->type == KCP_BYTES || frame->type == KCP_TEXT)) {
		file_take(ans, frame);
		return false;
	}
	switch (frame->type) {
	case KCP_SCHEMA:
	case KCP_ROWS:
	case KCP_TEXT:
		output_take(ans, frame);
		return false;
	case KCP_ERR:
		error_take(ans, frame);
		return false;
	case KCP_LOCAL:
		cli_local_copy(&ans->local, frame);
		return false;
	case KCP_DONE:
		ans->status = frame->status;
		return kcp_unpack_done(frame, &ans->done) == 0;
	default:
		return false;
	}
}

/* Behind the ^C that the terminal has drawn. */
static void line_end(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	putchar('\n');
	fflush(stdout);
}

static int interrupt_take(struct cli_answer *ans)
{
	const bool again = ans->stopping;

	cli_interrupted = 0;
	ans->stopping = true;
	line_end();
	if (!again) {
		cancel_send(ans);
		return -1;
	}
	cli_conn_close(&ans->cli->conn);
	return CLI_EXIT_INTERRUPTED;
}

/* Explains why a request could not be finished. Returns the exit code. */
static int broken_explain(const struct cli_answer *ans, int rc)
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

int cli_answer_read(struct cli_answer *ans, int64_t deadline)
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
		return ans->enough ? ans->code : kcp_exit_code(ans->status);
	}
}

int cli_answer_unsent(struct cli_answer *ans, int rc)
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
