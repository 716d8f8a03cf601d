// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Averages of rates: a steady one is met at once, a change by half in 0.7 of the interval. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "knetd/load.h"

#define SECOND_NS 1000000000ULL
#define BORN_NS   (77 * SECOND_NS)

/* Steps each second for a while, with so many bytes received in each. */
static void pass(struct knd_load *load, unsigned int seconds, uint64_t bytes, unsigned int interval)
{
	uint64_t value[KND_LOAD_COUNT] = {0};

	for (unsigned int i = 0; i < seconds; i++) {
		for (unsigned int k = 0; k < KND_LOAD_COUNT; k++)
			value[k] = load->value[k];
		value[KND_LOAD_RX_BYTES] += bytes;
		value[KND_LOAD_TX_FRAMES] += bytes / 1000;
		knd_load_step(load, load->at_ns == 0 ? BORN_NS : load->at_ns + SECOND_NS, value,
			      interval);
	}
}

static int64_t received(const struct knd_load *load)
{
	return knd_load_rate(load, KND_LOAD_RX_BYTES);
}

static void test_steady(void **state)
{
	struct knd_load load = {0};

	(void)state;
	pass(&load, 1, 1000000, 30); /* what was there before is no rate */
	assert_int_equal(received(&load), 0);
	pass(&load, 1, 1000000, 30);
	assert_int_equal(received(&load), 8000000);
	assert_int_equal(knd_load_rate(&load, KND_LOAD_TX_FRAMES), 1000);
	assert_int_equal(knd_load_rate(&load, KND_LOAD_TX_BYTES), 0);
	pass(&load, 100, 1000000, 30);
	assert_int_equal(received(&load), 8000000);
}

static void test_change(void **state)
{
	struct knd_load load = {0};

	(void)state;
	pass(&load, 100, 0, 30);
	pass(&load, 21, 1000000, 30);
	assert_in_range(received(&load), 3900000, 4300000);
	pass(&load, 300, 1000000, 30);
	assert_in_range(received(&load), 7999000, 8000000);
	pass(&load, 300, 0, 30);
	assert_in_range(received(&load), 0, 1000);
}

/* A counter's rate, to a tenth; what is left of one that has stopped is nothing at last. */
static void test_counter(void **state)
{
	struct knd_load load = {0};
	uint64_t value[KND_LOAD_COUNT] = {0};

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		value[KND_LOAD_COUNTERS + 7] += i % 4 == 0; /* one in four seconds */
		knd_load_step(&load, BORN_NS + i * SECOND_NS, value, 300);
	}
	assert_true(knd_load_counter_rate(&load, 7) == 0.2 ||
		    knd_load_counter_rate(&load, 7) == 0.3);
	assert_true(knd_load_counter_rate(&load, 6) == 0.0);
	for (unsigned int i = 40; i < 400; i++)
		knd_load_step(&load, BORN_NS + i * SECOND_NS, value, 30);
	assert_true(knd_load_counter_rate(&load, 7) == 0.0);
}

/* The average of a short life is that of all of it. */
static void test_young(void **state)
{
	struct knd_load load = {0};

	(void)state;
	pass(&load, 6, 0, 30);
	pass(&load, 5, 1000000, 30);
	assert_in_range(received(&load), 3990000, 4010000);
}

/* An interval of one second is the last second; one look after a long time is all of that time. */
static void test_late(void **state)
{
	struct knd_load load = {0};
	uint64_t value[KND_LOAD_COUNT] = {0};

	(void)state;
	pass(&load, 10, 1000000, 1);
	pass(&load, 1, 3000, 1);
	assert_int_equal(received(&load), 24000);
	value[KND_LOAD_RX_BYTES] = load.value[KND_LOAD_RX_BYTES] + 1000000;
	knd_load_step(&load, load.at_ns + 100 * SECOND_NS, value, 30);
	assert_int_equal(received(&load), 80000);
	knd_load_step(&load, load.at_ns, value, 30); /* no time has passed */
	assert_int_equal(received(&load), 80000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady),  cmocka_unit_test(test_change),
		cmocka_unit_test(test_counter), cmocka_unit_test(test_young),
		cmocka_unit_test(test_late),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
