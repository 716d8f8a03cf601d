// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From the links to the TAP: one datagram's way in.
 *
 *	type -> session -> window -> open -> window -> learn -> TAP | probe reply | report
 *
 * Worker thread only, inside an RCU read section. Nothing of a session, link or table changes
 *before the datagram is authentic, and nothing is decrypted that the replay window has seen. What
 *cannot be decided here (handshakes, probes' contents, new MAC addresses) goes to control as a
 *report.
 */
#include <string.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "path/worker.h"
#include "wire/control.h"
#include "wire/datagram.h"
#include "wire/handshake.h"

#define LEARN_AGAIN_NS    (200 * KN_MS)
#define BAD_MAC1_PAUSE_NS (100 * KN_MS)

/* What is known of a datagram as it goes through the stages. */
struct rx {
	struct kn_in *in;
	struct kn_session *session;
	struct kn_host *host;
	struct kn_link *link;
	uint8_t *plain;
	uint32_t plain_len;
	struct kn_inner_hdr inner;
	struct kn_data_hdr hdr;
	uint64_t now;
};

/* The reason a datagram goes no further, or KN_C_COUNT if it does. */
typedef enum kn_counter kn_verdict;
#define PASS KN_C_COUNT

static void report_handshake(struct kn_worker *w, const struct kn_in *in, uint64_t now,
			     enum kn_report_type type)
{
	struct kn_report *r = kn_worker_report(w, &w->handshakes);

	if (r == NULL)
		return;
	*r = (struct kn_report){
		.type = (uint8_t)type, .now = now, .link = in->link, .from = in->from};
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

static kn_verdict rx_find(struct kn_worker *w, struct rx *rx)
{
	kn_data_hdr_unpack(rx->in->data, &rx->hdr);
	rx->session = kn_session_find(&w->engine->sessions, rx->hdr.index);
	if (rx->session == NULL)
		return KN_C_RX_NO_SESSION;
	rx->host = rx->session->host;
	rx->link = rcu_dereference(rx->host->links[rx->in->link]);
	if (rx->link == NULL || !__atomic_load_n(&rx->link->is_enabled, __ATOMIC_RELAXED) ||
	    !__atomic_load_n(&rx->host->is_enabled, __ATOMIC_RELAXED))
		return KN_C_RX_DISABLED;

	struct kn_window *win = rx->session->rx_window[rx->hdr.lane];

	if (win != NULL && !kn_window_check(win, rx->hdr.counter)) {
		kn_stat_add(&rx->session->rx_replay, 1);
		/* A copy sent on several links did arrive on this one. */
		kn_stat_add_shared(&rx->link->rx_cnt, 1);
		return KN_C_RX_REPLAY;
	}
	return PASS;
}

static kn_verdict rx_open(struct kn_worker *w, struct rx *rx)
{
	struct kn_session *s = rx->session;
	uint8_t *body = rx->in->data + KN_DATA_HDR_LEN;
	uint32_t len = rx->in->len - KN_DATA_OVERHEAD;
	struct kn_aead_op op = {.src = body,
				.dst = body,
				.len = len,
				.aad = rx->in->data,
				.aad_len = KN_DATA_HDR_LEN,
				.tag = body + len};

	kn_data_nonce(s->rx_iv, rx->hdr.lane, rx->hdr.counter, op.nonce);
	w->engine->aead->open(w->aead, s->rx_key, &op, 1);
	if (!op.ok) {
		kn_stat_add(&s->rx_bad_tag, 1);
		return KN_C_RX_BAD_TAG;
	}
	rx->plain = body;
	rx->plain_len = len;
	return PASS;
}

static kn_verdict rx_commit(struct rx *rx)
{
	struct kn_window **win = &rx->session->rx_window[rx->hdr.lane];

	if (*win == NULL)
		*win = kn_window_new(KN_WINDOW_BITS);
	if (*win == NULL)
		return KN_C_RX_NO_MEMORY;
	if (!kn_window_commit(*win, rx->hdr.counter)) {
		kn_stat_add(&rx->session->rx_replay, 1);
		return KN_C_RX_REPLAY;
	}
	return PASS;
}

static void note_arrival(struct kn_worker *w, struct rx *rx)
{
	struct kn_session *s = rx->session;

	kn_stat_add(&s->rx_ok, 1);
	kn_stat_add(&s->rx_bytes, rx->in->len);
	kn_stat_add_shared(&rx->link->rx_cnt, 1);
	kn_stat_add_shared(&rx->link->rx_bytes, rx->in->len);
	kn_stat_set(&rx->link->rx_last_ns, rx->now);
	if (s->rx_seen)
		return;
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return; /* the next datagram tries again */
	*r = (struct kn_report){
		.type = KN_REPORT_CONFIRMED, .now = rx->now, .session = s->local_index};
	kn_worker_push(w, &w->reports);
	s->rx_seen = 1;
}

static void report_learn(struct kn_worker *w, const struct rx *rx, kn_fdb_key key)
{
	struct kn_learned *c =
		&w->learned[(key ^ (key >> 16) ^ (key >> 24) ^ (key >> 32)) % KN_LEARN_CACHE];

	if (c->key == key && c->host == rx->host->id && rx->now - c->at < LEARN_AGAIN_NS)
		return;
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return;
	*c = (struct kn_learned){.key = key, .host = rx->host->id, .at = rx->now};
	*r = (struct kn_report){
		.type = KN_REPORT_LEARN, .now = rx->now, .key = key, .host = rx->host->id};
	kn_worker_push(w, &w->reports);
}

static void rx_learn(struct kn_worker *w, const struct rx *rx, const uint8_t *frame, uint32_t len)
{
	kn_fdb_key key = kn_fdb_key_src(frame, len);

	/* A group address as the source is nobody's. */
	if (kn_mac_is_group(frame + 6))
		return;
	struct kn_fdb_entry *entry = kn_fdb_find(&w->engine->fdb, key);

	if (entry != NULL && __atomic_load_n(&entry->host, __ATOMIC_RELAXED) == rx->host->id) {
		if (kn_stat_get(&entry->seen_ns) != rx->now)
			kn_stat_set(&entry->seen_ns, rx->now);
		return;
	}
	report_learn(w, rx, key);
}

static kn_verdict rx_frame(struct kn_worker *w, struct rx *rx)
{
	const uint8_t *frame = rx->plain + KN_INNER_HDR_LEN;
	uint32_t len = rx->plain_len - KN_INNER_HDR_LEN;

	if (len < KN_ETH_HDR_LEN)
		return KN_C_RX_BAD_INNER;
	/* Nobody relays yet: a frame comes from where it began. */
	if (rx->inner.origin != rx->host->id)
		return KN_C_RX_BAD_ORIGIN;
	rx_learn(w, rx, frame, len);
	if (!kn_mac_is_group(frame))
		kn_worker_note_user(w, rx->host, rx->now);
	kn_stat_add(&rx->host->rx_frames, 1);
	kn_stat_add(&rx->host->rx_bytes, len);
	if (w->io->tap_write(w->io_ctx, frame, len) != 0)
		return KN_C_TAP_TX_ERRORS;
	kn_count(&w->counters, KN_C_TAP_TX_FRAMES, 1);
	kn_count(&w->counters, KN_C_TAP_TX_BYTES, len);
	return PASS;
}

static void probe_answer(struct kn_worker *w, const struct rx *rx, const struct kn_probe *p)
{
	uint32_t intervals = __atomic_load_n(&rx->link->intervals, __ATOMIC_RELAXED);
	struct kn_inner_hdr inner = {.kind = KN_INNER_CONTROL, .origin = w->engine->id};
	uint8_t head[KN_INNER_HDR_LEN], body[KN_PROBE_LEN];
	struct kn_probe reply = {.type = KN_CONTROL_REPLY,
				 .heard = __atomic_load_n(&rx->host->heard, __ATOMIC_RELAXED) |
					  (uint8_t)(1U << rx->in->link),
				 .want_ms = (uint16_t)(intervals >> 16),
				 .accept_ms = (uint16_t)intervals,
				 .seq = p->seq,
				 .stamp = p->stamp,
				 .sent_cnt = kn_stat_get(&rx->link->tx_cnt),
				 .rcvd_cnt = kn_stat_get(&rx->link->rx_cnt)};

	kn_inner_hdr_pack(head, &inner);
	kn_probe_pack(body, &reply);
	kn_tx_seal(w, rx->host, (uint8_t)(1U << rx->in->link),
		   (struct kn_bytes){head, sizeof(head)}, (struct kn_bytes){body, sizeof(body)});
}

static kn_verdict rx_control(struct kn_worker *w, struct rx *rx)
{
	const uint8_t *msg = rx->plain + KN_INNER_HDR_LEN;
	uint32_t len = rx->plain_len - KN_INNER_HDR_LEN;
	struct kn_probe p;

	if (len == 0 || len > KN_REPORT_DATA_LEN)
		return KN_C_RX_BAD_INNER;
	if (kn_probe_unpack(msg, len, &p) == 0 && p.type == KN_CONTROL_PROBE)
		probe_answer(w, rx, &p);
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return PASS; /* counted */
	*r = (struct kn_report){.type = KN_REPORT_CONTROL,
				.now = rx->now,
				.rx_cnt = kn_stat_get(&rx->link->rx_cnt),
				.host = rx->host->id,
				.link = rx->in->link,
				.from = rx->in->from,
				.len = (uint16_t)len};
	memcpy(r->data, msg, len);
	kn_worker_push(w, &w->reports);
	return PASS;
}

static kn_verdict rx_data(struct kn_worker *w, struct rx *rx)
{
	kn_verdict v = rx_find(w, rx);

	if (v == PASS)
		v = rx_open(w, rx);
	if (v == PASS)
		v = rx_commit(rx);
	if (v != PASS)
		return v;
	note_arrival(w, rx);
	kn_inner_hdr_unpack(rx->plain, &rx->inner);
	switch (rx->inner.kind) {
	case KN_INNER_FRAME:
		return rx_frame(w, rx);
	case KN_INNER_CONTROL:
		return rx_control(w, rx);
	default:
		return KN_C_RX_BAD_INNER;
	}
}

void kn_rx_datagrams(struct kn_worker *w, struct kn_in *in, size_t cnt, uint64_t now)
{
	kn_count(&w->counters, KN_C_RX_DATAGRAMS, cnt);
	for (size_t i = 0; i < cnt; i++) {
		enum kn_datagram_type type = kn_datagram_type_of(in[i].data, in[i].len);
		struct rx rx = {.in = &in[i], .now = now};
		kn_verdict v;

		if (type == KN_DATAGRAM_DATA)
			v = rx_data(w, &rx);
		else if (type == KN_DATAGRAM_INVALID)
			v = KN_C_RX_MALFORMED;
		else
			v = rx_handshake(w, &in[i], type, now);
		if (v != PASS)
			kn_count(&w->counters, v, 1);
	}
}
