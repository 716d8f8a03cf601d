// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * How often a link is probed, and how long it may be silent (docs/protocol.md, sections 5.3 and
 * 5.5). Everything here is read from the state of the link, the traffic of its host, and the
 * engine's `now`; nothing is changed but the count of flaps. Control only.
 */
#include "live/interval.h"

#include "base/clock.h"
#include "live/quality.h"

#define ACTIVE_NS        (2 * KN_SEC)   /* user traffic this recently: probe at the full rate */
#define DORMANT_NS       (120 * KN_SEC) /* no user traffic for this long */
#define IDLE_MS          1000U
#define DORMANT_MS       10000U
#define DORMANT_SPARE_MS 60000U /* links of a dormant host that would not be used */
#define INIT_MS          20U
#define SUSPECT_MS       50U
#define DOWN_MS          500U
#define DOWN_MAX_MS      30000U
#define FLAPS_MAX        4
#define STABLE_NS        (30 * KN_SEC) /* up for this long: earlier flaps are forgotten */

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

static unsigned int up_interval_ms(const struct kn_engine *e, const struct kn_link *l)
{
	unsigned int ping = kn_link_timers(e, l)->ping_ms;
	uint64_t user = kn_stat_get(&l->host->user_last_ns);

	if (kn_interval_has_users(e, l->host))
		return ping;
	/* A host without any traffic yet counts as idle since it came; new keys are no traffic. */
	if (user == 0)
		user = l->host->came_ns;
	if (e->now < user + DORMANT_NS)
		return max_u(ping, IDLE_MS);
	bool is_used = (l->host->tx_links >> l->idx) & 1;

	return max_u(ping, is_used ? DORMANT_MS : DORMANT_SPARE_MS);
}

/* Backs off with the time the link has been down: an eighth of it, within bounds. Not while users
 * wait for this link, since no other works. */
static unsigned int down_interval_ms(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t down_ms = (e->now - l->live.down_since_ns) / KN_MS;

	if (l->host->tx_links == 0 && kn_interval_has_users(e, l->host))
		return DOWN_MS;
	return (unsigned int)(down_ms / 8 < DOWN_MS       ? DOWN_MS
			      : down_ms / 8 > DOWN_MAX_MS ? DOWN_MAX_MS
							  : down_ms / 8);
}

unsigned int kn_interval_ms(const struct kn_engine *e, const struct kn_link *l)
{
	unsigned int ping = kn_link_timers(e, l)->ping_ms;
	unsigned int ms;

	switch ((enum knet_link_state)l->state) {
	case KNET_LINK_UP:
		ms = up_interval_ms(e, l);
		break;
	case KNET_LINK_SUSPECT:
		ms = min_u(ping, SUSPECT_MS);
		break;
	case KNET_LINK_INIT:
		ms = min_u(ping, INIT_MS);
		break;
	default:
		ms = down_interval_ms(e, l);
		break;
	}
	return max_u(ms, l->live.peer_accept_ms);
}

uint64_t kn_interval_next_probe_at(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t interval = kn_interval_ms(e, l) * KN_MS;
	/* Probes of hosts that began together drift apart. */
	uint64_t spread = ((l->live.seq * 2654435761U) >> 16) & 0xff; /* 0..255 */

	return l->live.last_probe_ns + interval - interval * spread / 2048;
}

uint64_t kn_interval_overdue_at(const struct kn_engine *e, const struct kn_link *l)
{
	uint32_t rto_us = kn_quality_rto_us(&l->live);
	uint64_t timeout = kn_link_timers(e, l)->timeout_ms * KN_MS;
	uint64_t wait = rto_us == 0 || rto_us * KN_US > timeout ? timeout : rto_us * KN_US;

	return l->live.overdue_since_ns + wait;
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
	if (e->now - l->live.since_ns > STABLE_NS)
		l->live.flaps = 0;
	else if (l->live.flaps < FLAPS_MAX)
		l->live.flaps++;
}

uint64_t kn_interval_hold_ns(const struct kn_engine *e, const struct kn_link *l)
{
	uint64_t hold = kn_link_timers(e, l)->hold_ms * KN_MS;

	return hold << (l->live.flaps > 0 ? l->live.flaps - 1 : 0);
}
