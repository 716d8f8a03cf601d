// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_IDENTITY_H
#define KN_CRYPTO_IDENTITY_H

#include <stdint.h>

#define KN_KEY_TEXT_LEN 44 /* base64 of 32 bytes, without the final NUL */

/* What every member of a network derives from the 32-byte network secret. Wipe after use. */
struct kn_network_keys {
	uint8_t mac1[32];   /* keys mac1 of every handshake datagram */
	uint8_t cookie[32]; /* keys cookie replies */
	uint8_t psk[32];    /* the pre-shared key of the Noise handshake */
};

/* HKDF-SHA256 without salt, ikm = secret, info = "knet mac1 key", "knet cookie key", "knet psk".
 * 0 or -EIO. */
int kn_network_keys_derive(const uint8_t secret[32], struct kn_network_keys *out)
	__attribute__((warn_unused_result));

/* The static X25519 private key of a host without a pinned one: HKDF-SHA256 without salt, ikm =
 * secret, info = "knet host key" || host id as 16 bits big endian. 0 or -EIO. */
int kn_host_key_derive(const uint8_t secret[32], uint16_t host_id, uint8_t priv[32])
	__attribute__((warn_unused_result));

/* A 32-byte key as 44 characters of base64 and a NUL, and the reverse. Parsing is strict: exactly
 * 44 characters, canonical; returns 0 or -EINVAL. Neither branches on the key. */
void kn_key_format(const uint8_t key[32], char text[KN_KEY_TEXT_LEN + 1]);
int kn_key_parse(const char *text, uint8_t key[32]) __attribute__((warn_unused_result));

#endif
