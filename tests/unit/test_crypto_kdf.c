// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * SHA-256, HMAC, HKDF and the MAC object against public vectors and against each other.
 */
#include "crypto_vectors.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <string.h>

static void sha256_known_and_in_pieces(void **state)
{
	/* FIPS 180-2, appendix B.1 */
	static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
				      0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
				      0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
				      0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	uint8_t out[KN_SHA256_LEN];
	const struct kn_bytes pieces[] = {{"a", 1}, {NULL, 0}, {"bc", 2}};

	(void)state;
	assert_int_equal(kn_sha256(&(struct kn_bytes){"abc", 3}, 1, out), 0);
	assert_memory_equal(out, abc, sizeof(abc));
	assert_int_equal(kn_sha256(pieces, 3, out), 0);
	assert_memory_equal(out, abc, sizeof(abc));
}

static void hmac_vector(const json_t *group, const json_t *test, void *arg)
{
	struct vector_bytes key, msg, tag;
	uint8_t out[KN_SHA256_LEN];
	size_t half;

	(void)group;
	(void)arg;
	vectors_bytes(test, "key", &key);
	vectors_bytes(test, "msg", &msg);
	vectors_bytes(test, "tag", &tag);
	half = msg.len / 2;
	const struct kn_bytes parts[] = {{msg.data, half}, {msg.data + half, msg.len - half}};
	assert_int_equal(kn_hmac_sha256(vb(&key), parts, 2, out), 0);
	assert_true(tag.len <= sizeof(out));
	bool is_valid = strcmp(vectors_result(test), "valid") == 0;
	assert_int_equal(kn_ct_equal(out, tag.data, tag.len), is_valid);
}

static void hmac_vectors(void **state)
{
	(void)state;
	vectors_wycheproof("wycheproof_hmac_sha256_test.json", hmac_vector, NULL);
}

/* The MAC object takes 32-byte keys and gives 16 bytes: the vectors of that form run through it,
 * and the valid ones of full length. */
static void mac_vector(const json_t *group, const json_t *test, void *arg)
{
	struct vector_bytes key, msg, tag;
	uint8_t out[KN_MAC_LEN];
	struct kn_mac *mac;

	(void)group;
	vectors_bytes(test, "key", &key);
	vectors_bytes(test, "msg", &msg);
	vectors_bytes(test, "tag", &tag);
	bool is_valid = strcmp(vectors_result(test), "valid") == 0;
	if (key.len != 32 || (!is_valid && tag.len != KN_MAC_LEN))
		return;
	assert_int_equal(kn_mac_new(key.data, &mac), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(kn_mac_compute(mac, msg.data, msg.len, out), 0);
		assert_int_equal(kn_ct_equal(out, tag.data, KN_MAC_LEN), is_valid);
	}
	kn_mac_free(mac);
	++*(unsigned int *)arg;
}

static void mac_vectors(void **state)
{
	unsigned int cnt = 0;

	(void)state;
	vectors_wycheproof("wycheproof_hmac_sha256_test.json", mac_vector, &cnt);
	assert_true(cnt > 50);
}

static void hkdf_vector(const json_t *group, const json_t *test, void *arg)
{
	struct vector_bytes ikm, salt, info, okm;
	static uint8_t out[16384];
	size_t size = (size_t)json_integer_value(json_object_get(test, "size"));

	(void)group;
	(void)arg;
	vectors_bytes(test, "ikm", &ikm);
	vectors_bytes(test, "salt", &salt);
	vectors_bytes(test, "info", &info);
	if (strcmp(vectors_result(test), "valid") != 0) {
		assert_int_equal(kn_hkdf_sha256(vb(&salt), vb(&ikm), vb(&info), out, size),
				 -EINVAL);
		return;
	}
	vectors_bytes(test, "okm", &okm);
	assert_true(size == okm.len && size <= sizeof(out));
	assert_int_equal(kn_hkdf_sha256(vb(&salt), vb(&ikm), vb(&info), out, size), 0);
	assert_memory_equal(out, okm.data, okm.len);
}

static void hkdf_vectors(void **state)
{
	(void)state;
	vectors_wycheproof("wycheproof_hkdf_sha256_test.json", hkdf_vector, NULL);
}

/* Section 4.3 of the Noise specification, written out with HMAC alone. */
static void noise_hkdf_is_chained_hmac(void **state)
{
	const uint8_t ck[32] = "chaining key of thirty-two bytes";
	const struct kn_bytes ikm = {"input", 5};
	uint8_t temp[32], want[3][32], got[3][32];

	(void)state;
	assert_int_equal(kn_hmac_sha256((struct kn_bytes){ck, 32}, &ikm, 1, temp), 0);
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t counter = (uint8_t)(i + 1);
		const struct kn_bytes parts[] = {{i ? want[i - 1] : NULL, i ? 32U : 0U},
						 {&counter, 1}};
		assert_int_equal(kn_hmac_sha256((struct kn_bytes){temp, 32}, parts, 2, want[i]), 0);
	}
	assert_int_equal(kn_noise_hkdf(ck, ikm, got, 2), 0);
	assert_memory_equal(got, want, 64);
	assert_int_equal(kn_noise_hkdf(ck, ikm, got, 3), 0);
	assert_memory_equal(got, want, 96);
}

static void init_is_counted(void **state)
{
	uint8_t out[KN_SHA256_LEN];

	(void)state;
	assert_int_equal(kn_crypto_init(), 0);
	kn_crypto_fini();
	assert_int_equal(kn_sha256(NULL, 0, out), 0);
}

static void small_helpers(void **state)
{
	uint8_t a[64], b[64];

	(void)state;
	assert_int_equal(kn_random_os(a, sizeof(a)), 0);
	assert_int_equal(kn_random_os(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	memcpy(b, a, sizeof(a));
	assert_true(kn_ct_equal(a, b, sizeof(a)));
	for (unsigned int bit = 0; bit < 8 * sizeof(a); bit++) {
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(kn_ct_equal(a, b, sizeof(a)));
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	kn_wipe(a, sizeof(a));
	memset(b, 0, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_known_and_in_pieces),
		cmocka_unit_test(hmac_vectors),
		cmocka_unit_test(mac_vectors),
		cmocka_unit_test(hkdf_vectors),
		cmocka_unit_test(noise_hkdf_is_chained_hmac),
		cmocka_unit_test(init_is_counted),
		cmocka_unit_test(small_helpers),
	};

	return cmocka_run_group_tests_name("crypto_kdf", tests, crypto_setup, crypto_teardown);
}
