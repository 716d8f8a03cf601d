// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

#include "knetd/urgent.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <syslog.h>

#include <qb/qblog.h>

#include "knetd/clock.h"

#define PRIORITY   1 /* the lowest of real time */
#define WINDOW_NS  UINT64_C(20000000)
#define BUSY_SHARE 4  /* of the time: so much is much */
#define IDLE_SHARE 10 /* less is little again */

/* What this thread starts begins as an ordinary one. */
static int set(bool is_on)
{
	const struct sched_param param = {.sched_priority = is_on ? PRIORITY : 0};

	return sched_setscheduler(0, (is_on ? SCHED_RR : SCHED_OTHER) | SCHED_RESET_ON_FORK,
				  &param);
}

static void turn(struct knd_urgent *u, bool is_on)
{
	if (!u->is_allowed || u->is_on == is_on || (is_on && !u->has_users))
		return;
	if (set(is_on) == 0)
		u->is_on = is_on;
}

void knd_urgent_begin(struct knd_urgent *u)
{
	*u = (struct knd_urgent){.window_ns = knd_now_ns()};
	if (sched_getscheduler(0) != SCHED_OTHER)
		return;
	if (set(true) < 0) {
		qb_log(LOG_INFO,
		       "daemon: no real-time priority (%s): beside programs that take all CPUs "
		       "links may be suspected",
		       strerror(errno));
		return;
	}
	u->is_allowed = true;
	u->is_on = true;
	turn(u, false);
}

void knd_urgent_users(struct knd_urgent *u, uint64_t frame_cnt)
{
	u->has_users = frame_cnt != u->frame_cnt;
	u->frame_cnt = frame_cnt;
	turn(u, u->has_users);
}

void knd_urgent_pause(struct knd_urgent *u)
{
	turn(u, false);
}

void knd_urgent_resume(struct knd_urgent *u)
{
	turn(u, true);
}

void knd_urgent_worked(struct knd_urgent *u, uint64_t from_ns, uint64_t to_ns)
{
	const uint64_t span = to_ns - u->window_ns;

	u->worked_ns += to_ns - from_ns;
	if (span < WINDOW_NS)
		return;
	if (u->worked_ns >= span / BUSY_SHARE)
		turn(u, false);
	else if (u->worked_ns < span / IDLE_SHARE)
		turn(u, true);
	u->window_ns = to_ns;
	u->worked_ns = 0;
}
