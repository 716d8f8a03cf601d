/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KNETD_CLOCK_H
#define KNETD_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The clock in ns. */
static inline uint64_t knd_clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* CLOCK_MONOTONIC, as the engine's times are. */
static inline uint64_t knd_now_ns(void)
{
	return knd_clock_ns(CLOCK_MONOTONIC);
}

/* Since 1970. */
static inline uint64_t knd_real_ns(void)
{
	return knd_clock_ns(CLOCK_REALTIME);
}

#endif
