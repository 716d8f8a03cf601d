// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Any line with its pipes, as a person may type it, with rows and lines sent through the stages.
 * The input is the line. Stages that open files are left out: the fuzzer would write them.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/pipe.h"
#include "kronosnetd-cli/view.h"

static bool line_take(struct cli_stage *stage, const struct cli_line *line)
{
	(void)stage;
	return strlen(line->text) < 1 << 20;
}

static const struct cli_stage_ops take_ops = {.name = "take", .line = line_take};

static const struct kcp_schema schema = {
	.id = "x/1",
	.legend = "",
	.column_cnt = 5,
	.columns = {{"peer", "Peer", KCP_FMT_TEXT},
		    {"up/all", "Links", KCP_FMT_RATIO},
		    {"list", "List", KCP_FMT_TEXT},
		    {"rtt_us", "RTT", KCP_FMT_US},
		    {"on", "On", KCP_FMT_TEXT | KCP_FMT_HIDDEN}},
};

static const char rows[] =
	"{\"peer\":\"a\",\"up\":1,\"all\":2,\"list\":[1,2],\"rtt_us\":5,\"on\":true}\n"
	"{\"peer\":\"b\",\"up\":0,\"all\":2,\"list\":[],\"rtt_us\":null,\"on\":false}\n"
	"{\"peer\":7,\"up\":null,\"list\":\"x\",\"rtt_us\":1.5}\n";
/* The last line makes an expression's many ways to fail cost something. */
static const char text[] = "interface knet0\n node-id 1\n  deeper\nexit\n"
			   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"
			   "aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb0000000000  !\n";

static bool opens_files(const char *line)
{
	for (const char *bar = strchr(line, '|'); bar; bar = strchr(bar + 1, '|')) {
		const char *name = bar + 1 + strspn(bar + 1, " \t\"");

		if (*name == 't' || *name == 'd' || strncmp(name, "sa", 2) == 0)
			return true;
	}
	return false;
}

static void line_run(struct cli_pipe *pipe)
{
	struct cli_stage sink = {.ops = &take_ops};
	struct cli_stage *first = cli_pipe_connect(pipe, &sink);
	struct kcp_frame frame = {.type = KCP_ROWS};
	uint8_t mem[1024];
	struct kcp_buf buf = {.data = mem, .cap = sizeof(mem)};
	struct cli_view view;
	struct cli_why why;
	const int len = kcp_pack_schema(&buf, 1, 1, &schema);

	cli_view_init(&view, pipe, first, 40, false);
	if (kcp_frame_unpack(mem, (size_t)len, &frame) == 0 &&
	    cli_view_schema(&view, &frame) == 0) {
		frame.body = (const uint8_t *)rows;
		frame.body_len = strlen(rows);
		(void)!cli_view_rows(&view, &frame);
	}
	frame.body = (const uint8_t *)text;
	frame.body_len = strlen(text);
	(void)!cli_view_text(&view, &frame);
	cli_view_end(&view, 1, true);
	(void)!cli_pipe_end(pipe, first, &why);
	cli_view_fini(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char line[512];
	struct cli_pipe pipe;
	struct cli_why why;
	size_t off;

	if (len >= sizeof(line))
		return 0;
	memcpy(line, data, len);
	line[len] = '\0';
	if (opens_files(line))
		return 0;
	if (cli_pipe_parse(line, &pipe, &off, &why) < 0) {
		if (off > strlen(line) || !why.text[0])
			abort();
		return 0;
	}
	line_run(&pipe);
	cli_pipe_fini(&pipe);
	return 0;
}
