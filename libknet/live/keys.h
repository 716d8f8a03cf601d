/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_KEYS_H
#define KN_LIVE_KEYS_H

#include "core/engine.h"

/* How long a replaced session still receives, and a current one may be used past its rekey time. */
#define KN_SESSION_OLD_NS   (30 * KN_SEC)
#define KN_SESSION_GRACE_NS (300 * KN_SEC)

/* The life of a host's sessions: next -> current -> old -> gone. All of it is control's. */

/* Make s what we send with; the one before goes on receiving. Sets the rekey timer. */
void kn_keys_install(struct kn_engine *e, struct kn_host *h, struct kn_session *s);
/* Keep s as the responder's unconfirmed session, instead of an earlier one. */
void kn_keys_offer(struct kn_engine *e, struct kn_host *h, struct kn_session *s);
/* The first datagram under the offered session came: install it. */
void kn_keys_confirmed(struct kn_engine *e, uint32_t index);
/* Drop all sessions of a host. */
void kn_keys_drop(struct kn_engine *e, struct kn_host *h, const char *why);
/* The session has carried so much that it must be replaced: begin. Called with every probe. */
void kn_keys_check_bytes(struct kn_engine *e, struct kn_host *h);

#endif
