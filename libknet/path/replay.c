// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Failover: sending again what went only where nothing arrives any more (docs/protocol.md, section
 * 5.6).
 *
 * Control publishes which links of a host are good. When one has left these, the bursts that were
 * sent on no other become pending, and go out byte for byte, in the order in which they were
 * sealed, on the best link there is. What is sealed meanwhile lines up behind them, so nothing
 * overtakes.
 *
 * A peer, and the programs behind it, empty their sockets more slowly than memory is sent. So a
 * part leaves at once, and a growing one each ms: four or five of them do for the longest queue.
 * And no more than WINDOW_LEN is under way unconfirmed; if confirmations do not come, because of
 * distance or since they are lost, it goes on in steps all the same. What is too long for that link
 * goes in fragments. Worker thread only.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "core/fragment.h"
#include "path/latecomer.h"
#include "path/tx.h"

#define WINDOW_LEN  (2U * 1024 * 1024)
#define STEP_LEN    (512U * 1024)
#define PATIENCE_NS (2 * KN_MS)
#define TOGETHER    32 /* bursts in one call */
/* Not all at once: receive buffers of programs are short, 92 datagrams by default. */
#define PACE_NS     KN_MS
#define PACE_PART   8 /* of all, in the first step */
#define PACE_LEAST  (64U * 1024)
#define DOUBTFUL_NS KN_MS
/* So many at a time, and their part of all, so that it does not take long either. */
#define DOUBTFUL_LEAST 8
#define DOUBTFUL_STEPS 64
#define WORK_MS        1
#define IDLE_MS        500
#define TRIM_NS        KN_SEC
#define TRIM_MOST      64 /* chunks: 8 MiB at a time */

static bool is_too_long(const struct kn_burst *b, const struct kn_link *l)
{
	return b->seg_len > __atomic_load_n(&l->max_len, __ATOMIC_RELAXED);
}

/* Sent while the link answered nothing. */
static bool was_silent(const struct kn_burst *b, const struct kn_link *l)
{
	uint32_t from = __atomic_load_n(&l->silent_from_ms, __ATOMIC_RELAXED);
	uint32_t to = __atomic_load_n(&l->silent_to_ms, __ATOMIC_RELAXED);

	return to != 0 && (int32_t)(b->sent_ms - from) >= 0 && (int32_t)(to - b->sent_ms) >= 0;
}

/* Whether a burst went to a link that delivers it, as far as we know. */
static bool is_well(const struct kn_ring *ring, const struct kn_host *h, const struct kn_burst *b)
{
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l =
			b->links & ring->good & 1U << i ? kn_rcu_read(&h->links[i]) : NULL;

		if (l != NULL && !is_too_long(b, l) && !was_silent(b, l))
			return true;
	}
	return false;
}

static uint64_t confirmed_of(const struct kn_worker *w, const struct kn_burst *b)
{
	const struct kn_session *s = kn_session_find(&w->engine->sessions, b->session);

	return s == NULL ? 0 : kn_session_confirmed(s, b->lane);
}

/*
 * A burst is to be sent again if it was not confirmed, or if it was, but perhaps not all of it has
 * arrived. The latter is not worth it once the receiver's window has moved past it, and can wait.
 * As sending moves that window, too, those that were sent while datagrams were lost come first.
 */
static void judge(struct kn_worker *w, struct kn_ring *ring, const struct kn_host *h,
		  struct kn_burst *b, struct cds_list_head *unlikely)
{
	uint64_t top = confirmed_of(w, b);

	b->is_doubtful = false;
	if (is_well(ring, h, b))
		return;
	if (kn_burst_waits(b) || top <= b->last) {
		kn_ring_pend(w, ring, b);
		ring->pace_len += b->len / PACE_PART;
	} else if (b->last + KN_WINDOW_REACH <= top || kn_ring_has_arrived(h, b)) {
		return;
	} else if (kn_ring_is_likely_lost(h, b)) {
		kn_ring_doubt(w, ring, b);
	} else {
		cds_list_add_tail(&b->pend, unlikely);
	}
}

static void pend_in_order(struct kn_worker *w, struct kn_ring *ring, const struct kn_host *h)
{
	struct kn_burst *at[KNET_MAX_LINKS], *b, *next;
	CDS_LIST_HEAD(unlikely);

	ring->doubtful_cnt = 0;
	ring->pace_len = 0;
	ring->resent_at = 0;
	cds_list_for_each_entry_safe(b, next, &ring->pending, pend)
		kn_ring_unpend(ring, b);
	cds_list_for_each_entry_safe(b, next, &ring->doubtful, pend)
		kn_ring_unpend(ring, b);
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		at[i] = ring->lane[i].first;
	for (;;) {
		struct kn_burst **oldest = NULL;

		for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
			if (at[i] != NULL &&
			    (oldest == NULL || (int32_t)(at[i]->seq - (*oldest)->seq) < 0))
				oldest = &at[i];
		if (oldest == NULL)
			break;
		b = *oldest;
		*oldest = b->next;
		judge(w, ring, h, b, &unlikely);
	}
	cds_list_for_each_entry_safe(b, next, &unlikely, pend) {
		cds_list_del(&b->pend);
		kn_ring_doubt(w, ring, b);
	}
}

/* Has a link of the host ceased to be good, or to take long datagrams, since the ring was last
 * looked at? Then some bursts become pending. False: the ring is gone. */
static bool ring_look(struct kn_worker *w, struct kn_ring *ring, const struct kn_host *h)
{
	uint8_t good = __atomic_load_n(&h->good_links, __ATOMIC_ACQUIRE);
	uint8_t reviews = __atomic_load_n(&h->reviews, __ATOMIC_ACQUIRE);
	bool is_worse = (ring->good & ~good) != 0 || ring->reviews != reviews;

	ring->good = good;
	ring->reviews = reviews;
	if (!is_worse)
		return true;
	/* What is about to be sent was meant for these links, too. */
	kn_tx_flush(w);
	if (!kn_ring_check(w, ring))
		return false;
	pend_in_order(w, ring, h);
	return true;
}

/* What most likely has arrived holds nobody up: a few now and then, behind all else. */
static void doubtful_pend(struct kn_worker *w, struct kn_ring *ring)
{
	uint32_t cnt = ring->doubtful_cnt / DOUBTFUL_STEPS + DOUBTFUL_LEAST;
	struct kn_burst *b, *next;

	if (!cds_list_empty(&ring->pending) || w->now - ring->doubted_at < DOUBTFUL_NS)
		return;
	ring->doubted_at = w->now;
	cds_list_for_each_entry_safe(b, next, &ring->doubtful, pend) {
		if (cnt-- == 0)
			break;
		if (b->last + KN_WINDOW_REACH > confirmed_of(w, b)) {
			cds_list_del(&b->pend);
			kn_ring_pend(w, ring, b);
		} else {
			b->is_doubtful = false;
			kn_ring_unpend(ring, b);
		}
	}
}

/* How much may be sent now. Faster with each step, since new frames line up meanwhile. */
static uint32_t room_take(struct kn_ring *ring, uint64_t now)
{
	uint64_t since_ns = now - ring->resent_at;

	if (since_ns < PACE_NS)
		return 0;
	bool is_full = ring->resent_len >= WINDOW_LEN;

	if (is_full && since_ns < PATIENCE_NS)
		return 0;
	uint32_t room = is_full ? STEP_LEN : WINDOW_LEN - ring->resent_len;
	uint32_t pace = ring->pace_len < PACE_LEAST ? PACE_LEAST : ring->pace_len;

	ring->resent_at = now;
	if (pace < WINDOW_LEN)
		ring->pace_len = pace + pace / 3;
	return room < pace ? room : pace;
}

static void burst_resent(struct kn_worker *w, struct kn_ring *ring, const struct kn_out *o)
{
	struct kn_burst *b = o->burst;

	kn_ring_unpend(ring, b);
	b->links = (uint8_t)(1U << o->link->idx);
	b->sent_ms = kn_clock_ms(w->now);
	if (!b->is_resent)
		ring->resent_len += b->len;
	b->is_resent = true;
	b->is_doubtful = false;
	if (b->is_sent) {
		kn_count(&w->counters, KN_C_FAILOVER_REPLAYED, b->cnt);
		kn_stat_add_shared(&o->host->ring_replayed, b->cnt);
	}
	b->is_sent = true;
}

static uint32_t room_less(uint32_t room, uint32_t len)
{
	return len < room ? room - len : 0;
}

/* Some of the pending bursts, `room` bytes or a burst more. False: the socket takes no more. */
static bool some_send(struct kn_worker *w, struct kn_ring *ring, const struct kn_out *how,
		      uint32_t *room)
{
	struct kn_out out[TOGETHER];
	struct kn_burst *b;
	size_t cnt = 0;
	bool is_full = false;

	cds_list_for_each_entry(b, &ring->pending, pend) {
		if (cnt == TOGETHER || *room == 0 || is_too_long(b, how->link))
			break;
		out[cnt] = *how;
		kn_tx_out_fill(&out[cnt++], b);
		*room = room_less(*room, b->len);
	}
	kn_tx_send(w, out, cnt);
	for (size_t i = 0; i < cnt; i++) {
		if (out[i].err == -EAGAIN || out[i].err == -ENOBUFS) {
			is_full = true;
			continue;
		}
		if (out[i].err != 0)
			kn_tx_failed(w, &out[i]);
		burst_resent(w, ring, &out[i]);
	}
	return !is_full;
}

/* One sealed datagram, behind what is about to leave. */
static void whole_send(struct kn_worker *w, const struct kn_out *how, uint8_t *data, uint32_t len)
{
	struct kn_out o = *how;

	kn_tx_flush(w);
	o.data = data;
	o.len = len;
	o.seg_len = len;
	o.cnt = 1;
	kn_tx_send(w, &o, 1);
	if (o.err != 0)
		kn_tx_failed(w, &o);
}

/*
 * The first pending burst, whose datagrams the link does not carry, in fragments. These are not
 * kept themselves: what they make whole is, until it is confirmed. The ring may be gone afterwards,
 * since sealing makes room of what is confirmed, so the burst is copied first.
 */
static void long_send(struct kn_worker *w, struct kn_ring *ring, const struct kn_out *how,
		      uint32_t *room)
{
	struct kn_burst *b = cds_list_first_entry(&ring->pending, struct kn_burst, pend);
	struct kn_session *s = kn_rcu_read(&how->host->tx_session);
	uint32_t len = b->len, seg_len = b->seg_len;
	struct kn_out o = *how;
	struct kn_dest d;

	_Static_assert(KN_BURST_LEN <= KN_FRAGMENT_TOTAL_MAX, "a burst has room");
	*room = room_less(*room, len);
	memcpy(w->tx_long, b->data, len);
	kn_tx_out_fill(&o, b);
	burst_resent(w, ring, &o);
	if (s == NULL || !kn_dest_link(w, s, how->link->idx, &d))
		return;
	for (uint32_t at = 0; at < len; at += seg_len) {
		struct kn_bytes one = {w->tx_long + at, len - at < seg_len ? len - at : seg_len};

		/* The last of a burst may be short enough to go whole. */
		if (one.len > __atomic_load_n(&how->link->max_len, __ATOMIC_RELAXED))
			(void)kn_send_in_fragments(w, &d, one);
		else
			whole_send(w, how, w->tx_long + at, (uint32_t)one.len);
	}
	kn_tx_flush(w);
}

/* Sends what it may. True: there is more to be sent, soon. */
static bool ring_run(struct kn_worker *w, struct kn_ring *ring, struct kn_host *h)
{
	uint8_t best = ring->good & __atomic_load_n(&h->tx_links, __ATOMIC_ACQUIRE);
	uint8_t links = best != 0 ? best : ring->good;
	struct kn_link *l = links == 0 ? NULL : kn_rcu_read(&h->links[__builtin_ctz(links)]);
	struct kn_path *path = l == NULL ? NULL : kn_rcu_read(&l->path);
	bool may_go_on = true;

	/* Nowhere to send: wait for the first link that returns. */
	if (path == NULL)
		return false;
	const struct kn_out how = {.to = &path->remote, .link = l, .host = h};

	kn_tx_flush(w);
	if (!kn_ring_check(w, ring))
		return false;
	doubtful_pend(w, ring);
	if (cds_list_empty(&ring->pending))
		return !cds_list_empty(&ring->pending_node);
	uint32_t room = room_take(ring, w->now);

	while (may_go_on && ring != NULL && room != 0 && !cds_list_empty(&ring->pending)) {
		if (!is_too_long(cds_list_first_entry(&ring->pending, struct kn_burst, pend), l)) {
			may_go_on = some_send(w, ring, &how, &room);
			continue;
		}
		long_send(w, ring, &how, &room);
		ring = kn_ring_find(w, h);
	}
	return ring != NULL && !cds_list_empty(&ring->pending_node);
}

void kn_replay_before(struct kn_worker *w, struct kn_host *h)
{
	struct kn_ring *ring = kn_ring_find(w, h);

	if (ring == NULL || ring->ticket != h->ticket || !ring_look(w, ring, h) ||
	    cds_list_empty(&ring->pending))
		return;
	if (ring_run(w, ring, h))
		w->has_replay = true;
}

static void rings_look(struct kn_worker *w)
{
	struct kn_ring *ring, *next;

	cds_list_for_each_entry_safe(ring, next, &w->rings.rings, node) {
		struct kn_host *h = kn_host_find(w->engine, ring->host);

		if (h != NULL && h->ticket == ring->ticket)
			(void)ring_look(w, ring, h);
	}
}

static void rings_run(struct kn_worker *w)
{
	struct kn_ring *ring, *next;

	w->has_replay = false;
	cds_list_for_each_entry_safe(ring, next, &w->rings.pending, pending_node) {
		struct kn_host *h = kn_host_find(w->engine, ring->host);

		if (h != NULL && h->ticket == ring->ticket && ring_run(w, ring, h))
			w->has_replay = true;
	}
}

static void kicked(struct kn_worker *w)
{
	rings_look(w);
	kn_latecomers_ask(w);
}

void kn_tx_work(struct kn_worker *w, uint64_t now)
{
	w->now = now;
	kn_tx_flush(w);
	/* Cleared before the links are read. */
	if (__atomic_load_n(&w->is_kicked, __ATOMIC_RELAXED) &&
	    __atomic_exchange_n(&w->is_kicked, false, __ATOMIC_ACQ_REL))
		kicked(w);
	rings_run(w);
	kn_ring_sweep(w, now);
	if (now - w->trimmed_ns >= TRIM_NS) {
		w->trimmed_ns = now;
		w->has_trim = kn_pool_trim(&w->pool, TRIM_MOST);
	}
	kn_tx_flush(w);
}

int kn_tx_wait_ms(struct kn_worker *w)
{
	if (w->has_replay)
		return WORK_MS;
	return !cds_list_empty(&w->rings.bursts) || w->has_trim ? IDLE_MS : -1;
}

void kn_tx_kick(struct kn_worker *w)
{
	__atomic_store_n(&w->is_kicked, true, __ATOMIC_RELEASE);
}
