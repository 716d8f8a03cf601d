/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_PING_H
#define KN_LIVE_PING_H

#include "live/engine.h"

/* Sends an echo request on a link, which the parameters need not say. 0 or -errno. */
int kn_ping_send(struct kn_engine *e, struct kn_link *l, const struct knet_ping_params *params,
		 struct knet_ping *out) __attribute__((warn_unused_result));
/* An authentic echo reply has come. */
void kn_ping_on_reply(struct kn_engine *e, const struct kn_report *r, uint32_t token);
/* 1 and the time it took, 0: not answered so far, -ENOENT: forgotten. */
int kn_ping_result(const struct kn_engine *e, const struct knet_ping *ping, int64_t *rtt_us)
	__attribute__((warn_unused_result));

#endif
