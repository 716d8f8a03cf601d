/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_CLOCK_H
#define KN_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define KN_US    1000ULL
#define KN_MS    1000000ULL
#define KN_SEC   1000000000ULL
#define KN_NEVER UINT64_MAX

/* Times that are kept for long in many places. Wraps after 49 days: for what lies less far back. */
static inline uint32_t kn_clock_ms(uint64_t ns)
{
	return (uint32_t)(ns / KN_MS);
}

/* Only the edges of the engine (threads, the public calls) read a clock; everything within takes
 * `now` as an argument. Nanoseconds. */
static inline uint64_t kn_clock_mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KN_SEC + (uint64_t)ts.tv_nsec;
}

static inline uint64_t kn_clock_real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * KN_SEC + (uint64_t)ts.tv_nsec;
}

#endif
