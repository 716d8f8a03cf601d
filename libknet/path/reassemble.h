/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_REASSEMBLE_H
#define KN_PATH_REASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/counters.h"
#include "crypto/kdf.h"
#include "wire/datagram.h"

#define KN_REASSEMBLY_BYTES    (256 * 1024) /* of a worker, for all peers */
#define KN_REASSEMBLY_SLOTS    64           /* datagrams under way */
#define KN_REASSEMBLY_PER_HOST 8
#define KN_REASSEMBLY_NS       1000000000ULL /* from the first fragment to the last */

struct kn_reassembly;

/* Which datagram a fragment belongs to. */
struct kn_frag_key {
	uint32_t session; /* our index of it */
	uint32_t id;
	uint16_t host;
	uint8_t lane;
};

/* NULL if out of memory. Counts what it gives up in `counters`. */
struct kn_reassembly *kn_reassembly_new(struct kn_counters *counters);
void kn_reassembly_free(struct kn_reassembly *r);

/*
 * An authentic fragment; its piece is copied. Returns KN_C_COUNT, or the reason why it is refused.
 * If it was the last to come, *whole is the datagram, valid until the next call; otherwise
 * whole->data is NULL.
 */
enum kn_counter kn_reassembly_add(struct kn_reassembly *r, const struct kn_frag_key *key,
				  const struct kn_frag *f, struct kn_bytes piece, uint64_t now,
				  struct kn_bytes *whole);

#endif
