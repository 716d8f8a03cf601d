// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From the TAP to the links: one frame's way out.
 *
 *	classify -> fdb -> host(s) -> links -> cut -> room in a burst -> lane -> seal -> flush
 *
 * Worker thread only, inside an RCU read section. A super-frame is cut into datagrams without
 * rewriting a header: each carries the super-frame's own headers and its piece of the payload. They
 * are sealed from the TAP's buffer straight into the send buffer, one behind the other, so that one
 * system call sends the burst. Each datagram is sealed once per host and sent on as many links as
 * the host's policy says: the copies are byte for byte the same, so the receiver's window lets one
 * through. Nothing here allocates, locks, logs or reads the clock.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "path/super.h"
#include "path/worker.h"
#include "wire/datagram.h"

#define HOP_LIMIT  1
#define PIECES_MAX 255          /* what the index of a piece can say */
#define FLUSH_LEN  KN_BURST_LEN /* so much is sent at once, while it is in the cache */

/* Where a frame goes, and its inner header. */
struct dest {
	struct kn_host *host;
	struct kn_session *session;
	uint8_t links;
	uint8_t lane;
};

static bool dest_find(struct kn_worker *w, struct kn_host *h, uint8_t links, struct dest *d)
{
	struct kn_session *s = kn_rcu_read(&h->tx_session);

	if (s == NULL) {
		kn_count(&w->counters, KN_C_TX_NO_SESSION, 1);
		return false;
	}
	if (links == 0) {
		kn_count(&w->counters, KN_C_TX_NO_LINK, 1);
		return false;
	}
	*d = (struct dest){.host = h,
			   .session = s,
			   .links = links,
			   .lane = kn_lane_of(w->slot, (unsigned int)__builtin_ctz(links))};
	return true;
}

/* Whether a datagram of len bytes can follow in the burst that is being filled. */
static bool burst_takes(const struct kn_worker *w, const struct dest *d, size_t len)
{
	if (w->group_is_closed || w->group == w->out_cnt)
		return false;
	const struct kn_out *o = &w->out[w->group];

	return o->host == d->host && w->group_links == d->links && len <= o->seg_len &&
	       o->cnt < KN_BURST_CNT && o->len + len <= KN_BURST_LEN;
}

/* A new burst, once for each link; false if none of them has an address. */
static bool burst_begin(struct kn_worker *w, const struct dest *d, size_t len)
{
	if (w->out_cnt + KNET_MAX_LINKS > KN_BATCH)
		kn_tx_flush(w);
	w->group = w->out_cnt;
	w->group_links = d->links;
	w->group_is_closed = false;
	for (uint8_t links = d->links; links != 0; links &= (uint8_t)(links - 1)) {
		struct kn_link *l = kn_rcu_read(&d->host->links[__builtin_ctz(links)]);
		struct kn_path *path = l == NULL ? NULL : kn_rcu_read(&l->path);

		if (path != NULL)
			w->out[w->out_cnt++] = (struct kn_out){.to = &path->remote,
							       .link = l,
							       .host = d->host,
							       .data = w->tx_area + w->tx_used,
							       .seg_len = (uint32_t)len};
	}
	return w->out_cnt != w->group;
}

/* Where a datagram of len bytes goes in the send buffer; NULL if no link has an address. */
static uint8_t *burst_room(struct kn_worker *w, const struct dest *d, size_t len)
{
	if (w->tx_used + len > KN_TX_AREA)
		kn_tx_flush(w);
	if (!burst_takes(w, d, len) && !burst_begin(w, d, len)) {
		kn_count(&w->counters, KN_C_TX_NO_LINK, 1);
		return NULL;
	}
	return w->tx_area + w->tx_used;
}

/* The datagram is sealed: it belongs to the burst now. */
static void burst_add(struct kn_worker *w, size_t len)
{
	for (size_t i = w->group; i < w->out_cnt; i++) {
		w->out[i].len += (uint32_t)len;
		w->out[i].cnt++;
	}
	/* Only the last may be shorter. */
	w->group_is_closed = len < w->out[w->group].seg_len;
	w->tx_used += len;
}

/* Seals one datagram and queues it. False: dropped, and counted. */
static bool seal(struct kn_worker *w, const struct dest *d, struct kn_bytes body)
{
	struct kn_session *s = d->session;
	struct kn_session_tx *tx = &s->tx_worker;
	uint64_t *counter = &tx->counter[d->lane & 7];
	size_t len = body.len + KN_DATA_OVERHEAD;
	uint8_t *at = burst_room(w, d, len);

	if (at == NULL)
		return false;
	if (*counter > KN_COUNTER_MAX) {
		kn_count(&w->counters, KN_C_TX_LANE_EXHAUSTED, 1);
		return false;
	}
	struct kn_data_hdr hdr = {
		.lane = d->lane, .index = s->remote_index, .counter = (*counter)++};
	struct kn_aead_op op = {.src = body.data,
				.len = (uint32_t)body.len,
				.dst = at + KN_DATA_HDR_LEN,
				.aad = at,
				.aad_len = KN_DATA_HDR_LEN,
				.tag = at + KN_DATA_HDR_LEN + body.len};

	kn_data_hdr_pack(at, &hdr);
	kn_data_nonce(s->tx_iv, hdr.lane, hdr.counter, op.nonce);
	w->engine->aead->seal(w->aead, s->tx_key, &op, 1);
	if (!op.ok) {
		kn_count(&w->counters, KN_C_TX_SEAL_FAILED, 1);
		return false;
	}
	burst_add(w, len);
	kn_stat_add(&tx->datagrams, 1);
	kn_stat_add(&tx->bytes, len);
	return true;
}

void kn_tx_control(struct kn_worker *w, struct kn_host *h, unsigned int link, struct kn_bytes msg)
{
	struct dest d;

	if (dest_find(w, h, (uint8_t)(1U << link), &d))
		(void)seal(w, &d, msg);
}
static void send_failed(struct kn_worker *w, const struct kn_out *o)
{
	kn_count(&w->counters, KN_C_TX_SEND_ERRORS, o->cnt);
	kn_stat_add_shared(&o->link->tx_errors, o->cnt);
	/* A full queue is load, and a datagram that is too long no fault of the link. */
	if (o->err == -EAGAIN || o->err == -ENOBUFS || o->err == -EMSGSIZE)
		return;
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return;
	*r = (struct kn_report){.type = KN_REPORT_SEND_FAILED,
				.now = w->now,
				.host = o->host->id,
				.link = o->link->idx,
				.session = (uint32_t)-o->err};
	kn_worker_push(w, &w->reports);
}

void kn_tx_flush(struct kn_worker *w)
{
	if (w->out_cnt != 0)
		w->io->send(w->io_ctx, w->out, w->out_cnt);
	for (size_t i = 0; i < w->out_cnt; i++) {
		struct kn_out *o = &w->out[i];

		if (o->err != 0) {
			send_failed(w, o);
			continue;
		}
		kn_stat_add_shared(&o->link->tx_cnt, o->cnt);
		kn_stat_add_shared(&o->link->tx_bytes, o->len);
	}
	w->out_cnt = 0;
	w->group = 0;
	w->tx_used = 0;
	if (w->has_reported) {
		w->has_reported = false;
		w->io->wake(w->io_ctx);
	}
}

/* The inner header, and behind it the offload data if there are any. */
static size_t head_pack(const struct kn_worker *w, uint8_t kind, uint8_t flags, uint8_t *out)
{
	struct kn_inner_hdr hdr = {
		.kind = kind, .flags = flags, .hop_limit = HOP_LIMIT, .origin = w->engine->id};

	kn_inner_hdr_pack(out, &hdr);
	return KN_INNER_HDR_LEN;
}

/* A frame goes whole: its inner header is put in front of it. */
static void whole_send(struct kn_worker *w, const struct dest *d, struct kn_frame *f)
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
	(void)seal(w, d, (struct kn_bytes){at, f->len + before});
}

/* Pieces [first, first + cnt) of a super-frame, as a super-frame of their own. Each piece's head is
 * put in front of its payload, over the tail of the piece before, which is sealed already. */
static void pieces_send(struct kn_worker *w, const struct dest *d, const struct kn_frame *f,
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
		if (!seal(w, d, (struct kn_bytes){payload - head_len, head_len + len}))
			return;
	}
}

/* One frame of a super-frame whose headers are too long to travel with each piece. */
struct one_ctx {
	struct kn_worker *worker;
	const struct dest *dest;
};

static void one_send(void *ctx, struct kn_frame *one)
{
	const struct one_ctx *c = ctx;

	whole_send(c->worker, c->dest, one);
}

static void super_send(struct kn_worker *w, const struct dest *d, const struct kn_frame *f)
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

static void frame_to_host(struct kn_worker *w, struct kn_host *h, struct kn_frame *f)
{
	struct dest d;

	kn_stat_add(&h->tx_frames, 1);
	kn_stat_add(&h->tx_bytes, f->len);
	if (!dest_find(w, h, __atomic_load_n(&h->tx_links, __ATOMIC_ACQUIRE), &d))
		return;
	if (f->super != KN_SUPER_NONE)
		super_send(w, &d, f);
	else
		whole_send(w, &d, f);
}

static void flood(struct kn_worker *w, struct kn_frame *f)
{
	struct kn_flood *to = kn_rcu_read(&w->engine->flood);
	struct kn_frame copy = *f;

	if (to == NULL || to->cnt == 0) {
		kn_count(&w->counters, KN_C_TX_NO_PEER, 1);
		return;
	}
	kn_count(&w->counters, KN_C_TX_FLOODED, 1);
	copy.data = w->tx_copy + KN_FRAME_HEADROOM;
	for (uint32_t i = 0; i < to->cnt; i++) {
		bool is_spent = f->super != KN_SUPER_NONE && i + 1 < to->cnt;

		/* Cutting a super-frame overwrites it. */
		if (is_spent)
			memcpy(copy.data, f->data, f->len);
		frame_to_host(w, to->hosts[i], is_spent ? &copy : f);
	}
}

static struct kn_host *unicast_host(struct kn_worker *w, const struct kn_frame *f)
{
	if (kn_mac_is_group(f->data))
		return NULL;
	struct kn_fdb_entry *entry = kn_fdb_find(&w->engine->fdb, kn_fdb_key_dst(f->data, f->len));

	return entry == NULL
		       ? NULL
		       : kn_host_find(w->engine, __atomic_load_n(&entry->host, __ATOMIC_RELAXED));
}

void kn_tx_frame(struct kn_worker *w, struct kn_frame *f, uint64_t now)
{
	w->now = now;
	kn_count(&w->counters, KN_C_TAP_RX_FRAMES, 1);
	kn_count(&w->counters, KN_C_TAP_RX_BYTES, f->len);
	if (f->len < KN_ETH_HDR_LEN) {
		kn_count(&w->counters, KN_C_TX_RUNT, 1);
		return;
	}
	struct kn_host *h = unicast_host(w, f);

	if (h == NULL) {
		flood(w, f);
	} else {
		kn_worker_note_user(w, h, now);
		frame_to_host(w, h, f);
	}
	if (w->tx_used >= FLUSH_LEN)
		kn_tx_flush(w);
}
