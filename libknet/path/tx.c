// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From the TAP to the links: one frame's way out.
 *
 *	classify -> fdb -> host(s) -> links -> lane -> seal -> flush
 *
 * Worker thread only, inside an RCU read section. A frame is sealed once per host and sent on as
 * many links as the host's policy says: the copies are byte for byte the same, so the receiver's
 * window lets one through. Nothing here allocates, locks, logs or reads the clock.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "path/worker.h"
#include "wire/datagram.h"

#define HOP_LIMIT 1

static void out_add(struct kn_worker *w, struct kn_host *h, struct kn_link *l,
		    const union kn_addr *to, struct kn_bytes data)
{
	w->out[w->out_cnt++] = (struct kn_out){.to = to,
					       .link = l,
					       .host = h,
					       .data = (uint8_t *)(uintptr_t)data.data,
					       .len = (uint32_t)data.len};
}

static bool seal(struct kn_worker *w, struct kn_session *s, uint8_t lane, uint8_t *at,
		 const struct kn_bytes part[2])
{
	struct kn_data_hdr hdr = {
		.lane = lane, .index = s->remote_index, .counter = s->tx_worker.counter[lane & 7]};

	if (hdr.counter > KN_COUNTER_MAX) {
		kn_count(&w->counters, KN_C_TX_LANE_EXHAUSTED, 1);
		return false;
	}
	s->tx_worker.counter[lane & 7]++;
	kn_data_hdr_pack(at, &hdr);

	uint8_t *body = at + KN_DATA_HDR_LEN;
	struct kn_aead_op op = {.src = part[0].data,
				.len = (uint32_t)part[0].len,
				.src2 = part[1].data,
				.len2 = (uint32_t)part[1].len,
				.dst = body,
				.aad = at,
				.aad_len = KN_DATA_HDR_LEN,
				.tag = body + part[0].len + part[1].len};

	kn_data_nonce(s->tx_iv, hdr.lane, hdr.counter, op.nonce);
	w->engine->aead->seal(w->aead, s->tx_key, &op, 1);
	if (!op.ok)
		kn_count(&w->counters, KN_C_TX_SEAL_FAILED, 1);
	return op.ok;
}

void kn_tx_seal(struct kn_worker *w, struct kn_host *h, uint8_t links, struct kn_bytes head,
		struct kn_bytes body)
{
	struct kn_session *s = rcu_dereference(h->tx_session);
	size_t len = head.len + body.len + KN_DATA_OVERHEAD;
	const struct kn_bytes part[2] = {head, body};

	if (s == NULL) {
		kn_count(&w->counters, KN_C_TX_NO_SESSION, 1);
		return;
	}
	if (links == 0) {
		kn_count(&w->counters, KN_C_TX_NO_LINK, 1);
		return;
	}
	if (w->tx_used + len > KN_TX_AREA || w->out_cnt + KNET_MAX_LINKS > KN_BATCH)
		kn_tx_flush(w, 0);

	uint8_t *at = w->tx_area + w->tx_used;
	uint8_t lane = kn_lane_of(w->slot, (unsigned int)__builtin_ctz(links));

	if (!seal(w, s, lane, at, part))
		return;
	w->tx_used += len;
	kn_stat_add(&s->tx_worker.datagrams, 1);
	kn_stat_add(&s->tx_worker.bytes, len);
	size_t before = w->out_cnt;

	for (; links != 0; links &= (uint8_t)(links - 1)) {
		struct kn_link *l = rcu_dereference(h->links[__builtin_ctz(links)]);
		struct kn_path *path = l == NULL ? NULL : rcu_dereference(l->path);

		if (path != NULL)
			out_add(w, h, l, &path->remote, (struct kn_bytes){at, len});
	}
	if (w->out_cnt == before)
		kn_count(&w->counters, KN_C_TX_NO_LINK, 1);
}

static void send_failed(struct kn_worker *w, const struct kn_out *o, uint64_t now)
{
	kn_count(&w->counters, KN_C_TX_SEND_ERRORS, 1);
	kn_stat_add_shared(&o->link->tx_errors, 1);
	/* A full queue is load, and a datagram that is too long no fault of the link. */
	if (o->err == -EAGAIN || o->err == -ENOBUFS || o->err == -EMSGSIZE)
		return;
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return;
	*r = (struct kn_report){.type = KN_REPORT_SEND_FAILED,
				.now = now,
				.host = o->host->id,
				.link = o->link->idx,
				.session = (uint32_t)-o->err};
	kn_worker_push(w, &w->reports);
}

void kn_tx_flush(struct kn_worker *w, uint64_t now)
{
	if (w->out_cnt != 0)
		w->io->send(w->io_ctx, w->out, w->out_cnt);
	for (size_t i = 0; i < w->out_cnt; i++) {
		struct kn_out *o = &w->out[i];

		if (o->err != 0) {
			send_failed(w, o, now);
			continue;
		}
		kn_stat_add_shared(&o->link->tx_cnt, 1);
		kn_stat_add_shared(&o->link->tx_bytes, o->len);
	}
	w->out_cnt = 0;
	w->tx_used = 0;
	if (w->has_reported) {
		w->has_reported = false;
		w->io->wake(w->io_ctx);
	}
}

static void frame_to_host(struct kn_worker *w, struct kn_host *h, struct kn_bytes frame)
{
	uint8_t inner[KN_INNER_HDR_LEN];
	struct kn_inner_hdr hdr = {
		.kind = KN_INNER_FRAME, .hop_limit = HOP_LIMIT, .origin = w->engine->id};

	kn_inner_hdr_pack(inner, &hdr);
	kn_stat_add(&h->tx_frames, 1);
	kn_stat_add(&h->tx_bytes, frame.len);
	kn_tx_seal(w, h, __atomic_load_n(&h->tx_links, __ATOMIC_ACQUIRE),
		   (struct kn_bytes){inner, sizeof(inner)}, frame);
}

static void flood(struct kn_worker *w, struct kn_bytes frame)
{
	struct kn_flood *f = rcu_dereference(w->engine->flood);

	if (f == NULL || f->cnt == 0) {
		kn_count(&w->counters, KN_C_TX_NO_PEER, 1);
		return;
	}
	kn_count(&w->counters, KN_C_TX_FLOODED, 1);
	for (uint32_t i = 0; i < f->cnt; i++)
		frame_to_host(w, f->hosts[i], frame);
}

void kn_tx_frame(struct kn_worker *w, const uint8_t *frame, size_t len, uint64_t now)
{
	struct kn_bytes bytes = {frame, len};
	struct kn_fdb_entry *entry = NULL;

	kn_count(&w->counters, KN_C_TAP_RX_FRAMES, 1);
	kn_count(&w->counters, KN_C_TAP_RX_BYTES, len);
	if (len < KN_ETH_HDR_LEN) {
		kn_count(&w->counters, KN_C_TX_RUNT, 1);
		return;
	}
	if (!kn_mac_is_group(frame))
		entry = kn_fdb_find(&w->engine->fdb, kn_fdb_key_dst(frame, (uint32_t)len));
	if (entry == NULL) {
		flood(w, bytes);
		return;
	}
	uint16_t id = __atomic_load_n(&entry->host, __ATOMIC_RELAXED);
	struct kn_host *h = kn_host_find(w->engine, id);

	if (h == NULL) {
		kn_count(&w->counters, KN_C_TX_NO_PEER, 1);
		return;
	}
	kn_worker_note_user(w, h, now);
	frame_to_host(w, h, bytes);
}
