// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The path MTU of each link: what the search (live/pmtu.c) is told, what is sent for it, and who
 * learns the result. Control only.
 *
 * A link has a timer for it, which is set while a search is under way or there is traffic with the
 * host; so idle and dormant peers cost nothing. The result is published to the workers, of each
 * link and the smallest of each host, as lengths of datagrams.
 *
 * What narrow paths mean for the TAP is gathered in one number, `narrowest`: the smallest path MTU
 * that a finished search has found below that of the local interface, among the peers with traffic
 * of late, as a length of datagrams. It falls at once and rises after a while without change.
 */
#include "live/pmtu_link.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "core/counters.h"
#include "live/interval.h"
#include "live/liveness.h"
#include "live/pmtu.h"
#include "live/quality.h"

/* The search on a link that works. */
struct kn_link_pmtu {
	struct kn_timer timer;
	struct kn_link *link;
	struct kn_pmtu q;
};

#define IP4_OVERHEAD 28 /* IP and UDP */
#define IP6_OVERHEAD 48
#define IP4_FLOOR    576  /* RFC 1122 */
#define IP4_BASE     1200 /* RFC 8899 */
#define IP6_BASE     1280 /* RFC 8200 */

#define WAIT_MIN_NS     (30 * KN_MS)
#define WAIT_EXTRA_NS   (20 * KN_MS)
#define WAIT_UNKNOWN_NS (200 * KN_MS)

#define NARROWEST_DELAY_NS (20 * KN_MS)
#define NARROWEST_AGAIN_NS (5 * KN_SEC)
#define NARROWEST_HOLD_NS  (10 * KN_SEC)
#define DORMANT_NS         (120 * KN_SEC)

static bool is_ip6(const struct kn_link *l)
{
	return l->path != NULL && l->path->remote.family == AF_INET6;
}

static uint16_t overhead(const struct kn_link *l)
{
	return is_ip6(l) ? IP6_OVERHEAD : IP4_OVERHEAD;
}

static struct kn_pmtu_bounds bounds(const struct kn_engine *e, const struct kn_link *l)
{
	uint16_t mtu = e->local[l->idx].mtu;
	struct kn_pmtu_bounds b = {.floor = is_ip6(l) ? IP6_BASE : IP4_FLOOR,
				   .base = is_ip6(l) ? IP6_BASE : IP4_BASE,
				   .max = mtu == 0 ? KN_PMTU_UNKNOWN : mtu};

	return b;
}

static struct kn_pmtu_env env(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t rto = kn_quality_wait_us(&l->live) * KN_US;
	uint64_t wait = rto == 0 ? WAIT_UNKNOWN_NS : rto + WAIT_EXTRA_NS;

	return (struct kn_pmtu_env){.now = e->now,
				    .wait_ns = wait < WAIT_MIN_NS ? WAIT_MIN_NS : wait,
				    .raise_ns = e->pmtud_ns,
				    .last_reply_ns = l->live.last_reply_ns,
				    .is_lossy = l->live.is_lossy,
				    .has_users = kn_interval_has_users(e, l->host)};
}

/* A link that is silent says nothing about sizes. */
static bool may_probe(const struct kn_link *l)
{
	return l->pmtu != NULL && l->host->current != NULL && l->path != NULL &&
	       (l->state == KNET_LINK_UP || l->state == KNET_LINK_INIT);
}

static void link_arm(struct kn_engine *e, struct kn_link *l)
{
	struct kn_pmtu_env now = env(e, l);
	uint64_t at = may_probe(l) ? kn_pmtu_next(&l->pmtu->q, &now) : KN_NEVER;

	if (at == KN_NEVER)
		kn_wheel_cancel(&e->wheel, &l->pmtu->timer);
	else
		kn_wheel_set(&e->wheel, &l->pmtu->timer, at);
}

/* ---- who learns of it ---------------------------------------------------------------------- */

static void host_publish(struct kn_host *h)
{
	uint16_t least = 0;

	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = h->links[i];

		if (l != NULL && (l->state == KNET_LINK_UP || l->state == KNET_LINK_SUSPECT) &&
		    (least == 0 || l->max_len < least))
			least = l->max_len;
	}
	__atomic_store_n(&h->max_len, least == 0 ? KN_PMTU_LEN_SAFE : least, __ATOMIC_RELAXED);
}

static void narrowest_soon(struct kn_engine *e)
{
	uint64_t at = e->now + NARROWEST_DELAY_NS;

	if (!kn_timer_is_set(&e->narrowest_timer) || e->narrowest_timer.deadline > at)
		kn_wheel_set(&e->wheel, &e->narrowest_timer, at);
}

static void publish(struct kn_engine *e, struct kn_link *l)
{
	uint16_t len =
		l->pmtu == NULL ? KN_PMTU_LEN_SAFE : (uint16_t)(l->pmtu->q.current - overhead(l));

	bool is_narrower = len < l->max_len;

	__atomic_store_n(&l->max_len, len, __ATOMIC_RELAXED);
	host_publish(l->host);
	/* What was sent and does not fit any more has not arrived, for some time perhaps. */
	if (is_narrower)
		kn_live_review(e, l->host);
	if (e->narrowest != 0 || (l->pmtu != NULL && l->pmtu->q.settled != 0))
		narrowest_soon(e);
}

/* What changed since `before`, for people. */
static void tell(struct kn_engine *e, struct kn_link *l, const struct kn_pmtu *before)
{
	const struct kn_pmtu *q = &l->pmtu->q;
	uint16_t was = before->settled != 0 ? before->settled : q->max;

	if (q->has_shrunk && !before->has_shrunk)
		kn_event(e, KNET_EVENT_PATH_MTU, KNET_LOG_INFO, l->host, l,
			 "packets of %u bytes do not arrive: %u for now", q->settled, q->current);
	else if (q->phase == KN_PMTU_SETTLED && before->phase != KN_PMTU_CHECK && q->settled != was)
		kn_event(e, KNET_EVENT_PATH_MTU, KNET_LOG_INFO, l->host, l,
			 "path MTU is %u, was %u, %u here", q->settled, was, q->max);
}

static void settle(struct kn_engine *e, struct kn_link *l, const struct kn_pmtu *before)
{
	const struct kn_pmtu *q = &l->pmtu->q;

	if (q->current != before->current || q->settled != before->settled ||
	    q->phase != before->phase)
		publish(e, l);
	if (q->has_shrunk && !before->has_shrunk)
		kn_quality_restart(&l->live);
	tell(e, l, before);
	link_arm(e, l);
}

/* ---- what happens -------------------------------------------------------------------------- */

static void link_step(struct kn_engine *e, struct kn_link *l)
{
	struct kn_pmtu *q = &l->pmtu->q, before = *q;
	struct kn_pmtu_env now = env(e, l);

	while (may_probe(l) && kn_pmtu_next(q, &now) <= e->now) {
		struct kn_size_ip ip = {.overhead = overhead(l)};

		/* Without budget the step waits; it does not count as a try. */
		if (!kn_live_budget_take(e)) {
			settle(e, l, &before);
			kn_wheel_set(&e->wheel, &l->pmtu->timer, e->now + WAIT_UNKNOWN_NS);
			return;
		}
		ip.size = kn_pmtu_step(q, &now);
		if (ip.size == 0)
			break;
		kn_count(&e->counters, KN_C_SIZE_PROBES_SENT, 1);
		if (kn_size_send(e, l, &ip, q->token) != -EMSGSIZE)
			break;
		kn_pmtu_refused(q);
	}
	settle(e, l, &before);
}

static void on_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	(void)now;
	link_step(ctx, caa_container_of(t, struct kn_link_pmtu, timer)->link);
}

/* Without memory the link keeps what passes everywhere. */
static void link_begin(struct kn_engine *e, struct kn_link *l)
{
	struct kn_pmtu_bounds b = bounds(e, l);

	l->pmtu = calloc(1, sizeof(*l->pmtu));
	if (l->pmtu == NULL)
		return;
	l->pmtu->timer.fn = on_timer;
	l->pmtu->link = l;
	l->pmtu->q.token = (uint32_t)(e->now / KN_US); /* not one of its last life */
	kn_pmtu_start(&l->pmtu->q, &b);
}

static void link_end(struct kn_engine *e, struct kn_link *l)
{
	if (l->pmtu == NULL)
		return;
	kn_wheel_cancel(&e->wheel, &l->pmtu->timer);
	free(l->pmtu);
	l->pmtu = NULL;
}

void kn_pmtu_link_changed(struct kn_engine *e, struct kn_link *l)
{
	if (l->state == KNET_LINK_DOWN || l->state == KNET_LINK_DISABLED)
		link_end(e, l);
	else if (l->pmtu == NULL)
		link_begin(e, l);
	publish(e, l);
	if (l->pmtu != NULL)
		link_step(e, l);
}

void kn_pmtu_on_traffic(struct kn_engine *e, struct kn_host *h)
{
	bool is_narrow = e->narrowest != 0;

	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		struct kn_link *l = h->links[i];

		if (l == NULL || l->pmtu == NULL || l->pmtu->q.phase != KN_PMTU_SETTLED)
			continue;
		link_arm(e, l);
		is_narrow = is_narrow || l->pmtu->q.settled < l->pmtu->q.max;
	}
	/* A narrow peer that was dormant counts again. */
	if (is_narrow)
		narrowest_soon(e);
}

void kn_pmtu_on_reply(struct kn_engine *e, struct kn_link *l, const struct kn_size *s)
{
	uint32_t size = (uint32_t)s->len + overhead(l);

	kn_stat_add_shared(&l->tx_cnt, 1);
	kn_stat_add_shared(&l->tx_bytes, s->len);
	if (l->pmtu == NULL || size > UINT16_MAX)
		return;
	struct kn_pmtu before = l->pmtu->q;

	kn_pmtu_on_answer(&l->pmtu->q, s->token, (uint16_t)size, e->now);
	settle(e, l, &before);
	link_step(e, l);
}

void kn_pmtu_on_loss(struct kn_engine *e, struct kn_link *l)
{
	if (l->pmtu == NULL)
		return;
	kn_pmtu_doubt(&l->pmtu->q, e->now);
	link_arm(e, l);
}

void kn_pmtu_local_set(struct kn_engine *e, unsigned int link, uint16_t mtu)
{
	struct kn_host *h;

	if (e->local[link].mtu == mtu)
		return;
	e->local[link].mtu = mtu;
	cds_list_for_each_entry(h, &e->active, active_node) {
		struct kn_link *l = h->links[link];

		if (l == NULL || l->pmtu == NULL)
			continue;
		struct kn_pmtu before = l->pmtu->q;
		struct kn_pmtu_bounds b = bounds(e, l);

		kn_pmtu_limit(&l->pmtu->q, &b);
		settle(e, l, &before);
	}
}

unsigned int kn_pmtu_again(struct kn_engine *e, struct kn_host *h)
{
	unsigned int cnt = 0;

	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		struct kn_link *l = h->links[i];

		if (l == NULL || !may_probe(l))
			continue;
		struct kn_pmtu_bounds b = bounds(e, l);

		kn_pmtu_start(&l->pmtu->q, &b);
		publish(e, l);
		link_step(e, l);
		cnt++;
	}
	return cnt;
}

bool kn_pmtu_is_searching(const struct kn_link *l)
{
	return may_probe(l) && l->pmtu->q.phase == KN_PMTU_SEARCH;
}

uint16_t kn_pmtu_of(const struct kn_link *l)
{
	return l->pmtu == NULL ? 0 : l->pmtu->q.current;
}

/* ---- the narrowest path -------------------------------------------------------------------- */

static uint16_t narrowest_find(const struct kn_engine *e)
{
	const struct kn_host *h;
	uint16_t least = 0;

	cds_list_for_each_entry(h, &e->active, active_node) {
		uint64_t user = kn_stat_get(&h->user_last_ns);

		if (user == 0 || e->now > user + DORMANT_NS)
			continue;
		for (int i = 0; i < KNET_MAX_LINKS; i++) {
			const struct kn_link *l = h->links[i];

			if (l == NULL || l->pmtu == NULL || l->pmtu->q.settled == 0 ||
			    l->pmtu->q.settled >= l->pmtu->q.max)
				continue;
			uint16_t len = (uint16_t)(l->pmtu->q.settled - overhead(l));

			if (least == 0 || len < least)
				least = len;
		}
	}
	return least;
}

static bool is_narrower(uint16_t a, uint16_t b)
{
	return a != 0 && (b == 0 || a < b);
}

void kn_pmtu_narrowest_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_engine *e = ctx;
	uint16_t found = narrowest_find(e);

	if (found == e->narrowest || is_narrower(found, e->narrowest)) {
		e->narrowest = found;
		e->wider_since_ns = 0;
	} else if (e->wider_since_ns == 0) {
		e->wider_since_ns = now;
	} else if (now >= e->wider_since_ns + NARROWEST_HOLD_NS) {
		e->narrowest = found;
		e->wider_since_ns = 0;
	}
	if (e->narrowest != 0)
		kn_wheel_set(&e->wheel, t, now + NARROWEST_AGAIN_NS);
}
