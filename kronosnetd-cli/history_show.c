// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show history`. The lines are drawn as if the daemon had sent them, as lines of text or, for
 * JSON and the like, as the rows that any text becomes.
 */
#include "kronosnetd-cli/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <readline/history.h>

#include "kronosnetd-cli/sink.h"
#include "kronosnetd-cli/view.h"

static const struct kcp_schema text_schema = {
	.id = "text/1",
	.legend = "",
	.column_cnt = 1,
	.columns = {{.key = "line", .title = "Line", .fmt = KCP_FMT_TEXT}},
};

/* A frame of one line. Returns like cli_view_rows(). */
static int line_draw(struct cli_view *view, const char *line, bool as_row)
{
	const struct kcp_frame frame = {.body = (const uint8_t *)line, .body_len = strlen(line)};
	struct kcp_frame row = {.type = KCP_ROWS};
	json_t *json;
	char *text;
	int rc;

	if (!as_row)
		return cli_view_text(view, &frame);
	json = json_pack("{s:s}", "line", line);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!text)
		return 1; /* not UTF-8: nothing that JSON could hold */
	row.body = (const uint8_t *)text;
	row.body_len = strlen(text);
	rc = cli_view_rows(view, &row);
	free(text);
	return rc;
}

static int schema_give(struct cli_view *view)
{
	uint8_t mem[512];
	struct kcp_buf buf = {.data = mem, .cap = sizeof(mem)};
	const int len = kcp_pack_schema(&buf, 1, 0, &text_schema);
	struct kcp_frame frame;

	if (len < 0 || kcp_frame_unpack(mem, (size_t)len, &frame) < 0)
		return -1;
	return cli_view_schema(view, &frame);
}

int cli_history_show(const struct cli *cli, struct cli_pipe *pipe, struct cli_stage *first)
{
	const bool as_rows = cli_pipe_wants_rows(pipe);
	struct cli_view view;
	struct cli_why why;
	int rc = 1;

	if (!cli->interactive)
		cli_history_init();
	cli_view_init(&view, pipe, first, cli_terminal_cols(cli), false);
	if (as_rows && schema_give(&view) < 0)
		rc = -1;
	for (int i = 0; i < history_length && rc == 1; i++) {
		const HIST_ENTRY *entry = history_get(history_base + i);

		if (entry)
			rc = line_draw(&view, entry->line, as_rows);
	}
	cli_view_end(&view, 0, rc >= 0);
	if (rc < 0)
		fprintf(stderr, "%% %s\n", view.why.text[0] ? view.why.text : "cannot be shown");
	cli_view_fini(&view);
	if (cli_pipe_end(pipe, first, &why) < 0) {
		fprintf(stderr, "%% %s\n", why.text);
		rc = -1;
	}
	return rc < 0 ? CLI_EXIT_FAILED : CLI_EXIT_OK;
}
