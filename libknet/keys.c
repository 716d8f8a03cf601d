// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What programs around the engine need of its cryptography: making secrets and keys, and reading
 * and writing them as text. Stateless; any thread may enter. The cryptographic library is started
 * and stopped around the one call that needs it, because no handle need exist (a key generator has
 * none).
 */
#include "knet.h"

#include <errno.h>

#include "crypto/crypto.h"
#include "crypto/identity.h"
#include "crypto/x25519.h"

_Static_assert(KNET_KEY_TEXT_LEN == KN_KEY_TEXT_LEN, "one text form of keys");

int knet_random(void *out, size_t len)
{
	return kn_random_os(out, len);
}

int knet_key_public(const uint8_t private_key[KNET_KEY_LEN], uint8_t out[KNET_KEY_LEN])
{
	int rc = kn_crypto_init();

	if (rc < 0)
		return rc;
	rc = kn_x25519_base(out, private_key);
	kn_crypto_fini();
	return rc;
}

void knet_key_format(const uint8_t key[KNET_KEY_LEN], char out[KNET_KEY_TEXT_LEN + 1])
{
	kn_key_format(key, out);
}

int knet_key_parse(const char *text, uint8_t out[KNET_KEY_LEN])
{
	return kn_key_parse(text, out);
}
