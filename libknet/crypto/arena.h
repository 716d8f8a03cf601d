// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_ARENA_H
#define KN_CRYPTO_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct kn_arena_chunk;

/*
 * Memory for the key schedules of active sessions: slots of one size, aligned to 64 bytes, kept out
 * of swap (if the memory lock limit allows) and out of core dumps, wiped when freed. It grows by
 * chunks of 64 KiB, so its size follows the number of live sessions, not of configured peers.
 * Owned by one thread, which also allocates and frees; the slots may be read by others.
 */
struct kn_arena {
	struct kn_arena_chunk *chunks;
	void *free_list;
	size_t slot_size; /* rounded up to a multiple of 64 */
	size_t used_cnt;
	bool is_locked; /* every chunk so far could be locked in memory */
};

/* Prepare an empty arena of slots that hold at least slot_size bytes (1..32 KiB, else -EINVAL). */
int kn_arena_init(struct kn_arena *arena, size_t slot_size) __attribute__((warn_unused_result));

/* Wipe and unmap everything. All slots must have been freed. */
void kn_arena_fini(struct kn_arena *arena);

/* A zeroed slot, owned by the caller until kn_arena_free(); NULL if out of memory. */
void *kn_arena_alloc(struct kn_arena *arena);

/* Wipe a slot and take it back. slot may be NULL. */
void kn_arena_free(struct kn_arena *arena, void *slot);

#endif
