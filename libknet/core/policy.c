// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The choice of links (docs/protocol.md, section 6). Links are put in classes: clean and up, up but
 * lossy, suspect, coming up. A better class wins at once: that is failover. Within a class,
 * priority and then RTT decide, with hysteresis, and not for a link on hold: that is failback.
 * Pure functions, any thread.
 */
#include "core/policy.h"

enum link_class {
	CLASS_NONE,
	CLASS_INIT,
	CLASS_SUSPECT,
	CLASS_LOSSY,
	CLASS_CLEAN,
};

static enum link_class class_of(const struct kn_policy_link *l)
{
	if (!l->usable)
		return CLASS_NONE;
	switch (l->state) {
	case KNET_LINK_UP:
		return l->lossy ? CLASS_LOSSY : CLASS_CLEAN;
	case KNET_LINK_SUSPECT:
		return CLASS_SUSPECT;
	case KNET_LINK_INIT:
		return CLASS_INIT;
	default:
		return CLASS_NONE;
	}
}

/* Another link of the same class and priority must be a quarter and 2 ms faster. */
static bool is_much_faster(const struct kn_policy_link *a, const struct kn_policy_link *b)
{
	return a->rtt_us != 0 && b->rtt_us != 0 && a->rtt_us + 2000 < b->rtt_us &&
	       (uint64_t)a->rtt_us * 4 < (uint64_t)b->rtt_us * 3;
}

static bool loses_half_of(const struct kn_policy_link *a, const struct kn_policy_link *b)
{
	return a->loss_permille * 2U < b->loss_permille;
}

static bool is_better(const struct kn_policy_link *a, const struct kn_policy_link *b)
{
	enum link_class ca = class_of(a), cb = class_of(b);

	if (ca != cb)
		return ca > cb;
	/* Both are under suspicion: moving would gain nothing. */
	if (ca != CLASS_CLEAN && ca != CLASS_LOSSY)
		return false;
	if (ca == CLASS_LOSSY && (loses_half_of(a, b) || loses_half_of(b, a)))
		return loses_half_of(a, b);
	if (a->on_hold != b->on_hold)
		return b->on_hold && a->priority >= b->priority;
	if (a->on_hold)
		return false;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return is_much_faster(a, b);
}

static uint8_t pick_passive(const struct kn_policy_link links[KNET_MAX_LINKS], uint8_t current)
{
	int best = -1;

	/* Begin with the one in use, so that equals do not push it aside. */
	if (current != 0 && class_of(&links[__builtin_ctz(current)]) != CLASS_NONE)
		best = __builtin_ctz(current);
	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		if (i == best || class_of(&links[i]) == CLASS_NONE)
			continue;
		if (best < 0 || is_better(&links[i], &links[best]))
			best = i;
	}
	return best < 0 ? 0 : (uint8_t)(1U << best);
}

static uint8_t pick_active(const struct kn_policy_link links[KNET_MAX_LINKS])
{
	uint8_t of_class[CLASS_CLEAN + 1] = {0};

	for (int i = 0; i < KNET_MAX_LINKS; i++)
		of_class[class_of(&links[i])] |= (uint8_t)(1U << i);
	/* A copy on a lossy link costs nothing but bandwidth and may be the one that arrives. */
	if ((of_class[CLASS_CLEAN] | of_class[CLASS_LOSSY]) != 0)
		return of_class[CLASS_CLEAN] | of_class[CLASS_LOSSY];
	return of_class[CLASS_SUSPECT] != 0 ? of_class[CLASS_SUSPECT] : of_class[CLASS_INIT];
}

/* All that are as good as the best; of those that do not work, one, since it may be none. A link
 * that is on hold waits until it is trusted. */
static uint8_t pick_several(const struct kn_policy_link links[KNET_MAX_LINKS], uint8_t current)
{
	uint8_t of_class[CLASS_CLEAN + 1] = {0}, on_hold = 0;

	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		of_class[class_of(&links[i])] |= (uint8_t)(1U << i);
		on_hold |= (uint8_t)(links[i].on_hold << i);
	}
	for (int c = CLASS_CLEAN; c >= CLASS_LOSSY; c--) {
		uint8_t trusted = of_class[c] & (uint8_t)~on_hold;

		if (of_class[c] != 0)
			return trusted != 0 ? trusted : of_class[c];
	}
	return pick_passive(links, current & (uint8_t)-current);
}

uint8_t kn_policy_pick(enum knet_policy policy, const struct kn_policy_link links[KNET_MAX_LINKS],
		       uint8_t current)
{
	switch (policy) {
	case KNET_POLICY_ACTIVE:
		return pick_active(links);
	case KNET_POLICY_ROUND_ROBIN:
	case KNET_POLICY_BALANCE:
		return pick_several(links, current);
	default:
		return pick_passive(links, current);
	}
}

uint8_t kn_policy_good(const struct kn_policy_link links[KNET_MAX_LINKS])
{
	enum link_class best = CLASS_INIT;
	uint8_t bits = 0;

	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		enum link_class c = class_of(&links[i]);

		/* A lossy link is not good if there is a clean one: what it may have lost is sent
		 * again there. */
		if (c > best)
			bits = 0;
		if (c > best)
			best = c;
		if (c == best)
			bits |= (uint8_t)(1U << i);
	}
	return bits;
}
