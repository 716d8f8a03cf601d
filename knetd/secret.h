/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Secrets and private keys in files: one line of base64, readable by their owner alone. */
#ifndef KNETD_SECRET_H
#define KNETD_SECRET_H

#include "knet.h"
#include "knetd/why.h"

/*
 * Reads a network secret or a private key. Refuses a file that others than its owner may read, that
 * belongs to neither root nor us, or that is not exactly one key. Returns 0, or -errno with the
 * reason in `why`. Wipe `out` after use.
 */
__attribute__((warn_unused_result)) int knd_secret_read(const char *path, uint8_t out[KNET_KEY_LEN],
							struct knd_why *why);

/* Writes a new file of mode 0600, and refuses if there is one already. Returns 0 or -errno. */
__attribute__((warn_unused_result)) int knd_secret_write(const char *path,
							 const uint8_t key[KNET_KEY_LEN]);

#endif
