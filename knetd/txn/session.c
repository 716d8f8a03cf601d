// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Sessions and what they hold: a candidate, the lock.
 *
 * A candidate belongs to one session at a time. One that has a name outlives its session, so that
 * a lost connection loses no work: whoever enters it by that name goes on. One without a name goes
 * with its session. The lock goes when its holder leaves the configuration or dies. Control thread
 * only.
 */
#include "knetd/txn/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDS_MAX 64

static struct knd_cand *cand_find_name(const struct knd_txn *txn, const char *name)
{
	struct knd_cand *cand = txn->cands;

	while (cand && strcmp(cand->name, name) != 0)
		cand = cand->next;
	return cand;
}

struct knd_cand *knd_cand_find(const struct knd_txn *txn, uint32_t session)
{
	struct knd_cand *cand = txn->cands;

	while (cand && cand->session != session)
		cand = cand->next;
	return session ? cand : NULL;
}

static void cand_free(struct knd_cand *cand)
{
	kcl_config_free(cand->base);
	kcl_config_free(cand->config);
	free(cand);
}

static void cand_del(struct knd_txn *txn, struct knd_cand *cand)
{
	struct knd_cand **link = &txn->cands;

	while (*link != cand)
		link = &(*link)->next;
	*link = cand->next;
	cand_free(cand);
}

void knd_cands_free(struct knd_txn *txn)
{
	while (txn->cands)
		cand_del(txn, txn->cands);
}

int knd_cand_rebase(struct knd_txn *txn, struct knd_cand *cand)
{
	struct kcl_config *base = kcl_config_copy(txn->running);
	struct kcl_config *config = kcl_config_copy(txn->running);

	if (!base || !config) {
		kcl_config_free(base);
		kcl_config_free(config);
		return -ENOMEM;
	}
	kcl_config_free(cand->base);
	kcl_config_free(cand->config);
	cand->base = base;
	cand->config = config;
	cand->base_generation = txn->generation;
	cand->is_dirty = false;
	return 0;
}

static struct knd_cand *cand_new(struct knd_txn *txn, const struct knd_who *who, const char *name)
{
	struct knd_cand *cand = calloc(1, sizeof(*cand));

	if (!cand)
		return NULL;
	snprintf(cand->name, sizeof(cand->name), "%s", name);
	snprintf(cand->user, sizeof(cand->user), "%s", who->user);
	cand->owner = who->session;
	cand->since_real_ns = txn->ops->real_ns(txn->arg);
	if (knd_cand_rebase(txn, cand) < 0) {
		cand_free(cand);
		return NULL;
	}
	cand->next = txn->cands;
	txn->cands = cand;
	return cand;
}

static unsigned int cands_cnt(const struct knd_txn *txn)
{
	unsigned int cnt = 0;

	for (const struct knd_cand *cand = txn->cands; cand; cand = cand->next)
		cnt++;
	return cnt;
}

/* ---- entering -------------------------------------------------------------------------------- */

static int lock_check(const struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	return txn->is_locked && txn->lock.who.session != who->session ? knd_txn_gate(txn, who, why)
								       : 0;
}

static int cand_enter(struct knd_txn *txn, const struct knd_who *who, const char *name,
		      bool is_named, struct knd_why *why)
{
	struct knd_cand *cand = cand_find_name(txn, name);

	if (cand && cand->session && cand->session != who->session)
		return knd_why_say(why, -EBUSY, "Session %s is in use by %s (session %u)", name,
				   cand->user, cand->session);
	if (!cand && cands_cnt(txn) >= CANDS_MAX)
		return knd_why_say(why, -ENOSPC,
				   "There are %d sessions: expected the name of one of them "
				   "(`show configuration sessions`)",
				   CANDS_MAX);
	if (!cand) {
		cand = cand_new(txn, who, name);
		if (!cand)
			return knd_why_say(why, -ENOMEM, "out of memory");
		cand->is_named = is_named;
	}
	/* Without lines of its own it begins with what is running now. */
	if (!cand->is_dirty && knd_cand_rebase(txn, cand) < 0)
		return knd_why_say(why, -ENOMEM, "out of memory");
	cand->session = who->session;
	snprintf(cand->user, sizeof(cand->user), "%s", who->user);
	return 0;
}

int knd_txn_enter_session(struct knd_txn *txn, const struct knd_who *who, const char *name,
			  struct knd_why *why)
{
	char own[16];
	const int rc = lock_check(txn, who, why);

	snprintf(own, sizeof(own), "%u", who->session);
	return rc < 0 ? rc : cand_enter(txn, who, name ? name : own, name != NULL, why);
}

int knd_txn_enter(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	if (txn->running->config_mode == KCL_CONFIG_MODE_SESSION)
		return knd_txn_enter_session(txn, who, NULL, why);
	return lock_check(txn, who, why);
}

int knd_txn_enter_exclusive(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	const struct knd_cand *other = cand_find_name(txn, "exclusive");
	char own[16];
	int rc = knd_txn_gate(txn, who, why);

	/* Somebody may have left lines under that name, which are not ours to go on with. */
	snprintf(own, sizeof(own), "%u", who->session);
	if (rc == 0)
		rc = cand_enter(txn, who, other && other->owner != who->session ? own : "exclusive",
				false, why);
	if (rc < 0)
		return rc;
	txn->is_locked = true;
	txn->lock = (struct knd_txn_lock){.who = *who, .since_ns = txn->ops->now_ns(txn->arg)};
	return 0;
}

int knd_txn_enter_revert(struct knd_txn *txn, const struct knd_who *who, unsigned int minutes,
			 struct knd_why *why)
{
	int rc = knd_txn_gate(txn, who, why);

	if (rc < 0)
		return rc;
	rc = knd_window_open(txn, who, minutes, NULL, why);
	if (rc == 0)
		txn->ops->refresh(txn->arg);
	return rc;
}

/* ---- leaving --------------------------------------------------------------------------------- */

static void lock_release(struct knd_txn *txn, uint32_t session)
{
	if (txn->is_locked && txn->lock.who.session == session)
		txn->is_locked = false;
}

static void revert_remind(struct knd_txn *txn, const struct knd_who *who)
{
	const struct knd_txn_window window = knd_txn_window(txn);
	char span[32], text[128];

	if (!window.base || window.who.session != who->session)
		return;
	knd_txn_span_format(window.left_s, span, sizeof(span));
	snprintf(text, sizeof(text), "On trial: reverts in %s unless `commit confirm`", span);
	txn->ops->notice(txn->arg, who->session, text);
}

void knd_txn_leave(struct knd_txn *txn, const struct knd_who *who)
{
	struct knd_cand *cand = knd_cand_find(txn, who->session);
	char text[192];

	lock_release(txn, who->session);
	revert_remind(txn, who);
	if (!cand)
		return;
	cand->session = 0;
	if (!cand->is_dirty) {
		cand_del(txn, cand);
		return;
	}
	snprintf(text, sizeof(text),
		 "Uncommitted lines are kept: `configure session %s` goes on with them",
		 cand->name);
	txn->ops->notice(txn->arg, who->session, text);
}

void knd_txn_gone(struct knd_txn *txn, const struct knd_who *who)
{
	struct knd_cand *cand = txn->cands;
	struct knd_why why;

	lock_release(txn, who->session);
	while (cand) {
		struct knd_cand *next = cand->next;

		if (cand->session == who->session)
			cand->session = 0;
		if (!cand->session &&
		    (!cand->is_dirty || (!cand->is_named && cand->owner == who->session)))
			cand_del(txn, cand);
		cand = next;
	}
	if (txn->window.base && txn->window.is_bound && txn->window.who.session == who->session)
		(void)knd_window_revert(txn, who, &why);
}

int knd_txn_abort(struct knd_txn *txn, const struct knd_who *who)
{
	struct knd_cand *cand = knd_cand_find(txn, who->session);

	lock_release(txn, who->session);
	if (!cand)
		return -ENOENT;
	cand_del(txn, cand);
	return 0;
}

int knd_txn_unlock(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why)
{
	char text[192], by[96];

	if (!txn->is_locked)
		return knd_why_say(why, -ENOENT, "The configuration is not locked");
	knd_txn_who_format(who, by, sizeof(by));
	snprintf(text, sizeof(text), "Your lock of the configuration was taken away by %s", by);
	txn->ops->notice(txn->arg, txn->lock.who.session, text);
	txn->is_locked = false;
	return 0;
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct kcl_config *knd_txn_config(const struct knd_txn *txn, uint32_t session)
{
	const struct knd_cand *cand = knd_cand_find(txn, session);

	return cand ? cand->config : txn->running;
}

static void cand_view(const struct knd_cand *cand, struct knd_txn_cand_view *out)
{
	*out = (struct knd_txn_cand_view){
		.name = cand->name,
		.session = cand->session,
		.since_real_ns = cand->since_real_ns,
		.base_generation = cand->base_generation,
		.is_dirty = cand->is_dirty,
		.base = cand->base,
		.config = cand->config,
	};
	memcpy(out->user, cand->user, sizeof(out->user));
}

bool knd_txn_cand_at(const struct knd_txn *txn, size_t i, struct knd_txn_cand_view *out)
{
	const struct knd_cand *cand = txn->cands;

	while (cand && i--)
		cand = cand->next;
	if (cand)
		cand_view(cand, out);
	return cand != NULL;
}

bool knd_txn_cand_of(const struct knd_txn *txn, uint32_t session, struct knd_txn_cand_view *out)
{
	const struct knd_cand *cand = knd_cand_find(txn, session);

	if (cand)
		cand_view(cand, out);
	return cand != NULL;
}

void knd_txn_mark(const struct knd_txn *txn, uint32_t session, char *out, size_t size)
{
	const struct knd_cand *cand = knd_cand_find(txn, session);
	const char *trial = txn->window.base ? "!" : "";

	if (cand)
		snprintf(out, size, "s-%s%s%s", cand->name, cand->is_dirty ? "*" : "", trial);
	else
		snprintf(out, size, "%s", trial);
}
