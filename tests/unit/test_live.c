// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * How a link is judged: probe intervals and what shortens them, patience, hold times after flaps,
 * round trips, loss. And what the configuration of a quiet engine accepts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "live/engine.h"
#include "live/interval.h"
#include "live/quality.h"
#include "tests/unit/lone_engine.h"

/* ---- an engine that only has a time -------------------------------------------------------- */

struct fixture {
	struct kn_engine *e;
	struct kn_host host;
	struct kn_link link;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->e = calloc(1, sizeof(*f->e));
	f->e->now = 1000 * KN_SEC;
	f->e->timers = (struct knet_timers){
		.ping_ms = 100, .timeout_ms = 500, .pong_count = 3, .hold_ms = 3000};
	f->link.host = &f->host;
	f->link.state = KNET_LINK_UP;
	f->link.live.peer_accept_ms = 5;
	f->host.came_ns = f->e->now;
	f->host.tx_links = 1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->e);
	free(f);
	return 0;
}

struct rhythm {
	const char *what;
	enum knet_link_state state;
	unsigned int user_ms, came_s; /* ago; user_ms 0: never */
	unsigned int down_s;
	uint8_t tx_links, peer_links;
	unsigned int ping_ms, accept_ms, want_ms;
};

#define UP      KNET_LINK_UP
#define DOWN    KNET_LINK_DOWN
#define SUSPECT KNET_LINK_SUSPECT

static const struct rhythm rhythms[] = {
	{"traffic here", UP, 119, 500, 0, 1, 0, 100, 5, 14},
	{"traffic here from the peer", UP, 119, 500, 0, 2, 3, 100, 5, 14},
	{"traffic elsewhere", UP, 99, 500, 0, 2, 4, 100, 5, 100},
	{"traffic, slow ping", UP, 1, 500, 0, 1, 0, 1000, 5, 142},
	{"traffic, quicker ping", UP, 1, 500, 0, 1, 0, 50, 5, 14},
	{"traffic, quick ping", UP, 1, 500, 0, 1, 0, 10, 5, 10},
	{"users", UP, 120, 500, 0, 1, 0, 100, 5, 120},
	{"users, slow ping", UP, 120, 500, 0, 1, 0, 200, 5, 200},
	{"users a while ago", UP, 600, 500, 0, 1, 0, 100, 5, 600},
	{"users long ago", UP, 1900, 500, 0, 1, 0, 100, 5, 1000},
	{"users until now", UP, 2000, 500, 0, 1, 0, 100, 5, 1000},
	{"idle", UP, 119000, 500, 0, 1, 0, 100, 5, 1000},
	{"idle, slow ping", UP, 60000, 500, 0, 1, 0, 4000, 5, 4000},
	{"dormant, in use", UP, 120000, 500, 0, 1, 0, 100, 5, 27000},
	{"dormant, in use by the peer", UP, 120000, 500, 0, 2, 1, 100, 5, 27000},
	{"dormant, spare", UP, 120000, 500, 0, 2, 0, 100, 5, 300000},
	{"new, never any users", UP, 0, 10, 0, 1, 0, 100, 5, 1000},
	{"old, never any users", UP, 0, 500, 0, 1, 0, 100, 5, 27000},
	{"suspect", SUSPECT, 1000, 500, 0, 1, 0, 100, 5, 50},
	{"suspect, fast ping", SUSPECT, 1000, 500, 0, 1, 0, 10, 5, 10},
	{"suspect, dormant", SUSPECT, 300000, 500, 0, 1, 0, 100, 5, 50},
	{"coming up", KNET_LINK_INIT, 0, 1, 0, 0, 0, 100, 5, 20},
	{"just down", DOWN, 0, 500, 0, 0, 0, 100, 5, 100},
	{"down for 1 s", DOWN, 0, 500, 1, 0, 0, 100, 5, 125},
	{"down for 40 s", DOWN, 0, 500, 40, 0, 0, 100, 5, 5000},
	{"down for long", DOWN, 0, 500, 900, 0, 0, 100, 5, 30000},
	{"down for long, users wait", DOWN, 1000, 500, 900, 0, 0, 100, 5, 500},
	{"down for long, users have another", DOWN, 1000, 500, 900, 2, 0, 100, 5, 30000},
	{"the peer wants it slower", UP, 20, 500, 0, 1, 0, 10, 50, 50},
	{"slower than it wants anyway", UP, 60000, 500, 0, 1, 0, 100, 50, 1000},
};

static void test_intervals(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rhythms) / sizeof(rhythms[0]); i++) {
		const struct rhythm *r = &rhythms[i];

		f->link.state = (uint8_t)r->state;
		f->link.live.peer_accept_ms = (uint16_t)r->accept_ms;
		f->link.live.down_since_ns = f->e->now - r->down_s * KN_SEC;
		f->host.user_last_ns = r->user_ms == 0 ? 0 : f->e->now - r->user_ms * KN_MS;
		f->host.came_ns = f->e->now - r->came_s * KN_SEC;
		f->host.tx_links = r->tx_links;
		f->host.peer_links = r->peer_links;
		f->e->timers.ping_ms = r->ping_ms;
		if (kn_interval_ms(f->e, &f->link) != r->want_ms)
			fail_msg("%s: %u ms", r->what, kn_interval_ms(f->e, &f->link));
	}
}

/* Whom many would ask more often than can be answered asks them to wait, each as much longer. */
static void test_accept(void **state)
{
	static const struct {
		uint64_t busy, quiet; /* probes a second that all links want */
		unsigned int user_ms, want_ms;
	} loads[] = {{0, 0, 20, 5},           {8000, 2000, 20, 5},      {20000, 0, 20, 28},
		     {0, 20000, 20, 28},      {100000, 0, 20, 140},     {20000, 0, 500, 1000},
		     {10001, 0, 60000, 1000}, {900000, 0, 60000, 65535}};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		f->e->probe_load[KN_PROBE_BUSY] = loads[i].busy * 1000;
		f->e->probe_load[KN_PROBE_QUIET] = loads[i].quiet * 1000;
		f->host.user_last_ns = f->e->now - loads[i].user_ms * KN_MS;
		assert_int_equal(kn_interval_accept_ms(f->e, &f->link), loads[i].want_ms);
	}
}

/* Many idle links take turns, and spare a peer that has many. */
static void test_idle_turns(void **state)
{
	static const struct {
		uint32_t up_cnt;
		unsigned int peer_want_ms, want_ms;
	} turns[] = {{1, 0, 1000},        {50, 20, 1000},    {51, 1000, 1020}, {500, 1000, 10000},
		     {2000, 1000, 27000}, {2, 10000, 10000}, {2, 65535, 27000}};
	struct fixture *f = *state;

	f->link.state = UP;
	f->host.user_last_ns = f->e->now - 10 * KN_SEC;
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		f->e->link_up_cnt = turns[i].up_cnt;
		f->link.live.peer_want_ms = (uint16_t)turns[i].peer_want_ms;
		assert_int_equal(kn_interval_ms(f->e, &f->link), turns[i].want_ms);
	}
	f->host.user_last_ns = f->e->now - 200 * KN_MS;
	assert_int_equal(kn_interval_ms(f->e, &f->link), 200); /* with users all this is over */
}

/* Probes of different numbers are spread over the last eighth of the interval. */
static void test_spread(void **state)
{
	struct fixture *f = *state;
	uint64_t first = UINT64_MAX, last = 0;

	f->host.user_last_ns = f->e->now - 100 * KN_MS;
	f->host.tx_links = 2;
	f->link.live.last_probe_ns = f->e->now;
	for (uint32_t seq = 0; seq < 1000; seq++) {
		f->link.live.seq = seq;
		uint64_t after = kn_interval_next_probe_at(f->e, &f->link) - f->e->now;

		first = after < first ? after : first;
		last = after > last ? after : last;
	}
	/* The tick of the wheel comes on top. */
	assert_in_range(first, 86500 * KN_US, 88 * KN_MS);
	assert_in_range(last, 98 * KN_MS, 99 * KN_MS);
}

/* Idle links are due together, the more of them the closer; never late, nor early by more than an
 * eighth and that. */
static void test_together(void **state)
{
	static const struct {
		uint32_t up_cnt;
		unsigned int interval_ms, part_ms;
	} groups[] = {{2, 1000, 4}, {500, 10000, 64}, {2000, 27000, 128}, {65000, 27000, 8}};
	struct fixture *f = *state;

	f->link.state = UP;
	f->link.live.last_probe_ns = f->e->now;
	f->host.user_last_ns = f->e->now - 10 * KN_SEC;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		uint64_t interval = groups[i].interval_ms * KN_MS, part = groups[i].part_ms * KN_MS;

		f->e->link_up_cnt = groups[i].up_cnt;
		f->e->probe_load[KN_PROBE_QUIET] =
			groups[i].up_cnt * (1000000ULL / groups[i].interval_ms);
		for (f->link.live.seq = 0; f->link.live.seq < 100; f->link.live.seq++) {
			uint64_t at = kn_interval_next_probe_at(f->e, &f->link);

			assert_int_equal(at % part, 0);
			assert_in_range(at - f->e->now, interval * 7 / 8 - KN_MS - part, interval);
		}
	}
	f->e->probe_load[KN_PROBE_QUIET] = 0;
}

static void test_patience(void **state)
{
	struct fixture *f = *state;
	uint64_t since = f->e->now;

	f->host.user_last_ns = since;
	f->link.live.overdue_since_ns = since;
	/* Nothing known of the round trip: the timeout alone. */
	assert_int_equal(kn_interval_overdue_at(f->e, &f->link), since + 500 * KN_MS);
	kn_quality_on_rtt(&f->link.live, 200);
	assert_int_equal(kn_interval_again_at(f->e, &f->link), since + 4 * KN_MS);
	assert_int_equal(kn_interval_overdue_at(f->e, &f->link), since + 9 * KN_MS);
	f->host.user_last_ns = since - 2 * KN_SEC; /* nobody waits for it */
	assert_int_equal(kn_interval_again_at(f->e, &f->link), since + 100 * KN_MS);
	assert_int_equal(kn_interval_overdue_at(f->e, &f->link), since + 200 * KN_MS);
	f->host.user_last_ns = since;
	f->link.live.srtt_us = 40000;
	f->link.live.rttvar_us = 5000;
	assert_int_equal(kn_interval_again_at(f->e, &f->link), since + 60 * KN_MS);
	assert_int_equal(kn_interval_overdue_at(f->e, &f->link), since + 120 * KN_MS);
	f->link.live.rttvar_us = 400000;
	assert_int_equal(kn_interval_overdue_at(f->e, &f->link), since + 500 * KN_MS);
	assert_int_equal(kn_interval_timeout_at(f->e, &f->link), since + 500 * KN_MS);
	f->link.has_timers = true;
	f->link.timers.timeout_ms = 2000;
	assert_int_equal(kn_interval_timeout_at(f->e, &f->link), since + 2000 * KN_MS);
}

/* Answers that came after the link was suspected buy it time, within bounds and not for ever. */
static void test_late_answers(void **state)
{
	struct fixture *f = *state;
	struct kn_probing *q = &f->link.live;

	kn_quality_on_late(q, 90000, f->e->now); /* nothing is known yet */
	assert_int_equal(kn_quality_patience_us(q), 0);
	kn_quality_on_rtt(q, 200);
	kn_quality_on_late(q, 8000, f->e->now);
	assert_int_equal(kn_quality_patience_us(q), 9000);
	kn_quality_on_late(q, 12000, f->e->now);
	assert_int_equal(kn_quality_patience_us(q), 15000);
	kn_quality_on_late(q, 90000, f->e->now);
	assert_int_equal(kn_quality_patience_us(q), 25000);
	kn_quality_on_late(q, 200, f->e->now + 9 * KN_SEC);
	assert_int_equal(kn_quality_patience_us(q), 25000);
	kn_quality_on_late(q, 200, f->e->now + 10 * KN_SEC);
	assert_int_equal(kn_quality_patience_us(q), 12500);
	kn_quality_on_late(q, 200, f->e->now + 20 * KN_SEC);
	assert_int_equal(kn_quality_patience_us(q), 9000);
}

/* A queue that was in the way is remembered in the round trips for a while; what always takes long,
 * or as long as now, is settled. */
static void test_unsettled(void **state)
{
	struct kn_probing q = {0};

	(void)state;
	assert_false(kn_quality_is_unsettled(&q));
	for (unsigned int i = 0; i < 3; i++)
		kn_quality_on_rtt(&q, 300000);
	assert_false(kn_quality_is_unsettled(&q));
	kn_quality_on_rtt(&q, 200);
	unsigned int cnt = 0;

	for (; kn_quality_is_unsettled(&q) && cnt < 100; cnt++)
		kn_quality_on_rtt(&q, 200);
	assert_in_range(cnt, 20, 50);
	assert_true(kn_quality_patience_us(&q) <= 30000);
}

/* Many links share the budget: those with traffic get four fifths, and leave what they do not need
 * to the others. */
static void test_budget(void **state)
{
	struct fixture *f = *state;
	struct kn_link *busy = calloc(1000, sizeof(*busy)), *quiet = calloc(1000, sizeof(*quiet));
	struct kn_host silent = {.tx_links = 1, .came_ns = f->e->now};

	f->host.user_last_ns = f->e->now;
	for (unsigned int i = 0; i < 1000; i++) {
		busy[i] = (struct kn_link){.host = &f->host, .state = KNET_LINK_UP};
		quiet[i] = (struct kn_link){.host = &silent, .state = KNET_LINK_UP};
	}
	for (unsigned int i = 0; i < 56; i++)
		kn_interval_load_set(f->e, &busy[i], true);
	assert_int_equal(kn_interval_ms(f->e, &busy[0]), 14);
	for (unsigned int i = 0; i < 1000; i++)
		kn_interval_load_set(f->e, &quiet[i], true);
	assert_int_equal(kn_interval_ms(f->e, &quiet[0]), 1000);
	for (unsigned int i = 0; i < 1000; i++)
		kn_interval_load_set(f->e, &busy[i], true);
	assert_in_range(kn_interval_ms(f->e, &busy[0]), 249, 250);
	assert_int_equal(kn_interval_ms(f->e, &quiet[0]), 1000);
	for (unsigned int i = 0; i < 1000; i++) {
		kn_interval_load_set(f->e, &busy[i], false);
		kn_interval_load_set(f->e, &quiet[i], false);
	}
	assert_int_equal(f->e->probe_load[KN_PROBE_BUSY] + f->e->probe_load[KN_PROBE_QUIET], 0);
	free(busy);
	free(quiet);
}

/* Deafness follows the slower of the two sides. */
static void test_deaf(void **state)
{
	struct fixture *f = *state;

	f->host.user_last_ns = f->e->now - 100 * KN_MS;
	f->host.tx_links = 2;
	assert_int_equal(kn_interval_deaf_ns(f->e, &f->link), 600 * KN_MS);
	f->link.live.peer_want_ms = 1000;
	assert_int_equal(kn_interval_deaf_ns(f->e, &f->link), 3500 * KN_MS);
	f->link.live.peer_want_ms = 10;
	f->e->timers.ping_ms = 10;
	f->host.user_last_ns = f->e->now;
	assert_int_equal(kn_interval_deaf_ns(f->e, &f->link), 60 * KN_MS);
}

static void test_hold(void **state)
{
	static const unsigned int want_s[] = {3, 6, 12, 24, 24, 24};
	struct fixture *f = *state;

	assert_int_equal(kn_interval_hold_ns(f->e, &f->link), 3 * KN_SEC);
	for (unsigned int i = 0; i < 6; i++) {
		f->link.live.since_ns = f->e->now;
		f->e->now += 29 * KN_SEC;
		kn_interval_note_flap(f->e, &f->link);
		assert_int_equal(kn_interval_hold_ns(f->e, &f->link), want_s[i] * KN_SEC);
	}
	f->link.live.since_ns = f->e->now;
	f->e->now += 31 * KN_SEC;
	kn_interval_note_flap(f->e, &f->link);
	assert_int_equal(kn_interval_hold_ns(f->e, &f->link), 3 * KN_SEC);
}

/* What fails while it is on hold has not failed anybody. */
static void test_hold_again(void **state)
{
	struct fixture *f = *state;
	struct kn_probing *q = &f->link.live;

	for (unsigned int i = 0; i < 3; i++) {
		q->since_ns = f->e->now;
		q->hold_until_ns = f->e->now + kn_interval_hold_ns(f->e, &f->link);
		f->e->now += 2 * KN_SEC;
		kn_interval_note_flap(f->e, &f->link);
		assert_int_equal(q->flaps, 0);
	}
	q->hold_until_ns = 0;
	kn_interval_note_flap(f->e, &f->link);
	assert_int_equal(q->flaps, 1);
}

/* An answer that was only late is no flap, unless there was another one lately. */
static void test_hold_forgiven(void **state)
{
	static const struct {
		unsigned int after_s;
		bool is_forgiven;
		unsigned int flaps;
	} alarms[] = {{10, true, 0}, {29, false, 1}, {29, false, 2}, {31, true, 0}};
	struct fixture *f = *state;

	for (unsigned int i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++) {
		f->link.live.since_ns = f->e->now;
		f->e->now += alarms[i].after_s * KN_SEC;
		kn_interval_note_flap(f->e, &f->link);
		assert_int_equal(kn_interval_forgive(f->e, &f->link), alarms[i].is_forgiven);
		assert_int_equal(f->link.live.flaps, alarms[i].flaps);
	}
}

/* ---- quality ------------------------------------------------------------------------------- */

static void test_rtt(void **state)
{
	struct kn_probing q = {0};

	(void)state;
	assert_int_equal(kn_quality_wait_us(&q), 0);
	kn_quality_on_rtt(&q, 1000);
	assert_int_equal(q.srtt_us, 1000);
	assert_int_equal(q.rttvar_us, 500);
	kn_quality_on_rtt(&q, 1800);
	/* RFC 6298: rttvar = 3/4 * 500 + 1/4 * 800, srtt = 7/8 * 1000 + 1/8 * 1800 */
	assert_int_equal(q.rttvar_us, 575);
	assert_int_equal(q.srtt_us, 1100);
	/* RFC 3550: jitter = 800 / 16 */
	assert_int_equal(q.jitter_us, 50);
	assert_int_equal(q.rtt_min_us, 1000);
	assert_int_equal(q.rtt_max_us, 1800);
	/* Faster than the clock tells: not "unknown". */
	kn_quality_on_rtt(&q, 0);
	assert_int_equal(q.last_rtt_us, 1);
}

/* Two hosts that have sent each other so many, of which so many arrived. */
struct traffic {
	struct kn_probing q;
	struct kn_quality_counts c;
};

static enum kn_quality_change answer(struct traffic *t, uint64_t ms, uint64_t cnt, uint64_t lost_tx,
				     uint64_t lost_rx)
{
	t->c.now += ms * KN_MS;
	t->c.sent += cnt;
	t->c.peer_rcvd += cnt - lost_tx;
	t->c.peer_sent += cnt;
	t->c.rcvd += cnt - lost_rx;
	return kn_quality_on_counts(&t->q, &t->c);
}

/* The same, and once more a moment later if what is missing may still come. */
static enum kn_quality_change window(struct traffic *t, uint64_t ms, uint64_t cnt, uint64_t lost_tx,
				     uint64_t lost_rx)
{
	enum kn_quality_change change = answer(t, ms, cnt, lost_tx, lost_rx);

	if (t->q.doubt_ms == 0)
		return change;
	assert_int_equal(change, KN_QUALITY_NOTHING);
	assert_int_equal(answer(t, 49, 0, 0, 0), KN_QUALITY_NOTHING);
	return answer(t, 1, 0, 0, 0);
}

static struct traffic traffic_begin(void)
{
	struct traffic t = {.c = {.now = KN_SEC, .hold_ns = 3 * KN_SEC}};

	kn_quality_reset(&t.q);
	assert_int_equal(window(&t, 1000, 100, 0, 0), KN_QUALITY_NOTHING);
	return t;
}

static void test_loss(void **state)
{
	struct traffic t = traffic_begin();
	char text[80];

	(void)state;
	assert_int_equal(t.q.loss.tx_permille, UINT16_MAX);
	assert_int_equal(window(&t, 1000, 500, 45, 0), KN_QUALITY_NOTHING); /* too early to tell */
	assert_int_equal(t.q.loss.tx_permille, UINT16_MAX);
	assert_int_equal(window(&t, 1000, 500, 5, 10), KN_QUALITY_LOSSY);
	assert_true(t.q.is_lossy);
	assert_int_equal(t.q.loss.tx_permille, 50);
	assert_int_equal(t.q.loss.rx_permille, 10);
	kn_quality_loss_format(&t.q, text, sizeof(text));
	assert_string_equal(text, "lost 5.0 % of 1000 sent, 1.0 % of 1000 received in 2.0 s");
	assert_int_equal(window(&t, 2000, 1000, 0, 200), KN_QUALITY_SAME); /* it is already */
}

/* What a probe has overtaken is not lost. */
static void test_loss_overtaken(void **state)
{
	struct traffic t = traffic_begin();

	(void)state;
	assert_int_equal(answer(&t, 2000, 97, 28, 0), KN_QUALITY_NOTHING);
	t.c.peer_rcvd += 28;
	assert_int_equal(answer(&t, 14, 3, 0, 0), KN_QUALITY_SAME);
	assert_false(t.q.is_lossy);
	assert_int_equal(t.q.loss.tx_permille, 0);
	/* A new window has no doubts yet. */
	assert_int_equal(answer(&t, 2000, 97, 28, 0), KN_QUALITY_NOTHING);
	assert_int_equal(answer(&t, 49, 3, 0, 0), KN_QUALITY_NOTHING);
	assert_int_equal(answer(&t, 1, 3, 0, 0), KN_QUALITY_LOSSY);
}

/* A lossy link is clean again when it has been so for the hold time, twice as long each time. */
static void test_loss_is_over(void **state)
{
	struct traffic t = traffic_begin();

	(void)state;
	assert_int_equal(window(&t, 2000, 1000, 60, 0), KN_QUALITY_LOSSY);
	assert_int_equal(window(&t, 2000, 1000, 0, 0), KN_QUALITY_SAME);
	/* Between the two thresholds is not clean. */
	assert_int_equal(window(&t, 2000, 1000, 30, 0), KN_QUALITY_SAME);
	assert_int_equal(window(&t, 2000, 1000, 24, 0), KN_QUALITY_SAME);
	assert_true(t.q.is_lossy);
	assert_int_equal(window(&t, 2000, 1000, 0, 0), KN_QUALITY_CLEAN);
	assert_int_equal(window(&t, 2000, 1000, 49, 0), KN_QUALITY_SAME);
	assert_int_equal(window(&t, 2000, 1000, 0, 50), KN_QUALITY_LOSSY);
	assert_int_equal(window(&t, 5999, 1000, 0, 0), KN_QUALITY_SAME);
	assert_int_equal(window(&t, 2000, 1000, 0, 0), KN_QUALITY_CLEAN);
	t.c.now += 31 * KN_SEC;
	assert_int_equal(window(&t, 2000, 100000, 0, 0), KN_QUALITY_SAME);
	assert_int_equal(window(&t, 2000, 1000, 100, 0), KN_QUALITY_LOSSY);
	assert_int_equal(window(&t, 3000, 1000, 0, 0), KN_QUALITY_CLEAN);
}

/* What is as bad as a cut is noticed in a quarter of a second, if there is traffic. */
static void test_brown_out(void **state)
{
	struct traffic t = traffic_begin();

	(void)state;
	assert_int_equal(window(&t, 249, 50, 49, 0), KN_QUALITY_NOTHING);
	assert_int_equal(window(&t, 1, 50, 0, 0), KN_QUALITY_NOTHING); /* once may be anything */
	assert_int_equal(window(&t, 250, 100, 49, 0), KN_QUALITY_LOSSY);
	assert_int_equal(t.q.loss.tx_permille, 490);
	assert_int_equal(t.q.loss.ms, 250);
	t = traffic_begin();
	/* One direction has enough, and loses; the other does not matter. */
	assert_int_equal(window(&t, 240, 40, 0, 8), KN_QUALITY_NOTHING);
	t.c.sent -= 40;
	t.c.peer_rcvd -= 40;
	assert_int_equal(window(&t, 300, 10, 0, 0), KN_QUALITY_NOTHING);
	assert_int_equal(window(&t, 300, 50, 0, 8), KN_QUALITY_LOSSY);
	t = traffic_begin();
	assert_int_equal(window(&t, 300, 50, 7, 7), KN_QUALITY_NOTHING);
	assert_int_equal(window(&t, 900, 49, 20, 0), KN_QUALITY_NOTHING);
	assert_int_equal(window(&t, 99, 1, 0, 0), KN_QUALITY_NOTHING); /* bad, for once */
	assert_int_equal(window(&t, 300, 50, 0, 0), KN_QUALITY_NOTHING);
	assert_int_equal(window(&t, 300, 50, 20, 0), KN_QUALITY_NOTHING);
}

/* A handful of datagrams says nothing soon, and never that a link is lossy. */
static void test_loss_of_few(void **state)
{
	struct traffic t = traffic_begin();

	(void)state;
	assert_int_equal(window(&t, 9000, 19, 10, 0), KN_QUALITY_NOTHING);
	assert_int_equal(t.q.loss.tx_permille, UINT16_MAX);
	assert_int_equal(window(&t, 1000, 0, 0, 0), KN_QUALITY_SAME);
	assert_int_equal(t.q.loss.tx_permille, 526);
	assert_false(t.q.is_lossy);
}

/* A restarted peer counts from zero: no loss. */
static void test_loss_after_restart(void **state)
{
	struct traffic t = traffic_begin();

	(void)state;
	t.c.peer_rcvd = 0;
	t.c.peer_sent = 0;
	assert_int_equal(window(&t, 3000, 50, 0, 0), KN_QUALITY_NOTHING);
	assert_int_equal(t.q.loss.tx_permille, UINT16_MAX);
	assert_int_equal(window(&t, 3000, 50, 0, 0), KN_QUALITY_SAME);
	assert_int_equal(t.q.loss.tx_permille, 0);
	/* Reordering at the window's edge: one more than was sent. */
	t.c.rcvd++;
	assert_int_equal(window(&t, 3000, 50, 0, 0), KN_QUALITY_SAME);
	assert_int_equal(t.q.loss.rx_permille, 0);
}

/* ---- configuration ------------------------------------------------------------------------- */

static int engine_setup(void **state)
{
	*state = lone_engine_new(&(struct lone_engine){.host_id = 1, .now = KN_SEC});
	return *state == NULL;
}

static int engine_teardown(void **state)
{
	lone_engine_free(*state);
	return 0;
}

static struct knet_peer_link link_cfg(void)
{
	struct knet_peer_link cfg = {.priority = -1, .enabled = true};
	struct sockaddr_in *in = (struct sockaddr_in *)&cfg.remote;

	in->sin_family = AF_INET;
	in->sin_port = htons(50000);
	in->sin_addr.s_addr = htonl(0x0a000001);
	return cfg;
}

static void test_hosts(void **state)
{
	struct kn_engine *e = *state;
	char name[KNET_NAME_LEN + 1];

	memset(name, 'x', sizeof(name));
	name[KNET_NAME_LEN] = '\0';
	assert_int_equal(kn_host_add(e, 0, "a", NULL), -EINVAL);
	assert_int_equal(kn_host_add(e, 1, "ourselves", NULL), -EINVAL);
	assert_int_equal(kn_host_add(e, 2, name, NULL), -EINVAL);
	assert_int_equal(kn_host_add(e, 2, name + 1, NULL), 0);
	assert_int_equal(kn_host_add(e, 2, "b", NULL), -EEXIST);
	assert_int_equal(kn_host_add(e, 65535, "last", NULL), 0);
	assert_int_equal(e->peer_cnt, 2);
	assert_int_equal(e->peer_state_cnt[KNET_PEER_NEVER], 2);
	assert_int_equal(kn_host_del(e, 2), 0);
	assert_int_equal(kn_host_del(e, 2), -ENOENT);
	assert_int_equal(kn_host_enable(e, 2, false), -ENOENT);
	assert_int_equal(kn_host_clear(e, 2), -ENOENT);
	assert_int_equal(e->peer_cnt, 1);
}

static void test_links(void **state)
{
	struct kn_engine *e = *state;
	struct knet_peer_link cfg = link_cfg();

	assert_int_equal(kn_host_link_set(e, 9, 0, &cfg), -ENOENT);
	assert_int_equal(kn_host_add(e, 9, "nine", NULL), 0);
	assert_int_equal(kn_host_link_set(e, 9, KNET_MAX_LINKS, &cfg), -EINVAL);
	assert_int_equal(kn_host_link_set(e, 9, 7, &cfg), 0);
	assert_int_equal(e->hosts[9]->links[7]->state, KNET_LINK_DOWN);
	assert_int_equal(e->link_cnt, 1);
	cfg.enabled = false;
	assert_int_equal(kn_host_link_set(e, 9, 7, &cfg), 0);
	assert_int_equal(e->hosts[9]->links[7]->state, KNET_LINK_DISABLED);
	assert_int_equal(e->link_cnt, 1);
	assert_int_equal(kn_host_link_del(e, 9, 6), -ENOENT);
	assert_int_equal(kn_host_link_del(e, 9, 7), 0);
	assert_int_equal(kn_host_link_del(e, 9, 7), -ENOENT);
	assert_int_equal(e->link_cnt, 0);
}

/* A configured peer that cannot be reached costs no timer but that of its handshake. */
static void test_quiet_peer(void **state)
{
	struct kn_engine *e = *state;
	struct knet_peer_link cfg = link_cfg();
	struct kn_local_link local = {.is_open = true, .is_usable = true};

	assert_int_equal(kn_host_add(e, 9, "nine", NULL), 0);
	assert_int_equal(kn_host_link_set(e, 9, 0, &cfg), 0);
	assert_int_equal(kn_host_link_set(e, 9, 1, &cfg), 0);
	assert_int_equal(e->wheel.set_cnt, 0); /* we have no link ourselves */
	kn_local_set(e, 0, &local, "opened");
	assert_int_equal(e->wheel.set_cnt, 1);
	assert_int_equal(e->local_links, 1);
	assert_int_equal(kn_host_enable(e, 9, false), 0);
	assert_int_equal(e->wheel.set_cnt, 0);
	assert_int_equal(kn_host_enable(e, 9, true), 0);
	assert_int_equal(e->wheel.set_cnt, 1);
	assert_int_equal(kn_host_del(e, 9), 0);
	assert_int_equal(e->wheel.set_cnt, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_intervals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_accept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idle_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spread, setup, teardown),
		cmocka_unit_test_setup_teardown(test_together, setup, teardown),
		cmocka_unit_test_setup_teardown(test_patience, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late_answers, setup, teardown),
		cmocka_unit_test(test_unsettled),
		cmocka_unit_test_setup_teardown(test_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deaf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hold_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hold_forgiven, setup, teardown),
		cmocka_unit_test(test_rtt),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_loss_overtaken),
		cmocka_unit_test(test_loss_is_over),
		cmocka_unit_test(test_brown_out),
		cmocka_unit_test(test_loss_of_few),
		cmocka_unit_test(test_loss_after_restart),
		cmocka_unit_test_setup_teardown(test_hosts, engine_setup, engine_teardown),
		cmocka_unit_test_setup_teardown(test_links, engine_setup, engine_teardown),
		cmocka_unit_test_setup_teardown(test_quiet_peer, engine_setup, engine_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
