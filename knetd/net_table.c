// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the kernel says of devices and addresses, message by message. Dumps and events go through
 * the same door, so a table is right after a dump followed by whatever events came meanwhile, in
 * order.
 *
 * Our own small tables rather than libnl's caches: those keep a bridge's view of a port as a second
 * device with the same index, and say nothing of events that were lost. Control thread only.
 */
#include "knetd/net_internal.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more element; false without memory. */
static bool room(void **list, size_t cnt, size_t *cap, size_t size)
{
	const size_t more = *cap ? *cap * 2 : 16;
	void *grown;

	if (cnt < *cap)
		return true;
	grown = reallocarray(*list, more, size);
	if (!grown)
		return false;
	*list = grown;
	*cap = more;
	return true;
}

static struct knd_dev *dev_at(const struct knd_net_table *table, int index)
{
	for (size_t i = 0; i < table->dev_cnt; i++)
		if (table->dev[i].index == index)
			return &table->dev[i];
	return NULL;
}

static struct knd_dev *dev_make(struct knd_net_table *table, int index)
{
	struct knd_dev *dev = dev_at(table, index);

	if (dev)
		return dev;
	if (!room((void **)&table->dev, table->dev_cnt, &table->dev_cap, sizeof(*dev))) {
		table->is_short = true;
		return NULL;
	}
	dev = &table->dev[table->dev_cnt++];
	*dev = (struct knd_dev){.index = index};
	return dev;
}

static void dev_forget(struct knd_net_table *table, int index)
{
	struct knd_dev *dev = dev_at(table, index);

	if (dev)
		*dev = table->dev[--table->dev_cnt];
	for (size_t i = table->addr_cnt; i-- > 0;)
		if (table->addr[i].dev_index == index)
			table->addr[i] = table->addr[--table->addr_cnt];
}

static void link_learn(struct knd_net_table *table, struct nlmsghdr *hdr)
{
	const struct ifinfomsg *info = nlmsg_data(hdr);
	struct nlattr *attr[IFLA_MAX + 1];
	struct knd_dev *dev;

	/* A bridge's view of its port: it goes when the port leaves, the device stays. */
	if (info->ifi_family == AF_BRIDGE)
		return;
	if (hdr->nlmsg_type == RTM_DELLINK) {
		dev_forget(table, info->ifi_index);
		return;
	}
	if (nlmsg_parse(hdr, sizeof(*info), attr, IFLA_MAX, NULL) < 0)
		return;
	dev = dev_make(table, info->ifi_index);
	if (!dev)
		return;
	dev->is_up = info->ifi_flags & IFF_UP;
	dev->has_carrier = info->ifi_flags & IFF_LOWER_UP;
	if (attr[IFLA_MTU] && nla_len(attr[IFLA_MTU]) >= (int)sizeof(uint32_t))
		dev->mtu = nla_get_u32(attr[IFLA_MTU]);
	dev->master = attr[IFLA_MASTER] && nla_len(attr[IFLA_MASTER]) >= (int)sizeof(uint32_t)
			      ? (int)nla_get_u32(attr[IFLA_MASTER])
			      : 0;
	if (attr[IFLA_IFNAME])
		nla_strlcpy(dev->name, attr[IFLA_IFNAME], sizeof(dev->name));
}

static struct knd_net_addr *addr_at(const struct knd_net_table *table,
				    const struct knd_net_addr *addr)
{
	for (size_t i = 0; i < table->addr_cnt; i++)
		if (table->addr[i].dev_index == addr->dev_index &&
		    table->addr[i].family == addr->family &&
		    memcmp(table->addr[i].ip, addr->ip, sizeof(addr->ip)) == 0)
			return &table->addr[i];
	return NULL;
}

static void addr_set(struct knd_net_table *table, const struct knd_net_addr *addr)
{
	struct knd_net_addr *known = addr_at(table, addr);

	if (!known &&
	    !room((void **)&table->addr, table->addr_cnt, &table->addr_cap, sizeof(*known))) {
		table->is_short = true;
		return;
	}
	if (!known)
		known = &table->addr[table->addr_cnt++];
	*known = *addr;
}

static void addr_learn(struct knd_net_table *table, struct nlmsghdr *hdr)
{
	const struct ifaddrmsg *info = nlmsg_data(hdr);
	const int len = knd_net_ip_len(info->ifa_family);
	struct knd_net_addr addr = {.dev_index = (int)info->ifa_index, .family = info->ifa_family};
	struct knd_net_addr *known;
	struct nlattr *attr[IFA_MAX + 1], *ip;
	uint32_t flags = info->ifa_flags;

	if ((info->ifa_family != AF_INET && info->ifa_family != AF_INET6) ||
	    nlmsg_parse(hdr, sizeof(*info), attr, IFA_MAX, NULL) < 0)
		return;
	ip = attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS];
	if (!ip || nla_len(ip) != len)
		return;
	memcpy(addr.ip, nla_data(ip), (size_t)len);
	if (attr[IFA_FLAGS] && nla_len(attr[IFA_FLAGS]) >= (int)sizeof(uint32_t))
		flags = nla_get_u32(attr[IFA_FLAGS]);
	addr.is_tentative = flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC);
	known = addr_at(table, &addr);
	if (hdr->nlmsg_type == RTM_NEWADDR)
		addr_set(table, &addr);
	else if (known)
		*known = table->addr[--table->addr_cnt];
}

void knd_net_table_learn(struct knd_net_table *table, struct nl_msg *msg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	switch (hdr->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (nlmsg_datalen(hdr) >= (int)sizeof(struct ifinfomsg))
			link_learn(table, hdr);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (nlmsg_datalen(hdr) >= (int)sizeof(struct ifaddrmsg))
			addr_learn(table, hdr);
		break;
	default:
		break;
	}
}

void knd_net_table_clear(struct knd_net_table *table)
{
	table->dev_cnt = 0;
	table->addr_cnt = 0;
	table->is_short = false;
}

void knd_net_table_fini(struct knd_net_table *table)
{
	free(table->dev);
	free(table->addr);
	*table = (struct knd_net_table){0};
}

bool knd_net_dev_find(const struct knd_net *net, int index, struct knd_dev *out)
{
	const struct knd_dev *dev = dev_at(&net->table, index);

	if (dev)
		*out = *dev;
	return dev;
}

bool knd_net_addr_find(const struct knd_net *net, const struct kcl_endpoint *ep,
		       struct knd_dev *out)
{
	bool found = false;

	for (size_t i = 0; i < net->table.addr_cnt; i++) {
		const struct knd_net_addr *addr = &net->table.addr[i];

		if (addr->family != ep->family || addr->is_tentative ||
		    memcmp(addr->ip, ep->ip, sizeof(addr->ip)) != 0)
			continue;
		if (found && out->is_up && out->has_carrier)
			break;
		found = knd_net_dev_find(net, addr->dev_index, out) || found;
	}
	return found;
}
