/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_TAP_BATCH_H
#define KN_PATH_TAP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/kdf.h"

#define KN_TAP_BATCH_CNT 64
#define KN_TAP_BATCH_LEN 2048 /* of one, at most */

/* Frames that are to be written to a queue of the TAP, many with one system call. */
struct kn_tap_batch;

/* What has become of frames. */
struct kn_tap_written {
	uint64_t frames, bytes, errors;
};

/* For the queue fd, which stays the caller's. NULL: the kernel does not do it for us, or there is
 * no memory. Freed by the thread that uses it, or after that has ended; NULL is allowed. */
struct kn_tap_batch *kn_tap_batch_new(int fd) __attribute__((warn_unused_result));
void kn_tap_batch_free(struct kn_tap_batch *b);
/* Takes a copy of one, to be written behind those before it, at the next flush at the latest.
 * False: too long, or it is better written at once; what was taken has to be flushed first. */
bool kn_tap_batch_add(struct kn_tap_batch *b, struct kn_bytes one)
	__attribute__((warn_unused_result));
/* Writes what was taken: all that has been written since the last flush. */
struct kn_tap_written kn_tap_batch_flush(struct kn_tap_batch *b);
/* Whether the kernel still does it for us. Any thread. */
bool kn_tap_batch_is_on(const struct kn_tap_batch *b);

#endif
