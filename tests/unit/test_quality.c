// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the counts of both ends say of a link: whether all that was sent has arrived, and when so
 * much is lost that it is better left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "core/host.h"
#include "live/quality.h"
#include "path/ring.h"
#include "path/worker.h"

#define PROBE_NS (20 * KN_MS)

static struct kn_link way;
static struct kn_host host;
static uint64_t now;

static int setup(void **state)
{
	(void)state;
	way = (struct kn_link){0};
	host = (struct kn_host){.links = {&way}};
	now = 1000 * KN_SEC;
	kn_quality_reset(&way.live);
	return 0;
}

/* Answers with so many missing; true if the last of them told of loss. */
static bool answers(unsigned int cnt, int missing)
{
	bool is_more = false;

	for (unsigned int i = 0; i < cnt; i++) {
		now += PROBE_NS;
		is_more = kn_quality_whole(&way, (uint64_t)(int64_t)missing, now);
	}
	return is_more;
}

/* Something that was sent then. */
static struct kn_burst burst_of(uint64_t at_ns)
{
	return (struct kn_burst){.links = 1, .sent_ms = (uint32_t)(at_ns / KN_MS)};
}

static void assert_arrived(uint64_t at_ns, bool has_arrived, bool is_likely_lost)
{
	struct kn_burst b = burst_of(at_ns);

	assert_int_equal(kn_ring_has_arrived(&host, &b), has_arrived);
	assert_int_equal(kn_ring_is_likely_lost(&host, &b), is_likely_lost);
}

static void all_arrives(void **state)
{
	(void)state;
	assert_arrived(now, false, false);
	assert_false(answers(20, -1));
	assert_arrived(now - 19 * PROBE_NS, false, false); /* before the first answer */
	assert_arrived(now - 10 * PROBE_NS, true, false);
	assert_arrived(now - PROBE_NS, true, false);
	assert_arrived(now, false, false); /* not answered yet */
}

/* A few that are under way when the peer answers are not lost. */
static void some_are_under_way(void **state)
{
	(void)state;
	answers(20, 0);
	assert_false(answers(1, 7));
	assert_arrived(now - 5 * PROBE_NS, true, false);
	assert_arrived(now - PROBE_NS / 2, false, false);
	assert_false(answers(1, 0));
	assert_arrived(now - 3 * PROBE_NS / 2, true, false);
}

/* One is lost, and then another: it is told at the second answer, and what was sent since the last
 * answer without loss is not taken for arrived, now or later. */
static void some_are_lost(void **state)
{
	(void)state;
	answers(20, 0);
	uint64_t whole = now;

	assert_false(answers(1, 1));
	assert_true(answers(1, 2));
	assert_arrived(whole - 2 * PROBE_NS, true, false);
	assert_arrived(whole + 3 * KN_MS, false, true);
	for (int lost = 3; lost < 30; lost++)
		answers(1, lost);
	assert_arrived(whole + 3 * KN_MS, false, true);
	assert_arrived(now - 3 * KN_MS, false, true);
	answers(10, 29);
	assert_arrived(whole + 3 * KN_MS, false, true);
	assert_arrived(now - PROBE_NS, true, true);
}

/* Datagrams that were received and not yet counted as sent do not make up for what is lost. */
static void loss_is_not_hidden(void **state)
{
	(void)state;
	answers(20, 0);
	answers(1, -16);
	uint64_t whole = now;

	answers(1, 3);
	assert_true(answers(1, 3));
	answers(20, 3);
	assert_arrived(whole + PROBE_NS / 2, false, true);
	assert_arrived(now - PROBE_NS, true, true);
}

/* Loss long ago says nothing of loss now. */
static void losses_are_told_apart(void **state)
{
	(void)state;
	answers(20, 0);
	uint64_t first = now;

	answers(100, 5);
	assert_arrived(first + PROBE_NS, false, true);
	uint64_t second = now;

	answers(2, 6);
	assert_arrived(first + PROBE_NS, false, false);
	assert_arrived(second + PROBE_NS, false, true);
}

/* One of twenty in two seconds: by chance. Three: a reason to go. */
static void one_lost_is_no_reason_to_leave(void **state)
{
	struct kn_quality_counts c = {.hold_ns = KN_SEC};

	(void)state;
	for (unsigned int lost = 1; lost <= 3; lost++) {
		kn_quality_restart(&way.live);
		c.now += KN_SEC;
		assert_int_equal(kn_quality_on_counts(&way.live, &c), KN_QUALITY_NOTHING);
		c.now += 3 * KN_SEC;
		c.sent += 20;
		c.peer_rcvd += 20 - lost;
		c.peer_sent += 20;
		c.rcvd += 20;
		assert_int_equal(kn_quality_on_counts(&way.live, &c),
				 lost < 3 ? KN_QUALITY_SAME : KN_QUALITY_NOTHING);
		c.now += 50 * KN_MS; /* still missing */
		assert_int_equal(kn_quality_on_counts(&way.live, &c),
				 lost < 3 ? KN_QUALITY_NOTHING : KN_QUALITY_LOSSY);
	}
}

#define CASE(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_arrives),           CASE(some_are_under_way),
		CASE(some_are_lost),         CASE(loss_is_not_hidden),
		CASE(losses_are_told_apart), CASE(one_lost_is_no_reason_to_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
