// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The language and the session about themselves: `list`, `show commands`, `show alias`,
 * `show clock`. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

/* ---- list, show commands --------------------------------------------------------------------- */

/* All lines, made at the first step; `next` is where the following step begins. */
struct listing {
	char *text, *next;
	size_t len;
};

static void line_add(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

static int listing_make(struct knd_run *run, void (*fill)(const struct knd_run *run, FILE *to))
{
	struct listing *l = calloc(1, sizeof(*l));
	FILE *to;

	if (l == NULL)
		return -ENOMEM;
	run->state = l;
	to = open_memstream(&l->text, &l->len);
	if (to == NULL)
		return -ENOMEM;
	fill(run, to);
	if (fclose(to) != 0)
		return -ENOMEM;
	l->next = l->text;
	return 0;
}

static int listing_step(struct listing *l, struct knd_out *out)
{
	char *end;

	while ((end = strchr(l->next, '\n')) != NULL) {
		knd_out_line(out, "%.*s", (int)(end - l->next), l->next);
		l->next = end + 1;
		if (knd_out_full(out))
			return 1;
	}
	return 0;
}

static void listing_close(struct knd_run *run)
{
	struct listing *l = run->state;

	if (l != NULL)
		free(l->text);
	free(l);
}

static void list_fill(const struct knd_run *run, FILE *to)
{
	const unsigned int mode = run->args->place.mode;

	if (kcl_args_has(run->args, "permutations"))
		kcl_permutations_each(mode, run->who->role, line_add, to);
	else
		kcl_syntax_each(mode, run->who->role, line_add, to);
}

static int list(struct knd_run *run, struct knd_out *out)
{
	const int rc = run->state == NULL ? listing_make(run, list_fill) : 0;

	return rc < 0 ? rc : listing_step(run->state, out);
}

const struct knd_command knd_cmd_list = {.name = "list", .next = list, .close = listing_close};

static void commands_fill(const struct knd_run *run, FILE *to)
{
	if (!kcl_args_has(run->args, "all")) {
		kcl_syntax_each(KCL_MODE_EXEC, run->who->role, line_add, to);
		return;
	}
	for (unsigned int mode = 0; mode < KCL_MODE_COUNT; mode++) {
		fprintf(to, "%s:\n", kcl_mode_name(mode));
		kcl_syntax_each(mode, run->who->role, line_add, to);
	}
}

static int show_commands(struct knd_run *run, struct knd_out *out)
{
	const int rc = run->state == NULL ? listing_make(run, commands_fill) : 0;

	return rc < 0 ? rc : listing_step(run->state, out);
}

const struct knd_command knd_cmd_show_commands = {
	.name = "show_commands", .next = show_commands, .close = listing_close};

/* ---- show alias ------------------------------------------------------------------------------ */

static const struct kcp_schema alias_schema = {
	.id = "alias/1",
	.legend = "",
	.column_cnt = 2,
	.columns = {{"alias", "Alias", KCP_FMT_TEXT}, {"line", "Line", KCP_FMT_TEXT}},
};

static int show_alias(struct knd_run *run, struct knd_out *out)
{
	const struct kcl_aliases *aliases = knd_view_config(run->daemon)->aliases;

	for (uint32_t i = 0; aliases != NULL && i < aliases->cnt; i++) {
		knd_row_begin(out);
		knd_row_str(out, "alias", aliases->alias[i].name);
		knd_row_str(out, "line", aliases->alias[i].line);
		knd_row_end(out);
	}
	return 0;
}

const struct knd_command knd_cmd_show_alias = {
	.name = "show_alias", .schema = &alias_schema, .next = show_alias};

/* ---- show clock ------------------------------------------------------------------------------ */

static const struct kcp_schema clock_schema = {
	.id = "clock/1",
	.legend = "",
	.column_cnt = 2,
	.columns = {{"time", "Time", KCP_FMT_TIME}, {"local", "Local", KCP_FMT_TEXT}},
};

static int show_clock(struct knd_run *run, struct knd_out *out)
{
	struct timespec now;
	char utc[40], local[64];
	struct tm tm;

	(void)run;
	clock_gettime(CLOCK_REALTIME, &now);
	knd_format_time((uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec, utc,
			sizeof(utc));
	localtime_r(&now.tv_sec, &tm);
	strftime(local, sizeof(local), "%a %Y-%m-%d %H:%M:%S %Z", &tm);
	if (!knd_out_wants_rows(out)) {
		knd_out_line(out, "%s (%s)", local, utc);
		return 0;
	}
	knd_row_begin(out);
	knd_row_str(out, "time", utc);
	knd_row_str(out, "local", local);
	knd_row_end(out);
	return 0;
}

static const struct kcp_schema *choose_clock(const struct knd_run *run, bool wants_rows)
{
	(void)run;
	return wants_rows ? &clock_schema : NULL;
}

static const struct kcp_schema *const clock_schemas[] = {&clock_schema, NULL};

const struct knd_command knd_cmd_show_clock = {
	.name = "show_clock", .schemas = clock_schemas, .choose = choose_clock, .next = show_clock};
