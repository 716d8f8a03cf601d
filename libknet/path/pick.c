// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Which link a frame takes, of those that control has chosen for the host (docs/protocol.md,
 * section 6). Passive and active have nothing left to decide. Round-robin takes turns by the frame,
 * weighted; a super-frame is one frame, since its pieces stand behind one another in one lane.
 *
 * Balance keeps a flow on its link: frames of one flow that took different links could overtake one
 * another. It may leave only when the link left the set, or when it has paused for so long that
 * what is under way has arrived before anything that follows: host.flow_gap_us, from the round trip
 * times and their variation. A new flow goes to the link with the least load for its weight, and a
 * flow that pauses moves only if that is much less, so that equals do not swap places.
 *
 * Worker thread only; flows and loads are the worker's own, and batch time is time enough.
 */
#include "path/pick.h"

#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "path/worker.h"
#include "wire/datagram.h"

#define ETHER_TYPE_OFF 12
#define VLANS_MAX      3
#define ETHER_IPV4     0x0800
#define ETHER_IPV6     0x86dd
#define ETHER_VLAN     0x8100
#define ETHER_QINQ     0x88a8

/* The load of a link is what went there, halved after each of these. */
#define LOAD_HALF_NS (50 * KN_MS)
#define LOAD_WORTH   16384 /* bytes: a difference worth moving a flow for */

/* ---- flows --------------------------------------------------------------------------------- */

/* TCP, UDP, SCTP, UDP-Lite */
static bool has_ports(uint8_t protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 136;
}

static uint32_t mix(uint32_t h, uint32_t v)
{
	h = (h ^ v) * 0x9e3779b1U;
	return h ^ h >> 15;
}

static uint32_t mix_bytes(uint32_t h, const uint8_t *p, size_t words)
{
	for (size_t i = 0; i < words; i++)
		h = mix(h, kn_get32(p + 4 * i));
	return h;
}

/* A fragment has no ports, or only the first has them. */
static uint32_t hash_ipv4(uint32_t h, const uint8_t *ip, size_t len)
{
	if (len < 20)
		return h;
	size_t hdr = (size_t)(ip[0] & 15) * 4;
	bool is_fragment = (kn_get16(ip + 6) & 0x3fff) != 0;

	h = mix_bytes(mix(h, ip[9]), ip + 12, 2);
	if (!is_fragment && has_ports(ip[9]) && hdr >= 20 && len >= hdr + 4)
		h = mix_bytes(h, ip + hdr, 1);
	return h;
}

/* Behind extension headers ports are not looked for. */
static uint32_t hash_ipv6(uint32_t h, const uint8_t *ip, size_t len)
{
	if (len < 40)
		return h;
	h = mix_bytes(mix(h, ip[6]), ip + 8, 8);
	if (has_ports(ip[6]) && len >= 44)
		h = mix_bytes(h, ip + 40, 1);
	return h;
}

uint32_t kn_flow_hash(const uint8_t *frame, size_t len)
{
	size_t at = ETHER_TYPE_OFF;
	uint32_t h = 0;

	if (len < KN_ETH_HDR_LEN)
		return 0;
	h = mix_bytes(h, frame, 3); /* both MAC addresses */
	uint16_t type = kn_get16(frame + at);

	for (unsigned int i = 0;
	     i < VLANS_MAX && (type == ETHER_VLAN || type == ETHER_QINQ) && len >= at + 6; i++) {
		h = mix(h, kn_get16(frame + at + 2) & 0xfff);
		at += 4;
		type = kn_get16(frame + at);
	}
	at += 2;
	h = mix(h, type);
	if (type == ETHER_IPV4)
		return hash_ipv4(h, frame + at, len - at);
	if (type == ETHER_IPV6)
		return hash_ipv6(h, frame + at, len - at);
	return h;
}

/* The flow's place; another one's if the flow is new. */
static struct kn_flow *flow_place(struct kn_flows *flows, uint16_t host, uint32_t tag)
{
	struct kn_flow *set = flows->flow[mix(tag, host) % KN_FLOW_SETS];
	struct kn_flow *oldest = &set[0];

	for (unsigned int i = 0; i < KN_FLOW_WAYS; i++) {
		if (set[i].host == host && set[i].tag == tag)
			return &set[i];
		if (set[i].last_ns < oldest->last_ns)
			oldest = &set[i];
	}
	return oldest;
}

/* ---- loads --------------------------------------------------------------------------------- */

static unsigned int weight_of(const struct kn_worker *w, unsigned int link)
{
	unsigned int weight = __atomic_load_n(&w->engine->weights[link], __ATOMIC_RELAXED);

	return weight == 0 ? 1 : weight;
}

static void loads_age(struct kn_spread *s, uint64_t now)
{
	uint64_t halves = (now - s->load_ns) / LOAD_HALF_NS;

	if (halves == 0)
		return;
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		s->load[i] = halves < 64 ? s->load[i] >> halves : 0;
	s->load_ns += halves * LOAD_HALF_NS;
}

static struct kn_spread *spread_of(struct kn_worker *w, const struct kn_host *h)
{
	struct kn_spread *s = &w->flows->spread[h->id % KN_SPREAD_CNT];

	if (s->host != h->id)
		*s = (struct kn_spread){.host = h->id, .load_ns = w->now};
	return s;
}

/* a's load for its weight is below that fraction of b's. */
static bool is_below(const struct kn_worker *w, const struct kn_spread *s, unsigned int a,
		     unsigned int b, unsigned int quarters)
{
	return s->load[a] * weight_of(w, b) * 4 < s->load[b] * weight_of(w, a) * quarters;
}

static unsigned int least_loaded(const struct kn_worker *w, const struct kn_spread *s,
				 uint8_t links)
{
	unsigned int best = (unsigned int)__builtin_ctz(links);

	for (unsigned int i = best + 1; i < KNET_MAX_LINKS; i++)
		if ((links >> i & 1) && is_below(w, s, i, best, 4))
			best = i;
	return best;
}

/* ---- policies ------------------------------------------------------------------------------ */

static unsigned int balance(struct kn_worker *w, struct kn_host *h, uint8_t links,
			    const struct kn_frame *f)
{
	struct kn_spread *s = spread_of(w, h);
	uint32_t tag = kn_flow_hash(f->data, f->len);
	struct kn_flow *flow = flow_place(w->flows, h->id, tag);
	bool is_known = flow->host == h->id && flow->tag == tag && (links >> flow->link & 1);
	uint64_t gap_ns = __atomic_load_n(&h->flow_gap_us, __ATOMIC_RELAXED) * KN_US;

	loads_age(s, w->now);
	if (!is_known || w->now - flow->last_ns > gap_ns) {
		unsigned int best = least_loaded(w, s, links);

		if (!is_known || (s->load[flow->link] >= s->load[best] + LOAD_WORTH &&
				  is_below(w, s, best, flow->link, 2)))
			flow->link = (uint8_t)best;
	}
	flow->host = h->id;
	flow->tag = tag;
	flow->last_ns = w->now;
	s->load[flow->link] += f->len;
	return flow->link;
}

static unsigned int take_turns(struct kn_worker *w, struct kn_host *h, uint8_t links)
{
	struct kn_spread *s = spread_of(w, h);

	if (s->turns == 0 || !(links >> s->turn & 1)) {
		do
			s->turn = (s->turn + 1) % KNET_MAX_LINKS;
		while (!(links >> s->turn & 1));
		s->turns = (uint8_t)weight_of(w, s->turn);
	}
	s->turns--;
	return s->turn;
}

uint8_t kn_pick_links(struct kn_worker *w, struct kn_host *h, const struct kn_frame *f)
{
	uint8_t links = __atomic_load_n(&h->tx_links, __ATOMIC_ACQUIRE);

	if ((links & (links - 1)) == 0)
		return links;
	switch ((enum knet_policy)__atomic_load_n(&h->tx_policy, __ATOMIC_RELAXED)) {
	case KNET_POLICY_ROUND_ROBIN:
		return (uint8_t)(1U << take_turns(w, h, links));
	case KNET_POLICY_BALANCE:
		return (uint8_t)(1U << balance(w, h, links, f));
	default:
		return links;
	}
}
