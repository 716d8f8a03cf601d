// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What an interface takes from the machine: the sockets of its links, its MTU, the addresses of its
 * TAP. All of it is worked out anew, from configuration and netlink's news, whenever either has
 * changed, and only what differs is touched. So a daemon that starts before its addresses are there
 * heals when they come, and one link's trouble is no other link's.
 *
 * The local address of a link is, in this order: that of `link N local`, that of `link N ... local`
 * of the peer with the lowest id that has this link, or the source that the route to that peer
 * prefers (`auto`). A source found by route is kept as long as the machine has it: the route may go
 * another way while a cable is out, and the link must not follow it to where another link is.
 *
 * Control thread only.
 */
#include "knetd/iface.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qb/qblog.h>

#define MTU_UNKNOWN 1500 /* of an underlay that is not there yet */
#define MTU_MIN     68
#define MTU_MAX     65535

#define LINK_MTU_MIN 576  /* of an underlay, that the engine takes */
#define PATH_MTU_MIN 1280 /* of the TAP: below it, the kernel takes IPv6 away */

struct settle {
	struct knd_ifaces *all;
	struct knd_iface *iface;
	const struct kcl_iface *cfg;
	struct knd_why *why;
};

static int link_fail(const struct settle *s, unsigned int number, int rc, const char *text)
{
	snprintf(s->iface->link[number].trouble, sizeof(s->iface->link[number].trouble), "%s",
		 text);
	return knd_why_say(s->why, rc, "interface %s link %u: %s", s->cfg->name, number, text);
}

static bool ip_equal(const struct kcl_endpoint *a, const struct kcl_endpoint *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool is_wildcard(const struct kcl_endpoint *ep)
{
	static const uint8_t zeros[sizeof(ep->ip)];

	return memcmp(ep->ip, zeros, sizeof(zeros)) == 0;
}

/* Address only; the port would hide what matters. */
static const char *ip_format(const struct kcl_endpoint *ep, char *out)
{
	struct kcl_endpoint bare = *ep;

	bare.port = 0;
	return kcl_endpoint_format(&bare, out);
}

static bool prefix_covers(const struct kcl_prefix *prefix, const struct kcl_endpoint *ep)
{
	const unsigned int whole = prefix->len / 8, rest = prefix->len % 8;
	const uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (prefix->family != ep->family || memcmp(prefix->ip, ep->ip, whole) != 0)
		return false;
	return !rest || !((prefix->ip[whole] ^ ep->ip[whole]) & mask);
}

bool knd_iface_covers(const struct kcl_iface *cfg, const struct kcl_endpoint *ep)
{
	for (uint32_t i = 0; i < cfg->addr_cnt; i++)
		if (prefix_covers(&cfg->addr[i], ep))
			return true;
	return false;
}

/* True if a device is the TAP of some interface of ours. */
static bool is_overlay(const struct knd_ifaces *all, int dev_index)
{
	for (const struct knd_iface *iface = all->first; iface; iface = iface->next)
		if (iface->index == dev_index)
			return true;
	return false;
}

/* ---- where a link should be ------------------------------------------------------------------ */

const struct kcl_peer_link *knd_link_decider(const struct kcl_iface *cfg, unsigned int number)
{
	const struct kcl_peer *peer = NULL;

	while ((peer = kcl_peer_next(cfg, peer ? peer->id : 0))) {
		const struct kcl_peer_link *link = kcl_peer_link_find(peer, number);

		if (link && (link->remote.family != AF_UNSPEC || link->local.family != AF_UNSPEC))
			return link;
	}
	return NULL;
}

/* True if another link of the interface has this address. */
static bool is_shared(const struct settle *s, unsigned int number, const struct kcl_endpoint *ep)
{
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (i != number && s->iface->link[i].is_open &&
		    ip_equal(&s->iface->link[i].local, ep))
			return true;
	return false;
}

/* An address found earlier is kept while the machine has it and the question is the same. */
static bool auto_is_kept(const struct settle *s, unsigned int number,
			 const struct kcl_endpoint *towards)
{
	const struct knd_link *link = &s->iface->link[number];
	struct knd_dev dev;

	return link->is_open && kcl_endpoint_equal(&link->towards, towards) &&
	       !is_shared(s, number, &link->local) &&
	       knd_net_addr_find(s->all->net, &link->local, &dev);
}

/* The source of the route to a peer. 0, -EAGAIN if it cannot be known now, or -errno with why. */
static int auto_find(const struct settle *s, unsigned int number,
		     const struct kcl_endpoint *towards, struct kcl_endpoint *out)
{
	struct knd_link *link = &s->iface->link[number];
	char ip[KCL_VALUE_TEXT_MAX], text[2 * KCL_VALUE_TEXT_MAX];
	struct knd_route route;
	int rc = knd_net_route(s->all->net, towards, &route);

	ip_format(towards, ip);
	if (rc == 0 && is_overlay(s->all, route.dev_index)) {
		snprintf(text, sizeof(text),
			 "the route to %s leads into the tunnel itself: expected an address of "
			 "the underlay",
			 ip);
		return link_fail(s, number, -ELOOP, text);
	}
	if (rc < 0 || route.source.family == AF_UNSPEC) {
		snprintf(link->trouble, sizeof(link->trouble), "no route to %s", ip);
		return -EAGAIN;
	}
	if (link->is_open && kcl_endpoint_equal(&link->towards, towards) &&
	    is_shared(s, number, &route.source))
		return -EAGAIN;
	*out = route.source;
	return 0;
}

/* The same without a configured address. */
static int auto_want(const struct settle *s, unsigned int number, struct kcl_endpoint *out)
{
	const struct kcl_peer_link *decider = knd_link_decider(s->cfg, number);
	struct knd_link *link = &s->iface->link[number];
	int rc;

	if (!decider) {
		*out = (struct kcl_endpoint){.family = AF_INET}; /* all peers come to us */
		return 0;
	}
	if (decider->local.family != AF_UNSPEC) {
		*out = decider->local;
		return 0;
	}
	if (auto_is_kept(s, number, &decider->remote)) {
		*out = link->local;
		return 0;
	}
	rc = auto_find(s, number, &decider->remote, out);
	if (rc == 0)
		link->towards = decider->remote;
	return rc;
}

static int link_want(const struct settle *s, unsigned int number, struct kcl_endpoint *out)
{
	const struct kcl_link *own = &s->cfg->link[number];
	char ip[KCL_VALUE_TEXT_MAX], text[2 * KCL_VALUE_TEXT_MAX];
	struct knd_dev dev;
	int rc = 0;

	if (own->is_set && own->local.family != AF_UNSPEC)
		*out = own->local;
	else
		rc = auto_want(s, number, out);
	if (rc < 0)
		return rc;
	out->port = kcl_link_port(s->cfg, number);
	if (knd_iface_covers(s->cfg, out) ||
	    (knd_net_addr_find(s->all->net, out, &dev) && is_overlay(s->all, dev.index))) {
		snprintf(text, sizeof(text),
			 "local address %s is inside the tunnel: expected one of the underlay",
			 ip_format(out, ip));
		return link_fail(s, number, -ELOOP, text);
	}
	return 0;
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void link_shut(struct knd_iface *iface, unsigned int number)
{
	struct knd_link *link = &iface->link[number];

	link->mtu_told = 0;
	if (link->is_open)
		(void)knet_link_close(iface->handle, number);
	link->is_open = false;
	link->is_usable = false;
}

static int bind_fail(const struct settle *s, unsigned int number, int rc,
		     const struct kcl_endpoint *want)
{
	struct knd_link *link = &s->iface->link[number];
	char ep[KCL_VALUE_TEXT_MAX], text[2 * KCL_VALUE_TEXT_MAX];

	if (rc == -EADDRNOTAVAIL) {
		link_shut(s->iface, number);
		link->local = *want;
		snprintf(link->trouble, sizeof(link->trouble), "waiting for address %s",
			 ip_format(want, ep));
		return 0;
	}
	snprintf(text, sizeof(text), "%s: %s", kcl_endpoint_format(want, ep),
		 rc == -EADDRINUSE ? "address and port are in use" : strerror(-rc));
	return link_fail(s, number, rc, text);
}

static int link_bind(const struct settle *s, unsigned int number, const struct kcl_endpoint *want)
{
	struct knd_link *link = &s->iface->link[number];
	const uint8_t priority = s->cfg->link[number].priority;
	const bool is_same = link->is_open && kcl_endpoint_equal(&link->local, want);
	struct sockaddr_storage addr;
	int rc;

	if (is_same && link->priority == priority)
		return 0;
	kcl_endpoint_sockaddr(want, want->port, &addr);
	rc = knet_link_open(s->iface->handle, number, (struct sockaddr *)&addr, priority);
	if (rc < 0)
		return bind_fail(s, number, rc, want);
	link->is_usable = is_same ? link->is_usable : true;
	link->is_open = true;
	link->priority = priority;
	link->local = *want;
	return 0;
}

/* How far the search for path MTUs goes. */
static void mtu_tell(const struct settle *s, unsigned int number)
{
	struct knd_link *link = &s->iface->link[number];
	unsigned int mtu = link->mtu > MTU_MAX ? MTU_MAX : link->mtu;

	if (mtu >= LINK_MTU_MIN && mtu != link->mtu_told &&
	    knet_link_mtu_set(s->iface->handle, number, mtu) == 0)
		link->mtu_told = mtu;
}

static void link_weigh(const struct settle *s, unsigned int number)
{
	const uint8_t configured = s->cfg->link[number].weight;
	const uint8_t weight = configured ? configured : 1;

	if (s->iface->link[number].weight != weight)
		(void)knet_link_weight_set(s->iface->handle, number, weight);
	s->iface->link[number].weight = weight;
}

/* Tells the engine what the kernel says of the device below. */
static void link_follow(const struct settle *s, unsigned int number)
{
	struct knd_link *link = &s->iface->link[number];
	char ip[KCL_VALUE_TEXT_MAX], text[sizeof(link->trouble)] = "";
	struct knd_dev dev;

	if (!link->is_open)
		return;
	if (is_wildcard(&link->local))
		link->mtu = MTU_UNKNOWN;
	else if (!knd_net_addr_find(s->all->net, &link->local, &dev))
		snprintf(text, sizeof(text), "address %s is gone", ip_format(&link->local, ip));
	else {
		link->mtu = dev.mtu;
		if (!dev.is_up)
			snprintf(text, sizeof(text), "%s is down", dev.name);
		else if (!dev.has_carrier)
			snprintf(text, sizeof(text), "%s has no carrier", dev.name);
	}
	mtu_tell(s, number);
	memcpy(link->trouble, text, sizeof(text));
	if (link->is_usable == !*text)
		return;
	link->is_usable = !*text;
	(void)knet_link_usable_set(s->iface->handle, number, link->is_usable,
				   link->is_usable ? "it has carrier and address" : text);
}

/* The engine speaks of links that are open; of others we do, once per reason. */
static void trouble_log(const struct settle *s, unsigned int number, const char *before)
{
	const struct knd_link *link = &s->iface->link[number];

	if (!link->is_open && link->trouble[0] && strcmp(link->trouble, before) != 0)
		qb_log(LOG_WARNING, "%s: link %u: %s", s->iface->name, number, link->trouble);
}

static int link_settle(const struct settle *s, unsigned int number)
{
	struct knd_link *link = &s->iface->link[number];
	char before[sizeof(link->trouble)];
	struct kcl_endpoint want;
	int rc;

	if (!link->is_wanted) {
		link_shut(s->iface, number);
		*link = (struct knd_link){0};
		return 0;
	}
	memcpy(before, link->trouble, sizeof(before));
	rc = link_want(s, number, &want);
	if (rc == -EAGAIN && link->is_open) { /* where it is, with what else has changed */
		want = link->local;
		want.port = kcl_link_port(s->cfg, number);
		rc = 0;
	}
	if (rc == 0)
		rc = link_bind(s, number, &want);
	link_weigh(s, number);
	link_follow(s, number);
	trouble_log(s, number, before);
	return rc == -EAGAIN ? 0 : rc;
}

static int links_settle(const struct settle *s)
{
	int first = 0;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const int rc = link_settle(s, i);

		if (first == 0)
			first = rc; /* the others have a right to their turn */
	}
	return first;
}

/* ---- the TAP --------------------------------------------------------------------------------- */

/* What fits the narrowest underlay, also one that is away at the moment. */
static unsigned int mtu_of_underlays(const struct settle *s)
{
	unsigned int best = MTU_MAX;
	bool known = false;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct knd_link *link = &s->iface->link[i];
		const unsigned int fits = knet_mtu_for(link->mtu, link->local.family == AF_INET6);

		if (!link->is_wanted || !link->mtu)
			continue;
		known = true;
		best = fits < best ? fits : best;
	}
	if (!known)
		best = knet_mtu_for(MTU_UNKNOWN, true);
	return best < MTU_MIN ? MTU_MIN : best;
}

/*
 * That, or less if a path that is in use is narrower. What does not fit a path is fragmented, so
 * this only spares fragments; where it could do harm it is left: to the bridge that the TAP is a
 * port of, since that drops without a word what its stations send in good faith, and to IPv6, which
 * the kernel takes away below 1280.
 */
static unsigned int mtu_auto(const struct settle *s)
{
	unsigned int best = mtu_of_underlays(s), path;
	struct knd_dev dev;

	s->iface->narrowest = knet_mtu_narrowest(s->iface->handle);
	path = s->iface->narrowest;
	if (!path || (knd_net_dev_find(s->all->net, s->iface->index, &dev) && dev.master))
		return best;
	if (path < PATH_MTU_MIN)
		path = PATH_MTU_MIN;
	return path < best ? path : best;
}

static bool text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int tap_settle(const struct settle *s)
{
	struct knd_iface *iface = s->iface;
	const struct knd_tap tap = {
		.mtu = s->cfg->mtu == KCL_MTU_AUTO ? mtu_auto(s) : s->cfg->mtu,
		.alias = s->cfg->description,
	};
	char *alias = NULL;
	int rc;

	if (iface->mtu == tap.mtu && text_equal(iface->alias, tap.alias))
		return 0;
	if (tap.alias && !(alias = strdup(tap.alias)))
		return knd_why_say(s->why, -ENOMEM, "interface %s: out of memory", iface->name);
	rc = knd_net_tap_set(s->all->net, iface->index, &tap);
	if (rc < 0) {
		free(alias);
		return knd_why_say(s->why, rc, "interface %s: mtu %u: %s", iface->name, tap.mtu,
				   strerror(-rc));
	}
	(void)knet_tap_mtu_set(iface->handle, tap.mtu);
	if (iface->mtu && iface->mtu != tap.mtu)
		qb_log(LOG_NOTICE, "%s: the MTU of the interface is %u, was %u%s", iface->name,
		       tap.mtu, iface->mtu,
		       s->cfg->mtu == KCL_MTU_AUTO && iface->narrowest
			       ? ": a path in use is narrower than our interfaces"
			       : "");
	iface->mtu = tap.mtu;
	free(iface->alias);
	iface->alias = alias;
	return 0;
}

static bool prefix_listed(const struct kcl_prefix *list, uint32_t cnt,
			  const struct kcl_prefix *prefix)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (list[i].family == prefix->family && list[i].len == prefix->len &&
		    memcmp(list[i].ip, prefix->ip, sizeof(prefix->ip)) == 0)
			return true;
	return false;
}

static int address_fail(const struct settle *s, int rc, const struct kcl_prefix *prefix)
{
	char text[KCL_VALUE_TEXT_MAX];

	return knd_why_say(s->why, rc, "interface %s: address %s: %s", s->cfg->name,
			   kcl_prefix_format(prefix, text), strerror(-rc));
}

static int addresses_settle(const struct settle *s)
{
	struct knd_iface *iface = s->iface;
	const struct kcl_iface *cfg = s->cfg;
	int rc;

	for (uint32_t i = iface->addr_cnt; i-- > 0;) {
		if (prefix_listed(cfg->addr, cfg->addr_cnt, &iface->addr[i]))
			continue;
		rc = knd_net_addr_del(s->all->net, iface->index, &iface->addr[i]);
		if (rc < 0)
			return address_fail(s, rc, &iface->addr[i]);
		iface->addr[i] = iface->addr[--iface->addr_cnt];
	}
	for (uint32_t i = 0; i < cfg->addr_cnt; i++) {
		if (prefix_listed(iface->addr, iface->addr_cnt, &cfg->addr[i]))
			continue;
		rc = knd_net_addr_add(s->all->net, iface->index, &cfg->addr[i]);
		if (rc < 0)
			return address_fail(s, rc, &cfg->addr[i]);
		iface->addr[iface->addr_cnt++] = cfg->addr[i];
	}
	return 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

int knd_iface_follow(struct knd_ifaces *all, struct knd_iface *iface, const struct kcl_iface *cfg,
		     struct knd_why *why)
{
	const struct settle s = {.all = all, .iface = iface, .cfg = cfg, .why = why};
	const int rc = links_settle(&s);
	const int tap = tap_settle(&s);

	knd_iface_warn(iface, cfg);

	return rc < 0 ? rc : tap;
}

int knd_iface_settle(struct knd_ifaces *all, struct knd_iface *iface, const struct kcl_iface *cfg,
		     struct knd_why *why)
{
	const struct settle s = {.all = all, .iface = iface, .cfg = cfg, .why = why};
	const uint8_t wanted = kcl_iface_links(cfg);
	int rc;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		iface->link[i].is_wanted = wanted & 1u << i && !cfg->link[i].is_shutdown;
	rc = links_settle(&s);
	knd_iface_warn(iface, cfg);
	if (rc == 0)
		rc = tap_settle(&s);
	return rc == 0 ? addresses_settle(&s) : rc;
}
