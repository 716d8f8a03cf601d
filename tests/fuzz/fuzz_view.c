// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A daemon that lies: any schema, rows and texts, drawn in each way the client can. The input is
 * `how, width`, then `length (2 bytes), bytes` of a SCHEMA, a ROWS, a TEXT, an ERR and a MODE body,
 * as many as there are. Besides the sanitizers: no control character reaches the terminal.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/pipe.h"
#include "kronosnetd-cli/view.h"

static bool line_check(struct cli_stage *stage, const struct cli_line *line)
{
	(void)stage;
	for (const char *c = line->text; *c; c++)
		if ((unsigned char)*c < 0x20)
			abort();
	return true;
}

static const struct cli_stage_ops check_ops = {.name = "check", .line = line_check};

/* Cuts the next body off the input. */
static struct kcp_frame body_next(uint16_t type, const uint8_t **data, size_t *len)
{
	struct kcp_frame frame = {.type = type, .body = *data};
	size_t size;

	if (*len < 2)
		return frame;
	size = (*data)[0] | (size_t)(*data)[1] << 8;
	*data += 2;
	*len -= 2;
	frame.body = *data;
	frame.body_len = size < *len ? size : *len;
	*data += frame.body_len;
	*len -= frame.body_len;
	return frame;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const lines[] = {
		"x",
		"x | json",
		"x | json pretty",
		"x | json lines",
		"x | csv",
		"x | sort 1 reverse | first 3",
		"x | where a >= 5 | last 2 | csv",
		"x | columns a,b,c | sort a | json | section x",
	};
	struct cli_stage sink = {.ops = &check_ops};
	struct cli_view view;
	struct cli_pipe pipe;
	struct cli_why why;
	size_t off;
	struct kcp_frame frame;
	struct kcp_error err;
	struct kcp_mode mode;

	if (len < 2)
		return 0;
	if (cli_pipe_parse(lines[data[0] % 8], &pipe, &off, &why) < 0)
		abort();
	cli_view_init(&view, &pipe, cli_pipe_connect(&pipe, &sink), data[1], false);
	data += 2;
	len -= 2;
	frame = body_next(KCP_SCHEMA, &data, &len);
	if (cli_view_schema(&view, &frame) == 0) {
		frame = body_next(KCP_ROWS, &data, &len);
		(void)!cli_view_rows(&view, &frame);
		frame = body_next(KCP_ROWS, &data, &len);
		(void)!cli_view_rows(&view, &frame);
	}
	frame = body_next(KCP_TEXT, &data, &len);
	(void)!cli_view_text(&view, &frame);
	frame = body_next(KCP_ERR, &data, &len);
	(void)!kcp_unpack_error(&frame, &err);
	frame = body_next(KCP_MODE, &data, &len);
	(void)!kcp_unpack_mode(&frame, &mode);
	cli_view_end(&view, 7, true);
	cli_view_fini(&view);
	cli_pipe_fini(&pipe);
	return 0;
}
