/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * How soon the control thread runs. Probes are due to the millisecond, and take microseconds: where
 * all CPUs are taken, they must not wait behind whatever runs there. So the thread goes ahead of
 * all ordinary ones while frames pass, but not with what takes long: requests of users, or a storm
 * of handshakes. Control thread only.
 */
#ifndef KNETD_URGENT_H
#define KNETD_URGENT_H

#include <stdbool.h>
#include <stdint.h>

struct knd_urgent {
	bool is_allowed;
	bool is_on;
	bool has_users;
	uint64_t frame_cnt;
	uint64_t window_ns; /* since when its work is counted, CLOCK_MONOTONIC */
	uint64_t worked_ns;
};

/* From now on it may go ahead, if the machine allows it and nobody has chosen otherwise (chrt). */
void knd_urgent_begin(struct knd_urgent *u);
/* Once a second: how many frames have passed so far. Nobody waits for who is at rest. */
void knd_urgent_users(struct knd_urgent *u, uint64_t frame_cnt);
/* Something long begins: until knd_urgent_resume() it waits its turn. */
void knd_urgent_pause(struct knd_urgent *u);
void knd_urgent_resume(struct knd_urgent *u);
/* It has worked from..to, CLOCK_MONOTONIC: with a quarter of its time it waits its turn. */
void knd_urgent_worked(struct knd_urgent *u, uint64_t from_ns, uint64_t to_ns);

#endif
