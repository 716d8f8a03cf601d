// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show configuration ...`: what differs between configurations, what is in the archive, who holds
 * the lock, what is collected and not committed. Control thread only.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"
#include "knetd/config_file.h"
#include "knetd/impact.h"

static struct knd_txn *txn_of(const struct knd_run *run)
{
	return knd_view_txn(run->daemon);
}

static void line_out(void *arg, const char *line)
{
	knd_out_line(arg, "%s", line);
}

/* ---- differences ------------------------------------------------------------------------------
 */

/* What is compared, and how far the answer is; owns both sides, which others may replace. */
struct comparison {
	struct kcl_config *a, *b;
	struct kcl_delta delta;
};

static void comparison_close(struct knd_run *run)
{
	struct comparison *cmp = run->state;

	if (!cmp)
		return;
	kcl_config_free(cmp->a);
	kcl_config_free(cmp->b);
	free(cmp);
}

/* What is wrong with it is left out: that is what the daemon started with. */
static struct kcl_config *startup_get(const struct knd_run *run, struct knd_why *why)
{
	static const struct knd_who self = {.user = "knetd"};
	const char *path = knd_view_startup_path(run->daemon);
	const struct knd_config_file file = {.startup = path, .who = &self, .name = path};
	struct kcl_config *config;

	return knd_config_file_read(&file, NULL, NULL, &config, why) < 0 ? NULL : config;
}

static struct kcl_config *copy_get(const struct kcl_config *config, struct knd_why *why)
{
	struct kcl_config *copy = kcl_config_copy(config);

	if (!copy)
		knd_why_say(why, -ENOMEM, "out of memory");
	return copy;
}

static struct kcl_config *archive_get(const struct knd_run *run, uint64_t generation,
				      struct knd_why *why)
{
	const struct knd_txn_entry *entry = knd_txn_entry_find(txn_of(run), generation, why);

	return entry ? knd_txn_entry_config(txn_of(run), entry, why) : NULL;
}

/* The side that begins at argument `i`, which moves behind it. NULL with `why`. */
static struct kcl_config *side_get(const struct knd_run *run, unsigned int *i, struct knd_why *why)
{
	const char *name = run->args->value[(*i)++].name;
	struct knd_txn_cand_view cand;

	if (strcmp(name, "running") == 0)
		return copy_get(knd_txn_running(txn_of(run)), why);
	if (strcmp(name, "startup") == 0)
		return startup_get(run, why);
	if (strcmp(name, "archive") == 0)
		return archive_get(run, run->args->value[(*i)++].number, why);
	if (knd_txn_cand_of(txn_of(run), run->who->session, &cand))
		return copy_get(cand.config, why);
	knd_why_say(why, -ENOENT, "There is no candidate: this session collects no lines");
	return NULL;
}

/* Without words: what the session has collected, or what is not saved. */
static void sides_default(const struct knd_run *run, struct comparison *cmp, struct knd_why *why)
{
	struct knd_txn_cand_view cand;

	if (knd_txn_cand_of(txn_of(run), run->who->session, &cand)) {
		cmp->a = copy_get(cand.base, why);
		cmp->b = copy_get(cand.config, why);
	} else {
		cmp->a = startup_get(run, why);
		cmp->b = copy_get(knd_txn_running(txn_of(run)), why);
	}
}

static void counts_say(struct knd_out *out, const struct comparison *cmp)
{
	struct knd_impact impact;

	knd_impact(cmp->a, cmp->b, &impact);
	knd_out_line(out, "%u changed, %u added, %u removed; re-handshakes: %s; traffic impact: %s",
		     cmp->delta.changed, cmp->delta.added, cmp->delta.removed,
		     impact.handshake_text, impact.traffic_text);
}

static int comparison_next(struct knd_run *run, struct knd_out *out)
{
	struct comparison *cmp = run->state;
	int rc = 1;

	cmp->delta.arg = out;
	while (rc > 0 && !knd_out_full(out))
		rc = kcl_delta_next(&cmp->delta);
	if (rc == 0)
		counts_say(out, cmp);
	return rc;
}

/* Allocates the run's state. */
static struct comparison *comparison_new(struct knd_run *run)
{
	run->state = calloc(1, sizeof(struct comparison));
	return run->state;
}

static int comparison_begin(struct comparison *cmp, struct knd_out *out, const struct knd_why *why)
{
	if (!cmp->a || !cmp->b) {
		knd_out_error(out, KCP_FAILED, "%s", why->text);
		return -ENOENT;
	}
	cmp->delta = (struct kcl_delta){.a = cmp->a, .b = cmp->b, .emit = line_out};
	return 0;
}

static int show_diff(struct knd_run *run, struct knd_out *out)
{
	struct comparison *cmp = run->state;
	struct knd_why why = {""};
	unsigned int i = 3;

	if (cmp)
		return comparison_next(run, out);
	cmp = comparison_new(run);
	if (!cmp)
		return -ENOMEM;
	if (run->args->cnt > i) {
		cmp->a = side_get(run, &i, &why);
		cmp->b = cmp->a ? side_get(run, &i, &why) : NULL;
	} else {
		sides_default(run, cmp, &why);
	}
	return comparison_begin(cmp, out, &why) < 0 ? -ENOENT : comparison_next(run, out);
}

static int show_rollback(struct knd_run *run, struct knd_out *out)
{
	struct comparison *cmp = run->state;
	struct knd_why why = {""};

	if (cmp)
		return comparison_next(run, out);
	cmp = comparison_new(run);
	if (!cmp)
		return -ENOMEM;
	cmp->a = copy_get(run->config, &why);
	cmp->b = archive_get(run, kcl_args_uint(run->args, "generation", 0), &why);
	return comparison_begin(cmp, out, &why) < 0 ? -ENOENT : comparison_next(run, out);
}

/* ---- the archive ------------------------------------------------------------------------------
 */

static const struct kcp_schema history_schema = {
	.id = "configuration-history/1",
	.legend = "",
	.column_cnt = 10,
	.columns = {{"generation", "Gen", KCP_FMT_INT},
		    {"time", "When", KCP_FMT_TIME},
		    {"user", "User", KCP_FMT_TEXT},
		    {"via", "Via", KCP_FMT_TEXT},
		    {"change", "Change", KCP_FMT_TEXT},
		    {"added", "Added", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"changed", "Changed", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"removed", "Removed", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"state", "State", KCP_FMT_TEXT},
		    {"comment", "Comment", KCP_FMT_TEXT}},
};

/* "confirm in 00:04:51", "saved", "running", "" */
static void state_format(const struct knd_txn *txn, const struct knd_txn_entry *entry, char *out,
			 size_t size)
{
	const struct knd_txn_window window = knd_txn_window(txn);

	out[0] = '\0';
	if (window.base && window.generation && entry->generation >= window.generation)
		snprintf(out, size, "confirm in %02llu:%02llu",
			 (unsigned long long)window.left_s / 60,
			 (unsigned long long)window.left_s % 60);
	else if (entry->generation == knd_txn_saved(txn))
		snprintf(out, size, "saved");
	else if (entry->generation == knd_txn_generation(txn))
		snprintf(out, size, "running");
}

static void change_format(const struct knd_txn_entry *entry, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	if (entry->added)
		used += (size_t)snprintf(out + used, size - used, " +%u", entry->added);
	if (entry->changed)
		used += (size_t)snprintf(out + used, size - used, " ~%u", entry->changed);
	if (entry->removed)
		snprintf(out + used, size - used, " -%u", entry->removed);
}

static void history_row(struct knd_out *out, const struct knd_txn *txn,
			const struct knd_txn_entry *entry)
{
	char text[64];

	knd_row_begin(out);
	knd_row_int(out, "generation", (int64_t)entry->generation);
	knd_format_time(entry->real_ns, text, sizeof(text));
	knd_row_str(out, "time", text);
	knd_row_str(out, "user", entry->user);
	knd_row_str(out, "via", entry->via);
	change_format(entry, text, sizeof(text));
	knd_row_str(out, "change", text[0] ? text + 1 : "-");
	knd_row_int(out, "added", entry->added);
	knd_row_int(out, "changed", entry->changed);
	knd_row_int(out, "removed", entry->removed);
	state_format(txn, entry, text, sizeof(text));
	knd_row_str(out, "state", text[0] ? text : "-");
	knd_row_str(out, "comment", entry->comment);
	knd_row_end(out);
}

/* key: the generation of the last row, so that one that is new meanwhile does no harm. */
static int show_history(struct knd_run *run, struct knd_out *out)
{
	const struct knd_txn *txn = txn_of(run);
	const struct knd_txn_entry *entry;

	for (size_t i = 0; (entry = knd_txn_entry_at(txn, i)) != NULL; i++) {
		if (run->key && entry->generation >= run->key)
			continue;
		history_row(out, txn, entry);
		run->key = entry->generation;
		if (knd_out_full(out))
			return 1;
	}
	return 0;
}

/* ---- lock and sessions ------------------------------------------------------------------------
 */

static const struct kcp_schema lock_schema = {
	.id = "configuration-lock/1",
	.legend = "",
	.column_cnt = 6,
	.columns = {{"kind", "Kind", KCP_FMT_TEXT},
		    {"user", "Holder", KCP_FMT_TEXT},
		    {"pid", "Pid", KCP_FMT_INT},
		    {"tty", "Terminal", KCP_FMT_TEXT},
		    {"session", "Session", KCP_FMT_INT},
		    {"seconds", "Age/Left", KCP_FMT_SECONDS}},
};

static void holder_row(struct knd_out *out, const char *kind, const struct knd_who *who,
		       uint64_t seconds)
{
	knd_row_begin(out);
	knd_row_str(out, "kind", kind);
	knd_row_str(out, "user", who->user);
	knd_row_int(out, "pid", who->pid);
	knd_row_str(out, "tty", who->tty[0] ? who->tty : NULL);
	knd_row_int(out, "session", who->session);
	knd_row_int(out, "seconds", (int64_t)seconds);
	knd_row_end(out);
}

/* What keeps others from committing: the lock, and a trial. */
static int show_lock(struct knd_run *run, struct knd_out *out)
{
	const struct knd_txn_lock *lock = knd_txn_lock(txn_of(run));
	const struct knd_txn_window window = knd_txn_window(txn_of(run));

	if (lock)
		holder_row(out, "lock", &lock->who, (uint64_t)knd_age_s(lock->since_ns));
	if (window.base)
		holder_row(out, "trial", &window.who, window.left_s);
	return 0;
}

static const struct kcp_schema sessions_schema = {
	.id = "configuration-sessions/1",
	.legend = "",
	.column_cnt = 9,
	.columns = {{"name", "Name", KCP_FMT_TEXT},
		    {"user", "User", KCP_FMT_TEXT},
		    {"session", "In use by", KCP_FMT_INT},
		    {"time", "Since", KCP_FMT_TIME},
		    {"base_generation", "Base", KCP_FMT_INT},
		    {"change", "Uncommitted", KCP_FMT_TEXT},
		    {"added", "Added", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"changed", "Changed", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"removed", "Removed", KCP_FMT_INT | KCP_FMT_HIDDEN}},
};

static int cand_row(struct knd_out *out, const struct knd_txn_cand_view *cand)
{
	struct kcl_delta delta;
	char text[64];

	if (kcl_config_delta(cand->base, cand->config, NULL, NULL, &delta) < 0)
		return -ENOMEM;
	knd_row_begin(out);
	knd_row_str(out, "name", cand->name);
	knd_row_str(out, "user", cand->user);
	if (cand->session)
		knd_row_int(out, "session", cand->session);
	else
		knd_row_null(out, "session");
	knd_format_time(cand->since_real_ns, text, sizeof(text));
	knd_row_str(out, "time", text);
	knd_row_int(out, "base_generation", (int64_t)cand->base_generation);
	snprintf(text, sizeof(text), "+%u ~%u -%u", delta.added, delta.changed, delta.removed);
	knd_row_str(out, "change", cand->is_dirty ? text : "-");
	knd_row_int(out, "added", delta.added);
	knd_row_int(out, "changed", delta.changed);
	knd_row_int(out, "removed", delta.removed);
	knd_row_end(out);
	return 0;
}

static int show_cands(struct knd_run *run, struct knd_out *out)
{
	struct knd_txn_cand_view cand;
	int rc = 0;

	for (size_t i = 0; rc == 0 && knd_txn_cand_at(txn_of(run), i, &cand); i++)
		rc = cand_row(out, &cand);
	return rc;
}

/* ---- check ------------------------------------------------------------------------------------
 */

static void rule_out(void *arg, const struct kcl_iface *iface, const char *message)
{
	(void)iface;
	knd_out_line(arg, "%s", message);
}

static int show_check(struct knd_run *run, struct knd_out *out)
{
	if (kcl_config_check(run->config, rule_out, out) == 0)
		knd_out_line(out, "The configuration is in order.");
	return 0;
}

const struct knd_command knd_show_config_cmds[] = {
	{.name = "show_configuration_diff", .next = show_diff, .close = comparison_close},
	{.name = "show_configuration_rollback", .next = show_rollback, .close = comparison_close},
	{.name = "show_configuration_history", .schema = &history_schema, .next = show_history},
	{.name = "show_configuration_lock", .schema = &lock_schema, .next = show_lock},
	{.name = "show_configuration_sessions", .schema = &sessions_schema, .next = show_cands},
	{.name = "show_configuration_check", .next = show_check},
	{0},
};
