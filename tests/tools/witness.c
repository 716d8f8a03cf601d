// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers
/*
 * The witness: when did a CPU of this machine stand still? A virtual CPU does so when the host of
 * the virtual machine runs something else, for milliseconds at a time, and whatever ran there
 * stands still with it. Who measures milliseconds has to know.
 *
 *	witness [-t SECONDS]
 *
 * One thread on each CPU that we may use, at a real-time priority, wakes each millisecond: no
 * program of ordinary priority, however busy, can keep it from that. When it wakes far too late
 * all the same, it prints a line, times in ns of CLOCK_MONOTONIC: when it last ran, and when it ran
 * again.
 *
 *	CPU BEGIN_NS END_NS
 *
 * It ends after SECONDS, or by a signal. Where real-time priority is not allowed it ends at once
 * with 1: it would blame the machine for what is the load's.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define SECONDS_MAX 3600
#define PERIOD_NS   KN_MS
#define LATE_NS     (3 * PERIOD_NS)

struct eye {
	int cpu;
	uint64_t until_ns;
};

static void fail(const char *what, int err)
{
	fprintf(stderr, "witness: %s: %s\n", what, strerror(err));
	exit(1);
}

static void *eye_main(void *arg)
{
	const struct eye *eye = arg;
	struct sched_param param = {.sched_priority = 1};
	cpu_set_t here;
	uint64_t last, now;
	int err;

	CPU_ZERO(&here);
	CPU_SET(eye->cpu, &here);
	err = pthread_setaffinity_np(pthread_self(), sizeof(here), &here);
	if (err)
		fail("a CPU of its own", err);
	err = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	if (err)
		fail("real-time priority", err);
	for (last = kn_clock_mono_ns(); last < eye->until_ns; last = now) {
		const uint64_t due = last + PERIOD_NS;
		struct timespec ts = {.tv_sec = (time_t)(due / KN_SEC),
				      .tv_nsec = (long)(due % KN_SEC)};

		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		now = kn_clock_mono_ns();
		if (now - last > LATE_NS)
			printf("%d %llu %llu\n", eye->cpu, (unsigned long long)last,
			       (unsigned long long)now);
	}
	return NULL;
}

static uint64_t seconds_parse(int argc, char **argv)
{
	unsigned long seconds = 60;
	char *end = "";
	int opt;

	while ((opt = getopt(argc, argv, "t:")) == 't')
		seconds = strtoul(optarg, &end, 10);
	if (opt != -1 || optind != argc || *end || seconds == 0 || seconds > SECONDS_MAX) {
		fprintf(stderr, "usage: witness [-t SECONDS], at most %d\n", SECONDS_MAX);
		exit(2);
	}
	return seconds;
}

int main(int argc, char **argv)
{
	static struct eye eye[CPU_SETSIZE];
	static pthread_t thread[CPU_SETSIZE];
	const uint64_t until_ns = kn_clock_mono_ns() + seconds_parse(argc, argv) * KN_SEC;
	cpu_set_t ours;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (sched_getaffinity(0, sizeof(ours), &ours) < 0)
		fail("which CPUs we may use", errno);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		eye[cpu] = (struct eye){.cpu = cpu, .until_ns = until_ns};
		if (!CPU_ISSET(cpu, &ours))
			continue;
		const int err = pthread_create(&thread[cpu], NULL, eye_main, &eye[cpu]);

		if (err)
			fail("a thread", err);
	}
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &ours))
			pthread_join(thread[cpu], NULL);
	return 0;
}
