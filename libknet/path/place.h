/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_PLACE_H
#define KN_PATH_PLACE_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* How often a packet thread looks where it runs, while it does. */
#define KN_PLACE_NS (20 * KN_MS)

/* What a thread had of its CPU so far: that it ran, and that it could have run and had to wait. */
struct kn_place_times {
	uint64_t ran_ns;
	uint64_t waited_ns;
	uint64_t run_cnt; /* how often it came to run */
};

enum kn_place_move {
	KN_PLACE_AS_IS,
	KN_PLACE_STAY,      /* on this CPU from now on */
	KN_PLACE_ELSEWHERE, /* on another one from now on */
	KN_PLACE_ANY,       /* wherever the kernel likes */
	KN_PLACE_URGENT,    /* there, and ahead of all ordinary threads */
	KN_PLACE_ORDINARY,  /* no longer ahead of them */
};

/* Where a packet thread runs, and how soon. */
struct kn_place {
	uint64_t seen_ns; /* when it last looked */
	struct kn_place_times seen;
	uint64_t free_ns; /* it lets the kernel choose until then */
	uint32_t dice;
	uint8_t moves;      /* in a row */
	bool is_kept;       /* it keeps to one CPU */
	bool can_be_urgent; /* nobody has said how soon it is to run */
	bool is_urgent;
	uint64_t urgent_ns; /* until then */
	uint64_t late_ns;   /* when it last had to wait for long */
	int fd;             /* the kernel's count of the times; -1: there is none */
	cpu_set_t all;      /* that it may use */
};

/* What to do at a time, with those times until then and a random number. */
enum kn_place_move kn_place_choose(struct kn_place *p, uint64_t now,
				   const struct kn_place_times *times, uint32_t dice);

/* Of the calling thread: these follow, and are to be called by it alone. */
void kn_place_begin(struct kn_place *p);
void kn_place_end(struct kn_place *p);
void kn_place_look(struct kn_place *p, uint64_t now);

/* To be called often. */
static inline void kn_place_keep(struct kn_place *p, uint64_t now)
{
	if (now - p->seen_ns >= KN_PLACE_NS)
		kn_place_look(p, now);
}

#endif
