// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Setting up our own TAP: MTU, description, up, addresses. The engine makes the device; what the
 * operator says of it is set here. Control thread only.
 */
#include "knetd/net_internal.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <stdio.h>
#include <string.h>

/* With the NUL. A description may be longer. */
#define ALIAS_SIZE 255

/* As much as the kernel takes, and no half character. */
static const char *alias_cut(const char *text, char out[ALIAS_SIZE])
{
	size_t len = strnlen(text, ALIAS_SIZE);

	if (len == ALIAS_SIZE)
		do
			len--;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80);
	snprintf(out, ALIAS_SIZE, "%.*s", (int)len, text);
	return out;
}

int knd_net_tap_set(struct knd_net *net, int index, const struct knd_tap *tap)
{
	struct rtnl_link *which = rtnl_link_alloc(), *change = rtnl_link_alloc();
	char alias[ALIAS_SIZE];
	int rc = -NLE_NOMEM;

	if (which && change) {
		rtnl_link_set_ifindex(which, index);
		rtnl_link_set_mtu(change, tap->mtu);
		rtnl_link_set_ifalias(change, alias_cut(tap->alias ? tap->alias : "", alias));
		rtnl_link_set_flags(change, IFF_UP);
		rc = rtnl_link_change(net->set, which, change, 0);
	}
	rtnl_link_put(change);
	rtnl_link_put(which);
	return knd_net_errno(rc);
}

/* NULL without memory. No search for duplicates: at this moment no peer could answer. */
static struct rtnl_addr *addr_new(int index, const struct kcl_prefix *prefix)
{
	const size_t len = (size_t)knd_net_ip_len(prefix->family);
	struct nl_addr *ip = nl_addr_build(prefix->family, prefix->ip, len);
	struct rtnl_addr *addr = rtnl_addr_alloc();

	if (ip && addr) {
		nl_addr_set_prefixlen(ip, prefix->len);
		rtnl_addr_set_ifindex(addr, index);
		if (rtnl_addr_set_local(addr, ip) < 0) {
			rtnl_addr_put(addr);
			addr = NULL;
		} else if (prefix->family == AF_INET6) {
			rtnl_addr_set_flags(addr, IFA_F_NODAD);
		}
	}
	nl_addr_put(ip);
	return addr;
}

int knd_net_addr_add(struct knd_net *net, int index, const struct kcl_prefix *prefix)
{
	struct rtnl_addr *addr = addr_new(index, prefix);
	int rc = addr ? rtnl_addr_add(net->set, addr, 0) : -NLE_NOMEM;

	rtnl_addr_put(addr);
	return rc == -NLE_EXIST ? 0 : knd_net_errno(rc);
}

int knd_net_addr_del(struct knd_net *net, int index, const struct kcl_prefix *prefix)
{
	struct rtnl_addr *addr = addr_new(index, prefix);
	int rc = addr ? rtnl_addr_delete(net->set, addr, 0) : -NLE_NOMEM;

	rtnl_addr_put(addr);
	if (rc == -NLE_NOADDR || rc == -NLE_OBJ_NOTFOUND || rc == -NLE_NODEV)
		return 0;
	return knd_net_errno(rc);
}
