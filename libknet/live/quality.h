/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_QUALITY_H
#define KN_LIVE_QUALITY_H

#include "core/host.h"
#include "wire/control.h"

/* A silence shorter than this is never suspicious. */
#define KN_RTO_MIN_US 10000U

/* Forget everything measured: the link starts anew. */
void kn_quality_reset(struct kn_probing *q);
/* One round trip: smoothed RTT and its variation as in RFC 6298, jitter as in RFC 3550. */
void kn_quality_on_rtt(struct kn_probing *q, uint32_t rtt_us);
/* How long to wait for an answer before the link is suspect: srtt + 4 * rttvar, at least
 * KN_RTO_MIN_US; 0 if no RTT is known yet. */
uint32_t kn_quality_rto_us(const struct kn_probing *q);
/* A reply with the peer's counts; rx_cnt: ours when it arrived. Closes a loss window when it is
 * long enough and has enough datagrams. Returns whether is_lossy changed. */
bool kn_quality_on_counts(struct kn_probing *q, const struct kn_probe *reply, uint64_t rx_cnt,
			  uint64_t now);

#endif
