// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Two links that leave by the same address fail together: whoever leaves the choice of addresses to
 * the routes is told so, once, and sees it in `show interfaces`. Addresses that were configured are
 * the operator's business. Control thread only.
 */
#include "knetd/iface.h"

#include <stdio.h>
#include <string.h>

#include <qb/qblog.h>

static bool is_chosen(const struct kcl_iface *cfg, unsigned int number)
{
	return !cfg->link[number].is_set || cfg->link[number].local.family == AF_UNSPEC;
}

/* True if both are open at the same address, and one of them by the daemon's own choice. */
static bool share_source(const struct knd_iface *iface, const struct kcl_iface *cfg, unsigned int a,
			 unsigned int b)
{
	static const uint8_t wildcard[16];
	const struct knd_link *x = &iface->link[a], *y = &iface->link[b];

	return x->is_open && y->is_open && (is_chosen(cfg, a) || is_chosen(cfg, b)) &&
	       x->local.family == y->local.family &&
	       memcmp(x->local.ip, y->local.ip, sizeof(x->local.ip)) == 0 &&
	       memcmp(x->local.ip, wildcard, sizeof(wildcard)) != 0;
}

static void warning_make(const struct knd_iface *iface, const struct kcl_iface *cfg, char *out,
			 size_t size)
{
	char text[KCL_VALUE_TEXT_MAX];

	out[0] = '\0';
	for (unsigned int b = 1; b < KNET_MAX_LINKS; b++) {
		for (unsigned int a = 0; a < b; a++) {
			struct kcl_endpoint source = iface->link[a].local;

			if (!share_source(iface, cfg, a, b))
				continue;
			source.port = 0;
			snprintf(out, size, "links %u and %u share source %s: no path diversity", a,
				 b, kcl_endpoint_format(&source, text));
			return;
		}
	}
}

void knd_iface_warn(struct knd_iface *iface, const struct kcl_iface *cfg)
{
	char text[sizeof(iface->warning)];

	warning_make(iface, cfg, text, sizeof(text));
	if (strcmp(text, iface->warning) == 0)
		return;
	memcpy(iface->warning, text, sizeof(text));
	iface->is_warned = !*text;
	if (*text)
		qb_log(LOG_WARNING, "%s: local: %s", iface->name, text);
}

void knd_ifaces_warn(struct knd_ifaces *all, void (*tell)(void *arg, const char *text), void *arg)
{
	char text[192];

	for (struct knd_iface *iface = all->first; iface; iface = iface->next) {
		if (!*iface->warning || iface->is_warned)
			continue;
		iface->is_warned = true;
		snprintf(text, sizeof(text), "Warning: %s: %s", iface->name, iface->warning);
		tell(arg, text);
	}
}
