// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `terminal monitor`: a second request, `monitor log`, that runs beside the others on the same
 * connection and is never waited for. Its rows are picked out of the stream of frames wherever one
 * is read: at the prompt, or while another command answers.
 *
 * What nobody asked for is printed behind `! `, a comment in this language, so that a captured
 * session can be pasted again and automation does not take it for an error.
 */
#include "kronosnetd-cli/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "knetd/cmd/plural.h"
#include "kronosnetd-cli/cell.h"

void cli_notice(const char *text)
{
	char *copy = cli_text_clean(strdup(text));

	fflush(stdout);
	fprintf(stderr, "! %s\n", copy ? copy : "");
	free(copy);
}

static const char *member(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static void row_print(const json_t *row)
{
	const json_int_t dropped = json_integer_value(json_object_get(row, "dropped"));
	const char *time = member(row, "time");
	const char *clock = strchr(time, 'T');
	char *text;

	if (dropped > 0 && asprintf(&text, "%" JSON_INTEGER_FORMAT " line%s dropped", dropped,
				    knd_plural(dropped)) > 0) {
		cli_notice(text);
		free(text);
	}
	if (asprintf(&text, "%s %s %s", clock ? clock + 1 : time, member(row, "level"),
		     member(row, "text")) > 0) {
		cli_notice(text);
		free(text);
	}
}

static void rows_print(const struct kcp_frame *frame)
{
	const char *at = (const char *)frame->body;
	const char *end = at + frame->body_len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t len = (size_t)((newline ? newline : end) - at);
		json_t *row = json_loadb(at, len, 0, NULL);

		if (row)
			row_print(row);
		json_decref(row);
		at += len + 1;
	}
}

bool cli_monitor_take(struct cli *cli, const struct kcp_frame *frame)
{
	if (cli->term.monitor_req == 0 || frame->req != cli->term.monitor_req)
		return false;
	if (frame->type == KCP_ROWS)
		rows_print(frame);
	else if (frame->type == KCP_DONE)
		cli->term.monitor_req = 0;
	return true;
}

int cli_monitor_start(struct cli *cli)
{
	struct kcp_buf buf = cli_conn_buf(&cli->conn);
	uint32_t req;

	cli->term.monitor = true;
	if (cli->term.monitor_req != 0 || !cli_conn_is_open(&cli->conn))
		return CLI_EXIT_OK;
	req = cli_conn_next_req(&cli->conn);
	if (cli_conn_send(&cli->conn, kcp_pack_exec(&buf, req, KCP_F_ROWS, "monitor log"),
			  cli_conn_deadline(&cli->conn)) < 0)
		return CLI_EXIT_CONNECT;
	cli->term.monitor_req = req;
	return CLI_EXIT_OK;
}

int cli_monitor_stop(struct cli *cli)
{
	struct kcp_buf buf = cli_conn_buf(&cli->conn);

	cli->term.monitor = false;
	if (cli->term.monitor_req == 0)
		return CLI_EXIT_OK;
	if (cli_conn_send(&cli->conn, kcp_pack_plain(&buf, KCP_CANCEL, 0, cli->term.monitor_req),
			  cli_conn_deadline(&cli->conn)) < 0)
		return CLI_EXIT_CONNECT;
	return CLI_EXIT_OK;
}
