// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Keys that follow from the network secret, keys as text, and nonces of the data path. The fixed
 * values were computed independently (Python's hmac and hashlib), so that a changed label is
 * noticed: it would be a change of the protocol.
 */
#include "crypto_vectors.h"

#include "crypto/identity.h"
#include "crypto/session_keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint8_t secret[32];

static void hex(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", data[i]);
}

static void expect_hex(const uint8_t *data, size_t len, const char *want)
{
	char text[129];

	hex(data, len, text);
	assert_string_equal(text, want);
}

static int fill_secret(void **state)
{
	for (unsigned int i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)i;
	return crypto_setup(state);
}

static void network_keys(void **state)
{
	struct kn_network_keys keys;

	(void)state;
	assert_int_equal(kn_network_keys_derive(secret, &keys), 0);
	expect_hex(keys.mac1, 32,
		   "ca21eb3155ca1a9dfd4aca86fac1e64a3f2b1ba3aa97de24dda0ed6b460d5491");
	expect_hex(keys.cookie, 32,
		   "b200cbf9c8e67ede8af5fff48d742ca3d7c2857a135e31c3cd55614ab8d76e30");
	expect_hex(keys.psk, 32,
		   "f5473a27ad73f936792a0e3b6d58243eeeafabdcf2e9341ad21ca2766125a67a");
}

static void host_keys(void **state)
{
	uint8_t priv[32], other[32];

	(void)state;
	assert_int_equal(kn_host_key_derive(secret, 1, priv), 0);
	expect_hex(priv, 32, "0798ce01f532eb60d464de5abb3b61f35752b1be772d3ce77c18c0ce64bc3761");
	assert_int_equal(kn_host_key_derive(secret, 0xfffe, priv), 0);
	expect_hex(priv, 32, "1c941fc5d35f29d5090f6bbd5d50252eea6eb82eb785b78a7eca5b4aaeff99d1");
	secret[31] ^= 1;
	assert_int_equal(kn_host_key_derive(secret, 0xfffe, other), 0);
	secret[31] ^= 1;
	assert_memory_not_equal(priv, other, 32);
}

static void session_keys(void **state)
{
	struct kn_noise_keys noise;
	struct kn_session_keys keys;

	(void)state;
	memset(noise.tx, 1, 32);
	memset(noise.rx, 2, 32);
	memset(noise.hash, 3, 32);
	assert_int_equal(kn_session_keys_derive(&noise, KN_SUITE_AES256_GCM, &keys), 0);
	expect_hex(keys.tx.key, 32,
		   "9d05627d790bb7df7378f70cfa48f75b285a99c74ffedf0dfa64936c33857df8");
	expect_hex(keys.tx.static_iv, 12, "bd5c7af92abcd4e85212b7bc");
	expect_hex(keys.rx.key, 32,
		   "6533703c67c90b4309946b4008d2abbe58462d7b445a18856b7b455777f51913");
	assert_int_equal(kn_session_keys_derive(&noise, KN_SUITE_AES128_GCM, &keys), 0);
	expect_hex(keys.tx.key, 16, "e738a898c1ba5a1c978395f1098b80df");
}

static void nonces(void **state)
{
	uint8_t iv[12], nonce[12];

	(void)state;
	memset(iv, 0, sizeof(iv));
	kn_data_nonce(iv, 0xab, 0x112233445566, nonce);
	expect_hex(nonce, 12, "00000000ab00112233445566");
	memset(iv, 0xff, sizeof(iv));
	kn_data_nonce(iv, 0x01, 1, nonce);
	expect_hex(nonce, 12, "fffffffffefffffffffffffe");
}

static void text_known(void **state)
{
	char text[KN_KEY_TEXT_LEN + 1];
	uint8_t key[32];

	(void)state;
	kn_key_format(secret, text);
	assert_string_equal(text, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
	assert_int_equal(kn_key_parse(text, key), 0);
	assert_memory_equal(key, secret, 32);
	memset(key, 0xff, 32);
	kn_key_format(key, text);
	assert_string_equal(text, "//////////////////////////////////////////8=");
}

static void text_round_trip(void **state)
{
	char text[KN_KEY_TEXT_LEN + 1];
	uint8_t key[32], back[32];
	uint64_t seed = 64;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		test_random_fill(&seed, key, sizeof(key));
		kn_key_format(key, text);
		assert_int_equal(strlen(text), KN_KEY_TEXT_LEN);
		assert_int_equal(kn_key_parse(text, back), 0);
		assert_memory_equal(key, back, 32);
	}
}

/* In each place, exactly the characters of base64 are taken. */
static void text_every_character(void **state)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[KN_KEY_TEXT_LEN + 1], again[KN_KEY_TEXT_LEN + 1];
	uint8_t key[32];

	(void)state;
	for (unsigned int at = 0; at < KN_KEY_TEXT_LEN; at++) {
		for (unsigned int c = 1; c < 256; c++) {
			kn_key_format(secret, text);
			text[at] = (char)c;
			bool want = strchr(alphabet, (int)c) != NULL;
			if (at == KN_KEY_TEXT_LEN - 1)
				want = c == '=';
			else if (at == KN_KEY_TEXT_LEN - 2)
				want = want && strchr("AEIMQUYcgkosw048", (int)c);
			assert_int_equal(kn_key_parse(text, key), want ? 0 : -EINVAL);
			if (!want)
				continue;
			kn_key_format(key, again);
			assert_string_equal(text, again);
		}
	}
}

static void text_lengths(void **state)
{
	char text[KN_KEY_TEXT_LEN + 3];
	uint8_t key[32];

	(void)state;
	kn_key_format(secret, text);
	text[KN_KEY_TEXT_LEN] = '=';
	text[KN_KEY_TEXT_LEN + 1] = '\0';
	assert_int_equal(kn_key_parse(text, key), -EINVAL);
	for (int len = KN_KEY_TEXT_LEN - 1; len >= 0; len--) {
		text[len] = '\0';
		assert_int_equal(kn_key_parse(text, key), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_keys),         cmocka_unit_test(host_keys),
		cmocka_unit_test(session_keys),         cmocka_unit_test(nonces),
		cmocka_unit_test(text_known),           cmocka_unit_test(text_round_trip),
		cmocka_unit_test(text_every_character), cmocka_unit_test(text_lengths),
	};

	return cmocka_run_group_tests_name("crypto_identity", tests, fill_secret, crypto_teardown);
}
