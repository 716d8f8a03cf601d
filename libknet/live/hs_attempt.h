/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_HS_ATTEMPT_H
#define KN_LIVE_HS_ATTEMPT_H

#include "core/engine.h"
#include "live/engine.h"
#include "live/hs_job.h"

/* Between the two halves of the handshake room: initiator (handshake.c) and responder (respond.c).
 */

/* A handshake of ours under way: allocated for as long as it lasts. */
struct kn_hs_attempt {
	struct kn_noise noise;
	uint64_t born_ns;
	uint64_t cookie_ns;
	uint32_t local_index; /* reserved */
	uint32_t ticket;
	uint8_t msg1[KN_MSG1_LEN];
	uint8_t cookie[KN_HS_MAC_LEN];
	uint8_t next_link;
	uint8_t resends;
	bool has_msg1;
	bool has_cookie;
	bool is_finishing; /* a msg2 is being read */
};

/* Our answer to the last msg1 of a host, sent again to copies of it. */
struct kn_hs_reply {
	uint8_t mac1[KN_HS_MAC_LEN]; /* of the msg1 */
	uint8_t msg2[KN_MSG2_LEN];
};

/* A job with our keys and a fresh ephemeral; NULL if out of memory. */
struct kn_hs_job *kn_handshake_job_new(struct kn_engine *e, enum kn_hs_step step, uint16_t host);
/* Consumes the job, also if it returns false (counted). */
bool kn_handshake_job_submit(struct kn_engine *e, struct kn_hs_job *job);
/* Keep text as the host's last error; one log line until something changes. */
void kn_handshake_complain(struct kn_engine *e, struct kn_host *h, const char *text);

/* The responder's side. */
void kn_handshake_on_msg1(struct kn_engine *e, const struct kn_report *r);
void kn_handshake_read1_done(struct kn_engine *e, struct kn_hs_job *job); /* consumes */
void kn_handshake_respond_done(struct kn_engine *e, struct kn_host *h, struct kn_hs_job *job);

#endif
