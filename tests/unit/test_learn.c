// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the engine tells of addresses that move from one peer to another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "live/engine.h"
#include "tests/unit/lone_engine.h"

#define WANDERER ((kn_fdb_key)0x020000000001 << 16 | 7)

static int setup(void **state)
{
	struct kn_engine *e = lone_engine_new(&(struct lone_engine){.host_id = 1, .now = KN_SEC});

	*state = e;
	return e == NULL || kn_host_add(e, 2, "two", NULL) != 0 ||
	       kn_host_add(e, 3, "three", NULL) != 0;
}

static int teardown(void **state)
{
	lone_engine_free(*state);
	return 0;
}

/* A frame of the wanderer came from a peer. */
static void hear(struct kn_engine *e, uint16_t host, uint64_t now)
{
	struct kn_report r = {.type = KN_REPORT_LEARN, .host = host, .key = WANDERER};

	kn_engine_on_report(e, &r, now);
}

static const struct knet_event *last(const struct kn_engine *e)
{
	return &e->events[(e->event_seq - 1) % KN_EVENT_RING];
}

/* It has moved five times in as many seconds. */
static uint64_t wander(struct kn_engine *e, uint64_t now)
{
	hear(e, 2, now);
	for (uint16_t i = 0; i < 5; i++) {
		now += KN_SEC;
		hear(e, (uint16_t)(3 - i % 2), now);
	}
	return now;
}

static void test_moves_are_told(void **state)
{
	struct kn_engine *e = *state;

	wander(e, KN_SEC);
	assert_int_equal(e->event_seq, 5);
	assert_int_equal(last(e)->kind, KNET_EVENT_MAC_MOVE);
	assert_int_equal(last(e)->level, KNET_LOG_INFO);
	assert_int_equal(last(e)->peer, 3);
	assert_string_equal(last(e)->text, "02:00:00:00:00:01 vlan 7 moved here from host 2");
	assert_int_equal(e->hosts[2]->macs, 0);
	assert_int_equal(e->hosts[3]->macs, 1);
}

/* Once per hold: with each frame that is refused there would be one. */
static void test_a_hold_is_told_once(void **state)
{
	struct kn_engine *e = *state;
	uint64_t now = wander(e, KN_SEC);

	for (int i = 0; i < 3; i++)
		hear(e, 2, now + 2 * KN_SEC);
	assert_int_equal(e->event_seq, 6);
	assert_int_equal(last(e)->kind, KNET_EVENT_MAC_MOVE);
	assert_int_equal(last(e)->level, KNET_LOG_WARNING);
	assert_int_equal(last(e)->peer, 2);
	assert_string_equal(last(e)->text, "02:00:00:00:00:01 vlan 7 moves too often: it is held "
					   "at host 3, and not moved here, for 8 s");
	assert_int_equal(e->counters.v[KN_C_FDB_HELD], 3);
	assert_int_equal(e->hosts[3]->macs, 1);
}

static void test_the_next_hold_is_told_again(void **state)
{
	struct kn_engine *e = *state;
	uint64_t now = wander(e, KN_SEC);

	hear(e, 2, now);
	now = wander(e, now + 11 * KN_SEC);
	assert_int_equal(last(e)->level, KNET_LOG_WARNING);
	hear(e, 3, now);
	hear(e, 2, now);
	assert_int_equal(e->event_seq, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_moves_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_hold_is_told_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_next_hold_is_told_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
