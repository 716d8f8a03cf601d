// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The expensive half of the handshake: Diffie-Hellman and Noise, without any state but the job's.
 * Runs in the handshake thread (or, in the simulation, wherever it is called), so that neither
 * control nor a worker ever waits for an X25519.
 */
#include "live/hs_job.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/identity.h"
#include "crypto/x25519.h"
#include "wire/datagram.h"

/* Binds version, suite family and purpose: nothing is negotiated, so nothing can be downgraded. */
static const char prologue[] = "kronosnet protocol 1";

static struct kn_noise_setup setup_of(const struct kn_hs_job *job)
{
	return (struct kn_noise_setup){.protocol = KN_NOISE_IKPSK2_AESGCM,
				       .prologue = {prologue, sizeof(prologue) - 1},
				       .static_priv = job->priv,
				       .static_pub = job->pub,
				       .remote_pub = job->remote_pub,
				       .psk = job->psk};
}

/* The key we expect of the peer, derived from the secret if it is not pinned or cached. */
static bool remote_pub_get(struct kn_hs_job *job)
{
	uint8_t priv[32];

	if (job->has_remote_pub)
		return true;
	bool ok = kn_host_key_derive(job->secret, job->host, priv) == 0 &&
		  kn_x25519_base(job->remote_pub, priv) == 0;

	kn_wipe(priv, sizeof(priv));
	job->has_remote_pub = ok;
	return ok;
}

static bool mac1_put(const struct kn_hs_job *job, uint8_t *msg, size_t mac1_off)
{
	uint8_t full[KN_SHA256_LEN];
	struct kn_bytes part = {msg, mac1_off};

	if (kn_hmac_sha256((struct kn_bytes){job->mac1_key, 32}, &part, 1, full) != 0)
		return false;
	memcpy(msg + mac1_off, full, KN_HS_MAC_LEN);
	memset(msg + mac1_off + KN_HS_MAC_LEN, 0, KN_HS_MAC_LEN);
	return true;
}

static bool keys_take(struct kn_hs_job *job)
{
	struct kn_noise_keys nk;
	bool ok = kn_noise_split(&job->noise, &nk) == 0 &&
		  kn_session_keys_derive(&nk, job->suite, &job->keys) == 0;

	kn_wipe(&nk, sizeof(nk));
	return ok;
}

static enum kn_hs_result initiate(struct kn_hs_job *job)
{
	uint8_t payload[KN_MSG1_PAYLOAD_LEN];

	if (!remote_pub_get(job))
		return KN_HS_FAILED;

	struct kn_noise_setup setup = setup_of(job);

	kn_msg1_payload_pack(payload, &job->msg1);
	kn_msg1_hdr_pack(job->buf, job->local_index);
	if (kn_noise_init_initiator(&job->noise, &setup) != 0 ||
	    kn_noise_write_msg1(&job->noise, job->eph, (struct kn_bytes){payload, sizeof(payload)},
				job->buf + KN_MSG1_NOISE_OFF) != 0 ||
	    !mac1_put(job, job->buf, KN_MSG1_MAC1_OFF))
		return KN_HS_FAILED;
	return KN_HS_OK;
}

static enum kn_hs_result read1(struct kn_hs_job *job)
{
	uint8_t payload[KN_MSG1_PAYLOAD_LEN];
	size_t len = sizeof(payload);
	struct kn_noise_setup setup = setup_of(job);

	setup.remote_pub = NULL;
	if (kn_noise_init_responder(&job->noise, &setup) != 0)
		return KN_HS_FAILED;
	if (kn_noise_read_msg1(&job->noise,
			       (struct kn_bytes){job->buf + KN_MSG1_NOISE_OFF, KN_MSG1_NOISE_LEN},
			       payload, &len) != 0 ||
	    kn_msg1_payload_unpack(payload, len, &job->msg1) != 0)
		return KN_HS_NOT_AUTHENTIC;
	return KN_HS_OK;
}

static enum kn_hs_result respond(struct kn_hs_job *job)
{
	uint8_t payload[KN_MSG2_PAYLOAD_LEN];

	if (!remote_pub_get(job))
		return KN_HS_FAILED;
	if (!kn_ct_equal(job->remote_pub, job->noise.rs, sizeof(job->remote_pub)))
		return KN_HS_KEY_MISMATCH;
	kn_msg2_payload_pack(payload, &job->msg2);
	kn_msg2_hdr_pack(job->buf, job->local_index, job->remote_index);
	if (kn_noise_write_msg2(&job->noise, job->eph, (struct kn_bytes){payload, sizeof(payload)},
				job->buf + KN_MSG2_NOISE_OFF) != 0 ||
	    !mac1_put(job, job->buf, KN_MSG2_MAC1_OFF))
		return KN_HS_FAILED;
	if (job->msg2.status == KN_MSG2_OK && !keys_take(job))
		return KN_HS_FAILED;
	return KN_HS_OK;
}

static enum kn_hs_result finish(struct kn_hs_job *job)
{
	uint8_t payload[KN_MSG2_PAYLOAD_LEN];
	size_t len = sizeof(payload);

	if (kn_noise_read_msg2(&job->noise,
			       (struct kn_bytes){job->buf + KN_MSG2_NOISE_OFF, KN_MSG2_NOISE_LEN},
			       payload, &len) != 0 ||
	    kn_msg2_payload_unpack(payload, len, &job->msg2) != 0)
		return KN_HS_NOT_AUTHENTIC;
	if (job->msg2.status == KN_MSG2_OK && !keys_take(job))
		return KN_HS_FAILED;
	return KN_HS_OK;
}

void kn_hs_job_run(struct kn_hs_job *job)
{
	switch (job->step) {
	case KN_HS_INITIATE:
		job->result = initiate(job);
		break;
	case KN_HS_READ1:
		job->result = read1(job);
		break;
	case KN_HS_RESPOND:
		job->result = respond(job);
		break;
	case KN_HS_FINISH:
		job->result = finish(job);
		break;
	}
	kn_wipe(job->eph, sizeof(job->eph));
}

void kn_hs_job_free(struct kn_hs_job *job)
{
	if (job == NULL)
		return;
	kn_wipe(job, sizeof(*job));
	free(job);
}
