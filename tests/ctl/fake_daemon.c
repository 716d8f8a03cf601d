// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The daemon behind the session in tests: a configuration of two values, and commands that emit as
 * many rows as asked, some lines, or an error.
 */
#include "tests/ctl/fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kcp_schema rows_schema = {
	.id = "rows/1",
	.legend = "",
	.column_cnt = 3,
	.columns = {{"id", "Id", KCP_FMT_INT},
		    {"name", "Name", KCP_FMT_TEXT},
		    {"links", "Links", KCP_FMT_TEXT}},
};

static void opened_count(struct knd_run *run)
{
	struct fake_daemon *fake = run->daemon;

	if (!run->state)
		fake->opened++;
	run->state = fake;
}

static void any_close(struct knd_run *run)
{
	struct fake_daemon *fake = run->daemon;

	if (run->state)
		fake->closed++;
}

static int rows_next(struct knd_run *run, struct knd_out *out)
{
	const unsigned long end = fake_args_number(run->args);

	opened_count(run);
	while (run->key < end && !knd_out_full(out)) {
		knd_row_begin(out);
		knd_row_int(out, "id", (int64_t)run->key);
		knd_row_str(out, "name", run->key % 2 ? "odd" : "even \xff");
		knd_row_bits(out, "links", 5);
		knd_row_null(out, "rtt_us");
		knd_row_end(out);
		run->key++;
	}
	return run->key < end;
}

static int text_next(struct knd_run *run, struct knd_out *out)
{
	opened_count(run);
	knd_out_line(out, "first line");
	knd_out_line(out, "second line");
	return 0;
}

/* Bytes until it is told to come to an end: those that stood behind the line, then "." at each
 * turn, then "!". */
static int bytes_next(struct knd_run *run, struct knd_out *out)
{
	opened_count(run);
	if (run->key++ == 0 && run->wants_bytes && run->rest_len)
		knd_out_bytes(out, run->rest, run->rest_len);
	knd_out_bytes(out, run->is_cancelled ? "!" : ".", 1);
	return run->is_cancelled ? 0 : KND_RUN_WAIT;
}

static int fail_next(struct knd_run *run, struct knd_out *out)
{
	opened_count(run);
	knd_out_line(out, "before it failed");
	knd_out_error(out, KCP_FAILED, "it failed");
	knd_out_error(out, KCP_COMMIT, "a later error does not replace the first");
	return 1;
}

/* Ways into and out of the configuration that are commands, and a role put down and taken up. */
static int session_next(struct knd_run *run, struct knd_out *out)
{
	struct fake_daemon *fake = run->daemon;

	opened_count(run);
	if (fake->is_inside) {
		knd_out_error(out, KCP_COMMIT, "already inside");
		return 0;
	}
	fake->is_inside = true;
	return 0;
}

static int abort_next(struct knd_run *run, struct knd_out *out)
{
	(void)out;
	opened_count(run);
	return 0;
}

static int disable_next(struct knd_run *run, struct knd_out *out)
{
	(void)out;
	opened_count(run);
	run->role = KCP_ROLE_OPERATOR;
	return 0;
}

static int enable_next(struct knd_run *run, struct knd_out *out)
{
	(void)out;
	opened_count(run);
	run->role = KCP_ROLE_ADMIN;
	return 0;
}

static const struct knd_command commands[] = {
	{.name = "session", .move = KND_MOVE_CONFIG, .next = session_next, .close = any_close},
	{.name = "abort", .move = KND_MOVE_EXEC, .next = abort_next, .close = any_close},
	{.name = "disable", .next = disable_next, .close = any_close},
	{.name = "enable", .next = enable_next, .close = any_close},
	{.name = "show_rows", .schema = &rows_schema, .next = rows_next, .close = any_close},
	{.name = "show_text", .next = text_next, .close = any_close},
	{.name = "show_bytes", .is_graceful = true, .next = bytes_next, .close = any_close},
	{.name = "show_fail", .next = fail_next, .close = any_close},
};

static const struct knd_command *fake_command_find(void *daemon, const char *name)
{
	(void)daemon;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (name && strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static const struct kcl_config *fake_running(void *daemon)
{
	const struct fake_daemon *fake = daemon;

	return fake->running;
}

static int fake_judge(void *daemon, const struct kcl_config *candidate, char *why, size_t why_size)
{
	(void)daemon;
	if (candidate->value <= 1000)
		return 0;
	snprintf(why, why_size, "value %lu is over 1000", candidate->value);
	return -EINVAL;
}

static int fake_commit(void *daemon, const struct knd_who *who, struct kcl_config *candidate,
		       char *why, size_t why_size)
{
	struct fake_daemon *fake = daemon;

	(void)who;
	if (fake_judge(daemon, candidate, why, why_size) < 0)
		return -EINVAL;
	free(fake->running);
	fake->running = candidate;
	fake->generation++;
	return 0;
}

static uint64_t fake_generation(void *daemon)
{
	const struct fake_daemon *fake = daemon;

	return fake->generation;
}

static bool fake_is_unsaved(void *daemon)
{
	const struct fake_daemon *fake = daemon;

	return fake->generation > 1;
}

static void fake_mark(void *daemon, const struct knd_who *who, char *out, size_t size)
{
	const struct fake_daemon *fake = daemon;

	snprintf(out, size, "%s%s", who->role == KCP_ROLE_ADMIN ? "" : "o",
		 fake->generation % 16 == 15 ? "!" : "");
}

/* Every eighth generation is locked by somebody else. */
static int fake_enter(void *daemon, const struct knd_who *who, char *why, size_t why_size)
{
	struct fake_daemon *fake = daemon;

	(void)who;
	fake->faults += fake->is_inside;
	if (fake->generation % 8 == 7) {
		snprintf(why, why_size, "locked");
		return -EBUSY;
	}
	fake->is_inside = true;
	return 0;
}

static void fake_leave(void *daemon, const struct knd_who *who)
{
	struct fake_daemon *fake = daemon;

	(void)who;
	fake->faults += !fake->is_inside;
	fake->is_inside = false;
}

static void fake_gone(void *daemon, const struct knd_who *who)
{
	struct fake_daemon *fake = daemon;

	(void)who;
	fake->gone++;
}

static void fake_audit(void *daemon, const struct knd_who *who, const char *words,
		       const char *result)
{
	struct fake_daemon *fake = daemon;

	fake->faults += !who->session || !words || !result[0];
}

const struct knd_ctl_ops fake_ops = {
	.command_find = fake_command_find,
	.running = fake_running,
	.commit = fake_commit,
	.judge = fake_judge,
	.generation = fake_generation,
	.is_unsaved = fake_is_unsaved,
	.mark = fake_mark,
	.enter = fake_enter,
	.leave = fake_leave,
	.gone = fake_gone,
	.audit = fake_audit,
};

int fake_daemon_init(struct fake_daemon *fake)
{
	*fake = (struct fake_daemon){.generation = 1};
	fake->running = calloc(1, sizeof(*fake->running));
	if (!fake->running)
		return -ENOMEM;
	snprintf(fake->running->hostname, sizeof(fake->running->hostname), "alpha");
	return 0;
}

void fake_daemon_fini(struct fake_daemon *fake)
{
	free(fake->running);
}
