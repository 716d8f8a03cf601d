// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * X25519 against the Wycheproof vectors and RFC 7748.
 */
#include "crypto_vectors.h"

#include "crypto/x25519.h"

#include <errno.h>
#include <string.h>

struct tally {
	unsigned int shared_cnt;
	unsigned int zero_cnt;
	unsigned int refused_cnt;
};

static void x25519_vector(const json_t *group, const json_t *test, void *arg)
{
	static const uint8_t zeros[KN_X25519_LEN];
	struct tally *tally = arg;
	struct vector_bytes pub, priv, shared;
	uint8_t out[KN_X25519_LEN];
	json_int_t id = json_integer_value(json_object_get(test, "tcId"));

	(void)group;
	vectors_bytes(test, "public", &pub);
	vectors_bytes(test, "private", &priv);
	vectors_bytes(test, "shared", &shared);
	assert_true(pub.len == 32 && priv.len == 32 && shared.len == 32);
	int err = kn_x25519(out, priv.data, pub.data);
	if (memcmp(shared.data, zeros, 32) == 0) {
		assert_int_equal(err, -EBADMSG);
		assert_memory_equal(out, zeros, 32);
		tally->zero_cnt++;
	} else if (err) {
		/* The two non-canonical keys that NSS does not take: see tests/vectors/README.md.
		 */
		assert_int_equal(err, -EBADMSG);
		assert_true(id == 94 || id == 95);
		tally->refused_cnt++;
	} else {
		assert_memory_equal(out, shared.data, 32);
		tally->shared_cnt++;
	}
}

static void x25519_vectors(void **state)
{
	struct tally tally = {0};

	(void)state;
	unsigned int cnt = vectors_wycheproof("wycheproof_x25519_test.json", x25519_vector, &tally);
	assert_int_equal(tally.shared_cnt + tally.zero_cnt + tally.refused_cnt, cnt);
	assert_true(tally.refused_cnt <= 2 && tally.zero_cnt >= 20 && tally.shared_cnt > 400);
}

/* RFC 7748, section 6.1 */
static void key_agreement(void **state)
{
	static const uint8_t alice[32] = {0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d,
					  0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
					  0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a,
					  0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a};
	static const uint8_t alice_pub[32] = {0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54,
					      0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
					      0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4,
					      0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a};
	uint64_t seed = 7748;
	uint8_t bob[32], bob_pub[32], pub[32], one[32], two[32];

	(void)state;
	assert_int_equal(kn_x25519_base(pub, alice), 0);
	assert_memory_equal(pub, alice_pub, 32);
	for (unsigned int i = 0; i < 50; i++) {
		test_random_fill(&seed, bob, sizeof(bob));
		assert_int_equal(kn_x25519_base(bob_pub, bob), 0);
		assert_int_equal(kn_x25519(one, alice, bob_pub), 0);
		assert_int_equal(kn_x25519(two, bob, alice_pub), 0);
		assert_memory_equal(one, two, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x25519_vectors),
		cmocka_unit_test(key_agreement),
	};

	return cmocka_run_group_tests_name("crypto_x25519", tests, crypto_setup, crypto_teardown);
}
