// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What a link is worth: round trip time, jitter, and loss in each direction, from the probes. Loss
 * comes from counts that both ends keep of all datagrams of the link, so it sees the loss of user
 * traffic, not only that of probes. Pure over struct kn_probing; control only.
 */
#include "live/quality.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Two windows: a long one for what is worth leaving a link for in the long run, a brief one for
 * what is as bad as no link at all. */
#define WINDOW_MS        2000
#define WINDOW_MAX_MS    10000
#define SAMPLE_MIN       20 /* datagrams */
#define LOSSY_PERMILLE   50
#define LOST_MIN         3 /* one of twenty is nothing to leave a link for */
#define CLEAN_PERMILLE   25
#define MISSED_MIN       2 /* datagrams */
#define DOUBT_MS         50
#define BRIEF_MS         250
#define BRIEF_MAX_MS     1000
#define BRIEF_MIN        50  /* datagrams */
#define BRIEF_PERMILLE   150 /* of so few: 20 % are found, 5 % hardly ever */
#define LEAKY_MIN        2   /* datagrams lost of those sent */
#define LEAKY_PERMILLE   10
#define LEAKY_MS         2000 /* without loss, it is no longer leaky */
#define LAPSES_MAX       4
#define STABLE_NS        (30 * KN_SEC) /* clean for this long: earlier lapses are forgotten */
#define WHOLE_MAX_MS     3600000U      /* nobody asks for older times; they would wrap */
#define LOSS_APART_MS    500           /* a loss so long after another is another story */
#define UNKNOWN          UINT16_MAX
#define SETTLED_US       10000 /* round trips that vary less do not delay much */
#define PATIENCE_HALF_MS 10000 /* without late answers, half of it is forgotten */

void kn_quality_reset(struct kn_probing *q)
{
	struct kn_probing old = *q;

	memset(q, 0, sizeof(*q));
	q->loss.tx_permille = UNKNOWN;
	q->loss.rx_permille = UNKNOWN;
	q->seq = old.seq;
	q->down_cnt = old.down_cnt;
	q->suspect_cnt = old.suspect_cnt;
	q->since_ns = old.since_ns;
	q->flaps = old.flaps;
	q->alarm_ms = old.alarm_ms;
	q->lapses = old.lapses;
	q->lossy_ns = old.lossy_ns;
	q->down_since_ns = old.down_since_ns;
	q->load = old.load;
	q->class = old.class;
}

void kn_quality_restart(struct kn_probing *q)
{
	q->lately.at_ms = 0;
	q->was_brief_bad = false;
}

static uint32_t abs_diff(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

void kn_quality_on_rtt(struct kn_probing *q, uint32_t rtt_us)
{
	if (rtt_us == 0)
		rtt_us = 1; /* 0 stands for unknown */
	if (q->srtt_us == 0) {
		q->srtt_us = rtt_us;
		q->rttvar_us = rtt_us / 2;
		q->rtt_min_us = rtt_us;
		q->rtt_max_us = rtt_us;
	} else {
		q->rttvar_us = (3 * q->rttvar_us + abs_diff(q->srtt_us, rtt_us)) / 4;
		q->srtt_us = (7 * q->srtt_us + rtt_us) / 8;
		q->jitter_us = (15 * q->jitter_us + abs_diff(q->last_rtt_us, rtt_us)) / 16;
		if (rtt_us < q->rtt_min_us)
			q->rtt_min_us = rtt_us;
		if (rtt_us > q->rtt_max_us)
			q->rtt_max_us = rtt_us;
	}
	if (q->srtt_us == 0)
		q->srtt_us = 1;
	q->last_rtt_us = rtt_us;
}

uint32_t kn_quality_wait_us(const struct kn_probing *q)
{
	if (q->srtt_us == 0)
		return 0;
	uint32_t wait = q->srtt_us + 4 * q->rttvar_us;

	return wait < KN_WAIT_MIN_US ? KN_WAIT_MIN_US : wait;
}

uint32_t kn_quality_patience_us(const struct kn_probing *q)
{
	uint32_t wait = kn_quality_wait_us(q);
	uint32_t both = wait + (wait < KN_AGAIN_MIN_US ? KN_AGAIN_MIN_US : wait);

	if (wait == 0)
		return 0;
	return both < q->patience_us ? q->patience_us : both;
}

bool kn_quality_is_unsettled(const struct kn_probing *q)
{
	uint32_t spread_us = 4 * q->rttvar_us;

	return spread_us > SETTLED_US && spread_us > 2 * q->srtt_us;
}

void kn_quality_on_late(struct kn_probing *q, uint32_t rtt_us, uint64_t now)
{
	uint32_t had = kn_quality_patience_us(q);

	if (had != 0 && rtt_us > had) {
		q->patience_us =
			rtt_us > KN_PATIENCE_MAX_US / 5 * 4 ? KN_PATIENCE_MAX_US : rtt_us / 4 * 5;
		q->patience_ms = kn_clock_ms(now);
	} else if (q->patience_us != 0 && kn_clock_ms(now) - q->patience_ms >= PATIENCE_HALF_MS) {
		q->patience_us /= 2;
		q->patience_ms = kn_clock_ms(now);
	}
}

static uint16_t permille_lost(uint64_t sent, uint64_t rcvd)
{
	/* Reordering around the edge of the window may count one datagram more than was sent. */
	if (sent == 0 || rcvd >= sent)
		return 0;
	return (uint16_t)((sent - rcvd) * 1000 / sent);
}

/* What passed since the beginning of a window. */
struct passed {
	uint32_t age_ms;
	uint32_t sent, peer_sent, tx_lost, rx_lost;
	uint16_t tx_permille, rx_permille;
};

static void window_begin(struct kn_loss_window *w, const struct kn_quality_counts *c)
{
	*w = (struct kn_loss_window){.at_ms = kn_clock_ms(c->now),
				     .sent = (uint32_t)c->sent,
				     .peer_rcvd = (uint32_t)c->peer_rcvd,
				     .peer_sent = (uint32_t)c->peer_sent,
				     .rcvd = (uint32_t)c->rcvd};
}

static void lately_begin(struct kn_probing *q, const struct kn_quality_counts *c)
{
	window_begin(&q->lately, c);
	q->lately_lost = 0;
	q->doubt_ms = 0;
}

static struct passed window_measure(const struct kn_loss_window *w,
				    const struct kn_quality_counts *c)
{
	uint32_t peer_rcvd = (uint32_t)c->peer_rcvd - w->peer_rcvd;
	uint32_t rcvd = (uint32_t)c->rcvd - w->rcvd;
	struct passed p = {.sent = (uint32_t)c->sent - w->sent,
			   .peer_sent = (uint32_t)c->peer_sent - w->peer_sent,
			   .age_ms = kn_clock_ms(c->now) - w->at_ms};

	p.tx_permille = permille_lost(p.sent, peer_rcvd);
	if (p.tx_permille != 0)
		p.tx_lost = p.sent - peer_rcvd;
	p.rx_permille = permille_lost(p.peer_sent, rcvd);
	if (p.rx_permille != 0)
		p.rx_lost = p.peer_sent - rcvd;
	return p;
}

/* The peer's counters began anew: it restarted. */
static bool is_anew(const struct kn_loss_window *w, const struct kn_quality_counts *c)
{
	return (int32_t)((uint32_t)c->peer_rcvd - w->peer_rcvd) < 0 ||
	       (int32_t)((uint32_t)c->peer_sent - w->peer_sent) < 0;
}

static uint16_t worst_of(const struct passed *p)
{
	return p->tx_permille > p->rx_permille ? p->tx_permille : p->rx_permille;
}

static void loss_keep(struct kn_probing *q, const struct passed *p)
{
	q->loss = (struct kn_loss){.tx_permille = p->tx_permille,
				   .rx_permille = p->rx_permille,
				   .tx_cnt = (uint32_t)p->sent,
				   .rx_cnt = (uint32_t)p->peer_sent,
				   .ms = p->age_ms};
}

static enum kn_quality_change lapse(struct kn_probing *q, uint64_t now)
{
	uint16_t tx = q->loss.tx_permille, rx = q->loss.rx_permille;

	q->clean_ms = 0;
	q->lossy_permille = tx > rx ? tx : rx;
	if (q->is_lossy) {
		q->lossy_ns = now;
		return KN_QUALITY_SAME;
	}
	if (q->lossy_ns == 0 || now - q->lossy_ns > STABLE_NS)
		q->lapses = 0;
	else if (q->lapses < LAPSES_MAX)
		q->lapses++;
	q->is_lossy = true;
	q->lossy_ns = now;
	return KN_QUALITY_LOSSY;
}

/* A lossy link has to be clean for the hold time, which doubles with each lapse. */
static enum kn_quality_change recover(struct kn_probing *q, uint64_t hold_ns, uint32_t since_ms,
				      uint64_t now)
{
	if (!q->is_lossy)
		return KN_QUALITY_SAME;
	if (q->clean_ms == 0)
		q->clean_ms = since_ms;
	if (KN_MS * (kn_clock_ms(now) - q->clean_ms) < hold_ns << q->lapses)
		return KN_QUALITY_SAME;
	q->is_lossy = false;
	q->clean_ms = 0;
	q->lossy_ns = now;
	return KN_QUALITY_CLEAN;
}

/* The first sign of loss: nothing to leave a link for, but what is sent is kept a little longer. */
static void leak_note(struct kn_probing *q, const struct passed *p, uint64_t now)
{
	if (p->tx_lost >= LEAKY_MIN && p->tx_permille >= LEAKY_PERMILLE) {
		q->is_leaky = true;
		q->leaky_ms = kn_clock_ms(now);
	} else if (kn_clock_ms(now) - q->leaky_ms >= LEAKY_MS) {
		q->is_leaky = false;
	}
}

/* Loss that is as bad as a cut is noticed before the long window ends. Twice in a row: a sender
 * that finds out how much the link takes loses as much, once. */
static enum kn_quality_change briefly(struct kn_probing *q, const struct kn_quality_counts *c)
{
	struct passed p = window_measure(&q->briefly, c);
	bool is_bad = (p.sent >= BRIEF_MIN && p.tx_permille >= BRIEF_PERMILLE) ||
		      (p.peer_sent >= BRIEF_MIN && p.rx_permille >= BRIEF_PERMILLE);

	bool is_over =
		(p.sent >= BRIEF_MIN && p.peer_sent >= BRIEF_MIN) || p.age_ms >= BRIEF_MAX_MS;

	leak_note(q, &p, c->now);
	if (p.age_ms < BRIEF_MS)
		return KN_QUALITY_NOTHING;
	if (!is_bad && !is_over)
		return KN_QUALITY_NOTHING;
	window_begin(&q->briefly, c);
	bool was_bad = q->was_brief_bad;

	q->was_brief_bad = is_bad;
	if (!is_bad || !was_bad)
		return KN_QUALITY_NOTHING;
	loss_keep(q, &p);
	lately_begin(q, c);
	return lapse(q, c->now);
}

/* Something that is missing may be late: sent by one thread, and overtaken by a probe of another
 * while the first had to wait for a CPU. What is lost is missing a moment later, too. */
static bool is_certain(struct kn_probing *q, uint64_t now)
{
	if (q->doubt_ms == 0)
		q->doubt_ms = kn_clock_ms(now);
	return kn_clock_ms(now) - q->doubt_ms >= DOUBT_MS;
}

static enum kn_quality_change lately(struct kn_probing *q, const struct kn_quality_counts *c)
{
	struct passed p = window_measure(&q->lately, c);
	bool is_enough = p.sent >= SAMPLE_MIN && p.peer_sent >= SAMPLE_MIN;

	if (p.age_ms < WINDOW_MS || (!is_enough && p.age_ms < WINDOW_MAX_MS))
		return KN_QUALITY_NOTHING;
	uint32_t began_ms = q->lately.at_ms;
	bool is_bad =
		worst_of(&p) >= LOSSY_PERMILLE && is_enough && p.tx_lost + p.rx_lost >= LOST_MIN;

	if (is_bad && !is_certain(q, c->now))
		return KN_QUALITY_NOTHING;
	loss_keep(q, &p);
	lately_begin(q, c);
	if (worst_of(&p) < CLEAN_PERMILLE)
		return recover(q, c->hold_ns, began_ms, c->now);
	if (is_bad)
		return lapse(q, c->now);
	q->clean_ms = 0;
	return KN_QUALITY_SAME;
}

/* Loss that is nothing to leave a link for yet, but enough not to go back to it. What is under way
 * when the counts are made is found a moment later, and one of many is no matter. */
static void miss_note(struct kn_probing *q, const struct kn_quality_counts *c)
{
	struct passed p = window_measure(&q->lately, c);
	uint32_t lost = p.tx_lost + p.rx_lost;

	if (lost < q->lately_lost + MISSED_MIN || worst_of(&p) < LOSSY_PERMILLE) {
		q->missing_ms = 0;
		return;
	}
	if (q->missing_ms == 0)
		q->missing_ms = kn_clock_ms(c->now);
	if (kn_clock_ms(c->now) - q->missing_ms < DOUBT_MS)
		return;
	q->lately_lost = lost;
	q->missed_ms = kn_clock_ms(c->now);
}

enum kn_quality_change kn_quality_on_counts(struct kn_probing *q, const struct kn_quality_counts *c)
{
	if (q->lately.at_ms == 0 || is_anew(&q->briefly, c)) {
		lately_begin(q, c);
		window_begin(&q->briefly, c);
		return KN_QUALITY_NOTHING;
	}
	miss_note(q, c);
	enum kn_quality_change change = briefly(q, c);

	return change == KN_QUALITY_NOTHING ? lately(q, c) : change;
}

/* What was lost was sent after the last answer that knew of no loss. */
static void loss_note(struct kn_link *l, uint32_t now_ms)
{
	uint32_t seen_ms = l->live.loss_seen_ms;

	if (seen_ms == 0 || now_ms - seen_ms > LOSS_APART_MS)
		__atomic_store_n(&l->lost_from_ms, l->whole_to_ms, __ATOMIC_RELAXED);
	l->live.loss_seen_ms = now_ms;
}

static int16_t missing_more(const struct kn_probing *q, unsigned int i)
{
	return (int16_t)(uint16_t)(q->missing[i] - q->missing_whole);
}

/* The answer of the last few that is the nearest to the number while the link was whole; 0 if they
 * do not all differ from it in the same direction. */
static int16_t missing_drift(const struct kn_probing *q)
{
	int16_t least = missing_more(q, 0);

	for (unsigned int i = 1; i < KN_MISSING_CNT; i++) {
		int16_t more = missing_more(q, i);

		if ((more > 0) != (least > 0) || more == 0 || least == 0)
			return 0;
		if (more > 0 ? more < least : more > least)
			least = more;
	}
	return least;
}

static void whole_begin(struct kn_link *l, uint16_t missing, uint32_t now_ms)
{
	struct kn_probing *q = &l->live;

	for (unsigned int i = 0; i < KN_MISSING_CNT; i++)
		q->missing[i] = missing;
	q->missing_whole = missing;
	__atomic_store_n(&l->whole_from_ms, now_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&l->whole_to_ms, now_ms, __ATOMIC_RELEASE);
}

/*
 * As long as no more are missing, all has arrived. A few more may only be under way, and a few less
 * may be size probes, which count as sent later than as received: so only if several answers in a
 * row say the same of it there is a new number to compare with.
 */
bool kn_quality_whole(struct kn_link *l, uint64_t missing, uint64_t probe_ns)
{
	struct kn_probing *q = &l->live;
	uint32_t now_ms = kn_clock_ms(probe_ns), from_ms = l->whole_from_ms;

	if (from_ms == 0 || now_ms - from_ms > WHOLE_MAX_MS) {
		whole_begin(l, (uint16_t)missing, now_ms);
		return false;
	}
	memmove(q->missing + 1, q->missing, (KN_MISSING_CNT - 1) * sizeof(q->missing[0]));
	q->missing[0] = (uint16_t)missing;
	bool is_more = missing_more(q, 0) > 0 && missing_more(q, 1) > 0;
	int16_t drift = missing_drift(q);

	if (is_more)
		loss_note(l, now_ms);
	q->missing_whole = (uint16_t)(q->missing_whole + drift);
	if (drift > 0)
		__atomic_store_n(&l->whole_from_ms, now_ms, __ATOMIC_RELAXED);
	if (drift > 0 || missing_more(q, 0) <= 0)
		__atomic_store_n(&l->whole_to_ms, now_ms, __ATOMIC_RELEASE);
	return is_more;
}

void kn_quality_loss_format(const struct kn_probing *q, char *out, size_t size)
{
	snprintf(out, size, "lost %.1f %% of %u sent, %.1f %% of %u received in %.1f s",
		 q->loss.tx_permille / 10.0, q->loss.tx_cnt, q->loss.rx_permille / 10.0,
		 q->loss.rx_cnt, q->loss.ms / 1000.0);
}
