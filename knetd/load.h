/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* How much an interface carries: averages of the last while, from counters that only grow. */
#ifndef KNETD_LOAD_H
#define KNETD_LOAD_H

#include <stdint.h>

#include "knetd/counters.h"

/* What is averaged, in order. */
enum knd_load_of {
	KND_LOAD_RX_BYTES,
	KND_LOAD_TX_BYTES,
	KND_LOAD_RX_FRAMES,
	KND_LOAD_TX_FRAMES,
	KND_LOAD_COUNTERS, /* the first of what `show counters` lists for an interface */
	KND_LOAD_COUNT = KND_LOAD_COUNTERS + KND_HANDLE_COUNTERS_MAX
};

/* All zero: nothing seen yet. */
struct knd_load {
	uint64_t since_ns; /* of the first look; 0: none yet */
	uint64_t at_ns;    /* of the last one */
	uint64_t value[KND_LOAD_COUNT];
	double per_s[KND_LOAD_COUNT];
};

/*
 * Takes the counters as they are at `now_ns`. Older times weigh less and less, by half after 0.7
 * times `interval_s`; an interface younger than that has the average of its whole life.
 */
void knd_load_step(struct knd_load *load, uint64_t now_ns, const uint64_t value[KND_LOAD_COUNT],
		   unsigned int interval_s);
/* Bits of a second for bytes of the TAP, else the number, rounded. */
int64_t knd_load_rate(const struct knd_load *load, enum knd_load_of of);
/* The rate of counter number i of an interface, to a tenth. */
double knd_load_counter_rate(const struct knd_load *load, size_t i);

#endif
