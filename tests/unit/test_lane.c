// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A lane that comes to several workers at once, as it does when the kernel does not steer: every
 * counter is taken by exactly one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/rcu.h"
#include "core/session.h"

#define WORKERS  3
#define COUNTERS 20000

struct scene {
	struct kn_session session;
	atomic_uint begin;
	atomic_uchar taken[COUNTERS];
};

struct worker {
	pthread_t thread;
	struct scene *scene;
	unsigned int slot;
	uint64_t busy;
};

/* As rx.c: ask, decrypt, mark. */
static void receive(struct worker *w, uint8_t lane, uint64_t counter)
{
	struct kn_session *s = &w->scene->session;
	const struct kn_window *win = kn_session_window(s, lane);

	if (win != NULL && !kn_window_check(win, counter))
		return;
	enum kn_take take = kn_session_rx_take(s, lane, w->slot);

	if (take == KN_TAKE_FAILED) {
		w->busy++;
		return;
	}
	if (kn_window_commit(kn_session_window_need(s, lane), counter))
		atomic_fetch_add(&w->scene->taken[counter], 1);
	kn_session_rx_give(s, lane);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	atomic_fetch_add(&w->scene->begin, 1);
	while (atomic_load(&w->scene->begin) != WORKERS)
		;
	for (uint64_t i = 0; i < COUNTERS; i++)
		receive(w, kn_lane_of(2, 1), i);
	return NULL;
}

static void every_counter_once(void **state)
{
	struct scene *scene = aligned_alloc(64, (sizeof(*scene) + 63) & ~63UL);
	struct worker w[WORKERS] = {{.slot = 0}};
	uint64_t busy = 0, twice = 0, never = 0;

	(void)state;
	assert_non_null(scene);
	*scene = (struct scene){.begin = 0};
	for (unsigned int i = 0; i < WORKERS; i++) {
		w[i].scene = scene;
		w[i].slot = i;
		assert_int_equal(pthread_create(&w[i].thread, NULL, worker_main, &w[i]), 0);
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		pthread_join(w[i].thread, NULL);
		busy += w[i].busy;
	}
	for (unsigned int i = 0; i < COUNTERS; i++) {
		twice += scene->taken[i] > 1;
		never += scene->taken[i] == 0;
	}
	assert_int_equal(twice, 0);
	/* The last to come always finds it taken, or has given up. */
	assert_in_range(never, 0, busy);
	kn_window_free(scene->session.rx[2]->window[1]);
	free(scene->session.rx[2]);
	free(scene);
}

static enum kn_take take_and_give(struct kn_session *s, uint8_t lane, unsigned int worker)
{
	enum kn_take take = kn_session_rx_take(s, lane, worker);

	kn_session_rx_give(s, lane);
	return take;
}

static void moves_are_told(void **state)
{
	struct kn_session *s = aligned_alloc(64, (sizeof(*s) + 63) & ~63UL);

	(void)state;
	assert_non_null(s);
	*s = (struct kn_session){.is_initiator = false};
	assert_int_equal(take_and_give(s, kn_lane_of(1, 0), 1), KN_TAKE_AGAIN);
	assert_int_equal(take_and_give(s, kn_lane_of(1, 7), 1), KN_TAKE_AGAIN);
	assert_int_equal(take_and_give(s, kn_lane_of(1, 0), 0), KN_TAKE_MOVED);
	assert_int_equal(take_and_give(s, kn_lane_of(2, 0), 1), KN_TAKE_AGAIN);
	/* Who has lost its CPU while it holds a lane does not stop the others for ever. */
	assert_int_equal(kn_session_rx_take(s, kn_lane_of(2, 0), 1), KN_TAKE_AGAIN);
	assert_int_equal(kn_session_rx_take(s, kn_lane_of(2, 0), 0), KN_TAKE_FAILED);
	free(s);
}

/* Not more is held for a slot that has no part in a session than a pointer. */
static void slots_are_made_when_used(void **state)
{
	struct kn_session *s = aligned_alloc(64, (sizeof(*s) + 63) & ~63UL);
	uint64_t datagrams, bytes;

	(void)state;
	assert_non_null(s);
	*s = (struct kn_session){.tx_control = {.datagrams = 1, .bytes = 10}};
	for (unsigned int slot = 3; slot < 5; slot++) {
		struct kn_session_tx *tx = kn_session_tx(s, slot);

		assert_non_null(tx);
		assert_ptr_equal(kn_session_tx(s, slot), tx);
		tx->counter[0] = slot;
		tx->datagrams += 2;
		tx->bytes += 100;
	}
	assert_null(s->tx[0]);
	kn_session_sent(s, &datagrams, &bytes);
	assert_int_equal(datagrams, 5);
	assert_int_equal(bytes, 210);
	assert_null(kn_session_window(s, kn_lane_of(3, 0)));
	free(s->tx[3]);
	free(s->tx[4]);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_once),
		cmocka_unit_test(moves_are_told),
		cmocka_unit_test(slots_are_made_when_used),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
