// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What a packet thread tells control about user traffic: a report when it begins after a pause, in
 * either direction, and none for each frame.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "path/worker.h"

#define QUEUE 4

struct fixture {
	struct kn_worker one, other;
	struct kn_host host;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.host.id = 7;
	*state = &f;
	return kn_msgq_init(&f.one.reports, QUEUE, sizeof(struct kn_report)) ||
	       kn_msgq_init(&f.other.reports, QUEUE, sizeof(struct kn_report));
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_msgq_fini(&f->one.reports);
	kn_msgq_fini(&f->other.reports);
	return 0;
}

/* Takes the reports out and counts them. */
static unsigned int woken(struct kn_worker *w)
{
	const struct kn_report *r;
	unsigned int cnt = 0;

	for (; (r = kn_msgq_front(&w->reports)) != NULL; cnt++) {
		assert_int_equal(r->type, KN_REPORT_WAKE);
		assert_int_equal(r->host, 7);
		kn_msgq_pop(&w->reports);
	}
	return cnt;
}

static void traffic_after_a_pause_is_reported_once(void **state)
{
	struct fixture *f = *state;

	for (unsigned int ms = 0; ms < 3000; ms += 100)
		kn_worker_note_user(&f->one, &f->host, 10 * KN_SEC + ms * KN_MS);
	assert_int_equal(woken(&f->one), 1);
	kn_worker_note_user(&f->one, &f->host, 13001 * KN_MS);
	kn_worker_note_user(&f->one, &f->host, 13001 * KN_MS);
	assert_int_equal(woken(&f->one), 1);
}

static void another_worker_with_a_later_time_is_no_pause(void **state)
{
	struct fixture *f = *state;

	kn_worker_note_user(&f->one, &f->host, 10 * KN_SEC + 5);
	kn_worker_note_user(&f->other, &f->host, 10 * KN_SEC);
	assert_int_equal(woken(&f->one), 1);
	assert_int_equal(woken(&f->other), 0);
	assert_int_equal(kn_stat_get(&f->host.user_last_ns), 10 * KN_SEC + 5);
}

static void a_full_queue_delays_the_report(void **state)
{
	struct fixture *f = *state;
	unsigned int cnt = 0;

	while (kn_msgq_slot(&f->one.reports) != NULL) {
		kn_msgq_push(&f->one.reports);
		cnt++;
	}
	kn_worker_note_user(&f->one, &f->host, 10 * KN_SEC);
	while (cnt-- > 0)
		kn_msgq_pop(&f->one.reports);
	kn_worker_note_user(&f->one, &f->host, 10 * KN_SEC + KN_MS);
	assert_int_equal(woken(&f->one), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(traffic_after_a_pause_is_reported_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_worker_with_a_later_time_is_no_pause, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_full_queue_delays_the_report, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
