// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the TAP takes from the machine and from its interface's links: MTU, alias, addresses. Only
 * what differs is touched. Control thread only.
 */
#include "knetd/settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qb/qblog.h>

#define MTU_UNKNOWN 1500 /* of an underlay that is not there yet */
#define MTU_MIN     68
#define MTU_MAX     65535

#define PATH_MTU_MIN 1280 /* of the TAP: below it, the kernel takes IPv6 away */

/* What fits the narrowest underlay, also one that is away at the moment. */
static unsigned int mtu_of_underlays(const struct knd_settle *s)
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
static unsigned int mtu_auto(const struct knd_settle *s)
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

int knd_settle_tap(const struct knd_settle *s)
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

static int address_fail(const struct knd_settle *s, int rc, const struct kcl_prefix *prefix)
{
	char text[KCL_VALUE_TEXT_MAX];

	return knd_why_say(s->why, rc, "interface %s: address %s: %s", s->cfg->name,
			   kcl_prefix_format(prefix, text), strerror(-rc));
}

int knd_settle_addresses(const struct knd_settle *s)
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
