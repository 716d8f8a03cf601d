// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * AEAD on Intel's multi-buffer library: the fast back end of x86-64.
 *
 * Its direct calls are used: one call per packet, the expanded key given each time, no job queue,
 * no state between packets. They are reached through an IMB_MGR, a table of functions for one kind
 * of CPU; as the direct calls only read it, one table made at first use serves all threads and is
 * never freed. The library looks at CPUID alone; whether the kernel saves the wide registers (XCR0)
 * is checked here by the compiler's run-time support, and the widest safe table is taken. The
 * library's own self test and ours (aead.c) must both pass.
 *
 * Tags are compared here, in constant time. Key data must be aligned to 64 bytes (aead.h).
 * Threads: any, each with its own context, which holds the scratch memory of a call.
 */
#include "crypto/aead_internal.h"

#include "crypto/crypto.h"

#include <intel-ipsec-mb.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct mb_key {
	union {
		struct gcm_key_data gcm;
		uint8_t chacha[KN_AEAD_KEY_MAX];
	} u;
	enum kn_suite suite;
};

struct mb_ctx {
	struct gcm_context_data gcm;
	struct chacha20_poly1305_context_data chacha;
};

/* The direct calls for one AES key length. */
struct gcm_calls {
	aes_gcm_pre_t expand;
	aes_gcm_enc_dec_t enc;
	aes_gcm_enc_dec_t dec;
};

static pthread_once_t setup_once = PTHREAD_ONCE_INIT;
static IMB_MGR *mgr; /* NULL: this machine cannot run the back end */
static struct gcm_calls gcm_calls[KN_SUITE_COUNT];

/* Choose by what both the CPU has and the kernel lets us use. */
static bool table_init(IMB_MGR *m)
{
	__builtin_cpu_init();
	if (!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("pclmul") ||
	    !__builtin_cpu_supports("sse4.2"))
		return false;
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512cd"))
		init_mb_mgr_avx512(m);
	else if (__builtin_cpu_supports("avx2"))
		init_mb_mgr_avx2(m);
	else if (__builtin_cpu_supports("avx"))
		init_mb_mgr_avx(m);
	else
		init_mb_mgr_sse(m);
	return imb_get_errno(m) == 0 && (m->features & IMB_FEATURE_SELF_TEST) &&
	       (m->features & IMB_FEATURE_SELF_TEST_PASS);
}

static void setup(void)
{
	IMB_MGR *m = alloc_mb_mgr(0);

	if (!m)
		return;
	if (!table_init(m)) {
		free_mb_mgr(m);
		return;
	}
	gcm_calls[KN_SUITE_AES256_GCM] =
		(struct gcm_calls){m->gcm256_pre, m->gcm256_enc, m->gcm256_dec};
	gcm_calls[KN_SUITE_AES128_GCM] =
		(struct gcm_calls){m->gcm128_pre, m->gcm128_enc, m->gcm128_dec};
	mgr = m;
}

static bool mb_usable(void)
{
	pthread_once(&setup_once, setup);
	return mgr != NULL;
}

static int mb_key_init(struct kn_aead_key *k, enum kn_suite suite, const uint8_t *key)
{
	struct mb_key *mk = (struct mb_key *)k;

	if (!mb_usable())
		return -ENOSYS;
	mk->suite = suite;
	if (suite == KN_SUITE_CHACHA20_POLY1305)
		memcpy(mk->u.chacha, key, KN_AEAD_KEY_MAX);
	else
		gcm_calls[suite].expand(key, &mk->u.gcm);
	return 0;
}

static void mb_key_fini(struct kn_aead_key *k)
{
	kn_wipe(k, sizeof(struct mb_key));
}

static struct kn_aead_ctx *mb_ctx_new(unsigned int slot)
{
	if (slot >= KN_AEAD_SLOTS)
		return NULL;
	return (struct kn_aead_ctx *)calloc(1, sizeof(struct mb_ctx));
}

static void mb_ctx_free(struct kn_aead_ctx *ctx)
{
	kn_wipe(ctx, sizeof(struct mb_ctx));
	free(ctx);
}

static void gcm_seal(struct mb_ctx *ctx, const struct mb_key *mk, struct kn_aead_op *op)
{
	const uint8_t *src = kn_aead_join(op);

	gcm_calls[mk->suite].enc(&mk->u.gcm, &ctx->gcm, op->dst, src, op->len + op->len2, op->nonce,
				 op->aad, op->aad_len, op->tag, KN_AEAD_TAG_LEN);
}

static void gcm_open(struct mb_ctx *ctx, const struct mb_key *mk, const struct kn_aead_op *op,
		     uint8_t tag[KN_AEAD_TAG_LEN])
{
	gcm_calls[mk->suite].dec(&mk->u.gcm, &ctx->gcm, op->dst, op->src, op->len, op->nonce,
				 op->aad, op->aad_len, tag, KN_AEAD_TAG_LEN);
}

static void chacha_seal(struct mb_ctx *ctx, const struct mb_key *mk, struct kn_aead_op *op)
{
	const uint8_t *key = mk->u.chacha;
	const uint8_t *src = kn_aead_join(op);

	IMB_CHACHA20_POLY1305_INIT(mgr, key, &ctx->chacha, op->nonce, op->aad, op->aad_len);
	IMB_CHACHA20_POLY1305_ENC_UPDATE(mgr, key, &ctx->chacha, op->dst, src, op->len + op->len2);
	IMB_CHACHA20_POLY1305_ENC_FINALIZE(mgr, &ctx->chacha, op->tag, KN_AEAD_TAG_LEN);
}

static void chacha_open(struct mb_ctx *ctx, const struct mb_key *mk, const struct kn_aead_op *op,
			uint8_t tag[KN_AEAD_TAG_LEN])
{
	const uint8_t *key = mk->u.chacha;

	IMB_CHACHA20_POLY1305_INIT(mgr, key, &ctx->chacha, op->nonce, op->aad, op->aad_len);
	IMB_CHACHA20_POLY1305_DEC_UPDATE(mgr, key, &ctx->chacha, op->dst, op->src, op->len);
	IMB_CHACHA20_POLY1305_DEC_FINALIZE(mgr, &ctx->chacha, tag, KN_AEAD_TAG_LEN);
}

static void mb_seal(struct kn_aead_ctx *ctx, struct kn_aead_key *k, struct kn_aead_op *ops,
		    size_t n)
{
	struct mb_ctx *mc = (struct mb_ctx *)ctx;
	const struct mb_key *mk = (const struct mb_key *)k;

	for (size_t i = 0; i < n; i++) {
		if (mk->suite == KN_SUITE_CHACHA20_POLY1305)
			chacha_seal(mc, mk, &ops[i]);
		else
			gcm_seal(mc, mk, &ops[i]);
		ops[i].ok = true;
	}
}

static void mb_open(struct kn_aead_ctx *ctx, struct kn_aead_key *k, struct kn_aead_op *ops,
		    size_t n)
{
	struct mb_ctx *mc = (struct mb_ctx *)ctx;
	const struct mb_key *mk = (const struct mb_key *)k;
	uint8_t tag[KN_AEAD_TAG_LEN];

	for (size_t i = 0; i < n; i++) {
		if (mk->suite == KN_SUITE_CHACHA20_POLY1305)
			chacha_open(mc, mk, &ops[i], tag);
		else
			gcm_open(mc, mk, &ops[i], tag);
		ops[i].ok = kn_ct_equal(tag, ops[i].tag, sizeof(tag));
		if (!ops[i].ok)
			kn_wipe(ops[i].dst, ops[i].len);
	}
}

const struct kn_aead_backend kn_aead_ipsec_mb = {
	.name = "ipsec-mb",
	.key_size = sizeof(struct mb_key),
	.usable = mb_usable,
	.key_init = mb_key_init,
	.key_fini = mb_key_fini,
	.ctx_new = mb_ctx_new,
	.ctx_free = mb_ctx_free,
	.seal = mb_seal,
	.open = mb_open,
};
