// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Streams to everybody: what is rare counts for nobody, what is frequent for each peer in turn, and
 * nothing where there are many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "path/stream.h"

#define BEGIN    (100 * KN_SEC)
#define PEER_MAX KN_STREAM_MOST

static struct kn_stream stream;
static uint8_t noted[PEER_MAX];

static int setup(void **state)
{
	(void)state;
	memset(&stream, 0, sizeof(stream));
	memset(noted, 0, sizeof(noted));
	return 0;
}

/* Floods a frame: for how many peers it counts. */
static unsigned int flood(uint32_t peer_cnt, uint64_t now)
{
	struct kn_stream_turn t = kn_stream_flooded(&stream, peer_cnt, now);
	unsigned int cnt = 0;

	if (t.first >= t.every)
		return 0;
	for (uint32_t i = t.first; i < peer_cnt; i += t.every, cnt++)
		noted[i]++;
	return cnt;
}

static void rare_frames_count_for_nobody(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(flood(50, BEGIN + i * KN_SEC / 2), 0);
}

static void a_burst_is_forgotten(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		(void)flood(50, BEGIN);
	assert_int_not_equal(flood(50, BEGIN + KN_SEC), 0);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(flood(50, BEGIN + (4 + i) * KN_SEC), 0);
}

static void a_stream_has_no_pauses(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int cnt = flood(8 * KN_STREAM_EVERY, BEGIN + i * KN_SEC / 4);

		assert_int_equal(cnt, i >= KN_STREAM_CNT - 1 ? KN_STREAM_EVERY : 0);
	}
}

static void slow_streams_count_for_few_peers(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(flood(KN_STREAM_FEW + 1, BEGIN + i * KN_SEC), 0);
	(void)setup(NULL);
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int cnt = flood(KN_STREAM_FEW, BEGIN + i * KN_SEC);

		assert_int_equal(cnt, i >= KN_STREAM_CNT - 1 ? KN_STREAM_FEW / 2 : 0);
	}
	(void)setup(NULL);
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(flood(1, BEGIN + i * 5 * KN_SEC), 0);
}

static void among_many_nothing_counts(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(flood(KN_STREAM_MOST + 1, BEGIN + i * KN_MS), 0);
}

static void peers_take_turns(void **state)
{
	static const struct {
		uint32_t peer_cnt, round;
	} rows[] = {{1, 1}, {8, 1}, {9, 2}, {16, 2}, {17, 8}, {PEER_MAX, 8}};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		(void)setup(NULL);
		for (unsigned int i = 1; i < KN_STREAM_CNT; i++)
			(void)flood(rows[r].peer_cnt, BEGIN);
		for (uint32_t i = 0; i < rows[r].round; i++)
			assert_true(flood(rows[r].peer_cnt, BEGIN) <= KN_STREAM_PART);
		for (uint32_t i = 0; i < rows[r].peer_cnt; i++)
			assert_int_equal(noted[i], 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rare_frames_count_for_nobody, setup),
		cmocka_unit_test_setup(a_burst_is_forgotten, setup),
		cmocka_unit_test_setup(a_stream_has_no_pauses, setup),
		cmocka_unit_test_setup(slow_streams_count_for_few_peers, setup),
		cmocka_unit_test_setup(peers_take_turns, setup),
		cmocka_unit_test_setup(among_many_nothing_counts, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
