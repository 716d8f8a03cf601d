// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_SESSION_KEYS_H
#define KN_CRYPTO_SESSION_KEYS_H

#include "crypto/aead.h"
#include "crypto/noise.h"

/* Key material of one direction of a session. */
struct kn_data_key {
	uint8_t key[KN_AEAD_KEY_MAX]; /* the first kn_suite_key_len() bytes count */
	uint8_t static_iv[KN_AEAD_NONCE_LEN];
};

struct kn_session_keys {
	struct kn_data_key tx;
	struct kn_data_key rx;
};

/*
 * Data keys from a finished handshake, by HKDF-SHA256: salt = handshake hash, ikm = the direction's
 * Noise key, info = "knet data key" || 0 || suite name. 32 bytes of key (16 for AES-128), then 12
 * bytes of static IV. What one side has as tx, the other has as rx. Wipe after use. 0 or -errno.
 */
int kn_session_keys_derive(const struct kn_noise_keys *noise, enum kn_suite suite,
			   struct kn_session_keys *out) __attribute__((warn_unused_result));

/* nonce = static_iv XOR (0 0 0 0 | lane | 0 | counter 48 bits, big endian). */
void kn_data_nonce(const uint8_t static_iv[KN_AEAD_NONCE_LEN], uint8_t lane, uint64_t counter,
		   uint8_t nonce[KN_AEAD_NONCE_LEN]);

#endif
