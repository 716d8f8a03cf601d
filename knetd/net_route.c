// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Asking the kernel how it would reach an address: the source address it would choose and the
 * device it would use. Control thread only.
 */
#include "knetd/net_internal.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <string.h>

static void answer_parse(struct nlmsghdr *hdr, struct knd_route *out)
{
	const struct rtmsg *info = nlmsg_data(hdr);
	struct nlattr *attr[RTA_MAX + 1];
	const int len = knd_net_ip_len(info->rtm_family);

	if (nlmsg_parse(hdr, sizeof(*info), attr, RTA_MAX, NULL) < 0)
		return;
	if (attr[RTA_OIF] && nla_len(attr[RTA_OIF]) >= (int)sizeof(uint32_t))
		out->dev_index = (int)nla_get_u32(attr[RTA_OIF]);
	if (!attr[RTA_PREFSRC] || nla_len(attr[RTA_PREFSRC]) != len)
		return;
	out->source.family = info->rtm_family;
	memcpy(out->source.ip, nla_data(attr[RTA_PREFSRC]), (size_t)len);
}

static int on_answer(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	if (hdr->nlmsg_type == RTM_NEWROUTE && nlmsg_datalen(hdr) >= (int)sizeof(struct rtmsg))
		answer_parse(hdr, arg);
	return NL_OK;
}

static struct nl_msg *request_new(const struct kcl_endpoint *to)
{
	const int len = knd_net_ip_len(to->family);
	struct rtmsg info = {.rtm_family = to->family, .rtm_dst_len = (uint8_t)(len * 8)};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);

	if (msg && nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) == 0 &&
	    nla_put(msg, RTA_DST, len, to->ip) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int knd_net_route(struct knd_net *net, const struct kcl_endpoint *to, struct knd_route *out)
{
	int rc;

	*out = (struct knd_route){0};
	rc = knd_net_ask(net, request_new(to), on_answer, out);
	if (rc == -NLE_NOMEM)
		return -ENOMEM;
	return rc < 0 || !out->dev_index ? -ENETUNREACH : 0;
}
