// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Where a packet thread runs: what it makes of the times it had to wait, and that it does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "path/place.h"

#define LONG_NS (10 * KN_SEC)

struct story {
	struct kn_place place;
	struct kn_place_times times;
	uint64_t now;
};

static struct story begin(void)
{
	return (struct story){.now = KN_SEC, .place.seen_ns = KN_SEC, .place.can_be_urgent = true};
}

/* One look later: shares of the time in percent. */
static enum kn_place_move look(struct story *s, unsigned int ran, unsigned int waited,
			       uint32_t dice)
{
	s->now += KN_PLACE_NS;
	s->times.ran_ns += KN_PLACE_NS * ran / 100;
	s->times.waited_ns += KN_PLACE_NS * waited / 100;
	return kn_place_choose(&s->place, s->now, &s->times, dice);
}

static void a_busy_thread_stays(void **state)
{
	struct story s = begin();

	(void)state;
	assert_int_equal(look(&s, 5, 1, 0), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 30, 1, 0), KN_PLACE_STAY);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(look(&s, 95, 5, i), KN_PLACE_AS_IS);
	/* What waits for packets more than for its CPU has no reason to go. */
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(look(&s, 35, 35, i), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 3, 3, 0), KN_PLACE_ANY);
	assert_int_equal(look(&s, 3, 3, 0), KN_PLACE_AS_IS);
}

static void one_that_waits_goes_elsewhere(void **state)
{
	struct story s = begin();

	(void)state;
	assert_int_equal(look(&s, 55, 40, 0), KN_PLACE_STAY);
	assert_int_equal(look(&s, 55, 40, 1), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 55, 40, 2), KN_PLACE_ELSEWHERE);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(look(&s, 95, 5, i), KN_PLACE_AS_IS);
}

/* On a machine that is full, the kernel knows better; after a while it is tried again. */
static void where_all_wait_the_kernel_chooses(void **state)
{
	struct story s = begin();
	unsigned int moves = 0, looks = 0;

	(void)state;
	assert_int_equal(look(&s, 50, 50, 0), KN_PLACE_STAY);
	for (enum kn_place_move move = KN_PLACE_AS_IS; move != KN_PLACE_ANY; looks++) {
		move = look(&s, 50, 50, looks);
		moves += move == KN_PLACE_ELSEWHERE;
		assert_in_range(looks, 0, 20);
	}
	assert_in_range(moves, 2, 8);
	for (uint64_t until = s.now + 900 * KN_MS; s.now < until;)
		assert_int_equal(look(&s, 50, 50, 0), KN_PLACE_AS_IS);
	for (uint64_t until = s.now + 200 * KN_MS; s.now < until;)
		if (look(&s, 50, 50, 0) == KN_PLACE_STAY)
			return;
	fail_msg("the thread never tries again");
}

static void a_little_each_time_is_no_wait(void **state)
{
	struct story s = begin();

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		s.times.run_cnt += 50;
		assert_int_equal(look(&s, 10, 8, 0), KN_PLACE_AS_IS);
	}
	s.times.run_cnt += 50;
	assert_int_equal(look(&s, 10, 13, 0), KN_PLACE_AS_IS);
	s.times.run_cnt += 50;
	assert_int_equal(look(&s, 10, 13, 0), KN_PLACE_URGENT);
}

/* Answers that are due in 10 ms cannot wait for a CPU; a flood can, or nobody could read it. */
static void one_that_has_little_to_do_does_not_wait(void **state)
{
	struct story s = begin();

	(void)state;
	assert_int_equal(look(&s, 10, 4, 0), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 10, 10, 0), KN_PLACE_AS_IS);
	for (unsigned int i = 0; i < 50; i++)
		assert_int_equal(look(&s, 10, 4, 0), KN_PLACE_AS_IS);
	/* Once is chance. */
	assert_int_equal(look(&s, 10, 10, 0), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 10, 4, 0), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 10, 10, 0), KN_PLACE_URGENT);
	assert_int_equal(look(&s, 20, 0, 0), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 30, 0, 0), KN_PLACE_ORDINARY);
	assert_int_equal(look(&s, 30, 30, 0), KN_PLACE_STAY);
	assert_int_equal(look(&s, 95, 5, 0), KN_PLACE_AS_IS);
	assert_int_equal(look(&s, 20, 10, 0), KN_PLACE_URGENT);
	for (uint64_t until = s.now + 9 * KN_SEC; s.now < until;)
		assert_int_equal(look(&s, 10, 0, 0), KN_PLACE_AS_IS);
	for (uint64_t until = s.now + 2 * KN_SEC; s.now < until;)
		if (look(&s, 10, 0, 0) == KN_PLACE_ORDINARY)
			break;
	assert_false(s.place.is_urgent);
	assert_int_equal(look(&s, 10, 0, 0), KN_PLACE_AS_IS);
	s.place.can_be_urgent = false;
	assert_int_equal(look(&s, 10, 10, 0), KN_PLACE_AS_IS);
}

struct runner {
	pthread_t thread;
	int from;
	bool looks;
	atomic_bool *is_done;
};

/* Starts on a given CPU, with all of them to choose from. */
static void *run(void *arg)
{
	struct runner *r = arg;
	struct kn_place place;
	cpu_set_t one;

	kn_place_begin(&place);
	CPU_ZERO(&one);
	CPU_SET(r->from, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	for (uint64_t end = kn_clock_mono_ns() + LONG_NS;
	     !atomic_load(r->is_done) && kn_clock_mono_ns() < end;) {
		if (!r->looks)
			continue;
		kn_place_keep(&place, kn_clock_mono_ns());
		if (sched_getcpu() != r->from)
			atomic_store(r->is_done, true);
	}
	kn_place_end(&place);
	return NULL;
}

static void of_two_on_one_cpu_one_goes(void **state)
{
	atomic_bool is_done = false;
	cpu_set_t all;
	struct runner r[2];
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	if (CPU_COUNT(&all) < 2)
		skip();
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	for (unsigned int i = 0; i < 2; i++) {
		r[i] = (struct runner){.from = cpu, .looks = i == 0, .is_done = &is_done};
		assert_int_equal(pthread_create(&r[i].thread, NULL, run, &r[i]), 0);
	}
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(r[i].thread, NULL), 0);
	assert_true(is_done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_busy_thread_stays),
		cmocka_unit_test(one_that_waits_goes_elsewhere),
		cmocka_unit_test(where_all_wait_the_kernel_chooses),
		cmocka_unit_test(a_little_each_time_is_no_wait),
		cmocka_unit_test(one_that_has_little_to_do_does_not_wait),
		cmocka_unit_test(of_two_on_one_cpu_one_goes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
