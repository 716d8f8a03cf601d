// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * On which CPU a busy packet thread runs, and how soon one that has little to do.
 *
 * A datagram wakes its reader in the context of whoever sent it or of the interrupt that brought
 * it, and the kernel likes to run the reader there. On a machine of few CPUs two threads that feed
 * each other may so share one CPU for long, taking turns thousands of times a second, while another
 * is idle. A thread that has much to do therefore keeps to the CPU it is on; if it has to wait for
 * that often, it tries another one; and if it has to wait wherever it goes, the kernel may choose
 * again for a while. One with little to do is the kernel's anyway: it is best woken where the
 * packet is. But where all CPUs are taken it would wait behind whatever runs there, for longer than
 * a peer waits for the answer to a probe. One that had to wait is therefore put ahead of all
 * ordinary threads for some seconds, as long as it has little to do: it is done in no time. If a
 * busy one went ahead, those that are to read what it brings would get nothing.
 *
 * kn_place_choose() decides, and nothing else of it knows the machine. Packet thread only.
 */
#include "path/place.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define IDLE_SHARE 10            /* of the time: less is little */
#define BUSY_SHARE 4             /* this much is much */
#define WAIT_SHARE 4             /* to wait so long is often */
#define REST_SHARE 4             /* who has more left than this can wait */
#define LATE_SHARE 20            /* who has little to do and waits so long is urgent, */
#define LATE_NS    (50 * KN_US)  /* if it is not only a little each time */
#define MOVES_MAX  8             /* in vain */
#define TWICE_NS   (500 * KN_MS) /* one that had to wait twice in so long */
#define URGENT_NS  (10 * KN_SEC)
#define PRIORITY   1 /* the lowest of real time */
#define FREE_NS    (1000 * KN_MS)
#define TEXT_MAX   64

static enum kn_place_move release(struct kn_place *p)
{
	bool was_kept = p->is_kept;

	p->is_kept = false;
	p->moves = 0;
	return was_kept ? KN_PLACE_ANY : KN_PLACE_AS_IS;
}

static enum kn_place_move urgent_begin(struct kn_place *p, uint64_t now)
{
	(void)release(p);
	p->is_urgent = true;
	p->urgent_ns = now + URGENT_NS;
	return KN_PLACE_URGENT;
}

/* Whoever goes first does not wait: whether it still would only shows when it goes no more. */
static enum kn_place_move urgent_go_on(struct kn_place *p, uint64_t now, bool is_light)
{
	if (is_light && now < p->urgent_ns)
		return KN_PLACE_AS_IS;
	p->is_urgent = false;
	return KN_PLACE_ORDINARY;
}

enum kn_place_move kn_place_choose(struct kn_place *p, uint64_t now,
				   const struct kn_place_times *times, uint32_t dice)
{
	uint64_t span = now - p->seen_ns;
	uint64_t waited = times->waited_ns - p->seen.waited_ns;
	uint64_t ran = times->ran_ns - p->seen.ran_ns;
	uint64_t wanted = ran + waited;
	uint64_t run_cnt = times->run_cnt - p->seen.run_cnt;
	bool is_light = ran < span / BUSY_SHARE;
	bool is_late = waited >= span / LATE_SHARE && waited >= run_cnt * LATE_NS;

	p->seen_ns = now;
	p->seen = *times;
	if (p->is_urgent)
		return urgent_go_on(p, now, is_light);
	if (p->can_be_urgent && is_light && is_late) {
		bool is_again = now - p->late_ns <= TWICE_NS;

		p->late_ns = now;
		if (is_again)
			return urgent_begin(p, now);
	}
	if (wanted < span / IDLE_SHARE)
		return release(p);
	if (now < p->free_ns)
		return KN_PLACE_AS_IS;
	if (!p->is_kept) {
		p->is_kept = wanted >= span / BUSY_SHARE;
		return p->is_kept ? KN_PLACE_STAY : KN_PLACE_AS_IS;
	}
	if (waited < span / WAIT_SHARE || wanted < span - span / REST_SHARE) {
		p->moves = 0;
		return KN_PLACE_AS_IS;
	}
	if (p->moves >= MOVES_MAX) {
		p->free_ns = now + FREE_NS;
		return release(p);
	}
	p->moves++;
	/* Two that meet must not both go. */
	return dice % 2 == 0 ? KN_PLACE_ELSEWHERE : KN_PLACE_AS_IS;
}

void kn_place_begin(struct kn_place *p)
{
	*p = (struct kn_place){.dice = (uint32_t)gettid(),
			       .can_be_urgent = sched_getscheduler(0) == SCHED_OTHER};
	p->fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	/* With one CPU, or more than the set can name, there is nothing to choose. */
	if (p->fd >= 0 &&
	    (sched_getaffinity(0, sizeof(p->all), &p->all) != 0 || CPU_COUNT(&p->all) < 2))
		kn_place_end(p);
}

void kn_place_end(struct kn_place *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static bool times_read(const struct kn_place *p, struct kn_place_times *t)
{
	char text[TEXT_MAX];
	ssize_t len = pread(p->fd, text, sizeof(text) - 1, 0);
	char *at = text, *end;

	if (len <= 0)
		return false;
	text[len] = '\0';
	t->ran_ns = strtoull(at, &end, 10);
	if (end == at || *end != ' ')
		return false;
	at = end;
	t->waited_ns = strtoull(at, &end, 10);
	if (end == at || *end != ' ')
		return false;
	at = end;
	t->run_cnt = strtoull(at, &end, 10);
	return end != at;
}

/* The CPU that is n places behind `cpu` among those that may be used. */
static int cpu_behind(const struct kn_place *p, int cpu, unsigned int n)
{
	while (n > 0) {
		cpu = (cpu + 1) % CPU_SETSIZE;
		if (CPU_ISSET(cpu, &p->all))
			n--;
	}
	return cpu;
}

static void cpu_keep(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	/* If the CPU has gone meanwhile, the thread stays where it is. */
	(void)sched_setaffinity(0, sizeof(one), &one);
}

/* Who is not allowed to goes on as before. */
static void urgent_set(bool is_urgent)
{
	struct sched_param param = {.sched_priority = is_urgent ? PRIORITY : 0};

	(void)sched_setscheduler(0, (is_urgent ? SCHED_RR : SCHED_OTHER) | SCHED_RESET_ON_FORK,
				 &param);
}

static void go(struct kn_place *p, enum kn_place_move move)
{
	unsigned int others = (unsigned int)CPU_COUNT(&p->all) - 1;
	int cpu = sched_getcpu();

	switch (move) {
	case KN_PLACE_URGENT:
		urgent_set(true);
		/* fallthrough */
	case KN_PLACE_ANY:
		(void)sched_setaffinity(0, sizeof(p->all), &p->all);
		break;
	case KN_PLACE_ORDINARY:
		urgent_set(false);
		break;
	case KN_PLACE_STAY:
	case KN_PLACE_ELSEWHERE:
		if (cpu >= 0 && cpu < CPU_SETSIZE)
			cpu_keep(move == KN_PLACE_STAY
					 ? cpu
					 : cpu_behind(p, cpu, 1 + p->dice / 2 % others));
		break;
	case KN_PLACE_AS_IS:
		break;
	}
}

/* No more is asked of it than that two threads differ. */
static uint32_t dice_next(struct kn_place *p)
{
	p->dice = p->dice * 1664525U + 1013904223U;
	return p->dice >> 16;
}

void kn_place_look(struct kn_place *p, uint64_t now)
{
	struct kn_place_times t;

	if (p->fd < 0 || !times_read(p, &t)) {
		p->seen_ns = now;
		return;
	}
	enum kn_place_move move = kn_place_choose(p, now, &t, dice_next(p));

	if (move != KN_PLACE_AS_IS)
		go(p, move);
}
