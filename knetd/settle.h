/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* What the parts of settling share: settle.c, locate.c, settle_tap.c. */
#ifndef KNETD_SETTLE_H
#define KNETD_SETTLE_H

#include "knetd/iface.h"

/* One settling of one interface; all borrowed. */
struct knd_settle {
	struct knd_ifaces *all;
	struct knd_iface *iface;
	const struct kcl_iface *cfg;
	struct knd_why *why;
};

/* Notes the trouble of a link, and says it. Returns `rc`. */
int knd_settle_fail(const struct knd_settle *s, unsigned int number, int rc, const char *text);
/* Address only; the port would hide what matters. Returns out. */
const char *knd_ip_format(const struct kcl_endpoint *ep, char *out);
/*
 * Where the socket of a link should be. 0, -EAGAIN if that cannot be known now, or -errno with the
 * trouble noted.
 */
__attribute__((warn_unused_result)) int
knd_settle_want(const struct knd_settle *s, unsigned int number, struct kcl_endpoint *out);
/* MTU and alias of the TAP; its addresses. 0 or -errno with `why`. */
__attribute__((warn_unused_result)) int knd_settle_tap(const struct knd_settle *s);
__attribute__((warn_unused_result)) int knd_settle_addresses(const struct knd_settle *s);

#endif
