// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The timer wheel against a model that needs no cleverness: an array of deadlines. Both see the
 * same random settings, moves, cancellations and steps of time, from within and from without the
 * timers' functions; after each step the same timers must have fired, and the wheel must have asked
 * to be run in time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/wheel.h"

#define TIMER_CNT 200
#define DAY       (86400 * KN_SEC)

struct model;

struct entry {
	struct kn_timer timer;
	struct model *model;
	uint64_t due; /* tick; KN_NEVER: off */
	unsigned int fired_cnt;
};

struct model {
	struct kn_wheel wheel;
	uint64_t tick; /* the first that a timer may fall into */
	uint64_t seed;
	unsigned int running; /* within kn_wheel_run() */
	bool is_busy;         /* timers set and cancel others when they fire */
	struct entry entries[TIMER_CNT];
};

static uint64_t chance(struct model *m, uint64_t bound)
{
	m->seed = m->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (m->seed >> 20) % bound;
}

/* Of all magnitudes, from nothing to beyond the wheel's range. */
static uint64_t distance(struct model *m)
{
	static const uint64_t spans[] = {1,   KN_MS,    100 * KN_MS, 10 * KN_SEC, KN_SEC * 3600,
					 DAY, 13 * DAY, 60 * DAY};

	return chance(m, spans[chance(m, sizeof(spans) / sizeof(spans[0]))]);
}

static uint64_t tick_of(uint64_t deadline)
{
	return deadline / KN_WHEEL_TICK_NS + (deadline % KN_WHEEL_TICK_NS != 0);
}

static void entry_set(struct model *m, struct entry *e, uint64_t deadline)
{
	kn_wheel_set(&m->wheel, &e->timer, deadline);
	e->due = tick_of(deadline) < m->tick ? m->tick : tick_of(deadline);
}

static void entry_cancel(struct model *m, struct entry *e)
{
	kn_wheel_cancel(&m->wheel, &e->timer);
	e->due = KN_NEVER;
}

/* One thing to do at `now`: mostly to set or move a timer, sometimes to a time that has passed. */
static void act(struct model *m, uint64_t now)
{
	struct entry *e = &m->entries[chance(m, TIMER_CNT)];

	switch (chance(m, 8)) {
	case 0:
	case 1:
		entry_cancel(m, e);
		break;
	case 2:
		entry_set(m, e, now - chance(m, 50 * KN_MS));
		break;
	default:
		entry_set(m, e, now + distance(m));
	}
}

static void fire(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct entry *e = (struct entry *)(void *)((char *)t - offsetof(struct entry, timer));
	struct model *m = ctx;

	assert_ptr_equal(e->model, m);
	assert_int_equal(m->running, 1);
	assert_false(kn_timer_is_set(t));
	/* Never early, never twice, never one that is off or was set just now. */
	if (e->due > now / KN_WHEEL_TICK_NS)
		fail_msg("due at tick %llu, fired at %llu", (unsigned long long)e->due,
			 (unsigned long long)(now / KN_WHEEL_TICK_NS));
	e->due = KN_NEVER;
	e->fired_cnt++;
	if (m->is_busy && chance(m, 4) == 0)
		act(m, now);
}

static uint64_t model_next(const struct model *m)
{
	uint64_t next = KN_NEVER;

	for (size_t i = 0; i < TIMER_CNT; i++)
		if (m->entries[i].due < next)
			next = m->entries[i].due;
	return next;
}

static void run(struct model *m, uint64_t now)
{
	uint64_t end = now / KN_WHEEL_TICK_NS;

	if (end >= m->tick)
		m->tick = end + 1;
	m->running = 1;
	kn_wheel_run(&m->wheel, m, now);
	m->running = 0;
	uint64_t next = model_next(m);
	if (next < m->tick)
		fail_msg("due at tick %llu, not fired at %llu", (unsigned long long)next,
			 (unsigned long long)end);
	/* Never asks to be run too late; with nothing set it does not ask. */
	uint64_t asked = kn_wheel_next(&m->wheel);
	assert_true(next == KN_NEVER ? asked == KN_NEVER : asked <= next * KN_WHEEL_TICK_NS);
}

static void model_init(struct model *m, uint64_t seed, uint64_t now)
{
	memset(m, 0, sizeof(*m));
	m->seed = seed;
	m->tick = now / KN_WHEEL_TICK_NS;
	kn_wheel_init(&m->wheel, now);
	for (size_t i = 0; i < TIMER_CNT; i++) {
		m->entries[i].timer.fn = fire;
		m->entries[i].model = m;
		m->entries[i].due = KN_NEVER;
	}
}

static unsigned int set_cnt(const struct model *m)
{
	unsigned int cnt = 0;

	for (size_t i = 0; i < TIMER_CNT; i++) {
		assert_int_equal(kn_timer_is_set(&m->entries[i].timer),
				 m->entries[i].due != KN_NEVER);
		cnt += kn_timer_is_set(&m->entries[i].timer);
	}
	return cnt;
}

static struct model model;

static void the_wheel_does_what_an_array_does(void **state)
{
	unsigned int fired_cnt = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		/* Begins just before a turn of the uppermost level, among other times. */
		uint64_t now = seed % 4 == 0 ? (1ULL << 30) * KN_MS - KN_SEC : seed * 77 * KN_SEC;

		model_init(&model, seed, now);
		model.is_busy = true;
		for (unsigned int i = 0; i < 3000; i++) {
			for (uint64_t n = chance(&model, 4); n > 0; n--)
				act(&model, now);
			uint64_t asked = kn_wheel_next(&model.wheel);
			/* Often just when it asks, else whenever. */
			if (chance(&model, 2) == 0 && asked != KN_NEVER)
				now = asked > now ? asked : now;
			else
				now += distance(&model) / 4;
			run(&model, now);
			assert_int_equal(model.wheel.set_cnt, set_cnt(&model));
		}
		for (size_t i = 0; i < TIMER_CNT; i++)
			fired_cnt += model.entries[i].fired_cnt;
	}
	assert_true(fired_cnt > 40000);
}

/* A hub sleeps as long as it may: it is woken for what is due, not for timers to move levels. */
static void the_wheel_asks_once(void **state)
{
	uint64_t now = KN_SEC;

	(void)state;
	model_init(&model, 1, now);
	for (unsigned int i = 0; i < 8; i++)
		entry_set(&model, &model.entries[i], now + (10 - i) * DAY);
	for (unsigned int i = 8; i-- > 0;) {
		now = kn_wheel_next(&model.wheel);
		assert_int_equal(now, KN_SEC + (10 - i) * DAY);
		run(&model, now);
		assert_int_equal(model.entries[i].fired_cnt, 1);
	}
}

/* For many in one slot it may come by to sort them, each level once. */
static void the_wheel_asks_seldom_for_many(void **state)
{
	const uint64_t deadline = KN_SEC + DAY;
	unsigned int runs = 0;
	uint64_t now = KN_SEC;

	(void)state;
	model_init(&model, 1, now);
	for (unsigned int i = 0; i < TIMER_CNT; i++)
		entry_set(&model, &model.entries[i], deadline);
	while (now < deadline) {
		uint64_t asked = kn_wheel_next(&model.wheel);

		assert_true(asked > now);
		now = asked;
		run(&model, now);
		assert_in_range(++runs, 1, KN_WHEEL_LEVELS);
	}
	assert_int_equal(now, deadline);
	assert_int_equal(set_cnt(&model), 0);
}

/* A probe is answered, and its deadline moves, many times a second. */
static void a_timer_that_was_moved_wakes_nobody(void **state)
{
	const uint64_t last = KN_SEC + 200 * KN_MS;

	(void)state;
	model_init(&model, 1, KN_SEC);
	for (unsigned int i = 1; i < 200; i++)
		entry_set(&model, &model.entries[0], KN_SEC + i * KN_MS);
	entry_set(&model, &model.entries[0], last);
	assert_int_equal(kn_wheel_next(&model.wheel), last);
	entry_set(&model, &model.entries[1], KN_SEC + 3 * KN_MS);
	entry_set(&model, &model.entries[2], KN_SEC + 3 * KN_MS);
	entry_cancel(&model, &model.entries[1]);
	assert_int_equal(kn_wheel_next(&model.wheel), KN_SEC + 3 * KN_MS);
	entry_cancel(&model, &model.entries[2]);
	assert_int_equal(kn_wheel_next(&model.wheel), last);
}

/* Longer than the wheel is round: it moves on, and fires when it should. */
static void a_timer_beyond_the_range_is_not_early(void **state)
{
	const uint64_t deadline = KN_SEC + 100 * DAY;
	uint64_t now = KN_SEC;

	(void)state;
	model_init(&model, 3, now);
	entry_set(&model, &model.entries[0], deadline);
	entry_set(&model, &model.entries[1], KN_NEVER / 2);
	for (unsigned int i = 0; i < 100 && model.entries[0].fired_cnt == 0; i++) {
		now = kn_wheel_next(&model.wheel);
		run(&model, now);
	}
	assert_int_equal(model.entries[0].fired_cnt, 1);
	assert_int_equal(now, deadline);
	assert_true(kn_timer_is_set(&model.entries[1].timer));
}

struct again {
	struct kn_timer timer;
	struct kn_wheel *wheel;
	uint64_t deadline;
	uint64_t step;
	unsigned int cnt;
};

static void fire_again(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct again *a = ctx;

	(void)now;
	/* What a mistake would make an endless loop is an end of the test here. */
	assert_in_range(++a->cnt, 1, 100);
	a->deadline += a->step;
	kn_wheel_set(a->wheel, t, a->deadline);
}

/* A host was stopped for a second. What is overdue then, and sets itself to a time that has passed,
 * has its next turn at the next run: it must not keep control from everything else. */
static void an_overdue_timer_fires_once_in_a_run(void **state)
{
	struct kn_wheel wheel;

	(void)state;
	for (uint64_t step = 0; step <= 5 * KN_MS; step += 5 * KN_MS) {
		struct again a = {.timer.fn = fire_again, .wheel = &wheel, .step = step};

		a.deadline = KN_SEC;
		kn_wheel_init(&wheel, KN_SEC);
		kn_wheel_set(&wheel, &a.timer, a.deadline);
		for (unsigned int i = 1; i <= 20; i++) {
			kn_wheel_run(&wheel, &a, 2 * KN_SEC + i * KN_MS);
			assert_int_equal(a.cnt, i);
			assert_int_equal(kn_wheel_next(&wheel), 2 * KN_SEC + (i + 1) * KN_MS);
		}
	}
}

/* A timer's function takes another one back that is due at the same time. */
static struct kn_timer *victim;

static void fire_and_cancel(struct kn_timer *t, void *ctx, uint64_t now)
{
	(void)t;
	(void)now;
	kn_wheel_cancel(ctx, victim);
}

static void fire_never(struct kn_timer *t, void *ctx, uint64_t now)
{
	(void)t;
	(void)ctx;
	(void)now;
	fail_msg("a cancelled timer fired");
}

static void a_timer_may_cancel_its_neighbour(void **state)
{
	struct kn_wheel wheel;
	struct kn_timer one = {.fn = fire_and_cancel}, two = {.fn = fire_never};

	(void)state;
	kn_wheel_init(&wheel, 0);
	victim = &two;
	kn_wheel_set(&wheel, &one, 5 * KN_MS);
	kn_wheel_set(&wheel, &two, 5 * KN_MS);
	kn_wheel_run(&wheel, &wheel, 5 * KN_MS - 1);
	assert_int_equal(wheel.set_cnt, 2);
	kn_wheel_run(&wheel, &wheel, 5 * KN_MS);
	assert_int_equal(wheel.set_cnt, 0);
	assert_int_equal(kn_wheel_next(&wheel), KN_NEVER);
	kn_wheel_cancel(&wheel, &two); /* off already */
	assert_int_equal(wheel.set_cnt, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wheel_does_what_an_array_does),
		cmocka_unit_test(the_wheel_asks_once),
		cmocka_unit_test(the_wheel_asks_seldom_for_many),
		cmocka_unit_test(a_timer_that_was_moved_wakes_nobody),
		cmocka_unit_test(a_timer_beyond_the_range_is_not_early),
		cmocka_unit_test(an_overdue_timer_fires_once_in_a_run),
		cmocka_unit_test(a_timer_may_cancel_its_neighbour),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
