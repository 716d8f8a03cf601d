// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Commands about transactions: ways into the configuration, `commit`, `rollback`, `load`, `copy`
 * and their like. Each does its work at its first call, and says in a line what came of it. Control
 * thread only.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"
#include "knetd/config_file.h"

#define CONFIRM_DEFAULT_MIN 10

static int failed(struct knd_out *out, int rc, const struct knd_why *why)
{
	knd_out_error(out, rc == -EACCES || rc == -EPERM ? KCP_PERMISSION : KCP_COMMIT, "%s",
		      why->text[0] ? why->text : strerror(-rc));
	return rc;
}

static struct knd_txn *txn_of(const struct knd_run *run)
{
	return knd_view_txn(run->daemon);
}

/* Minutes of `confirmed [MIN]`, 0 without it. */
static unsigned int trial_minutes(const struct kcl_args *args)
{
	if (!kcl_args_has(args, "confirmed"))
		return 0;
	return (unsigned int)kcl_args_uint(args, "minutes", CONFIRM_DEFAULT_MIN);
}

static void committed_say(const struct knd_run *run, struct knd_out *out, unsigned int minutes)
{
	const uint64_t generation = knd_txn_generation(txn_of(run));

	if (minutes)
		knd_out_line(out,
			     "Committed generation %" PRIu64 ". Reverts in %u min unless `commit` "
			     "(or `commit confirm`).",
			     generation, minutes);
	else
		knd_out_line(out, "Committed generation %" PRIu64 ".", generation);
}

static void conflict_say(void *arg, const char *line)
{
	knd_out_line(arg, "conflict: %s", line);
}

/* ---- ways in --------------------------------------------------------------------------------- */

/* Through `do`, the session is in the configuration already. */
static int entering_check(const struct knd_run *run, struct knd_out *out)
{
	if (run->args->place.mode == KCL_MODE_EXEC)
		return 0;
	knd_out_error(out, KCP_FAILED, "Already in the configuration: expected `end` first");
	return -EALREADY;
}

static int enter(struct knd_run *run, struct knd_out *out,
		 int (*how)(struct knd_txn *txn, const struct knd_run *run, struct knd_why *why))
{
	struct knd_why why = {""};
	int rc = entering_check(run, out);

	if (rc < 0)
		return rc;
	rc = how(txn_of(run), run, &why);
	return rc < 0 ? failed(out, rc, &why) : 0;
}

static int session_enter(struct knd_txn *txn, const struct knd_run *run, struct knd_why *why)
{
	const struct kcl_value *name = kcl_args_find(run->args, "session");

	/* The argument has the keyword's name: a keyword alone is no name. */
	return knd_txn_enter_session(txn, run->who,
				     name && name->kind != KCL_VALUE_WORD ? name->text : NULL, why);
}

static int configure_session(struct knd_run *run, struct knd_out *out)
{
	return enter(run, out, session_enter);
}

static int exclusive_enter(struct knd_txn *txn, const struct knd_run *run, struct knd_why *why)
{
	return knd_txn_enter_exclusive(txn, run->who, why);
}

static int configure_exclusive(struct knd_run *run, struct knd_out *out)
{
	return enter(run, out, exclusive_enter);
}

static int revert_enter(struct knd_txn *txn, const struct knd_run *run, struct knd_why *why)
{
	return knd_txn_enter_revert(txn, run->who,
				    (unsigned int)kcl_args_uint(run->args, "minutes", 1), why);
}

static int configure_revert(struct knd_run *run, struct knd_out *out)
{
	const int rc = enter(run, out, revert_enter);

	if (rc == 0)
		knd_out_line(out,
			     "Everything reverts in %" PRIu64
			     " min, or when this session dies, unless `commit confirm`.",
			     kcl_args_uint(run->args, "minutes", 1));
	return rc;
}

/* ---- commit ---------------------------------------------------------------------------------- */

static int commit(struct knd_run *run, struct knd_out *out)
{
	const struct knd_txn_how how = {.comment = kcl_args_text(run->args, "comment"),
					.trial_min = trial_minutes(run->args)};
	const struct kcl_value *text = kcl_args_find(run->args, "comment");
	struct knd_txn_how own = how;
	struct knd_why why = {""};
	struct knd_txn *txn = txn_of(run);
	const bool was_on_trial = knd_txn_window(txn).base != NULL;
	int rc;

	if (text && text->kind == KCL_VALUE_WORD)
		own.comment = NULL;
	rc = knd_txn_commit(txn, run->who, &own, conflict_say, out, &why);
	if (rc < 0)
		return failed(out, rc, &why);
	if (rc == 0 && was_on_trial && !how.trial_min)
		knd_out_line(out, "Generation %" PRIu64 " is confirmed.", knd_txn_generation(txn));
	else if (rc == 0)
		committed_say(run, out, how.trial_min);
	else if (run->config == knd_txn_running(txn))
		knd_out_line(out, "Nothing to commit: here every line takes effect at once "
				  "(`configure session` collects them).");
	else
		knd_out_line(out, "Nothing to commit.");
	return 0;
}

static int commit_check(struct knd_run *run, struct knd_out *out)
{
	struct kcl_config *config;
	struct knd_why why = {""};
	const int rc = knd_txn_check(txn_of(run), run->who, conflict_say, out, &config, &why);

	if (rc < 0)
		return failed(out, rc, &why);
	kcl_config_free(config);
	knd_out_line(out, "It can be committed.");
	return 0;
}

static int commit_confirm(struct knd_run *run, struct knd_out *out)
{
	struct knd_why why = {""};
	const int rc = knd_txn_confirm(txn_of(run), run->who, &why);

	if (rc < 0)
		return failed(out, rc, &why);
	knd_out_line(out, "Generation %" PRIu64 " is confirmed.", knd_txn_generation(txn_of(run)));
	return 0;
}

static int commit_cancel(struct knd_run *run, struct knd_out *out)
{
	struct knd_why why = {""};
	const int rc = knd_txn_cancel(txn_of(run), run->who, &why);

	if (rc < 0)
		return failed(out, rc, &why);
	knd_out_line(out, "What was before the trial is in force again, as generation %" PRIu64 ".",
		     knd_txn_generation(txn_of(run)));
	return 0;
}

static int abort_session(struct knd_run *run, struct knd_out *out)
{
	if (knd_txn_abort(txn_of(run), run->who) == 0)
		knd_out_line(out, "The collected lines are dropped.");
	return 0;
}

/* ---- other configurations ---------------------------------------------------------------------
 */

/* A copy of one of the archive, or NULL with `why`. */
static struct kcl_config *archive_get(const struct knd_run *run, const char *name,
				      struct knd_why *why)
{
	const struct knd_txn_entry *entry =
		knd_txn_entry_find(txn_of(run), kcl_args_uint(run->args, name, 0), why);

	return entry ? knd_txn_entry_config(txn_of(run), entry, why) : NULL;
}

/* Commits the configuration, or makes it the candidate; consumes it. */
static int config_take(struct knd_run *run, struct knd_out *out, struct kcl_config *config,
		       const struct knd_txn_how *how)
{
	struct knd_txn_cand_view cand;
	const bool is_candidate = knd_txn_cand_of(txn_of(run), run->who->session, &cand);
	struct knd_why why = {""};
	int rc;

	if (is_candidate && how->trial_min)
		rc = knd_why_say(
			&why, -EINVAL,
			"Lines are collected here: expected `commit confirmed` to try them");
	else if (!is_candidate && !knd_txn_differs(knd_txn_running(txn_of(run)), config))
		rc = 1;
	else
		rc = knd_txn_edit(txn_of(run), run->who, config, how, &why);
	if (rc != 0)
		kcl_config_free(config);
	if (rc < 0)
		return failed(out, rc, &why);
	if (rc == 1)
		knd_out_line(out, "Nothing to change.");
	else if (is_candidate)
		knd_out_line(out, "Taken into the session, to be committed.");
	else
		committed_say(run, out, how->trial_min);
	return 0;
}

static int rollback(struct knd_run *run, struct knd_out *out)
{
	char comment[64];
	const struct knd_txn_how how = {
		.via = "rollback", .comment = comment, .trial_min = trial_minutes(run->args)};
	struct knd_why why = {""};
	struct kcl_config *config = archive_get(run, "generation", &why);

	if (!config)
		return failed(out, -ENOENT, &why);
	snprintf(comment, sizeof(comment), "to generation %" PRIu64,
		 kcl_args_uint(run->args, "generation", 0));
	return config_take(run, out, config, &how);
}

static struct knd_config_file file_of(const struct knd_run *run, const char *name)
{
	return (struct knd_config_file){
		.startup = knd_view_startup_path(run->daemon), .who = run->who, .name = name};
}

static int configure_replace(struct knd_run *run, struct knd_out *out)
{
	const struct knd_txn_how how = {.via = "replace", .trial_min = trial_minutes(run->args)};
	const struct knd_config_file file = file_of(run, kcl_args_text(run->args, "file"));
	struct kcl_config *config = NULL;
	struct knd_why why = {""};
	int rc = -ENOENT;

	if (file.name)
		rc = knd_config_file_read(&file, NULL, out, &config, &why);
	else
		config = archive_get(run, "generation", &why);
	if (!config)
		return failed(out, rc, &why);
	return config_take(run, out, config, &how);
}

static int load(struct knd_run *run, struct knd_out *out)
{
	const bool merges = kcl_args_has(run->args, "merge");
	const struct knd_config_file file = file_of(run, kcl_args_text(run->args, "file"));
	const struct knd_txn_how how = {.via = "load"};
	struct kcl_config *config;
	struct knd_why why = {""};
	const int rc = knd_config_file_read(&file, merges ? run->config : NULL, out, &config, &why);

	if (rc < 0)
		return failed(out, rc, &why);
	return config_take(run, out, config, &how);
}

/* ---- copy ------------------------------------------------------------------------------------ */

static void text_add(void *arg, const char *line)
{
	fputs(line, arg);
	fputc('\n', arg);
}

static void overlay_error(void *arg, unsigned int number, const char *line,
			  const struct kcl_error *err)
{
	(void)number;
	knd_out_line(arg, "%s: %s", line ? line : "", err->message);
}

/* All lines of `from` on top of `base`; NULL without memory or if they do not fit. */
static struct kcl_config *config_overlay(const struct kcl_config *base,
					 const struct kcl_config *from, struct knd_out *out)
{
	const struct kcl_load how = {
		.base = base, .is_unchecked = true, .report = overlay_error, .arg = out};
	struct kcl_config *config = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		return NULL;
	kcl_config_write(from, text_add, file);
	if (fclose(file) != 0 || kcl_config_read(&how, text, len, &config) < 0)
		config = NULL;
	free(text);
	return config;
}

/* What is to be copied; owned. */
static int source_get(const struct knd_run *run, struct knd_out *out, struct kcl_config **config,
		      struct knd_why *why)
{
	static const struct knd_who self = {.user = "knetd"};
	const struct kcl_value *from = &run->args->value[1];
	struct knd_config_file file = file_of(run, from->text);

	*config = NULL;
	if (from->kind != KCL_VALUE_WORD)
		return knd_config_file_read(&file, NULL, out, config, why);
	if (strcmp(from->name, "running-config") == 0) {
		*config = kcl_config_copy(knd_txn_running(txn_of(run)));
		return *config ? 0 : knd_why_say(why, -ENOMEM, "out of memory");
	}
	if (strcmp(from->name, "archive") == 0) {
		*config = archive_get(run, "generation", why);
		return *config ? 0 : -ENOENT;
	}
	/* With the daemon's rights: everybody may see it by `show startup-config`. */
	file.who = &self;
	file.name = file.startup;
	return knd_config_file_read(&file, NULL, out, config, why);
}

static int running_overlay(struct knd_run *run, struct knd_out *out,
			   const struct kcl_config *config)
{
	const struct knd_txn_how how = {.via = "copy"};
	struct kcl_config *both = config_overlay(knd_txn_running(txn_of(run)), config, out);

	if (both)
		return config_take(run, out, both, &how);
	knd_out_error(out, KCP_COMMIT,
		      "These lines do not fit to what is running: nothing is "
		      "changed (`configure replace` puts them in its place)");
	return -EINVAL;
}

static int copy(struct knd_run *run, struct knd_out *out)
{
	const struct kcl_value *to = &run->args->value[run->args->cnt - 1];
	const struct knd_config_file file = file_of(run, to->text);
	struct kcl_config *config;
	struct knd_why why = {""};
	int rc = source_get(run, out, &config, &why);

	if (rc < 0)
		return failed(out, rc, &why);
	if (to->kind == KCL_VALUE_WORD && strcmp(to->name, "running-config") == 0) {
		rc = running_overlay(run, out, config);
		kcl_config_free(config);
		return rc;
	}
	if (to->kind == KCL_VALUE_WORD)
		rc = knd_txn_save_as_startup(txn_of(run), config, &why);
	else
		rc = knd_config_file_write(&file, config, &why);
	kcl_config_free(config);
	if (rc < 0)
		return failed(out, rc, &why);
	knd_out_line(out, "Saved as %s",
		     to->kind == KCL_VALUE_WORD ? knd_view_startup_path(run->daemon) : to->text);
	return 0;
}

static int write_file(struct knd_run *run, struct knd_out *out)
{
	const struct knd_config_file file = file_of(run, kcl_args_text(run->args, "to"));
	struct knd_why why = {""};
	const int rc = knd_config_file_write(&file, knd_txn_running(txn_of(run)), &why);

	if (rc < 0)
		return failed(out, rc, &why);
	knd_out_line(out, "Saved as %s", file.name);
	return 0;
}

static int clear_lock(struct knd_run *run, struct knd_out *out)
{
	struct knd_why why = {""};
	const int rc = knd_txn_unlock(txn_of(run), run->who, &why);

	return rc < 0 ? failed(out, rc, &why) : 0;
}

/* ---- roles ----------------------------------------------------------------------------------- */

static int enable(struct knd_run *run, struct knd_out *out)
{
	if (run->who->role_max != KCP_ROLE_ADMIN) {
		knd_out_error(out, KCP_PERMISSION, "This session may only look");
		return -EPERM;
	}
	run->role = KCP_ROLE_ADMIN;
	return 0;
}

static int disable(struct knd_run *run, struct knd_out *out)
{
	(void)out;
	run->role = KCP_ROLE_OPERATOR;
	return 0;
}

const struct knd_command knd_config_cmds[] = {
	{.name = "configure_session", .move = KND_MOVE_CONFIG, .next = configure_session},
	{.name = "configure_exclusive", .move = KND_MOVE_CONFIG, .next = configure_exclusive},
	{.name = "configure_revert", .move = KND_MOVE_CONFIG, .next = configure_revert},
	{.name = "configure_replace", .next = configure_replace},
	{.name = "commit", .next = commit},
	{.name = "commit_check", .next = commit_check},
	{.name = "commit_confirm", .next = commit_confirm},
	{.name = "commit_cancel", .next = commit_cancel},
	{.name = "abort", .move = KND_MOVE_EXEC, .next = abort_session},
	{.name = "rollback", .next = rollback},
	{.name = "load", .next = load},
	{.name = "copy", .next = copy},
	{.name = "write_file", .next = write_file},
	{.name = "clear_configuration_lock", .next = clear_lock},
	{.name = "enable", .next = enable},
	{.name = "disable", .next = disable},
	{0},
};
