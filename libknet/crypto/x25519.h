// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_X25519_H
#define KN_CRYPTO_X25519_H

#include <stdint.h>

#define KN_X25519_LEN 32

/*
 * X25519 (RFC 7748) on raw 32-byte strings. Private keys are given by the caller and clamped
 * inside: randomness is an argument. Any thread may enter; about 50 us and some locks inside NSS,
 * so this is for the handshake thread.
 */

/* The public key of priv. Returns 0 or -EIO. */
int kn_x25519_base(uint8_t pub[KN_X25519_LEN], const uint8_t priv[KN_X25519_LEN])
	__attribute__((warn_unused_result));

/* The shared secret of priv and a peer's pub. Returns -EBADMSG if pub is of small order (the result
 * would be all zeros) or refused as malformed, -EIO if NSS fails. out is zeroed on error. */
int kn_x25519(uint8_t out[KN_X25519_LEN], const uint8_t priv[KN_X25519_LEN],
	      const uint8_t pub[KN_X25519_LEN]) __attribute__((warn_unused_result));

#endif
