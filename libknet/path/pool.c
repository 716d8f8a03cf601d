// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Send buffers. A worker seals into them and sends from them; what is kept for a failover stays
 * where it is, so keeping costs no copy. One worker owns a pool, and nothing here is shared.
 *
 * The area is one reservation of address space; memory comes with the first use of a chunk, and
 * goes when trimming finds that a chunk was not needed for a while. Free chunks are a stack: the
 * top was used last and is likely in the cache, the bottom has been idle for longest and is trimmed
 * first.
 */
#include "path/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bug.h"

#define NONE UINT32_MAX

static uint8_t *reserve(uint32_t chunk_cnt)
{
	void *at = mmap(NULL, (size_t)chunk_cnt * KN_CHUNK_LEN, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	/* Sealed, but of no use in a core dump. */
	(void)madvise(at, (size_t)chunk_cnt * KN_CHUNK_LEN, MADV_DONTDUMP);
	return at;
}

int kn_pool_init(struct kn_pool *p, uint32_t chunk_cnt, struct kn_ring_use *use)
{
	kn_assert(chunk_cnt >= KN_POOL_MIN);
	memset(p, 0, sizeof(*p));
	/* Where the system promises no more than it has, less must do. */
	while ((p->area = reserve(chunk_cnt)) == NULL && chunk_cnt >= 2 * KN_POOL_MIN)
		chunk_cnt /= 2;
	p->chunk_cnt = chunk_cnt;
	p->chunks = calloc(chunk_cnt, sizeof(*p->chunks));
	p->free = malloc(chunk_cnt * sizeof(*p->free));
	if (p->area == NULL || p->chunks == NULL || p->free == NULL) {
		kn_pool_fini(p);
		return -ENOMEM;
	}
	while (p->free_cnt < chunk_cnt) {
		p->free[p->free_cnt] = chunk_cnt - 1 - p->free_cnt;
		p->free_cnt++;
	}
	p->free_low = p->free_cnt;
	p->current = NONE;
	p->use = use;
	return 0;
}

static void use_give(struct kn_pool *p, uint32_t chunk_cnt)
{
	__atomic_fetch_sub(&p->use->used, (uint64_t)chunk_cnt * KN_CHUNK_LEN, __ATOMIC_RELAXED);
}

void kn_pool_fini(struct kn_pool *p)
{
	if (p->area != NULL)
		munmap(p->area, (size_t)p->chunk_cnt * KN_CHUNK_LEN);
	if (p->use != NULL)
		use_give(p, p->chunk_cnt - p->free_cnt);
	free(p->chunks);
	free(p->free);
	memset(p, 0, sizeof(*p));
}

static struct kn_burst *burst_at(const struct kn_pool *p, uint32_t chunk, uint32_t offset)
{
	return (struct kn_burst *)(void *)(p->area + (size_t)chunk * KN_CHUNK_LEN + offset);
}

static uint32_t aligned(uint32_t len)
{
	return (len + _Alignof(struct kn_burst) - 1) & ~(uint32_t)(_Alignof(struct kn_burst) - 1);
}

/* May one chunk more be used? */
static bool use_take(struct kn_pool *p)
{
	uint64_t limit = __atomic_load_n(&p->use->limit, __ATOMIC_RELAXED);

	if (__atomic_add_fetch(&p->use->used, KN_CHUNK_LEN, __ATOMIC_RELAXED) <= limit ||
	    p->chunk_cnt - p->free_cnt < KN_POOL_MIN)
		return true;
	use_give(p, 1);
	return false;
}

/* The chunk that is full waits for its bursts; its successor is the one that was freed last. */
static bool chunk_next(struct kn_pool *p)
{
	if (p->free_cnt == 0 || !use_take(p))
		return false;
	p->current = p->free[--p->free_cnt];
	p->used = 0;
	p->chunks[p->current].is_touched = true;
	if (p->free_cnt < p->free_low)
		p->free_low = p->free_cnt;
	return true;
}

struct kn_burst *kn_pool_burst_new(struct kn_pool *p, uint16_t seg_len)
{
	uint32_t len = (uint32_t)sizeof(struct kn_burst) + seg_len;

	p->newest = NULL;
	if ((p->current == NONE || aligned(p->used) + len > KN_CHUNK_LEN) && !chunk_next(p))
		return NULL;
	struct kn_burst *b = burst_at(p, p->current, aligned(p->used));

	*b = (struct kn_burst){.chunk = p->current, .seg_len = seg_len};
	p->used = aligned(p->used) + (uint32_t)sizeof(*b);
	p->chunks[p->current].burst_cnt++;
	p->newest = b;
	return b;
}

bool kn_pool_takes(const struct kn_pool *p, size_t len)
{
	const struct kn_burst *b = p->newest;

	return b != NULL && !b->is_closed && len <= b->seg_len && b->cnt < KN_BURST_CNT &&
	       b->len + len <= KN_BURST_LEN && p->used + len <= KN_CHUNK_LEN;
}

void kn_pool_add(struct kn_pool *p, size_t len)
{
	struct kn_burst *b = p->newest;

	b->len += (uint32_t)len;
	b->cnt++;
	/* Only the last may be shorter. */
	b->is_closed = len < b->seg_len;
	p->used += (uint32_t)len;
}

void kn_pool_burst_free(struct kn_pool *p, struct kn_burst *b)
{
	struct kn_chunk *c = &p->chunks[b->chunk];

	if (b == p->newest)
		p->newest = NULL;
	kn_assert(c->burst_cnt > 0);
	if (--c->burst_cnt > 0)
		return;
	if (b->chunk == p->current) {
		p->used = 0;
		return;
	}
	p->free[p->free_cnt++] = b->chunk;
	use_give(p, 1);
}

bool kn_pool_trim(struct kn_pool *p, uint32_t most)
{
	uint32_t idle = p->free_low, done = 0;
	bool is_left = false;

	/* Those below the lowest level were not used since the last time. */
	for (uint32_t i = 0; i < idle && done < most; i++) {
		struct kn_chunk *c = &p->chunks[p->free[i]];

		if (!c->is_touched)
			continue;
		(void)madvise(p->area + (size_t)p->free[i] * KN_CHUNK_LEN, KN_CHUNK_LEN,
			      MADV_DONTNEED);
		c->is_touched = false;
		done++;
	}
	p->free_low = p->free_cnt;
	for (uint32_t i = 0; i < p->free_cnt && !is_left; i++)
		is_left = p->chunks[p->free[i]].is_touched;
	return is_left;
}
