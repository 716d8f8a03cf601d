// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From the end of a handshake to the keys of the data path (protocol document, sections 2 and 3).
 *
 * Noise ends with one key per direction. Data packets need a key and a static IV per direction,
 * which depend on the suite as well: two sides that disagree about it cannot talk by accident. Pure
 * functions, for the handshake thread.
 */
#include "crypto/session_keys.h"

#include "crypto/crypto.h"
#include "crypto/kdf.h"

#include <errno.h>
#include <string.h>

#define LABEL    "knet data key"
#define INFO_MAX 64

static int direction_derive(const uint8_t noise_key[KN_NOISE_LEN], const uint8_t hash[KN_NOISE_LEN],
			    enum kn_suite suite, struct kn_data_key *out)
{
	const char *name = kn_suite_name(suite);
	size_t name_len = strlen(name);
	uint8_t info[INFO_MAX];
	uint8_t okm[KN_AEAD_KEY_MAX + KN_AEAD_NONCE_LEN];
	size_t key_len = kn_suite_key_len(suite);

	/* The label's final NUL separates it from the name. */
	memcpy(info, LABEL, sizeof(LABEL));
	memcpy(info + sizeof(LABEL), name, name_len);
	int err = kn_hkdf_sha256((struct kn_bytes){hash, KN_NOISE_LEN},
				 (struct kn_bytes){noise_key, KN_NOISE_LEN},
				 (struct kn_bytes){info, sizeof(LABEL) + name_len}, okm,
				 key_len + KN_AEAD_NONCE_LEN);
	if (!err) {
		memcpy(out->key, okm, key_len);
		memcpy(out->static_iv, okm + key_len, KN_AEAD_NONCE_LEN);
	}
	kn_wipe(okm, sizeof(okm));
	return err;
}

int kn_session_keys_derive(const struct kn_noise_keys *noise, enum kn_suite suite,
			   struct kn_session_keys *out)
{
	memset(out, 0, sizeof(*out));
	int err = direction_derive(noise->tx, noise->hash, suite, &out->tx);
	if (!err)
		err = direction_derive(noise->rx, noise->hash, suite, &out->rx);
	if (err)
		kn_wipe(out, sizeof(*out));
	return err;
}

void kn_data_nonce(const uint8_t static_iv[KN_AEAD_NONCE_LEN], uint8_t lane, uint64_t counter,
		   uint8_t nonce[KN_AEAD_NONCE_LEN])
{
	memcpy(nonce, static_iv, KN_AEAD_NONCE_LEN);
	nonce[4] ^= lane;
	for (unsigned int i = 0; i < 6; i++)
		nonce[6 + i] ^= (uint8_t)(counter >> (40 - 8 * i));
}
