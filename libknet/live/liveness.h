/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_LIVENESS_H
#define KN_LIVE_LIVENESS_H

#include "core/engine.h"
#include "core/link_state.h"
#include "wire/control.h"

/* Shortest probe interval we accept from anybody, ms. */
#define KN_ACCEPT_MS 5
/* Probes of all links together, per second. */
#define KN_PROBE_BUDGET 5000

/* Callers report what happened; intervals are known to live/interval.h. All of it is control's. */

/* Whether a link may be probed: both ends know where, and our own side works. */
bool kn_live_can_probe(const struct kn_engine *e, const struct kn_link *l);
/* Probe a link now; without budget, an interval later. */
void kn_live_link_probe(struct kn_engine *e, struct kn_link *l);

/* A link was configured, or became able to work: begin to probe it if the host has a session. */
void kn_live_link_start(struct kn_engine *e, struct kn_link *l);
/* The one place that changes a link's state. why is kept as the reason. */
void kn_live_link_event(struct kn_engine *e, struct kn_link *l, enum kn_link_event ev,
			const char *why);
/* The host has a session: probe all its links now. */
void kn_live_session_start(struct kn_engine *e, struct kn_host *h);
/* The host has no session any more. */
void kn_live_session_end(struct kn_engine *e, struct kn_host *h, const char *why);
/* An authentic probe or reply of the host arrived on a link. */
void kn_live_on_probe(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p,
		      uint64_t arrived, uint64_t rx_cnt);
/* Which links we hear has changed, or the keys have: tell the peer at once, by a probe on every
 * link that works. */
void kn_live_announce(struct kn_engine *e, struct kn_host *h);
/* User traffic begins after a pause: probe now what carries it, and what may have to. */
void kn_live_probe_now(struct kn_engine *e, struct kn_host *h);
/* What a link's timer waits for may have changed. */
void kn_live_link_arm(struct kn_engine *e, struct kn_link *l);
/* Nothing is to be probed or awaited on a link any more. */
void kn_live_link_stop(struct kn_engine *e, struct kn_link *l);
/* The timer of a link. */
void kn_live_link_timer(struct kn_timer *t, void *ctx, uint64_t now);
/* Choose the host's links again and publish the choice. why NULL: round trip times may have
 * changed. */
void kn_live_choose(struct kn_engine *e, struct kn_host *h, const char *why);
/* Round trip times have changed: publish how long a flow must pause before it may change links. */
void kn_live_flow_gap(const struct kn_engine *e, struct kn_host *h);
/* Publish which links lose some of what we send: those that are suspect, and those that lose by
 * their counts, if there is another to send it again on. */
void kn_live_leaky(struct kn_host *h);
/* Workers that have sent the host something lately look whether that has arrived. */
void kn_live_kick(const struct kn_engine *e, const struct kn_host *h);
/* The same, for something that its links' states do not tell. */
void kn_live_review(const struct kn_engine *e, struct kn_host *h);
/* Recompute the state of the host (up, degraded, ...) and report a change. */
void kn_live_host_state(struct kn_engine *e, struct kn_host *h);

/* Takes one probe out of the host-wide budget; false: none left, the probe has to wait. */
bool kn_live_budget_take(struct kn_engine *e) __attribute__((warn_unused_result));

/* Seals and sends an echo request with so many bytes of payload, KN_ECHO_MAX_LEN in all: in
 * fragments if it is too long for the link and need not be whole. 0 or -errno. What is too long and
 * whole is sent all the same, and does not count as sent on the link: see kn_echo_is_trial(). */
int kn_echo_send(struct kn_engine *e, struct kn_link *l, const struct kn_echo *echo, size_t size)
	__attribute__((warn_unused_result));
bool kn_echo_is_trial(const struct kn_link *l, const struct kn_echo *echo, size_t size);

/* Seal and send a size probe, an IP packet of `size` bytes, `overhead` of which are headers of IP
 * and UDP. 0 or -errno. It counts as sent on the link when it is answered: one that is too long is
 * no loss. */
struct kn_size_ip {
	uint16_t size, overhead;
};
int kn_size_send(struct kn_engine *e, struct kn_link *l, const struct kn_size_ip *ip,
		 uint32_t token);
/* Seal and send a control message of the current session to another address than the link's. It
 * does not count as sent on the link. 0 or -errno. */
int kn_control_send_to(struct kn_engine *e, struct kn_link *l, const union kn_addr *to,
		       const uint8_t *msg, size_t len);
/* Seal and send a control message to a host on one link. 0 or -errno. */
int kn_control_send(struct kn_engine *e, struct kn_host *h, struct kn_link *l, const uint8_t *msg,
		    size_t len);
/* Confirm what has come since the last time by keys that were replaced: probes tell of the present
 * ones only. */
void kn_control_confirm_old(struct kn_engine *e, struct kn_host *h, struct kn_link *l);

#endif
