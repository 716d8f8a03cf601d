// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The replay window against a naive reference that remembers every counter ever accepted.
 */
#include "crypto_vectors.h"

#include "crypto/window.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 200000

/* Counters accepted so far, relative to base, so that a run may begin anywhere. */
struct reference {
	uint64_t base;
	uint64_t highest;
	uint64_t reach; /* counters told apart behind the highest */
	bool any;
	uint8_t seen[SEEN_MAX];
};

static bool reference_check(const struct reference *r, uint64_t ctr)
{
	if (ctr > KN_WINDOW_COUNTER_MAX)
		return false;
	if (!r->any || ctr > r->highest)
		return true;
	return r->highest - ctr < r->reach && !r->seen[ctr - r->base];
}

static void reference_commit(struct reference *r, uint64_t ctr)
{
	r->seen[ctr - r->base] = 1;
	if (!r->any || ctr > r->highest)
		r->highest = ctr;
	r->any = true;
}

static void both(struct kn_window *w, struct reference *r, uint64_t ctr)
{
	bool want = reference_check(r, ctr);

	assert_int_equal(kn_window_check(w, ctr), want);
	assert_int_equal(kn_window_commit(w, ctr), want);
	if (want)
		reference_commit(r, ctr);
	assert_false(kn_window_check(w, ctr));
	assert_false(kn_window_commit(w, ctr));
}

static struct reference *reference_new(uint64_t base, uint32_t bits)
{
	struct reference *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->base = base;
	r->reach = bits - 64;
	return r;
}

/* Random walk: mostly forward, often back by up to two windows, sometimes far ahead. */
static void walk(uint32_t bits, uint64_t base, uint64_t seed)
{
	struct kn_window *w = kn_window_new(bits);
	struct reference *r = reference_new(base, bits);
	uint64_t at = base;

	assert_non_null(w);
	while (at - base < SEEN_MAX - 6ULL * bits) {
		uint64_t dice = test_random(&seed) % 100;
		uint64_t back = test_random(&seed) % (2ULL * bits);
		if (dice < 60)
			both(w, r, at++);
		else if (dice < 97)
			both(w, r, at - base > back ? at - back : base);
		else if (dice < 99)
			at += test_random(&seed) % 130;
		else
			at += test_random(&seed) % (3ULL * bits);
	}
	/* At the end, every counter of the whole run is asked for. */
	for (uint64_t ctr = base; ctr <= at; ctr++)
		assert_int_equal(kn_window_check(w, ctr), reference_check(r, ctr));
	free(r);
	kn_window_free(w);
}

static void random_walks(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		walk(128, 0, seed);
		walk(256, seed * 37, seed);
		walk(2048, 0, seed);
		walk(8192, (1ULL << 40) + seed * 101, seed);
	}
}

/* Every order of a few counters that sit on the edges of words and window. */
static void permute(uint64_t *ctrs, unsigned int cnt, unsigned int at, uint64_t base)
{
	if (at == cnt) {
		struct kn_window *w = kn_window_new(128);
		struct reference *r = reference_new(base, 128);
		for (unsigned int i = 0; i < cnt; i++)
			both(w, r, ctrs[i]);
		for (uint64_t ctr = base; ctr < base + 400; ctr++)
			assert_int_equal(kn_window_check(w, ctr), reference_check(r, ctr));
		free(r);
		kn_window_free(w);
		return;
	}
	for (unsigned int i = at; i < cnt; i++) {
		uint64_t swap = ctrs[at];
		ctrs[at] = ctrs[i];
		ctrs[i] = swap;
		permute(ctrs, cnt, at + 1, base);
		ctrs[i] = ctrs[at];
		ctrs[at] = swap;
	}
}

static void all_orders_at_edges(void **state)
{
	uint64_t first[] = {0, 1, 63, 64, 127, 128};
	uint64_t later[] = {1000, 1063, 1064, 1065, 1128, 1300};

	(void)state;
	permute(first, 6, 0, 0);
	permute(later, 6, 0, 1000);
}

static void edge_of_the_counter(void **state)
{
	const uint64_t base = KN_WINDOW_COUNTER_MAX - SEEN_MAX + 1;
	struct kn_window *w = kn_window_new(KN_WINDOW_BITS);
	struct reference *r = reference_new(base, KN_WINDOW_BITS);

	(void)state;
	both(w, r, base);
	both(w, r, KN_WINDOW_COUNTER_MAX);
	both(w, r, KN_WINDOW_COUNTER_MAX - 1);
	for (uint64_t back = 0; back < 3ULL * KN_WINDOW_BITS; back++)
		both(w, r, KN_WINDOW_COUNTER_MAX - back);
	assert_false(kn_window_check(w, KN_WINDOW_COUNTER_MAX + 1));
	assert_false(kn_window_commit(w, KN_WINDOW_COUNTER_MAX + 1));
	assert_false(kn_window_check(w, UINT64_MAX));
	free(r);
	kn_window_free(w);

	/* A jump over the whole range, from a fresh window and from an old one. */
	w = kn_window_new(KN_WINDOW_BITS);
	assert_true(kn_window_commit(w, 5));
	assert_true(kn_window_commit(w, KN_WINDOW_COUNTER_MAX));
	assert_false(kn_window_check(w, 5));
	assert_false(kn_window_check(w, 6));
	assert_true(kn_window_check(w, KN_WINDOW_COUNTER_MAX - (KN_WINDOW_BITS - 65)));
	assert_false(kn_window_check(w, KN_WINDOW_COUNTER_MAX - (KN_WINDOW_BITS - 64)));
	kn_window_free(w);
}

/* Copies are refused whatever the path: in order, duplicated over two links, one of them late. */
static void check_changes_nothing(void **state)
{
	struct kn_window *w = kn_window_new(KN_WINDOW_BITS);

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		assert_true(kn_window_check(w, 1ULL << 40));
	assert_true(kn_window_check(w, 0));
	assert_true(kn_window_commit(w, 0));
	assert_false(kn_window_commit(w, 0));
	kn_window_free(w);
}

static void sizes(void **state)
{
	(void)state;
	assert_null(kn_window_new(0));
	assert_null(kn_window_new(64));
	assert_null(kn_window_new(2049));
	assert_null(kn_window_new(1U << 21));
	struct kn_window *w = kn_window_new(1U << 20);
	assert_non_null(w);
	kn_window_free(w);
	kn_window_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_walks),
		cmocka_unit_test(all_orders_at_edges),
		cmocka_unit_test(edge_of_the_counter),
		cmocka_unit_test(check_changes_nothing),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests_name("crypto_window", tests, NULL, NULL);
}
