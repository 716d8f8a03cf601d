// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_CRYPTO_H
#define KN_CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KN_KEY_LEN 32 /* X25519 keys, HMAC-SHA256 keys, the network secret */

/*
 * Start the cryptographic library. Counted: every successful call is paired with one
 * kn_crypto_fini(). Any thread may call it. Call it after the last fork() and before a sandbox is
 * entered (shared objects are loaded here). Nothing else in this room works before.
 * Returns 0, or -ENOSYS if NSS cannot be started.
 */
int kn_crypto_init(void) __attribute__((warn_unused_result));

/* Undo one kn_crypto_init(). Every key, context and MAC must have been released before the last. */
void kn_crypto_fini(void);

/* Overwrite n bytes with zeros, in a way the compiler does not remove. */
void kn_wipe(void *p, size_t n);

/* Compare n bytes in a time that depends on n only. */
bool kn_ct_equal(const void *a, const void *b, size_t n);

/* Fill out with n bytes from the operating system's generator. Returns 0 or -errno. May sleep only
 * in the first moments after boot. */
int kn_random_os(void *out, size_t n) __attribute__((warn_unused_result));

#endif
