/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Counters of an interface, its peers and their links as one list of (name, value), and the point
 * that `clear counters` calls zero. The engine itself never resets a counter. Control thread only.
 */
#ifndef KNETD_COUNTERS_H
#define KNETD_COUNTERS_H

#include "knet.h"

#define KND_HANDLE_COUNTERS_MAX 96
#define KND_PEER_COUNTERS       12
#define KND_LINK_COUNTERS       7

struct knd_counter_def {
	const char *name;
	const char *meaning;
	bool is_error;
};

extern const struct knd_counter_def knd_peer_counter_defs[KND_PEER_COUNTERS];
extern const struct knd_counter_def knd_link_counter_defs[KND_LINK_COUNTERS];

/* What counts as zero; NULL: nothing was ever cleared. Free it with free(). */
struct knd_counters_zero;

/* A handle and what counts as its zero. */
struct knd_counters {
	struct knet_handle *handle;
	const struct knd_counters_zero *zero;
};

/* Since the last clearing. Returns how many there are, at most KND_HANDLE_COUNTERS_MAX. */
size_t knd_handle_counters(const struct knd_counters *from,
			   struct knet_counter out[KND_HANDLE_COUNTERS_MAX]);
/* -ENOENT without such a peer or link. */
__attribute__((warn_unused_result)) int
knd_peer_counters(const struct knd_counters *from, uint16_t id, uint64_t out[KND_PEER_COUNTERS]);
__attribute__((warn_unused_result)) int knd_link_counters(const struct knd_counters *from,
							  uint16_t id, unsigned int link,
							  uint64_t out[KND_LINK_COUNTERS]);
/*
 * A new picture for some: the peer, or one of its links unless it is -1; all else counts from where
 * it did. NULL without memory.
 */
struct knd_counters_zero *knd_counters_zero_peer(const struct knd_counters *from, uint16_t id,
						 int link);
/* A picture of the present values. NULL without memory. */
struct knd_counters_zero *knd_counters_zero_new(struct knet_handle *handle);
/* Its bytes of memory. */
size_t knd_counters_zero_size(const struct knd_counters_zero *zero);

#endif
