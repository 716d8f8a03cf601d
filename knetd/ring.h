/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The last things that have happened, for everybody who looks: a ring of fixed size. Whoever
 * follows it keeps only the number of the last entry that he has seen; who is too slow learns how
 * many he has missed. Control thread only.
 */
#ifndef KNETD_RING_H
#define KNETD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct knd_event {
	uint64_t seq;         /* 1, 2, 3, ...; given by the ring */
	uint64_t realtime_ns; /* since 1970 */
	uint8_t level;        /* enum kcl_log_level */
	uint8_t link;         /* KNET_LINK_NONE: none */
	char kind[24];        /* "link-up", "config"; of a log line its subsystem */
	char iface[16];       /* "" for none */
	char peer[64];        /* "" for none */
	char text[384];
};

struct knd_ring;

/* NULL without memory. */
struct knd_ring *knd_ring_new(size_t room);
void knd_ring_free(struct knd_ring *ring);
/* Another size; what still fits stays. NULL without memory, `ring` is then as it was. */
struct knd_ring *knd_ring_resize(struct knd_ring *ring, size_t room);
/* Forgets all that is there; numbers go on. */
void knd_ring_clear(struct knd_ring *ring);
/* Adds a copy. */
void knd_ring_add(struct knd_ring *ring, const struct knd_event *event);
/*
 * The oldest entry that is still there with a number > after, borrowed until the next one is added;
 * NULL if there is none. `missed` (NULL is allowed): how many between `after` and it are gone.
 */
const struct knd_event *knd_ring_next(const struct knd_ring *ring, uint64_t after,
				      uint64_t *missed);
/* Number of the newest entry, 0 if there was none yet; how many there are, how many fit. */
uint64_t knd_ring_newest(const struct knd_ring *ring);
size_t knd_ring_cnt(const struct knd_ring *ring);
size_t knd_ring_room(const struct knd_ring *ring);

#endif
