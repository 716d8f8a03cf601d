/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_ROAM_H
#define KN_LIVE_ROAM_H

#include "core/engine.h"
#include "wire/control.h"

/*
 * An authentic probe or reply has come on a link, from `from`. is_newest: no later one of its lane
 * has come. A link without an address takes this one; a link that may roam asks the peer there, and
 * moves when it answers from there. Control only.
 */
void kn_roam_on_probe(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p,
		      const union kn_addr *from, bool is_newest);

#endif
