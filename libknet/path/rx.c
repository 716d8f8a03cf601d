// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From the links to the TAP: the way in of the datagrams of one batch.
 *
 *	type -> session -> window -> open -> window -> probe reply | report | frames -> deliver
 *
 * A batch is walked backwards, because the pieces of a super-frame are joined by opening them last
 * to first (join.c); the frames are kept until all are open, and delivered in the order in which
 * they came (deliver.c).
 *
 * Worker thread only, inside an RCU read section. Nothing of a session, link or table changes
 * before the datagram is authentic, and nothing is decrypted that the replay window has seen. What
 * cannot be decided here (handshakes, probes' contents, new MAC addresses) goes to control as a
 * report.
 */
#include "path/rx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "wire/control.h"
#include "wire/handshake.h"

#define BAD_MAC1_PAUSE_NS (100 * KN_MS)
#define CONFIRM_LEN       (1U << 20) /* received bytes after which the peer is told */
#define COPY_LEN          1500       /* what a copy counts there */
/* What was under way on a link that is shut down: more than any round trip, so that the peer knows.
 */
#define LINGER_MS 1000

static void report_handshake(struct kn_worker *w, const struct kn_in *in, uint64_t now,
			     enum kn_report_type type)
{
	struct kn_report *r = kn_worker_report(w, &w->handshakes);

	if (r == NULL)
		return;
	*r = (struct kn_report){
		.type = (uint8_t)type, .now = now, .link = in->link, .from = *in->from};
	r->len = (uint16_t)in->len;
	memcpy(r->data, in->data, in->len);
	kn_worker_push(w, &w->handshakes);
}

static kn_verdict rx_handshake(struct kn_worker *w, const struct kn_in *in,
			       enum kn_datagram_type type, uint64_t now)
{
	uint8_t mac[KN_MAC_LEN];
	size_t off = type == KN_DATAGRAM_MSG1 ? KN_MSG1_MAC1_OFF : KN_MSG2_MAC1_OFF;

	_Static_assert(KN_HS_MAX_LEN <= KN_REPORT_DATA_LEN, "a handshake fits a report");
	/* A cookie reply has no mac1: it is sealed, and answers something of ours. */
	if (type != KN_DATAGRAM_COOKIE && (kn_mac_compute(w->mac1, in->data, off, mac) != 0 ||
					   !kn_ct_equal(mac, in->data + off, KN_HS_MAC_LEN))) {
		if (now - w->bad_mac1_ns > BAD_MAC1_PAUSE_NS) {
			w->bad_mac1_ns = now;
			report_handshake(w, in, now, KN_REPORT_BAD_MAC1);
		}
		return KN_C_HS_BAD_MAC1;
	}
	report_handshake(w, in, now, KN_REPORT_HANDSHAKE);
	return PASS;
}

static bool lingers(const struct kn_link *link, uint64_t now)
{
	uint32_t shut_ms = __atomic_load_n(&link->shut_ms, __ATOMIC_RELAXED);

	return kn_clock_ms(now) - shut_ms < LINGER_MS;
}

/* Session and link of a datagram; those of the one before are at hand. */
static kn_verdict rx_find(struct kn_worker *w, struct kn_rx *rx, const struct kn_in *in)
{
	kn_data_hdr_unpack(in->data, &rx->hdr);
	if (rx->session != NULL && rx->session->local_index == rx->hdr.index &&
	    rx->link->idx == in->link)
		return PASS;
	kn_rx_arrived(rx);
	rx->session = NULL;

	struct kn_session *s = kn_session_find(&w->engine->sessions, rx->hdr.index);

	if (s == NULL)
		return KN_C_RX_NO_SESSION;
	struct kn_link *link = kn_rcu_read(&s->host->links[in->link]);

	if (link == NULL || !(kn_rx_is_enabled(link) || lingers(link, w->now)) ||
	    !__atomic_load_n(&s->host->is_enabled, __ATOMIC_RELAXED))
		return KN_C_RX_DISABLED;
	rx->session = s;
	rx->host = s->host;
	rx->link = link;
	return PASS;
}

/* A datagram that its lane has seen. */
static kn_verdict replayed(struct kn_rx *rx)
{
	rx->copy_cnt++;
	kn_stat_add_shared(&rx->session->rx_replay, 1);
	/* A copy sent on several links did arrive on this one. */
	if (!rx->is_inside)
		kn_stat_add_shared(&rx->link->rx_cnt, 1);
	return KN_C_RX_REPLAY;
}

kn_verdict kn_rx_is_new(struct kn_rx *rx, uint8_t lane, uint64_t counter)
{
	const struct kn_window *win = kn_session_window(rx->session, lane);

	return win == NULL || kn_window_check(win, counter) ? PASS : replayed(rx);
}

void kn_rx_open_prepare(const struct kn_rx *rx, const struct kn_in *in, uint64_t counter,
			uint8_t *dst, struct kn_aead_op *op)
{
	uint32_t len = in->len - KN_DATA_OVERHEAD;

	*op = (struct kn_aead_op){.src = in->data + KN_DATA_HDR_LEN,
				  .dst = dst,
				  .len = len,
				  .aad = in->data,
				  .aad_len = KN_DATA_HDR_LEN,
				  .tag = (uint8_t *)(uintptr_t)in->data + KN_DATA_HDR_LEN + len};
	kn_data_nonce(rx->session->rx_iv, rx->hdr.lane, counter, op->nonce);
}

void kn_rx_take(struct kn_rx *rx)
{
	struct kn_worker *w = rx->worker;
	enum kn_take take = kn_session_rx_take(rx->session, rx->hdr.lane, w->slot);

	rx->is_taken = take != KN_TAKE_FAILED;
	if (take == KN_TAKE_MOVED)
		kn_count(&w->counters, KN_C_RX_LANE_MOVES, 1);
}

void kn_rx_give(struct kn_rx *rx)
{
	if (rx->is_taken)
		kn_session_rx_give(rx->session, rx->hdr.lane);
	rx->is_taken = false;
}

kn_verdict kn_rx_commit(struct kn_rx *rx, const struct kn_aead_op *op, uint64_t counter)
{
	if (!op->ok) {
		kn_stat_add_shared(&rx->session->rx_bad_tag, 1);
		return KN_C_RX_BAD_TAG;
	}
	if (!rx->is_taken)
		return KN_C_RX_LANE_BUSY;
	struct kn_window *win = kn_session_window_need(rx->session, rx->hdr.lane);

	if (win == NULL)
		return KN_C_RX_NO_MEMORY;
	if (!kn_window_commit(win, counter)) {
		kn_stat_add_shared(&rx->session->rx_replay, 1);
		return KN_C_RX_REPLAY;
	}
	/* What came in fragments has been counted with them. */
	if (!rx->is_inside) {
		rx->arrived_cnt++;
		rx->arrived_bytes += op->len + KN_DATA_OVERHEAD;
	}
	return PASS;
}

static void report_confirmed(struct kn_worker *w, struct kn_session *s)
{
	if (__atomic_load_n(&s->rx_seen, __ATOMIC_RELAXED) != 0)
		return;
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return; /* the next datagram tries again */
	*r = (struct kn_report){
		.type = KN_REPORT_CONFIRMED, .now = w->now, .session = s->local_index};
	kn_worker_push(w, &w->reports);
	__atomic_store_n(&s->rx_seen, 1, __ATOMIC_RELAXED);
}

/* Every now and then the peer is told how far we are, so that it need not keep what we have. */
static void confirm(struct kn_rx *rx)
{
	struct kn_inner_hdr inner = {.kind = KN_INNER_CONTROL, .origin = rx->worker->engine->id};
	uint8_t msg[KN_INNER_HDR_LEN + KN_CONTROL_MAX_LEN];
	struct kn_tops tops;

	kn_session_tops(rx->session, &tops);
	kn_inner_hdr_pack(msg, &inner);
	size_t len = KN_INNER_HDR_LEN + kn_confirm_pack(msg + KN_INNER_HDR_LEN, &tops);

	kn_tx_control(rx->worker, rx->session, rx->link->idx, (struct kn_bytes){msg, len});
}

/* Copies count, too: they are of a peer that does not know that we have had them. */
static void untold_add(struct kn_rx *rx)
{
	uint64_t *untold = &rx->session->rx_untold;
	uint64_t len = rx->arrived_bytes + (uint64_t)rx->copy_cnt * COPY_LEN;

	rx->copy_cnt = 0;
	if (__atomic_add_fetch(untold, len, __ATOMIC_RELAXED) < CONFIRM_LEN)
		return;
	/* One of the workers tells it. */
	if (__atomic_exchange_n(untold, 0, __ATOMIC_RELAXED) >= CONFIRM_LEN)
		confirm(rx);
}

void kn_rx_arrived(struct kn_rx *rx)
{
	struct kn_session *s = rx->session;

	if (rx->arrived_cnt != 0 || rx->copy_cnt != 0)
		untold_add(rx);
	if (rx->arrived_cnt == 0)
		return;
	kn_stat_add_shared(&s->rx_ok, rx->arrived_cnt);
	kn_stat_add_shared(&s->rx_bytes, rx->arrived_bytes);
	kn_stat_add_shared(&rx->link->rx_cnt, rx->arrived_cnt - rx->aside_cnt);
	kn_stat_add_shared(&rx->link->rx_bytes, rx->arrived_bytes);
	kn_stat_set(&rx->link->rx_last_ns, rx->worker->now);
	rx->arrived_cnt = 0;
	rx->aside_cnt = 0;
	rx->arrived_bytes = 0;
	report_confirmed(rx->worker, s);
}

/* A whole frame: it stays where it was opened. */
static kn_verdict rx_frame(struct kn_rx *rx, uint8_t *plain, uint32_t len, uint8_t flags)
{
	uint32_t before = KN_INNER_HDR_LEN + (flags & KN_INNER_CSUM ? KN_INNER_OFFLOAD_LEN : 0);

	if (len < before + KN_ETH_HDR_LEN)
		return KN_C_RX_BAD_INNER;
	struct kn_frame f = {.data = plain + before, .len = len - before};

	if (flags & KN_INNER_CSUM) {
		struct kn_csum c;

		kn_csum_unpack(plain + KN_INNER_HDR_LEN, &c);
		if (c.start < KN_ETH_HDR_LEN || c.start + c.offset + 2U > f.len)
			return KN_C_RX_BAD_INNER;
		f.needs_csum = true;
		f.csum_start = c.start;
		f.csum_offset = c.offset;
	}
	kn_rx_unit(rx, &f, 1);
	return PASS;
}

static kn_verdict rx_data(struct kn_worker *w, struct kn_rx *rx, struct kn_batch *b);

/* The last fragment makes a datagram whole: as if that had come here, on this link. */
static kn_verdict rx_fragment(struct kn_worker *w, struct kn_rx *rx, const struct kn_in *in,
			      struct kn_bytes body)
{
	const uint8_t *data = body.data;
	struct kn_frag f;
	struct kn_frag_key key = {
		.session = rx->hdr.index, .host = rx->host->id, .lane = rx->hdr.lane};
	struct kn_bytes whole;

	if (rx->is_inside || body.len < KN_FRAG_LEN)
		return KN_C_RX_BAD_FRAGMENT;
	kn_frag_unpack(data, &f);
	key.id = f.id;
	kn_count(&w->counters, KN_C_RX_FRAGMENTS, 1);
	kn_verdict v = kn_reassembly_add(
		rx->reassembly, &key, &f,
		(struct kn_bytes){data + KN_FRAG_LEN, body.len - KN_FRAG_LEN}, w->now, &whole);

	if (whole.data == NULL)
		return v;
	struct kn_in one = *in;
	struct kn_batch b = {.in = &one, .left = 0};

	one.data = whole.data;
	one.len = (uint32_t)whole.len;
	if (kn_datagram_type_of(one.data, one.len) != KN_DATAGRAM_DATA)
		return KN_C_RX_BAD_FRAGMENT;
	kn_count(&w->counters, KN_C_RX_REASSEMBLED, 1);
	rx->is_inside = true;
	v = rx_data(w, rx, &b);
	rx->is_inside = false;
	return v;
}

/* Acts on the plaintext of the datagram at the end of `in`. May take predecessors with it. */
static kn_verdict rx_plain(struct kn_worker *w, struct kn_rx *rx, struct kn_batch *b,
			   uint8_t *plain)
{
	const struct kn_in *in = &b->in[b->left];
	uint32_t len = in->len - KN_DATA_OVERHEAD;
	struct kn_inner_hdr inner;

	if (len < KN_INNER_HDR_LEN)
		return KN_C_RX_BAD_INNER;
	kn_inner_hdr_unpack(plain, &inner);
	if (inner.kind == KN_INNER_CONTROL)
		return kn_rx_control(
			w, rx, in,
			(struct kn_bytes){plain + KN_INNER_HDR_LEN, len - KN_INNER_HDR_LEN});
	/* Nobody relays yet: a frame comes from where it began. */
	if (inner.origin != rx->host->id)
		return KN_C_RX_BAD_ORIGIN;
	if (inner.kind == KN_INNER_FRAME)
		return rx_frame(rx, plain, len, inner.flags);
	if (inner.kind == KN_INNER_SEGMENT)
		return kn_rx_join(rx, b, plain, len);
	if (inner.kind == KN_INNER_FRAGMENT)
		return rx_fragment(
			w, rx, in,
			(struct kn_bytes){plain + KN_INNER_HDR_LEN, len - KN_INNER_HDR_LEN});
	return KN_C_RX_BAD_INNER;
}

static kn_verdict rx_data(struct kn_worker *w, struct kn_rx *rx, struct kn_batch *b)
{
	const struct kn_in *in = &b->in[b->left];
	kn_verdict v = rx_find(w, rx, in);

	if (v == PASS)
		v = kn_rx_is_new(rx, rx->hdr.lane, rx->hdr.counter);
	if (v != PASS)
		return v;
	uint8_t *plain = rx->top - (in->len - KN_DATA_OVERHEAD);
	struct kn_aead_op op;

	kn_rx_open_prepare(rx, in, rx->hdr.counter, plain, &op);
	w->engine->aead->open(w->aead, rx->session->rx_key, &op, 1);
	kn_rx_take(rx);
	v = kn_rx_commit(rx, &op, rx->hdr.counter);
	kn_rx_give(rx);
	return v == PASS ? rx_plain(w, rx, b, plain) : v;
}

_Static_assert(KN_UNITS_MAX <= UINT8_MAX + 1, "a place in a batch is a byte");

static bool is_same(const struct kn_in *a, const struct kn_in *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Whether the i-th datagram of a batch is there before, byte for byte. Does not find all. */
static bool is_copy(struct kn_rx *rx, const struct kn_in *in, size_t i)
{
	struct kn_data_hdr h;

	if (kn_datagram_type_of(in[i].data, in[i].len) != KN_DATAGRAM_DATA)
		return false;
	kn_data_hdr_unpack(in[i].data, &h);
	uint8_t *place = &rx->place[(h.counter ^ h.index ^ (uint32_t)h.lane << 5) % KN_PLACES];
	/* What an earlier batch has left there means nothing, and does no harm. */
	size_t earlier = *place;

	*place = (uint8_t)i;
	return earlier < i && is_same(&in[earlier], &in[i]);
}

/*
 * Of copies within a batch the first counts, as if they had come one by one: the walk backwards
 * would deliver the last, behind what it came before. Returns the batch without them.
 */
static struct kn_batch copies_drop(struct kn_rx *rx, const struct kn_in *in, size_t cnt)
{
	struct kn_batch b = {.in = in, .left = 0};

	for (size_t i = 0; i < cnt; i++) {
		if (is_copy(rx, in, i)) {
			if (b.in == in)
				memcpy(rx->once, in, i * sizeof(*in));
			b.in = rx->once;
			kn_verdict v = rx_find(rx->worker, rx, &in[i]);

			kn_count(&rx->worker->counters, v == PASS ? replayed(rx) : v, 1);
			continue;
		}
		if (b.in == rx->once)
			rx->once[b.left] = in[i];
		b.left++;
	}
	return b;
}

static void rx_batch(struct kn_worker *w, const struct kn_in *in, size_t cnt)
{
	struct kn_rx *rx = w->rx;

	rx->top = rx->area + KN_RX_AREA;
	rx->unit_cnt = 0;
	rx->session = NULL;

	struct kn_batch b = copies_drop(rx, in, cnt);

	while (b.left > 0) {
		const struct kn_in *one = &b.in[--b.left];
		enum kn_datagram_type type = kn_datagram_type_of(one->data, one->len);
		kn_verdict v = KN_C_RX_MALFORMED;

		if (type == KN_DATAGRAM_DATA)
			v = rx_data(w, rx, &b);
		else if (type != KN_DATAGRAM_INVALID)
			v = rx_handshake(w, one, type, w->now);
		if (v != PASS)
			kn_count(&w->counters, v, 1);
	}
	kn_rx_arrived(rx);
	kn_rx_deliver(rx);
}

static bool is_of_control(const struct kn_in *in)
{
	return kn_datagram_type_of(in->data, in->len) == KN_DATAGRAM_DATA &&
	       in->data[KN_DATA_LANE_OFF] >> 3 == KN_SLOT_CONTROL;
}

/* Where the batch that begins at `at` ends. It is walked backwards, and the answer to a probe says
 * how many datagrams came before it: so what the peer's control sent is a batch of its own. */
static size_t batch_end(const struct kn_in *in, size_t at, size_t cnt)
{
	size_t end = at + 1, bytes = in[at].len;

	if (is_of_control(&in[at]))
		return end;
	for (; end < cnt && end - at < KN_UNITS_MAX && bytes + in[end].len <= KN_RX_BYTES &&
	       !is_of_control(&in[end]);
	     end++)
		bytes += in[end].len;
	return end;
}

void kn_rx_datagrams(struct kn_worker *w, const struct kn_in *in, size_t cnt, uint64_t now)
{
	w->now = now;
	kn_count(&w->counters, KN_C_RX_DATAGRAMS, cnt);
	for (size_t at = 0, end; at < cnt; at = end) {
		end = batch_end(in, at, cnt);
		rx_batch(w, in + at, end - at);
	}
}

int kn_rx_new(struct kn_worker *w)
{
	w->rx = malloc(sizeof(*w->rx));
	if (w->rx == NULL)
		return -ENOMEM;
	w->rx->reassembly = kn_reassembly_new(&w->counters);
	if (w->rx->reassembly == NULL) {
		free(w->rx);
		w->rx = NULL;
		return -ENOMEM;
	}
	w->rx->worker = w;
	w->rx->is_inside = false;
	memset(w->rx->place, 0, sizeof(w->rx->place));
	w->rx->arrived_cnt = 0;
	w->rx->aside_cnt = 0;
	w->rx->copy_cnt = 0;
	w->rx->arrived_bytes = 0;
	w->rx->is_taken = false;
	w->rx->coalesce.cnt = 0;
	return 0;
}

void kn_rx_free(struct kn_worker *w)
{
	if (w->rx != NULL)
		kn_reassembly_free(w->rx->reassembly);
	free(w->rx);
}
