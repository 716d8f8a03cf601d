// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * AEAD on NSS: the back end that always works, on every CPU, and the one-time calls of the
 * handshake.
 *
 * A key is an NSS key object plus, per thread and direction, an NSS context with the schedule
 * expanded. The contexts hang at the key, in the slot of the thread's own number, and are made when
 * that thread first uses the key; so threads share the key object, which never changes, and nothing
 * else. Making one allocates; after that a packet is one PK11_AEADOp() with the nonce given by us
 * (the message interface of PKCS #11 3.0). NSS looks its session up in a fixed table each time,
 * which is why this back end is meant for up to about a thousand live peers.
 *
 * Threads: any, each with its own context. Key set-up and tear-down: see aead.h.
 */
#include "crypto/aead_internal.h"

#include "crypto/crypto.h"
#include "crypto/nss_util.h"

#include <errno.h>
#include <stdlib.h>

struct nss_key {
	CK_MECHANISM_TYPE mech;
	PK11SymKey *sym;
	PK11Context *seal[KN_AEAD_SLOTS]; /* entry i: only the thread of slot i */
	PK11Context *open[KN_AEAD_SLOTS];
};

struct nss_ctx {
	unsigned int slot;
};

static const CK_MECHANISM_TYPE mechanisms[] = {
	[KN_SUITE_AES256_GCM] = CKM_AES_GCM,
	[KN_SUITE_AES128_GCM] = CKM_AES_GCM,
	[KN_SUITE_CHACHA20_POLY1305] = CKM_CHACHA20_POLY1305,
};
_Static_assert(sizeof(mechanisms) / sizeof(mechanisms[0]) == KN_SUITE_COUNT,
	       "every suite has a mechanism");

static bool nss_usable(void)
{
	return true;
}

static int nss_key_init(struct kn_aead_key *k, enum kn_suite suite, const uint8_t *key)
{
	struct nss_key *nk = (struct nss_key *)k;

	*nk = (struct nss_key){.mech = mechanisms[suite]};
	/* A key imported for CKA_ENCRYPT serves both directions. */
	nk->sym = kn_nss_sym_key(nk->mech, CKA_ENCRYPT, key, kn_suite_key_len(suite));
	return nk->sym ? 0 : -EIO;
}

static void contexts_destroy(PK11Context **contexts)
{
	for (unsigned int i = 0; i < KN_AEAD_SLOTS; i++) {
		if (contexts[i])
			PK11_DestroyContext(contexts[i], PR_TRUE);
	}
}

static void nss_key_fini(struct kn_aead_key *k)
{
	struct nss_key *nk = (struct nss_key *)k;

	contexts_destroy(nk->seal);
	contexts_destroy(nk->open);
	if (nk->sym)
		PK11_FreeSymKey(nk->sym);
	kn_wipe(nk, sizeof(*nk));
}

static struct kn_aead_ctx *nss_ctx_new(unsigned int slot)
{
	if (slot >= KN_AEAD_SLOTS)
		return NULL;
	struct nss_ctx *ctx = malloc(sizeof(*ctx));
	if (ctx)
		ctx->slot = slot;
	return (struct kn_aead_ctx *)ctx;
}

static void nss_ctx_free(struct kn_aead_ctx *ctx)
{
	free(ctx);
}

/* One operation on len bytes at src. */
static bool op_run(PK11Context *context, struct kn_aead_op *op, const uint8_t *src, uint32_t len)
{
	uint8_t none = 0; /* NSS refuses null pointers even for nothing */
	int out_len = 0;

	SECStatus status =
		PK11_AEADOp(context, CKG_NO_GENERATE, 0, op->nonce, KN_AEAD_NONCE_LEN, op->aad,
			    (int)op->aad_len, len ? op->dst : &none, &out_len, (int)len, op->tag,
			    KN_AEAD_TAG_LEN, len ? src : &none, (int)len);
	return status == SECSuccess && out_len == (int)len;
}

static void op_seal(PK11Context *context, struct kn_aead_op *op)
{
	op->ok = op_run(context, op, kn_aead_join(op), op->len + op->len2);
}

static void op_open(PK11Context *context, struct kn_aead_op *op)
{
	op->ok = op_run(context, op, op->src, op->len);
	if (!op->ok)
		kn_wipe(op->dst, op->len);
}

/* The context in *at, made now if this thread uses the key for the first time. */
static PK11Context *context_get(PK11Context **at, const struct nss_key *nk, CK_ATTRIBUTE_TYPE use)
{
	if (!*at)
		*at = kn_nss_context(nk->mech, CKA_NSS_MESSAGE | use, nk->sym);
	return *at;
}

static void nss_seal(struct kn_aead_ctx *ctx, struct kn_aead_key *k, struct kn_aead_op *ops,
		     size_t n)
{
	struct nss_key *nk = (struct nss_key *)k;
	unsigned int slot = ((struct nss_ctx *)ctx)->slot;

	PK11Context *context = context_get(&nk->seal[slot], nk, CKA_ENCRYPT);
	for (size_t i = 0; i < n; i++) {
		ops[i].ok = false;
		if (context)
			op_seal(context, &ops[i]);
	}
}

static void nss_open(struct kn_aead_ctx *ctx, struct kn_aead_key *k, struct kn_aead_op *ops,
		     size_t n)
{
	struct nss_key *nk = (struct nss_key *)k;
	unsigned int slot = ((struct nss_ctx *)ctx)->slot;

	PK11Context *context = context_get(&nk->open[slot], nk, CKA_DECRYPT);
	for (size_t i = 0; i < n; i++) {
		ops[i].ok = false;
		if (context)
			op_open(context, &ops[i]);
		else
			kn_wipe(ops[i].dst, ops[i].len);
	}
}

/* A key object and a context for one operation. Returns owned, NULL if NSS fails. */
static PK11Context *once_context(enum kn_suite suite, const uint8_t *key, CK_ATTRIBUTE_TYPE use)
{
	CK_MECHANISM_TYPE mech = mechanisms[suite];

	PK11SymKey *sym = kn_nss_sym_key(mech, use, key, kn_suite_key_len(suite));
	if (!sym)
		return NULL;
	PK11Context *context = kn_nss_context(mech, CKA_NSS_MESSAGE | use, sym);
	PK11_FreeSymKey(sym); /* the context holds its own reference */
	return context;
}

int kn_aead_seal_once(enum kn_suite suite, const uint8_t *key, struct kn_aead_op *op)
{
	PK11Context *context = once_context(suite, key, CKA_ENCRYPT);

	op->ok = false;
	if (!context)
		return -EIO;
	op_seal(context, op);
	PK11_DestroyContext(context, PR_TRUE);
	return op->ok ? 0 : -EIO;
}

int kn_aead_open_once(enum kn_suite suite, const uint8_t *key, struct kn_aead_op *op)
{
	PK11Context *context = once_context(suite, key, CKA_DECRYPT);

	op->ok = false;
	if (!context)
		return -EIO;
	op_open(context, op);
	PK11_DestroyContext(context, PR_TRUE);
	return op->ok ? 0 : -EBADMSG;
}

const struct kn_aead_backend kn_aead_nss = {
	.name = "nss",
	.key_size = sizeof(struct nss_key),
	.usable = nss_usable,
	.key_init = nss_key_init,
	.key_fini = nss_key_fini,
	.ctx_new = nss_ctx_new,
	.ctx_free = nss_ctx_free,
	.seal = nss_seal,
	.open = nss_open,
};
