// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The search for a path MTU against paths of every width: what it finds, how long it takes, how
 * much it sends, and what it does when the path changes under it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "live/pmtu.h"
#include "tests/sim/rng.h"

#define RTT_NS (3 * KN_MS)

/* A path, and the search on it, on a clock of its own. */
struct path {
	struct kn_pmtu q;
	struct kn_pmtu_env env;
	struct sim_rng rng;
	unsigned int mtu;  /* longer packets vanish */
	unsigned int card; /* and these are refused here */
	unsigned int loss_permille;
	unsigned int sent;
	bool is_silent; /* also for ordinary probes */
};

static const struct kn_pmtu_bounds bounds4 = {.floor = 576, .base = 1200, .max = 1500};

static void path_init(struct path *p, unsigned int mtu)
{
	memset(p, 0, sizeof(*p));
	p->rng = sim_rng_fork(1, mtu);
	p->mtu = mtu;
	p->card = UINT16_MAX;
	p->env = (struct kn_pmtu_env){
		.now = KN_SEC, .wait_ns = 30 * KN_MS, .raise_ns = 60 * KN_SEC, .has_users = true};
	kn_pmtu_start(&p->q, &bounds4);
}

static bool is_lost(struct path *p)
{
	return p->is_silent || sim_rng_chance(&p->rng, (uint16_t)p->loss_permille) ||
	       sim_rng_chance(&p->rng, (uint16_t)p->loss_permille);
}

/* Until then, or, with until_settled, until the search is over. */
static void path_run(struct path *p, uint64_t ns, bool until_settled)
{
	uint64_t end = p->env.now + ns;

	while (p->env.now < end && !(until_settled && p->q.phase == KN_PMTU_SETTLED)) {
		uint64_t at = kn_pmtu_next(&p->q, &p->env);

		if (at >= end) {
			p->env.now = end;
			break;
		}
		if (at > p->env.now)
			p->env.now = at;
		uint16_t size = kn_pmtu_step(&p->q, &p->env);

		if (size == 0)
			continue;
		p->sent++;
		if (size > p->card) {
			kn_pmtu_refused(&p->q);
			continue;
		}
		if (!is_lost(p))
			p->env.last_reply_ns = p->env.now + 1; /* an ordinary probe goes with it */
		if (size <= p->mtu && !is_lost(p)) {
			p->env.now += RTT_NS;
			kn_pmtu_on_answer(&p->q, p->q.token, size, p->env.now);
		}
	}
}

/* Every width is found exactly, within a second. */
static void test_every_width(void **state)
{
	(void)state;
	for (unsigned int mtu = 576; mtu <= 1600; mtu++) {
		struct path p;

		path_init(&p, mtu);
		path_run(&p, KN_SEC, true);
		if (p.q.phase != KN_PMTU_SETTLED || p.q.current != (mtu > 1500 ? 1500 : mtu))
			fail_msg("%u: %u in phase %u", mtu, p.q.current, p.q.phase);
		assert_int_equal(p.q.settled, p.q.current);
		assert_in_range(p.sent, 1, 40);
	}
}

/* Nothing is narrow: one probe, one round trip. */
static void test_wide_path(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 9000);
	assert_int_equal(p.q.current, 1200);
	path_run(&p, KN_SEC, true);
	assert_int_equal(p.sent, 1);
	assert_int_equal(p.env.now, KN_SEC + RTT_NS);
	assert_int_equal(p.q.current, 1500);
}

/* A path that passes less than the floor: that is taken for granted, and left alone. */
static void test_nothing_passes(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 100);
	path_run(&p, 5 * KN_SEC, true);
	assert_int_equal(p.q.phase, KN_PMTU_SETTLED);
	assert_int_equal(p.q.current, 576);
	p.sent = 0;
	path_run(&p, 20 * KN_SEC, false);
	assert_in_range(p.sent, 20, 120);
}

static void test_card_refuses(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 9000);
	p.card = 1400;
	path_run(&p, KN_SEC, true);
	assert_int_equal(p.q.current, 1400);
	assert_in_range(p.env.now - KN_SEC, 0, 50 * KN_MS); /* no waiting for what was not sent */
	p.card = 1300;
	p.env.now += KN_SEC;
	kn_pmtu_doubt(&p.q, p.env.now);
	path_run(&p, 500 * KN_MS, true);
	path_run(&p, 500 * KN_MS, false);
	assert_int_equal(p.q.current, 1300);
}

/* The path shrinks: within 2 s of it what passes is in force, and soon after all that passes. */
static void test_black_hole(void **state)
{
	(void)state;
	for (unsigned int mtu = 600; mtu < 1500; mtu += 37) {
		struct path p;

		path_init(&p, 1500);
		path_run(&p, 10 * KN_SEC, false);
		assert_int_equal(p.q.current, 1500);
		p.mtu = mtu;
		path_run(&p, 2 * KN_SEC, false);
		if (mtu >= 1200)
			assert_in_range(p.q.current, 1200, mtu);
		path_run(&p, KN_SEC, false);
		assert_int_equal(p.q.current, mtu);
	}
}

/* What nearly always passes is in force 180 ms after traffic is lost, also while more is looked
 * for. */
static void test_black_hole_with_loss(void **state)
{
	(void)state;
	for (unsigned int mtu = 600; mtu < 1400; mtu += 37) {
		for (unsigned int was = 1400; was <= 1500; was += 100) {
			struct path p;

			path_init(&p, was);
			p.env.raise_ns = 700 * KN_MS;
			path_run(&p, 5 * KN_SEC + mtu * KN_MS, false);
			assert_int_equal(p.q.current, was);
			p.mtu = mtu;
			for (int i = 0; i < 9; i++) {
				path_run(&p, 20 * KN_MS, false);
				kn_pmtu_doubt(&p.q, p.env.now);
			}
			if (p.q.current > 1200 && p.q.current > mtu)
				fail_msg("%u, was %u: still %u", mtu, was, p.q.current);
			path_run(&p, KN_SEC, false);
			assert_int_equal(p.q.current, mtu);
		}
	}
}

/* A single frame is lost, and nobody says so again: also right behind an answer, the size is looked
 * at within 100 ms. */
static void test_one_frame_is_lost(void **state)
{
	(void)state;
	for (unsigned int ms = 0; ms < 1100; ms += 10) {
		struct path p;

		path_init(&p, 1500);
		path_run(&p, 5 * KN_SEC + ms * KN_MS, false);
		p.mtu = 1280;
		kn_pmtu_doubt(&p.q, p.env.now);
		path_run(&p, 190 * KN_MS, false);
		if (p.q.current > 1280)
			fail_msg("%u ms: still %u", ms, p.q.current);
	}
}

/* Traffic lost by chance: at worst a round trip or two with the base, and no other result. */
static void test_loss_is_doubted(void **state)
{
	struct path p;
	unsigned int narrow = 0;

	(void)state;
	path_init(&p, 1500);
	path_run(&p, 5 * KN_SEC, true);
	p.loss_permille = 100;
	for (int i = 0; i < 10000; i++) {
		kn_pmtu_doubt(&p.q, p.env.now);
		path_run(&p, 100 * KN_MS, false);
		narrow += p.q.current < 1500;
		assert_int_equal(p.q.settled, 1500);
	}
	assert_in_range(narrow, 0, 100);
}

/* A silent link is no black hole. */
static void test_silence(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 1500);
	path_run(&p, 5 * KN_SEC, false);
	p.is_silent = true;
	path_run(&p, 20 * KN_SEC, false);
	assert_int_equal(p.q.current, 1500);
	p.is_silent = false;
	path_run(&p, 5 * KN_SEC, false);
	assert_int_equal(p.q.current, 1500);
}

/* Loss is no black hole either; 1000 s with a third lost, each way. */
static void test_loss(void **state)
{
	struct path p;
	unsigned int narrow = 0;

	(void)state;
	path_init(&p, 1500);
	path_run(&p, 5 * KN_SEC, true);
	p.loss_permille = 300;
	p.env.is_lossy = true;
	p.env.raise_ns = 10 * KN_SEC;
	for (int i = 0; i < 1000; i++) {
		path_run(&p, KN_SEC, false);
		narrow += p.q.current < 1500;
	}
	assert_in_range(narrow, 0, 50);
}

static void test_raise(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 1280);
	path_run(&p, 10 * KN_SEC, false);
	assert_int_equal(p.q.current, 1280);
	p.mtu = 1500;
	path_run(&p, 45 * KN_SEC, false);
	assert_int_equal(p.q.current, 1280);
	path_run(&p, 10 * KN_SEC, false);
	assert_int_equal(p.q.current, 1500);

	path_init(&p, 1280);
	p.env.raise_ns = 0; /* never */
	path_run(&p, 10 * KN_SEC, false);
	p.mtu = 1500;
	path_run(&p, 500 * KN_SEC, false);
	assert_int_equal(p.q.current, 1280);
}

/* While more is looked for in vain, the size in force stays. */
static void test_raise_in_vain(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 1333);
	path_run(&p, KN_SEC, true);
	for (int i = 0; i < 2000; i++) {
		path_run(&p, 100 * KN_MS, false);
		assert_int_equal(p.q.current, 1333);
	}
	assert_in_range(p.sent, 200, 320);
}

/* No traffic, no probes; one a second with it. */
static void test_cost(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 1500);
	path_run(&p, KN_SEC, true);
	p.env.has_users = false;
	assert_int_equal(kn_pmtu_next(&p.q, &p.env), KN_NEVER);
	p.env.now += 1000 * KN_SEC;
	assert_int_equal(kn_pmtu_step(&p.q, &p.env), 0);
	p.env.has_users = true;
	p.sent = 0;
	path_run(&p, 100 * KN_SEC, false);
	assert_in_range(p.sent, 98, 102);
}

static void test_local_interface(void **state)
{
	const struct kn_pmtu_bounds narrow = {.floor = 576, .base = 1200, .max = 1000};
	const struct kn_pmtu_bounds jumbo = {.floor = 576, .base = 1200, .max = 9000};
	struct path p;

	(void)state;
	path_init(&p, 8000);
	path_run(&p, KN_SEC, true);
	kn_pmtu_limit(&p.q, &narrow);
	assert_int_equal(p.q.current, 1000); /* at once */
	assert_int_equal(p.q.phase, KN_PMTU_SETTLED);
	kn_pmtu_limit(&p.q, &jumbo);
	assert_int_equal(p.q.current, 1000);
	assert_int_equal(p.q.settled, 0);
	path_run(&p, 2 * KN_SEC, true);
	assert_int_equal(p.q.current, 8000);
	kn_pmtu_stop(&p.q);
	assert_int_equal(kn_pmtu_next(&p.q, &p.env), KN_NEVER);
}

/* Answers to what was not asked, or long ago, mean nothing. */
static void test_strange_answers(void **state)
{
	struct path p;

	(void)state;
	path_init(&p, 1500);
	p.env.now += KN_MS;
	uint16_t size = kn_pmtu_step(&p.q, &p.env);

	assert_int_equal(size, 1500);
	kn_pmtu_on_answer(&p.q, p.q.token + 1, size, p.env.now);
	kn_pmtu_on_answer(&p.q, p.q.token - 1, size, p.env.now);
	kn_pmtu_on_answer(&p.q, p.q.token, 1499, p.env.now);
	kn_pmtu_on_answer(&p.q, p.q.token, 0, p.env.now);
	assert_int_equal(p.q.current, 1200);
	uint32_t first = p.q.token;

	p.env.now += p.env.wait_ns;
	assert_int_equal(kn_pmtu_step(&p.q, &p.env), 1500);
	kn_pmtu_on_answer(&p.q, first, 1500, p.env.now); /* late, but of this size */
	assert_int_equal(p.q.current, 1500);
	kn_pmtu_on_answer(&p.q, first, 1500, p.env.now);
	assert_int_equal(p.q.phase, KN_PMTU_SETTLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_wide_path),
		cmocka_unit_test(test_nothing_passes),
		cmocka_unit_test(test_card_refuses),
		cmocka_unit_test(test_black_hole),
		cmocka_unit_test(test_black_hole_with_loss),
		cmocka_unit_test(test_one_frame_is_lost),
		cmocka_unit_test(test_loss_is_doubted),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_raise),
		cmocka_unit_test(test_raise_in_vain),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_local_interface),
		cmocka_unit_test(test_strange_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
