// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Publishing and freeing under RCU with a reader that dawdles: what it has found stays whole until
 * it lets go, and then it is freed. AddressSanitizer would see it being freed too early,
 * ThreadSanitizer also a reader that finds what is not ready.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/rcu.h"
#include "core/reclaim.h"

#define ROUNDS     2000
#define MEET_EVERY 100 /* rounds: the threads wait for each other, however busy the machine */

struct thing {
	struct kn_reclaim_item reclaim;
	uint64_t one, other; /* always equal */
};

struct shared {
	struct thing *thing; /* under RCU */
	atomic_bool is_over;
	atomic_uint seen_cnt;
	uint64_t torn_cnt;      /* by the reader */
	unsigned int freed_cnt; /* by the thread that replaces */
};

static void thing_free(struct kn_reclaim_item *item, void *ctx)
{
	struct shared *s = ctx;
	struct thing *t = caa_container_of(item, struct thing, reclaim);

	t->one = t->other = 0; /* a reader that is still there sees it */
	t->other = UINT64_MAX;
	free(t);
	s->freed_cnt++;
}

static void *read_on(void *arg)
{
	struct shared *s = arg;

	rcu_register_thread();
	while (!atomic_load(&s->is_over)) {
		kn_rcu_online();
		const struct thing *t = kn_rcu_read(&s->thing);
		uint64_t one = t->one;

		for (unsigned int i = 0; i < 3; i++) {
			sched_yield();
			s->torn_cnt += t->other != one;
		}
		kn_rcu_offline();
		atomic_fetch_add(&s->seen_cnt, 1);
	}
	rcu_unregister_thread();
	return NULL;
}

static void thing_replace(struct shared *s, struct kn_reclaim *r, uint64_t value)
{
	struct thing *before = s->thing, *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->one = t->other = value;
	kn_rcu_publish(&s->thing, t);
	if (before != NULL)
		kn_reclaim_later(r, &before->reclaim, thing_free);
}

/* Until the reader has found something that was published before. */
static void wait_for_reader(struct shared *s)
{
	unsigned int begun = atomic_load(&s->seen_cnt);

	while (atomic_load(&s->seen_cnt) - begun < 2) {
		kn_rcu_quiescent();
		sched_yield();
	}
}

static void a_reader_keeps_what_it_has_found(void **state)
{
	struct shared s = {0};
	struct kn_reclaim reclaim;
	pthread_t reader;

	(void)state;
	rcu_register_thread();
	kn_reclaim_init(&reclaim, &s);
	thing_replace(&s, &reclaim, 1);
	assert_int_equal(pthread_create(&reader, NULL, read_on, &s), 0);
	for (unsigned int i = 2; i <= ROUNDS; i++) {
		thing_replace(&s, &reclaim, i);
		kn_rcu_quiescent();
		sched_yield();
		kn_reclaim_run(&reclaim);
		if (i % MEET_EVERY == 0)
			wait_for_reader(&s);
	}
	kn_rcu_offline();
	atomic_store(&s.is_over, true);
	pthread_join(reader, NULL);
	kn_rcu_online();
	assert_true(atomic_load(&s.seen_cnt) >= 2 * ROUNDS / MEET_EVERY);
	assert_int_equal(s.torn_cnt, 0);
	kn_reclaim_later(&reclaim, &s.thing->reclaim, thing_free);
	kn_reclaim_fini(&reclaim);
	assert_int_equal(s.freed_cnt, ROUNDS);
	rcu_unregister_thread();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_keeps_what_it_has_found),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
