// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Applying a configuration.
 *
 * First a plan: for each interface that is not the same in both configurations, whether it comes,
 * goes, is made anew or changes while it lives; what may fail without having touched anything (the
 * files of keys) happens here. Then steps, each noted once done: interfaces go, differences are
 * applied one by one, interfaces come, all that changed are settled. When a step fails, it and
 * those before it happen again with their sides exchanged, last one first, and what was changed
 * settles into the old configuration.
 *
 * Interfaces go before others come, since a name or a port may pass from one to the other.
 */
#include "knetd/apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <qb/qblog.h>

enum fate { FATE_NONE, FATE_CHANGE, FATE_COME, FATE_GO, FATE_RENEW };

/* What becomes of one interface. */
struct plan {
	const struct kcl_iface *old, *new; /* NULL: not there */
	enum fate fate;
	struct knd_keys keys_old, keys_new; /* of those that come or go; wiped at the end */
};

enum step_kind { STEP_DOWN, STEP_UP, STEP_DIFF };

struct step {
	enum step_kind kind;
	bool is_partial; /* it failed in the middle */
	const struct plan *plan;
	struct kcl_diff diff;
};

struct apply {
	struct knd_ifaces *all;
	struct knd_why *why;
	bool reread;
	struct plan plan[2 * KCL_IFACES_MAX];
	size_t plan_cnt;
	struct step *done;
	size_t done_cnt, done_cap;
};

/* ---- the plan -------------------------------------------------------------------------------- */

static enum fate fate_of(const struct knd_iface *live, const struct plan *plan)
{
	if (!knd_iface_may_live(plan->new))
		return live ? FATE_GO : FATE_NONE;
	if (!live)
		return FATE_COME;
	return knd_iface_must_renew(plan->old, plan->new) ? FATE_RENEW : FATE_CHANGE;
}

static int plan_make(struct apply *ap, const struct kcl_iface *old, const struct kcl_iface *new)
{
	struct plan *plan = &ap->plan[ap->plan_cnt];
	const struct knd_iface *live = knd_iface_find(ap->all, (old ? old : new)->name);
	int rc = 0;

	*plan = (struct plan){.old = old, .new = new};
	plan->fate = fate_of(live, plan);
	if (old == new && plan->fate == FATE_CHANGE && !ap->reread)
		return 0;
	if (plan->fate == FATE_NONE)
		return 0;
	if (live)
		plan->keys_old = live->keys;
	ap->plan_cnt++;
	if (plan->fate == FATE_COME || plan->fate == FATE_RENEW || ap->reread)
		rc = knd_iface_may_live(new) ? knd_keys_read(new, &plan->keys_new, ap->why) : 0;
	if (rc == 0 && ap->reread && plan->fate == FATE_CHANGE &&
	    !knd_keys_equal(&plan->keys_old, &plan->keys_new))
		plan->fate = FATE_RENEW;
	return rc;
}

static int plans_make(struct apply *ap, const struct kcl_config *from, const struct kcl_config *to)
{
	int rc = 0;

	for (uint32_t i = 0; from && i < from->iface_cnt && rc == 0; i++)
		rc = plan_make(ap, from->iface[i], kcl_iface_find(to, from->iface[i]->name));
	for (uint32_t i = 0; i < to->iface_cnt && rc == 0; i++)
		if (!from || !kcl_iface_find(from, to->iface[i]->name))
			rc = plan_make(ap, NULL, to->iface[i]);
	return rc;
}

static const struct plan *plan_find(const struct apply *ap, const char *name)
{
	for (size_t i = 0; i < ap->plan_cnt; i++) {
		const struct plan *plan = &ap->plan[i];

		if (strcmp((plan->old ? plan->old : plan->new)->name, name) == 0)
			return plan;
	}
	return NULL;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static int step_run(struct apply *ap, const struct step *step)
{
	const struct plan *plan = step->plan;
	struct knd_iface *live;

	if (step->kind == STEP_UP)
		return knd_iface_up(ap->all, plan->new, &plan->keys_new, ap->why);
	live = knd_iface_find(ap->all, (plan->old ? plan->old : plan->new)->name);
	if (step->kind == STEP_DIFF)
		return knd_iface_change(live, &step->diff, ap->why);
	knd_iface_down(ap->all, live);
	return 0;
}

static int step_do(struct apply *ap, const struct step *step)
{
	int rc;

	if (ap->done_cnt == ap->done_cap) {
		const size_t more = ap->done_cap ? 2 * ap->done_cap : 64;
		struct step *grown = reallocarray(ap->done, more, sizeof(*grown));

		if (!grown)
			return knd_why_say(ap->why, -ENOMEM, "out of memory");
		ap->done = grown;
		ap->done_cap = more;
	}
	rc = step_run(ap, step);
	ap->done[ap->done_cnt] = *step;
	ap->done[ap->done_cnt++].is_partial = rc < 0;
	return rc;
}

static struct kcl_diff diff_mirror(const struct kcl_diff *diff)
{
	return (struct kcl_diff){
		.kind = diff->kind,
		.iface_old = diff->iface_new,
		.iface_new = diff->iface_old,
		.peer_old = diff->peer_new,
		.peer_new = diff->peer_old,
		.peer_link_old = diff->peer_link_new,
		.peer_link_new = diff->peer_link_old,
		.static_old = diff->static_new,
		.static_new = diff->static_old,
		.link = diff->link,
		.is_added = diff->is_removed,
		.is_removed = diff->is_added,
	};
}

/* What undoes a step, as a step. `plan` is filled with the mirror of the step's. */
static struct step step_mirror(const struct step *step, struct plan *plan)
{
	static const enum step_kind kinds[] = {
		[STEP_DOWN] = STEP_UP, [STEP_UP] = STEP_DOWN, [STEP_DIFF] = STEP_DIFF};

	*plan = (struct plan){
		.old = step->plan->new, .new = step->plan->old, .keys_new = step->plan->keys_old};
	return (struct step){
		.kind = kinds[step->kind], .plan = plan, .diff = diff_mirror(&step->diff)};
}

static int on_diff(void *arg, const struct kcl_diff *diff)
{
	struct apply *ap = arg;
	const struct kcl_iface *iface = diff->iface_old ? diff->iface_old : diff->iface_new;
	const struct step step = {.kind = STEP_DIFF,
				  .plan = iface ? plan_find(ap, iface->name) : NULL,
				  .diff = *diff};

	if (!step.plan || step.plan->fate != FATE_CHANGE)
		return 0;
	return step_do(ap, &step);
}

/* Lets interfaces of some fates come or go. */
static int all_move(struct apply *ap, enum step_kind kind, enum fate fate)
{
	int rc = 0;

	for (size_t i = 0; i < ap->plan_cnt && rc == 0; i++) {
		const struct step step = {.kind = kind, .plan = &ap->plan[i]};

		if (ap->plan[i].fate == fate || ap->plan[i].fate == FATE_RENEW)
			rc = step_do(ap, &step);
	}
	return rc;
}

static int all_settle(struct apply *ap)
{
	int rc = 0;

	for (size_t i = 0; i < ap->plan_cnt && rc == 0; i++) {
		const struct kcl_iface *cfg = ap->plan[i].new;
		struct knd_iface *live = cfg ? knd_iface_find(ap->all, cfg->name) : NULL;

		if (live)
			rc = knd_iface_settle(ap->all, live, cfg, ap->why);
	}
	return rc;
}

static void undo_note(int rc, const struct knd_why *why)
{
	if (rc < 0)
		qb_log(LOG_ERR, "config: cannot go back to what was before: %s", why->text);
}

static void step_undo(struct apply *ap, const struct step *step)
{
	struct plan plan;
	const struct step back = step_mirror(step, &plan);
	const char *name = (plan.old ? plan.old : plan.new)->name;
	int rc = 0;

	if (back.kind == STEP_UP || knd_iface_find(ap->all, name))
		rc = step_run(ap, &back);
	/* Of a step that failed, not all is there to be undone. */
	if (!step->is_partial)
		undo_note(rc, ap->why);
	knd_keys_wipe(&plan.keys_new);
}

static void undo(struct apply *ap)
{
	struct knd_why why = {""}, *first = ap->why;

	ap->why = &why;
	while (ap->done_cnt > 0)
		step_undo(ap, &ap->done[--ap->done_cnt]);
	for (size_t i = 0; i < ap->plan_cnt; i++) {
		const struct kcl_iface *cfg = ap->plan[i].old;
		struct knd_iface *live = cfg ? knd_iface_find(ap->all, cfg->name) : NULL;

		if (live)
			undo_note(knd_iface_settle(ap->all, live, cfg, &why), &why);
	}
	ap->why = first;
}

int knd_apply(struct knd_ifaces *all, const struct kcl_config *from, const struct kcl_config *to,
	      bool reread, struct knd_why *why)
{
	struct apply *ap = calloc(1, sizeof(*ap));
	int rc;

	if (!ap)
		return knd_why_say(why, -ENOMEM, "out of memory");
	ap->all = all;
	ap->why = why;
	ap->reread = reread;
	rc = plans_make(ap, from, to);
	if (rc == 0) {
		rc = all_move(ap, STEP_DOWN, FATE_GO);
		if (rc == 0)
			rc = kcl_config_diff(from, to, on_diff, ap);
		if (rc == 0)
			rc = all_move(ap, STEP_UP, FATE_COME);
		if (rc == 0)
			rc = all_settle(ap);
		if (rc < 0)
			undo(ap);
	}
	free(ap->done);
	explicit_bzero(ap, sizeof(*ap));
	free(ap);
	return rc;
}
