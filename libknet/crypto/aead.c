// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Names of the suites, and the choice of an AEAD back end.
 *
 * A back end is taken only after it has, on this very machine, sealed a fixed message under every
 * suite to a known tag, opened it again, and refused it with one bit changed. That guards against a
 * library built for another CPU and against an emulator that gets an instruction wrong, and costs
 * microseconds. The choice depends on the machine and the caller's wish alone, never on the
 * environment. Called by control threads at start.
 */
#include "crypto/aead.h"

#include "crypto/aead_internal.h"
#include "crypto/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEST_LEN  77 /* some whole blocks and a piece, for both ciphers */
#define TEST_SLOT 0

struct suite_info {
	const char *name;
	size_t key_len;
	/* Tag of bytes 0, 1, 2... (TEST_LEN of them) under key 0, 1, 2..., nonce 0x40, 0x41..., and
	 * 12 bytes of associated data 0x80, 0x81... */
	uint8_t test_tag[KN_AEAD_TAG_LEN];
};

static const struct suite_info suites[] = {
	[KN_SUITE_AES256_GCM] = {"aes256-gcm",
				 32,
				 {0x75, 0xf5, 0x73, 0xb9, 0x88, 0x65, 0x3a, 0x8c, 0x15, 0xaf, 0x70,
				  0xfe, 0xc5, 0x2d, 0x67, 0x13}},
	[KN_SUITE_AES128_GCM] = {"aes128-gcm",
				 16,
				 {0xed, 0xb9, 0x1b, 0x0d, 0x32, 0xec, 0x12, 0x7d, 0x0b, 0x77, 0x34,
				  0xd1, 0x2e, 0x8c, 0x43, 0x14}},
	[KN_SUITE_CHACHA20_POLY1305] = {"chacha20-poly1305",
					32,
					{0x17, 0x40, 0xdc, 0x43, 0xdd, 0xcf, 0xe0, 0x5a, 0x7d, 0xc6,
					 0xb5, 0xbc, 0x3b, 0x09, 0xeb, 0x73}},
};
_Static_assert(sizeof(suites) / sizeof(suites[0]) == KN_SUITE_COUNT, "every suite has a row");

size_t kn_suite_key_len(enum kn_suite suite)
{
	return suites[suite].key_len;
}

const char *kn_suite_name(enum kn_suite suite)
{
	return suites[suite].name;
}

int kn_suite_parse(const char *name, enum kn_suite *suite)
{
	for (unsigned int i = 0; i < KN_SUITE_COUNT; i++) {
		if (strcmp(name, suites[i].name) == 0) {
			*suite = (enum kn_suite)i;
			return 0;
		}
	}
	return -ENOENT;
}

static void count_up(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i);
}

/* Seal, compare the tag, open, and refuse a forgery. */
static bool suite_test(const struct kn_aead_backend *be, struct kn_aead_ctx *ctx,
		       struct kn_aead_key *key, const struct suite_info *info)
{
	uint8_t plain[TEST_LEN], text[TEST_LEN], aad[12], tag[KN_AEAD_TAG_LEN];
	struct kn_aead_op op = {.src = plain,
				.dst = text,
				.len = TEST_LEN,
				.aad = aad,
				.aad_len = sizeof(aad),
				.tag = tag};

	count_up(plain, sizeof(plain), 0);
	count_up(op.nonce, sizeof(op.nonce), 0x40);
	count_up(aad, sizeof(aad), 0x80);
	be->seal(ctx, key, &op, 1);
	if (!op.ok || memcmp(tag, info->test_tag, sizeof(tag)) != 0)
		return false;

	struct kn_aead_op forged = op;
	uint8_t scratch[TEST_LEN];
	tag[3] ^= 0x10;
	forged.src = text;
	forged.dst = scratch;
	be->open(ctx, key, &forged, 1);
	tag[3] ^= 0x10;

	op.src = text;
	be->open(ctx, key, &op, 1);
	return !forged.ok && op.ok && memcmp(text, plain, sizeof(plain)) == 0;
}

static bool backend_test(const struct kn_aead_backend *be)
{
	uint8_t raw[KN_AEAD_KEY_MAX];
	bool ok = true;

	size_t size = (be->key_size + KN_AEAD_ALIGN - 1) / KN_AEAD_ALIGN * KN_AEAD_ALIGN;
	struct kn_aead_key *key = aligned_alloc(KN_AEAD_ALIGN, size);
	if (!key)
		return false;
	struct kn_aead_ctx *ctx = be->ctx_new(TEST_SLOT);
	count_up(raw, sizeof(raw), 0);
	for (unsigned int i = 0; ok && i < KN_SUITE_COUNT; i++) {
		ok = ctx && be->key_init(key, (enum kn_suite)i, raw) == 0;
		if (!ok)
			break;
		ok = suite_test(be, ctx, key, &suites[i]);
		be->key_fini(key);
	}
	if (ctx)
		be->ctx_free(ctx);
	free(key);
	return ok;
}

const struct kn_aead_backend *kn_aead_backend_pick(const char *name)
{
	for (unsigned int i = 0; kn_aead_backends[i]; i++) {
		const struct kn_aead_backend *be = kn_aead_backends[i];
		if (name && strcmp(name, be->name) != 0)
			continue;
		if (be->usable() && backend_test(be))
			return be;
	}
	return NULL;
}
