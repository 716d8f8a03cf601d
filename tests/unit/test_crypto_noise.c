// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The handshake against the public vectors (both messages, hash, transport), and against forgers.
 */
#include "crypto_vectors.h"

#include "crypto/aead_internal.h"
#include "crypto/crypto.h"
#include "crypto/noise.h"
#include "crypto/session_keys.h"
#include "crypto/x25519.h"

#include <errno.h>
#include <string.h>

#define MSG_MAX (KN_NOISE_MSG1_LEN(KN_NOISE_PAYLOAD_MAX))

struct side {
	struct kn_noise noise;
	struct kn_noise_keys keys;
	uint8_t priv[32];
	uint8_t pub[32];
	uint8_t eph[32];
};

static enum kn_noise_protocol protocol_of(const char *name)
{
	for (unsigned int i = 0; i < KN_NOISE_PROTOCOL_COUNT; i++) {
		if (strcmp(name, kn_noise_protocol_name((enum kn_noise_protocol)i)) == 0)
			return (enum kn_noise_protocol)i;
	}
	fail_msg("%s is not supported", name);
	return KN_NOISE_PROTOCOL_COUNT;
}

static void fixed_bytes(const json_t *object, const char *field, uint8_t out[32])
{
	struct vector_bytes v;

	vectors_bytes(object, field, &v);
	assert_int_equal(v.len, 32);
	memcpy(out, v.data, 32);
}

static void side_load(const json_t *vector, const char *priv, const char *eph, struct side *side)
{
	fixed_bytes(vector, priv, side->priv);
	fixed_bytes(vector, eph, side->eph);
	assert_int_equal(kn_x25519_base(side->pub, side->priv), 0);
}

static void both_init(const json_t *vector, struct side *init, struct side *resp)
{
	struct vector_bytes prologue;
	uint8_t remote[32], psk[32];
	const json_t *psks = json_object_get(vector, "init_psks");
	struct kn_noise_setup setup = {.protocol = protocol_of(json_string_value(
					       json_object_get(vector, "protocol_name")))};

	side_load(vector, "init_static", "init_ephemeral", init);
	side_load(vector, "resp_static", "resp_ephemeral", resp);
	fixed_bytes(vector, "init_remote_static", remote);
	assert_memory_equal(remote, resp->pub, 32);
	vectors_bytes(vector, "init_prologue", &prologue);
	setup.prologue = vb(&prologue);
	if (psks) {
		json_t *wrap = json_pack("{s:O}", "psk", json_array_get(psks, 0));
		fixed_bytes(wrap, "psk", psk);
		json_decref(wrap);
		setup.psk = psk;
	}
	setup.static_priv = init->priv;
	setup.static_pub = init->pub;
	setup.remote_pub = remote;
	assert_int_equal(kn_noise_init_initiator(&init->noise, &setup), 0);
	setup.static_priv = resp->priv;
	setup.static_pub = resp->pub;
	setup.remote_pub = NULL;
	setup.psk = setup.protocol == KN_NOISE_IKPSK1_AESGCM ? psk : NULL;
	assert_int_equal(kn_noise_init_responder(&resp->noise, &setup), 0);
	if (psks)
		kn_noise_set_psk(&resp->noise, psk); /* late, as a responder does */
}

static void message(const json_t *vector, size_t i, struct vector_bytes *payload,
		    struct vector_bytes *cipher)
{
	const json_t *msg = json_array_get(json_object_get(vector, "messages"), i);

	assert_non_null(msg);
	vectors_bytes(msg, "payload", payload);
	vectors_bytes(msg, "ciphertext", cipher);
}

static void check_msg1(const json_t *vector, struct side *init, struct side *resp)
{
	struct vector_bytes payload, cipher;
	uint8_t out[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t got_len = sizeof(got);

	message(vector, 0, &payload, &cipher);
	assert_int_equal(kn_noise_write_msg1(&init->noise, init->eph, vb(&payload), out), 0);
	assert_int_equal(KN_NOISE_MSG1_LEN(payload.len), cipher.len);
	assert_memory_equal(out, cipher.data, cipher.len);
	assert_int_equal(kn_noise_read_msg1(&resp->noise, vb(&cipher), got, &got_len), 0);
	assert_int_equal(got_len, payload.len);
	assert_memory_equal(got, payload.data, payload.len);
	assert_memory_equal(resp->noise.rs, init->pub, 32);
}

static void check_msg2(const json_t *vector, struct side *init, struct side *resp)
{
	struct vector_bytes payload, cipher;
	uint8_t out[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t got_len = sizeof(got);

	message(vector, 1, &payload, &cipher);
	assert_int_equal(kn_noise_write_msg2(&resp->noise, resp->eph, vb(&payload), out), 0);
	assert_int_equal(KN_NOISE_MSG2_LEN(payload.len), cipher.len);
	assert_memory_equal(out, cipher.data, cipher.len);
	assert_int_equal(kn_noise_read_msg2(&init->noise, vb(&cipher), got, &got_len), 0);
	assert_int_equal(got_len, payload.len);
	assert_memory_equal(got, payload.data, payload.len);
}

/* A transport message: sealed with the sender's tx key, opened with the receiver's rx key. */
static void check_transport(const json_t *vector, size_t i, enum kn_suite suite,
			    const struct kn_noise_keys *from, const struct kn_noise_keys *to)
{
	struct vector_bytes payload, cipher;
	uint8_t out[VECTOR_BYTES_MAX], back[VECTOR_BYTES_MAX];
	uint64_t n = (i - 2) / 2;

	message(vector, i, &payload, &cipher);
	struct kn_aead_op op = {.src = payload.data,
				.dst = out,
				.len = (uint32_t)payload.len,
				.tag = out + payload.len};
	op.nonce[suite == KN_SUITE_CHACHA20_POLY1305 ? 4 : 11] = (uint8_t)n;
	assert_int_equal(kn_aead_seal_once(suite, from->tx, &op), 0);
	assert_int_equal(payload.len + KN_AEAD_TAG_LEN, cipher.len);
	assert_memory_equal(out, cipher.data, cipher.len);
	op.src = out;
	op.dst = back;
	assert_int_equal(kn_aead_open_once(suite, to->rx, &op), 0);
	assert_memory_equal(back, payload.data, payload.len);
}

static void vector_run(const json_t *vector)
{
	struct side init, resp;
	struct vector_bytes hash;
	const json_t *messages = json_object_get(vector, "messages");

	both_init(vector, &init, &resp);
	enum kn_suite suite = init.noise.protocol == KN_NOISE_IKPSK2_CHACHAPOLY
				      ? KN_SUITE_CHACHA20_POLY1305
				      : KN_SUITE_AES256_GCM;
	check_msg1(vector, &init, &resp);
	check_msg2(vector, &init, &resp);
	assert_int_equal(kn_noise_split(&init.noise, &init.keys), 0);
	assert_int_equal(kn_noise_split(&resp.noise, &resp.keys), 0);
	vectors_bytes(vector, "handshake_hash", &hash);
	assert_int_equal(hash.len, 32);
	assert_memory_equal(init.keys.hash, hash.data, 32);
	assert_memory_equal(resp.keys.hash, hash.data, 32);
	assert_true(json_array_size(messages) >= 4);
	for (size_t i = 2; i < json_array_size(messages); i++) {
		bool by_init = i % 2 == 0;
		check_transport(vector, i, suite, by_init ? &init.keys : &resp.keys,
				by_init ? &resp.keys : &init.keys);
	}
}

static void public_vectors(void **state)
{
	json_t *root = vectors_load("noise_ik.json");
	bool is_seen[KN_NOISE_PROTOCOL_COUNT] = {false};
	size_t i;
	json_t *vector;

	(void)state;
	json_array_foreach(json_object_get(root, "vectors"), i, vector) {
		vector_run(vector);
		is_seen[protocol_of(json_string_value(json_object_get(vector, "protocol_name")))] =
			true;
	}
	for (i = 0; i < KN_NOISE_PROTOCOL_COUNT; i++)
		assert_true(is_seen[i]);
	json_decref(root);
}

/* What a pair of tests may vary. */
struct pair_setup {
	const uint8_t *init_psk;
	const uint8_t *resp_psk;
	const char *resp_prologue;
	const uint8_t *init_remote; /* NULL: the true one */
};

static const uint8_t psk_a[32] = {1, 2, 3};
static const uint8_t psk_b[32] = {1, 2, 4};

static void pair_init(const struct pair_setup *p, struct side *init, struct side *resp)
{
	uint64_t seed = 4711;

	test_random_fill(&seed, init->priv, 32);
	test_random_fill(&seed, init->eph, 32);
	test_random_fill(&seed, resp->priv, 32);
	test_random_fill(&seed, resp->eph, 32);
	assert_int_equal(kn_x25519_base(init->pub, init->priv), 0);
	assert_int_equal(kn_x25519_base(resp->pub, resp->priv), 0);
	struct kn_noise_setup setup = {.prologue = {"knet", 4},
				       .static_priv = init->priv,
				       .static_pub = init->pub,
				       .psk = p->init_psk,
				       .remote_pub = p->init_remote ? p->init_remote : resp->pub};
	assert_int_equal(kn_noise_init_initiator(&init->noise, &setup), 0);
	setup = (struct kn_noise_setup){.prologue = {p->resp_prologue, 4},
					.static_priv = resp->priv,
					.static_pub = resp->pub,
					.psk = p->resp_psk};
	assert_int_equal(kn_noise_init_responder(&resp->noise, &setup), 0);
}

static const struct pair_setup good = {psk_a, psk_a, "knet", NULL};
static const struct kn_bytes hello = {"hello", 5};

static int msg1_pass(struct side *init, struct side *resp)
{
	uint8_t msg[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t len = sizeof(got);

	assert_int_equal(kn_noise_write_msg1(&init->noise, init->eph, hello, msg), 0);
	return kn_noise_read_msg1(&resp->noise, (struct kn_bytes){msg, KN_NOISE_MSG1_LEN(5)}, got,
				  &len);
}

static int msg2_pass(struct side *init, struct side *resp)
{
	uint8_t msg[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t len = sizeof(got);

	assert_int_equal(kn_noise_write_msg2(&resp->noise, resp->eph, hello, msg), 0);
	return kn_noise_read_msg2(&init->noise, (struct kn_bytes){msg, KN_NOISE_MSG2_LEN(5)}, got,
				  &len);
}

static void differences_are_refused(void **state)
{
	struct side init, resp;
	struct pair_setup p = good;

	(void)state;
	p.resp_prologue = "knot";
	pair_init(&p, &init, &resp);
	assert_int_equal(msg1_pass(&init, &resp), -EBADMSG);

	pair_init(&good, &init, &resp);
	p = good;
	p.init_remote = init.pub;
	pair_init(&p, &init, &resp);
	assert_int_equal(msg1_pass(&init, &resp), -EBADMSG);

	p = good;
	p.resp_psk = psk_b;
	pair_init(&p, &init, &resp);
	assert_int_equal(msg1_pass(&init, &resp), 0);
	assert_int_equal(msg2_pass(&init, &resp), -EBADMSG);
}

/* A forgery is refused, writes no payload and leaves the state such that the true message works. */
static void forgeries_of_msg1(void **state)
{
	struct side init, resp;
	uint8_t msg[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t msg_len = KN_NOISE_MSG1_LEN(5), len;

	(void)state;
	pair_init(&good, &init, &resp);
	assert_int_equal(kn_noise_write_msg1(&init.noise, init.eph, hello, msg), 0);
	struct kn_noise before = resp.noise;
	for (size_t bit = 0; bit < 8 * msg_len; bit++) {
		if (bit == 8 * 31 + 7)
			continue; /* the bit that X25519 ignores is covered by the hash alone, below
				   */
		msg[bit / 8] ^= (uint8_t)(1U << bit % 8);
		len = sizeof(got);
		assert_int_equal(
			kn_noise_read_msg1(&resp.noise, (struct kn_bytes){msg, msg_len}, got, &len),
			-EBADMSG);
		assert_memory_equal(&before, &resp.noise, sizeof(before));
		msg[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	msg[31] ^= 0x80;
	len = sizeof(got);
	assert_int_equal(
		kn_noise_read_msg1(&resp.noise, (struct kn_bytes){msg, msg_len}, got, &len),
		-EBADMSG);
	msg[31] ^= 0x80;
	for (size_t cut = 0; cut < msg_len; cut++) {
		len = sizeof(got);
		assert_int_equal(
			kn_noise_read_msg1(&resp.noise, (struct kn_bytes){msg, cut}, got, &len),
			-EBADMSG);
	}
	len = sizeof(got);
	assert_int_equal(
		kn_noise_read_msg1(&resp.noise, (struct kn_bytes){msg, msg_len}, got, &len), 0);
	assert_int_equal(len, 5);
}

static void forgeries_of_msg2(void **state)
{
	struct side init, resp;
	uint8_t msg[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t msg_len = KN_NOISE_MSG2_LEN(5), len;

	(void)state;
	pair_init(&good, &init, &resp);
	assert_int_equal(msg1_pass(&init, &resp), 0);
	assert_int_equal(kn_noise_write_msg2(&resp.noise, resp.eph, hello, msg), 0);
	struct kn_noise before = init.noise;
	for (size_t bit = 0; bit < 8 * msg_len; bit++) {
		msg[bit / 8] ^= (uint8_t)(1U << bit % 8);
		len = sizeof(got);
		assert_int_equal(
			kn_noise_read_msg2(&init.noise, (struct kn_bytes){msg, msg_len}, got, &len),
			-EBADMSG);
		assert_memory_equal(&before, &init.noise, sizeof(before));
		msg[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	len = sizeof(got);
	assert_int_equal(
		kn_noise_read_msg2(&init.noise, (struct kn_bytes){msg, msg_len}, got, &len), 0);
}

/* A public key of small order would make a shared secret that everybody knows. */
static void small_order_keys(void **state)
{
	static const uint8_t zeros[32];
	struct side init, resp;
	uint8_t msg[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t len = sizeof(got);
	struct pair_setup p = good;

	(void)state;
	p.init_remote = zeros;
	pair_init(&p, &init, &resp);
	assert_int_equal(kn_noise_write_msg1(&init.noise, init.eph, hello, msg), -EBADMSG);

	pair_init(&good, &init, &resp);
	assert_int_equal(kn_noise_write_msg1(&init.noise, init.eph, hello, msg), 0);
	memset(msg, 0, 32);
	const struct kn_bytes forged = {msg, KN_NOISE_MSG1_LEN(5)};
	assert_int_equal(kn_noise_read_msg1(&resp.noise, forged, got, &len), -EBADMSG);
}

static void steps_and_sizes(void **state)
{
	struct side init, resp;
	static uint8_t big[KN_NOISE_PAYLOAD_MAX + 1];
	uint8_t msg[MSG_MAX], got[KN_NOISE_PAYLOAD_MAX];
	size_t len = 4;

	(void)state;
	pair_init(&good, &init, &resp);
	assert_int_equal(kn_noise_split(&init.noise, &init.keys), -EPROTO);
	assert_int_equal(kn_noise_write_msg2(&init.noise, init.eph, hello, msg), -EPROTO);
	assert_int_equal(kn_noise_write_msg1(&resp.noise, resp.eph, hello, msg), -EPROTO);
	assert_int_equal(kn_noise_write_msg1(&init.noise, init.eph,
					     (struct kn_bytes){big, sizeof(big)}, msg),
			 -EMSGSIZE);
	assert_int_equal(kn_noise_write_msg1(&init.noise, init.eph, hello, msg), 0);
	assert_int_equal(kn_noise_read_msg1(&resp.noise,
					    (struct kn_bytes){msg, KN_NOISE_MSG1_LEN(5)}, got,
					    &len),
			 -EMSGSIZE);
	/* An empty payload and the largest one. */
	pair_init(&good, &init, &resp);
	len = sizeof(got);
	assert_int_equal(
		kn_noise_write_msg1(&init.noise, init.eph, (struct kn_bytes){NULL, 0}, msg), 0);
	assert_int_equal(kn_noise_read_msg1(&resp.noise,
					    (struct kn_bytes){msg, KN_NOISE_MSG1_LEN(0)}, got,
					    &len),
			 0);
	assert_int_equal(len, 0);
	len = sizeof(got);
	assert_int_equal(kn_noise_write_msg2(&resp.noise, resp.eph,
					     (struct kn_bytes){big, KN_NOISE_PAYLOAD_MAX}, msg),
			 0);
	assert_int_equal(
		kn_noise_read_msg2(&init.noise,
				   (struct kn_bytes){msg, KN_NOISE_MSG2_LEN(KN_NOISE_PAYLOAD_MAX)},
				   got, &len),
		0);
	assert_int_equal(len, KN_NOISE_PAYLOAD_MAX);
}

static void session_keys_mirror(void **state)
{
	struct side init, resp;
	struct kn_session_keys a[KN_SUITE_COUNT], b[KN_SUITE_COUNT];
	static const struct kn_noise wiped = {.step = KN_NOISE_DONE};

	(void)state;
	pair_init(&good, &init, &resp);
	assert_int_equal(msg1_pass(&init, &resp), 0);
	assert_int_equal(msg2_pass(&init, &resp), 0);
	assert_int_equal(kn_noise_split(&init.noise, &init.keys), 0);
	assert_int_equal(kn_noise_split(&resp.noise, &resp.keys), 0);
	assert_memory_equal(&init.noise, &wiped, sizeof(wiped));
	assert_memory_not_equal(init.keys.tx, init.keys.rx, 32);
	for (unsigned int i = 0; i < KN_SUITE_COUNT; i++) {
		enum kn_suite suite = (enum kn_suite)i;
		assert_int_equal(kn_session_keys_derive(&init.keys, suite, &a[i]), 0);
		assert_int_equal(kn_session_keys_derive(&resp.keys, suite, &b[i]), 0);
		assert_memory_equal(&a[i].tx, &b[i].rx, sizeof(a[i].tx));
		assert_memory_equal(&a[i].rx, &b[i].tx, sizeof(a[i].rx));
		assert_memory_not_equal(&a[i].tx, &a[i].rx, sizeof(a[i].tx));
	}
	assert_memory_not_equal(a[0].tx.key, a[1].tx.key, 16);
	assert_memory_not_equal(a[0].tx.key, a[2].tx.key, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(public_vectors),      cmocka_unit_test(differences_are_refused),
		cmocka_unit_test(forgeries_of_msg1),   cmocka_unit_test(forgeries_of_msg2),
		cmocka_unit_test(small_order_keys),    cmocka_unit_test(steps_and_sizes),
		cmocka_unit_test(session_keys_mirror),
	};

	return cmocka_run_group_tests_name("crypto_noise", tests, crypto_setup, crypto_teardown);
}
