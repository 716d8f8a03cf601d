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

#define HOP_LIMIT     1
#define PIECES_MAX    255 /* what the index of a piece can say */
#define TCP_LEN_MIN   20U
#define TCP_CSUM_OFF  16
#define TCP_FLAGS_OFF 13U
#define TCP_UNCUT     0x26 /* SYN, RST, URG */
#define PIECE_MIN     128  /* TCP is not cut more finely than this */

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

/* TCP is a stream of bytes: if a piece would not fit, the pieces become smaller, and the receiver
 * gets a super-frame that is cut more finely. */
static void pieces_fit(const struct kn_dest *d, const struct kn_super *s, struct kn_frame *f)
{
	size_t max_len = __atomic_load_n(&d->host->max_len, __ATOMIC_RELAXED);
	size_t before = KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN + s->hdr_len;

	if ((s->kind == KN_SUPER_TCP4 || s->kind == KN_SUPER_TCP6) &&
	    before + f->gso_size > max_len && before + PIECE_MIN <= max_len)
		f->gso_size = (uint16_t)(max_len - before);
}

static void super_send(struct kn_worker *w, const struct kn_dest *d, const struct kn_frame *frame)
{
	struct kn_frame whole = *frame;
	struct kn_frame *f = &whole;
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
	pieces_fit(d, &s, f);
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

/* A frame of TCP that is too long, and whose checksum nobody has completed, can be cut like a
 * super-frame that has but one frame. Says whether it has become one. */
static bool tcp_is_cut(const struct kn_dest *d, struct kn_frame *f)
{
	uint16_t ethertype = 0;
	size_t before = KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN;

	if (before + f->len <= __atomic_load_n(&d->host->max_len, __ATOMIC_RELAXED) ||
	    !f->needs_csum || f->csum_offset != TCP_CSUM_OFF ||
	    f->csum_start + TCP_LEN_MIN > f->len || f->len > UINT16_MAX ||
	    (f->data[f->csum_start + TCP_FLAGS_OFF] & TCP_UNCUT) != 0)
		return false;
	unsigned int l3 = kn_frame_l3(f->data, f->len, &ethertype);

	if (l3 == 0 || l3 >= f->csum_start)
		return false;
	f->super = f->data[l3] >> 4 == 4 ? KN_SUPER_TCP4 : KN_SUPER_TCP6;
	f->gso_size = (uint16_t)f->len; /* until it is made to fit */
	struct kn_super s;

	if (kn_super_parse(&s, f) == 0 && s.hdr_len <= KN_SUPER_HDR_MAX)
		return true;
	f->super = KN_SUPER_NONE;
	return false;
}

void kn_cut(struct kn_worker *w, const struct kn_dest *d, struct kn_frame *f)
{
	if (f->super == KN_SUPER_NONE && tcp_is_cut(d, f)) {
		super_send(w, d, f);
		f->super = KN_SUPER_NONE; /* for whom it goes to next */
		return;
	}
	if (f->super != KN_SUPER_NONE)
		super_send(w, d, f);
	else
		whole_send(w, d, f);
}
