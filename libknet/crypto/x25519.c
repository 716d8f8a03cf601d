// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * X25519 on NSS, which knows the curve as a kind of ECDH and wants objects for keys.
 *
 * A raw private key enters NSS wrapped as PKCS #8. The format asks for the public key beside the
 * private one; NSS does not use it for ECDH, so the base point stands there, which saves a scalar
 * multiplication per import. The public key of a private key is, by definition, its shared secret
 * with the base point, so there is one function underneath. Nothing is cached: an import costs a
 * tenth of the multiplication. Entered by the handshake thread and at set-up.
 */
#include "crypto/x25519.h"

#include "crypto/crypto.h"

#include <keyhi.h>
#include <pk11pub.h>
#include <prerror.h>
#include <secerr.h>

#include <errno.h>
#include <string.h>

/*
 * PrivateKeyInfo {
 *	version 0, algorithm { id-ecPublicKey, curve25519 = 1.3.6.1.4.1.11591.15.1 },
 *	OCTET STRING { ECPrivateKey { version 1, OCTET STRING priv, [1] BIT STRING pub } } }
 */
#define PKCS8_LEN     105
#define PKCS8_PRIV_AT 36
#define PKCS8_TAIL_AT (PKCS8_PRIV_AT + KN_X25519_LEN)

static const uint8_t pkcs8_head[PKCS8_PRIV_AT] = {
	0x30, 0x67, 0x02, 0x01, 0x00, 0x30, 0x14, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda,
	0x47, 0x0f, 0x01, 0x04, 0x4c, 0x30, 0x4a, 0x02, 0x01, 0x01, 0x04, 0x20,
};

/* The base point, 9, stands for the public key; the other 31 bytes are zero. */
static const uint8_t pkcs8_tail[PKCS8_LEN - PKCS8_TAIL_AT] = {0xa1, 0x23, 0x03, 0x21, 0x00, 9};

/* The curve as an object identifier in DER. */
static const uint8_t curve_oid[] = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x04,
				    0x01, 0xda, 0x47, 0x0f, 0x01};

static const uint8_t base_point[KN_X25519_LEN] = {9};

static SECKEYPrivateKey *private_import(const uint8_t priv[KN_X25519_LEN])
{
	uint8_t der[PKCS8_LEN];
	SECItem item = {.type = siBuffer, .data = der, .len = sizeof(der)};
	SECKEYPrivateKey *key = NULL;
	PK11SlotInfo *slot = PK11_GetInternalSlot();

	if (!slot)
		return NULL;
	memcpy(der, pkcs8_head, sizeof(pkcs8_head));
	memcpy(der + PKCS8_PRIV_AT, priv, KN_X25519_LEN);
	memcpy(der + PKCS8_TAIL_AT, pkcs8_tail, sizeof(pkcs8_tail));
	if (PK11_ImportDERPrivateKeyInfoAndReturnKey(slot, &item, NULL, NULL, PR_FALSE, PR_TRUE,
						     KU_KEY_AGREEMENT, &key, NULL) != SECSuccess)
		key = NULL;
	kn_wipe(der, sizeof(der));
	PK11_FreeSlot(slot);
	return key;
}

static PK11SymKey *secret_derive(SECKEYPrivateKey *priv, const uint8_t pub[KN_X25519_LEN])
{
	uint8_t params[sizeof(curve_oid)];
	uint8_t point[KN_X25519_LEN];
	SECKEYPublicKey key = {
		.keyType = ecKey,
		.pkcs11ID = CK_INVALID_HANDLE,
		.u.ec =
			{
				.DEREncodedParams = {siBuffer, params, sizeof(params)},
				.publicValue = {siBuffer, point, sizeof(point)},
				.encoding = ECPoint_XOnly,
			},
	};

	memcpy(params, curve_oid, sizeof(params));
	memcpy(point, pub, sizeof(point));
	return PK11_PubDeriveWithKDF(priv, &key, PR_FALSE, NULL, NULL, CKM_ECDH1_DERIVE,
				     CKM_SHA256_HMAC, CKA_SIGN, KN_X25519_LEN, CKD_NULL, NULL,
				     NULL);
}

static int secret_extract(PK11SymKey *secret, uint8_t out[KN_X25519_LEN])
{
	static const uint8_t zeros[KN_X25519_LEN];

	if (PK11_ExtractKeyValue(secret) != SECSuccess)
		return -EIO;
	const SECItem *value = PK11_GetKeyData(secret);
	if (!value || value->len != KN_X25519_LEN)
		return -EIO;
	memcpy(out, value->data, KN_X25519_LEN);
	/* NSS refuses such points itself; the handshake relies on it, so it is checked here too. */
	return kn_ct_equal(out, zeros, KN_X25519_LEN) ? -EBADMSG : 0;
}

int kn_x25519(uint8_t out[KN_X25519_LEN], const uint8_t priv[KN_X25519_LEN],
	      const uint8_t pub[KN_X25519_LEN])
{
	int err = -EIO;

	SECKEYPrivateKey *key = private_import(priv);
	if (!key)
		goto wipe;
	PK11SymKey *secret = secret_derive(key, pub);
	if (secret) {
		err = secret_extract(secret, out);
		PK11_FreeSymKey(secret);
	} else if (PORT_GetError() != SEC_ERROR_NO_MEMORY) {
		/* The private key was good and memory is there: NSS did not like the point. */
		err = -EBADMSG;
	}
	SECKEY_DestroyPrivateKey(key);
wipe:
	if (err)
		kn_wipe(out, KN_X25519_LEN);
	return err;
}

int kn_x25519_base(uint8_t pub[KN_X25519_LEN], const uint8_t priv[KN_X25519_LEN])
{
	return kn_x25519(pub, priv, base_point) ? -EIO : 0;
}
