// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the configuration does to hosts and links while everything runs: a change touches what it
 * names and nothing else. Control only. Objects that workers may be reading are unpublished first
 * and freed after a grace period.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "live/engine.h"
#include "live/handshake.h"
#include "live/keys.h"
#include "live/liveness.h"
#include "live/pmtu_link.h"

/* The clients of a restarted host spread themselves: 1 ms per peer, at most 10 s. */
#define SPREAD_PER_PEER_NS KN_MS
#define SPREAD_MAX_NS      (10 * KN_SEC)

static uint64_t start_delay(struct kn_engine *e)
{
	uint64_t spread = e->peer_cnt * SPREAD_PER_PEER_NS;

	return kn_rng_below(&e->rng, (spread > SPREAD_MAX_NS ? SPREAD_MAX_NS : spread) + 1);
}

static void host_reclaimed(struct kn_reclaim_item *item, void *ctx)
{
	struct kn_host *h = caa_container_of(item, struct kn_host, reclaim);

	(void)ctx;
	free(h->name);
	free(h->error);
	free(h->reply);
	free(h);
}

static void link_reclaimed(struct kn_reclaim_item *item, void *ctx)
{
	struct kn_link *l = caa_container_of(item, struct kn_link, reclaim);

	(void)ctx;
	free(l->reason);
	free(l->outages);
	free(l);
}

static void path_reclaimed(struct kn_reclaim_item *item, void *ctx)
{
	(void)ctx;
	free(caa_container_of(item, struct kn_path, reclaim));
}

static void pub_set(struct kn_host *h, const uint8_t *pub)
{
	h->is_pinned = pub != NULL;
	h->has_pub = pub != NULL;
	if (pub != NULL)
		memcpy(h->pub, pub, sizeof(h->pub));
}

int kn_host_add(struct kn_engine *e, uint16_t id, const char *name, const uint8_t *pub)
{
	if (id == 0 || id == e->id || strlen(name) >= KNET_NAME_LEN)
		return -EINVAL;
	if (e->hosts[id] != NULL)
		return -EEXIST;
	struct kn_host *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->name = strdup(name);
	if (h->name == NULL) {
		free(h);
		return -ENOMEM;
	}
	h->id = id;
	h->is_enabled = 1;
	h->max_len = KN_PMTU_LEN_SAFE;
	h->gone_ms = 1; /* it was never there */
	h->ticket = ++e->hs_ticket;
	h->hs_timer.fn = kn_handshake_timer;
	h->since_ns = e->now;
	pub_set(h, pub);
	e->peer_cnt++;
	e->peer_state_cnt[KNET_PEER_NEVER]++;
	kn_rcu_publish(&e->hosts[id], h);
	return 0;
}

static bool match_host(void *ctx, const struct kn_fdb_entry *entry)
{
	return entry->host == *(const uint16_t *)ctx;
}

int kn_host_del(struct kn_engine *e, uint16_t id)
{
	struct kn_host *h = e->hosts[id];

	if (h == NULL)
		return -ENOENT;
	kn_handshake_stop(e, h);
	kn_keys_drop(e, h, "removed");
	kn_handshake_stop(e, h); /* losing the last link began one */
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (h->links[i] != NULL)
			(void)kn_host_link_del(e, id, i);
	kn_fdb_remove_if(&e->fdb, match_host, &id);
	e->peer_cnt--;
	e->peer_state_cnt[h->state]--;
	kn_rcu_publish(&e->hosts[id], NULL);
	kn_reclaim_later(&e->reclaim, &h->reclaim, host_reclaimed);
	return 0;
}

int kn_host_clear(struct kn_engine *e, uint16_t id)
{
	struct kn_host *h = e->hosts[id];

	if (h == NULL)
		return -ENOENT;
	kn_handshake_stop(e, h);
	kn_keys_drop(e, h, "cleared");
	h->complained = false;
	h->hs_first_ns = 0;
	h->hs_tries = 0;
	kn_handshake_start(e, h, 0);
	return 0;
}

int kn_host_enable(struct kn_engine *e, uint16_t id, bool enabled)
{
	struct kn_host *h = e->hosts[id];

	if (h == NULL)
		return -ENOENT;
	if (h->is_enabled == enabled)
		return 0;
	__atomic_store_n(&h->is_enabled, enabled, __ATOMIC_RELAXED);
	if (enabled) {
		kn_handshake_start(e, h, 0);
	} else {
		kn_handshake_stop(e, h);
		kn_keys_drop(e, h, "shut down");
		kn_handshake_stop(e, h);
	}
	return 0;
}

int kn_host_key_set(struct kn_engine *e, uint16_t id, const uint8_t *pub)
{
	struct kn_host *h = e->hosts[id];

	if (h == NULL)
		return -ENOENT;
	if (h->is_pinned == (pub != NULL) && (pub == NULL || memcmp(pub, h->pub, 32) == 0))
		return 0;
	pub_set(h, pub);
	return kn_host_clear(e, id);
}

int kn_link_path_set(struct kn_engine *e, struct kn_link *l, const union kn_addr *remote)
{
	struct kn_path *before = l->path;
	struct kn_path *path = NULL;

	if (remote->family != AF_UNSPEC) {
		path = calloc(1, sizeof(*path));
		if (path == NULL)
			return -ENOMEM;
		path->remote = *remote;
	}
	kn_rcu_publish(&l->path, path);
	if (before != NULL)
		kn_reclaim_later(&e->reclaim, &before->reclaim, path_reclaimed);
	return 0;
}

void kn_link_path_learn(struct kn_engine *e, struct kn_link *l, const union kn_addr *from)
{
	if (l->cfg_remote.family != AF_UNSPEC)
		return;
	/* While it may carry traffic it moves only to where the peer has answered (roam.c). */
	if (l->path != NULL &&
	    (l->state != KNET_LINK_DOWN || kn_addr_equal(&l->path->remote, from)))
		return;
	if (kn_link_path_set(e, l, from) != 0)
		return;
	kn_live_link_start(e, l);
}

static struct kn_link *link_new(struct kn_engine *e, struct kn_host *h, unsigned int idx)
{
	struct kn_link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->host = h;
	l->idx = (uint8_t)idx;
	l->cfg_priority = -1;
	l->is_enabled = 1;
	l->state = KNET_LINK_DOWN;
	l->timer.fn = kn_live_link_timer;
	l->max_len = KN_PMTU_LEN_SAFE;
	l->live.since_ns = e->now;
	l->live.loss.tx_permille = UINT16_MAX;
	l->live.loss.rx_permille = UINT16_MAX;
	e->link_cnt++;
	kn_rcu_publish(&h->links[idx], l);
	return l;
}

static int link_address(struct kn_engine *e, struct kn_link *l, const union kn_addr *remote)
{
	bool is_same = kn_addr_equal(&l->cfg_remote, remote);

	if (is_same && (l->path != NULL || remote->family == AF_UNSPEC))
		return 0;
	int err = kn_link_path_set(e, l, remote);

	if (err != 0)
		return err;
	l->cfg_remote = *remote;
	kn_live_link_event(e, l, KN_LE_RESET, "remote address changed");
	return 0;
}

static void link_begin(struct kn_engine *e, struct kn_link *l)
{
	kn_live_link_start(e, l);
	kn_live_choose(e, l->host, "configuration changed");
	kn_live_host_state(e, l->host);
	if (l->host->current == NULL)
		kn_handshake_start(e, l->host, start_delay(e));
}

int kn_host_link_set(struct kn_engine *e, uint16_t id, unsigned int link,
		     const struct knet_peer_link *cfg)
{
	struct kn_host *h = e->hosts[id];
	union kn_addr remote;

	if (h == NULL)
		return -ENOENT;
	if (link >= KNET_MAX_LINKS || cfg->priority > 255 ||
	    (unsigned int)cfg->roaming >= KNET_ROAMING_COUNT)
		return -EINVAL;
	struct kn_link *l = h->links[link] != NULL ? h->links[link] : link_new(e, h, link);

	if (l == NULL)
		return -ENOMEM;
	kn_addr_from_sockaddr(&remote, (const struct sockaddr *)&cfg->remote);
	int err = link_address(e, l, &remote);

	if (err != 0)
		return err;
	l->cfg_priority = (int16_t)cfg->priority;
	l->roaming = (uint8_t)cfg->roaming;
	l->has_timers = cfg->has_timers;
	l->timers = cfg->timers;
	if (l->is_enabled && !cfg->enabled)
		__atomic_store_n(&l->shut_ms, kn_clock_ms(e->now), __ATOMIC_RELAXED);
	__atomic_store_n(&l->is_enabled, cfg->enabled, __ATOMIC_RELAXED);
	kn_live_link_event(e, l, cfg->enabled ? KN_LE_ENABLE : KN_LE_DISABLE,
			   cfg->enabled ? "enabled" : "shut down");
	if (cfg->enabled)
		link_begin(e, l);
	else
		kn_live_link_stop(e, l);
	return 0;
}

int kn_host_link_del(struct kn_engine *e, uint16_t id, unsigned int link)
{
	struct kn_host *h = e->hosts[id];
	union kn_addr none = {.family = AF_UNSPEC};

	if (h == NULL || link >= KNET_MAX_LINKS || h->links[link] == NULL)
		return -ENOENT;
	struct kn_link *l = h->links[link];

	__atomic_store_n(&l->is_enabled, 0, __ATOMIC_RELAXED);
	kn_live_link_event(e, l, KN_LE_DISABLE, "removed");
	kn_live_link_stop(e, l);
	(void)!kn_link_path_set(e, l, &none);
	kn_rcu_publish(&h->links[link], NULL);
	e->link_cnt--;
	kn_live_choose(e, h, "link removed");
	kn_live_host_state(e, h);
	kn_reclaim_later(&e->reclaim, &l->reclaim, link_reclaimed);
	return 0;
}

/* Every configured host may be meant; our own links change rarely. */
static void local_lost(struct kn_engine *e, unsigned int link, const char *why)
{
	struct kn_host *h, *tmp;

	cds_list_for_each_entry_safe(h, tmp, &e->active, active_node)
		if (h->links[link] != NULL)
			kn_live_link_event(e, h->links[link], KN_LE_LOST, why);
	/* First move all traffic, then tell the peers, by probes on the other links. */
	cds_list_for_each_entry_safe(h, tmp, &e->active, active_node)
		if (h->links[link] != NULL)
			kn_live_announce(e, h);
}

static void local_regained(struct kn_engine *e, unsigned int link)
{
	for (unsigned int id = 1; id <= KNET_MAX_HOSTS; id++) {
		struct kn_host *h = e->hosts[id];

		if (h == NULL || h->links[link] == NULL)
			continue;
		h->links[link]->live.down_since_ns = e->now;
		kn_live_link_start(e, h->links[link]);
		if (h->current == NULL)
			kn_handshake_start(e, h, start_delay(e));
	}
}

void kn_local_set(struct kn_engine *e, unsigned int link, const struct kn_local_link *local,
		  const char *why)
{
	struct kn_local_link before = e->local[link];
	bool was = before.is_open && before.is_usable;
	bool is = local->is_open && local->is_usable;
	uint8_t bit = (uint8_t)(1U << link);

	e->local[link] = *local;
	e->local[link].mtu = before.mtu;
	__atomic_store_n(&e->local_links,
			 (uint8_t)(is ? e->local_links | bit : e->local_links & ~bit),
			 __ATOMIC_RELAXED);
	if (was && !is) {
		kn_event(e, KNET_EVENT_LOCAL_LINK, KNET_LOG_WARNING, NULL, NULL,
			 "link %u cannot be used here: %s", link, why);
		local_lost(e, link, why);
	} else if (is && (!was || !kn_addr_equal(&before.addr, &local->addr))) {
		kn_event(e, KNET_EVENT_LOCAL_LINK, KNET_LOG_INFO, NULL, NULL,
			 "link %u may be used here: %s", link, why);
		local_regained(e, link);
	}
}
