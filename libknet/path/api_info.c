// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* The public calls that only look: copies of what the engine knows. Control only. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "live/engine.h"
#include "live/interval.h"
#include "live/outages.h"
#include "live/ping.h"
#include "live/pmtu_link.h"
#include "path/handle.h"
#include "wire/control.h"
#include "wire/datagram.h"

_Static_assert(KN_ECHO_LEN + KNET_PING_SIZE_MAX == KN_ECHO_MAX_LEN, "a ping is an echo");

static uint64_t counter_sum(const struct knet_handle *h, enum kn_counter id)
{
	uint64_t sum = h->engine->counters.v[id];

	for (unsigned int i = 0; i < h->packet_cnt; i++)
		sum += kn_stat_get(&h->packet[i]->worker.counters.v[id]);
	return sum;
}

void knet_handle_info_get(struct knet_handle *h, struct knet_handle_info *out)
{
	const struct kn_engine *e = h->engine;

	memset(out, 0, sizeof(*out));
	out->peers = e->peer_cnt;
	out->peers_up = e->peer_state_cnt[KNET_PEER_UP];
	out->peers_degraded = e->peer_state_cnt[KNET_PEER_DEGRADED];
	out->peers_down = e->peer_state_cnt[KNET_PEER_DOWN];
	out->peers_never = e->peer_state_cnt[KNET_PEER_NEVER];
	out->links = e->link_cnt;
	out->links_up = e->link_up_cnt;
	out->rx_frames = counter_sum(h, KN_C_TAP_TX_FRAMES);
	out->rx_bytes = counter_sum(h, KN_C_TAP_TX_BYTES);
	out->tx_frames = counter_sum(h, KN_C_TAP_RX_FRAMES);
	out->tx_bytes = counter_sum(h, KN_C_TAP_RX_BYTES);
	out->fdb_entries = e->fdb.dynamic_cnt + e->fdb.static_cnt;
	out->offloads = kn_offload_in_force(h);
	uint64_t storm_ns = kn_storm_interval(e->storm_ns, e->flood == NULL ? 0 : e->flood->cnt);

	out->storm_pps = storm_ns == 0 ? 0 : (uint32_t)(KN_SEC / storm_ns);
	out->storm_dropped = counter_sum(h, KN_C_STORM_GUARD);
	out->workers = h->packet_cnt;
	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		out->local[i].open = e->local[i].is_open;
		out->local[i].usable = e->local[i].is_usable;
		out->local[i].priority = e->local[i].priority;
		kn_addr_to_storage(&e->local[i].addr, &out->local[i].local);
	}
}

static void session_info(const struct kn_engine *e, const struct kn_session *s,
			 struct knet_peer_info *out)
{
	out->has_session = true;
	out->key_age_ns = e->now - s->born_ns;
	out->rx_ok = kn_stat_get(&s->rx_ok);
	out->rx_bad_tag = kn_stat_get(&s->rx_bad_tag);
	out->rx_replay = kn_stat_get(&s->rx_replay);
	uint64_t bytes;

	kn_session_sent(s, &out->tx_datagrams, &bytes);
}

static void outages_info(const struct kn_link *l, uint64_t now, uint32_t *hour, uint32_t *day)
{
	if (l->outages == NULL)
		return;
	*hour += kn_outages_hour(l->outages, now);
	*day += kn_outages_day(l->outages, now);
}

static void links_info(const struct kn_engine *e, const struct kn_host *host,
		       struct knet_peer_info *out)
{
	out->rtt_us = -1;
	for (int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kn_link *l = host->links[i];

		if (l == NULL)
			continue;
		out->links++;
		outages_info(l, e->now, &out->outages_hour, &out->outages_day);
		out->links_up += l->state == KNET_LINK_UP;
		if (((host->tx_links >> i) & 1) && l->live.srtt_us != 0 &&
		    (out->rtt_us < 0 || l->live.srtt_us < out->rtt_us))
			out->rtt_us = l->live.srtt_us;
	}
}

int knet_peer_info_get(struct knet_handle *h, uint16_t id, struct knet_peer_info *out)
{
	struct kn_engine *e = h->engine;
	const struct kn_host *host = e->hosts[id];

	if (host == NULL)
		return -ENOENT;
	e->now = kn_clock_mono_ns();
	memset(out, 0, sizeof(*out));
	out->id = id;
	snprintf(out->name, sizeof(out->name), "%s", host->name);
	out->state = (enum knet_peer_state)host->state;
	out->enabled = host->is_enabled;
	out->pinned = host->is_pinned;
	out->policy = kn_host_policy(e, host);
	out->active_links = host->tx_links;
	out->rx_bytes = kn_stat_get(&host->rx_bytes);
	out->tx_bytes = kn_stat_get(&host->tx_bytes);
	out->rx_frames = kn_stat_get(&host->rx_frames);
	out->tx_frames = kn_stat_get(&host->tx_frames);
	out->since_ns = host->since_ns;
	out->macs = host->macs;
	out->failover_kept = kn_stat_get(&host->ring_kept);
	out->failover_replayed = kn_stat_get(&host->ring_replayed);
	out->failover_confirmed = kn_stat_get(&host->ring_confirmed);
	out->failover_overrun = kn_stat_get(&host->ring_overrun);
	snprintf(out->last_error, sizeof(out->last_error), "%s",
		 host->error == NULL ? "" : host->error);
	out->last_error_ns = host->error_ns;
	out->rekeys = host->rekeys;
	out->suite = (enum knet_suite)e->suite;
	links_info(e, host, out);
	if (host->current != NULL)
		session_info(e, host->current, out);
	return 0;
}

uint16_t knet_peer_next(struct knet_handle *h, uint16_t after)
{
	for (unsigned int id = after + 1U; id <= KNET_MAX_HOSTS; id++)
		if (h->engine->hosts[id] != NULL)
			return (uint16_t)id;
	return 0;
}

static int64_t known_us(uint32_t us)
{
	return us == 0 ? -1 : (int64_t)us;
}

static double known_percent(uint16_t permille)
{
	return permille == UINT16_MAX ? -1.0 : permille / 10.0;
}

static void quality_info(const struct kn_probing *q, struct knet_link_info *out)
{
	out->rtt_us = known_us(q->srtt_us);
	out->rtt_min_us = known_us(q->rtt_min_us);
	out->rtt_max_us = known_us(q->rtt_max_us);
	out->jitter_us = q->srtt_us == 0 ? -1 : (int64_t)q->jitter_us;
	out->loss_rx_percent = known_percent(q->loss.rx_permille);
	out->loss_tx_percent = known_percent(q->loss.tx_permille);
	out->down_count = q->down_cnt;
	out->suspect_count = q->suspect_cnt;
	out->since_ns = q->since_ns;
}

int knet_link_info_get(struct knet_handle *h, uint16_t id, unsigned int link,
		       struct knet_link_info *out)
{
	struct kn_engine *e = h->engine;
	const struct kn_host *host = e->hosts[id];

	if (host == NULL || link >= KNET_MAX_LINKS || host->links[link] == NULL)
		return -ENOENT;
	const struct kn_link *l = host->links[link];

	e->now = kn_clock_mono_ns();
	memset(out, 0, sizeof(*out));
	out->link = (uint8_t)link;
	out->state = (enum knet_link_state)l->state;
	out->active = (host->tx_links >> link) & 1;
	kn_addr_to_storage(&e->local[link].addr, &out->local);
	if (l->path != NULL)
		kn_addr_to_storage(&l->path->remote, &out->remote);
	else
		kn_addr_to_storage(&l->cfg_remote, &out->remote);
	out->priority = kn_link_priority(e, l);
	out->lossy = l->live.is_lossy;
	out->on_hold = l->live.hold_until_ns > e->now;
	quality_info(&l->live, out);
	outages_info(l, e->now, &out->outages_hour, &out->outages_day);
	out->mtu = kn_pmtu_of(l);
	out->mtu_searching = kn_pmtu_is_searching(l);
	snprintf(out->reason, sizeof(out->reason), "%s", l->reason == NULL ? "" : l->reason);
	out->rx_datagrams = kn_stat_get(&l->rx_cnt);
	out->tx_datagrams = kn_stat_get(&l->tx_cnt);
	out->rx_bytes = kn_stat_get(&l->rx_bytes);
	out->tx_bytes = kn_stat_get(&l->tx_bytes);
	out->tx_errors = kn_stat_get(&l->tx_errors);
	out->interval_ms = kn_interval_ms(e, l);
	out->next_probe_ns = kn_timer_is_set(&l->timer) ? l->timer.deadline : 0;
	return 0;
}

static int ping_send(struct kn_engine *e, const struct kn_host *host,
		     const struct knet_ping_params *params, struct knet_ping *out)
{
	unsigned int link = params->link;

	if (link == KNET_LINK_NONE && host->tx_links == 0)
		return -ENOTCONN;
	if (link == KNET_LINK_NONE)
		link = (unsigned int)__builtin_ctz(host->tx_links);

	struct kn_link *l = host->links[link];

	if (l == NULL)
		return -ENOENT;
	if (host->current == NULL || !host->is_enabled || !l->is_enabled || l->path == NULL ||
	    !e->local[link].is_open)
		return -ENOTCONN;
	return kn_ping_send(e, l, params, out);
}

int knet_ping_send(struct knet_handle *h, uint16_t id, const struct knet_ping_params *params,
		   struct knet_ping *out)
{
	if (params->size > KNET_PING_SIZE_MAX ||
	    (params->link >= KNET_MAX_LINKS && params->link != KNET_LINK_NONE))
		return -EINVAL;
	kn_handle_enter(h);
	const struct kn_host *host = h->engine->hosts[id];
	int err = host == NULL ? -ENOENT : ping_send(h->engine, host, params, out);

	kn_handle_leave(h);
	return err;
}

int knet_ping_result(struct knet_handle *h, const struct knet_ping *ping, int64_t *rtt_us)
{
	return kn_ping_result(h->engine, ping, rtt_us);
}

void knet_fdb_walk(struct knet_handle *h, knet_fdb_fn fn, void *ctx)
{
	uint64_t now = kn_handle_enter(h);
	struct cds_lfht_iter iter;
	struct kn_fdb_entry *entry;

	cds_lfht_for_each_entry(h->engine->fdb.table, &iter, entry, node) {
		struct knet_fdb_info info;

		kn_fdb_info(entry, now, &info);
		if (!fn(ctx, &info))
			break;
	}
	kn_handle_leave(h);
}

size_t knet_counters_get(struct knet_handle *h, struct knet_counter *out, size_t max)
{
	kn_workers_count_drops(h);
	for (size_t i = 0; i < KN_C_COUNT && i < max; i++)
		out[i] = (struct knet_counter){.name = kn_counter_name(i),
					       .meaning = kn_counter_meaning(i),
					       .is_error = kn_counter_is_error(i),
					       .value = counter_sum(h, i)};
	return KN_C_COUNT;
}

int knet_event_next(struct knet_handle *h, uint64_t after, struct knet_event *out)
{
	const struct kn_engine *e = h->engine;
	uint64_t oldest = e->event_seq > KN_EVENT_RING ? e->event_seq - KN_EVENT_RING + 1 : 1;
	uint64_t seq = after + 1 < oldest ? oldest : after + 1;

	if (seq > e->event_seq)
		return 0;
	*out = e->events[(seq - 1) % KN_EVENT_RING];
	return 1;
}
