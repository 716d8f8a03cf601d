// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From a frame to the plaintext of its datagrams (docs/protocol.md, sections 3.2 and 3.3).
 *
 * A frame that fits goes whole, with an inner header in front of it. A super-frame is cut without
 * rewriting a header: each piece carries the super-frame's own headers and its part of the payload.
 * The head of a piece is put in front of its payload in the TAP's buffer, over what is sealed
 * already, so that sealing is the only copy. Worker thread only.
 */
#include <string.h>

#include "path/super.h"
#include "path/tx.h"
#include "wire/datagram.h"

#define HOP_LIMIT  1
#define PIECES_MAX 255 /* what the index of a piece can say */

/* The inner header, and behind it the offload data if there are any. */
static size_t head_pack(const struct kn_worker *w, uint8_t kind, uint8_t flags, uint8_t *out)
{
	struct kn_inner_hdr hdr = {
		.kind = kind, .flags = flags, .hop_limit = HOP_LIMIT, .origin = w->engine->id};

	kn_inner_hdr_pack(out, &hdr);
	return KN_INNER_HDR_LEN;
}

/* A frame goes whole: its inner header is put in front of it. */
static void whole_send(struct kn_worker *w, const struct kn_dest *d, struct kn_frame *f)
{
	/* What the wire cannot say is done here; headers of this length are rare. */
	if (f->needs_csum && (f->csum_start > UINT8_MAX || f->csum_offset > UINT8_MAX))
		kn_frame_csum(f);

	struct kn_csum csum = {(uint8_t)f->csum_start, (uint8_t)f->csum_offset};
	size_t before = KN_INNER_HDR_LEN + (f->needs_csum ? KN_INNER_OFFLOAD_LEN : 0);
	uint8_t *at = f->data - before;

	head_pack(w, KN_INNER_FRAME, f->needs_csum ? KN_INNER_CSUM : 0, at);
	if (f->needs_csum)
		kn_csum_pack(at + KN_INNER_HDR_LEN, &csum);
	(void)kn_seal(w, d, (struct kn_bytes){at, f->len + before});
}

/* Pieces [first, first + cnt) of a super-frame, as a super-frame of their own. Each piece's head is
 * put in front of its payload, over the tail of the piece before, which is sealed already. */
static void pieces_send(struct kn_worker *w, const struct kn_dest *d, const struct kn_frame *f,
			const struct kn_super *s, const uint8_t *head, unsigned int cnt,
			uint8_t *payload)
{
	size_t head_len = KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN + s->hdr_len;
	uint8_t *end = f->data + f->len;

	for (unsigned int i = 0; i < cnt; i++, payload += f->gso_size) {
		size_t len = (size_t)(end - payload) < f->gso_size ? (size_t)(end - payload)
								   : f->gso_size;

		memcpy(payload - head_len, head, head_len);
		payload[-(ptrdiff_t)head_len + KN_INNER_HDR_LEN] = (uint8_t)i;
		if (!kn_seal(w, d, (struct kn_bytes){payload - head_len, head_len + len}))
			return;
	}
}

/* One frame of a super-frame whose headers are too long to travel with each piece. */
struct one_ctx {
	struct kn_worker *worker;
	const struct kn_dest *dest;
};

static void one_send(void *ctx, struct kn_frame *one)
{
	const struct one_ctx *c = ctx;

	whole_send(c->worker, c->dest, one);
}

static void super_send(struct kn_worker *w, const struct kn_dest *d, const struct kn_frame *f)
{
	uint8_t head[KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN + KN_SUPER_HDR_MAX];
	uint8_t *hdr = head + KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN;
	uint8_t original[KN_SUPER_HDR_MAX];
	struct kn_super s;

	if (kn_super_parse(&s, f) != 0) {
		kn_count(&w->counters, KN_C_TX_BAD_OFFLOAD, 1);
		return;
	}
	if (s.hdr_len > KN_SUPER_HDR_MAX) {
		kn_super_apart(&s, f, one_send, &(struct one_ctx){w, d});
		return;
	}
	uint32_t left = f->len - s.hdr_len;
	unsigned int total = (left + f->gso_size - 1) / f->gso_size;

	memcpy(original, f->data, s.hdr_len);
	kn_count(&w->counters, KN_C_TX_SUPER_FRAMES, 1);
	for (unsigned int first = 0; first < total; first += PIECES_MAX) {
		unsigned int cnt = total - first < PIECES_MAX ? total - first : PIECES_MAX;
		uint32_t len = cnt * f->gso_size < left ? cnt * f->gso_size : left;
		struct kn_segment g = {.count = (uint8_t)cnt,
				       .hdr_len = (uint8_t)s.hdr_len,
				       .kind = s.kind,
				       .l4_words = (uint8_t)((s.hdr_len - s.l4) / 4),
				       .has_ecn = s.has_ecn};

		head_pack(w, KN_INNER_SEGMENT, 0, head);
		kn_segment_pack(head + KN_INNER_HDR_LEN, &g);
		memcpy(hdr, original, s.hdr_len);
		if (cnt < total)
			kn_super_slice(&s, hdr,
				       &(struct kn_slice){.first = (uint16_t)first,
							  .has_last = len == left,
							  .gso_size = f->gso_size,
							  .payload_len = len});
		pieces_send(w, d, f, &s, head, cnt,
			    f->data + s.hdr_len + (size_t)first * f->gso_size);
		left -= len;
	}
}

void kn_cut(struct kn_worker *w, const struct kn_dest *d, struct kn_frame *f)
{
	if (f->super != KN_SUPER_NONE)
		super_send(w, d, f);
	else
		whole_send(w, d, f);
}
