// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Failover rings: which bursts are kept, and when they are let go (docs/protocol.md, section 5.6).
 *
 * A burst stays where it was sealed (pool.h) until the peer has confirmed its counters, or it is
 * given up: for its age, because its host has too much, or because all have. Each is in two lists,
 * that of its lane, in the order of counters, and that of all, by age; the oldest of all is the
 * first of its lane, so bursts leave a lane in order, too. Rings exist only while they hold
 * something; they come from a list of spare ones, so that traffic does not allocate.
 *
 * What belongs to a session is found by its index each time: a session that has gone takes along
 * what was sealed for it, since nobody could open that any more. Worker thread only.
 */
#include "path/ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "path/worker.h"

#define PAGE_CNT   256
#define SPARE_MAX  64
#define SWEEP_MOST 256 /* bursts looked at in one go */

/*
 * A peer confirms the highest counter it has seen of a lane: what was lost below it is confirmed,
 * too. So a burst lingers after that until the counts of its link prove that it has arrived;
 * without that proof a little, until it would be known that its link loses datagrams, and longer if
 * it does. If the link is left meanwhile, it goes out again. Only a little of memory is spent on
 * it: at high rates this does not repair what is lost.
 */
#define LINGER_NS  KN_SEC
#define LINGER_LEN (256U * 1024)      /* of a host */
#define LEAKY_LEN  (4U * 1024 * 1024) /* likewise, while a link of it loses datagrams */

void kn_rings_init(struct kn_rings *r)
{
	memset(r, 0, sizeof(*r));
	CDS_INIT_LIST_HEAD(&r->bursts);
	CDS_INIT_LIST_HEAD(&r->rings);
	CDS_INIT_LIST_HEAD(&r->pending);
	CDS_INIT_LIST_HEAD(&r->spare);
}

/* Where the ring of a host is noted; NULL if out of memory. */
static struct kn_ring **place_of(struct kn_rings *r, uint16_t host)
{
	struct kn_ring ***page = &r->page[host / PAGE_CNT];

	if (*page == NULL)
		*page = calloc(PAGE_CNT, sizeof(**page));
	return *page == NULL ? NULL : &(*page)[host % PAGE_CNT];
}

struct kn_ring *kn_ring_find(const struct kn_worker *w, const struct kn_host *h)
{
	struct kn_ring **page = w->rings.page[h->id / PAGE_CNT];

	return page == NULL ? NULL : page[h->id % PAGE_CNT];
}

static struct kn_ring *ring_new(struct kn_rings *r, const struct kn_host *h)
{
	struct kn_ring **place = place_of(r, h->id);
	struct kn_ring *ring;

	if (place == NULL)
		return NULL;
	if (r->spare_cnt > 0) {
		ring = cds_list_first_entry(&r->spare, struct kn_ring, node);
		cds_list_del(&ring->node);
		r->spare_cnt--;
	} else {
		ring = malloc(sizeof(*ring));
	}
	if (ring == NULL)
		return NULL;
	*ring = (struct kn_ring){.host = h->id,
				 .ticket = h->ticket,
				 .good = __atomic_load_n(&h->good_links, __ATOMIC_ACQUIRE),
				 .reviews = __atomic_load_n(&h->reviews, __ATOMIC_ACQUIRE)};
	CDS_INIT_LIST_HEAD(&ring->pending);
	CDS_INIT_LIST_HEAD(&ring->doubtful);
	CDS_INIT_LIST_HEAD(&ring->pending_node);
	cds_list_add_tail(&ring->node, &r->rings);
	*place = ring;
	return ring;
}

static void ring_free(struct kn_rings *r, struct kn_ring *ring)
{
	*place_of(r, ring->host) = NULL;
	cds_list_del(&ring->node);
	if (r->spare_cnt >= SPARE_MAX) {
		free(ring);
		return;
	}
	cds_list_add(&ring->node, &r->spare);
	r->spare_cnt++;
}

/* The host a ring is of; NULL if it has been removed. */
static struct kn_host *host_of(const struct kn_worker *w, const struct kn_ring *ring)
{
	struct kn_host *h = kn_host_find(w->engine, ring->host);

	return h != NULL && h->ticket == ring->ticket ? h : NULL;
}

bool kn_ring_add(struct kn_worker *w, struct kn_host *h, const struct kn_session *s,
		 struct kn_burst *b)
{
	struct kn_rings *r = &w->rings;
	struct kn_ring *ring = kn_ring_find(w, h);

	if (__atomic_load_n(&w->engine->ring_len, __ATOMIC_RELAXED) == 0)
		return false;
	if (ring != NULL && ring->ticket != h->ticket)
		return false; /* of a removed host of the same id: about to be let go */
	if (ring == NULL)
		ring = ring_new(r, h);
	if (ring == NULL) {
		kn_count(&w->counters, KN_C_FAILOVER_RING_OVERRUN, 1);
		return false;
	}
	struct kn_ring_lane *lane = &ring->lane[b->lane & 7];

	b->ring = ring;
	b->session = s->local_index;
	b->at_ns = w->now;
	b->sent_ms = kn_clock_ms(w->now);
	b->seq = r->seq++;
	if (lane->last != NULL)
		lane->last->next = b;
	else
		lane->first = b;
	lane->last = b;
	cds_list_add_tail(&b->age, &r->bursts);
	CDS_INIT_LIST_HEAD(&b->pend);
	ring->burst_cnt++;
	return true;
}

unsigned int kn_ring_lane_beside(const struct kn_worker *w, const struct kn_host *h,
				 unsigned int link)
{
	struct kn_ring *ring = kn_ring_find(w, h);

	if (ring == NULL || cds_list_empty(&ring->pending))
		return link;
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (ring->lane[(link + i) % KNET_MAX_LINKS].first == NULL)
			return (link + i) % KNET_MAX_LINKS;
	return link;
}

/* Its bursts are in one of the lists of those to be sent. */
static void pending_note(struct kn_worker *w, struct kn_ring *ring)
{
	if (cds_list_empty(&ring->pending_node))
		cds_list_add_tail(&ring->pending_node, &w->rings.pending);
}

void kn_ring_pend(struct kn_worker *w, struct kn_ring *ring, struct kn_burst *b)
{
	b->links = 0;
	if (b->is_resent)
		ring->resent_len -= b->len;
	b->is_resent = false;
	cds_list_add_tail(&b->pend, &ring->pending);
	pending_note(w, ring);
}

void kn_ring_doubt(struct kn_worker *w, struct kn_ring *ring, struct kn_burst *b)
{
	b->is_doubtful = true;
	ring->doubtful_cnt++;
	cds_list_add_tail(&b->pend, &ring->doubtful);
	pending_note(w, ring);
}

void kn_ring_unpend(struct kn_ring *ring, struct kn_burst *b)
{
	cds_list_del_init(&b->pend);
	if (cds_list_empty(&ring->pending) && cds_list_empty(&ring->doubtful))
		cds_list_del_init(&ring->pending_node);
}

/* The first burst of a lane is let go. The ring goes with its last burst. */
static void first_free(struct kn_worker *w, struct kn_ring *ring, unsigned int link,
		       uint64_t *host_sum)
{
	struct kn_ring_lane *lane = &ring->lane[link];
	struct kn_burst *b = lane->first;
	struct kn_host *h = host_of(w, ring);

	lane->first = b->next;
	if (lane->first == NULL)
		lane->last = NULL;
	cds_list_del(&b->age);
	if (!cds_list_empty(&b->pend))
		kn_ring_unpend(ring, b);
	if (b->is_resent)
		ring->resent_len -= b->len;
	if (h != NULL) {
		__atomic_fetch_sub(&h->ring_kept, b->counted, __ATOMIC_RELAXED);
		if (host_sum != NULL)
			kn_stat_add_shared(host_sum, b->cnt);
	}
	ring->burst_cnt--;
	b->ring = NULL;
	/* Whoever is about to send it frees it then. */
	if (!b->is_queued)
		kn_pool_burst_free(&w->pool, b);
	if (ring->burst_cnt == 0)
		ring_free(&w->rings, ring);
}

static void first_give_up(struct kn_worker *w, struct kn_ring *ring, unsigned int link)
{
	struct kn_host *h = host_of(w, ring);

	kn_count(&w->counters, KN_C_FAILOVER_RING_OVERRUN, ring->lane[link].first->cnt);
	first_free(w, ring, link, h == NULL ? NULL : &h->ring_overrun);
}

/* What is the matter with a burst. */
enum fate { KEPT, LINGERING, CONFIRMED, POINTLESS };

/* All that was sent on the link when the burst was, a little after it was sealed, has arrived. */
static bool is_whole(const struct kn_link *l, uint32_t sent_ms)
{
	uint32_t to = __atomic_load_n(&l->whole_to_ms, __ATOMIC_ACQUIRE);
	uint32_t from = __atomic_load_n(&l->whole_from_ms, __ATOMIC_RELAXED);

	return to != 0 && (int32_t)(to - sent_ms) > KN_SENT_MS && (int32_t)(sent_ms - from) > 0;
}

/* Some of what was sent on the link then, or since, was lost. */
static bool is_leaking(const struct kn_link *l, uint32_t sent_ms)
{
	uint32_t from = __atomic_load_n(&l->lost_from_ms, __ATOMIC_RELAXED);

	return from != 0 && (int32_t)(sent_ms + KN_SENT_MS - from) >= 0;
}

/* Whether one of the links that a burst was sent on is said to be so at that time. */
static bool any_link(const struct kn_host *h, const struct kn_burst *b,
		     bool (*is_so)(const struct kn_link *l, uint32_t sent_ms))
{
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = b->links >> i & 1 ? kn_rcu_read(&h->links[i]) : NULL;

		if (l != NULL && is_so(l, b->sent_ms))
			return true;
	}
	return false;
}

bool kn_ring_has_arrived(const struct kn_host *h, const struct kn_burst *b)
{
	return any_link(h, b, is_whole);
}

bool kn_ring_is_likely_lost(const struct kn_host *h, const struct kn_burst *b)
{
	return any_link(h, b, is_leaking);
}

/* Whether a confirmed burst may have been lost all the same, and is worth its memory. */
static bool is_lingering(const struct kn_worker *w, const struct kn_burst *b)
{
	const struct kn_host *h = host_of(w, b->ring);

	if (h == NULL || w->now - b->at_ns >= KN_RING_AGE_NS)
		return false;
	if (!b->is_doubtful && kn_ring_has_arrived(h, b))
		return false;
	uint64_t kept = kn_stat_get(&h->ring_kept);

	if (b->is_doubtful || (b->links & __atomic_load_n(&h->leaky_links, __ATOMIC_ACQUIRE)) != 0)
		return kept <= LEAKY_LEN;
	return kept <= LINGER_LEN && w->now - b->at_ns < LINGER_NS;
}

static enum fate fate_of(struct kn_worker *w, const struct kn_session *s, const struct kn_burst *b)
{
	if (s == NULL || s->local_index != b->session)
		s = kn_session_find(&w->engine->sessions, b->session);
	if (s == NULL)
		return POINTLESS;
	/* What has overtaken one that waits says nothing of it. */
	if (b->is_queued || kn_burst_waits(b) || kn_session_confirmed(s, b->lane) <= b->last)
		return KEPT;
	return is_lingering(w, b) ? LINGERING : CONFIRMED;
}

static void first_confirm(struct kn_worker *w, struct kn_ring *ring, unsigned int link)
{
	struct kn_host *h = host_of(w, ring);

	kn_count(&w->counters, KN_C_FAILOVER_CONFIRMED, ring->lane[link].first->cnt);
	first_free(w, ring, link, h == NULL ? NULL : &h->ring_confirmed);
}

/* Lets the first burst of a lane go if it need not be kept. False: it must, or there is none. */
static bool first_check(struct kn_worker *w, struct kn_ring *ring, unsigned int link,
			const struct kn_session *s)
{
	struct kn_burst *b = ring->lane[link].first;

	if (b == NULL)
		return false;
	switch (fate_of(w, s, b)) {
	case CONFIRMED:
		first_confirm(w, ring, link);
		return true;
	case POINTLESS:
		first_free(w, ring, link, NULL);
		return true;
	default:
		return false;
	}
}

/* Lets the first burst of a lane go, whether it need be kept or not. */
static void first_drop(struct kn_worker *w, struct kn_ring *ring, unsigned int link)
{
	if (first_check(w, ring, link, NULL))
		return;
	if (fate_of(w, NULL, ring->lane[link].first) == LINGERING)
		first_confirm(w, ring, link);
	else
		first_give_up(w, ring, link);
}

void kn_ring_confirmed(struct kn_worker *w, struct kn_ring *ring, const struct kn_session *s,
		       unsigned int link)
{
	uint32_t left = ring->burst_cnt;

	while (left > 0 && first_check(w, ring, link, s))
		left--;
}

bool kn_ring_check(struct kn_worker *w, struct kn_ring *ring)
{
	for (unsigned int link = 0; link < KNET_MAX_LINKS; link++) {
		uint32_t left = ring->burst_cnt;

		while (left > 0 && first_check(w, ring, link, NULL))
			left--;
		if (left == 0)
			return false;
	}
	return true;
}

/* The lane whose first burst is the oldest of the ring. */
static unsigned int oldest_lane(const struct kn_ring *ring)
{
	const struct kn_burst *oldest = NULL;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_burst *b = ring->lane[i].first;

		if (b != NULL && (oldest == NULL || (int32_t)(b->seq - oldest->seq) < 0))
			oldest = b;
	}
	return oldest->lane & 7;
}

void kn_ring_count(struct kn_worker *w, struct kn_host *h, struct kn_burst *b)
{
	uint64_t most = __atomic_load_n(&w->engine->ring_len, __ATOMIC_RELAXED);
	struct kn_ring *ring = b->ring;
	uint32_t left = ring->burst_cnt;

	kn_stat_add_shared(&h->ring_kept, b->len - b->counted);
	b->counted = b->len;
	while (--left > 0 && kn_stat_get(&h->ring_kept) > most) {
		unsigned int link = oldest_lane(ring);

		if (ring->lane[link].first->is_queued)
			return;
		first_drop(w, ring, link);
	}
}

bool kn_ring_give_up_oldest(struct kn_worker *w)
{
	if (cds_list_empty(&w->rings.bursts))
		return false;
	struct kn_burst *b = cds_list_first_entry(&w->rings.bursts, struct kn_burst, age);

	if (b->is_queued)
		return false;
	first_drop(w, b->ring, b->lane & 7);
	return true;
}

void kn_ring_sweep(struct kn_worker *w, uint64_t now)
{
	for (unsigned int i = 0; i < SWEEP_MOST && !cds_list_empty(&w->rings.bursts); i++) {
		struct kn_burst *b = cds_list_first_entry(&w->rings.bursts, struct kn_burst, age);

		if (first_check(w, b->ring, b->lane & 7, NULL))
			continue;
		if (b->is_queued || now < b->at_ns + KN_RING_AGE_NS)
			return;
		first_drop(w, b->ring, b->lane & 7);
	}
}

void kn_rings_fini(struct kn_worker *w)
{
	struct kn_rings *r = &w->rings;
	struct kn_ring *ring, *next;

	while (!cds_list_empty(&r->bursts)) {
		struct kn_burst *b = cds_list_first_entry(&r->bursts, struct kn_burst, age);

		first_free(w, b->ring, b->lane & 7, NULL);
	}
	cds_list_for_each_entry_safe(ring, next, &r->spare, node)
		free(ring);
	for (unsigned int i = 0; i < PAGE_CNT; i++)
		free(r->page[i]);
	kn_rings_init(r);
}
