// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Send buffers: chunks are filled, used again when their last burst is freed, and given back to the
 * system when they were idle for a while; what is kept stays as it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "path/pool.h"

#define CHUNKS  8
#define SEG_LEN 1000

static struct kn_ring_use use;

static int setup(void **state)
{
	static struct kn_pool p;

	use = (struct kn_ring_use){.limit = 64 * KN_CHUNK_LEN};

	*state = &p;
	return kn_pool_init(&p, CHUNKS, &use);
}

static int teardown(void **state)
{
	kn_pool_fini(*state);
	return 0;
}

/* A burst of cnt datagrams of SEG_LEN bytes, all filled with `mark`. */
static struct kn_burst *burst(struct kn_pool *p, unsigned int cnt, uint8_t mark)
{
	struct kn_burst *b = kn_pool_burst_new(p, SEG_LEN);

	for (unsigned int i = 0; b != NULL && i < cnt && kn_pool_takes(p, SEG_LEN); i++) {
		memset(b->data + b->len, mark, SEG_LEN);
		kn_pool_add(p, SEG_LEN);
	}
	return b;
}

/* Fills the pool with bursts; returns how many. */
static unsigned int fill(struct kn_pool *p, struct kn_burst **all, unsigned int max)
{
	unsigned int cnt = 0;

	while (cnt < max && (all[cnt] = burst(p, 64, (uint8_t)cnt)) != NULL)
		cnt++;
	return cnt;
}

static void a_burst_takes_equal_datagrams_and_a_shorter_last(void **state)
{
	struct kn_pool *p = *state;
	struct kn_burst *b = burst(p, 3, 1);

	assert_int_equal(b->len, 3 * SEG_LEN);
	assert_int_equal(b->cnt, 3);
	assert_false(kn_pool_takes(p, SEG_LEN + 1));
	assert_true(kn_pool_takes(p, SEG_LEN - 1));
	kn_pool_add(p, SEG_LEN - 1);
	assert_false(kn_pool_takes(p, 1));
	kn_pool_burst_free(p, b);
}

static void a_burst_keeps_to_what_the_kernel_cuts(void **state)
{
	struct kn_pool *p = *state;
	struct kn_burst *many = kn_pool_burst_new(p, 100);

	while (kn_pool_takes(p, 100))
		kn_pool_add(p, 100);
	assert_int_equal(many->cnt, KN_BURST_CNT);
	struct kn_burst *large = kn_pool_burst_new(p, 1500);

	while (kn_pool_takes(p, 1500))
		kn_pool_add(p, 1500);
	assert_in_range(large->len, KN_BURST_LEN - 1500 + 1, KN_BURST_LEN);
	kn_pool_burst_free(p, many);
	kn_pool_burst_free(p, large);
}

static void bursts_freed_at_once_stay_in_one_chunk(void **state)
{
	struct kn_pool *p = *state;
	const struct kn_burst *first = NULL;

	for (unsigned int i = 0; i < 1000; i++) {
		struct kn_burst *b = burst(p, 20, 1);

		first = first == NULL ? b : first;
		assert_ptr_equal(b, first);
		kn_pool_burst_free(p, b);
	}
	assert_int_equal(use.used, KN_CHUNK_LEN); /* the one to be filled */
}

static void a_full_pool_says_so_and_nothing_is_overwritten(void **state)
{
	struct kn_pool *p = *state;
	struct kn_burst *all[CHUNKS * 4];
	unsigned int cnt = fill(p, all, CHUNKS * 4);

	assert_true(cnt >= CHUNKS && cnt < CHUNKS * 4);
	assert_int_equal(use.used, CHUNKS * KN_CHUNK_LEN);
	for (unsigned int i = 0; i < cnt; i++)
		for (uint32_t at = 0; at < all[i]->len; at++)
			assert_int_equal(all[i]->data[at], (uint8_t)i);
	for (unsigned int i = 0; i < cnt; i++)
		kn_pool_burst_free(p, all[i]);
	assert_int_equal(use.used, KN_CHUNK_LEN); /* the one to be filled */
}

/* A chunk comes back with the last of its bursts, in whatever order they are freed. */
static void chunks_come_back_with_their_last_burst(void **state)
{
	struct kn_pool *p = *state;
	struct kn_burst *all[CHUNKS * 4];

	for (unsigned int round = 0; round < 50; round++) {
		unsigned int cnt = fill(p, all, CHUNKS * 4);

		for (unsigned int i = 0; i < cnt; i++)
			kn_pool_burst_free(p, all[(i * 7 + round) % cnt]);
		assert_int_equal(use.used, KN_CHUNK_LEN); /* the one to be filled */
	}
	/* One burst of a chunk holds all of it. */
	unsigned int cnt = fill(p, all, CHUNKS * 4);

	for (unsigned int i = 1; i < cnt; i++)
		kn_pool_burst_free(p, all[i]);
	assert_int_equal(use.used, 2 * KN_CHUNK_LEN);
	kn_pool_burst_free(p, all[0]);
	assert_int_equal(use.used, KN_CHUNK_LEN);
}

static void what_is_shared_is_bounded_but_each_has_some(void **state)
{
	struct kn_pool *p = *state, other;
	struct kn_burst *all[CHUNKS * 4], *rest[CHUNKS * 4];

	assert_int_equal(kn_pool_init(&other, 4 * CHUNKS, &use), 0);
	use.limit = (KN_POOL_MIN + 2) * KN_CHUNK_LEN;
	unsigned int cnt = fill(p, all, CHUNKS * 4);

	assert_int_equal(use.used, KN_POOL_MIN * KN_CHUNK_LEN);
	unsigned int more = fill(&other, rest, CHUNKS * 4);

	assert_int_equal(use.used, 2 * KN_POOL_MIN * KN_CHUNK_LEN);
	for (unsigned int i = 0; i < cnt; i++)
		kn_pool_burst_free(p, all[i]);
	assert_non_null(kn_pool_burst_new(&other, SEG_LEN)); /* two more */
	for (unsigned int i = 0; i < more; i++)
		kn_pool_burst_free(&other, rest[i]);
	kn_pool_fini(&other);
	assert_int_equal(use.used, KN_CHUNK_LEN);
}

/* Pages of the area that take memory. */
static size_t resident(const struct kn_pool *p)
{
	static unsigned char page[CHUNKS * KN_CHUNK_LEN / 4096];
	size_t cnt = 0;

	assert_int_equal(mincore(p->area, CHUNKS * KN_CHUNK_LEN, page), 0);
	for (size_t i = 0; i < sizeof(page); i++)
		cnt += page[i] & 1;
	return cnt * 4096;
}

static void memory_goes_back_when_it_was_idle(void **state)
{
	struct kn_pool *p = *state;
	struct kn_burst *all[CHUNKS * 4];
	unsigned int cnt = fill(p, all, CHUNKS * 4);

	assert_true(resident(p) > (CHUNKS - 1) * KN_CHUNK_LEN);
	for (unsigned int i = 0; i < cnt; i++)
		kn_pool_burst_free(p, all[i]);
	/* It was needed just now. */
	assert_true(kn_pool_trim(p, CHUNKS));
	assert_true(resident(p) > (CHUNKS - 1) * KN_CHUNK_LEN);
	assert_true(kn_pool_trim(p, 2));
	assert_true(resident(p) > (CHUNKS - 3) * KN_CHUNK_LEN);
	assert_false(kn_pool_trim(p, CHUNKS));
	assert_true(resident(p) <= KN_CHUNK_LEN);
	/* And it can be used again. */
	cnt = fill(p, all, CHUNKS * 4);
	for (unsigned int i = 0; i < cnt; i++)
		assert_int_equal(all[i]->data[all[i]->len - 1], (uint8_t)i);
	for (unsigned int i = 0; i < cnt; i++)
		kn_pool_burst_free(p, all[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_takes_equal_datagrams_and_a_shorter_last,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_burst_keeps_to_what_the_kernel_cuts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bursts_freed_at_once_stay_in_one_chunk, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_full_pool_says_so_and_nothing_is_overwritten,
						setup, teardown),
		cmocka_unit_test_setup_teardown(chunks_come_back_with_their_last_burst, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_shared_is_bounded_but_each_has_some, setup,
						teardown),
		cmocka_unit_test_setup_teardown(memory_goes_back_when_it_was_idle, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
