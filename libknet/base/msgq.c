// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Single producer, single consumer. The indices run freely and wrap; the release store of one side
 * pairs with the acquire load of the other, which is all the ordering there is.
 */
#include "base/msgq.h"

#include <errno.h>
#include <stdlib.h>

int kn_msgq_init(struct kn_msgq *q, uint32_t cnt, uint32_t msg_size)
{
	atomic_init(&q->head, 0);
	atomic_init(&q->tail, 0);
	q->mask = cnt - 1;
	q->msg_size = (msg_size + 7U) & ~7U;
	q->slots = calloc(cnt, q->msg_size);
	return q->slots == NULL ? -ENOMEM : 0;
}

void kn_msgq_fini(struct kn_msgq *q)
{
	free(q->slots);
	q->slots = NULL;
}

void *kn_msgq_slot(struct kn_msgq *q)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	if (tail - atomic_load_explicit(&q->head, memory_order_acquire) > q->mask)
		return NULL;
	return q->slots + (size_t)(tail & q->mask) * q->msg_size;
}

void kn_msgq_push(struct kn_msgq *q)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
}

bool kn_msgq_is_half_full(const struct kn_msgq *q)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	return tail - atomic_load_explicit(&q->head, memory_order_relaxed) > q->mask / 2;
}

void *kn_msgq_front(struct kn_msgq *q)
{
	uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);

	if (head == atomic_load_explicit(&q->tail, memory_order_acquire))
		return NULL;
	return q->slots + (size_t)(head & q->mask) * q->msg_size;
}

void kn_msgq_pop(struct kn_msgq *q)
{
	uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);

	atomic_store_explicit(&q->head, head + 1, memory_order_release);
}
