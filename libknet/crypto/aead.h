// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_AEAD_H
#define KN_CRYPTO_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KN_AEAD_TAG_LEN   16
#define KN_AEAD_NONCE_LEN 12
#define KN_AEAD_KEY_MAX   32
#define KN_AEAD_ALIGN     64 /* of every struct kn_aead_key */
#define KN_AEAD_SLOTS     32 /* threads that may use keys at the same time */

enum kn_suite {
	KN_SUITE_AES256_GCM, /* the default */
	KN_SUITE_AES128_GCM,
	KN_SUITE_CHACHA20_POLY1305,
	KN_SUITE_COUNT
};

/* Length of a suite's key in bytes; its name, as in the configuration ("aes256-gcm"). */
size_t kn_suite_key_len(enum kn_suite suite);
const char *kn_suite_name(enum kn_suite suite);

/* The suite called name. Returns 0 or -ENOENT. */
int kn_suite_parse(const char *name, enum kn_suite *suite) __attribute__((warn_unused_result));

/*
 * One packet to seal or to open. All memory is borrowed for the call.
 *
 * seal: the plaintext is src[0..len) followed by src2[0..len2); dst receives len + len2 bytes of
 *       ciphertext and tag 16 bytes. ok is false only if the library failed: drop the packet.
 * open: the ciphertext is src[0..len), len2 is 0, tag points to the 16 bytes received. On success
 *       ok is true and dst holds len bytes of plaintext. Otherwise ok is false and dst[0..len) has
 *       been overwritten with zeros.
 *
 * Two pieces cost one copy; a single one that is not yet in dst costs none.
 * src may be equal to dst (and src2 to dst + len); otherwise sources and dst do not overlap. The
 * operations of one call are done strictly in the order of the array, so a later one may overwrite
 * what an earlier one wrote (joining of super-frames relies on it).
 */
struct kn_aead_op {
	const uint8_t *src;
	const uint8_t *src2;
	uint8_t *dst;
	const uint8_t *aad;
	uint8_t *tag;
	uint32_t len;
	uint32_t len2;
	uint32_t aad_len;
	uint8_t nonce[KN_AEAD_NONCE_LEN];
	bool ok;
};

/* An expanded key: backend->key_size bytes, aligned to KN_AEAD_ALIGN, best from an arena
 * (arena.h). Read by any number of threads at once, each with its own context. */
struct kn_aead_key;

/* What one thread needs to use keys. Never shared by two threads. */
struct kn_aead_ctx;

struct kn_aead_backend {
	const char *name;
	size_t key_size;

	/* Whether this machine can run it. */
	bool (*usable)(void);

	/* Expand key (kn_suite_key_len() bytes) into k, and the reverse, which wipes k. Called by
	 * one thread, before k is published and after the last reader let go of it. 0 or -errno. */
	int (*key_init)(struct kn_aead_key *k, enum kn_suite suite, const uint8_t *key);
	void (*key_fini)(struct kn_aead_key *k);

	/* A context for one thread. slot (0..KN_AEAD_SLOTS-1) must be used by no other thread as
	 * long as the context and the keys used with it live. Returns owned, NULL if out of memory.
	 */
	struct kn_aead_ctx *(*ctx_new)(unsigned int slot);
	void (*ctx_free)(struct kn_aead_ctx *ctx);

	/* Seal or open n packets under one key; see struct kn_aead_op. No allocation or lock of our
	 * own; the NSS back end creates its state for a pair of key and thread at first use. */
	void (*seal)(struct kn_aead_ctx *ctx, struct kn_aead_key *k, struct kn_aead_op *ops,
		     size_t n);
	void (*open)(struct kn_aead_ctx *ctx, struct kn_aead_key *k, struct kn_aead_op *ops,
		     size_t n);
};

/*
 * The back end called name ("ipsec-mb", "nss"), or with NULL the fastest one, that is compiled in,
 * supported by the CPU and the kernel, and passes a self test of every suite now. NULL if there is
 * none. Returns a constant. For control threads, after kn_crypto_init().
 */
const struct kn_aead_backend *kn_aead_backend_pick(const char *name);

#endif
