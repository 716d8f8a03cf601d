/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_HANDSHAKE_H
#define KN_LIVE_HANDSHAKE_H

#include "core/engine.h"
#include "live/engine.h"
#include "live/hs_job.h"

/* Begin, or go on with, shaking hands with a host after delay_ns, unless a handshake is under way.
 * No effect while it is disabled or has no link that could carry it. */
void kn_handshake_start(struct kn_engine *e, struct kn_host *h, uint64_t delay_ns);
/* A peer that has a session, but no link that works, is being probed: if that has gone on for a
 * while, it may have lost the session, and not know where to find us. */
void kn_handshake_retry(struct kn_engine *e, struct kn_host *h);
/* User traffic with a host begins after a pause: an attempt that waits for its turn is due now. */
void kn_handshake_hurry(struct kn_engine *e, struct kn_host *h);
/* Give up what is under way. */
void kn_handshake_stop(struct kn_engine *e, struct kn_host *h);
/* A handshake datagram whose mac1 the worker found right (msg1), or a msg2 or cookie. */
void kn_handshake_on_datagram(struct kn_engine *e, const struct kn_report *r);
/* A handshake datagram without knowledge of the secret. */
void kn_handshake_on_bad_mac1(struct kn_engine *e, const struct kn_report *r);
/* A job is back from kn_hs_job_run(). Consumes it. Control. */
void kn_handshake_job_done(struct kn_engine *e, struct kn_hs_job *job, uint64_t now);
/* A host's timer. */
void kn_handshake_timer(struct kn_timer *t, void *ctx, uint64_t now);

#endif
