// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_KDF_H
#define KN_CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

#define KN_SHA256_LEN 32
#define KN_MAC_LEN    16

/* A borrowed piece of memory, the argument of functions that read several of them. */
struct kn_bytes {
	const void *data;
	size_t len;
};

/*
 * All functions of this header return 0, or -EIO if NSS fails (out of memory, shut down). Outputs
 * are then unspecified. They allocate and lock inside NSS: for the handshake and for set-up.
 */

/* SHA-256 over the cnt pieces of parts, one after the other. */
int kn_sha256(const struct kn_bytes *parts, size_t cnt, uint8_t out[KN_SHA256_LEN])
	__attribute__((warn_unused_result));

/* HMAC-SHA256 (RFC 2104) over the pieces of parts. Any key length, zero included. */
int kn_hmac_sha256(struct kn_bytes key, const struct kn_bytes *parts, size_t cnt,
		   uint8_t out[KN_SHA256_LEN]) __attribute__((warn_unused_result));

/* HKDF-SHA256 (RFC 5869). An empty salt stands for 32 zero bytes. Returns -EINVAL if more than
 * 255 * 32 bytes are asked for. */
int kn_hkdf_sha256(struct kn_bytes salt, struct kn_bytes ikm, struct kn_bytes info, uint8_t *out,
		   size_t out_len) __attribute__((warn_unused_result));

/* The HKDF of the Noise specification, section 4.3: cnt (2 or 3) outputs of 32 bytes each. */
int kn_noise_hkdf(const uint8_t ck[KN_SHA256_LEN], struct kn_bytes ikm,
		  uint8_t (*out)[KN_SHA256_LEN], size_t cnt) __attribute__((warn_unused_result));

/*
 * A keyed MAC for mac1 and mac2: HMAC-SHA256 cut to 16 bytes, with everything that can be prepared
 * prepared. An object belongs to one thread; give every worker its own.
 */
struct kn_mac;

/* Returns owned in *out; free with kn_mac_free(). Copies the key. 0, -ENOMEM or -EIO. */
int kn_mac_new(const uint8_t key[32], struct kn_mac **out) __attribute__((warn_unused_result));

/* Wipes and frees; mac may be NULL. */
void kn_mac_free(struct kn_mac *mac);

/* The MAC of len bytes of data. Our side allocates nothing; NSS reuses one context. 0 or -EIO. */
int kn_mac_compute(struct kn_mac *mac, const void *data, size_t len, uint8_t out[KN_MAC_LEN])
	__attribute__((warn_unused_result));

#endif
