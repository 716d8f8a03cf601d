// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * How often a link is probed, and how long it may be silent (docs/protocol.md, sections 5.3 and
 * 5.5). Everything here is read from the state of the link, the traffic of its host, and the
 * engine's `now`; nothing is changed but the count of flaps. Control only.
 */
#include "live/interval.h"

#include "base/clock.h"
#include "live/liveness.h"
#include "live/quality.h"

#define BUSY_NS          (120 * KN_MS)  /* user traffic this recently: watch its links closely */
#define ACTIVE_NS        (2 * KN_SEC)   /* user traffic this recently: be ready for more */
#define DORMANT_NS       (120 * KN_SEC) /* no user traffic for this long */
#define BUSY_MS          14U
#define BUSY_SHARE       7U      /* of the ping interval, if that is longer */
#define IDLE_PART_MS     20U     /* each link that is up adds to the idle interval of all */
#define DORMANT_MS       27000U  /* as long as a NAT can be trusted to remember: 30 s */
#define DORMANT_SPARE_MS 300000U /* links of a dormant host that would not be used */
#define INIT_MS          20U
#define SUSPECT_MS       50U
#define DOWN_MS          100U
#define DOWN_USERS_MS    500U /* the most, while users wait */
#define DOWN_MAX_MS      30000U
#define TOGETHER_PART    128U    /* of the idle interval: what is due within it is due at once */
#define TOGETHER_CNT     32U     /* links, about, at most */
#define REST_US          100000U /* wait for an answer, at least, while there are no users */
/* Where traffic fills links, their round trip grows a hundredfold at once, and answers are late. */
#define FILLING_US      50000U /* patience, at least */
#define FILLING_FLAPS   2
#define FILLING_HOLD_NS (100 * KN_MS)
#define FLAPS_MAX       4
#define STABLE_NS       (30 * KN_SEC) /* up for this long: earlier flaps are forgotten */

/* The budget in the unit of the load, probes in 1000 s; what busy links leave to the others. */
#define BUDGET     (KN_PROBE_BUDGET * 1000ULL)
#define QUIET_PART (BUDGET / 5)
#define ANSWERS    (2 * BUDGET) /* they cost less */
#define LOAD_OF_MS 1000000ULL   /* load of one probe per ms */

static unsigned int min_u(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int max_u(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

bool kn_interval_has_users(const struct kn_engine *e, const struct kn_host *h)
{
	uint64_t user = kn_stat_get(&h->user_last_ns);

	return user != 0 && e->now < user + ACTIVE_NS;
}

static bool is_used(const struct kn_link *l)
{
	return (l->host->tx_links | l->host->peer_links) >> l->idx & 1;
}

bool kn_interval_is_busy(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t user = kn_stat_get(&l->host->user_last_ns);

	return user != 0 && e->now < user + BUSY_NS && is_used(l);
}

/* Many idle links take turns: together they are probed as often as fifty of them alone. A peer that
 * has many is spared, too: the slower of both ends sets the pace. */
static unsigned int idle_ms(const struct kn_engine *e, const struct kn_link *l)
{
	unsigned int turn_ms = max_u(e->link_up_cnt * IDLE_PART_MS, l->live.peer_want_ms);

	return max_u(KN_INTERVAL_IDLE_MS, min_u(turn_ms, DORMANT_MS));
}

static unsigned int up_interval_ms(const struct kn_engine *e, const struct kn_link *l)
{
	unsigned int ping = kn_link_timers(e, l)->ping_ms;
	uint64_t user = kn_stat_get(&l->host->user_last_ns);

	if (kn_interval_is_busy(e, l))
		return max_u(ping / BUSY_SHARE, min_u(ping, BUSY_MS));
	/* The longer the pause, the less is at stake: traffic that goes on has links probed anew.
	 */
	if (kn_interval_has_users(e, l->host))
		return max_u(ping,
			     min_u((unsigned int)((e->now - user) / KN_MS), KN_INTERVAL_IDLE_MS));
	/* A host without any traffic yet counts as idle since it came; new keys are no traffic. */
	if (user == 0)
		user = l->host->came_ns;
	if (e->now < user + DORMANT_NS)
		return max_u(ping, idle_ms(e, l));
	return max_u(ping, is_used(l) ? DORMANT_MS : DORMANT_SPARE_MS);
}

/* Backs off with the time the link has been down: an eighth of it, within bounds. Not much while
 * users wait for this link, since no other works. */
static unsigned int down_interval_ms(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t part_ms = (e->now - l->live.down_since_ns) / KN_MS / 8;
	bool is_awaited = l->host->tx_links == 0 && kn_interval_has_users(e, l->host);
	unsigned int most_ms = is_awaited ? DOWN_USERS_MS : DOWN_MAX_MS;

	return max_u(DOWN_MS, part_ms < most_ms ? (unsigned int)part_ms : most_ms);
}

/* What the state of the link asks for. */
static unsigned int wanted_ms(const struct kn_engine *e, const struct kn_link *l)
{
	unsigned int ping = kn_link_timers(e, l)->ping_ms;

	switch ((enum knet_link_state)l->state) {
	case KNET_LINK_UP:
		return up_interval_ms(e, l);
	case KNET_LINK_SUSPECT:
		return min_u(ping, SUSPECT_MS);
	case KNET_LINK_INIT:
		return min_u(ping, INIT_MS);
	default:
		return down_interval_ms(e, l);
	}
}

/* Probes in 1000 s that the links of a class may send together. The busy ones come first, but never
 * take all. */
static uint64_t share_of(const struct kn_engine *e, enum kn_probe_class class)
{
	uint64_t busy = e->probe_load[KN_PROBE_BUSY];

	if (class == KN_PROBE_BUSY)
		return BUDGET - QUIET_PART;
	return busy < BUDGET - QUIET_PART ? BUDGET - busy : QUIET_PART;
}

unsigned int kn_interval_ms(const struct kn_engine *e, const struct kn_link *l)
{
	enum kn_probe_class class = (enum kn_probe_class)l->live.class;
	uint64_t ms = wanted_ms(e, l);
	uint64_t load = e->probe_load[class], share = share_of(e, class);

	if (load > share)
		ms = ms * load / share;
	return max_u((unsigned int)ms, l->live.peer_accept_ms);
}

/* Peers want about as many probes of us as we of them, and do not know of each other. */
unsigned int kn_interval_accept_ms(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t load = e->probe_load[KN_PROBE_BUSY] + e->probe_load[KN_PROBE_QUIET];
	uint64_t ms = load <= ANSWERS ? 0 : wanted_ms(e, l) * load / ANSWERS;

	return ms < KN_ACCEPT_MS ? KN_ACCEPT_MS : ms > UINT16_MAX ? UINT16_MAX : (unsigned int)ms;
}

void kn_interval_load_set(struct kn_engine *e, struct kn_link *l, bool is_probed)
{
	struct kn_probing *q = &l->live;
	bool is_quiet = l->state == KNET_LINK_DOWN ||
			(l->state == KNET_LINK_UP && !kn_interval_is_busy(e, l));

	e->probe_load[q->class] -= q->load;
	q->class = is_quiet ? KN_PROBE_QUIET : KN_PROBE_BUSY;
	q->load = is_probed ? LOAD_OF_MS / max_u(wanted_ms(e, l), 1) : 0;
	e->probe_load[q->class] += q->load;
}

/* Probes of hosts that began together drift apart, also those of both ends of a link, whatever the
 * difference of their numbers. */
static uint32_t spread_of(const struct kn_engine *e, const struct kn_link *l)
{
	uint32_t x = l->live.seq + e->id * 2654435761U;

	x = (x ^ x >> 16) * 2246822519U;
	return (x ^ x >> 13) * 3266489917U >> 24;
}

/* What wakes a host that is at rest costs it more than the probe: idle links are probed together
 * with others that are due about then. A power of two, so that different intervals meet. */
static uint64_t together_ns(const struct kn_engine *e, unsigned int ms)
{
	uint64_t load = e->probe_load[KN_PROBE_QUIET];
	uint64_t most = ms / TOGETHER_PART;
	uint64_t group = 1;

	if (ms < KN_INTERVAL_IDLE_MS || load == 0)
		return 1;
	if (most * load > TOGETHER_CNT * LOAD_OF_MS)
		most = TOGETHER_CNT * LOAD_OF_MS / load;
	while (group * 2 <= most)
		group *= 2;
	return group * KN_MS;
}

uint64_t kn_interval_next_probe_at(const struct kn_engine *e, const struct kn_link *l)
{
	unsigned int ms = kn_interval_ms(e, l);
	uint64_t interval = ms * KN_MS;
	uint64_t spread = spread_of(e, l); /* 0..255 */
	/* The wheel rounds up, and the interval is not to be exceeded. */
	uint64_t at =
		l->live.last_probe_ns + interval - interval * spread / 2048 - KN_WHEEL_TICK_NS;

	return at - at % together_ns(e, ms);
}

static bool is_filled(const struct kn_engine *e, const struct kn_link *l)
{
	enum knet_policy policy = kn_host_policy(e, l->host);

	return policy == KNET_POLICY_ROUND_ROBIN || policy == KNET_POLICY_BALANCE;
}

static uint64_t after_wait(const struct kn_engine *e, const struct kn_link *l, uint32_t us)
{
	uint64_t timeout = kn_link_timers(e, l)->timeout_ms * KN_MS;

	return l->live.overdue_since_ns + (us == 0 || us * KN_US > timeout ? timeout : us * KN_US);
}

/* A wait that is known, if it is not shorter. */
static uint32_t at_least(uint32_t us, uint32_t least_us)
{
	return us != 0 && us < least_us ? least_us : us;
}

/* Nobody waits for a link at rest: there is time to see whether it is only a busy machine. */
static uint32_t rest_us(const struct kn_engine *e, const struct kn_link *l)
{
	return kn_interval_has_users(e, l->host) ? 0 : REST_US;
}

uint64_t kn_interval_again_at(const struct kn_engine *e, const struct kn_link *l)
{
	return after_wait(e, l, at_least(kn_quality_wait_us(&l->live), rest_us(e, l)));
}

uint64_t kn_interval_overdue_at(const struct kn_engine *e, const struct kn_link *l)
{
	uint32_t us = at_least(kn_quality_patience_us(&l->live), 2 * rest_us(e, l));

	return after_wait(e, l, at_least(us, is_filled(e, l) ? FILLING_US : 0));
}

uint64_t kn_interval_timeout_at(const struct kn_engine *e, const struct kn_link *l)
{
	return l->live.overdue_since_ns + kn_link_timers(e, l)->timeout_ms * KN_MS;
}

uint64_t kn_interval_deaf_ns(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t patience = kn_link_timers(e, l)->timeout_ms * KN_MS;
	uint64_t probes = 3 * max_u(l->live.peer_want_ms, kn_interval_ms(e, l)) * KN_MS;

	return (patience < probes ? patience : probes) + probes;
}

void kn_interval_note_flap(const struct kn_engine *e, struct kn_link *l)
{
	struct kn_probing *q = &l->live;

	if (e->now - q->since_ns > STABLE_NS)
		q->flaps = 0;
	q->flaps_before = q->flaps;
	if (e->now - q->since_ns <= STABLE_NS && q->hold_until_ns <= e->now && q->flaps < FLAPS_MAX)
		q->flaps++;
}

bool kn_interval_forgive(const struct kn_engine *e, struct kn_link *l)
{
	struct kn_probing *q = &l->live;
	uint32_t now_ms = kn_clock_ms(e->now);
	bool is_rare = q->alarm_ms == 0 || now_ms - q->alarm_ms > STABLE_NS / KN_MS;

	q->alarm_ms = now_ms;
	if (is_rare)
		q->flaps = q->flaps_before;
	return is_rare;
}

uint64_t kn_interval_hold_ns(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t hold = kn_link_timers(e, l)->hold_ms * KN_MS;

	return hold << (l->live.flaps > 0 ? l->live.flaps - 1 : 0);
}

uint64_t kn_interval_hold_back_ns(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t hold = kn_interval_hold_ns(e, l);

	return is_filled(e, l) && l->live.flaps <= FILLING_FLAPS && hold > FILLING_HOLD_NS
		       ? FILLING_HOLD_NS
		       : hold;
}
