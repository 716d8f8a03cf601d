/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens at a moment: fn(ctx, arg). Whoever adds an event frees arg in
 * fn; sim_queue_fini() frees those that never happened. */
typedef void (*sim_event_fn)(void *ctx, void *arg);

struct sim_event {
	uint64_t at;    /* ns */
	uint64_t order; /* of two at the same moment, the one that was added first goes first */
	sim_event_fn fn;
	void *ctx;
	void *arg;
};

/* The events of a world to come, soonest first. */
struct sim_queue {
	struct sim_event *heap;
	size_t cnt, cap;
	uint64_t order;
};

void sim_queue_add(struct sim_queue *q, uint64_t at, sim_event_fn fn, void *ctx, void *arg);
/* The soonest event; false if there is none at or before `until`. */
bool sim_queue_take(struct sim_queue *q, uint64_t until, struct sim_event *out);
void sim_queue_fini(struct sim_queue *q);

/* The simulation itself cannot go on. */
void sim_die(const char *why) __attribute__((noreturn));
/* calloc() that does not fail: a simulation without memory is of no use to anybody. */
void *sim_alloc(size_t len);
/* *at with room for cnt + 1 elements of size, zeroed where new; *cap is kept up to date. */
void *sim_grow(void *at, size_t cnt, size_t *cap, size_t size);

#endif
