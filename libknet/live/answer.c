// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What a peer says in its probes and answers (docs/protocol.md, section 5): how long the way is,
 * how much was lost on it, which links it hears us on and which it uses. Control only; when to
 * probe and what silence means is live/liveness.c.
 */
#include <stdio.h>

#include "base/clock.h"
#include "core/counters.h"
#include "live/interval.h"
#include "live/liveness.h"
#include "live/pmtu_link.h"
#include "live/quality.h"

#define SETTLE_NS      (10 * KN_MS)
#define SETTLE_HELD_NS (100 * KN_MS)
#define OVERTAKEN_NS   (5 * KN_SEC) /* what is older by more is of another life of the peer */

static void on_loss_change(struct kn_engine *e, struct kn_link *l)
{
	char numbers[80], why[96];

	kn_quality_loss_format(&l->live, numbers, sizeof(numbers));
	kn_event(e, KNET_EVENT_LINK_LOSS, KNET_LOG_INFO, l->host, l, "%s: %s",
		 l->live.is_lossy ? "lossy" : "clean again", numbers);
	snprintf(why, sizeof(why), "link %u %s", l->idx, numbers);
	kn_live_choose(e, l->host, why);
}

/* Of one probe at a time, since its count of what was sent must be known when the answer comes. */
static void compare_counts(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p,
			   uint64_t rx_cnt)
{
	struct kn_probing *q = &l->live;
	struct kn_quality_counts c = {.now = e->now,
				      .hold_ns = kn_link_timers(e, l)->hold_ms * KN_MS,
				      .sent = q->sent_at_probe,
				      .peer_rcvd = p->rcvd_cnt,
				      .peer_sent = p->sent_cnt,
				      .rcvd = rx_cnt};

	if (q->counted_seq == 0 || (int32_t)(p->seq - q->counted_seq) < 0)
		return;
	bool is_it = p->seq == q->counted_seq;

	q->counted_seq = 0;
	if (is_it && kn_quality_whole(l, q->sent_by_probe - c.peer_rcvd, p->stamp))
		kn_pmtu_on_loss(e, l);
	enum kn_quality_change change = is_it ? kn_quality_on_counts(q, &c) : KN_QUALITY_NOTHING;

	kn_live_leaky(l->host);
	if (change == KN_QUALITY_SAME)
		kn_live_choose(e, l->host, NULL);
	else if (change != KN_QUALITY_NOTHING)
		on_loss_change(e, l);
}

/*
 * A link that was suspect, but used all the same for want of a better one, answers again. What was
 * sent on it since the last probe that was answered, and before this one, is lost if it is not
 * confirmed by now.
 */
static void silence_note(struct kn_engine *e, struct kn_link *l, uint32_t probe_ms)
{
	struct kn_host *h = l->host;

	if (l->state == KNET_LINK_SUSPECT && (h->good_links >> l->idx & 1)) {
		__atomic_store_n(&l->silent_from_ms, l->live.answered_ms - KN_SENT_MS,
				 __ATOMIC_RELAXED);
		__atomic_store_n(&l->silent_to_ms, probe_ms, __ATOMIC_RELAXED);
		kn_live_review(e, h);
	}
	if (l->live.answered_ms == 0 || (int32_t)(probe_ms - l->live.answered_ms) > 0)
		l->live.answered_ms = probe_ms;
}

/* The link was suspected for want of this one answer: nothing is lost, somebody was busy. */
static void late_note(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p)
{
	struct kn_probing *q = &l->live;

	if (l->state == KNET_LINK_SUSPECT && q->is_awaited && p->seq == q->overdue_seq)
		q->is_forgiven = kn_interval_forgive(e, l);
	q->is_awaited = false;
}

/* An answer that has taken longer than a link may be silent tells of a queue that has been in the
 * way, and nothing of the link that is to come up. */
static bool measure(struct kn_engine *e, struct kn_link *l, uint32_t rtt_us)
{
	if (rtt_us > kn_link_timers(e, l)->timeout_ms * 1000)
		return false;
	kn_quality_on_late(&l->live, rtt_us, e->now);
	kn_quality_on_rtt(&l->live, rtt_us);
	kn_live_flow_gap(e, l->host);
	return true;
}

static void on_reply(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p,
		     uint64_t arrived, uint64_t rx_cnt)
{
	struct kn_probing *q = &l->live;

	/* A reply to something we never sent, or sent in another life. */
	if ((int32_t)(q->seq - p->seq) < 0 || p->stamp > arrived ||
	    arrived - p->stamp > 60 * KN_SEC)
		return;
	uint32_t rtt_us = (uint32_t)((arrived - p->stamp) / KN_US);

	kn_count(&e->counters, KN_C_REPLIES_RCVD, 1);
	bool is_in_time = measure(e, l, rtt_us);

	q->excused_ns = 0;
	compare_counts(e, l, p, rx_cnt);
	late_note(e, l, p);
	if (p->seq == q->seq) {
		q->overdue_since_ns = 0;
	} else if (q->overdue_since_ns != 0 && (int32_t)(p->seq - q->overdue_seq) >= 0) {
		q->overdue_seq = p->seq + 1;
		q->overdue_since_ns = q->last_probe_ns;
	}
	q->last_reply_ns = e->now;
	silence_note(e, l, kn_clock_ms(p->stamp));
	if (is_in_time && q->streak < UINT8_MAX)
		q->streak++;
	kn_live_link_event(e, l, KN_LE_REPLY, "answered");
	if (l->state == KNET_LINK_INIT && q->streak >= kn_link_timers(e, l)->pong_count) {
		char why[40];

		snprintf(why, sizeof(why), "%u answers, rtt %.2f ms", q->streak,
			 q->srtt_us / 1000.0);
		kn_live_link_event(e, l, KN_LE_PROVEN, why);
	}
	if (kn_live_can_probe(e, l))
		kn_live_link_arm(e, l);
}

/*
 * The peer had heard us on the link when it sent the answer that brought the link up here; a probe
 * that says something else may have left before, and have taken longer. While the link is on hold
 * nobody relies on it, and there is time to be sure.
 */
static bool is_settled(const struct kn_engine *e, const struct kn_link *l,
		       const struct kn_link *came_on)
{
	uint64_t least = l->live.hold_until_ns > e->now ? SETTLE_HELD_NS : SETTLE_NS;
	uint64_t wait = kn_quality_wait_us(&came_on->live) * KN_US;

	return e->now - l->live.since_ns >= (wait > least ? wait : least);
}

/* The peer says in a probe on which links it hears us. */
static void on_heard(struct kn_engine *e, const struct kn_link *came_on, uint8_t heard)
{
	struct kn_host *h = came_on->host;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		struct kn_link *l = h->links[i];

		if (l != NULL && l != came_on && l->state == KNET_LINK_UP && !(heard & (1U << i)) &&
		    is_settled(e, l, came_on))
			kn_live_link_event(e, l, KN_LE_DEAF, "the peer does not hear us");
	}
}

static void links_arm(struct kn_engine *e, struct kn_host *h, uint8_t links)
{
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if ((links >> i & 1) && h->links[i] != NULL)
			kn_live_link_arm(e, h->links[i]);
}

/* The peer says which links carry its traffic: these are watched from both ends. */
static void on_used(struct kn_engine *e, struct kn_host *h, uint8_t used)
{
	uint8_t changed = h->peer_links ^ used;

	h->peer_links = used;
	links_arm(e, h, changed);
}

/* What a probe says is overtaken if one that left later has come, on another link: a datagram may
 * wait long in a queue, first of all for the address of a neighbour when the carrier is back. With
 * new keys that begins anew: the peer may be another one, with another clock. */
static bool is_news(const struct kn_host *h, const struct kn_probe *p)
{
	struct kn_session *s = h->current;

	if (s == NULL)
		return true;
	if (p->stamp < s->news_ns && s->news_ns - p->stamp < OVERTAKEN_NS)
		return false;
	s->news_ns = p->stamp;
	return true;
}

/*
 * Between ends at rest one probe tells both what they want to know: the peer hears us, it says, and
 * we have heard it. So it stands for ours, which would be the next. Not if the peer waits for an
 * answer, as its short interval tells: then each has to see for itself. Nor if the link was lossy:
 * whether it still is only our own probes tell us.
 */
static void stands_for_ours(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p)
{
	if (l->state != KNET_LINK_UP || l->live.overdue_since_ns != 0 || l->live.is_lossy ||
	    !(p->heard >> l->idx & 1) || p->want_ms < KN_INTERVAL_IDLE_MS ||
	    kn_interval_ms(e, l) < KN_INTERVAL_IDLE_MS)
		return;
	l->live.last_probe_ns = e->now;
	kn_live_link_arm(e, l);
}

void kn_live_on_probe(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p,
		      uint64_t arrived, uint64_t rx_cnt)
{
	if (!kn_live_can_probe(e, l))
		return;
	l->live.peer_want_ms = p->want_ms;
	l->live.peer_accept_ms = p->accept_ms;
	/* A reply repeats what the peer's last probe said, and is no news. */
	if (p->type == KN_CONTROL_PROBE && is_news(l->host, p)) {
		on_used(e, l->host, p->used);
		on_heard(e, l, p->heard);
		stands_for_ours(e, l, p);
	}
	if (p->type == KN_CONTROL_REPLY)
		on_reply(e, l, p, arrived, rx_cnt);
	else if (l->state == KNET_LINK_DOWN &&
		 e->now - l->live.last_probe_ns >= KN_INTERVAL_ANSWER_NS) {
		kn_live_link_probe(e, l);
		kn_live_link_arm(e, l);
	}
}
