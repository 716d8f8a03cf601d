// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Neighbours of a device that the kernel is to ask for anew: without an entry, it asks with the
 * next datagram. Those that it has asked for in vain: what is sent while there is no carrier makes
 * it ask into the void, and it asks again a second later, whether the carrier is back by then or
 * not. Or one whose answer may be wrong. Control thread only.
 */
#include "knetd/net_internal.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <string.h>

#define FOUND_MAX 256 /* in one go: who has more of them has other troubles */

struct search {
	int index;
	const struct kcl_endpoint *one; /* whatever it has answered; NULL: all that have not */
	size_t cnt;
	struct {
		uint8_t family;
		uint8_t ip[16];
	} neigh[FOUND_MAX];
};

static bool is_wanted(const struct search *s, const struct ndmsg *info, const void *ip)
{
	if (!s->one)
		return info->ndm_state == NUD_INCOMPLETE;
	return !(info->ndm_state & (NUD_PERMANENT | NUD_NOARP)) &&
	       info->ndm_family == s->one->family &&
	       memcmp(ip, s->one->ip, (size_t)knd_net_ip_len(s->one->family)) == 0;
}

static int on_neigh(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	const struct ndmsg *info = nlmsg_data(hdr);
	struct search *s = arg;
	struct nlattr *attr[NDA_MAX + 1];

	if (hdr->nlmsg_type != RTM_NEWNEIGH || nlmsg_datalen(hdr) < (int)sizeof(*info) ||
	    info->ndm_ifindex != s->index || s->cnt == FOUND_MAX)
		return NL_OK;
	if (nlmsg_parse(hdr, sizeof(*info), attr, NDA_MAX, NULL) < 0 || !attr[NDA_DST] ||
	    nla_len(attr[NDA_DST]) != knd_net_ip_len(info->ndm_family) ||
	    !is_wanted(s, info, nla_data(attr[NDA_DST])))
		return NL_OK;
	s->neigh[s->cnt].family = info->ndm_family;
	memcpy(s->neigh[s->cnt++].ip, nla_data(attr[NDA_DST]),
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

static int search(struct knd_net *net, struct search *s)
{
	const struct ndmsg all = {.ndm_family = AF_UNSPEC};
	struct nl_msg *msg = message_new(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, &all);
	int rc;

	if (msg && nla_put_u32(msg, NDA_IFINDEX, (uint32_t)s->index) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	rc = knd_net_ask(net, msg, on_neigh, s);
	/* Another one may come or go meanwhile. */
	return rc == -NLE_DUMP_INTR ? 0 : rc;
}

static int forget(struct knd_net *net, const struct search *s, size_t i)
{
	const struct ndmsg info = {.ndm_family = s->neigh[i].family, .ndm_ifindex = s->index};
	struct nl_msg *msg = message_new(RTM_DELNEIGH, NLM_F_REQUEST | NLM_F_ACK, &info);

	if (!msg || nla_put(msg, NDA_DST, knd_net_ip_len(s->neigh[i].family), s->neigh[i].ip) < 0) {
		nlmsg_free(msg);
		return -NLE_NOMEM;
	}
	return nl_send_sync(net->set, msg); /* which frees it */
}

static int renew(struct knd_net *net, struct search *s)
{
	int first = search(net, s);

	for (size_t i = 0; i < s->cnt; i++) {
		const int rc = forget(net, s, i);

		if (first >= 0 && rc < 0 && rc != -NLE_OBJ_NOTFOUND)
			first = rc;
	}
	return first < 0 ? knd_net_errno(first) : 0;
}

int knd_net_neigh_renew(struct knd_net *net, int index)
{
	struct search s = {.index = index};

	return renew(net, &s);
}

int knd_net_neigh_doubt(struct knd_net *net, int index, const struct kcl_endpoint *ep)
{
	struct search s = {.index = index, .one = ep};

	return renew(net, &s);
}
