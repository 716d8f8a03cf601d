// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The key arena: alignment, no overlap, wiping, growth, reuse.
 */
#include "crypto_vectors.h"

#include "crypto/arena.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define CNT 500

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

static void slots_are_apart_and_wiped(void **state)
{
	struct kn_arena arena;
	static uint8_t *slots[CNT];
	const size_t size = 1012;

	(void)state;
	assert_int_equal(kn_arena_init(&arena, size), 0);
	assert_int_equal(arena.slot_size, 1024);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < CNT; i++) {
			slots[i] = kn_arena_alloc(&arena);
			assert_non_null(slots[i]);
			assert_int_equal((uintptr_t)slots[i] % 64, 0);
			assert_true(is_zero(slots[i], arena.slot_size));
			memset(slots[i], (int)(i % 255 + 1), arena.slot_size);
		}
		assert_int_equal(arena.used_cnt, CNT);
		for (unsigned int i = 0; i < CNT; i++) {
			for (size_t j = 0; j < arena.slot_size; j++)
				assert_int_equal(slots[i][j], i % 255 + 1);
		}
		for (unsigned int i = 0; i < CNT; i++) {
			uint8_t *slot = slots[(i * 7) % CNT];
			kn_arena_free(&arena, slot);
			/* Only the link to the next free slot stands there now. */
			assert_true(
				is_zero(slot + sizeof(void *), arena.slot_size - sizeof(void *)));
		}
		assert_int_equal(arena.used_cnt, 0);
	}
	kn_arena_fini(&arena);
}

/* What is freed is used again: the arena does not grow without need. */
static void slots_are_reused(void **state)
{
	struct kn_arena arena;
	void *seen[64];

	(void)state;
	assert_int_equal(kn_arena_init(&arena, 1024), 0);
	for (unsigned int i = 0; i < 40; i++)
		seen[i] = kn_arena_alloc(&arena);
	const struct kn_arena_chunk *chunk = arena.chunks;
	for (unsigned int i = 0; i < 100000; i++) {
		kn_arena_free(&arena, seen[i % 40]);
		seen[i % 40] = kn_arena_alloc(&arena);
		assert_non_null(seen[i % 40]);
	}
	assert_ptr_equal(chunk, arena.chunks);
	for (unsigned int i = 0; i < 40; i++)
		kn_arena_free(&arena, seen[i]);
	kn_arena_free(&arena, NULL);
	assert_int_equal(arena.used_cnt, 0);
	kn_arena_fini(&arena);
}

static void sizes(void **state)
{
	struct kn_arena arena;

	(void)state;
	assert_int_equal(kn_arena_init(&arena, 0), -EINVAL);
	assert_int_equal(kn_arena_init(&arena, 32 * 1024 + 1), -EINVAL);
	assert_int_equal(kn_arena_init(&arena, 32 * 1024), 0);
	void *a = kn_arena_alloc(&arena);
	void *b = kn_arena_alloc(&arena);
	assert_true(a && b && a != b);
	memset(a, 1, arena.slot_size);
	memset(b, 1, arena.slot_size);
	kn_arena_free(&arena, a);
	kn_arena_free(&arena, b);
	kn_arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_apart_and_wiped),
		cmocka_unit_test(slots_are_reused),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests_name("crypto_arena", tests, NULL, NULL);
}
