// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The storm guard: how much of one source may go to all peers.
 *
 * A frame to everybody is sealed and sent once for each peer, so a loop in a bridged network, or
 * one station that has gone mad, multiplies with their number. Each source address has a token
 * bucket, kept as one time: the end of what its frames have used up. A frame moves it on by an
 * interval, and is refused if it is further ahead of now than a burst.
 *
 * The table is fixed. An entry that owes nothing is as good as a new one and is given away; if all
 * in a set owe, a newcomer shares the one that owes least, together with its debt. So made-up
 * source addresses, however many, do not get more than the entries of the table do.
 *
 * Worker thread only, a table for each.
 */
#include "path/storm.h"

#include "base/clock.h"
#include "core/engine.h"

#define AUTO_COPIES   200000        /* that one source may cause in a second, ... */
#define AUTO_SLOWEST  (KN_SEC / 20) /* but this for a frame at most */
#define BURST_NS      KN_SEC        /* as much as in that time at once, ... */
#define BURST_FRAMES  100           /* and at least so many frames */
#define TELL_AGAIN_NS KN_SEC        /* control takes care that people hear less */
#define VLAN_BITS     0xffffULL
#define MIX           0x9e3779b97f4a7c15ULL

uint64_t kn_storm_interval(uint64_t configured, uint32_t peer_cnt)
{
	if (configured != KN_STORM_AUTO)
		return configured;
	uint64_t ns = peer_cnt * (KN_SEC / AUTO_COPIES);

	return ns < AUTO_SLOWEST ? ns : AUTO_SLOWEST;
}

struct kn_storm_source *kn_storm_find(struct kn_storm *s, kn_fdb_key key, uint64_t now)
{
	key &= ~VLAN_BITS;
	struct kn_storm_source *set = s->source[(key * MIX >> 32) % KN_STORM_SETS];
	struct kn_storm_source *least = &set[0];

	for (unsigned int i = 0; i < KN_STORM_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].paid_ns < least->paid_ns)
			least = &set[i];
	}
	if (least->paid_ns <= now)
		least->told_ns = 0;
	least->key = key;
	return least;
}

bool kn_storm_takes(struct kn_storm_source *src, uint64_t interval, uint32_t cnt, uint64_t now)
{
	uint64_t burst = BURST_FRAMES * interval;

	if (burst < BURST_NS)
		burst = BURST_NS;
	if (src->paid_ns > now + burst - interval)
		return false;
	src->paid_ns = (src->paid_ns > now ? src->paid_ns : now) + cnt * interval;
	return true;
}

bool kn_storm_is_news(struct kn_storm_source *src, uint64_t now)
{
	if (src->told_ns != 0 && now - src->told_ns < TELL_AGAIN_NS)
		return false;
	src->told_ns = now;
	return true;
}
