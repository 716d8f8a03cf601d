// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_WINDOW_H
#define KN_CRYPTO_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KN_WINDOW_BITS        2048               /* the usual size */
#define KN_WINDOW_COUNTER_MAX ((1ULL << 48) - 1) /* counters have 48 bits on the wire */

/*
 * Anti-replay window of one lane (RFC 6479): a ring of bits behind the highest counter seen. With
 * bits bits, counters down to highest - (bits - 64) are told apart; older ones are refused. One
 * thread at a time commits; others may check meanwhile.
 */
struct kn_window {
	uint64_t next; /* highest committed counter + 1; 0: none yet */
	uint32_t word_mask;
	uint64_t words[];
};

/* A new window, owned by the caller, free with kn_window_free(). bits is a power of two from 128
 * to 2^20. NULL if it is not or if out of memory. */
struct kn_window *kn_window_new(uint32_t bits);

/* Free; w may be NULL. */
void kn_window_free(struct kn_window *w);

/* Whether ctr may still be accepted. Ask before decryption: costs nothing, changes nothing. */
bool kn_window_check(const struct kn_window *w, uint64_t ctr);

/* Mark ctr as received. Call only for authentic packets. Returns false if it had been received
 * already or is too old or above 48 bits (copies may meet in one batch, after both were checked):
 * the packet must be dropped. */
bool kn_window_commit(struct kn_window *w, uint64_t ctr) __attribute__((warn_unused_result));

#endif
