// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A peer that has fallen silent on a link may be there, but not under the hardware address that the
 * kernel has for it or for the gateway to it: its card was exchanged, or an answer was forged. The
 * kernel begins to doubt that only half a minute later. So it is made to ask anew, with the next
 * probe: seldom, since with many peers it is rather the cable, and each question goes to everybody
 * on the wire. Control thread only.
 */
#include "knetd/iface.h"

#include <netinet/in.h>
#include <string.h>

#include <qb/qblog.h>

#include "knetd/clock.h"

#define AGAIN_NS UINT64_C(5000000000)

/* The place of a peer among those that were doubted; NULL: it is not to be now, since it was a
 * moment ago, or so many others were. */
static struct knd_doubt *place_of(struct knd_link *link, uint16_t peer, uint64_t now_ns)
{
	struct knd_doubt *oldest = &link->doubt[0];

	for (unsigned int i = 0; i < KND_DOUBTS; i++) {
		struct knd_doubt *d = &link->doubt[i];

		if (d->peer == peer || d->at_ns < oldest->at_ns)
			oldest = d;
		if (d->peer == peer)
			break;
	}
	return oldest->at_ns && now_ns - oldest->at_ns < AGAIN_NS ? NULL : oldest;
}

static struct kcl_endpoint endpoint_of(const struct sockaddr_storage *ss)
{
	struct kcl_endpoint ep = {.family = (uint8_t)ss->ss_family};

	if (ss->ss_family == AF_INET)
		memcpy(ep.ip, &((const struct sockaddr_in *)ss)->sin_addr, 4);
	else if (ss->ss_family == AF_INET6)
		memcpy(ep.ip, &((const struct sockaddr_in6 *)ss)->sin6_addr, 16);
	return ep;
}

void knd_iface_peer_silent(const struct knd_ifaces *all, struct knd_iface *iface, uint16_t peer,
			   unsigned int number)
{
	struct knd_link *link = &iface->link[number];
	const uint64_t now_ns = knd_now_ns();
	struct knd_doubt *place = place_of(link, peer, now_ns);
	struct knet_link_info info;
	struct kcl_endpoint remote;
	struct knd_route route;
	int rc;

	if (!place || !link->is_usable ||
	    knet_link_info_get(iface->handle, peer, number, &info) < 0 ||
	    info.state != KNET_LINK_DOWN || info.remote.ss_family == AF_UNSPEC)
		return;
	*place = (struct knd_doubt){.peer = peer, .at_ns = now_ns};
	remote = endpoint_of(&info.remote);
	if (knd_net_route(all->net, &remote, &link->local, &route) < 0)
		return; /* what is sent says so */
	rc = knd_net_neigh_doubt(all->net, route.dev_index, &route.hop);
	if (rc < 0)
		qb_log(LOG_WARNING, "%s: link %u: the next hop cannot be asked for anew: %s",
		       iface->name, number, strerror(-rc));
}
