// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Trials: a change that is undone unless somebody confirms it, for whoever configures a host
 * through the network that this host carries.
 *
 * Before a trial begins, what was running is on the disk, beside the startup configuration, as
 * FILE.revert, and what is tried as FILE.trial. A daemon that dies in the meantime therefore starts
 * with what was before; if it is back within the time, the trial can still be confirmed, which
 * brings the change back. Both files go with the trial. While it lasts, only the session that
 * began it may commit more. Control thread only.
 */
#include "knetd/txn/internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "knetd/cmd/kcl.h"
#include "knetd/save.h"

#define SECOND     1000000000ULL
#define RETRY_NS   (5 * SECOND)
#define HEAD_MARK  "! knet-trial 1 until "
#define FOREVER_NS UINT64_MAX

/* Notices before the end, in seconds. */
static const unsigned int warnings[] = {60, 10};
#define WARNINGS (sizeof(warnings) / sizeof(warnings[0]))

static void path_make(const struct knd_txn *txn, const char *suffix, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s.%s", txn->path, suffix);
}

static uint64_t left_ns(const struct knd_txn *txn)
{
	const uint64_t now = txn->ops->now_ns(txn->arg);

	return txn->window.deadline_ns > now ? txn->window.deadline_ns - now : 0;
}

struct knd_txn_window knd_txn_window(const struct knd_txn *txn)
{
	const struct knd_window *window = &txn->window;

	if (!window->base)
		return (struct knd_txn_window){0};
	return (struct knd_txn_window){
		.base = window->base,
		.generation = window->generation,
		.left_s = (left_ns(txn) + SECOND - 1) / SECOND,
		.who = window->who,
		.is_bound = window->is_bound,
	};
}

void knd_window_rearm(struct knd_txn *txn)
{
	const struct knd_window *window = &txn->window;
	uint64_t wait = FOREVER_NS;

	if (window->base) {
		wait = left_ns(txn);
		if (window->warned < WARNINGS && wait > warnings[window->warned] * SECOND)
			wait -= warnings[window->warned] * SECOND;
	}
	txn->ops->timer(txn->arg, wait);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void files_remove(const struct knd_txn *txn)
{
	char path[PATH_MAX];

	/* The way back last: what is left after a crash in between is a trial that begins anew. */
	path_make(txn, "trial", path);
	(void)unlink(path);
	path_make(txn, "revert", path);
	if (unlink(path) < 0 && errno != ENOENT)
		qb_log(LOG_ERR, "config: %s cannot be removed: %s", path, strerror(errno));
	if (knd_directory_sync(path) < 0)
		qb_log(LOG_ERR, "config: the directory of %s cannot be written", path);
}

static int file_write(const struct knd_txn *txn, const char *suffix,
		      const struct kcl_config *config, uint64_t until_s, struct knd_why *why)
{
	char path[PATH_MAX], head[128];

	path_make(txn, suffix, path);
	snprintf(head, sizeof(head), HEAD_MARK "%llu by %s", (unsigned long long)until_s,
		 txn->window.who.user);
	return knd_save(config, path, head, why);
}

static int files_write(const struct knd_txn *txn, const struct kcl_config *trial,
		       struct knd_why *why)
{
	const uint64_t until_s = (txn->ops->real_ns(txn->arg) + left_ns(txn)) / SECOND;
	struct knd_why reason;
	int rc = 0;

	if (trial)
		rc = file_write(txn, "trial", trial, until_s, &reason);
	if (rc == 0)
		rc = file_write(txn, "revert", txn->window.base, until_s, &reason);
	if (rc == 0)
		return 0;
	return knd_why_say(why, rc, "No trial without a way back on the disk: %.400s", reason.text);
}

static void file_error(void *arg, unsigned int number, const char *line,
		       const struct kcl_error *err)
{
	const char *path = arg;

	(void)line;
	qb_log(LOG_ERR, "config: %s:%u: %s", path, number, err->message);
}

/* Reads a file of ours. 0, or -errno; `until_s` is 0 if its head does not say. */
static int file_read(const char *path, struct kcl_config **out, uint64_t *until_s)
{
	const struct kcl_load how = {
		.is_unchecked = true, .report = file_error, .arg = (void *)path};
	char *text, *head;
	size_t len;
	int rc = kcl_file_read(path, &text, &len);

	*out = NULL;
	*until_s = 0;
	if (rc < 0)
		return rc;
	rc = kcl_config_read(&how, text, len, out);
	head = memmem(text, len < 256 ? len : 256, HEAD_MARK, strlen(HEAD_MARK));
	if (head && head + strlen(HEAD_MARK) + 21 < text + len)
		*until_s = strtoull(head + strlen(HEAD_MARK), NULL, 10);
	free(text);
	return rc;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void window_free(struct knd_txn *txn)
{
	kcl_config_free(txn->window.base);
	kcl_config_free(txn->window.trial);
	txn->window = (struct knd_window){0};
}

static void deadline_set(struct knd_txn *txn, uint64_t ns)
{
	struct knd_window *window = &txn->window;

	window->deadline_ns = txn->ops->now_ns(txn->arg) + ns;
	window->warned = 0;
	while (window->warned < WARNINGS && ns <= warnings[window->warned] * SECOND)
		window->warned++;
}

int knd_window_open(struct knd_txn *txn, const struct knd_who *who, unsigned int minutes,
		    const struct kcl_config *trial, struct knd_why *why)
{
	struct knd_window *window = &txn->window;
	const bool was_open = window->base != NULL;
	int rc;

	if (was_open && window->trial)
		return knd_why_say(why, -EBUSY,
				   "A trial from before the restart is open: expected `commit "
				   "confirm` or `commit cancel` first");
	if (!was_open) {
		*window = (struct knd_window){
			.base = kcl_config_copy(txn->running), .who = *who, .is_bound = !trial};
		if (!window->base)
			return knd_why_say(why, -ENOMEM, "out of memory");
	}
	deadline_set(txn, minutes * 60 * SECOND);
	rc = files_write(txn, trial, why);
	if (rc < 0 && !was_open) {
		files_remove(txn);
		window_free(txn);
	}
	knd_window_rearm(txn);
	return rc;
}

void knd_window_close(struct knd_txn *txn)
{
	files_remove(txn);
	window_free(txn);
	knd_window_rearm(txn);
	txn->ops->refresh(txn->arg);
}

/* Brings back what was before. */
static int base_apply(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	const struct knd_txn_how how = {.via = "revert", .comment = "the trial was not confirmed"};
	struct kcl_config *config;
	int rc;

	if (txn->window.trial || !knd_txn_differs(txn->running, txn->window.base))
		return 0;
	config = kcl_config_copy(txn->window.base);
	if (!config)
		return knd_why_say(why, -ENOMEM, "out of memory");
	rc = knd_txn_commit_do(txn, who, config, &how, why);
	if (rc < 0)
		kcl_config_free(config);
	return rc;
}

int knd_window_revert(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	const uint64_t tried = txn->window.generation;
	char text[160];
	int rc = base_apply(txn, who, why);

	if (rc < 0) {
		qb_log(LOG_ERR, "config: what was before the trial does not take effect: %s",
		       why->text);
		txn->window.deadline_ns = txn->ops->now_ns(txn->arg) + RETRY_NS;
		txn->window.warned = WARNINGS;
		knd_window_rearm(txn);
		return rc;
	}
	if (tried)
		snprintf(text, sizeof(text),
			 "Generation %llu was not confirmed: the configuration before it is in "
			 "force again",
			 (unsigned long long)tried);
	else
		snprintf(text, sizeof(text), "The time to revert is over");
	qb_log(LOG_NOTICE, "config: %s", text);
	knd_window_close(txn);
	txn->ops->notice(txn->arg, 0, text);
	return 0;
}

/* What was tried before a restart comes back. */
static int trial_apply(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	const struct knd_txn_how how = {.comment = "the trial from before the restart"};
	struct kcl_config *config = kcl_config_copy(txn->window.trial);
	int rc;

	if (!config)
		return knd_why_say(why, -ENOMEM, "out of memory");
	rc = knd_txn_commit_do(txn, who, config, &how, why);
	if (rc < 0)
		kcl_config_free(config);
	return rc;
}

int knd_txn_confirm(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	int rc = 0;

	if (!txn->window.base)
		return knd_why_say(why, -ENOENT, "There is no change on trial");
	if (txn->window.trial)
		rc = trial_apply(txn, who, why);
	if (rc == 0)
		knd_window_close(txn);
	return rc;
}

int knd_txn_cancel(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	if (!txn->window.base)
		return knd_why_say(why, -ENOENT, "There is no change on trial");
	return knd_window_revert(txn, who, why);
}

void knd_txn_on_timer(struct knd_txn *txn)
{
	static const struct knd_who self = {.user = "knetd"};
	struct knd_window *window = &txn->window;
	struct knd_why why;
	char text[128];

	if (!window->base)
		return;
	if (left_ns(txn) == 0) {
		(void)knd_window_revert(txn, &self, &why);
		return;
	}
	if (window->warned < WARNINGS && left_ns(txn) <= warnings[window->warned] * SECOND) {
		snprintf(text, sizeof(text),
			 "The change on trial reverts in %u s unless `commit confirm`",
			 warnings[window->warned++]);
		txn->ops->notice(txn->arg, 0, text);
	}
	knd_window_rearm(txn);
}

int knd_window_recover(struct knd_txn *txn, struct knd_why *why)
{
	const uint64_t now_s = txn->ops->real_ns(txn->arg) / SECOND;
	struct knd_window *window = &txn->window;
	uint64_t until_s, other;
	char path[PATH_MAX];
	int rc;

	path_make(txn, "revert", path);
	rc = file_read(path, &window->base, &until_s);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0) {
		qb_log(LOG_ERR, "config: %s cannot be read: %s", path, strerror(-rc));
		return knd_why_say(why, 0, "%s: %s", path, strerror(-rc));
	}
	qb_log(LOG_WARNING, "config: a trial was under way: %s takes the place of %s", path,
	       txn->path);
	window->who = (struct knd_who){.user = "knetd"};
	path_make(txn, "trial", path);
	if (until_s > now_s && file_read(path, &window->trial, &other) == 0)
		deadline_set(txn, (until_s - now_s) * SECOND);
	return 1;
}
