// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Sealing and sending.
 *
 *	room in a burst -> lane's counter -> seal -> ... -> flush
 *
 * Datagrams are sealed into the send buffers (pool.h), one behind the other, so that one call sends
 * a burst of them. Each is sealed once per host and sent on as many links as the host's policy
 * says: the copies are byte for byte the same, so the receiver's window lets one through. One that
 * is too long for a link is sealed, and sent in fragments. What was sent stays where it is until
 *the peer has confirmed it (ring.h).
 *
 * Worker thread only, inside an RCU read section that lasts from one flush to the next.
 */
#include <errno.h>

#include "base/bug.h"
#include "core/fragment.h"
#include "path/tx.h"
#include "wire/datagram.h"

/* Whether a datagram of len bytes can follow in the burst that is being filled. */
static bool burst_takes(const struct kn_worker *w, const struct kn_dest *d, size_t len)
{
	const struct kn_filling *f = &w->filling;

	return f->burst != NULL && f->host == d->host && f->session == d->session &&
	       f->links == d->links && f->burst->lane == d->lane &&
	       f->is_control == d->is_control && kn_pool_takes(&w->pool, len);
}

/* The burst that is being filled takes no more. */
static void burst_end(struct kn_worker *w)
{
	struct kn_burst *b = w->filling.burst;

	w->filling.burst = NULL;
	if (b != NULL && b->ring != NULL)
		kn_ring_count(w, w->filling.host, b);
	else if (b != NULL && !b->is_queued)
		kn_pool_burst_free(&w->pool, b); /* nothing could be sealed into it */
}

/* The burst leaves once on each of its links; false if none of them has an address. */
static bool burst_queue(struct kn_worker *w, const struct kn_dest *d, struct kn_burst *b)
{
	for (uint8_t links = d->links; links != 0; links &= (uint8_t)(links - 1)) {
		unsigned int i = (unsigned int)__builtin_ctz(links);
		struct kn_link *l = kn_rcu_read(&d->host->links[i]);
		struct kn_path *path = l == NULL ? NULL : kn_rcu_read(&l->path);

		if (path == NULL)
			continue;
		w->out[w->out_cnt++] = (struct kn_out){
			.to = &path->remote, .link = l, .host = d->host, .burst = b};
		b->links |= (uint8_t)(1U << i);
	}
	b->is_queued = b->links != 0;
	return b->is_queued;
}

/* Whether bursts to the host wait for their turn. */
static bool has_pending(const struct kn_worker *w, const struct kn_dest *d)
{
	struct kn_ring *ring = d->is_control ? NULL : kn_ring_find(w, d->host);

	return ring != NULL && !cds_list_empty(&ring->pending);
}

static struct kn_burst *burst_alloc(struct kn_worker *w, size_t len)
{
	struct kn_burst *b = kn_pool_burst_new(&w->pool, (uint16_t)len);

	if (b != NULL)
		return b;
	/* What is not about to be sent can make room. */
	kn_tx_flush(w);
	while ((b = kn_pool_burst_new(&w->pool, (uint16_t)len)) == NULL)
		if (!kn_ring_give_up_oldest(w))
			kn_bug("a pool that holds nothing has no room");
	return b;
}

/* A lane that is in use says itself what of it is confirmed; others are found by their age. */
static void confirmed_free(struct kn_worker *w, const struct kn_dest *d)
{
	struct kn_ring *ring = kn_ring_find(w, d->host);

	if (ring != NULL)
		kn_ring_confirmed(w, ring, d->session, d->lane & 7);
	kn_ring_sweep(w, w->now);
}

static struct kn_burst *burst_new(struct kn_worker *w, const struct kn_dest *d, size_t len)
{
	burst_end(w);
	confirmed_free(w, d);
	if (w->out_cnt + KNET_MAX_LINKS > KN_BATCH)
		kn_tx_flush(w);
	struct kn_burst *b = burst_alloc(w, len);

	b->lane = d->lane;
	b->is_control = d->is_control;
	w->filling = (struct kn_filling){.burst = b,
					 .host = d->host,
					 .session = d->session,
					 .links = d->links,
					 .is_control = d->is_control};
	if (has_pending(w, d) || burst_queue(w, d, b))
		return b;
	burst_end(w);
	kn_count(&w->counters, KN_C_TX_NO_LINK, 1);
	return NULL;
}

/* The first datagram is in the burst: it is to be kept, and takes its place in the order. */
static void burst_keep(struct kn_worker *w, const struct kn_dest *d, struct kn_burst *b)
{
	if (!d->is_control && kn_ring_add(w, d->host, d->session, b)) {
		if (!b->is_queued)
			kn_ring_pend(w, b->ring, b);
		return;
	}
	/* It cannot wait if it cannot be kept. */
	if (!b->is_queued && !burst_queue(w, d, b))
		kn_count(&w->counters, KN_C_TX_NO_LINK, 1);
}

/* The longest datagram that fits all the links it is for. */
static size_t max_len_of(const struct kn_dest *d)
{
	size_t least = KN_BURST_LEN;

	for (uint8_t links = d->links; links != 0; links &= (uint8_t)(links - 1)) {
		struct kn_link *l = kn_rcu_read(&d->host->links[__builtin_ctz(links)]);
		size_t len = l == NULL ? least : __atomic_load_n(&l->max_len, __ATOMIC_RELAXED);

		least = len < least ? len : least;
	}
	return least;
}

/* Seals a datagram to `at`. False: dropped, and counted. */
static bool seal_to(struct kn_worker *w, const struct kn_dest *d, struct kn_bytes body, uint8_t *at)
{
	struct kn_session *s = d->session;
	uint64_t *counter = &d->tx->counter[d->lane & 7];

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
	if (!op.ok)
		kn_count(&w->counters, KN_C_TX_SEAL_FAILED, 1);
	return op.ok;
}

/* Of a length that its links carry. */
static bool seal_fitting(struct kn_worker *w, const struct kn_dest *d, struct kn_bytes body)
{
	struct kn_session_tx *tx = d->tx;
	size_t len = body.len + KN_DATA_OVERHEAD;
	struct kn_burst *b = burst_takes(w, d, len) ? w->filling.burst : burst_new(w, d, len);

	if (b == NULL || !seal_to(w, d, body, b->data + b->len))
		return false;
	kn_pool_add(&w->pool, len);
	b->last = tx->counter[d->lane & 7] - 1;
	if (b->cnt == 1)
		burst_keep(w, d, b);
	w->out_len += len;
	kn_stat_add(&tx->datagrams, 1);
	kn_stat_add(&tx->bytes, len);
	return true;
}

struct to_dest {
	struct kn_worker *worker;
	const struct kn_dest *dest;
};

static bool fragment_send(void *ctx, struct kn_bytes body)
{
	const struct to_dest *to = ctx;

	return seal_fitting(to->worker, to->dest, body);
}

bool kn_send_in_fragments(struct kn_worker *w, const struct kn_dest *d, struct kn_bytes sealed)
{
	struct kn_fragment_cut cut = {
		.id = w->fragment_id++, .origin = w->engine->id, .max_len = max_len_of(d)};

	if (!kn_fragment_cut(&cut, sealed, fragment_send, &(struct to_dest){w, d}))
		return false;
	kn_count(&w->counters, KN_C_TX_FRAGMENTED, 1);
	return true;
}

bool kn_seal(struct kn_worker *w, const struct kn_dest *d, struct kn_bytes body)
{
	size_t len = body.len + KN_DATA_OVERHEAD;

	/* The first is that of the narrowest link, and nearly always enough. */
	if (len <= __atomic_load_n(&d->host->max_len, __ATOMIC_RELAXED) || len <= max_len_of(d))
		return seal_fitting(w, d, body);
	if (len > KN_FRAGMENT_TOTAL_MAX) {
		kn_count(&w->counters, KN_C_TX_TOO_LONG, 1);
		return false;
	}
	return seal_to(w, d, body, w->tx_long) &&
	       kn_send_in_fragments(w, d, (struct kn_bytes){w->tx_long, len});
}

void kn_tx_failed(struct kn_worker *w, const struct kn_out *o)
{
	kn_count(&w->counters, KN_C_TX_SEND_ERRORS, o->cnt);
	kn_stat_add_shared(&o->link->tx_errors, o->cnt);
	/* A full queue is load, no fault of the link. */
	if (o->err == -EAGAIN || o->err == -ENOBUFS)
		return;
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return;
	*r = (struct kn_report){.type = o->err == -EMSGSIZE ? KN_REPORT_TOO_LONG
							    : KN_REPORT_SEND_FAILED,
				.now = w->now,
				.host = o->host->id,
				.link = o->link->idx,
				.session = (uint32_t)-o->err};
	kn_worker_push(w, &w->reports);
}

void kn_tx_out_fill(struct kn_out *o, struct kn_burst *b)
{
	o->burst = b;
	o->data = b->data;
	o->len = b->len;
	o->seg_len = b->seg_len;
	o->cnt = b->cnt;
	o->err = 0;
}

void kn_tx_send(struct kn_worker *w, struct kn_out *out, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		kn_stat_add_shared(&out[i].link->tx_cnt, out[i].cnt);
		kn_stat_add_shared(&out[i].link->tx_bytes, out[i].len);
	}
	w->io->send(w->io_ctx, out, cnt);
	for (size_t i = 0; i < cnt; i++) {
		if (out[i].err == 0)
			continue;
		kn_stat_sub_shared(&out[i].link->tx_cnt, out[i].cnt);
		kn_stat_sub_shared(&out[i].link->tx_bytes, out[i].len);
	}
}

static void burst_done(struct kn_worker *w, struct kn_burst *b)
{
	b->is_queued = false;
	b->is_sent = true;
	if (b->ring == NULL)
		kn_pool_burst_free(&w->pool, b);
}

/* What was begun and not filled does not leave. */
static size_t out_fill(struct kn_worker *w)
{
	size_t cnt = 0;

	for (size_t i = 0; i < w->out_cnt; i++) {
		struct kn_burst *b = w->out[i].burst;
		bool is_last = i + 1 == w->out_cnt || w->out[i + 1].burst != b;

		if (b->cnt != 0) {
			w->out[cnt] = w->out[i];
			kn_tx_out_fill(&w->out[cnt++], b);
		} else if (is_last) {
			burst_done(w, b);
		}
	}
	return cnt;
}

void kn_tx_flush(struct kn_worker *w)
{
	burst_end(w);
	size_t cnt = out_fill(w);

	w->out_cnt = 0;
	w->out_len = 0;
	if (cnt != 0)
		kn_tx_send(w, w->out, cnt);
	for (size_t i = 0; i < cnt; i++) {
		struct kn_burst *b = w->out[i].burst;

		if (w->out[i].err != 0)
			kn_tx_failed(w, &w->out[i]);
		if (i + 1 == cnt || w->out[i + 1].burst != b)
			burst_done(w, b);
	}
	if (w->has_reported) {
		w->has_reported = false;
		w->io->wake(w->io_ctx);
	}
}
