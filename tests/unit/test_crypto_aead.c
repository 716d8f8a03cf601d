// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Every compiled-in AEAD back end: public vectors, forgeries, pieces, places, and agreement.
 *
 * Each case runs for all back ends that the build has. One that this machine cannot run is skipped,
 * but NSS always runs, and where the build has ipsec-mb the choice without a name is checked, too.
 */
#include "crypto_vectors.h"

#include "crypto/aead_internal.h"
#include "crypto/crypto.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LEN_MAX    2000
#define GUARD      64
#define PLACE_SIZE (LEN_MAX + 2 * GUARD)

/* A back end with one key and one thread's context. */
struct user {
	const struct kn_aead_backend *be;
	struct kn_aead_key *key;
	struct kn_aead_ctx *ctx;
};

/* Some message and room for its ciphertext. */
struct packet {
	uint8_t plain[LEN_MAX];
	uint8_t cipher[LEN_MAX];
	uint8_t back[LEN_MAX];
	uint8_t tag[KN_AEAD_TAG_LEN];
	uint8_t aad[12];
};

static bool user_init(struct user *u, const struct kn_aead_backend *be)
{
	*u = (struct user){.be = be};
	if (!be->usable())
		return false;
	size_t size = (be->key_size + KN_AEAD_ALIGN - 1) / KN_AEAD_ALIGN * KN_AEAD_ALIGN;
	u->key = aligned_alloc(KN_AEAD_ALIGN, size);
	u->ctx = be->ctx_new(3);
	assert_non_null(u->key);
	assert_non_null(u->ctx);
	return true;
}

static void user_key(struct user *u, enum kn_suite suite, const uint8_t *raw)
{
	assert_int_equal(u->be->key_init(u->key, suite, raw), 0);
}

static void user_fini(struct user *u)
{
	u->be->ctx_free(u->ctx);
	free(u->key);
}

static void seal(struct user *u, struct kn_aead_op *op)
{
	op->ok = false;
	u->be->seal(u->ctx, u->key, op, 1);
	assert_true(op->ok);
}

static bool open_one(struct user *u, struct kn_aead_op *op)
{
	op->ok = true;
	u->be->open(u->ctx, u->key, op, 1);
	return op->ok;
}

typedef void (*user_fn)(struct user *u, enum kn_suite suite);

/* Run fn for every usable back end and every suite, with a key set. */
static void for_all(user_fn fn)
{
	unsigned int ran = 0;
	uint8_t raw[KN_AEAD_KEY_MAX];
	uint64_t seed = 99;

	for (unsigned int i = 0; kn_aead_backends[i]; i++) {
		struct user u;
		if (!user_init(&u, kn_aead_backends[i]))
			continue;
		for (unsigned int s = 0; s < KN_SUITE_COUNT; s++) {
			test_random_fill(&seed, raw, sizeof(raw));
			user_key(&u, (enum kn_suite)s, raw);
			fn(&u, (enum kn_suite)s);
			u.be->key_fini(u.key);
		}
		user_fini(&u);
		ran++;
	}
	assert_true(ran >= 1);
}

static void packet_fill(struct packet *p, uint64_t seed)
{
	test_random_fill(&seed, p->plain, sizeof(p->plain));
	test_random_fill(&seed, p->aad, sizeof(p->aad));
}

static struct kn_aead_op op_seal(struct packet *p, uint32_t len)
{
	return (struct kn_aead_op){.src = p->plain,
				   .dst = p->cipher,
				   .len = len,
				   .tag = p->tag,
				   .aad = p->aad,
				   .aad_len = sizeof(p->aad),
				   .nonce = {(uint8_t)len, 7, 7}};
}

static struct kn_aead_op op_open(struct packet *p, uint32_t len)
{
	struct kn_aead_op op = op_seal(p, len);

	op.src = p->cipher;
	op.dst = p->back;
	return op;
}

/* ---- public vectors ---------------------------------------------------------------------------
 */

struct gcm_run {
	struct user *user;
	unsigned int cnt;
};

static void gcm_vector_valid(struct user *u, struct kn_aead_op *op,
			     const struct vector_bytes *cipher, const struct vector_bytes *tag)
{
	uint8_t out[VECTOR_BYTES_MAX], out_tag[KN_AEAD_TAG_LEN];

	op->dst = out;
	op->tag = out_tag;
	seal(u, op);
	assert_memory_equal(out, cipher->data, cipher->len);
	assert_memory_equal(out_tag, tag->data, KN_AEAD_TAG_LEN);
}

static void gcm_vector(const json_t *group, const json_t *test, void *arg)
{
	struct gcm_run *run = arg;
	struct vector_bytes key, iv, aad, msg, cipher, tag;
	uint8_t out[VECTOR_BYTES_MAX];
	bool is_valid = strcmp(vectors_result(test), "valid") == 0;

	(void)group;
	vectors_bytes(test, "key", &key);
	vectors_bytes(test, "iv", &iv);
	vectors_bytes(test, "aad", &aad);
	vectors_bytes(test, "msg", &msg);
	vectors_bytes(test, "ct", &cipher);
	vectors_bytes(test, "tag", &tag);
	if (iv.len != KN_AEAD_NONCE_LEN || key.len == 24 || tag.len != KN_AEAD_TAG_LEN)
		return;
	user_key(run->user, key.len == 32 ? KN_SUITE_AES256_GCM : KN_SUITE_AES128_GCM, key.data);
	struct kn_aead_op op = {.src = msg.data,
				.len = (uint32_t)msg.len,
				.aad = aad.data,
				.aad_len = (uint32_t)aad.len};
	memcpy(op.nonce, iv.data, sizeof(op.nonce));
	if (is_valid)
		gcm_vector_valid(run->user, &op, &cipher, &tag);
	op.src = cipher.data;
	op.dst = out;
	op.tag = tag.data;
	op.len = (uint32_t)cipher.len;
	assert_int_equal(open_one(run->user, &op), is_valid);
	if (is_valid)
		assert_memory_equal(out, msg.data, msg.len);
	run->user->be->key_fini(run->user->key);
	run->cnt++;
}

static void gcm_vectors(void **state)
{
	(void)state;
	for (unsigned int i = 0; kn_aead_backends[i]; i++) {
		struct user u;
		struct gcm_run run = {.user = &u};
		if (!user_init(&u, kn_aead_backends[i]))
			continue;
		vectors_wycheproof("wycheproof_aes_gcm_test.json", gcm_vector, &run);
		/* All with 96-bit IVs and keys of 128 or 256 bits. */
		assert_int_equal(run.cnt, 40 + 39 + 27 + 27);
		user_fini(&u);
	}
}

/* RFC 8439, section 2.8.2, with the poly1305 tag of the RFC. */
static void chacha_rfc8439(struct user *u, enum kn_suite suite)
{
	static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer you "
				   "only one tip for the future, sunscreen would be it.";
	static const uint8_t tag[] = {0x1a, 0xe1, 0x0b, 0x59, 0x4f, 0x09, 0xe2, 0x6a,
				      0x7e, 0x90, 0x2e, 0xcb, 0xd0, 0x60, 0x06, 0x91};
	uint8_t raw[32], out[sizeof(text)], out_tag[KN_AEAD_TAG_LEN];
	uint8_t aad[12] = {0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7};

	if (suite != KN_SUITE_CHACHA20_POLY1305)
		return;
	for (unsigned int i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)(0x80 + i);
	u->be->key_fini(u->key);
	user_key(u, suite, raw);
	struct kn_aead_op op = {
		.src = (const uint8_t *)text,
		.dst = out,
		.len = sizeof(text) - 1,
		.tag = out_tag,
		.aad = aad,
		.aad_len = sizeof(aad),
		.nonce = {7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47}};
	seal(u, &op);
	assert_memory_equal(out_tag, tag, sizeof(tag));
	assert_int_equal(out[0], 0xd3);
	assert_int_equal(out[113], 0x16);
}

static void chacha_vector(void **state)
{
	(void)state;
	for_all(chacha_rfc8439);
}

/* ---- forgeries --------------------------------------------------------------------------------
 */

static void expect_refused(struct user *u, const struct kn_aead_op *op)
{
	static const uint8_t zeros[LEN_MAX];
	struct kn_aead_op o = *op;

	memset(o.dst, 0xa5, o.len);
	assert_false(open_one(u, &o));
	assert_memory_equal(o.dst, zeros, o.len);
}

static void flip_each_bit(struct user *u, const struct kn_aead_op *op, uint8_t *field, size_t len)
{
	for (size_t bit = 0; bit < 8 * len; bit++) {
		field[bit / 8] ^= (uint8_t)(1U << bit % 8);
		expect_refused(u, op);
		field[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void tamper(struct user *u, enum kn_suite suite)
{
	struct packet p;
	const uint32_t len = 41;

	(void)suite;
	packet_fill(&p, 5);
	struct kn_aead_op op = op_seal(&p, len);
	seal(u, &op);
	op = op_open(&p, len);
	flip_each_bit(u, &op, p.cipher, len);
	flip_each_bit(u, &op, p.tag, sizeof(p.tag));
	flip_each_bit(u, &op, p.aad, sizeof(p.aad));
	flip_each_bit(u, &op, op.nonce, sizeof(op.nonce));
	op.len--;
	expect_refused(u, &op);
	op.len++;
	op.aad_len--;
	expect_refused(u, &op);
	op.aad_len++;
	assert_true(open_one(u, &op));
	assert_memory_equal(p.back, p.plain, len);
}

static void forgeries(void **state)
{
	(void)state;
	for_all(tamper);
}

/* In a batch, a forgery harms itself only; the order is that of the array. */
static void batch(struct user *u, enum kn_suite suite)
{
	enum { CNT = 9, STEP = 100, HEAD = 20 };
	struct packet p[CNT];
	struct kn_aead_op ops[CNT];

	(void)suite;
	for (unsigned int i = 0; i < CNT; i++) {
		packet_fill(&p[i], i + 1);
		ops[i] = op_seal(&p[i], STEP + HEAD);
		ops[i].nonce[11] = (uint8_t)i;
	}
	u->be->seal(u->ctx, u->key, ops, CNT);
	for (unsigned int i = 0; i < CNT; i++)
		assert_true(ops[i].ok);
	p[4].tag[0] ^= 1;

	/* Joined as super-frames are: last to first, each head over the tail of the one before. */
	uint8_t join[HEAD + CNT * STEP];
	for (unsigned int i = 0; i < CNT; i++) {
		struct packet *from = &p[CNT - 1 - i];
		ops[i] = op_open(from, STEP + HEAD);
		ops[i].nonce[11] = (uint8_t)(CNT - 1 - i);
		ops[i].dst = join + (CNT - 1 - i) * STEP;
	}
	u->be->open(u->ctx, u->key, ops, CNT);
	assert_memory_equal(join, p[0].plain, HEAD);
	for (unsigned int i = 0; i < CNT; i++) {
		assert_int_equal(ops[CNT - 1 - i].ok, i != 4);
		if (i != 4)
			assert_memory_equal(join + HEAD + i * STEP, p[i].plain + HEAD, STEP);
	}
}

static void batches(void **state)
{
	(void)state;
	for_all(batch);
}

/* ---- pieces and places ------------------------------------------------------------------------
 */

static void two_pieces(struct user *u, enum kn_suite suite)
{
	static const uint32_t lens[] = {1, 15, 16, 17, 64, 70, 255, 256, 300, 1400};
	struct packet one, two;

	(void)suite;
	packet_fill(&one, 11);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		for (uint32_t cut = 0; cut <= lens[i]; cut += lens[i] > 300 ? 37 : 1) {
			struct kn_aead_op op = op_seal(&one, lens[i]);
			seal(u, &op);
			op.dst = two.cipher;
			op.tag = two.tag;
			op.src2 = one.plain + cut;
			op.len = cut;
			op.len2 = lens[i] - cut;
			seal(u, &op);
			assert_memory_equal(one.cipher, two.cipher, lens[i]);
			assert_memory_equal(one.tag, two.tag, sizeof(one.tag));
			/* In place, both pieces already where they go. */
			memcpy(two.cipher, one.plain, lens[i]);
			op.src = two.cipher;
			op.src2 = two.cipher + cut;
			seal(u, &op);
			assert_memory_equal(one.cipher, two.cipher, lens[i]);
			assert_memory_equal(one.tag, two.tag, sizeof(one.tag));
		}
	}
}

static void two_pieces_equal_one(void **state)
{
	(void)state;
	for_all(two_pieces);
}

/* All lengths, odd addresses, in place; nothing around the buffers may change. */
static void every_place(struct user *u, enum kn_suite suite)
{
	struct packet p;
	static uint8_t place[PLACE_SIZE], untouched[GUARD];

	(void)suite;
	packet_fill(&p, 21);
	memset(untouched, 0x3c, sizeof(untouched));
	for (uint32_t len = 0; len <= 300; len++) {
		uint8_t *at = place + GUARD + len % 17;
		memset(place, 0x3c, sizeof(place));
		memcpy(at, p.plain, len);
		struct kn_aead_op op = op_seal(&p, len);
		seal(u, &op);
		op.src = op.dst = at;
		op.tag = at + len;
		seal(u, &op);
		assert_memory_equal(at, p.cipher, len);
		assert_memory_equal(at + len, p.tag, sizeof(p.tag));
		assert_true(open_one(u, &op));
		assert_memory_equal(at, p.plain, len);
		assert_memory_equal(at - GUARD, untouched, GUARD);
		assert_memory_equal(at + len + KN_AEAD_TAG_LEN, untouched, GUARD - KN_AEAD_TAG_LEN);
	}
}

static void lengths_and_places(void **state)
{
	(void)state;
	for_all(every_place);
}

/* The ciphertext of a is that of NSS, and each opens what the other sealed. */
static void agree(struct user *a, struct user *nss, struct packet *p, uint32_t len)
{
	struct packet q;

	memcpy(&q, p, sizeof(q));
	struct kn_aead_op op = op_seal(p, len);
	seal(a, &op);
	op = op_seal(&q, len);
	seal(nss, &op);
	assert_memory_equal(p->cipher, q.cipher, len);
	assert_memory_equal(p->tag, q.tag, sizeof(q.tag));
	op = op_open(&q, len);
	assert_true(open_one(a, &op));
	assert_memory_equal(q.back, p->plain, len);
	op = op_open(p, len);
	assert_true(open_one(nss, &op));
	assert_memory_equal(p->back, p->plain, len);
}

static void backends_agree(void **state)
{
	struct user nss, other;
	struct packet p;
	uint8_t raw[KN_AEAD_KEY_MAX];
	uint64_t seed = 31;

	(void)state;
	assert_true(user_init(&nss, &kn_aead_nss));
	packet_fill(&p, 41);
	for (unsigned int i = 0; kn_aead_backends[i]; i++) {
		if (kn_aead_backends[i] == &kn_aead_nss || !user_init(&other, kn_aead_backends[i]))
			continue;
		for (unsigned int s = 0; s < KN_SUITE_COUNT; s++) {
			test_random_fill(&seed, raw, sizeof(raw));
			user_key(&nss, (enum kn_suite)s, raw);
			user_key(&other, (enum kn_suite)s, raw);
			for (uint32_t len = 0; len <= LEN_MAX; len++)
				agree(&other, &nss, &p, len);
			nss.be->key_fini(nss.key);
			other.be->key_fini(other.key);
		}
		user_fini(&other);
	}
	user_fini(&nss);
}

/* ---- threads, choice --------------------------------------------------------------------------
 */

struct thread_arg {
	struct user user;
	const struct packet *expect;
	unsigned int slot;
	bool ok;
};

static void *thread_main(void *arg)
{
	struct thread_arg *t = arg;
	struct packet p;

	struct kn_aead_ctx *ctx = t->user.be->ctx_new(t->slot);
	if (!ctx)
		return NULL;
	t->ok = true;
	packet_fill(&p, 51);
	for (unsigned int i = 0; t->ok && i < 500; i++) {
		struct kn_aead_op op = op_seal(&p, 1400);
		t->user.be->seal(ctx, t->user.key, &op, 1);
		t->ok = op.ok && memcmp(p.cipher, t->expect->cipher, 1400) == 0;
		op = op_open(&p, 1400);
		t->user.be->open(ctx, t->user.key, &op, 1);
		t->ok = t->ok && op.ok && memcmp(p.back, p.plain, 1400) == 0;
	}
	t->user.be->ctx_free(ctx);
	return NULL;
}

/* One key, several threads, each with its slot. */
static void share(struct user *u, enum kn_suite suite)
{
	enum { CNT = 4 };
	pthread_t threads[CNT];
	struct thread_arg args[CNT];
	struct packet expect;

	(void)suite;
	packet_fill(&expect, 51);
	struct kn_aead_op op = op_seal(&expect, 1400);
	seal(u, &op);
	for (unsigned int i = 0; i < CNT; i++) {
		args[i] = (struct thread_arg){
			.user = *u, .expect = &expect, .slot = KN_AEAD_SLOTS - 1 - i};
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main, &args[i]), 0);
	}
	for (unsigned int i = 0; i < CNT; i++) {
		pthread_join(threads[i], NULL);
		assert_true(args[i].ok);
	}
}

static void threads_share_a_key(void **state)
{
	(void)state;
	for_all(share);
}

static void slots_are_bounded(struct user *u, enum kn_suite suite)
{
	(void)suite;
	assert_null(u->be->ctx_new(KN_AEAD_SLOTS));
}

static void choice(void **state)
{
	enum kn_suite suite;

	(void)state;
	for_all(slots_are_bounded);
	assert_ptr_equal(kn_aead_backend_pick("nss"), &kn_aead_nss);
	assert_null(kn_aead_backend_pick("rot13"));
	const struct kn_aead_backend *first = kn_aead_backends[0];
	assert_ptr_equal(kn_aead_backend_pick(NULL), first->usable() ? first : &kn_aead_nss);
	for (unsigned int i = 0; i < KN_SUITE_COUNT; i++) {
		assert_int_equal(kn_suite_parse(kn_suite_name((enum kn_suite)i), &suite), 0);
		assert_int_equal(suite, i);
	}
	assert_true(kn_suite_parse("aes512", &suite) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gcm_vectors),
		cmocka_unit_test(chacha_vector),
		cmocka_unit_test(forgeries),
		cmocka_unit_test(batches),
		cmocka_unit_test(two_pieces_equal_one),
		cmocka_unit_test(lengths_and_places),
		cmocka_unit_test(backends_agree),
		cmocka_unit_test(threads_share_a_key),
		cmocka_unit_test(choice),
	};

	return cmocka_run_group_tests_name("crypto_aead", tests, crypto_setup, crypto_teardown);
}
