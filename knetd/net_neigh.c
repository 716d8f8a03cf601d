// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Neighbours of a device that the kernel has asked for in vain. What is sent while there is no
 * carrier makes it ask into the void, and it asks again a second later, whether the carrier is back
 * by then or not. Without such an entry it asks with the next datagram. Control thread only.
 */
#include "knetd/net_internal.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <string.h>

#define UNKNOWN_MAX 256 /* in one go: who has more of them has other troubles */

struct unknown {
	int index;
	size_t cnt;
	struct {
		uint8_t family;
		uint8_t ip[16];
	} neigh[UNKNOWN_MAX];
};

static int on_neigh(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	const struct ndmsg *info = nlmsg_data(hdr);
	struct unknown *u = arg;
	struct nlattr *attr[NDA_MAX + 1];

	if (hdr->nlmsg_type != RTM_NEWNEIGH || nlmsg_datalen(hdr) < (int)sizeof(*info) ||
	    info->ndm_ifindex != u->index || info->ndm_state != NUD_INCOMPLETE ||
	    u->cnt == UNKNOWN_MAX)
		return NL_OK;
	if (nlmsg_parse(hdr, sizeof(*info), attr, NDA_MAX, NULL) < 0 || !attr[NDA_DST] ||
	    nla_len(attr[NDA_DST]) != knd_net_ip_len(info->ndm_family))
		return NL_OK;
	u->neigh[u->cnt].family = info->ndm_family;
	memcpy(u->neigh[u->cnt++].ip, nla_data(attr[NDA_DST]),
	       (size_t)knd_net_ip_len(info->ndm_family));
	return NL_OK;
}

/* NULL without memory. */
static struct nl_msg *message_new(int type, int flags, const struct ndmsg *info)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg && nlmsg_append(msg, (void *)(uintptr_t)info, sizeof(*info), NLMSG_ALIGNTO) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int unknown_find(struct knd_net *net, struct unknown *u)
{
	const struct ndmsg all = {.ndm_family = AF_UNSPEC};
	struct nl_msg *msg = message_new(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, &all);
	int rc;

	if (msg && nla_put_u32(msg, NDA_IFINDEX, (uint32_t)u->index) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	rc = knd_net_ask(net, msg, on_neigh, u);
	/* Another one may come or go meanwhile. */
	return rc == -NLE_DUMP_INTR ? 0 : rc;
}

static int forget(struct knd_net *net, const struct unknown *u, size_t i)
{
	const struct ndmsg info = {.ndm_family = u->neigh[i].family, .ndm_ifindex = u->index};
	struct nl_msg *msg = message_new(RTM_DELNEIGH, NLM_F_REQUEST | NLM_F_ACK, &info);

	if (!msg || nla_put(msg, NDA_DST, knd_net_ip_len(u->neigh[i].family), u->neigh[i].ip) < 0) {
		nlmsg_free(msg);
		return -NLE_NOMEM;
	}
	return nl_send_sync(net->set, msg); /* which frees it */
}

int knd_net_neigh_renew(struct knd_net *net, int index)
{
	struct unknown u = {.index = index};
	int first = unknown_find(net, &u);

	for (size_t i = 0; i < u.cnt; i++) {
		const int rc = forget(net, &u, i);

		if (first >= 0 && rc < 0 && rc != -NLE_OBJ_NOTFOUND)
			first = rc;
	}
	return first < 0 ? knd_net_errno(first) : 0;
}
