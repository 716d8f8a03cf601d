// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What is known without clocks and I/O: link states, the choice of links, the forwarding database,
 * session indexes, and the wheel that drives them.
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
#include "base/wheel.h"
#include "core/fdb.h"
#include "core/link_state.h"
#include "core/policy.h"
#include "core/session.h"

/* ---- link states --------------------------------------------------------------------------- */

/* Independent of the code's table: a letter per state, in the order of the events. */
static void test_link_states(void **state)
{
	static const char letters[KNET_LINK_STATE_COUNT + 1] = "xdius";
	static const char *const after[KNET_LINK_STATE_COUNT] = {
		/* reply proven overdue timeout lost deaf reset disable enable */
		[KNET_LINK_DISABLED] = "xxxxxxxxd", [KNET_LINK_DOWN] = "iudddddxd",
		[KNET_LINK_INIT] = "iuiddidxi",     [KNET_LINK_UP] = "uusdssdxu",
		[KNET_LINK_SUSPECT] = "uusdssdxs",
	};

	(void)state;
	for (int from = 0; from < KNET_LINK_STATE_COUNT; from++) {
		assert_int_equal(strlen(after[from]), KN_LE_COUNT);
		for (int ev = 0; ev < KN_LE_COUNT; ev++) {
			enum knet_link_state to = kn_link_state_next((enum knet_link_state)from,
								     (enum kn_link_event)ev);

			if (letters[to] != after[from][ev])
				fail_msg("%s, %s: %s",
					 knet_link_state_name((enum knet_link_state)from),
					 kn_link_event_name((enum kn_link_event)ev),
					 knet_link_state_name(to));
		}
	}
}

/* ---- the choice of links ------------------------------------------------------------------- */

#define UP                                                           \
	{                                                            \
		.state = KNET_LINK_UP, .usable = true, .priority = 1 \
	}
#define LOSSY                                                                       \
	{                                                                           \
		.state = KNET_LINK_UP, .usable = true, .priority = 1, .lossy = true \
	}
#define HELD                                                                          \
	{                                                                             \
		.state = KNET_LINK_UP, .usable = true, .priority = 1, .on_hold = true \
	}
#define SUSPECT                                                           \
	{                                                                 \
		.state = KNET_LINK_SUSPECT, .usable = true, .priority = 1 \
	}
#define INIT                                                           \
	{                                                              \
		.state = KNET_LINK_INIT, .usable = true, .priority = 1 \
	}
#define DOWN                                                           \
	{                                                              \
		.state = KNET_LINK_DOWN, .usable = true, .priority = 1 \
	}
#define NO_ADDR                                                       \
	{                                                             \
		.state = KNET_LINK_UP, .usable = false, .priority = 1 \
	}
#define RTT(us)                                                                      \
	{                                                                            \
		.state = KNET_LINK_UP, .usable = true, .priority = 1, .rtt_us = (us) \
	}
#define BEST                                                         \
	{                                                            \
		.state = KNET_LINK_UP, .usable = true, .priority = 9 \
	}
#define BEST_HELD                                                                     \
	{                                                                             \
		.state = KNET_LINK_UP, .usable = true, .priority = 9, .on_hold = true \
	}

struct choice {
	const char *what;
	struct kn_policy_link links[KNET_MAX_LINKS];
	uint8_t current, passive, active, several;
};

static const struct choice choices[] = {
	{"nothing configured", {{0}}, 0, 0, 0, 0},
	{"nothing works", {DOWN, DOWN}, 1, 0, 0, 0},
	{"the first of equals", {UP, UP}, 0, 1, 3, 3},
	{"equals do not push aside", {UP, UP}, 2, 2, 3, 3},
	{"a better class wins", {SUSPECT, UP}, 1, 2, 2, 2},
	{"clean before lossy", {LOSSY, UP}, 1, 2, 3, 2},
	{"lossy before suspect", {SUSPECT, LOSSY}, 1, 2, 2, 2},
	{"suspect before init", {INIT, SUSPECT}, 1, 2, 2, 2},
	{"init before nothing", {DOWN, INIT}, 1, 2, 2, 2},
	{"all suspect: stay", {SUSPECT, SUSPECT}, 2, 2, 3, 2},
	{"all coming up: stay", {INIT, INIT}, 2, 2, 3, 2},
	{"priority", {UP, BEST}, 1, 2, 3, 3},
	{"on hold: not yet", {UP, HELD}, 1, 1, 3, 1},
	{"on hold, with higher priority: not yet", {UP, BEST_HELD}, 1, 1, 3, 1},
	{"on hold, but better than lossy", {LOSSY, HELD}, 1, 2, 3, 2},
	{"both on hold: stay", {HELD, BEST_HELD}, 1, 1, 3, 3},
	{"in use and on hold, the other is good", {HELD, UP}, 1, 2, 3, 2},
	{"in use and on hold, the other is worse", {BEST_HELD, UP}, 1, 1, 3, 2},
	{"much faster", {RTT(10000), RTT(5000)}, 1, 2, 3, 3},
	{"faster, but by less than 2 ms", {RTT(3000), RTT(1500)}, 1, 1, 3, 3},
	{"faster, but by less than a quarter", {RTT(40000), RTT(35000)}, 1, 1, 3, 3},
	{"without an address", {NO_ADDR, SUSPECT}, 1, 2, 2, 2},
	{"link 7", {DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, DOWN, UP}, 0, 128, 128, 128},
	{"disabled", {{.state = KNET_LINK_DISABLED, .usable = true}, UP}, 1, 2, 2, 2},
};

static void test_policies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		const struct choice *c = &choices[i];
		uint8_t passive = kn_policy_pick(KNET_POLICY_PASSIVE, c->links, c->current);
		uint8_t active = kn_policy_pick(KNET_POLICY_ACTIVE, c->links, c->current);

		uint8_t turns = kn_policy_pick(KNET_POLICY_ROUND_ROBIN, c->links, c->current);
		uint8_t balance = kn_policy_pick(KNET_POLICY_BALANCE, c->links, c->current);

		if (passive != c->passive || active != c->active || turns != c->several ||
		    balance != c->several)
			fail_msg("%s: passive %#x, active %#x, several %#x, %#x", c->what, passive,
				 active, turns, balance);
	}
}

/* Whatever the links are: never a link that cannot be used, and one at most if passive. */
static void test_policies_of_anything(void **state)
{
	struct kn_policy_link links[KNET_MAX_LINKS];

	(void)state;
	srandom(1);
	for (unsigned int i = 0; i < 100000; i++) {
		uint8_t usable = 0, up = 0;

		for (unsigned int l = 0; l < KNET_MAX_LINKS; l++) {
			long r = random();

			links[l] = (struct kn_policy_link){
				.state = (enum knet_link_state)(r % KNET_LINK_STATE_COUNT),
				.usable = r >> 8 & 1,
				.lossy = r >> 9 & 1,
				.on_hold = r >> 10 & 1,
				.priority = (uint8_t)(r >> 11 & 3),
				.rtt_us = (uint32_t)(r >> 13 & 0xffff)};
			if (links[l].usable && links[l].state >= KNET_LINK_INIT)
				usable |= (uint8_t)(1U << l);
			if (links[l].usable && links[l].state == KNET_LINK_UP)
				up |= (uint8_t)(1U << l);
		}
		uint8_t passive = kn_policy_pick(KNET_POLICY_PASSIVE, links, (uint8_t)random());

		assert_int_equal(__builtin_popcount(passive), usable != 0);
		assert_int_equal(passive & (up != 0 ? up : usable), passive);
		assert_int_equal(kn_policy_pick(KNET_POLICY_PASSIVE, links, passive), passive);
		uint8_t active = kn_policy_pick(KNET_POLICY_ACTIVE, links, 0);

		assert_int_equal(active & usable, active);
		if (up != 0)
			assert_int_equal(active, up);
	}
}

/* ---- the forwarding database --------------------------------------------------------------- */

struct fixture {
	struct kn_fdb fdb;
	struct kn_wheel wheel;
	struct kn_reclaim reclaim;
	unsigned int aged;
};

static struct fixture *ageing;

static void on_age(struct kn_timer *t, void *ctx, uint64_t now)
{
	(void)ctx;
	ageing->aged += kn_fdb_age(&ageing->fdb, t, now);
}

static int fdb_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	rcu_register_thread();
	kn_wheel_init(&f->wheel, KN_SEC);
	kn_reclaim_init(&f->reclaim, NULL);
	ageing = f;
	*state = f;
	return kn_fdb_init(&f->fdb, &f->wheel, &f->reclaim, on_age, 42);
}

static int fdb_teardown(void **state)
{
	struct fixture *f = *state;

	kn_fdb_fini(&f->fdb);
	kn_reclaim_fini(&f->reclaim);
	free(f);
	rcu_unregister_thread();
	return 0;
}

static kn_fdb_key key_of(unsigned int n, uint16_t vlan)
{
	uint8_t mac[6] = {2, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	return kn_fdb_key_make(mac, vlan);
}

static uint16_t host_at(struct fixture *f, kn_fdb_key key)
{
	const struct kn_fdb_entry *e = kn_fdb_find(&f->fdb, key);

	return e == NULL ? 0 : e->host;
}

static void test_fdb_learn(void **state)
{
	struct fixture *f = *state;
	uint16_t old = 0;

	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 0), 7, KN_SEC, &old), KN_FDB_NEW);
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 0), 7, KN_SEC, &old), KN_FDB_SAME);
	assert_int_equal(host_at(f, key_of(1, 0)), 7);
	assert_int_equal(host_at(f, key_of(2, 0)), 0);
	/* The same address on another VLAN is another station. */
	assert_int_equal(host_at(f, key_of(1, 5)), 0);
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 5), 8, KN_SEC, &old), KN_FDB_NEW);
	assert_int_equal(host_at(f, key_of(1, 0)), 7);
	assert_int_equal(f->fdb.dynamic_cnt, 2);
}

static void test_fdb_vlan_of_frames(void **state)
{
	uint8_t frame[18] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x60, 0x05};

	(void)state;
	assert_true(kn_fdb_key_dst(frame, 18) == key_of(1, 0));
	assert_true(kn_fdb_key_src(frame, 18) == key_of(2, 0));
	frame[12] = 0x81; /* 802.1Q; the priority does not count */
	assert_true(kn_fdb_key_dst(frame, 18) == key_of(1, 5));
	assert_true(kn_fdb_key_dst(frame, 17) == key_of(1, 0));
	frame[12] = 0x88; /* 802.1ad */
	frame[13] = 0xa8;
	assert_true(kn_fdb_key_src(frame, 18) == key_of(2, 5));
}

/* Five moves, then not until ten seconds after the last. */
static void test_fdb_moves(void **state)
{
	struct fixture *f = *state;
	uint64_t now = KN_SEC;
	uint16_t old = 0;

	kn_fdb_learn(&f->fdb, key_of(1, 0), 1, now, &old);
	for (uint16_t i = 2; i <= 6; i++) {
		now += KN_SEC;
		assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 0), i, now, &old), KN_FDB_MOVED);
		assert_int_equal(old, i - 1);
	}
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 0), 9, now, &old), KN_FDB_HOLDS);
	assert_int_equal(old, 6);
	assert_int_equal(kn_fdb_held_s(kn_fdb_find(&f->fdb, key_of(1, 0)), now + 1), 10);
	assert_int_equal(kn_fdb_held_s(kn_fdb_find(&f->fdb, key_of(1, 0)), now + 9 * KN_SEC), 1);
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 0), 9, now + 10 * KN_SEC, &old),
			 KN_FDB_HELD);
	assert_int_equal(host_at(f, key_of(1, 0)), 6);
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 0), 9, now + 11 * KN_SEC, &old),
			 KN_FDB_MOVED);
	assert_int_equal(host_at(f, key_of(1, 0)), 9);
}

static void test_fdb_static(void **state)
{
	struct fixture *f = *state;
	uint16_t old = 0;

	kn_fdb_learn(&f->fdb, key_of(1, 0), 7, KN_SEC, &old);
	assert_int_equal(kn_fdb_static_del(&f->fdb, key_of(1, 0)), -ENOENT);
	assert_int_equal(kn_fdb_static_add(&f->fdb, key_of(1, 0), 8, KN_SEC), 0);
	assert_int_equal(f->fdb.dynamic_cnt, 0);
	assert_int_equal(f->fdb.static_cnt, 1);
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(1, 0), 7, KN_SEC, &old), KN_FDB_FIXED);
	assert_int_equal(host_at(f, key_of(1, 0)), 8);
	kn_wheel_run(&f->wheel, NULL, 86400 * KN_SEC);
	assert_int_equal(host_at(f, key_of(1, 0)), 8);
	assert_int_equal(kn_fdb_static_del(&f->fdb, key_of(1, 0)), 0);
	assert_int_equal(host_at(f, key_of(1, 0)), 0);
}

static void test_fdb_limit(void **state)
{
	struct fixture *f = *state;
	uint16_t old = 0;

	f->fdb.limit = 100;
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(kn_fdb_learn(&f->fdb, key_of(i, 0), 7, KN_SEC, &old), KN_FDB_NEW);
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(100, 0), 7, KN_SEC, &old), KN_FDB_FULL);
	/* What is known goes on working. */
	assert_int_equal(kn_fdb_learn(&f->fdb, key_of(5, 0), 8, KN_SEC, &old), KN_FDB_MOVED);
	assert_int_equal(kn_fdb_static_add(&f->fdb, key_of(100, 0), 8, KN_SEC), 0);
}

/* An address ages from the last time it was seen, not from the first. */
static void test_fdb_ageing(void **state)
{
	struct fixture *f = *state;
	uint64_t now = KN_SEC;
	uint16_t old = 0;

	f->fdb.aging_ns = 300 * KN_SEC;
	for (unsigned int i = 0; i < 1000; i++)
		kn_fdb_learn(&f->fdb, key_of(i, 0), 7, now, &old);
	kn_wheel_run(&f->wheel, NULL, now + 299 * KN_SEC);
	assert_int_equal(f->aged, 0);
	for (unsigned int i = 0; i < 10; i++)
		kn_fdb_find(&f->fdb, key_of(i, 0))->seen_ns = now + 200 * KN_SEC;
	kn_wheel_run(&f->wheel, NULL, now + 301 * KN_SEC);
	assert_int_equal(f->aged, 990);
	assert_int_equal(host_at(f, key_of(5, 0)), 7);
	assert_int_equal(host_at(f, key_of(10, 0)), 0);
	kn_wheel_run(&f->wheel, NULL, now + 501 * KN_SEC);
	assert_int_equal(f->fdb.dynamic_cnt, 0);
	assert_int_equal(f->wheel.set_cnt, 0);
}

static bool match_host(void *ctx, const struct kn_fdb_entry *e)
{
	return e->host == *(const uint16_t *)ctx;
}

static void test_fdb_remove_if(void **state)
{
	struct fixture *f = *state;
	uint16_t old = 0, host = 3;

	for (unsigned int i = 0; i < 1000; i++)
		kn_fdb_learn(&f->fdb, key_of(i, 0), (uint16_t)(1 + i % 4), KN_SEC, &old);
	assert_int_equal(kn_fdb_remove_if(&f->fdb, match_host, &host), 250);
	assert_int_equal(kn_fdb_remove_if(&f->fdb, match_host, &host), 0);
	assert_int_equal(f->fdb.dynamic_cnt, 750);
}

/* ---- session indexes ----------------------------------------------------------------------- */

static void test_session_indexes(void **state)
{
	static struct kn_session_table t;
	static uint32_t index[5000];

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		/* A bad generator: all generations are the same. */
		index[i] = kn_session_index_new(&t, 0, (uint16_t)(i + 1));
		assert_int_not_equal(index[i], 0);
		assert_int_equal(kn_session_index_host(&t, index[i]), i + 1);
		assert_null(kn_session_find(&t, index[i]));
	}
	assert_int_equal(t.used, 5000);
	/* Same place, other generation: not found. */
	assert_int_equal(kn_session_index_host(&t, index[17] ^ 1U << 31), 0);
	assert_null(kn_session_find(&t, index[17] ^ 1U << 31));
	for (uint32_t i = 0; i < 5000; i++)
		kn_session_index_free(&t, index[i]);
	assert_int_equal(t.used, 0);
	assert_int_equal(kn_session_index_host(&t, index[17]), 0);
	/* Garbage of all kinds finds nothing. */
	for (uint64_t i = 0; i < 100000; i++)
		assert_null(kn_session_find(&t, (uint32_t)(i * 2654435761U)));
	uint32_t chunks = t.chunk_cnt;

	for (uint32_t i = 0; i < 100000; i++)
		kn_session_index_free(&t, kn_session_index_new(&t, i, 1));
	assert_int_equal(t.chunk_cnt, chunks);
	kn_session_table_fini(&t);
}

/* ---- the wheel ----------------------------------------------------------------------------- */

#define TIMERS 2000

struct tested {
	struct kn_timer timer;
	uint64_t fired_at;
	unsigned int cnt;
};

static void on_tested(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct tested *x = caa_container_of(t, struct tested, timer);

	(void)ctx;
	x->fired_at = now;
	x->cnt++;
}

/* Against the definition: each fires once, at the first run at or after its deadline. */
static void test_wheel(void **state)
{
	static struct tested tested[TIMERS];
	static struct kn_wheel w;
	static const uint64_t spans[] = {100 * KN_MS, 10 * KN_SEC, 3600 * KN_SEC, 86400 * KN_SEC};
	uint64_t begin = 123456789, now = begin;

	(void)state;
	srandom(2);
	kn_wheel_init(&w, now);
	for (unsigned int i = 0; i < TIMERS; i++) {
		uint64_t r = (uint64_t)random() << 31 | (uint64_t)random();

		tested[i].timer.fn = on_tested;
		kn_wheel_set(&w, &tested[i].timer, now + r % spans[i % 4]);
	}
	while (w.set_cnt > 0) {
		uint64_t next = kn_wheel_next(&w);

		assert_true(next >= now / KN_MS * KN_MS);
		now = next > now ? next : now + 1;
		if (random() % 4 == 0)
			now += (uint64_t)random() % (5 * KN_SEC); /* late */
		uint64_t before = now;

		kn_wheel_run(&w, NULL, now);
		for (unsigned int i = 0; i < TIMERS; i++)
			if (tested[i].timer.deadline + KN_MS <= before)
				assert_int_equal(tested[i].cnt, 1);
	}
	for (unsigned int i = 0; i < TIMERS; i++) {
		assert_int_equal(tested[i].cnt, 1);
		assert_true(tested[i].fired_at >= tested[i].timer.deadline);
	}
	assert_true(kn_wheel_next(&w) == KN_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_states),
		cmocka_unit_test(test_policies),
		cmocka_unit_test(test_policies_of_anything),
		cmocka_unit_test_setup_teardown(test_fdb_learn, fdb_setup, fdb_teardown),
		cmocka_unit_test(test_fdb_vlan_of_frames),
		cmocka_unit_test_setup_teardown(test_fdb_moves, fdb_setup, fdb_teardown),
		cmocka_unit_test_setup_teardown(test_fdb_static, fdb_setup, fdb_teardown),
		cmocka_unit_test_setup_teardown(test_fdb_limit, fdb_setup, fdb_teardown),
		cmocka_unit_test_setup_teardown(test_fdb_ageing, fdb_setup, fdb_teardown),
		cmocka_unit_test_setup_teardown(test_fdb_remove_if, fdb_setup, fdb_teardown),
		cmocka_unit_test(test_session_indexes),
		cmocka_unit_test(test_wheel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
