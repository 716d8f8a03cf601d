// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Configuration to calls of the engine, for an interface that lives: settings, peers, links to
 * peers, static MAC addresses. One difference becomes the calls for that object and no others, so
 * a peer that has not changed is never touched. A difference with its sides exchanged undoes it,
 * also if it was applied in part only: what is to be removed may be gone already.
 * Control thread only.
 */
#include "knetd/iface.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The reason of a refused call, about a peer. */
static int peer_fail(struct knd_why *why, int rc, const struct kcl_peer *peer, const char *what)
{
	return knd_why_say(why, rc, "peer %s: %s: %s", peer->name, what, strerror(-rc));
}

int knd_iface_set(struct knd_iface *iface, const struct kcl_iface *cfg, struct knd_why *why)
{
	const struct knet_timers timers = {
		.ping_ms = cfg->timers.ping_ms,
		.timeout_ms = cfg->timers.timeout_ms,
		.pong_count = cfg->pong_count,
		.hold_ms = cfg->hold_s * 1000,
	};
	const struct knet_fdb_params fdb = {.aging_s = cfg->aging_s, .limit = cfg->mac_limit};
	int rc = knet_timers_set(iface->handle, &timers);

	if (rc == 0)
		rc = knet_policy_set(iface->handle, (enum knet_policy)cfg->policy);
	if (rc == 0)
		rc = knet_rekey_set(iface->handle, cfg->rekey_s, cfg->rekey_bytes);
	if (rc == 0)
		rc = knet_pmtud_set(iface->handle, cfg->pmtud_s);
	if (rc == 0)
		rc = knet_storm_guard_set(iface->handle, cfg->storm_pps);
	if (rc == 0)
		rc = knet_dscp_set(iface->handle, cfg->dscp);
	if (rc == 0)
		rc = knet_failover_buffer_set(iface->handle, cfg->failover_buffer);
	if (rc == 0)
		rc = knet_fdb_params_set(iface->handle, &fdb);
	if (rc == 0)
		rc = knet_workers_set(iface->handle, cfg->workers);
	if (rc < 0)
		return knd_why_say(why, rc, "interface %s: %s", cfg->name, strerror(-rc));
	return 0;
}

/* ---- links to peers -------------------------------------------------------------------------- */

/* A remote address inside our own network would send the tunnel through itself. */
static int remote_check(const struct kcl_iface *cfg, const struct kcl_peer *peer, unsigned int link,
			struct knd_why *why)
{
	const struct kcl_peer_link *peer_link = kcl_peer_link_find(peer, link);
	const struct kcl_link *own = &cfg->link[link];
	const struct kcl_endpoint *local = &own->local;
	char text[KCL_VALUE_TEXT_MAX];

	if (knd_iface_covers(cfg, &peer_link->remote))
		return knd_why_say(why, -ELOOP,
				   "peer %s link %u: remote %s is within the network of %s itself: "
				   "expected an address of the underlay",
				   peer->name, link, kcl_endpoint_format(&peer_link->remote, text),
				   cfg->name);
	if (peer_link->local.family == AF_UNSPEC)
		return 0;
	if (local->family == AF_UNSPEC)
		local = &knd_link_decider(cfg, link)->local; /* this one, if no other */
	if (local->family != peer_link->local.family ||
	    memcmp(peer_link->local.ip, local->ip, sizeof(local->ip)) != 0)
		return knd_why_say(why, -EINVAL,
				   "peer %s link %u: local %s is not the address of our own link "
				   "%u, which all its peers share",
				   peer->name, link, kcl_endpoint_format(&peer_link->local, text),
				   link);
	return 0;
}

/* What the engine is to know of a link to a peer. */
static struct knet_peer_link peer_link_make(const struct kcl_iface *cfg,
					    const struct kcl_peer *peer, unsigned int link)
{
	const struct kcl_peer_link *peer_link = kcl_peer_link_find(peer, link);
	struct knet_peer_link set = {0};
	struct kcl_link_params params;

	kcl_link_params(cfg, peer, link, &params);
	if (params.remote.family != AF_UNSPEC)
		kcl_endpoint_sockaddr(&params.remote, params.remote.port, &set.remote);
	set.enabled = !peer_link->is_shutdown && !cfg->link[link].is_shutdown;
	set.priority = params.peer_priority;
	set.roaming = (enum knet_roaming)peer_link->roaming;
	set.has_timers = params.has_timers;
	set.timers = (struct knet_timers){
		.ping_ms = params.timers.ping_ms,
		.timeout_ms = params.timers.timeout_ms,
		.pong_count = params.pong_count,
		.hold_ms = params.hold_s * 1000,
	};
	return set;
}

static int peer_link_set(struct knd_iface *iface, const struct kcl_iface *cfg,
			 const struct kcl_peer *peer, unsigned int link, struct knd_why *why)
{
	struct knet_peer_link set;
	char what[16];
	int rc = remote_check(cfg, peer, link, why);

	if (rc < 0)
		return rc;
	set = peer_link_make(cfg, peer, link);
	rc = knet_peer_link_set(iface->handle, peer->id, link, &set);
	snprintf(what, sizeof(what), "link %u", link);
	return rc < 0 ? peer_fail(why, rc, peer, what) : 0;
}

int knd_iface_link_out(struct knd_iface *iface, const struct kcl_iface *cfg,
		       const struct kcl_peer *peer, unsigned int link, bool is_out)
{
	struct knet_peer_link set = peer_link_make(cfg, peer, link);

	set.enabled = set.enabled && !is_out;
	return knet_peer_link_set(iface->handle, peer->id, link, &set);
}

int knd_iface_link_clear(struct knd_iface *iface, const struct kcl_iface *cfg,
			 const struct kcl_peer *peer, unsigned int link)
{
	struct knet_peer_link set = peer_link_make(cfg, peer, link);
	const bool is_enabled = set.enabled;
	int rc;

	set.enabled = false;
	rc = knet_peer_link_set(iface->handle, peer->id, link, &set);
	set.enabled = is_enabled;
	return rc < 0 ? rc : knet_peer_link_set(iface->handle, peer->id, link, &set);
}

static int peer_link_change(struct knd_iface *iface, const struct kcl_diff *diff,
			    struct knd_why *why)
{
	int rc;

	if (!diff->is_removed)
		return peer_link_set(iface, diff->iface_new, diff->peer_new, diff->link, why);
	rc = knet_peer_link_del(iface->handle, diff->peer_old->id, diff->link);
	return rc < 0 && rc != -ENOENT
		       ? peer_fail(why, rc, diff->peer_old, "link cannot be removed")
		       : 0;
}

/* ---- peers ----------------------------------------------------------------------------------- */

static const uint8_t *peer_key(const struct kcl_peer *peer)
{
	return peer->has_key ? peer->key : NULL;
}

static int peer_policy_set(struct knd_iface *iface, const struct kcl_iface *cfg,
			   const struct kcl_peer *peer)
{
	const uint8_t wanted = kcl_peer_policy(cfg, peer);
	const enum knet_policy policy = (enum knet_policy)wanted;

	return knet_peer_policy_set(iface->handle, peer->id,
				    wanted == KCL_POLICY_INHERIT ? NULL : &policy);
}

static int peer_add(struct knd_iface *iface, const struct kcl_iface *cfg,
		    const struct kcl_peer *peer, struct knd_why *why)
{
	int rc = knet_peer_add(iface->handle, peer->id, peer->name, peer_key(peer));

	if (rc < 0)
		return peer_fail(why, rc, peer, "cannot be added");
	if (kcl_peer_policy(cfg, peer) != KCL_POLICY_INHERIT)
		rc = peer_policy_set(iface, cfg, peer);
	if (rc == 0 && kcl_peer_is_shutdown(cfg, peer))
		rc = knet_peer_enable(iface->handle, peer->id, false);
	return rc < 0 ? peer_fail(why, rc, peer, "cannot be set up") : 0;
}

static int peer_update(struct knd_iface *iface, const struct kcl_diff *diff)
{
	const struct kcl_peer *old = diff->peer_old, *new = diff->peer_new;
	const struct kcl_iface *from = diff->iface_old, *to = diff->iface_new;
	const bool is_shutdown = kcl_peer_is_shutdown(to, new);
	int rc = 0;

	if (strcmp(old->name, new->name) != 0)
		rc = knet_peer_rename(iface->handle, new->id, new->name);
	if (rc == 0 &&
	    (old->has_key != new->has_key || memcmp(old->key, new->key, sizeof(new->key)) != 0))
		rc = knet_peer_key_set(iface->handle, new->id, peer_key(new));
	if (rc == 0 && kcl_peer_policy(from, old) != kcl_peer_policy(to, new))
		rc = peer_policy_set(iface, to, new);
	if (rc == 0 && kcl_peer_is_shutdown(from, old) != is_shutdown)
		rc = knet_peer_enable(iface->handle, new->id, !is_shutdown);
	return rc;
}

static int peer_change(struct knd_iface *iface, const struct kcl_diff *diff, struct knd_why *why)
{
	int rc;

	if (diff->is_added)
		return peer_add(iface, diff->iface_new, diff->peer_new, why);
	if (diff->is_removed) {
		rc = knet_peer_del(iface->handle, diff->peer_old->id);
		return rc < 0 && rc != -ENOENT
			       ? peer_fail(why, rc, diff->peer_old, "cannot be removed")
			       : 0;
	}
	rc = peer_update(iface, diff);
	return rc < 0 ? peer_fail(why, rc, diff->peer_new, "cannot be changed") : 0;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static int static_change(struct knd_iface *iface, const struct kcl_diff *diff, struct knd_why *why)
{
	const struct kcl_static_mac *entry = diff->static_new ? diff->static_new : diff->static_old;
	char text[KCL_VALUE_TEXT_MAX];
	int rc = 0;

	if (diff->static_old)
		rc = knet_fdb_static_del(iface->handle, entry->mac, 0);
	if ((rc == 0 || rc == -ENOENT) && diff->static_new)
		rc = knet_fdb_static_add(iface->handle, entry->mac, 0, entry->peer_id);
	if (rc < 0 && (rc != -ENOENT || diff->static_new))
		return knd_why_say(why, rc, "interface %s: mac-table static %s: %s", iface->name,
				   kcl_mac_format(entry->mac, text), strerror(-rc));
	return 0;
}

/* Which links to peers take something from what has changed around them. */
struct heirs {
	bool of_timers; /* those with timers of their own, but not all of them */
	uint8_t links;  /* all of these */
};

static bool is_heir(const struct heirs *heirs, const struct kcl_iface *cfg,
		    const struct kcl_peer *peer, unsigned int link)
{
	struct kcl_link_params params;

	if (!kcl_link_params(cfg, peer, link, &params))
		return false;
	return heirs->links & 1u << link || (heirs->of_timers && params.has_timers);
}

static int heirs_set(struct knd_iface *iface, const struct kcl_iface *cfg,
		     const struct heirs *heirs, struct knd_why *why)
{
	const struct kcl_peer *peer = NULL;
	int rc = 0;

	while (rc == 0 && (peer = kcl_peer_next(cfg, peer ? peer->id : 0))) {
		for (unsigned int i = 0; i < KCL_LINKS_MAX && rc == 0; i++) {
			/* One that is new is not known to the engine yet. */
			if (is_heir(heirs, cfg, peer, i) &&
			    knet_link_info_get(iface->handle, peer->id, i,
					       &(struct knet_link_info){0}) == 0)
				rc = peer_link_set(iface, cfg, peer, i, why);
		}
	}
	return rc;
}

static bool addresses_differ(const struct kcl_iface *a, const struct kcl_iface *b)
{
	return a->addr_cnt != b->addr_cnt ||
	       memcmp(a->addr, b->addr, a->addr_cnt * sizeof(a->addr[0])) != 0;
}

static int iface_change(struct knd_iface *iface, const struct kcl_diff *diff, struct knd_why *why)
{
	const struct kcl_iface *old = diff->iface_old, *new = diff->iface_new;
	const struct heirs heirs = {
		.of_timers = memcmp(&old->timers, &new->timers, sizeof(new->timers)) != 0 ||
			     old->pong_count != new->pong_count || old->hold_s != new->hold_s,
		/* the default of remote ports; remote addresses are checked against our own */
		.links = old->port != new->port || addresses_differ(old, new) ? 0xff : 0,
	};
	const int rc = knd_iface_set(iface, new, why);

	if (rc == 0 && (heirs.of_timers || heirs.links))
		return heirs_set(iface, new, &heirs, why);
	return rc;
}

/* Our own link's address and priority are settled later; here only what peers take from it. */
static int link_change(struct knd_iface *iface, const struct kcl_diff *diff, struct knd_why *why)
{
	const struct kcl_link *old = &diff->iface_old->link[diff->link];
	const struct kcl_link *new = &diff->iface_new->link[diff->link];
	const struct heirs heirs = {.links = (uint8_t)(1u << diff->link)};

	if (old->is_shutdown == new->is_shutdown)
		return 0;
	return heirs_set(iface, diff->iface_new, &heirs, why);
}

int knd_iface_change(struct knd_iface *iface, const struct kcl_diff *diff, struct knd_why *why)
{
	switch (diff->kind) {
	case KCL_DIFF_IFACE:
		return iface_change(iface, diff, why);
	case KCL_DIFF_LINK:
		return link_change(iface, diff, why);
	case KCL_DIFF_STATIC:
		return static_change(iface, diff, why);
	case KCL_DIFF_PEER:
		return peer_change(iface, diff, why);
	case KCL_DIFF_PEER_LINK:
		return peer_link_change(iface, diff, why);
	case KCL_DIFF_GLOBAL:
		break;
	}
	return 0;
}

int knd_iface_fill(struct knd_iface *iface, const struct kcl_iface *cfg, struct knd_why *why)
{
	const struct kcl_peer *peer = NULL;
	int rc = 0;

	while (rc == 0 && (peer = kcl_peer_next(cfg, peer ? peer->id : 0))) {
		rc = peer_add(iface, cfg, peer, why);
		for (unsigned int i = 0; i < KCL_LINKS_MAX && rc == 0; i++)
			if (peer->link_mask & 1u << i)
				rc = peer_link_set(iface, cfg, peer, i, why);
	}
	for (uint32_t i = 0; i < cfg->static_cnt && rc == 0; i++) {
		const struct kcl_diff diff = {.static_new = &cfg->statics[i]};

		rc = static_change(iface, &diff, why);
	}
	return rc;
}
