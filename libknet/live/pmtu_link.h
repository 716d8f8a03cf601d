/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_PMTU_LINK_H
#define KN_LIVE_PMTU_LINK_H

#include "core/engine.h"
#include "wire/control.h"

/* The longest datagram that passes everywhere, UDP's payload: in force before more is known. */
#define KN_PMTU_LEN_SAFE 1172
/* Of a local interface nobody has spoken of. */
#define KN_PMTU_UNKNOWN 1500

/* Callers report what happened; the search itself is live/pmtu.c. All of it is control's. */

/* The state of a link has changed, or its path. */
void kn_pmtu_link_changed(struct kn_engine *e, struct kn_link *l);
/* User traffic with a host begins after a pause. */
void kn_pmtu_on_traffic(struct kn_engine *e, struct kn_host *h);
/* A size probe of ours was answered. */
void kn_pmtu_on_reply(struct kn_engine *e, struct kn_link *l, const struct kn_size *s);
/* Some of what was sent on a link did not arrive, or was refused by the kernel for its size. */
void kn_pmtu_on_loss(struct kn_engine *e, struct kn_link *l);
/* The MTU of the interface below one of our own links; 0: not known. */
void kn_pmtu_local_set(struct kn_engine *e, unsigned int link, uint16_t mtu);
/* Somebody wants to know: the search begins anew on all links of a host that work. Returns how
 * many.
 */
unsigned int kn_pmtu_again(struct kn_engine *e, struct kn_host *h);
bool kn_pmtu_is_searching(const struct kn_link *l);
/* The path MTU of a link; 0: not known. */
uint16_t kn_pmtu_of(const struct kn_link *l);
/* The timer of the engine's `narrowest`. */
void kn_pmtu_narrowest_timer(struct kn_timer *t, void *ctx, uint64_t now);

#endif
