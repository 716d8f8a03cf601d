/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_HS_JOB_H
#define KN_LIVE_HS_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "crypto/noise.h"
#include "crypto/session_keys.h"
#include "wire/handshake.h"

struct kn_hs_job;

/* The expensive steps of a handshake: what the handshake thread does. */
enum kn_hs_step {
	KN_HS_INITIATE, /* write msg1 */
	KN_HS_READ1,    /* read msg1: who is it? */
	KN_HS_RESPOND,  /* check its key and write msg2 */
	KN_HS_FINISH,   /* read msg2 */
};

enum kn_hs_result {
	KN_HS_OK,
	KN_HS_NOT_AUTHENTIC,
	KN_HS_KEY_MISMATCH, /* read1: authentic, but not the key we expect of that host */
	KN_HS_FAILED,       /* crypto failed: out of memory */
};

/*
 * One piece of work. Self-contained: it points at nothing of the engine, so the thread that runs it
 * needs no lock. The same job is handed on from READ1 to RESPOND.
 */
struct kn_hs_job {
	struct kn_hs_job *next; /* for the queue it is in */
	enum kn_hs_step step;
	enum kn_hs_result result;
	uint16_t host;      /* INITIATE, RESPOND, FINISH: of the peer */
	uint8_t link;       /* it came in on */
	union kn_addr from; /* it came from */
	uint32_t local_index;
	uint32_t remote_index;
	uint32_t ticket;                  /* tells a job for a handshake that was given up */
	uint8_t msg1_mac1[KN_HS_MAC_LEN]; /* RESPOND: of what it answers */

	/* in */
	uint8_t secret[32]; /* to derive the peer's key, if !has_remote_pub */
	uint8_t psk[32];
	uint8_t mac1_key[32];
	uint8_t priv[32], pub[32]; /* our own */
	uint8_t eph[32];
	uint8_t remote_pub[32]; /* what we expect; out: as derived */
	bool has_remote_pub;
	struct kn_noise noise;       /* in and out */
	struct kn_msg1_payload msg1; /* in: INITIATE; out: READ1 */
	struct kn_msg2_payload msg2; /* in: RESPOND; out: FINISH */

	/* the datagram read or written, with mac1, mac2 zero */
	uint8_t buf[KN_HS_MAX_LEN];
	enum kn_suite suite;
	struct kn_session_keys keys; /* out: RESPOND with status ok, FINISH with status ok */
};

/* Do the step. Any thread; no state but the job's. */
void kn_hs_job_run(struct kn_hs_job *job);
/* Wipe and free; NULL is fine. */
void kn_hs_job_free(struct kn_hs_job *job);

#endif
