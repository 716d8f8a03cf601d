// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The search for the path MTU of one link (docs/protocol.md, section 4.1), after RFC 8899: a probe
 * that is padded to a size and answered proves that the size passes; ICMP is not asked.
 *
 * The largest size comes first, because it nearly always passes: one round trip and the search is
 * over. Otherwise the base, then halving. Traffic never waits: it uses the largest size proven so
 * far, and the base before there is any.
 *
 * Afterwards, while there is traffic, the size in force is probed each second, and at once, and
 * quickly, when some of the traffic is lost. If several of these stay unanswered while ordinary
 * probes are answered, the path may swallow that size: the base is in force at once, and the search
 * begins anew, with this size, as loss by chance may look the same. Above, it is looked for at the
 * interval that is configured. Without traffic nothing is sent.
 *
 * Pure over struct kn_pmtu: no I/O, no clock. Control only.
 */
#include "live/pmtu.h"

#include <string.h>

#include "base/clock.h"

#define SEARCH_TRIES      3
#define CHECK_TRIES       5            /* what a clean link loses in a row once in weeks */
#define CHECK_TRIES_LOSSY 12           /* the same where every third datagram is lost */
#define CHECK_NS          (1 * KN_SEC) /* between two looks, while there is traffic */
#define CHECK_GAP_NS      (100 * KN_MS)
#define DOUBT_TRIES       4 /* to be wrong costs a round trip in fragments, to be late frames */
#define DOUBT_GAP_NS      (12 * KN_MS)
#define DOUBT_PAUSE_NS    (100 * KN_MS)

static uint16_t min16(uint16_t a, uint16_t b)
{
	return a < b ? a : b;
}

static void bounds_set(struct kn_pmtu *q, const struct kn_pmtu_bounds *b)
{
	q->max = b->max;
	q->base = min16(b->base, b->max);
	q->floor = min16(b->floor, b->max);
}

static void search_begin(struct kn_pmtu *q, uint16_t low, uint32_t high)
{
	q->phase = KN_PMTU_SEARCH;
	q->low = low;
	q->high = (uint16_t)(high > UINT16_MAX ? UINT16_MAX : high);
	q->is_base_proven = low >= q->base;
	q->is_interrupted = false;
	q->size = 0;
	q->tries = 0;
}

void kn_pmtu_start(struct kn_pmtu *q, const struct kn_pmtu_bounds *b)
{
	uint32_t token = q->token;

	memset(q, 0, sizeof(*q));
	q->token = token;
	bounds_set(q, b);
	q->current = q->base;
	search_begin(q, q->floor, b->max + 1U);
}

void kn_pmtu_stop(struct kn_pmtu *q)
{
	q->phase = KN_PMTU_OFF;
	q->settled = 0;
	q->size = 0;
}

void kn_pmtu_limit(struct kn_pmtu *q, const struct kn_pmtu_bounds *b)
{
	bool is_more = b->max > q->max;

	if (b->max == q->max || q->phase == KN_PMTU_OFF)
		return;
	bounds_set(q, b);
	q->current = min16(q->current, b->max);
	q->settled = min16(q->settled, b->max);
	if (!is_more && q->phase == KN_PMTU_SETTLED)
		return;
	if (is_more)
		q->settled = 0;
	/* What has passed before is taken for granted, what was under way begins anew. */
	search_begin(q, is_more ? min16(q->current, b->max) : q->floor, b->max + 1U);
}

/* A search for more has the time to wait. */
static bool is_raising(const struct kn_pmtu *q)
{
	return q->phase == KN_PMTU_SEARCH && q->settled != 0 && q->low == q->settled;
}

void kn_pmtu_doubt(struct kn_pmtu *q, uint64_t now)
{
	uint64_t at = q->proven_ns + DOUBT_PAUSE_NS;

	if (is_raising(q)) {
		if (now < at)
			return;
		q->phase = KN_PMTU_SETTLED;
		q->is_interrupted = true;
	}
	if (q->phase == KN_PMTU_SETTLED)
		q->check_ns = now < at ? at : now;
	if (q->phase == KN_PMTU_SETTLED || q->phase == KN_PMTU_CHECK)
		q->is_doubted = true;
}

/* The next size to try; 0: nothing is left to find. */
static uint16_t search_pick(const struct kn_pmtu *q)
{
	if (q->high <= q->low + 1)
		return 0;
	if (q->high > q->max)
		return q->max;
	if (!q->is_base_proven && q->low < q->base && q->base < q->high)
		return q->base;
	return (uint16_t)((q->low + q->high) / 2);
}

static void search_end(struct kn_pmtu *q, uint64_t now)
{
	q->phase = KN_PMTU_SETTLED;
	q->settled = q->current;
	q->settled_ns = now;
	q->proven_ns = now;
	q->check_ns = now + CHECK_NS;
	q->size = 0;
	q->is_doubted = false;
	q->has_shrunk = false;
}

/* The size under way does not pass. */
static void size_failed(struct kn_pmtu *q)
{
	q->high = q->size;
	q->has_shrunk = q->has_shrunk || q->size == q->settled;
	if (q->current >= q->high)
		q->current = q->low;
	q->size = 0;
	q->tries = 0;
}

/* It seems that the path swallows what has passed before. */
static void hole_found(struct kn_pmtu *q)
{
	uint16_t size = q->current;

	q->current = size > q->base ? q->base : q->floor;
	search_begin(q, q->floor, size + 1U);
	q->size = size;
}

static uint16_t probe(struct kn_pmtu *q, uint64_t now)
{
	q->token++;
	if (q->tries == 0) {
		q->first_token = q->token;
		q->first_ns = now;
	}
	q->tries++;
	q->sent_ns = now;
	return q->size;
}

static uint8_t check_tries(const struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	if (env->is_lossy)
		return CHECK_TRIES_LOSSY;
	return q->is_doubted ? DOUBT_TRIES : CHECK_TRIES;
}

static uint64_t check_wait(const struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	uint64_t gap = q->is_doubted ? DOUBT_GAP_NS : CHECK_GAP_NS;

	/* Only behind the last one it matters how long an answer takes. */
	return q->tries < check_tries(q, env) || env->wait_ns < gap ? gap : env->wait_ns;
}

/* Tries follow each other quickly; only behind the last one it matters how long an answer takes. */
static uint64_t search_wait(const struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	return q->tries < SEARCH_TRIES && env->wait_ns > CHECK_GAP_NS ? CHECK_GAP_NS : env->wait_ns;
}

static uint16_t search_step(struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	if (q->size != 0 && env->now < q->sent_ns + search_wait(q, env))
		return 0;
	if (q->size != 0 && q->tries >= SEARCH_TRIES)
		size_failed(q);
	if (q->size == 0) {
		q->tries = 0;
		q->size = search_pick(q);
	}
	if (q->size != 0)
		return probe(q, env->now);
	q->current = q->low;
	search_end(q, env->now);
	return 0;
}

static uint64_t raise_at(const struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	return env->raise_ns == 0 || q->current >= q->max ? KN_NEVER
							  : q->settled_ns + env->raise_ns;
}

static uint16_t settled_step(struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	if (!env->has_users)
		return 0;
	if (!q->is_doubted && env->now >= raise_at(q, env)) {
		search_begin(q, q->current, q->max + 1U);
		return search_step(q, env);
	}
	if (env->now < q->check_ns)
		return 0;
	q->phase = KN_PMTU_CHECK;
	q->size = q->current;
	q->tries = 0;
	return probe(q, env->now);
}

static uint16_t check_step(struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	if (env->now < q->sent_ns + check_wait(q, env))
		return 0;
	if (q->tries < check_tries(q, env))
		return probe(q, env->now);
	if (q->current <= q->floor) {
		search_end(q, env->now); /* there is nothing below */
		return 0;
	}
	/* Without ordinary answers it is the link that is silent, and no matter of size. */
	if (env->last_reply_ns > q->first_ns) {
		hole_found(q);
		return search_step(q, env);
	}
	q->tries = 0;
	return probe(q, env->now);
}

uint16_t kn_pmtu_step(struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	switch ((enum kn_pmtu_phase)q->phase) {
	case KN_PMTU_SEARCH:
		return search_step(q, env);
	case KN_PMTU_SETTLED:
		return settled_step(q, env);
	case KN_PMTU_CHECK:
		return check_step(q, env);
	default:
		return 0;
	}
}

uint64_t kn_pmtu_next(const struct kn_pmtu *q, const struct kn_pmtu_env *env)
{
	uint64_t raise = raise_at(q, env);

	switch ((enum kn_pmtu_phase)q->phase) {
	case KN_PMTU_SEARCH:
		return q->size == 0 ? env->now : q->sent_ns + search_wait(q, env);
	case KN_PMTU_SETTLED:
		if (!env->has_users)
			return KN_NEVER;
		return q->check_ns < raise ? q->check_ns : raise;
	case KN_PMTU_CHECK:
		return q->sent_ns + check_wait(q, env);
	default:
		return KN_NEVER;
	}
}

void kn_pmtu_on_answer(struct kn_pmtu *q, uint32_t token, uint16_t size, uint64_t now)
{
	/* Any of the tries will do, also one that is late. */
	if (q->size == 0 || size != q->size || token - q->first_token > q->token - q->first_token)
		return;
	q->proven_ns = now;
	q->check_ns = now + CHECK_NS;
	q->size = 0;
	q->tries = 0;
	if (q->phase == KN_PMTU_CHECK) {
		q->phase = q->is_interrupted ? KN_PMTU_SEARCH : KN_PMTU_SETTLED;
		q->is_interrupted = false;
		q->is_doubted = false;
		return;
	}
	q->low = size;
	q->is_base_proven = q->is_base_proven || size >= q->base;
	if (size > q->current)
		q->current = size;
	if (search_pick(q) == 0)
		search_end(q, now);
}

void kn_pmtu_refused(struct kn_pmtu *q)
{
	if (q->phase == KN_PMTU_SEARCH && q->size != 0) {
		size_failed(q);
	} else if (q->phase == KN_PMTU_CHECK && q->current > q->floor) {
		hole_found(q);
		size_failed(q);
	}
}
