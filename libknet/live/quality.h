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
/* What was lost so far has found its cause: count loss anew. */
void kn_quality_restart(struct kn_probing *q);
/* One round trip: smoothed RTT and its variation as in RFC 6298, jitter as in RFC 3550. */
void kn_quality_on_rtt(struct kn_probing *q, uint32_t rtt_us);
/* How long to wait for an answer before asking again: srtt + 4 * rttvar, at least KN_WAIT_MIN_US;
 * 0 if no RTT is known yet. */
uint32_t kn_quality_wait_us(const struct kn_probing *q);
/* How long to wait in all before the link is suspect; 0 if no RTT is known yet. */
uint32_t kn_quality_patience_us(const struct kn_probing *q);
/* Round trips were much longer a moment ago: until that is forgotten, silence is noticed late. */
bool kn_quality_is_unsettled(const struct kn_probing *q);
/* An answer came after rtt_us: if patience was over by then, there is more of it from now on, for
 * some time. Before kn_quality_on_rtt(). */
void kn_quality_on_late(struct kn_probing *q, uint32_t rtt_us, uint64_t now);
/* What both ends had counted on a link when a probe left and when its answer came. */
struct kn_quality_counts {
	uint64_t now;
	uint64_t hold_ns; /* how long a lossy link must be clean, before lapses double it */
	uint64_t sent, peer_rcvd, peer_sent, rcvd;
};

enum kn_quality_change {
	KN_QUALITY_NOTHING,
	KN_QUALITY_SAME, /* a long window has ended and changed nothing */
	KN_QUALITY_LOSSY,
	KN_QUALITY_CLEAN,
};

/* Takes the counts in, closes loss windows that are long enough and have enough datagrams, and says
 * whether is_lossy has changed: kept in q->loss are the numbers why. */
enum kn_quality_change kn_quality_on_counts(struct kn_probing *q,
					    const struct kn_quality_counts *c);
/* A probe that left then was answered, and so many datagrams were missing, of all that had been
 * sent on the link: notes since when all has arrived. True: more are missing than before. */
bool kn_quality_whole(struct kn_link *l, uint64_t missing, uint64_t probe_ns);
/* "lost 21.3 % of 103 sent, 0.0 % of 98 received in 0.5 s", of the last window. */
void kn_quality_loss_format(const struct kn_probing *q, char *out, size_t size);

#endif
