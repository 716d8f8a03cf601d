/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_FRAGMENT_H
#define KN_CORE_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/kdf.h"
#include "wire/datagram.h"

/* The longest datagram that is cut, and the longest that a fragment makes. */
#define KN_FRAGMENT_TOTAL_MAX 65535
#define KN_FRAGMENT_LEN_MAX   1172

/* What becomes of a fragment: the plaintext of a datagram, inner header first. False: stop. */
typedef bool kn_fragment_fn(void *ctx, struct kn_bytes body);

struct kn_fragment_cut {
	uint32_t id;     /* not used for another datagram of the lane for a second */
	uint16_t origin; /* our host id */
	size_t max_len;  /* of the datagrams that carry the fragments */
};

/* Cuts a sealed datagram. False if it cannot be cut, or emit stopped. */
bool kn_fragment_cut(const struct kn_fragment_cut *c, struct kn_bytes sealed, kn_fragment_fn *emit,
		     void *ctx);

#endif
