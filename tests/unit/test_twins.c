// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Two hosts with one node-id, and what only looks like them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "core/session.h"
#include "live/engine.h"
#include "live/twins.h"
#include "tests/unit/lone_engine.h"

static struct kn_session session;

static int setup(void **state)
{
	struct kn_engine *e = lone_engine_new(&(struct lone_engine){.host_id = 1, .now = KN_SEC});

	*state = e;
	return e == NULL || kn_host_add(e, 2, "two", NULL) != 0;
}

static int teardown(void **state)
{
	lone_engine_free(*state);
	return 0;
}

/* New keys came; after a while, those that they replace were made then. */
static void begin(struct kn_engine *e, unsigned int link, unsigned int ip, uint16_t port)
{
	struct kn_host *h = e->hosts[2];
	const union kn_addr from = {.in = {.sin_family = AF_INET,
					   .sin_port = htons(port),
					   .sin_addr.s_addr = htonl(0x0a000000U | ip)}};

	e->now += 2 * KN_SEC;
	h->current = session.born_ns == 0 ? NULL : &session;
	kn_twins_note(e, h, link, &from);
	h->current = NULL;
	session.born_ns = e->now;
}

static void test_twins(void **state)
{
	struct kn_engine *e = *state;
	const struct knet_event *ev = &e->events[0];

	session.born_ns = 0;
	begin(e, 0, 1, 5405);
	begin(e, 0, 2, 5405);
	begin(e, 0, 1, 5405);
	assert_int_equal(e->event_seq, 0);
	begin(e, 0, 2, 5405);
	assert_int_equal(e->event_seq, 1);
	assert_int_equal(ev->level, KNET_LOG_WARNING);
	assert_int_equal(ev->peer, 2);
	assert_string_equal(ev->text, "new keys from 10.0.0.2:5405 and from 10.0.0.1:5405 in turn: "
				      "is node-id 2 used twice?");
	assert_string_equal(e->hosts[2]->error, ev->text);
}

static void test_once_a_minute(void **state)
{
	struct kn_engine *e = *state;

	session.born_ns = 0;
	for (unsigned int i = 0; i < 33; i++)
		begin(e, 0, 1 + i % 2, 5405);
	assert_int_equal(e->event_seq, 1);
	begin(e, 0, 2, 5405);
	assert_int_equal(e->event_seq, 2);
}

/* A peer that has moved, one with two links, one that starts again and again, one whose NAT changes
 * ports. */
static void test_no_twins(void **state)
{
	struct kn_engine *e = *state;

	session.born_ns = 0;
	for (unsigned int i = 0; i < 4; i++)
		begin(e, 0, 1, 5405);
	for (unsigned int i = 0; i < 4; i++)
		begin(e, 0, 2, 5405);
	for (unsigned int i = 0; i < 8; i++)
		begin(e, 1 + i % 2, 3 + i % 2, 5405);
	for (uint16_t i = 0; i < 8; i++)
		begin(e, 3, 5, (uint16_t)(1000 + i % 2));
	assert_int_equal(e->event_seq, 0);
}

/* Addresses that come back, but slowly. */
static void test_slow_turns(void **state)
{
	struct kn_engine *e = *state;

	session.born_ns = 0;
	for (unsigned int i = 0; i < 8; i++) {
		begin(e, 0, 1 + i % 2, 5405);
		e->now += 4 * KN_SEC;
	}
	assert_int_equal(e->event_seq, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_twins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_once_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_twins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow_turns, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
