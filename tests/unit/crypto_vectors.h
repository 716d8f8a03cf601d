// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_TESTS_CRYPTO_VECTORS_H
#define KN_TESTS_CRYPTO_VECTORS_H

#include "crypto/kdf.h"

#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Helpers of the crypto tests: vector files and bytes. A test fails if anything is missing. */

#define VECTOR_BYTES_MAX 8192

struct vector_bytes {
	uint8_t data[VECTOR_BYTES_MAX];
	size_t len;
};

/* The file tests/vectors/name. Returns owned: json_decref(). */
json_t *vectors_load(const char *name);

/* The value of a field in hexadecimal, as bytes. */
void vectors_bytes(const json_t *object, const char *field, struct vector_bytes *out);

/* Called for each test of a Wycheproof file with its group; the number of calls is returned. */
typedef void (*vector_fn)(const json_t *group, const json_t *test, void *arg);
unsigned int vectors_wycheproof(const char *file, vector_fn fn, void *arg);

/* "valid", "invalid" or "acceptable". */
const char *vectors_result(const json_t *test);

static inline struct kn_bytes vb(const struct vector_bytes *v)
{
	return (struct kn_bytes){v->data, v->len};
}

/* cmocka group set-up and tear-down: NSS is started once. */
int crypto_setup(void **state);
int crypto_teardown(void **state);

/* A small reproducible generator (xorshift64*), for tests only. */
uint64_t test_random(uint64_t *seed);
void test_random_fill(uint64_t *seed, uint8_t *out, size_t len);

#endif
