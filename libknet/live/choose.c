// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From links to hosts: which links a host's traffic takes, and what state the host is in. Control
 * only; the choice is published to the workers as one byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/policy.h"
#include "live/engine.h"
#include "live/handshake.h"
#include "live/interval.h"
#include "live/liveness.h"

/* Frames that the worker of a flow has taken, but not sent. */
#define FLOW_GAP_MIN_US 1000U

static bool link_is_usable(const struct kn_engine *e, const struct kn_link *l)
{
	const struct kn_local_link *local = &e->local[l->idx];

	return l->is_enabled && l->path != NULL && local->is_open && local->is_usable;
}

static void describe(const struct kn_engine *e, const struct kn_host *h,
		     struct kn_policy_link out[KNET_MAX_LINKS])
{
	memset(out, 0, KNET_MAX_LINKS * sizeof(*out));
	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = h->links[i];

		if (l == NULL)
			continue;
		out[i] = (struct kn_policy_link){
			.state = (enum knet_link_state)l->state,
			.priority = kn_link_priority(e, l),
			.usable = link_is_usable(e, l),
			.lossy = l->live.is_lossy,
			.loss_permille = l->live.lossy_permille,
			.on_hold = l->live.hold_until_ns > e->now,
			.rtt_us = l->live.srtt_us,
		};
	}
}

/* "0,2" */
static void format_links(uint8_t bits, char out[24])
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < KNET_MAX_LINKS; i++)
		if (bits & (1U << i))
			at += (size_t)snprintf(out + at, 24 - at, "%s%d", at == 0 ? "" : ",", i);
}

static double rtt_ms(const struct kn_host *h, uint8_t bits)
{
	const struct kn_link *l = bits == 0 ? NULL : h->links[__builtin_ctz(bits)];

	return l == NULL ? 0 : l->live.srtt_us / 1000.0;
}

static void format_rtt(const struct kn_host *h, uint8_t from, uint8_t to, char out[40])
{
	const double was = rtt_ms(h, from), is = rtt_ms(h, to);

	if (was > 0 && is > 0)
		snprintf(out, 40, "rtt %.2f instead of %.2f ms", is, was);
	else if (is > 0)
		snprintf(out, 40, "rtt %.2f ms", is);
	else
		snprintf(out, 40, "not measured yet");
}

static void move_tell(struct kn_engine *e, struct kn_host *h, uint8_t old, const char *why)
{
	char from[24], to[24];

	format_links(old, from);
	format_links(h->tx_links, to);
	if (old == 0)
		kn_event(e, KNET_EVENT_FAILOVER, KNET_LOG_INFO, h, NULL,
			 "traffic begins on link %s: %s", to, why);
	else if (h->tx_links == 0)
		kn_event(e, KNET_EVENT_FAILOVER, KNET_LOG_INFO, h, NULL,
			 "traffic ends on link %s: %s", from, why);
	else
		kn_event(e, KNET_EVENT_FAILOVER, KNET_LOG_INFO, h, NULL,
			 "traffic moves from link %s to %s: %s", from, to, why);
}

void kn_live_kick(const struct kn_engine *e, const struct kn_host *h)
{
	if (e->io->kick != NULL && (kn_stat_get(&h->ring_kept) > 0 || kn_interval_has_users(e, h)))
		e->io->kick(e->io_ctx);
}

void kn_live_review(const struct kn_engine *e, struct kn_host *h)
{
	__atomic_store_n(&h->reviews, (uint8_t)(h->reviews + 1), __ATOMIC_RELEASE);
	kn_live_kick(e, h);
}

static void good_publish(struct kn_engine *e, struct kn_host *h, uint8_t good)
{
	if (good == h->good_links)
		return;
	__atomic_store_n(&h->good_links, good, __ATOMIC_SEQ_CST);
	kn_live_kick(e, h);
}

/*
 * How much later a datagram on one of the links may arrive than one that leaves after it on
 * another: less than the longest round trip, with its variation. The difference of the round trips
 * would not do, as nobody knows how a round trip divides into its two ways.
 */
void kn_live_flow_gap(const struct kn_engine *e, struct kn_host *h)
{
	uint32_t gap = FLOW_GAP_MIN_US;

	if (kn_host_policy(e, h) != KNET_POLICY_BALANCE)
		return;
	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = h->links[i];
		uint32_t us = l == NULL ? 0 : l->live.srtt_us + 4 * l->live.rttvar_us;

		if (us > gap)
			gap = us;
	}
	__atomic_store_n(&h->flow_gap_us, gap, __ATOMIC_RELAXED);
}

void kn_live_leaky(struct kn_host *h)
{
	uint8_t leaky = 0, suspect = 0, up = 0;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = h->links[i];

		if (l == NULL || (l->state != KNET_LINK_UP && l->state != KNET_LINK_SUSPECT))
			continue;
		up |= (uint8_t)(1U << i);
		leaky |= (uint8_t)(l->live.is_leaky << i);
		suspect |= (uint8_t)((l->state == KNET_LINK_SUSPECT) << i);
	}
	if ((up & (up - 1)) == 0)
		leaky = 0;
	/* What goes out on these may have to go again, on them if there is no other. */
	leaky |= suspect;
	if (leaky != h->leaky_links)
		__atomic_store_n(&h->leaky_links, leaky, __ATOMIC_RELEASE);
}

/* Only who has a link in use is flooded. */
static void flooded_change(struct kn_engine *e, struct kn_host *h, bool has_link)
{
	if (!has_link)
		h->gone_ms = kn_clock_ms(e->now) | 1;
	kn_flood_changed(e);
}

void kn_live_choose(struct kn_engine *e, struct kn_host *h, const char *why)
{
	struct kn_policy_link links[KNET_MAX_LINKS];
	uint8_t bits = 0, good = 0;
	uint8_t old = h->tx_links;
	char rtt[40];

	if (h->current != NULL && h->is_enabled) {
		describe(e, h, links);
		bits = kn_policy_pick(kn_host_policy(e, h), links, old);
		good = kn_policy_good(links);
		__atomic_store_n(&h->tx_policy, (uint8_t)kn_host_policy(e, h), __ATOMIC_RELAXED);
	}
	/* First where traffic goes, then where it went in vain. */
	__atomic_store_n(&h->tx_links, bits, __ATOMIC_RELEASE);
	good_publish(e, h, good);
	if (bits == old)
		return;
	if (bits == 0 || old == 0)
		flooded_change(e, h, bits != 0);
	for (int i = 0; i < KNET_MAX_LINKS; i++)
		if (((bits ^ old) >> i & 1) && h->links[i] != NULL)
			kn_live_link_arm(e, h->links[i]);
	if (why == NULL) {
		format_rtt(h, old, bits, rtt);
		why = rtt;
	}
	move_tell(e, h, old, why);
}

static enum knet_peer_state host_state(const struct kn_host *h)
{
	unsigned int links = 0, up = 0;

	if (h->current == NULL)
		return h->state == KNET_PEER_NEVER ? KNET_PEER_NEVER : KNET_PEER_DOWN;
	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = h->links[i];

		if (l == NULL || l->state == KNET_LINK_DISABLED)
			continue;
		links++;
		up += l->state == KNET_LINK_UP || l->state == KNET_LINK_SUSPECT;
	}
	if (up == 0)
		return h->state == KNET_PEER_NEVER ? KNET_PEER_NEVER : KNET_PEER_DOWN;
	return up == links ? KNET_PEER_UP : KNET_PEER_DEGRADED;
}

static bool is_reachable(enum knet_peer_state s)
{
	return s == KNET_PEER_UP || s == KNET_PEER_DEGRADED;
}

void kn_live_host_state(struct kn_engine *e, struct kn_host *h)
{
	enum knet_peer_state old = (enum knet_peer_state)h->state;
	enum knet_peer_state state = host_state(h);

	if (state == old)
		return;
	e->peer_state_cnt[old]--;
	e->peer_state_cnt[state]++;
	h->state = (uint8_t)state;
	h->since_ns = e->now;
	if (is_reachable(state) && !is_reachable(old)) {
		h->complained = false;
		free(h->error);
		h->error = NULL;
		kn_event(e, KNET_EVENT_PEER_UP, KNET_LOG_NOTICE, h, NULL, "reachable, was %s",
			 knet_peer_state_name(old));
	} else if (!is_reachable(state) && is_reachable(old)) {
		kn_event(e, KNET_EVENT_PEER_DOWN, KNET_LOG_WARNING, h, NULL, "no link works");
		kn_handshake_start(e, h, 0);
	}
}
