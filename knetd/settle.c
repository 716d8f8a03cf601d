// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What an interface takes from the machine: the sockets of its links, its MTU, the addresses of its
 * TAP. All of it is worked out anew, from configuration and netlink's news, whenever either has
 * changed, and only what differs is touched. So a daemon that starts before its addresses are there
 * heals when they come, and one link's trouble is no other link's.
 *
 * Control thread only.
 */
#include "knetd/settle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <qb/qblog.h>

#define MTU_UNKNOWN  1500 /* of an underlay that is not there yet */
#define MTU_MAX      65535
#define LINK_MTU_MIN 576 /* of an underlay, that the engine takes */

static bool is_wildcard(const struct kcl_endpoint *ep)
{
	static const uint8_t zeros[sizeof(ep->ip)];

	return memcmp(ep->ip, zeros, sizeof(zeros)) == 0;
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

static int bind_fail(const struct knd_settle *s, unsigned int number, int rc,
		     const struct kcl_endpoint *want)
{
	struct knd_link *link = &s->iface->link[number];
	char ep[KCL_VALUE_TEXT_MAX], text[2 * KCL_VALUE_TEXT_MAX];

	if (rc == -EADDRNOTAVAIL) {
		link_shut(s->iface, number);
		link->local = *want;
		snprintf(link->trouble, sizeof(link->trouble), "waiting for address %s",
			 knd_ip_format(want, ep));
		return 0;
	}
	snprintf(text, sizeof(text), "%s: %s", kcl_endpoint_format(want, ep),
		 rc == -EADDRINUSE ? "address and port are in use" : strerror(-rc));
	return knd_settle_fail(s, number, rc, text);
}

static int link_bind(const struct knd_settle *s, unsigned int number,
		     const struct kcl_endpoint *want)
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
static void mtu_tell(const struct knd_settle *s, unsigned int number)
{
	struct knd_link *link = &s->iface->link[number];
	unsigned int mtu = link->mtu > MTU_MAX ? MTU_MAX : link->mtu;

	if (mtu >= LINK_MTU_MIN && mtu != link->mtu_told &&
	    knet_link_mtu_set(s->iface->handle, number, mtu) == 0)
		link->mtu_told = mtu;
}

static void link_weigh(const struct knd_settle *s, unsigned int number)
{
	const uint8_t configured = s->cfg->link[number].weight;
	const uint8_t weight = configured ? configured : 1;

	if (s->iface->link[number].weight != weight)
		(void)knet_link_weight_set(s->iface->handle, number, weight);
	s->iface->link[number].weight = weight;
}

/* Peers are asked for at once. */
static void neigh_renew(const struct knd_settle *s, const struct knd_dev *dev)
{
	const int rc = knd_net_neigh_renew(s->all->net, dev->index);

	if (rc < 0)
		qb_log(LOG_WARNING, "%s: neighbours on %s cannot be asked for anew: %s",
		       s->iface->name, dev->name, strerror(-rc));
}

/* Tells the engine what the kernel says of the device below. */
static void link_follow(const struct knd_settle *s, unsigned int number)
{
	struct knd_link *link = &s->iface->link[number];
	char ip[KCL_VALUE_TEXT_MAX], text[sizeof(link->trouble)] = "";
	struct knd_dev dev = {0};

	if (!link->is_open)
		return;
	if (is_wildcard(&link->local))
		link->mtu = MTU_UNKNOWN;
	else if (!knd_net_addr_find(s->all->net, &link->local, &dev))
		snprintf(text, sizeof(text), "address %s is gone", knd_ip_format(&link->local, ip));
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
	if (link->is_usable && dev.index)
		neigh_renew(s, &dev);
	(void)knet_link_usable_set(s->iface->handle, number, link->is_usable,
				   link->is_usable ? "it has carrier and address" : text);
}

/* The engine speaks of links that are open; of others we do, once per reason. */
static void trouble_log(const struct knd_settle *s, unsigned int number, const char *before)
{
	const struct knd_link *link = &s->iface->link[number];

	if (!link->is_open && link->trouble[0] && strcmp(link->trouble, before) != 0)
		qb_log(LOG_WARNING, "%s: link %u: %s", s->iface->name, number, link->trouble);
}

static int link_settle(const struct knd_settle *s, unsigned int number)
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
	rc = knd_settle_want(s, number, &want);
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

/* Where a link will be, as far as the configuration says; else where it is, but for its port. */
static bool place_next(const struct knd_settle *s, unsigned int number, struct kcl_endpoint *out)
{
	const struct kcl_link *own = &s->cfg->link[number];
	const struct knd_link *link = &s->iface->link[number];
	const bool is_said = own->is_set && own->local.family != AF_UNSPEC;

	if (!link->is_wanted || (!is_said && !link->is_open))
		return false;
	*out = is_said ? own->local : link->local;
	out->port = kcl_link_port(s->cfg, number);
	return true;
}

static bool is_in_the_way(const struct kcl_endpoint *a, const struct kcl_endpoint *b)
{
	return a->family == b->family && a->port == b->port &&
	       (is_wildcard(a) || is_wildcard(b) || memcmp(a->ip, b->ip, sizeof(a->ip)) == 0);
}

/* A link that leaves a place which another one comes to lets go first: two may change places. */
static void links_make_way(const struct knd_settle *s)
{
	struct kcl_endpoint own, others;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct knd_link *link = &s->iface->link[i];

		if (!link->is_open ||
		    (place_next(s, i, &own) && kcl_endpoint_equal(&own, &link->local)))
			continue;
		for (unsigned int j = 0; j < KNET_MAX_LINKS; j++)
			if (i != j && place_next(s, j, &others) &&
			    is_in_the_way(&others, &link->local))
				link_shut(s->iface, i);
	}
}

static int links_settle(const struct knd_settle *s)
{
	int first = 0;

	links_make_way(s);

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const int rc = link_settle(s, i);

		if (first == 0)
			first = rc; /* the others have a right to their turn */
	}
	return first;
}

/* ---- all of it ------------------------------------------------------------------------------- */

int knd_iface_follow(struct knd_ifaces *all, struct knd_iface *iface, const struct kcl_iface *cfg,
		     struct knd_why *why)
{
	const struct knd_settle s = {.all = all, .iface = iface, .cfg = cfg, .why = why};
	const int rc = links_settle(&s);
	const int tap = knd_settle_tap(&s);

	knd_iface_warn(iface, cfg);

	return rc < 0 ? rc : tap;
}

int knd_iface_settle(struct knd_ifaces *all, struct knd_iface *iface, const struct kcl_iface *cfg,
		     struct knd_why *why)
{
	const struct knd_settle s = {.all = all, .iface = iface, .cfg = cfg, .why = why};
	const uint8_t wanted = kcl_iface_links(cfg);
	int rc;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		iface->link[i].is_wanted = wanted & 1u << i && !cfg->link[i].is_shutdown;
	rc = links_settle(&s);
	knd_iface_warn(iface, cfg);
	if (rc == 0)
		rc = knd_settle_tap(&s);
	return rc == 0 ? knd_settle_addresses(&s) : rc;
}
