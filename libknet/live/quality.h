/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_QUALITY_H
#define KN_LIVE_QUALITY_H

#include "core/host.h"
#include "wire/control.h"

/* How long an answer may take at least before the probe is repeated, and the repeated one before
 * the link is suspect: 10 ms in all, with the tick of the timer wheel. */
#define KN_WAIT_MIN_US  4000U
#define KN_AGAIN_MIN_US 5000U
/* Late answers buy a link more time, up to this. */
#define KN_PATIENCE_MAX_US 25000U

/* Forget everything measured: the link starts anew. */
void kn_quality_reset(struct kn_probing *q);
/* One round trip: smoothed RTT and its variation as in RFC 6298, jitter as in RFC 3550. */
void kn_quality_on_rtt(struct kn_probing *q, uint32_t rtt_us);
/* How long to wait for an answer before asking again: srtt + 4 * rttvar, at least KN_WAIT_MIN_US;
 * 0 if no RTT is known yet. */
uint32_t kn_quality_wait_us(const struct kn_probing *q);
/* How long to wait in all before the link is suspect; 0 if no RTT is known yet. */
uint32_t kn_quality_patience_us(const struct kn_probing *q);
/* An answer came after rtt_us: if patience was over by then, there is more of it from now on, for
 * some time. Before kn_quality_on_rtt(). */
void kn_quality_on_late(struct kn_probing *q, uint32_t rtt_us, uint64_t now);
/* A reply with the peer's counts; rx_cnt: ours when it arrived. Closes a loss window when it is
 * long enough and has enough datagrams. Returns whether is_lossy changed. */
bool kn_quality_on_counts(struct kn_probing *q, const struct kn_probe *reply, uint64_t rx_cnt,
			  uint64_t now);

#endif
