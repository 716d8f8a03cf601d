// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The clock of a simulated world is the time of the event that is taken next from this heap. Ties
 * are broken by the order of adding, so that the same seed always gives the same run.
 */
#include "tests/sim/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_die(const char *why)
{
	fprintf(stderr, "sim: %s\n", why);
	abort();
}

void *sim_alloc(size_t len)
{
	void *p = calloc(1, len);

	if (p == NULL)
		sim_die("out of memory");
	return p;
}

void *sim_grow(void *at, size_t cnt, size_t *cap, size_t size)
{
	if (cnt < *cap)
		return at;
	size_t more = *cap == 0 ? 64 : *cap * 2;
	uint8_t *p = sim_alloc(more * size);

	if (at != NULL)
		memcpy(p, at, cnt * size);
	free(at);
	*cap = more;
	return p;
}

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct sim_event *a, struct sim_event *b)
{
	struct sim_event tmp = *a;

	*a = *b;
	*b = tmp;
}

void sim_queue_add(struct sim_queue *q, uint64_t at, sim_event_fn fn, void *ctx, void *arg)
{
	q->heap = sim_grow(q->heap, q->cnt, &q->cap, sizeof(*q->heap));
	size_t i = q->cnt++;

	q->heap[i] =
		(struct sim_event){.at = at, .order = q->order++, .fn = fn, .ctx = ctx, .arg = arg};
	for (; i > 0 && is_before(&q->heap[i], &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&q->heap[i], &q->heap[(i - 1) / 2]);
}

static void sink(struct sim_queue *q)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < q->cnt; i = child) {
		if (child + 1 < q->cnt && is_before(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (is_before(&q->heap[i], &q->heap[child]))
			return;
		swap(&q->heap[i], &q->heap[child]);
	}
}

bool sim_queue_take(struct sim_queue *q, uint64_t until, struct sim_event *out)
{
	if (q->cnt == 0 || q->heap[0].at > until)
		return false;
	*out = q->heap[0];
	q->heap[0] = q->heap[--q->cnt];
	sink(q);
	return true;
}

void sim_queue_fini(struct sim_queue *q)
{
	for (size_t i = 0; i < q->cnt; i++)
		free(q->heap[i].arg);
	free(q->heap);
	memset(q, 0, sizeof(*q));
}
