// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What may stand behind a bar. Names of stages are the client's own; names of columns come from the
 * schema of the command in front of the bar, which the daemon tells without running it.
 */
#include "kronosnetd-cli/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kronosnetd-cli/monitor.h"
#include "kronosnetd-cli/pipe.h"

#define SCHEMA_TIMEOUT_MS 2000

/* The words between the last bar and the cursor. */
struct behind_bar {
	char *text; /* owned, cut into words */
	size_t cnt; /* of whole words before the one being typed */
	const char *word[8];
	const char *typed; /* the word at the cursor, "" if none is begun */
	size_t typed_off;
};

static int behind_bar_read(const char *line, size_t cursor, struct behind_bar *out)
{
	const size_t bar = cli_pipe_find_last_bar(line, cursor);
	size_t start = cursor;
	char *save = NULL;

	*out = (struct behind_bar){0};
	while (start > bar + 1 && line[start - 1] != ' ' && line[start - 1] != '\t')
		start--;
	out->text = strndup(line + bar + 1, cursor - bar - 1);
	if (!out->text)
		return -ENOMEM;
	out->typed_off = start;
	out->typed = out->text + (start - bar - 1);
	if (start > bar + 1)
		out->text[start - bar - 2] = '\0';
	else
		return 0;
	for (char *word = strtok_r(out->text, " \t", &save); word && out->cnt < 8;
	     word = strtok_r(NULL, " \t", &save))
		out->word[out->cnt++] = word;
	return 0;
}

static int offer(struct cli_cands *out, const struct behind_bar *at, const char *text,
		 const char *help)
{
	const struct kcp_cand cand = {.text = text, .help = help};

	if (strncmp(text, at->typed, strlen(at->typed)) != 0)
		return 0;
	return cli_cands_add(out, &cand);
}

static int offer_value(struct cli_cands *out, const char *text, const char *help)
{
	const struct kcp_cand cand = {.kind = KCP_CAND_VALUE, .text = text, .help = help};

	return cli_cands_add(out, &cand);
}

static int offer_cr(struct cli_cands *out)
{
	const struct kcp_cand cand = {.kind = KCP_CAND_CR, .text = "<cr>", .help = ""};

	return cli_cands_add(out, &cand);
}

/* ---- columns --------------------------------------------------------------------------------- */

static int64_t deadline_from_now(int64_t ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + ms;
}

static int schema_copy(const struct kcp_frame *frame, struct kcp_schema *schema, uint8_t **body)
{
	struct kcp_frame copy = *frame;
	uint64_t generation;

	free(*body);
	*body = malloc(frame->body_len + 1);
	if (!*body)
		return -ENOMEM;
	memcpy(*body, frame->body, frame->body_len);
	copy.body = *body;
	return kcp_unpack_schema(&copy, &generation, schema);
}

int cli_ask_schema(struct cli *cli, const char *command, struct kcp_schema *schema, uint8_t **body)
{
	const uint16_t flags = KCP_F_ROWS | KCP_F_SCHEMA;
	const int64_t deadline = deadline_from_now(SCHEMA_TIMEOUT_MS);
	const uint32_t req = cli_conn_next_req(&cli->conn);
	struct kcp_buf buf = cli_conn_buf(&cli->conn);
	struct kcp_frame frame;
	int rc = -EMSGSIZE;

	*body = NULL;
	if (strlen(command) <= KCP_LINE_MAX)
		rc = cli_conn_send(&cli->conn, kcp_pack_exec(&buf, req, flags, command), deadline);
	while (rc == 0) {
		rc = cli_conn_recv(&cli->conn, deadline, &frame);
		if (rc < 0 || cli_monitor_take(cli, &frame) || frame.req != req)
			continue;
		if (frame.type == KCP_SCHEMA)
			rc = schema_copy(&frame, schema, body);
		else if (frame.type == KCP_DONE)
			break;
	}
	return rc == 0 && !*body ? -ENOENT : rc;
}

static int offer_key(struct cli_cands *out, const struct behind_bar *at,
		     const struct kcp_column *col, const char *prefix)
{
	const char *key = col->key;
	int rc = 0;

	while (rc == 0 && *key) {
		const size_t len = strcspn(key, "/");
		char text[256];

		snprintf(text, sizeof(text), "%s%.*s", prefix, (int)len, key);
		rc = offer(out, at, text, col->title);
		key += len + (key[len] == '/');
	}
	return rc;
}

/* `prefix`: what of the word being typed stands before the name, "peer," in a list. */
static int offer_columns(struct cli *cli, const char *line, const struct behind_bar *at,
			 const char *prefix, struct cli_cands *out)
{
	struct kcp_schema schema;
	uint8_t *body = NULL;
	char *command = strndup(line, cli_pipe_find_bar(line));
	int rc = command ? cli_ask_schema(cli, command, &schema, &body) : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < schema.column_cnt; i++)
		rc = offer_key(out, at, &schema.columns[i], prefix);
	free(body);
	free(command);
	return rc == -ENOENT || rc == -EBADMSG ? 0 : rc;
}

static int offer_column_list(struct cli *cli, const char *line, const struct behind_bar *at,
			     struct cli_cands *out)
{
	const char *comma = strrchr(at->typed, ',');
	char prefix[200] = "";

	if (comma && (size_t)(comma + 1 - at->typed) < sizeof(prefix))
		snprintf(prefix, sizeof(prefix), "%.*s", (int)(comma + 1 - at->typed), at->typed);
	return offer_columns(cli, line, at, prefix, out);
}

/* ---- stages ---------------------------------------------------------------------------------- */

static int offer_names(const struct behind_bar *at, struct cli_cands *out)
{
	struct cli_stage_info info;
	int rc = 0;

	for (size_t i = 0; rc == 0 && cli_stage_info(i, &info); i++)
		rc = offer(out, at, info.name, info.help);
	return rc;
}

static int offer_where(struct cli *cli, const char *line, const struct behind_bar *at,
		       struct cli_cands *out)
{
	static const char *const ops[][2] = {
		{"=", "The same"},   {"!=", "Another"},
		{"<", "Less"},       {"<=", "At most"},
		{">", "More"},       {">=", "At least"},
		{"~", "It matches"}, {"!~", "It does not match"},
	};
	int rc = 0;

	if (at->cnt == 1)
		return offer_columns(cli, line, at, "", out);
	if (at->cnt == 3)
		return offer_value(out, "VALUE", "Such as up, 5ms, 1.5G; - for unknown");
	for (size_t i = 0; rc == 0 && at->cnt == 2 && i < sizeof(ops) / sizeof(ops[0]); i++)
		rc = offer(out, at, ops[i][0], ops[i][1]);
	return rc;
}

/* The full name of the stage that was begun, or "". */
static const struct cli_stage_info *stage_of(const struct behind_bar *at,
					     struct cli_stage_info *info)
{
	unsigned int hits = 0;
	struct cli_stage_info found = {"", "", "", NULL};

	for (size_t i = 0; cli_stage_info(i, info); i++) {
		if (strncmp(info->name, at->word[0], strlen(at->word[0])) != 0)
			continue;
		if (strcmp(info->name, at->word[0]) == 0)
			return info;
		found = *info;
		hits++;
	}
	*info = hits == 1 ? found : (struct cli_stage_info){"", "", "", NULL};
	return info;
}

static int offer_arguments(struct cli *cli, const char *line, const struct behind_bar *at,
			   struct cli_cands *out)
{
	struct cli_stage_info info;
	const char *name = stage_of(at, &info)->name;
	const bool is_first = at->cnt == 1;
	int rc = 0;

	if (strcmp(name, "where") == 0)
		return offer_where(cli, line, at, out);
	if (strcmp(name, "columns") == 0)
		return offer_column_list(cli, line, at, out);
	if (strcmp(name, "sort") == 0 && is_first)
		return offer_columns(cli, line, at, "", out);
	if (strcmp(name, "sort") == 0 && at->cnt == 2)
		rc = offer(out, at, "reverse", "The other way round");
	else if (strcmp(name, "json") == 0 && is_first) {
		rc = offer(out, at, "pretty", "Indented");
		if (rc == 0)
			rc = offer(out, at, "lines", "One row a line, without the object around");
	} else if (strcmp(name, "save") == 0 && at->cnt == 2)
		rc = offer(out, at, "append", "Behind what the file holds");
	else if (is_first && strchr(info.usage, ' ') && !at->typed[0])
		rc = offer_value(out, strchr(info.usage, ' ') + 1, info.help);
	if (rc == 0 && !at->typed[0] &&
	    !(is_first && strpbrk(info.usage, "<RF") && !strchr(info.usage, '[')))
		rc = offer_cr(out);
	return rc;
}

int cli_cands_pipe(struct cli *cli, const char *line, size_t cursor, struct cli_cands *out)
{
	struct behind_bar at;
	int rc = behind_bar_read(line, cursor, &at);

	if (rc < 0)
		return rc;
	out->word_off = at.typed_off;
	rc = at.cnt == 0 ? offer_names(&at, out) : offer_arguments(cli, line, &at, out);
	free(at.text);
	return rc;
}

bool cli_cands_is_file(const char *line, size_t cursor)
{
	struct cli_stage_info info;
	struct behind_bar at;
	bool is_file = false;

	if (cli_pipe_find_bar(line) >= cursor || behind_bar_read(line, cursor, &at) < 0)
		return false;
	if (at.cnt == 1)
		is_file = strstr(stage_of(&at, &info)->usage, "FILE") != NULL;
	free(at.text);
	return is_file;
}
