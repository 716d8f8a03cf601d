// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Cutting a datagram that is too long for its link (docs/protocol.md, section 3.4). What is cut is
 * the sealed datagram, whether it is new or was sealed for another, wider link: the receiver puts
 * it together and treats it as if it had come whole, so its replay window still tells copies.
 *
 * Fragments are never longer than what passes nearly everywhere, so that they need not be cut again
 * if they in turn must go another way; and as long as each other, so that the kernel cuts them from
 * one burst.
 *
 * Pure, any thread.
 */
#include "core/fragment.h"

#include <string.h>

#define HEAD_LEN (KN_INNER_HDR_LEN + KN_FRAG_LEN)
#define OVERHEAD (KN_DATA_OVERHEAD + HEAD_LEN)

bool kn_fragment_cut(const struct kn_fragment_cut *c, struct kn_bytes sealed, kn_fragment_fn *emit,
		     void *ctx)
{
	size_t max_len = c->max_len < KN_FRAGMENT_LEN_MAX ? c->max_len : KN_FRAGMENT_LEN_MAX;

	if (max_len <= OVERHEAD || sealed.len > KN_FRAGMENT_TOTAL_MAX)
		return false;
	size_t cnt = (sealed.len + max_len - OVERHEAD - 1) / (max_len - OVERHEAD);

	if (cnt < 2 || cnt > UINT8_MAX)
		return false;
	size_t piece = (sealed.len + cnt - 1) / cnt;
	const uint8_t *from = sealed.data;
	uint8_t body[KN_FRAGMENT_LEN_MAX];
	struct kn_inner_hdr inner = {.kind = KN_INNER_FRAGMENT, .origin = c->origin};
	struct kn_frag f = {.id = c->id, .count = (uint8_t)cnt, .total = (uint16_t)sealed.len};

	kn_inner_hdr_pack(body, &inner);
	for (size_t at = 0; at < sealed.len; at += piece, f.index++) {
		size_t len = sealed.len - at < piece ? sealed.len - at : piece;

		kn_frag_pack(body + KN_INNER_HDR_LEN, &f);
		memcpy(body + HEAD_LEN, from + at, len);
		if (!emit(ctx, (struct kn_bytes){body, HEAD_LEN + len}))
			return false;
	}
	return true;
}
