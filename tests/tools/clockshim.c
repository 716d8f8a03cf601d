// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers
/*
 * For LD_PRELOAD: a host whose wall clock is wrong. CLOCK_REALTIME and its relatives differ from
 * the machine's by CLOCKSHIM_SECONDS (an environment variable, may be negative); all other clocks
 * are the machine's. Time namespaces cannot do this: they shift the monotonic clocks only.
 */
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

VISIBLE int clock_gettime(clockid_t clock, struct timespec *ts);
VISIBLE int gettimeofday(struct timeval *restrict tv, void *restrict zone);
VISIBLE time_t time(time_t *out);

static long offset_s(void)
{
	const char *text = getenv("CLOCKSHIM_SECONDS");

	return text ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, ts);

	if (ret == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += offset_s();
	return ret;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
		return -1;
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
