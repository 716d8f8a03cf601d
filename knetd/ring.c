// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Entry number n stands at place n modulo the size. Nothing is allocated after the start, and
 * nobody who reads is known to the ring. Control thread only.
 */
#include "knetd/ring.h"

#include <stdlib.h>

struct knd_ring {
	size_t room;
	uint64_t newest;
	struct knd_event at[];
};

struct knd_ring *knd_ring_new(size_t room)
{
	struct knd_ring *ring = calloc(1, sizeof(*ring) + room * sizeof(ring->at[0]));

	if (ring)
		ring->room = room;
	return ring;
}

void knd_ring_free(struct knd_ring *ring)
{
	free(ring);
}

void knd_ring_add(struct knd_ring *ring, const struct knd_event *event)
{
	struct knd_event *slot = &ring->at[++ring->newest % ring->room];

	*slot = *event;
	slot->seq = ring->newest;
}

size_t knd_ring_cnt(const struct knd_ring *ring)
{
	return ring->newest < ring->room ? (size_t)ring->newest : ring->room;
}

const struct knd_event *knd_ring_next(const struct knd_ring *ring, uint64_t after, uint64_t *missed)
{
	const uint64_t oldest = ring->newest - knd_ring_cnt(ring) + 1;
	uint64_t seq = after + 1;

	if (missed)
		*missed = 0;
	if (after >= ring->newest)
		return NULL;
	if (seq < oldest) {
		if (missed)
			*missed = oldest - seq;
		seq = oldest;
	}
	return &ring->at[seq % ring->room];
}

uint64_t knd_ring_newest(const struct knd_ring *ring)
{
	return ring->newest;
}

size_t knd_ring_room(const struct knd_ring *ring)
{
	return ring->room;
}
