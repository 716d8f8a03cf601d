// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Sealing and sending.
 *
 *	room in a burst -> lane's counter -> seal -> ... -> flush
 *
 * Datagrams are sealed into the send buffers (pool.h), one behind the other, so that one system
 *call sends a burst of them. Each is sealed once per host and sent on as many links as the host's
 *policy says: the copies are byte for byte the same, so the receiver's window lets one through.
 *Worker thread only, inside an RCU read section that lasts from one flush to the next.
 */
#include <errno.h>

#include "base/bug.h"
#include "path/tx.h"
#include "wire/datagram.h"

/* Whether a datagram of len bytes can follow in the burst that is being filled. */
static bool burst_takes(const struct kn_worker *w, const struct kn_dest *d, size_t len)
{
	const struct kn_burst *b = w->pool.newest;

	return w->out_cnt != 0 && b != NULL && w->out[w->out_cnt - 1].burst == b &&
	       w->out[w->out_cnt - 1].host == d->host && b->links == d->links &&
	       kn_pool_takes(&w->pool, len);
}

/* The burst leaves once on each of its links; false if none of them has an address. */
static bool burst_queue(struct kn_worker *w, const struct kn_dest *d, struct kn_burst *b)
{
	size_t before = w->out_cnt;

	for (uint8_t links = d->links; links != 0; links &= (uint8_t)(links - 1)) {
		struct kn_link *l = kn_rcu_read(&d->host->links[__builtin_ctz(links)]);
		struct kn_path *path = l == NULL ? NULL : kn_rcu_read(&l->path);

		if (path != NULL)
			w->out[w->out_cnt++] = (struct kn_out){
				.to = &path->remote, .link = l, .host = d->host, .burst = b};
	}
	return w->out_cnt != before;
}

static struct kn_burst *burst_new(struct kn_worker *w, const struct kn_dest *d, size_t len)
{
	if (w->out_cnt + KNET_MAX_LINKS > KN_BATCH)
		kn_tx_flush(w);
	struct kn_burst *b = kn_pool_burst_new(&w->pool, (uint16_t)len);

	if (b == NULL) {
		kn_tx_flush(w);
		b = kn_pool_burst_new(&w->pool, (uint16_t)len);
	}
	kn_assert(b != NULL); /* nothing is kept beyond a flush */
	b->links = d->links;
	if (burst_queue(w, d, b))
		return b;
	kn_pool_burst_free(&w->pool, b);
	kn_count(&w->counters, KN_C_TX_NO_LINK, 1);
	return NULL;
}

bool kn_seal(struct kn_worker *w, const struct kn_dest *d, struct kn_bytes body)
{
	struct kn_session *s = d->session;
	struct kn_session_tx *tx = d->tx;
	uint64_t *counter = &tx->counter[d->lane & 7];
	size_t len = body.len + KN_DATA_OVERHEAD;
	struct kn_burst *b = burst_takes(w, d, len) ? w->pool.newest : burst_new(w, d, len);

	if (b == NULL)
		return false;
	if (*counter > KN_COUNTER_MAX) {
		kn_count(&w->counters, KN_C_TX_LANE_EXHAUSTED, 1);
		return false;
	}
	uint8_t *at = b->data + b->len;
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
	kn_pool_add(&w->pool, len);
	w->out_len += len;
	kn_stat_add(&tx->datagrams, 1);
	kn_stat_add(&tx->bytes, len);
	return true;
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

/* What was begun and not filled does not leave. */
static size_t out_fill(struct kn_worker *w)
{
	size_t cnt = 0;

	for (size_t i = 0; i < w->out_cnt; i++) {
		struct kn_out *o = &w->out[i];
		struct kn_burst *b = o->burst;

		o->data = b->data;
		o->len = b->len;
		o->seg_len = b->seg_len;
		o->cnt = b->cnt;
		if (b->cnt != 0)
			w->out[cnt++] = *o;
		else if (i + 1 == w->out_cnt || w->out[i + 1].burst != b)
			kn_pool_burst_free(&w->pool, b);
	}
	return cnt;
}

static void out_done(struct kn_worker *w, const struct kn_out *o)
{
	if (o->err != 0) {
		send_failed(w, o);
		return;
	}
	kn_stat_add_shared(&o->link->tx_cnt, o->cnt);
	kn_stat_add_shared(&o->link->tx_bytes, o->len);
}

void kn_tx_flush(struct kn_worker *w)
{
	size_t cnt = out_fill(w);

	if (cnt != 0)
		w->io->send(w->io_ctx, w->out, cnt);
	for (size_t i = 0; i < cnt; i++) {
		out_done(w, &w->out[i]);
		if (i + 1 == cnt || w->out[i + 1].burst != w->out[i].burst)
			kn_pool_burst_free(&w->pool, w->out[i].burst);
	}
	w->out_cnt = 0;
	w->out_len = 0;
	if (w->has_reported) {
		w->has_reported = false;
		w->io->wake(w->io_ctx);
	}
}
