// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Outages of a link: each counts for an hour and for a day, and then no more. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "live/outages.h"

#define MINUTE_NS (60 * KN_SEC)
#define HOUR_NS   (60 * MINUTE_NS)
#define BOOT_NS   (1234567 * KN_SEC + 17)

static void test_one(void **state)
{
	struct kn_outages o = {0};

	(void)state;
	assert_int_equal(kn_outages_day(&o, BOOT_NS), 0);
	kn_outages_add(&o, BOOT_NS);
	assert_int_equal(kn_outages_hour(&o, BOOT_NS), 1);
	assert_int_equal(kn_outages_hour(&o, BOOT_NS + 50 * MINUTE_NS), 1);
	assert_int_equal(kn_outages_hour(&o, BOOT_NS + 60 * MINUTE_NS), 0);
	assert_int_equal(kn_outages_day(&o, BOOT_NS + 23 * HOUR_NS), 1);
	assert_int_equal(kn_outages_day(&o, BOOT_NS + 24 * HOUR_NS), 0);
	assert_int_equal(kn_outages_day(&o, BOOT_NS + 1000 * HOUR_NS), 0);
}

static void test_storm(void **state)
{
	struct kn_outages o = {0};

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		kn_outages_add(&o, BOOT_NS + i);
	assert_int_equal(kn_outages_hour(&o, BOOT_NS + 1000), UINT8_MAX);
	assert_int_equal(kn_outages_day(&o, BOOT_NS + 1000), UINT8_MAX);
}

/* Against a list of all times, which needs no rings. */
static void test_random(void **state)
{
	struct kn_outages o = {0};
	uint64_t tenth[4000], now = BOOT_NS;
	const uint64_t span = 10 * MINUTE_NS;

	(void)state;
	srand(1);
	for (unsigned int i = 0; i < 4000; i++) {
		unsigned int hour = 0, day = 0;

		now += (uint64_t)rand() * 100000 % (i % 100 == 0 ? 30 * HOUR_NS : 20 * MINUTE_NS);
		kn_outages_add(&o, now);
		tenth[i] = now / span;
		for (unsigned int k = 0; k <= i; k++) {
			hour += tenth[k] + KN_OUTAGE_TENTHS > now / span;
			day += tenth[k] / 6 + KN_OUTAGE_HOURS > now / span / 6;
		}
		assert_int_equal(kn_outages_hour(&o, now), hour);
		assert_int_equal(kn_outages_day(&o, now), day);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_random),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
