// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * SHA-256, HMAC and the two HKDFs, on the digest of NSS, and the MAC of handshake datagrams.
 *
 * HMAC is built here from the digest, two passes over one context, because NSS takes no empty keys
 * and because a key object per call costs more than the hash. Everything is checked against the
 * public vectors. The functions are called by the handshake thread and at set-up; struct kn_mac by
 * workers, one object each: its key object and context live as long as it does.
 */
#include "crypto/kdf.h"

#include "crypto/crypto.h"
#include "crypto/nss_util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HMAC_BLOCK     64
#define HKDF_LEN_MAX   (255 * KN_SHA256_LEN)
#define HKDF_PARTS_MAX 3

struct kn_mac {
	PK11SymKey *key;
	PK11Context *context;
};

static bool digest_update(PK11Context *ctx, const struct kn_bytes *parts, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		if (parts[i].len == 0)
			continue;
		if (PK11_DigestOp(ctx, parts[i].data, (unsigned int)parts[i].len) != SECSuccess)
			return false;
	}
	return true;
}

static bool digest_final(PK11Context *ctx, uint8_t out[KN_SHA256_LEN])
{
	unsigned int len = 0;

	return PK11_DigestFinal(ctx, out, &len, KN_SHA256_LEN) == SECSuccess &&
	       len == KN_SHA256_LEN;
}

int kn_sha256(const struct kn_bytes *parts, size_t cnt, uint8_t out[KN_SHA256_LEN])
{
	PK11Context *ctx = PK11_CreateDigestContext(SEC_OID_SHA256);
	if (!ctx)
		return -EIO;
	bool ok = PK11_DigestBegin(ctx) == SECSuccess && digest_update(ctx, parts, cnt) &&
		  digest_final(ctx, out);
	PK11_DestroyContext(ctx, PR_TRUE);
	return ok ? 0 : -EIO;
}

/* One of the two passes of HMAC: the padded key, then the parts. */
static bool hmac_pass(PK11Context *ctx, const uint8_t pad[HMAC_BLOCK], const struct kn_bytes *parts,
		      size_t cnt, uint8_t out[KN_SHA256_LEN])
{
	return PK11_DigestBegin(ctx) == SECSuccess &&
	       PK11_DigestOp(ctx, pad, HMAC_BLOCK) == SECSuccess &&
	       digest_update(ctx, parts, cnt) && digest_final(ctx, out);
}

static int hmac_block_key(struct kn_bytes key, uint8_t block[HMAC_BLOCK])
{
	memset(block, 0, HMAC_BLOCK);
	if (key.len > HMAC_BLOCK)
		return kn_sha256(&key, 1, block);
	if (key.len > 0)
		memcpy(block, key.data, key.len);
	return 0;
}

static void xor_all(uint8_t block[HMAC_BLOCK], uint8_t value)
{
	for (size_t i = 0; i < HMAC_BLOCK; i++)
		block[i] ^= value;
}

int kn_hmac_sha256(struct kn_bytes key, const struct kn_bytes *parts, size_t cnt,
		   uint8_t out[KN_SHA256_LEN])
{
	uint8_t pad[HMAC_BLOCK];
	uint8_t inner[KN_SHA256_LEN];
	const struct kn_bytes inner_part = {inner, sizeof(inner)};

	int err = hmac_block_key(key, pad);
	PK11Context *ctx = err ? NULL : PK11_CreateDigestContext(SEC_OID_SHA256);
	if (!ctx) {
		err = -EIO;
		goto wipe;
	}
	xor_all(pad, 0x36);
	bool ok = hmac_pass(ctx, pad, parts, cnt, inner);
	xor_all(pad, 0x36 ^ 0x5c);
	ok = ok && hmac_pass(ctx, pad, &inner_part, 1, out);
	err = ok ? 0 : -EIO;
	PK11_DestroyContext(ctx, PR_TRUE);
wipe:
	kn_wipe(pad, sizeof(pad));
	kn_wipe(inner, sizeof(inner));
	return err;
}

/* The second half of HKDF: T(i) = HMAC(prk, T(i-1) || info || i). The Noise HKDF is the same with
 * an empty info. */
static int hkdf_expand(const uint8_t prk[KN_SHA256_LEN], struct kn_bytes info, uint8_t *out,
		       size_t out_len)
{
	uint8_t block[KN_SHA256_LEN];
	uint8_t counter = 0;
	size_t done = 0;
	int err = 0;

	while (done < out_len && !err) {
		counter++;
		const struct kn_bytes parts[HKDF_PARTS_MAX] = {
			{block, counter == 1 ? 0 : sizeof(block)}, info, {&counter, 1}};
		size_t step = out_len - done < sizeof(block) ? out_len - done : sizeof(block);
		err = kn_hmac_sha256((struct kn_bytes){prk, KN_SHA256_LEN}, parts, HKDF_PARTS_MAX,
				     block);
		memcpy(out + done, block, step);
		done += step;
	}
	kn_wipe(block, sizeof(block));
	return err;
}

int kn_hkdf_sha256(struct kn_bytes salt, struct kn_bytes ikm, struct kn_bytes info, uint8_t *out,
		   size_t out_len)
{
	uint8_t prk[KN_SHA256_LEN];

	if (out_len > HKDF_LEN_MAX)
		return -EINVAL;
	/* An empty HMAC key is padded to the zeros that RFC 5869 asks for. */
	int err = kn_hmac_sha256(salt, &ikm, 1, prk);
	if (!err)
		err = hkdf_expand(prk, info, out, out_len);
	kn_wipe(prk, sizeof(prk));
	return err;
}

int kn_noise_hkdf(const uint8_t ck[KN_SHA256_LEN], struct kn_bytes ikm,
		  uint8_t (*out)[KN_SHA256_LEN], size_t cnt)
{
	const struct kn_bytes salt = {ck, KN_SHA256_LEN};
	const struct kn_bytes no_info = {NULL, 0};

	return kn_hkdf_sha256(salt, ikm, no_info, out[0], cnt * KN_SHA256_LEN);
}

int kn_mac_new(const uint8_t key[32], struct kn_mac **out)
{
	struct kn_mac *mac = calloc(1, sizeof(*mac));
	if (!mac)
		return -ENOMEM;
	mac->key = kn_nss_sym_key(CKM_SHA256_HMAC, CKA_SIGN, key, 32);
	if (mac->key)
		mac->context = kn_nss_context(CKM_SHA256_HMAC, CKA_SIGN, mac->key);
	if (!mac->context) {
		kn_mac_free(mac);
		return -EIO;
	}
	*out = mac;
	return 0;
}

void kn_mac_free(struct kn_mac *mac)
{
	if (!mac)
		return;
	if (mac->context)
		PK11_DestroyContext(mac->context, PR_TRUE);
	if (mac->key)
		PK11_FreeSymKey(mac->key);
	free(mac);
}

int kn_mac_compute(struct kn_mac *mac, const void *data, size_t len, uint8_t out[KN_MAC_LEN])
{
	const struct kn_bytes part = {data, len};
	uint8_t full[KN_SHA256_LEN];

	if (PK11_DigestBegin(mac->context) != SECSuccess ||
	    !digest_update(mac->context, &part, 1) || !digest_final(mac->context, full))
		return -EIO;
	memcpy(out, full, KN_MAC_LEN);
	return 0;
}
