// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A block of lines as one transaction: sent in as few frames as it takes, answered by errors by
 * line and one DONE.
 */
#include "kronosnetd-cli/answer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Packs as many lines as fit one frame. Returns the frame's length or -EMSGSIZE. */
static int lines_pack(struct cli_answer *ans, unsigned long number, size_t *next)
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

static int batch_send(struct cli_answer *ans, size_t first, uint16_t flags, int64_t deadline)
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
	struct cli_answer ans = {.cli = cli, .place = place, .block = block};
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
		code = cli_answer_read(&ans, deadline);
		if (code == CLI_EXIT_OK && ans.done.rows < *taken)
			*taken = (size_t)ans.done.rows;
		if (cli->opt.echo && !(flags & KCP_F_CHECK))
			lines_echo(block, first, *taken);
		return code;
	}
	/* A half-sent batch must not hang in the session: closing drops it. */
	if (rc == -EMSGSIZE || rc == -EINTR)
		cli_conn_close(&cli->conn);
	return cli_answer_unsent(&ans, rc);
}
