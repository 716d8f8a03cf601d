/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_INTERVAL_H
#define KN_LIVE_INTERVAL_H

#include "core/engine.h"

/* A link that is down is probed in answer to a probe of the peer, but not sooner than this. */
#define KN_INTERVAL_ANSWER_NS 20000000ULL
/* The shortest interval of a link that nobody uses. */
#define KN_INTERVAL_IDLE_MS 1000U

/* Whether there was user traffic with a host in the last 2 s, or an attempt at it. */
bool kn_interval_has_users(const struct kn_engine *e, const struct kn_host *h);
/* Whether a link carries users' traffic of these moments, in either direction. */
bool kn_interval_is_busy(const struct kn_engine *e, const struct kn_link *l);
/* The probe interval now in force on a link, ms: longer than its state asks for while the links of
 * all hosts together want more probes than the budget has. */
unsigned int kn_interval_ms(const struct kn_engine *e, const struct kn_link *l);
/* How soon after one probe on the link the peer may send the next, ms: rarely, if all peers
 * together would keep us from everything else. */
unsigned int kn_interval_accept_ms(const struct kn_engine *e, const struct kn_link *l);
/* Count what the link wants in the engine's probe load; or, without probes, what it wanted no more.
 */
void kn_interval_load_set(struct kn_engine *e, struct kn_link *l, bool is_probed);
/* When the next probe is due: up to an eighth of the interval early, differently each time. */
uint64_t kn_interval_next_probe_at(const struct kn_engine *e, const struct kn_link *l);
/* When the oldest unanswered probe is late enough to ask once more, when it becomes suspicious, and
 * when it means that the link is down. */
uint64_t kn_interval_again_at(const struct kn_engine *e, const struct kn_link *l);
uint64_t kn_interval_overdue_at(const struct kn_engine *e, const struct kn_link *l);
uint64_t kn_interval_timeout_at(const struct kn_engine *e, const struct kn_link *l);
/* How long nothing may arrive on a link before we tell the peer that we do not hear it there. */
uint64_t kn_interval_deaf_ns(const struct kn_engine *e, const struct kn_link *l);

/* The link leaves the state up now: soon after its hold time, this was too short. While the link is
 * on hold nobody relies on it, however often it fails then. */
void kn_interval_note_flap(const struct kn_engine *e, struct kn_link *l);
/* The link has left that state for an answer that was only late. True: that is rare, and no flap.
 */
bool kn_interval_forgive(const struct kn_engine *e, struct kn_link *l);
/* How long a link that comes up now is on hold. */
uint64_t kn_interval_hold_ns(const struct kn_engine *e, const struct kn_link *l);
/* The same for one that was only suspect: short where traffic fills all links, the first times. */
uint64_t kn_interval_hold_back_ns(const struct kn_engine *e, const struct kn_link *l);

#endif
