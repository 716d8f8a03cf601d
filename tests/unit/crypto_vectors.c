// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the crypto tests share: reading of the public vectors, start of NSS, reproducible bytes.
 */
#include "crypto_vectors.h"

#include "crypto/crypto.h"

#include <stdio.h>
#include <string.h>

json_t *vectors_load(const char *name)
{
	char path[4096];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/tests/vectors/%s", TEST_SRCDIR, name);
	json_t *root = json_load_file(path, 0, &error);
	if (!root)
		fail_msg("%s: %s", path, error.text);
	return root;
}

static unsigned int nibble(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	assert_non_null(at);
	return (unsigned int)(at - digits);
}

void vectors_bytes(const json_t *object, const char *field, struct vector_bytes *out)
{
	const char *hex = json_string_value(json_object_get(object, field));

	assert_non_null(hex);
	out->len = strlen(hex) / 2;
	assert_true(strlen(hex) % 2 == 0 && out->len <= sizeof(out->data));
	for (size_t i = 0; i < out->len; i++)
		out->data[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
}

const char *vectors_result(const json_t *test)
{
	const char *result = json_string_value(json_object_get(test, "result"));

	assert_non_null(result);
	return result;
}

unsigned int vectors_wycheproof(const char *file, vector_fn fn, void *arg)
{
	json_t *root = vectors_load(file);
	unsigned int cnt = 0;
	size_t i, j;
	json_t *group, *test;

	json_array_foreach(json_object_get(root, "testGroups"), i, group) {
		json_array_foreach(json_object_get(group, "tests"), j, test) {
			fn(group, test, arg);
			cnt++;
		}
	}
	assert_int_equal(cnt, json_integer_value(json_object_get(root, "numberOfTests")));
	json_decref(root);
	return cnt;
}

int crypto_setup(void **state)
{
	(void)state;
	return kn_crypto_init();
}

int crypto_teardown(void **state)
{
	(void)state;
	kn_crypto_fini();
	return 0;
}

uint64_t test_random(uint64_t *seed)
{
	uint64_t x = *seed;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*seed = x;
	return x * 0x2545f4914f6cdd1dULL;
}

void test_random_fill(uint64_t *seed, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(test_random(seed) >> 32);
}
