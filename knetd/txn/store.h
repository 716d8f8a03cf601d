/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * One generation as a text: a configuration that can be read like any other, with comments in front
 * that say whose it is, and a sum that shows whether it is still what was written.
 */
#ifndef KNETD_TXN_STORE_H
#define KNETD_TXN_STORE_H

#include "knetd/txn/txn.h"

/* What the head of such a text says of the rest. */
struct knd_store_head {
	size_t off; /* where the sum begins to count */
	size_t len; /* bytes from there on */
	uint64_t sum;
};

/* Writes one; NULL without memory. The caller frees it. */
char *knd_store_format(const struct knd_txn_entry *entry, const struct kcl_config *config,
		       size_t *len);
/*
 * Reads the beginning of one into `entry`, whose configuration it leaves alone. `text` may be cut
 * off behind the first KND_STORE_HEAD_MAX bytes. 0 or -EBADMSG.
 */
__attribute__((warn_unused_result)) int knd_store_parse(const char *text, size_t len,
							struct knd_txn_entry *entry,
							struct knd_store_head *head);
#define KND_STORE_HEAD_MAX 1024
/* True if the whole text is what was written. */
bool knd_store_is_sound(const struct knd_store_head *head, const char *text, size_t len);
/* Where the configuration itself begins in such a text. */
size_t knd_store_body(const struct knd_store_head *head, const char *text, size_t len);

#endif
