// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The commit: the one place where the running configuration changes. A configuration is checked,
 * applied all or nothing, counted as a generation and archived; everything else in this room
 * decides what is committed, and whether it may be. Control thread only.
 */
#include "knetd/txn/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qb/qblog.h>

#include "knetd/save.h"
#include "knetd/scribe.h"

struct knd_txn *knd_txn_new(const struct knd_txn_ops *ops, void *arg, const char *path)
{
	struct knd_txn *txn = calloc(1, sizeof(*txn));

	if (!txn)
		return NULL;
	txn->ops = ops;
	txn->arg = arg;
	txn->path = path;
	txn->running = kcl_config_new();
	txn->scribe = knd_scribe_new();
	if (txn->running && txn->scribe)
		return txn;
	knd_txn_free(txn);
	return NULL;
}

void knd_txn_free(struct knd_txn *txn)
{
	if (!txn)
		return;
	knd_cands_free(txn);
	kcl_config_free(txn->window.base);
	kcl_config_free(txn->window.trial);
	knd_archive_free(txn);
	kcl_config_free(txn->running);
	knd_scribe_free(txn->scribe);
	free(txn);
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct kcl_config *knd_txn_running(const struct knd_txn *txn)
{
	return txn->running;
}

uint64_t knd_txn_generation(const struct knd_txn *txn)
{
	return txn->generation;
}

uint64_t knd_txn_saved(const struct knd_txn *txn)
{
	return txn->saved;
}

bool knd_txn_is_unsaved(const struct knd_txn *txn)
{
	return txn->generation != txn->saved;
}

const struct knd_txn_lock *knd_txn_lock(const struct knd_txn *txn)
{
	return txn->is_locked ? &txn->lock : NULL;
}

void knd_txn_who_format(const struct knd_who *who, char *out, size_t size)
{
	if (who->session == 0)
		snprintf(out, size, "%s", who->user);
	else
		snprintf(out, size, "%s (pid %d, %s, session %u)", who->user, who->pid,
			 who->tty[0] ? who->tty : "no terminal", who->session);
}

void knd_txn_span_format(uint64_t seconds, char *out, size_t size)
{
	snprintf(out, size, "%02llu:%02llu:%02llu", (unsigned long long)seconds / 3600,
		 (unsigned long long)seconds / 60 % 60, (unsigned long long)seconds % 60);
}

/* ---- may it be ------------------------------------------------------------------------------- */

static int locked_say(const struct knd_txn *txn, struct knd_why *why)
{
	char who[96], span[32];

	knd_txn_who_format(&txn->lock.who, who, sizeof(who));
	knd_txn_span_format((txn->ops->now_ns(txn->arg) - txn->lock.since_ns) / 1000000000, span,
			    sizeof(span));
	return knd_why_say(why, -EBUSY, "The configuration is locked by %s for %s", who, span);
}

int knd_txn_gate(const struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	const struct knd_txn_window window = knd_txn_window(txn);
	char holder[96], span[32];

	if (txn->is_locked && txn->lock.who.session != who->session)
		return locked_say(txn, why);
	if (!window.base || window.who.session == who->session)
		return 0;
	knd_txn_who_format(&window.who, holder, sizeof(holder));
	knd_txn_span_format(window.left_s, span, sizeof(span));
	return knd_why_say(why, -EBUSY,
			   "A change by %s is on trial for another %s: expected `commit confirm` "
			   "or `commit cancel` first",
			   holder, span);
}

/* ---- doing it -------------------------------------------------------------------------------- */

struct rules {
	struct knd_why *why;
	unsigned int cnt;
};

/* One that is not complete does not live yet; that is no fault. */
static void on_rule(void *arg, const struct kcl_iface *iface, const char *message)
{
	struct rules *rules = arg;

	if (iface && (!iface->node_id || !iface->secret_path))
		return;
	if (rules->cnt++ == 0)
		knd_why_say(rules->why, 0, "%s", message);
}

/* `sound`: what it was made of, judged before; NULL: nothing was. */
static int judge(const struct kcl_config *sound, const struct kcl_config *config,
		 struct knd_why *why)
{
	struct rules rules = {.why = why};

	kcl_config_check_change(sound, config, on_rule, &rules);
	return rules.cnt ? -EINVAL : 0;
}

int knd_txn_judge(const struct kcl_config *config, struct knd_why *why)
{
	return judge(NULL, config, why);
}

int knd_txn_commit_do(struct knd_txn *txn, const struct knd_who *who, struct kcl_config *config,
		      const struct knd_txn_how *how, struct knd_why *why)
{
	struct kcl_config *before = txn->running;
	int rc = judge(before, config, why);
	bool is_new;

	if (rc == 0)
		rc = txn->ops->apply(txn->arg, before, config, how->reread, why);
	if (rc < 0)
		return rc;
	is_new = txn->has_begun || !knd_archive_resume(txn, config);
	txn->running = config;
	txn->generation += is_new;
	/* It is in force: that it cannot be remembered is no reason to undo it. */
	if (is_new && config->archive_on == KCL_ARCHIVE_ON_COMMIT &&
	    knd_archive_add(txn, who, how, txn->has_begun ? before : NULL) < 0)
		qb_log(LOG_WARNING, "config: generation %llu is not archived: out of memory",
		       (unsigned long long)txn->generation);
	knd_archive_trim(txn);
	txn->has_begun = true;
	kcl_config_free(before);
	qb_log(LOG_INFO, "config: generation %llu by %s", (unsigned long long)txn->generation,
	       who->user);
	txn->ops->committed(txn->arg, who);
	txn->ops->refresh(txn->arg);
	return 0;
}

/* A commit that may be on trial. Consumes config if it returns 0. */
static int commit_with_trial(struct knd_txn *txn, const struct knd_who *who,
			     struct kcl_config *config, const struct knd_txn_how *how,
			     struct knd_why *why)
{
	const bool was_open = txn->window.base != NULL;
	int rc = 0;

	if (how->trial_min)
		rc = knd_window_open(txn, who, how->trial_min, config, why);
	if (rc < 0)
		return rc;
	rc = knd_txn_commit_do(txn, who, config, how, why);
	if (rc < 0 && !was_open && txn->window.base)
		knd_window_close(txn);
	if (rc == 0 && txn->window.base && !txn->window.generation)
		txn->window.generation = txn->generation;
	txn->ops->refresh(txn->arg);
	return rc;
}

int knd_txn_edit(struct knd_txn *txn, const struct knd_who *who, struct kcl_config *config,
		 const struct knd_txn_how *how, struct knd_why *why)
{
	struct knd_cand *cand = knd_cand_find(txn, who->session);
	int rc;

	if (cand) {
		kcl_config_free(cand->config);
		cand->config = config;
		cand->is_dirty = knd_txn_differs(cand->base, config);
		return 0;
	}
	rc = knd_txn_gate(txn, who, why);
	if (rc < 0)
		return rc;
	if (!how->trial_min && !how->reread && !knd_txn_differs(txn->running, config)) {
		kcl_config_free(config); /* `no shutdown` where nothing was shut: no generation */
		return 0;
	}
	return commit_with_trial(txn, who, config, how, why);
}

int knd_txn_replace(struct knd_txn *txn, const struct knd_who *who, struct kcl_config *config,
		    const struct knd_txn_how *how, struct knd_why *why)
{
	const int rc = knd_txn_gate(txn, who, why);

	return rc < 0 ? rc : commit_with_trial(txn, who, config, how, why);
}

static int on_difference(void *arg, const struct kcl_diff *diff)
{
	(void)arg;
	(void)diff;
	return 1;
}

bool knd_txn_differs(const struct kcl_config *a, const struct kcl_config *b)
{
	return kcl_config_diff(a, b, on_difference, NULL) != 0;
}

/* What the commit of a candidate would make; owned by the caller. */
static int candidate_resolve(const struct knd_txn *txn, const struct knd_cand *cand,
			     kcl_write_fn conflict, void *arg, struct kcl_config **out,
			     struct knd_why *why)
{
	int rc = 0;

	if (cand->base_generation != txn->generation) {
		rc = kcl_config_merge(cand->base, txn->running, cand->config, conflict, arg, out);
	} else {
		*out = kcl_config_copy(cand->config);
		rc = *out ? 0 : -ENOMEM;
	}
	if (rc == -EBUSY)
		return knd_why_say(why, rc,
				   "The configuration was changed meanwhile, and not to the same: "
				   "expected `rollback %llu` to begin with what is running, or "
				   "`abort`",
				   (unsigned long long)txn->generation);
	return rc < 0 ? knd_why_say(why, rc, "out of memory") : 0;
}

int knd_txn_check(const struct knd_txn *txn, const struct knd_who *who, kcl_write_fn conflict,
		  void *arg, struct kcl_config **out, struct knd_why *why)
{
	const struct knd_cand *cand = knd_cand_find(txn, who->session);
	int rc = 0;

	*out = NULL;
	if (cand)
		rc = candidate_resolve(txn, cand, conflict, arg, out, why);
	else
		*out = kcl_config_copy(txn->running);
	if (rc == 0 && !*out)
		rc = knd_why_say(why, -ENOMEM, "out of memory");
	if (rc == 0)
		rc = knd_txn_judge(*out, why);
	if (rc == 0)
		return 0;
	kcl_config_free(*out);
	*out = NULL;
	return rc;
}

/* `commit` without lines to commit. */
static int trial_end(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	const int rc = knd_txn_confirm(txn, who, why);

	return rc == -ENOENT ? 1 : rc;
}

int knd_txn_commit(struct knd_txn *txn, const struct knd_who *who, const struct knd_txn_how *how,
		   kcl_write_fn conflict, void *arg, struct knd_why *why)
{
	struct knd_cand *cand = knd_cand_find(txn, who->session);
	struct kcl_config *config;
	int rc;

	if (!cand || !cand->is_dirty)
		return how->trial_min ? 1 : trial_end(txn, who, why);
	rc = knd_txn_gate(txn, who, why);
	if (rc == 0)
		rc = candidate_resolve(txn, cand, conflict, arg, &config, why);
	if (rc < 0)
		return rc;
	rc = commit_with_trial(txn, who, config, how, why);
	if (rc < 0) {
		kcl_config_free(config);
		return rc;
	}
	if (!how->trial_min && txn->window.base)
		rc = knd_txn_confirm(txn, who, why);
	if (knd_cand_rebase(txn, cand) < 0)
		return knd_why_say(why, -ENOMEM, "out of memory");
	return rc;
}

/* ---- the startup configuration ----------------------------------------------------------------
 */

static void rule_note(void *arg, const struct kcl_iface *iface, const char *message)
{
	(void)iface;
	knd_why_say(arg, 0, "Not saved, the daemon would not start with it: %.400s", message);
}

int knd_txn_save_as_startup(struct knd_txn *txn, const struct kcl_config *config,
			    struct knd_why *why)
{
	const struct knd_txn_window window = knd_txn_window(txn);
	int rc;

	if (window.base && !txn->window.trial)
		return knd_why_say(why, -EBUSY,
				   "Not saved: a change is on trial for another %llu s, expected "
				   "`commit confirm` first",
				   (unsigned long long)window.left_s);
	/* What is not finished yet may run, but is not read back. */
	if (kcl_config_check(config, rule_note, why) > 0)
		return -EINVAL;
	rc = knd_save(config, txn->path, NULL, why);
	if (rc == 0)
		txn->saved = knd_txn_differs(config, txn->running) ? 0 : txn->generation;
	return rc;
}

int knd_txn_save(struct knd_txn *txn, struct knd_why *why)
{
	static const struct knd_who self = {.user = "knetd"};
	const struct knd_txn_how how = {.via = "save"};
	const int rc = knd_txn_save_as_startup(txn, txn->running, why);

	if (rc < 0)
		return rc;
	if (txn->running->archive_on == KCL_ARCHIVE_ON_SAVE &&
	    knd_archive_add(txn, &self, &how, NULL) < 0)
		qb_log(LOG_WARNING, "config: generation %llu is not archived: out of memory",
		       (unsigned long long)txn->generation);
	knd_archive_trim(txn);
	return 0;
}

void knd_txn_saved_note(struct knd_txn *txn)
{
	txn->saved = txn->generation;
}

/* ---- the beginning --------------------------------------------------------------------------- */

/* What was before a trial takes the place of the startup configuration. */
static int recovered_start(struct knd_txn *txn, const struct kcl_config *startup,
			   struct knd_why *why)
{
	const struct knd_who who = {.user = "knetd"};
	const struct knd_txn_how how = {.via = "restart", .comment = "what was before the trial"};
	struct kcl_config *config = kcl_config_copy(txn->window.base);
	int rc = -ENOMEM;

	if (config)
		rc = knd_txn_commit_do(txn, &who, config, &how, why);
	if (rc < 0) {
		kcl_config_free(config);
		return rc;
	}
	if (!knd_txn_differs(startup, txn->running))
		txn->saved = txn->generation;
	if (txn->window.trial)
		knd_window_rearm(txn);
	else
		knd_window_close(txn);
	return 0;
}

int knd_txn_start(struct knd_txn *txn, struct kcl_config *startup, bool is_whole,
		  struct knd_why *why)
{
	const struct knd_who who = {.user = "knetd"};
	const struct knd_txn_how how = {.via = "startup"};
	int rc;

	knd_shelf_open(txn);
	rc = knd_window_recover(txn, why);
	if (rc > 0) {
		rc = recovered_start(txn, startup, why);
		if (rc == 0) {
			kcl_config_free(startup);
			return 0;
		}
		qb_log(LOG_ERR, "config: what was before the trial does not take effect: %s",
		       why->text);
		knd_window_close(txn);
	}
	rc = knd_txn_commit_do(txn, &who, startup, &how, why);
	if (rc == 0 && is_whole)
		txn->saved = txn->generation;
	return rc;
}
