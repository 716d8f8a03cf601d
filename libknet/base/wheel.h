/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_WHEEL_H
#define KN_BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#define KN_WHEEL_LEVELS  5
#define KN_WHEEL_SLOTS   64
#define KN_WHEEL_TICK_NS 1000000ULL /* 1 ms */

struct kn_timer;
/* Called by kn_wheel_run(). The timer is off by then and may be set again or freed. */
typedef void (*kn_timer_fn)(struct kn_timer *t, void *ctx, uint64_t now);

/* Embedded in what it times; a zeroed one with fn set is valid and off. */
struct kn_timer {
	struct cds_list_head node; /* its next is NULL while the timer is off */
	uint64_t deadline;         /* ns */
	kn_timer_fn fn;
};

static inline bool kn_timer_is_set(const struct kn_timer *t)
{
	return t->node.next != NULL;
}

/*
 * A hierarchical timer wheel: setting and cancelling are O(1), nothing walks timers that are not
 * due. Resolution 1 ms, never early. Timers beyond its range of 64^5 ms (12 days) cost a visit each
 * time round. Owned by one thread.
 */
struct kn_wheel {
	uint64_t tick;  /* the next tick to run */
	uint64_t first; /* what is set for a tick before this one is overdue */
	uint32_t set_cnt;
	struct cds_list_head overdue;
	uint64_t occupied[KN_WHEEL_LEVELS]; /* bit per slot */
	struct cds_list_head slots[KN_WHEEL_LEVELS][KN_WHEEL_SLOTS];
};

void kn_wheel_init(struct kn_wheel *w, uint64_t now);
/* Set or move a timer. A deadline in the past, and one that a timer's function sets at or before
 * the time of the run under way, fires at the next run that is in a later millisecond. */
void kn_wheel_set(struct kn_wheel *w, struct kn_timer *t, uint64_t deadline);
/* Off already: no effect. */
void kn_wheel_cancel(struct kn_wheel *w, struct kn_timer *t);
/* Fire everything due at `now`; ctx is handed to the timers' functions. */
void kn_wheel_run(struct kn_wheel *w, void *ctx, uint64_t now);
/* A time not after the next deadline at which kn_wheel_run() should be called; KN_NEVER if no timer
 * is set. May be early (when many timers must move to a finer level), never late. */
uint64_t kn_wheel_next(const struct kn_wheel *w);

#endif
