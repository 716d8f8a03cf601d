// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Where the socket of a link should be. The local address is, in this order: that of `link N
 * local`, that of `link N ... local` of the peer with the lowest id that has this link, or the
 * source that the route to that peer prefers (`auto`). A source found by route is kept as long as
 * the machine has it: the route may go another way while a cable is out, and the link must not
 * follow it to where another link is.
 *
 * Control thread only.
 */
#include "knetd/settle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int knd_settle_fail(const struct knd_settle *s, unsigned int number, int rc, const char *text)
{
	snprintf(s->iface->link[number].trouble, sizeof(s->iface->link[number].trouble), "%s",
		 text);
	return knd_why_say(s->why, rc, "interface %s link %u: %s", s->cfg->name, number, text);
}

static bool ip_equal(const struct kcl_endpoint *a, const struct kcl_endpoint *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

const char *knd_ip_format(const struct kcl_endpoint *ep, char *out)
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
static bool is_shared(const struct knd_settle *s, unsigned int number,
		      const struct kcl_endpoint *ep)
{
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (i != number && s->iface->link[i].is_open &&
		    ip_equal(&s->iface->link[i].local, ep))
			return true;
	return false;
}

/* An address found earlier is kept while the machine has it and the question is the same. */
static bool auto_is_kept(const struct knd_settle *s, unsigned int number,
			 const struct kcl_endpoint *towards)
{
	const struct knd_link *link = &s->iface->link[number];
	struct knd_dev dev;

	return link->is_open && kcl_endpoint_equal(&link->towards, towards) &&
	       !is_shared(s, number, &link->local) &&
	       knd_net_addr_find(s->all->net, &link->local, &dev);
}

/* The source of the route to a peer. 0, -EAGAIN if it cannot be known now, or -errno with why. */
static int auto_find(const struct knd_settle *s, unsigned int number,
		     const struct kcl_endpoint *towards, struct kcl_endpoint *out)
{
	struct knd_link *link = &s->iface->link[number];
	char ip[KCL_VALUE_TEXT_MAX], text[2 * KCL_VALUE_TEXT_MAX];
	struct knd_route route;
	int rc = knd_net_route(s->all->net, towards, &route);

	knd_ip_format(towards, ip);
	if (rc == 0 && is_overlay(s->all, route.dev_index)) {
		snprintf(text, sizeof(text),
			 "the route to %s leads into the tunnel itself: expected an address of "
			 "the underlay",
			 ip);
		return knd_settle_fail(s, number, -ELOOP, text);
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
static int auto_want(const struct knd_settle *s, unsigned int number, struct kcl_endpoint *out)
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

int knd_settle_want(const struct knd_settle *s, unsigned int number, struct kcl_endpoint *out)
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
			 knd_ip_format(out, ip));
		return knd_settle_fail(s, number, -ELOOP, text);
	}
	return 0;
}
