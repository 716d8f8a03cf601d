// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The storm guard: what of a source passes in a second and at once, that sources do not share it,
 * and that made-up ones get no more than the table has entries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "core/engine.h"
#include "path/storm.h"

#define BEGIN   (100 * KN_SEC)
#define ENTRIES (KN_STORM_SETS * KN_STORM_WAYS)

static struct kn_storm storm;

static int setup(void **state)
{
	(void)state;
	memset(&storm, 0, sizeof(storm));
	return 0;
}

static kn_fdb_key source(uint32_t n)
{
	return ((uint64_t)n + 1) << 16;
}

static bool takes(uint32_t n, uint64_t interval, uint64_t now)
{
	return kn_storm_takes(kn_storm_find(&storm, source(n), now), interval, 1, now);
}

/* Frames of a source every `gap`, for a time: how many pass. */
static unsigned int passed(uint32_t n, uint64_t interval, uint64_t gap, uint64_t from, uint64_t len)
{
	unsigned int cnt = 0;

	for (uint64_t now = from; now < from + len; now += gap)
		cnt += takes(n, interval, now);
	return cnt;
}

static void limit_falls_with_the_number_of_peers(void **state)
{
	(void)state;
	assert_int_equal(kn_storm_interval(KN_STORM_AUTO, 1), KN_SEC / 200000);
	assert_int_equal(kn_storm_interval(KN_STORM_AUTO, 100), KN_SEC / 2000);
	assert_int_equal(kn_storm_interval(KN_STORM_AUTO, 10000), KN_SEC / 20);
	assert_int_equal(kn_storm_interval(KN_STORM_AUTO, 65535), KN_SEC / 20);
	assert_int_equal(kn_storm_interval(0, 65535), 0);
	assert_int_equal(kn_storm_interval(KN_MS, 65535), KN_MS);
}

/* One second's worth at once, then the rate; a pause gives the burst back, and no more. */
static void a_storm_is_held_to_its_rate(void **state)
{
	(void)state;
	assert_in_range(passed(1, KN_MS, KN_SEC / 50000, BEGIN, 10 * KN_SEC), 10999, 11000);
	assert_in_range(passed(1, KN_MS, KN_SEC / 50000, BEGIN + 60 * KN_SEC, KN_SEC), 1999, 2000);
}

/* ARP and DHCP with 64k peers: a hundred at once, and a few in each second, for ever. */
static void what_is_usual_passes(void **state)
{
	const uint64_t interval = kn_storm_interval(KN_STORM_AUTO, 65535);

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		assert_true(takes(1, interval, BEGIN));
	assert_int_equal(passed(2, interval, KN_SEC / 10, BEGIN, 600 * KN_SEC), 6000);
}

static void sources_do_not_share(void **state)
{
	(void)state;
	assert_in_range(passed(1, KN_MS, KN_SEC / 50000, BEGIN, KN_SEC), 1999, 2000);
	assert_false(takes(1, KN_MS, BEGIN + KN_SEC - KN_MS));
	assert_true(takes(2, KN_MS, BEGIN + KN_SEC));
}

/* The VLAN is no way around. */
static void one_address_is_one_source(void **state)
{
	(void)state;
	assert_ptr_equal(kn_storm_find(&storm, source(1), BEGIN),
			 kn_storm_find(&storm, source(1) | 7, BEGIN));
}

static void a_super_frame_counts_as_its_frames(void **state)
{
	struct kn_storm_source *src = kn_storm_find(&storm, source(1), BEGIN);
	unsigned int cnt = 0;

	(void)state;
	while (kn_storm_takes(src, KN_MS, 40, BEGIN))
		cnt += 40;
	assert_in_range(cnt, 1000, 1040);
}

/* A new address for each frame: as much as of so many sources as the table has, and no more. */
static void made_up_sources_are_held_too(void **state)
{
	unsigned int cnt = 0;
	uint32_t n = 0;

	(void)state;
	for (uint64_t now = BEGIN; now < BEGIN + 2 * KN_SEC; now += 2000)
		cnt += takes(n++, 10 * KN_MS, now);
	assert_in_range(cnt, ENTRIES, ENTRIES * 300);
	assert_true(cnt < n / 10);
}

static void a_source_is_news_once_in_a_second(void **state)
{
	struct kn_storm_source *src = kn_storm_find(&storm, source(1), BEGIN);

	(void)state;
	assert_true(kn_storm_is_news(src, BEGIN));
	assert_false(kn_storm_is_news(src, BEGIN + KN_SEC / 2));
	assert_true(kn_storm_is_news(src, BEGIN + KN_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limit_falls_with_the_number_of_peers),
		cmocka_unit_test_setup(a_storm_is_held_to_its_rate, setup),
		cmocka_unit_test_setup(what_is_usual_passes, setup),
		cmocka_unit_test_setup(sources_do_not_share, setup),
		cmocka_unit_test_setup(one_address_is_one_source, setup),
		cmocka_unit_test_setup(a_super_frame_counts_as_its_frames, setup),
		cmocka_unit_test_setup(made_up_sources_are_held_too, setup),
		cmocka_unit_test_setup(a_source_is_news_once_in_a_second, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
