// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Single producer, single consumer, as msgq.c, with messages one behind the other:
 *
 *	| length | message, padded to 8 bytes | length | message ... | SKIP | unused |
 *
 * One that does not fit before the end of the area begins at its start, behind a mark that says so.
 * The counts of bytes run freely and wrap; the release store of one side pairs with the acquire
 * load of the other.
 */
#include "base/byteq.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LEN 8U /* of a message: its length, and what keeps it aligned */
#define SKIP     UINT32_MAX

int kn_byteq_init(struct kn_byteq *q, uint32_t size)
{
	atomic_init(&q->head, 0);
	atomic_init(&q->tail, 0);
	q->size = size;
	/* Not cleared: what no message reaches is never touched. */
	q->area = malloc(size);
	return q->area == NULL ? -ENOMEM : 0;
}

void kn_byteq_fini(struct kn_byteq *q)
{
	free(q->area);
	q->area = NULL;
}

static uint8_t *place(const struct kn_byteq *q, uint32_t at)
{
	return q->area + (at & (q->size - 1));
}

/* What a message takes, with its head. */
static uint32_t room_of(uint32_t len)
{
	return HEAD_LEN + ((len + 7U) & ~7U);
}

static void length_put(const struct kn_byteq *q, uint32_t at, uint32_t len)
{
	memcpy(place(q, at), &len, sizeof(len));
}

void *kn_byteq_slot(struct kn_byteq *q, uint32_t len)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
	uint32_t free_len = q->size - (tail - atomic_load_explicit(&q->head, memory_order_acquire));
	uint32_t before_end = q->size - (tail & (q->size - 1));
	uint32_t skip = room_of(len) > before_end ? before_end : 0;

	/* Rooms are multiples of 8, so there is always one for a mark. */
	if (len >= q->size || room_of(len) > free_len || free_len - room_of(len) < skip)
		return NULL;
	if (skip != 0)
		length_put(q, tail, SKIP);
	length_put(q, tail + skip, len);
	q->next = tail + skip + room_of(len);
	return place(q, tail + skip) + HEAD_LEN;
}

void kn_byteq_push(struct kn_byteq *q)
{
	atomic_store_explicit(&q->tail, q->next, memory_order_release);
}

/* Where the oldest message begins, and its length. False: there is none. */
static bool front_find(const struct kn_byteq *q, uint32_t *at, uint32_t *len)
{
	*at = atomic_load_explicit(&q->head, memory_order_relaxed);
	if (*at == atomic_load_explicit(&q->tail, memory_order_acquire))
		return false;
	memcpy(len, place(q, *at), sizeof(*len));
	if (*len == SKIP) {
		*at += q->size - (*at & (q->size - 1));
		memcpy(len, place(q, *at), sizeof(*len));
	}
	return true;
}

void *kn_byteq_front(struct kn_byteq *q, uint32_t *len)
{
	uint32_t at;

	return front_find(q, &at, len) ? place(q, at) + HEAD_LEN : NULL;
}

void kn_byteq_pop(struct kn_byteq *q)
{
	uint32_t at, len;

	if (front_find(q, &at, &len))
		atomic_store_explicit(&q->head, at + room_of(len), memory_order_release);
}

uint32_t kn_byteq_used(const struct kn_byteq *q)
{
	/* In this order, so that it never seems to hold less than nothing. */
	uint32_t head = atomic_load_explicit(&q->head, memory_order_acquire);

	return atomic_load_explicit(&q->tail, memory_order_acquire) - head;
}
