// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Streams to everybody: when what is flooded counts as user traffic.
 *
 * One ARP request must not have the links of all peers probed as if they were in use. But a stream
 * to a group, be it a film or the advertisements of a router, may be all that there is between two
 * hosts, and a link that swallows it must be found as soon as with any other traffic. So frames
 * count from the third one in a second on. The peers take turns: each is noted with every eighth
 * frame. So the probes are not many more than what is flooded anyway.
 *
 * Where there are many peers there is always somebody who looks for an address, and the probes of
 * all would take the budget from those of links that carry what is sent to one. There, nothing that
 * is flooded counts.
 *
 * Where there are few peers their probes cost little, and so slow streams count, too: routers that
 * advertise themselves once a second wait for three of these.
 *
 * Worker thread only, one for each.
 */
#include "path/stream.h"

#include "base/clock.h"

#define FEW_NS (8 * KN_SEC)

static uint32_t every_of(uint32_t peer_cnt)
{
	if (peer_cnt <= KN_STREAM_FEW)
		return (peer_cnt + KN_STREAM_PART - 1) / KN_STREAM_PART;
	return KN_STREAM_EVERY;
}

struct kn_stream_turn kn_stream_flooded(struct kn_stream *s, uint32_t peer_cnt, uint64_t now)
{
	struct kn_stream_turn t = {.every = every_of(peer_cnt)};
	uint64_t window = peer_cnt <= KN_STREAM_FEW ? FEW_NS : KN_SEC;

	t.first = t.every;
	if (peer_cnt > KN_STREAM_MOST)
		return t;
	if (now - s->began_ns >= window) {
		s->last_cnt = now - s->began_ns < 2 * window ? s->cnt : 0;
		s->began_ns = now;
		s->cnt = 0;
	}
	s->cnt++;
	if (s->cnt >= KN_STREAM_CNT || s->last_cnt >= KN_STREAM_CNT)
		t.first = s->turn++ % t.every;
	return t;
}
