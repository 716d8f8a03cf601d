// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Many single frames to a queue of the TAP with one system call: an io_uring that knows nothing but
 * this. Frames of one flow that follow one another leave as one super-frame (coalesce.c); this is
 * for those of many flows at once, where a call each costs a quarter of the whole write.
 *
 *	add, add, ...  ->  flush:  few: write() each
 *				   more: io_uring_enter(), and write() for what it has not done
 *
 * Nothing is ever left to the kernel to be done later: an operation may not wait (RWF_NOWAIT), so
 * the kernel does all of them in order before the call returns, and no buffer is in use afterwards.
 * The ring knows the TAP by its descriptor, operation by operation. It does not hold the file: a
 * TAP has to disappear with us, and what a ring holds is released some time after its end.
 *
 * The ring's memory is shared with the kernel, which runs as another thread would: indices are read
 * with acquire and written with release.
 */
#include "path/tap_batch.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORTH_IT 4 /* fewer are quicker one by one */

/* The two queues as the kernel lays them out; a place in one mapping each. */
struct ring {
	int fd;
	uint8_t *map;
	size_t map_len, sqe_len;
	struct io_uring_sqe *sqe;
	uint32_t *sq_tail, *sq_array, *cq_head, *cq_tail;
	const struct io_uring_cqe *cqe;
	uint32_t sq_mask, cq_mask;
};

struct kn_tap_batch {
	int fd;
	bool is_on; /* packet thread: wo, control: ro */
	unsigned int cnt;
	uint32_t len[KN_TAP_BATCH_CNT];
	bool is_done[KN_TAP_BATCH_CNT];
	struct kn_tap_written written;
	struct ring ring;
	uint8_t buf[KN_TAP_BATCH_CNT][KN_TAP_BATCH_LEN];
};

static uint32_t *at(const struct ring *r, uint32_t offset)
{
	return (uint32_t *)(void *)(r->map + offset);
}

static void ring_close(struct ring *r)
{
	if (r->map != NULL)
		munmap(r->map, r->map_len);
	if (r->sqe != NULL)
		munmap(r->sqe, r->sqe_len);
	if (r->fd >= 0)
		close(r->fd);
	*r = (struct ring){.fd = -1};
}

static void *ring_map(const struct ring *r, size_t len, off_t offset)
{
	void *map =
		mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, offset);

	return map == MAP_FAILED ? NULL : map;
}

static bool ring_open(struct ring *r)
{
	struct io_uring_params p = {.flags = 0};

	*r = (struct ring){.fd = (int)syscall(SYS_io_uring_setup, KN_TAP_BATCH_CNT, &p)};
	/* One mapping for both queues: since Linux 5.4. */
	if (r->fd < 0 || (p.features & IORING_FEAT_SINGLE_MMAP) == 0)
		return false;
	size_t sq_len = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
	size_t cq_len = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);

	r->map_len = sq_len > cq_len ? sq_len : cq_len;
	r->sqe_len = p.sq_entries * sizeof(struct io_uring_sqe);
	r->map = ring_map(r, r->map_len, IORING_OFF_SQ_RING);
	r->sqe = ring_map(r, r->sqe_len, IORING_OFF_SQES);
	if (r->map == NULL || r->sqe == NULL)
		return false;
	r->sq_tail = at(r, p.sq_off.tail);
	r->sq_array = at(r, p.sq_off.array);
	r->sq_mask = *at(r, p.sq_off.ring_mask);
	r->cq_head = at(r, p.cq_off.head);
	r->cq_tail = at(r, p.cq_off.tail);
	r->cq_mask = *at(r, p.cq_off.ring_mask);
	r->cqe = (const struct io_uring_cqe *)(const void *)(r->map + p.cq_off.cqes);
	return true;
}

struct kn_tap_batch *kn_tap_batch_new(int fd)
{
	/* Not cleared: memory that no frame reaches is never touched. */
	struct kn_tap_batch *b = malloc(sizeof(*b));

	if (b == NULL)
		return NULL;
	b->fd = fd;
	b->is_on = true;
	b->cnt = 0;
	b->written = (struct kn_tap_written){.frames = 0};
	if (ring_open(&b->ring))
		return b;
	kn_tap_batch_free(b);
	return NULL;
}

void kn_tap_batch_free(struct kn_tap_batch *b)
{
	if (b == NULL)
		return;
	ring_close(&b->ring);
	free(b);
}

static void count(struct kn_tap_batch *b, bool is_written, uint32_t len)
{
	b->written.frames += is_written;
	b->written.bytes += is_written ? len : 0;
	b->written.errors += !is_written;
}

static void rest_write(struct kn_tap_batch *b)
{
	for (unsigned int i = 0; i < b->cnt; i++)
		if (!b->is_done[i])
			count(b, write(b->fd, b->buf[i], b->len[i]) >= 0, b->len[i]);
}

static void ring_fill(struct kn_tap_batch *b)
{
	struct ring *r = &b->ring;
	uint32_t tail = *r->sq_tail; /* nobody else writes it */

	for (unsigned int i = 0; i < b->cnt; i++) {
		uint32_t place = (tail + i) & r->sq_mask;

		r->sqe[place] = (struct io_uring_sqe){.opcode = IORING_OP_WRITE,
						      .fd = b->fd,
						      .addr = (uint64_t)(uintptr_t)b->buf[i],
						      .len = b->len[i],
						      .rw_flags = RWF_NOWAIT,
						      .user_data = i};
		r->sq_array[place] = place;
	}
	__atomic_store_n(r->sq_tail, tail + b->cnt, __ATOMIC_RELEASE);
}

/* What failed is tried once more by rest_write(), whose error counts. Returns how many have ended.
 */
static unsigned int ring_reap(struct kn_tap_batch *b)
{
	struct ring *r = &b->ring;
	uint32_t head = *r->cq_head, tail = __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE),
		 from = head;

	for (; head != tail; head++) {
		const struct io_uring_cqe *c = &r->cqe[head & r->cq_mask];

		b->is_done[c->user_data] = c->res >= 0;
		if (c->res >= 0)
			count(b, true, b->len[c->user_data]);
		/* A kernel that does not know how to: before 5.10. */
		else if (c->res == -EINVAL || c->res == -EOPNOTSUPP)
			__atomic_store_n(&b->is_on, false, __ATOMIC_RELAXED);
	}
	__atomic_store_n(r->cq_head, head, __ATOMIC_RELEASE);
	return head - from;
}

static void ring_write(struct kn_tap_batch *b)
{
	unsigned int sent = 0, ended = 0;

	ring_fill(b);
	while (ended < b->cnt) {
		long n = syscall(SYS_io_uring_enter, b->ring.fd, b->cnt - sent, b->cnt - ended,
				 IORING_ENTER_GETEVENTS, NULL, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* With the ring goes what it has not begun. */
			__atomic_store_n(&b->is_on, false, __ATOMIC_RELAXED);
			ring_close(&b->ring);
			return;
		}
		sent += (unsigned int)n;
		ended += ring_reap(b);
	}
}

static void all_write(struct kn_tap_batch *b)
{
	memset(b->is_done, 0, b->cnt * sizeof(b->is_done[0]));
	if (b->cnt >= WORTH_IT && b->is_on)
		ring_write(b);
	rest_write(b);
	b->cnt = 0;
}

bool kn_tap_batch_add(struct kn_tap_batch *b, struct kn_bytes one)
{
	if (one.len > KN_TAP_BATCH_LEN || !b->is_on)
		return false;
	memcpy(b->buf[b->cnt], one.data, one.len);
	b->len[b->cnt] = (uint32_t)one.len;
	if (++b->cnt == KN_TAP_BATCH_CNT)
		all_write(b);
	return true;
}

struct kn_tap_written kn_tap_batch_flush(struct kn_tap_batch *b)
{
	if (b->cnt != 0)
		all_write(b);
	struct kn_tap_written w = b->written;

	b->written = (struct kn_tap_written){.frames = 0};
	return w;
}

bool kn_tap_batch_is_on(const struct kn_tap_batch *b)
{
	return __atomic_load_n(&b->is_on, __ATOMIC_RELAXED);
}
