// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Liveness of links (docs/protocol.md, section 5): when to probe, when silence is suspicious, when
 * a link is down and when it is trusted again. Control only; time comes in as the engine's `now`.
 *
 * Each link of a host with a session has one timer in the wheel, set to the earliest of: the next
 * probe, the moment an unanswered probe becomes suspicious, the timeout, the end of the hold time.
 * A host without a session has no timer here, so configured but silent peers cost nothing.
 *
 * Our own lateness is never held against a link: if the timer fired late the deadlines move by as
 * much, and while datagrams wait unread in our own socket, silence is not the peer's.
 */
#include "live/liveness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "live/handshake.h"
#include "live/interval.h"
#include "live/keys.h"
#include "live/outages.h"
#include "live/pmtu_link.h"
#include "live/quality.h"

#define LATE_NS        (2 * KN_MS)
#define UNREAD_WAIT_NS (2 * KN_MS)
#define SPARE_NS       (500 * KN_MS) /* links without traffic are woken no sooner than this */
#define PROBE_COST_NS  (KN_SEC / KN_PROBE_BUDGET)
#define UNSETTLED_NS   (200 * KN_MS)
#define EXTENSIONS_MAX 3 /* then a verdict on the link's loss is due */

bool kn_live_can_probe(const struct kn_engine *e, const struct kn_link *l)
{
	const struct kn_local_link *local = &e->local[l->idx];

	return l->host->current != NULL && l->host->is_enabled && l->is_enabled &&
	       l->path != NULL && local->is_open && local->is_usable;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* One answer that is late may be one datagram lost: the probe is repeated once before the link is
 * suspected, unless others are on their way already. */
static bool is_to_ask_again(const struct kn_engine *e, const struct kn_link *l)
{
	return l->state == KNET_LINK_UP && l->live.overdue_since_ns != 0 &&
	       l->live.overdue_seq == l->live.seq && kn_live_can_probe(e, l);
}

/* Tells the peer how often we mean to probe, and how often he may: with the next probe, and with
 * answers before it. */
static void intervals_tell(const struct kn_engine *e, struct kn_link *l)
{
	unsigned int ms = kn_interval_ms(e, l);
	uint16_t want = ms > UINT16_MAX ? UINT16_MAX : (uint16_t)ms;

	__atomic_store_n(&l->intervals, (uint32_t)want << 16 | kn_interval_accept_ms(e, l),
			 __ATOMIC_RELAXED);
}

/* Tells workers whether a probe that says nothing new is worth a wake-up. It is not while all is
 * well: there is a timer for our own next one, and what has come is read before a timer's deadline
 * is looked at. */
static void calm_tell(struct kn_engine *e, struct kn_link *l, bool can_probe)
{
	bool is_calm = can_probe && l->state == KNET_LINK_UP && l->live.hold_until_ns <= e->now &&
		       !l->live.is_lossy;

	__atomic_store_n(&l->is_calm, is_calm, __ATOMIC_RELAXED);
}

/* A link that cannot be probed, since our own side of it is gone, still has its timeout. */
void kn_live_link_arm(struct kn_engine *e, struct kn_link *l)
{
	bool can_probe = kn_live_can_probe(e, l);
	kn_interval_load_set(e, l, can_probe);
	intervals_tell(e, l);
	calm_tell(e, l, can_probe);
	uint64_t at = can_probe ? kn_interval_next_probe_at(e, l) : KN_NEVER;

	if (l->live.overdue_since_ns != 0) {
		if (l->state == KNET_LINK_UP)
			at = earlier(at, is_to_ask_again(e, l) ? kn_interval_again_at(e, l)
							       : kn_interval_overdue_at(e, l));
		if (l->state != KNET_LINK_DOWN && l->state != KNET_LINK_DISABLED)
			at = earlier(at, kn_interval_timeout_at(e, l));
	}
	if (can_probe && l->live.hold_until_ns > e->now)
		at = earlier(at, l->live.hold_until_ns);
	if (at == KN_NEVER)
		kn_wheel_cancel(&e->wheel, &l->timer);
	else
		kn_wheel_set(&e->wheel, &l->timer, at);
}

/* Links we hear the peer on: the peer stops using the others at once. */
static uint8_t links_heard(const struct kn_engine *e, const struct kn_host *h)
{
	uint8_t bits = 0;

	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = h->links[i];

		if (l == NULL || !e->local[i].is_usable || l->state == KNET_LINK_DISABLED)
			continue;
		uint64_t last = kn_stat_get(&l->rx_last_ns);

		/* While the peer answers in time we have no complaint; how long it may be silent
		 * is another question each time that an interval changes. */
		if (l->state == KNET_LINK_UP ||
		    (last != 0 && e->now < last + kn_interval_deaf_ns(e, l)))
			bits |= (uint8_t)(1U << i);
	}
	return bits;
}

static void probe_send(struct kn_engine *e, struct kn_link *l)
{
	struct kn_host *h = l->host;
	struct kn_probing *q = &l->live;
	uint8_t msg[KN_CONTROL_MAX_LEN];
	struct kn_tops tops;

	kn_keys_check_bytes(e, h);
	if (h->current == NULL)
		return;
	__atomic_store_n(&h->heard, links_heard(e, h), __ATOMIC_RELAXED);
	q->seq++;
	q->last_probe_ns = e->now;
	if (q->overdue_since_ns == 0) {
		q->overdue_since_ns = e->now;
		q->overdue_seq = q->seq;
	}
	bool is_counted = q->counted_seq == 0;

	if (is_counted) {
		q->counted_seq = q->seq;
		q->sent_at_probe = kn_stat_get(&l->tx_cnt);
	}
	intervals_tell(e, l);
	struct kn_probe p = {.type = KN_CONTROL_PROBE,
			     .heard = h->heard,
			     .want_ms = (uint16_t)(l->intervals >> 16),
			     .accept_ms = (uint16_t)l->intervals,
			     .used = h->tx_links,
			     .seq = q->seq,
			     .stamp = e->now,
			     .sent_cnt = kn_stat_get(&l->tx_cnt),
			     .rcvd_cnt = kn_stat_get(&l->rx_cnt)};

	kn_session_tops(h->current, &tops);
	kn_probe_pack(msg, &p);
	kn_count(&e->counters, KN_C_PROBES_SENT, 1);
	int err = kn_control_send(e, h, l, msg, kn_probe_tops_pack(msg, &tops));

	/* Workers go on meanwhile: all that left before the probe is among these. */
	if (is_counted)
		q->sent_by_probe = kn_stat_get(&l->tx_cnt);
	kn_control_confirm_old(e, h, l);

	if (err == 0)
		return;
	kn_count(&e->counters, KN_C_TX_SEND_ERRORS, 1);
	if (l->state == KNET_LINK_UP) {
		char why[40];

		snprintf(why, sizeof(why), "send failed: %s", strerrorname_np(-err));
		kn_live_link_event(e, l, KN_LE_LOST, why);
	}
}

bool kn_live_budget_take(struct kn_engine *e)
{
	if (e->probe_tokens_ns < e->now)
		e->probe_tokens_ns = e->now;
	if (e->probe_tokens_ns > e->now + KN_SEC) {
		kn_count(&e->counters, KN_C_PROBES_DEFERRED, 1);
		return false;
	}
	e->probe_tokens_ns += PROBE_COST_NS;
	return true;
}

void kn_live_link_probe(struct kn_engine *e, struct kn_link *l)
{
	if (kn_live_budget_take(e)) {
		probe_send(e, l);
		return;
	}
	l->live.last_probe_ns = e->now;        /* one interval later */
	l->live.overdue_seq = l->live.seq - 1; /* and none of them again */
}

/* Silence that is our own doing: move the deadlines, and say so. */
static bool was_our_fault(struct kn_engine *e, struct kn_link *l, uint64_t late)
{
	uint64_t timeout = kn_link_timers(e, l)->timeout_ms * KN_MS;

	if (late > LATE_NS) {
		l->live.overdue_since_ns += late;
		return true;
	}
	/* Bounded: a flood of rubbish must not keep a dead link alive. */
	if (l->live.excused_ns < timeout &&
	    e->io->is_unread(e->io_ctx, l->idx, l->live.overdue_since_ns)) {
		l->live.overdue_since_ns += UNREAD_WAIT_NS;
		l->live.excused_ns += UNREAD_WAIT_NS;
		return true;
	}
	return false;
}

/* The hold time is longer while something is lost: a link that loses one in five may well answer
 * all the probes of it before there were enough for a verdict. And while a silence of the link
 * would be noticed late, since a queue was in its way; what always varies as much is used
 * nevertheless. */
static void hold_end(struct kn_engine *e, struct kn_link *l)
{
	struct kn_probing *q = &l->live;
	uint64_t whole_ns = KN_MS * (kn_clock_ms(e->now) - q->missed_ms);
	uint64_t hold_ns = kn_interval_hold_back_ns(e, l);
	char why[40];

	if (q->missed_ms != 0 && whole_ns < hold_ns && q->extensions < EXTENSIONS_MAX) {
		q->extensions++;
		q->hold_until_ns = e->now + hold_ns - whole_ns;
		return;
	}
	if (kn_quality_is_unsettled(q) && e->now - q->since_ns < (1 + EXTENSIONS_MAX) * hold_ns) {
		q->hold_until_ns = e->now + UNSETTLED_NS;
		return;
	}
	q->hold_until_ns = 0;
	snprintf(why, sizeof(why), "hold time of link %u is over", l->idx);
	kn_live_choose(e, l->host, why);
}

static void check_silence(struct kn_engine *e, struct kn_link *l, uint64_t late)
{
	char why[64];
	uint64_t since = l->live.overdue_since_ns;
	enum kn_link_event ev = KN_LE_OVERDUE;

	if (since == 0 || l->state == KNET_LINK_DOWN || l->state == KNET_LINK_DISABLED)
		return;
	if (e->now >= kn_interval_timeout_at(e, l))
		ev = KN_LE_TIMEOUT;
	else if (l->state != KNET_LINK_UP || e->now < kn_interval_overdue_at(e, l))
		return;
	if (was_our_fault(e, l, late))
		return;
	snprintf(why, sizeof(why), "probe %u unanswered for %.0f ms (srtt %.1f ms)",
		 l->live.overdue_seq, (double)(e->now - since) / KN_MS, l->live.srtt_us / 1000.0);
	kn_live_link_event(e, l, ev, why);
}

void kn_live_link_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_engine *e = ctx;
	struct kn_link *l = caa_container_of(t, struct kn_link, timer);

	uint64_t late = now > t->deadline + KN_WHEEL_TICK_NS ? now - t->deadline : 0;

	bool is_again = is_to_ask_again(e, l) && now >= kn_interval_again_at(e, l);

	if (!is_again)
		check_silence(e, l, late);
	else if (late > LATE_NS)
		l->live.overdue_since_ns += late; /* the second answer has its time, too */
	if (l->live.hold_until_ns != 0 && now >= l->live.hold_until_ns)
		hold_end(e, l);
	if (kn_live_can_probe(e, l) && (is_again || now >= kn_interval_next_probe_at(e, l))) {
		kn_live_link_probe(e, l);
		kn_handshake_retry(e, l->host);
	}
	kn_live_link_arm(e, l);
}

void kn_live_link_stop(struct kn_engine *e, struct kn_link *l)
{
	kn_wheel_cancel(&e->wheel, &l->timer);
	kn_interval_load_set(e, l, false);
	calm_tell(e, l, false);
}

static void on_leave_up(struct kn_engine *e, struct kn_link *l, enum knet_link_state to,
			enum kn_link_event ev)
{
	l->live.is_awaited = ev == KN_LE_OVERDUE;
	l->live.is_forgiven = false;
	if (to == KNET_LINK_SUSPECT)
		l->live.suspect_cnt++;
	kn_interval_note_flap(e, l);
	/* Silence is counted from now on, if nothing was outstanding. */
	if (l->live.overdue_since_ns == 0)
		l->live.overdue_since_ns = e->now;
	l->live.streak = 0;
}

static void on_enter_up(struct kn_engine *e, struct kn_link *l, enum knet_link_state from)
{
	/* What was sent before the peer knew us is no loss. */
	if (from == KNET_LINK_INIT)
		kn_quality_restart(&l->live);
	l->live.extensions = 0;
	bool is_held = l->live.is_forgiven && l->live.hold_until_ns > e->now;

	/* Nothing to hold back the first time. */
	if (from == KNET_LINK_SUSPECT && !is_held)
		l->live.hold_until_ns = e->now + kn_interval_hold_back_ns(e, l);
	else if (from != KNET_LINK_SUSPECT && l->live.down_cnt > 0)
		l->live.hold_until_ns = e->now + kn_interval_hold_ns(e, l);
}

static void outage_note(struct kn_engine *e, struct kn_link *l)
{
	l->live.down_cnt++;
	if (l->outages == NULL)
		l->outages = calloc(1, sizeof(*l->outages));
	if (l->outages != NULL)
		kn_outages_add(l->outages, e->now);
}

static void on_enter_down(struct kn_engine *e, struct kn_link *l, enum knet_link_state from)
{
	l->live.down_since_ns = e->now;
	if (from == KNET_LINK_UP || from == KNET_LINK_SUSPECT)
		outage_note(e, l);
	kn_quality_reset(&l->live);
	l->live.hold_until_ns = 0;
}

/* A link that is known to lose much, and is not used, is suspected again and again: counted, but
 * not told each time. */
static bool is_nuisance(const struct kn_link *l)
{
	return l->live.is_lossy && !(l->host->tx_links >> l->idx & 1);
}

static void announce(struct kn_engine *e, struct kn_link *l, enum knet_link_state from,
		     const char *why)
{
	struct kn_host *h = l->host;

	switch ((enum knet_link_state)l->state) {
	case KNET_LINK_UP:
		if (from != KNET_LINK_SUSPECT || !is_nuisance(l))
			kn_event(e, KNET_EVENT_LINK_UP, KNET_LOG_INFO, h, l, "was %s: %s",
				 knet_link_state_name(from), why);
		break;
	case KNET_LINK_SUSPECT:
		if (!is_nuisance(l))
			kn_event(e, KNET_EVENT_LINK_SUSPECT, KNET_LOG_INFO, h, l, "%s", why);
		break;
	case KNET_LINK_DOWN:
		/* Coming up and failing again and again is one outage. */
		if (from == KNET_LINK_UP || from == KNET_LINK_SUSPECT)
			kn_event(e, KNET_EVENT_LINK_DOWN, KNET_LOG_WARNING, h, l, "%s", why);
		break;
	default:
		break;
	}
}

void kn_live_link_event(struct kn_engine *e, struct kn_link *l, enum kn_link_event ev,
			const char *why)
{
	enum knet_link_state from = (enum knet_link_state)l->state;
	enum knet_link_state to = kn_link_state_next(from, ev);

	if (to == from)
		return;
	if (from == KNET_LINK_UP)
		on_leave_up(e, l, to, ev);
	if (to == KNET_LINK_UP)
		on_enter_up(e, l, from);
	else if (to == KNET_LINK_DOWN)
		on_enter_down(e, l, from);
	e->link_up_cnt += (to == KNET_LINK_UP) - (from == KNET_LINK_UP);
	l->state = (uint8_t)to;
	l->live.since_ns = e->now;
	free(l->reason);
	l->reason = strdup(why);
	kn_pmtu_link_changed(e, l);
	announce(e, l, from, why);
	/* Until its next answer: what it lost has to be looked at first. */
	if (to != KNET_LINK_UP)
		kn_live_leaky(l->host);
	char text[96];

	snprintf(text, sizeof(text), "link %u %s, %s", l->idx, knet_link_state_name(to), why);
	kn_live_choose(e, l->host, text);
	kn_live_host_state(e, l->host);
	kn_live_link_arm(e, l);
}

void kn_live_link_start(struct kn_engine *e, struct kn_link *l)
{
	if (!kn_live_can_probe(e, l))
		return;
	if (l->live.down_since_ns == 0)
		l->live.down_since_ns = e->now;
	kn_live_link_probe(e, l);
	kn_live_link_arm(e, l);
}

void kn_live_session_start(struct kn_engine *e, struct kn_host *h)
{
	h->came_ns = e->now;
	for (int i = 0; i < KNET_MAX_LINKS; i++)
		if (h->links[i] != NULL) {
			h->links[i]->live.down_since_ns = e->now;
			kn_live_link_start(e, h->links[i]);
		}
	kn_live_choose(e, h, "session established");
}

void kn_live_session_end(struct kn_engine *e, struct kn_host *h, const char *why)
{
	for (int i = 0; i < KNET_MAX_LINKS; i++)
		if (h->links[i] != NULL) {
			kn_live_link_event(e, h->links[i], KN_LE_RESET, why);
			kn_live_link_stop(e, h->links[i]);
		}
	kn_live_choose(e, h, why);
	kn_live_host_state(e, h);
}

void kn_live_announce(struct kn_engine *e, struct kn_host *h)
{
	for (int i = 0; i < KNET_MAX_LINKS; i++)
		if (h->links[i] != NULL && kn_live_can_probe(e, h->links[i])) {
			kn_live_link_probe(e, h->links[i]);
			kn_live_link_arm(e, h->links[i]);
		}
}

void kn_live_probe_now(struct kn_engine *e, struct kn_host *h)
{
	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		struct kn_link *l = h->links[i];

		if (l == NULL || !kn_live_can_probe(e, l))
			continue;
		bool is_used = (h->tx_links | h->peer_links) >> i & 1;

		if (e->now - l->live.last_probe_ns >= (is_used ? KN_ACCEPT_MS * KN_MS : SPARE_NS))
			kn_live_link_probe(e, l);
		/* Also without a probe: the interval may be another one now. */
		kn_live_link_arm(e, l);
	}
}
