// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Rules across lines, checked before a configuration takes effect; and what a link comes to with
 * all that it inherits, which these rules and the daemon must see alike.
 */
#include "knetd/cmd/internal.h"

#include <stdarg.h>
#include <string.h>

#define PEERS_REPORTED_MAX 10

/* ---- what links come to ---------------------------------------------------------------------- */

uint16_t kcl_link_port(const struct kcl_iface *iface, unsigned int number)
{
	const uint16_t own = iface->link[number].local.port;

	return own ? own : (uint16_t)(iface->port + number);
}

uint8_t kcl_iface_links(const struct kcl_iface *iface)
{
	uint8_t links = 0;

	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		if (iface->link[i].is_set || iface->link_users[i])
			links |= (uint8_t)(1u << i);
	return links;
}

bool kcl_link_params(const struct kcl_iface *iface, const struct kcl_peer *peer,
		     unsigned int number, struct kcl_link_params *out)
{
	static const struct kcl_group_link none = {.priority = -1};
	const struct kcl_peer_link *link = kcl_peer_link_find(peer, number);
	const struct kcl_group *group = kcl_peer_group(iface, peer);
	const struct kcl_group_link *common = group ? &group->link[number] : &none;
	const struct kcl_link *own;

	if (!link)
		return false;
	own = &iface->link[number];
	*out = (struct kcl_link_params){
		.remote = link->remote,
		.local = link->local.family != AF_UNSPEC ? link->local : own->local,
		.peer_priority = link->priority >= 0 ? link->priority : common->priority,
		.has_timers = link->timers.ping_ms || common->timers.ping_ms || link->pong_count ||
			      common->pong_count,
		.pong_count = link->pong_count     ? link->pong_count
			      : common->pong_count ? common->pong_count
						   : iface->pong_count,
		.timers = link->timers.ping_ms     ? link->timers
			  : common->timers.ping_ms ? common->timers
						   : iface->timers,
		.hold_s = iface->hold_s,
		.is_enabled = !iface->is_shutdown && !own->is_shutdown && !link->is_shutdown &&
			      !kcl_peer_is_shutdown(iface, peer),
	};
	out->priority = out->peer_priority >= 0 ? (uint8_t)out->peer_priority : own->priority;
	if (out->remote.family != AF_UNSPEC && !out->remote.port)
		out->remote.port = (uint16_t)(iface->port + number);
	return true;
}

/* ---- the rules ------------------------------------------------------------------------------- */

struct check {
	void (*report)(void *arg, const struct kcl_iface *iface, const char *message);
	void *arg;
	const struct kcl_iface *iface;
	const struct kcl_iface *sound; /* whose peers are in order, under the same rules; or NULL */
	unsigned int cnt;
};

__attribute__((format(printf, 2, 3))) static void complain(struct check *check, const char *fmt,
							   ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	check->cnt++;
	check->report(check->arg, check->iface, message);
}

static void essentials_check(struct check *check)
{
	const struct kcl_iface *iface = check->iface;

	if (!iface->node_id)
		complain(check, "Interface %s has no node-id", iface->name);
	if (!iface->secret_path)
		complain(check, "Interface %s has no network-secret", iface->name);
}

static void ports_check(struct check *check)
{
	const struct kcl_iface *iface = check->iface;
	const uint8_t links = kcl_iface_links(iface);

	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		if (links & 1u << i && !iface->link[i].local.port && iface->port + i > UINT16_MAX)
			complain(check, "Interface %s: link %u would need port %u", iface->name, i,
				 iface->port + i);
}

/* Of the same network number; two links may share an address, but not address and port. */
static void sockets_check(struct check *check)
{
	const struct kcl_iface *iface = check->iface;

	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		for (unsigned int j = 0; j < i; j++) {
			const struct kcl_link *a = &iface->link[i], *b = &iface->link[j];

			if (a->is_set && b->is_set && a->local.family != AF_UNSPEC &&
			    a->local.family == b->local.family &&
			    memcmp(a->local.ip, b->local.ip, 16) == 0 &&
			    kcl_link_port(iface, i) == kcl_link_port(iface, j))
				complain(check,
					 "Interface %s: links %u and %u have the same address and "
					 "port; to exchange two, change both in one `configure "
					 "session`",
					 iface->name, j, i);
		}
	}
}

static void peer_check(struct check *check, const struct kcl_peer *peer)
{
	const struct kcl_iface *iface = check->iface;
	struct kcl_link_params params;

	if (peer->id == iface->node_id)
		complain(check, "Interface %s: peer %s has our own node-id %u", iface->name,
			 peer->name, peer->id);
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		if (!kcl_link_params(iface, peer, i, &params))
			continue;
		if (!kcl_families_match(&params.remote, &params.local))
			complain(check,
				 "Interface %s: peer %s link %u: local and remote address are of "
				 "different families",
				 iface->name, peer->name, i);
	}
}

/* The next one that has to be looked at, or NULL. */
static const struct kcl_peer *peer_next(const struct check *check, uint16_t id)
{
	const struct kcl_peer *peer = NULL;

	if (!check->sound)
		return kcl_peer_next(check->iface, id);
	while (!peer && (id = kcl_peer_differing(check->sound, check->iface, id)))
		peer = kcl_peer_find(check->iface, id); /* none: it was removed */
	return peer;
}

static void peers_check(struct check *check)
{
	const unsigned int before = check->cnt;
	const struct kcl_peer *peer = NULL;

	while (check->cnt < before + PEERS_REPORTED_MAX &&
	       (peer = peer_next(check, peer ? peer->id : 0)))
		peer_check(check, peer);
}

/* True if what peer_check() asks of a peer of `iface` was asked of it in `old`. */
static bool has_been_asked(const struct kcl_iface *old, const struct kcl_iface *iface)
{
	if (old->is_shutdown || !old->secret_path || !old->node_id ||
	    old->node_id != iface->node_id)
		return false;
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		if (!kcl_endpoint_equal(&old->link[i].local, &iface->link[i].local))
			return false;
	return true;
}

static void statics_check(struct check *check)
{
	const struct kcl_iface *iface = check->iface;
	char mac[KCL_VALUE_TEXT_MAX];

	for (uint32_t i = 0; i < iface->static_cnt; i++)
		if (!kcl_peer_find(iface, iface->statics[i].peer_id))
			complain(check, "Interface %s: the peer of static %s is gone", iface->name,
				 kcl_mac_format(iface->statics[i].mac, mac));
}

static bool has_address(const struct kcl_iface *iface, const struct kcl_prefix *prefix)
{
	for (unsigned int i = 0; i < iface->addr_cnt; i++)
		if (iface->addr[i].family == prefix->family &&
		    memcmp(iface->addr[i].ip, prefix->ip, 16) == 0)
			return true;
	return false;
}

/* Against the interfaces before this one. */
static void addresses_check(struct check *check, const struct kcl_config *config)
{
	char text[KCL_VALUE_TEXT_MAX];

	for (unsigned int i = 0; config->iface[i] != check->iface; i++)
		for (unsigned int k = 0; k < check->iface->addr_cnt; k++)
			if (has_address(config->iface[i], &check->iface->addr[k]))
				complain(check, "Interfaces %s and %s both have the address %s",
					 config->iface[i]->name, check->iface->name,
					 kcl_prefix_format(&check->iface->addr[k], text));
}

unsigned int kcl_config_check_change(
	const struct kcl_config *sound, const struct kcl_config *config,
	void (*report)(void *arg, const struct kcl_iface *iface, const char *message), void *arg)
{
	struct check check = {.report = report, .arg = arg};

	for (unsigned int i = 0; i < config->iface_cnt; i++) {
		check.iface = config->iface[i];
		if (check.iface->is_shutdown)
			continue;
		check.sound = sound ? kcl_iface_find(sound, check.iface->name) : NULL;
		if (check.sound && !has_been_asked(check.sound, check.iface))
			check.sound = NULL;
		essentials_check(&check);
		ports_check(&check);
		sockets_check(&check);
		peers_check(&check);
		statics_check(&check);
		addresses_check(&check, config);
	}
	return check.cnt;
}

unsigned int kcl_config_check(const struct kcl_config *config,
			      void (*report)(void *arg, const struct kcl_iface *iface,
					     const char *message),
			      void *arg)
{
	return kcl_config_check_change(NULL, config, report, arg);
}
