// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What may stand at the cursor: the daemon's answer to COMPLETE, or, behind a bar, what
 * cands_pipe.c knows.
 *
 * The wait is short and bounded: a key must never hang the prompt.
 */
#include "kronosnetd-cli/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kronosnetd-cli/cell.h"
#include "kronosnetd-cli/monitor.h"
#include "kronosnetd-cli/pipe.h"

#define COMPLETE_TIMEOUT_MS 2000

static int64_t deadline_from_now(int64_t ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + ms;
}

int cli_cands_add(struct cli_cands *cands, const struct kcp_cand *cand)
{
	struct cli_cand *slot;

	if (cands->cnt == cands->cap) {
		const size_t cap = cands->cap ? cands->cap * 2 : 32;
		struct cli_cand *list = realloc(cands->list, cap * sizeof(*list));

		if (!list)
			return -ENOMEM;
		cands->list = list;
		cands->cap = cap;
	}
	slot = &cands->list[cands->cnt];
	slot->text = strdup(cand->text);
	slot->help = strdup(cand->help);
	slot->kind = cand->kind;
	cands->cnt++;
	return slot->text && slot->help ? 0 : -ENOMEM;
}

void cli_cands_fini(struct cli_cands *cands)
{
	for (size_t i = 0; i < cands->cnt; i++) {
		free(cands->list[i].text);
		free(cands->list[i].help);
	}
	free(cands->list);
	*cands = (struct cli_cands){0};
}

static int frame_collect(const struct kcp_frame *frame, struct cli_cands *out)
{
	struct kcp_reader rd;
	struct kcp_cand cand;
	int rc = 0;

	kcp_reader_init(&rd, frame);
	out->word_off = kcp_get_u16(&rd);
	while (rc == 0 && kcp_reader_more(&rd)) {
		kcp_get_cand(&rd, &cand);
		if (!rd.bad)
			rc = cli_cands_add(out, &cand);
	}
	return rd.bad ? -EBADMSG : rc;
}

static int daemon_ask(struct cli *cli, const char *line, size_t cursor, bool help,
		      struct cli_cands *out)
{
	const struct kcp_complete msg = {.cursor = (uint16_t)cursor, .help = help, .line = line};
	const int64_t deadline = deadline_from_now(COMPLETE_TIMEOUT_MS);
	const uint32_t req = cli_conn_next_req(&cli->conn);
	struct kcp_buf buf = cli_conn_buf(&cli->conn);
	struct kcp_frame frame;
	int rc;

	if (strlen(line) > KCP_LINE_MAX)
		return -EMSGSIZE;
	rc = cli_conn_send(&cli->conn, kcp_pack_complete(&buf, req, &msg), deadline);
	while (rc == 0) {
		rc = cli_conn_recv(&cli->conn, deadline, &frame);
		if (rc < 0 || cli_monitor_take(cli, &frame) || frame.req != req)
			continue;
		if (frame.type == KCP_DONE)
			break;
		if (frame.type == KCP_CAND)
			rc = frame_collect(&frame, out);
	}
	return rc;
}

/* Offset of the line that `watch [SECONDS]` repeats, or 0 if the line is no `watch`. */
static size_t watch_inner(const char *line, size_t cursor)
{
	size_t at = strspn(line, " \t");
	const size_t word = strcspn(line + at, " \t");
	size_t digits;

	if (word < 2 || word > 5 || strncmp(line + at, "watch", word) != 0 || !line[at + word])
		return 0;
	at += word + strspn(line + at + word, " \t");
	digits = strspn(line + at, "0123456789");
	if (digits > 0 && (line[at + digits] == ' ' || line[at + digits] == '\t'))
		at += digits + strspn(line + at + digits, " \t");
	return at <= cursor ? at : 0;
}

/* What may be repeated is completed as if it stood by itself. */
static int watch_ask(struct cli *cli, const char *line, size_t cursor, bool help,
		     struct cli_cands *out)
{
	static const struct kcp_cand number = {
		.kind = KCP_CAND_VALUE, .text = "<1-3600>", .help = "Seconds between two looks"};
	const size_t at = watch_inner(line, cursor);
	int rc = daemon_ask(cli, line + at, cursor - at, help, out);

	out->word_off += at;
	/* Of the first words, only `show` can be repeated. */
	for (size_t i = 0; rc == 0 && out->word_off == at && i < out->cnt;) {
		if (strcmp(out->list[i].text, "show") == 0) {
			i++;
			continue;
		}
		free(out->list[i].text);
		free(out->list[i].help);
		out->list[i] = out->list[--out->cnt];
	}
	if (rc == 0 && cursor == at && at > 0 && !strpbrk(line, "0123456789"))
		rc = cli_cands_add(out, &number);
	return rc;
}

int cli_cands_get(struct cli *cli, const char *line, size_t cursor, bool help,
		  struct cli_cands *out)
{
	int rc;

	*out = (struct cli_cands){.word_off = cursor};
	if (cli_pipe_find_bar(line) < cursor)
		rc = cli_cands_pipe(cli, line, cursor, out);
	else if (watch_inner(line, cursor) > 0)
		rc = watch_ask(cli, line, cursor, help, out);
	else
		rc = daemon_ask(cli, line, cursor, help, out);
	if (rc < 0)
		cli_cands_fini(out);
	return rc;
}

void cli_cands_print(const struct cli_cands *cands)
{
	size_t width = 0;

	if (cands->cnt == 0)
		puts("% Nothing fits here");
	for (size_t i = 0; i < cands->cnt; i++) {
		const size_t own = cli_text_width(cands->list[i].text);

		if (own > width && own <= 40)
			width = own;
	}
	for (size_t i = 0; i < cands->cnt; i++) {
		const size_t own = cli_text_width(cands->list[i].text);
		const int gap = own < width ? (int)(width - own) : 0;

		if (cands->list[i].kind == KCP_CAND_FAULT)
			printf("%% %s\n", cands->list[i].text);
		else if (cands->list[i].help[0])
			printf("  %s%*s  %s\n", cands->list[i].text, gap, "", cands->list[i].help);
		else
			printf("  %s\n", cands->list[i].text);
	}
	fflush(stdout);
}
