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
	uint64_t cleared; /* the newest one that was forgotten */
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

struct knd_ring *knd_ring_resize(struct knd_ring *ring, size_t room)
{
	struct knd_ring *resized = knd_ring_new(room);
	const struct knd_event *event = NULL;

	if (!resized)
		return NULL;
	resized->newest = ring->newest;
	resized->cleared = ring->cleared;
	while ((event = knd_ring_next(ring, event ? event->seq : 0, NULL)))
		resized->at[event->seq % room] = *event; /* the newest of each place is the last */
	knd_ring_free(ring);
	return resized;
}

void knd_ring_clear(struct knd_ring *ring)
{
	ring->cleared = ring->newest;
}

size_t knd_ring_cnt(const struct knd_ring *ring)
{
	const uint64_t kept = ring->newest - ring->cleared;

	return kept < ring->room ? (size_t)kept : ring->room;
}

const struct knd_event *knd_ring_next(const struct knd_ring *ring, uint64_t after, uint64_t *missed)
{
	const uint64_t oldest = ring->newest - knd_ring_cnt(ring) + 1;
	uint64_t seq = after + 1;

	if (missed)
		*missed = 0;
	/* What was cleared is not missed. */
	if (seq <= ring->cleared)
		seq = ring->cleared + 1;
	if (seq > ring->newest)
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
