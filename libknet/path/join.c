// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Joining the pieces of a super-frame, by opening them last to first.
 *
 * Each piece is opened so that its payload ends where its successor's begins. Its head, a copy of
 * the super-frame's headers, then lies over the end of its predecessor's place, which the
 * predecessor overwrites when it is opened in its turn. What remains is the head of the first
 * piece and the payload of all, in one run, without a copy:
 *
 *	            [head|payload 2]          opened first
 *	   [head|payload 1]payload 2          its end overwrites the head of 2
 *	[head|payload 0]payload 1 payload 2
 *
 * Pieces of one super-frame have consecutive counters in one lane, so predecessors are known before
 * they are opened. If one is missing, a copy, or not authentic, the super-frame falls apart into
 * runs, and the headers of each are made by kn_super_slice(). A piece that does not belong where
 * its counter says can only be the work of an authentic peer against its own frames.
 *
 * Worker thread only.
 */
#include <string.h>

#include "path/rx.h"
#include "path/super.h"

#define HEAD_LEN (KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN) /* before the copied headers */

struct piece {
	struct kn_aead_op op;
	bool is_good;
};

/* A super-frame being joined. Pieces are numbered backwards: 0 was opened first. */
struct joining {
	struct kn_rx *rx;
	struct kn_super super;
	struct kn_segment seg; /* of piece 0 */
	uint8_t *end;          /* behind the payload of piece 0 */
	uint32_t own_len;      /* payload of piece 0 */
	uint32_t gso_size;     /* of each but the last of the super-frame */
	unsigned int cnt;      /* pieces, with piece 0 */
	struct piece piece[UINT8_MAX + 1];
	uint8_t hdr[KN_SUPER_HDR_MAX];
};

/* How many datagrams before the one at hand are its predecessors. All have the length that whole
 * pieces have. */
static unsigned int predecessors(const struct joining *j, const struct kn_batch *b)
{
	const struct kn_rx *rx = j->rx;
	const struct kn_in *last = &b->in[b->left];
	uint32_t len = KN_DATA_OVERHEAD + HEAD_LEN + j->super.hdr_len + j->gso_size;
	unsigned int cnt = 0;

	while (cnt < j->seg.index && cnt < b->left) {
		const struct kn_in *in = last - 1 - cnt;
		struct kn_data_hdr hdr;

		if (kn_datagram_type_of(in->data, in->len) != KN_DATAGRAM_DATA ||
		    in->link != last->link || in->len != len)
			break;
		kn_data_hdr_unpack(in->data, &hdr);
		if (hdr.index != rx->hdr.index || hdr.lane != rx->hdr.lane ||
		    hdr.counter + cnt + 1 != rx->hdr.counter)
			break;
		cnt++;
	}
	return cnt;
}

/* The headers, which every piece has, say how long the payload of all is: from that follows how
 * long the others' is. False if the piece contradicts them. */
static bool lengths_find(struct joining *j)
{
	uint32_t total = kn_super_payload_len(&j->super, j->hdr);
	uint32_t before = j->seg.count - 1U;

	j->gso_size = j->own_len;
	if (j->seg.index < before)
		return total > before * j->gso_size && total <= (before + 1) * j->gso_size;
	if (before == 0)
		return total == j->own_len;
	if (total <= j->own_len || (total - j->own_len) % before != 0)
		return false;
	j->gso_size = (total - j->own_len) / before;
	return j->own_len <= j->gso_size;
}

/* Opens those of the predecessors into their places that may be new. */
static void predecessors_open(struct joining *j, const struct kn_batch *b)
{
	struct kn_rx *rx = j->rx;
	struct kn_worker *w = rx->worker;
	uint8_t *at = j->end - j->own_len;

	for (unsigned int i = 1; i < j->cnt; i++) {
		uint64_t counter = rx->hdr.counter - i;
		struct piece *p = &j->piece[i];
		kn_verdict v = kn_rx_is_new(rx, rx->hdr.lane, counter);

		at -= j->gso_size;
		kn_rx_open_prepare(rx, &b->in[b->left - i], counter,
				   at - j->super.hdr_len - HEAD_LEN, &p->op);
		p->op.ok = false;
		p->is_good = v == PASS;
		if (v == PASS)
			w->engine->aead->open(w->aead, rx->session->rx_key, &p->op, 1);
		else
			kn_count(&w->counters, v, 1);
	}
}

/* Marks the predecessors that were opened, under one take of the lane. */
static void predecessors_commit(struct joining *j)
{
	struct kn_rx *rx = j->rx;

	kn_rx_take(rx);
	for (unsigned int i = 1; i < j->cnt; i++) {
		struct piece *p = &j->piece[i];
		kn_verdict v = p->is_good ? kn_rx_commit(rx, &p->op, rx->hdr.counter - i) : PASS;

		p->is_good &= v == PASS;
		if (v != PASS)
			kn_count(&rx->worker->counters, v, 1);
	}
	kn_rx_give(rx);
}

/* A run of good pieces, `first` being the index of its first in the super-frame, whose payload
 * begins at `payload`: becomes a frame or a super-frame. */
static void run_keep(struct joining *j, unsigned int first, unsigned int cnt, uint8_t *payload,
		     uint32_t payload_len)
{
	const struct kn_super *s = &j->super;
	bool is_tcp = s->kind == KN_SUPER_TCP4 || s->kind == KN_SUPER_TCP6;
	struct kn_slice part = {.first = (uint16_t)first,
				.has_last = first + cnt == j->seg.count,
				.gso_size = (uint16_t)j->gso_size,
				.payload_len = payload_len};
	struct kn_frame f = {.data = payload - s->hdr_len,
			     .len = s->hdr_len + payload_len,
			     .hdr_len = s->hdr_len,
			     .needs_csum = true,
			     .csum_start = s->l4,
			     .csum_offset = is_tcp ? 16 : 6};

	memcpy(f.data, j->hdr, s->hdr_len);
	if (cnt < j->seg.count) {
		kn_super_slice(s, f.data, &part);
		kn_count(&j->rx->worker->counters, KN_C_RX_SUPER_PARTS, 1);
	}
	if (cnt > 1) {
		f.super = s->kind;
		f.gso_size = part.gso_size;
		f.has_ecn = s->has_ecn && first == 0;
		kn_count(&j->rx->worker->counters, KN_C_RX_SUPER_FRAMES, 1);
	}
	kn_rx_unit(j->rx, &f, cnt);
}

/* Moves what lies below a run down, so that the headers of the run have room in front of it. */
static uint8_t *make_room(const struct joining *j, unsigned int below, uint8_t *payload)
{
	uint32_t len = below * j->gso_size;
	uint32_t by = j->super.hdr_len + KN_FRAME_HEADROOM;

	memmove(payload - len - by, payload - len, len);
	return payload - by;
}

/* From the last piece to the first: each run of good ones. */
static void runs_keep(struct joining *j)
{
	uint8_t *at = j->end;
	unsigned int i = 0;

	while (i < j->cnt) {
		unsigned int begin = i;
		uint32_t len = 0;

		for (; i < j->cnt && j->piece[i].is_good; i++)
			len += i == 0 ? j->own_len : j->gso_size;
		at -= len;
		if (i > begin) {
			uint8_t *payload = at;

			if (i < j->cnt)
				at = make_room(j, j->cnt - i, at);
			run_keep(j, j->seg.index + 1 - i, i - begin, payload, len);
		}
		for (; i < j->cnt && !j->piece[i].is_good; i++)
			at -= j->gso_size;
	}
}

kn_verdict kn_rx_join(struct kn_rx *rx, struct kn_batch *b, uint8_t *plain, uint32_t len)
{
	struct joining j;

	if (len < HEAD_LEN)
		return KN_C_RX_BAD_INNER;
	kn_segment_unpack(plain + KN_INNER_HDR_LEN, &j.seg);
	if (len <= HEAD_LEN + (uint32_t)j.seg.hdr_len ||
	    kn_super_from_segment(&j.super, &j.seg, plain + HEAD_LEN) != 0)
		return KN_C_RX_BAD_INNER;
	j.rx = rx;
	j.end = plain + len;
	j.own_len = len - HEAD_LEN - j.seg.hdr_len;
	j.piece[0].is_good = true;
	memcpy(j.hdr, plain + HEAD_LEN, j.seg.hdr_len);
	if (!lengths_find(&j))
		return KN_C_RX_BAD_INNER;
	j.cnt = 1 + predecessors(&j, b);
	predecessors_open(&j, b);
	predecessors_commit(&j);
	b->left -= j.cnt - 1;
	runs_keep(&j);
	return PASS;
}
