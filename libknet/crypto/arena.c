// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The arena of key schedules.
 *
 * Secrets that live as long as a session are kept together, in pages that are locked in memory
 * where the limit allows, left out of core dumps, and wiped slot by slot. Pages are mapped in
 * chunks and kept until the arena ends: a host that had many sessions will have them again. Free
 * slots are linked through their first bytes; they are otherwise zero, so an allocation need not
 * clear more. One thread allocates and frees (the one that owns the sessions); workers only read
 * slots.
 */
#include "crypto/arena.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_LEN    (64 * 1024)
#define SLOT_ALIGN   64
#define SLOT_LEN_MAX (32 * 1024)

struct kn_arena_chunk {
	struct kn_arena_chunk *next;
};
/* The first slot begins one alignment unit after the chunk's header. */
_Static_assert(sizeof(struct kn_arena_chunk) <= SLOT_ALIGN, "the header fits before the slots");

int kn_arena_init(struct kn_arena *arena, size_t slot_size)
{
	if (slot_size == 0 || slot_size > SLOT_LEN_MAX)
		return -EINVAL;
	*arena = (struct kn_arena){
		.slot_size = (slot_size + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN,
		.is_locked = true,
	};
	return 0;
}

void kn_arena_fini(struct kn_arena *arena)
{
	while (arena->chunks) {
		struct kn_arena_chunk *chunk = arena->chunks;
		arena->chunks = chunk->next;
		kn_wipe(chunk, CHUNK_LEN);
		munmap(chunk, CHUNK_LEN);
	}
	arena->free_list = NULL;
}

static void slot_push(struct kn_arena *arena, void *slot)
{
	memcpy(slot, &arena->free_list, sizeof(arena->free_list));
	arena->free_list = slot;
}

static int arena_grow(struct kn_arena *arena)
{
	void *mem =
		mmap(NULL, CHUNK_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	madvise(mem, CHUNK_LEN, MADV_DONTDUMP);
	if (mlock(mem, CHUNK_LEN))
		arena->is_locked = false;
	struct kn_arena_chunk *chunk = mem;
	chunk->next = arena->chunks;
	arena->chunks = chunk;

	uint8_t *first = (uint8_t *)mem + SLOT_ALIGN;
	for (size_t i = (CHUNK_LEN - SLOT_ALIGN) / arena->slot_size; i > 0; i--)
		slot_push(arena, first + (i - 1) * arena->slot_size);
	return 0;
}

void *kn_arena_alloc(struct kn_arena *arena)
{
	if (!arena->free_list && arena_grow(arena))
		return NULL;
	void *slot = arena->free_list;
	memcpy(&arena->free_list, slot, sizeof(arena->free_list));
	memset(slot, 0, sizeof(arena->free_list));
	arena->used_cnt++;
	return slot;
}

void kn_arena_free(struct kn_arena *arena, void *slot)
{
	if (!slot)
		return;
	kn_wipe(slot, arena->slot_size);
	slot_push(arena, slot);
	arena->used_cnt--;
}
