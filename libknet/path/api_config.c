// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* The public calls that change something: checked here, done by the engine. Control only. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "live/engine.h"
#include "live/liveness.h"
#include "live/pmtu_link.h"
#include "path/handle.h"
#include "wire/datagram.h"

#define ETH_WITH_VLAN_LEN (KN_ETH_HDR_LEN + 4)
#define LINK_MTU_MIN      576
#define PMTUD_MAX_S       86400

unsigned int knet_mtu_for(unsigned int link_mtu, bool ipv6)
{
	unsigned int over = (ipv6 ? 40 : 20) + 8 + KN_DATA_OVERHEAD + KN_INNER_HDR_LEN +
			    KN_INNER_OFFLOAD_LEN + ETH_WITH_VLAN_LEN;

	return link_mtu > over ? link_mtu - over : 0;
}

unsigned int knet_mtu_narrowest(const struct knet_handle *h)
{
	unsigned int over =
		KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN + ETH_WITH_VLAN_LEN;

	return h->engine->narrowest > over ? h->engine->narrowest - over : 0;
}

static int link_open(struct knet_handle *h, unsigned int link, const union kn_addr *addr,
		     uint8_t priority)
{
	struct kn_local_link local = h->engine->local[link];
	bool is_same = local.is_open && kn_addr_equal(&local.addr, addr);
	int err = is_same ? 0 : kn_workers_link_open(h, link, addr);

	if (err != 0)
		return err;
	local = (struct kn_local_link){
		.addr = *addr, .priority = priority, .is_open = true, .is_usable = true};
	if (is_same)
		local.is_usable = h->engine->local[link].is_usable;
	kn_local_set(h->engine, link, &local, "opened");
	return 0;
}

int knet_link_open(struct knet_handle *h, unsigned int link, const struct sockaddr *local,
		   uint8_t priority)
{
	union kn_addr addr;

	kn_addr_from_sockaddr(&addr, local);
	if (link >= KNET_MAX_LINKS || addr.family == AF_UNSPEC || kn_addr_port(&addr) == 0)
		return -EINVAL;
	kn_handle_enter(h);
	int err = link_open(h, link, &addr, priority);

	kn_handle_leave(h);
	return err;
}

int knet_link_weight_set(struct knet_handle *h, unsigned int link, uint8_t weight)
{
	if (link >= KNET_MAX_LINKS || weight == 0)
		return -EINVAL;
	__atomic_store_n(&h->engine->weights[link], weight, __ATOMIC_RELAXED);
	return 0;
}

int knet_link_close(struct knet_handle *h, unsigned int link)
{
	struct kn_local_link none = {.is_open = false};

	if (link >= KNET_MAX_LINKS || !h->engine->local[link].is_open)
		return -ENOENT;
	kn_handle_enter(h);
	kn_local_set(h->engine, link, &none, "closed");
	kn_workers_link_close(h, link);
	kn_handle_leave(h);
	return 0;
}

int knet_workers_set(struct knet_handle *h, unsigned int cnt)
{
	if (cnt > KNET_MAX_WORKERS)
		return -EINVAL;
	kn_handle_enter(h);
	int err = kn_workers_set(h, kn_workers_wanted(cnt));

	kn_handle_leave(h);
	return err;
}

int knet_link_usable_set(struct knet_handle *h, unsigned int link, bool usable, const char *why)
{
	if (link >= KNET_MAX_LINKS || !h->engine->local[link].is_open)
		return -ENOENT;
	kn_handle_enter(h);
	struct kn_local_link local = h->engine->local[link];

	local.is_usable = usable;
	kn_local_set(h->engine, link, &local, why);
	kn_handle_leave(h);
	return 0;
}

int knet_peer_mtu_search(struct knet_handle *h, uint16_t id)
{
	kn_handle_enter(h);
	struct kn_host *host = h->engine->hosts[id];
	int err = host == NULL ? -ENOENT : kn_pmtu_again(h->engine, host) == 0 ? -ENOTCONN : 0;

	kn_handle_leave(h);
	return err;
}

int knet_link_mtu_set(struct knet_handle *h, unsigned int link, unsigned int mtu)
{
	if (link >= KNET_MAX_LINKS || !h->engine->local[link].is_open)
		return -ENOENT;
	if (mtu < LINK_MTU_MIN || mtu > UINT16_MAX)
		return -EINVAL;
	kn_handle_enter(h);
	kn_pmtu_local_set(h->engine, link, (uint16_t)mtu);
	kn_handle_leave(h);
	return 0;
}

int knet_tap_mtu_set(struct knet_handle *h, unsigned int mtu)
{
	if (mtu > UINT16_MAX)
		return -EINVAL;
	__atomic_store_n(&h->engine->tap_mtu, (uint16_t)mtu, __ATOMIC_RELAXED);
	return 0;
}

int knet_storm_guard_set(struct knet_handle *h, uint32_t pps)
{
	uint64_t ns = KN_STORM_AUTO;

	if (pps > KNET_STORM_MAX && pps != KNET_STORM_AUTO)
		return -EINVAL;
	if (pps != KNET_STORM_AUTO)
		ns = pps == KNET_STORM_OFF ? 0 : KN_SEC / pps;
	__atomic_store_n(&h->engine->storm_ns, ns, __ATOMIC_RELAXED);
	return 0;
}

int knet_dscp_set(struct knet_handle *h, unsigned int dscp)
{
	return dscp > KN_DSCP_MAX ? -EINVAL : kn_workers_dscp_set(h, (uint8_t)dscp);
}

static bool timers_are_valid(const struct knet_timers *t)
{
	return t->ping_ms >= 5 && t->ping_ms <= 60000 && t->timeout_ms > t->ping_ms &&
	       t->timeout_ms <= 600000 && t->pong_count >= 1 && t->pong_count <= 255;
}

int knet_timers_set(struct knet_handle *h, const struct knet_timers *t)
{
	if (!timers_are_valid(t))
		return -EINVAL;
	h->engine->timers = *t;
	return 0;
}

int knet_policy_set(struct knet_handle *h, enum knet_policy policy)
{
	if ((unsigned int)policy >= KNET_POLICY_COUNT)
		return -EINVAL;
	kn_handle_enter(h);
	struct kn_engine *e = h->engine;
	struct kn_host *host, *tmp;

	e->policy = policy;
	cds_list_for_each_entry_safe(host, tmp, &e->active, active_node)
		kn_live_choose(e, host, "policy changed");
	kn_handle_leave(h);
	return 0;
}

int knet_pmtud_set(struct knet_handle *h, unsigned int seconds)
{
	if (seconds > PMTUD_MAX_S)
		return -EINVAL;
	h->engine->pmtud_ns = seconds * KN_SEC;
	return 0;
}

int knet_rekey_set(struct knet_handle *h, unsigned int seconds, uint64_t bytes)
{
	if (seconds == 0 || bytes == 0)
		return -EINVAL;
	/* In force from each session's next keys on. */
	h->engine->rekey_ns = seconds * KN_SEC;
	h->engine->rekey_bytes = bytes;
	return 0;
}

int knet_failover_buffer_set(struct knet_handle *h, uint64_t bytes)
{
	if (bytes != 0 && (bytes < KN_RING_LEN_MIN || bytes > KN_RING_LEN_MAX))
		return -EINVAL;
	uint64_t all = bytes > KN_RING_LEN_ALL ? bytes : KN_RING_LEN_ALL;

	/* What is too much now goes with the next bursts, or by its age. */
	__atomic_store_n(&h->engine->ring_use.limit, all, __ATOMIC_RELAXED);
	__atomic_store_n(&h->engine->ring_len, bytes, __ATOMIC_RELAXED);
	return 0;
}

int knet_peer_add(struct knet_handle *h, uint16_t id, const char *name, const uint8_t *public_key)
{
	kn_handle_enter(h);
	int err = kn_host_add(h->engine, id, name, public_key);

	kn_handle_leave(h);
	return err;
}

int knet_peer_del(struct knet_handle *h, uint16_t id)
{
	kn_handle_enter(h);
	int err = kn_host_del(h->engine, id);

	kn_handle_leave(h);
	return err;
}

int knet_peer_rename(struct knet_handle *h, uint16_t id, const char *name)
{
	struct kn_host *host = h->engine->hosts[id];

	if (host == NULL)
		return -ENOENT;
	if (strlen(name) >= KNET_NAME_LEN)
		return -EINVAL;
	char *copy = strdup(name);

	if (copy == NULL)
		return -ENOMEM;
	free(host->name);
	host->name = copy;
	return 0;
}

int knet_peer_key_set(struct knet_handle *h, uint16_t id, const uint8_t *public_key)
{
	kn_handle_enter(h);
	int err = kn_host_key_set(h->engine, id, public_key);

	kn_handle_leave(h);
	return err;
}

int knet_peer_policy_set(struct knet_handle *h, uint16_t id, const enum knet_policy *policy)
{
	struct kn_host *host = h->engine->hosts[id];

	if (host == NULL)
		return -ENOENT;
	if (policy != NULL && (unsigned int)*policy >= KNET_POLICY_COUNT)
		return -EINVAL;
	kn_handle_enter(h);
	host->has_policy = policy != NULL;
	if (policy != NULL)
		host->policy = (uint8_t)*policy;
	kn_live_choose(h->engine, host, "policy changed");
	kn_handle_leave(h);
	return 0;
}

int knet_peer_enable(struct knet_handle *h, uint16_t id, bool enabled)
{
	kn_handle_enter(h);
	int err = kn_host_enable(h->engine, id, enabled);

	kn_handle_leave(h);
	return err;
}

int knet_peer_clear(struct knet_handle *h, uint16_t id)
{
	kn_handle_enter(h);
	int err = kn_host_clear(h->engine, id);

	kn_handle_leave(h);
	return err;
}

int knet_peer_link_set(struct knet_handle *h, uint16_t id, unsigned int link,
		       const struct knet_peer_link *cfg)
{
	if (cfg->has_timers && !timers_are_valid(&cfg->timers))
		return -EINVAL;
	kn_handle_enter(h);
	int err = kn_host_link_set(h->engine, id, link, cfg);

	kn_handle_leave(h);
	return err;
}

int knet_peer_link_del(struct knet_handle *h, uint16_t id, unsigned int link)
{
	kn_handle_enter(h);
	int err = kn_host_link_del(h->engine, id, link);

	kn_handle_leave(h);
	return err;
}

int knet_fdb_params_set(struct knet_handle *h, const struct knet_fdb_params *p)
{
	if (p->limit == 0)
		return -EINVAL;
	/* Entries that are there already follow at their next turn. */
	h->engine->fdb.aging_ns = p->aging_s * KN_SEC;
	h->engine->fdb.limit = p->limit;
	return 0;
}

int knet_fdb_static_add(struct knet_handle *h, const uint8_t mac[6], uint16_t vlan, uint16_t peer)
{
	if (kn_mac_is_group(mac))
		return -EINVAL;
	if (h->engine->hosts[peer] == NULL)
		return -ENOENT;
	uint64_t now = kn_handle_enter(h);
	int err = kn_fdb_static_add(&h->engine->fdb, kn_fdb_key_make(mac, vlan), peer, now);

	kn_handle_leave(h);
	return err;
}

int knet_fdb_static_del(struct knet_handle *h, const uint8_t mac[6], uint16_t vlan)
{
	kn_handle_enter(h);
	int err = kn_fdb_static_del(&h->engine->fdb, kn_fdb_key_make(mac, vlan));

	kn_handle_leave(h);
	return err;
}

struct clear {
	struct kn_engine *engine;
	enum knet_fdb_clear what;
	uint16_t peer;
	kn_fdb_key mac; /* VLAN bits zero: all VLANs */
};

static bool clear_match(void *ctx, const struct kn_fdb_entry *entry)
{
	const struct clear *c = ctx;
	struct kn_host *host = c->engine->hosts[entry->host];

	if (entry->is_static || (c->what == KNET_FDB_CLEAR_PEER && entry->host != c->peer) ||
	    (c->what == KNET_FDB_CLEAR_MAC && (entry->key & ~0xffffULL) != c->mac))
		return false;
	if (host != NULL && host->macs > 0)
		host->macs--;
	return true;
}

int knet_fdb_clear(struct knet_handle *h, enum knet_fdb_clear what, uint16_t peer,
		   const uint8_t *mac)
{
	struct clear c = {.engine = h->engine, .what = what, .peer = peer};

	if (mac != NULL)
		c.mac = kn_fdb_key_make(mac, 0);
	kn_handle_enter(h);
	int cnt = (int)kn_fdb_remove_if(&h->engine->fdb, clear_match, &c);

	kn_handle_leave(h);
	return cnt;
}
