// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Control messages on the way in (docs/protocol.md, section 5). What the peer waits for - probes,
 * size probes, echo requests - is answered here, on the link it came in on; confirmations are noted
 * in the session; all else goes to control as a report. Worker thread only, like rx.c.
 */
#include <string.h>

#include "path/rx.h"
#include "wire/control.h"

static void probe_answer(struct kn_worker *w, const struct kn_rx *rx, const struct kn_probe *p)
{
	struct kn_session *s = kn_rcu_read(&rx->host->tx_session);
	uint32_t intervals = __atomic_load_n(&rx->link->intervals, __ATOMIC_RELAXED);
	struct kn_inner_hdr inner = {.kind = KN_INNER_CONTROL, .origin = w->engine->id};
	uint8_t msg[KN_INNER_HDR_LEN + KN_CONTROL_MAX_LEN];
	struct kn_tops tops;
	struct kn_probe reply = {.type = KN_CONTROL_REPLY,
				 .heard = __atomic_load_n(&rx->host->heard, __ATOMIC_RELAXED) |
					  (uint8_t)(1U << rx->link->idx),
				 .want_ms = (uint16_t)(intervals >> 16),
				 .accept_ms = (uint16_t)intervals,
				 .seq = p->seq,
				 .stamp = p->stamp,
				 .sent_cnt = kn_stat_get(&rx->link->tx_cnt),
				 .rcvd_cnt = kn_stat_get(&rx->link->rx_cnt)};

	if (s == NULL) {
		kn_count(&w->counters, KN_C_TX_NO_SESSION, 1);
		return;
	}
	kn_session_tops(s, &tops);
	kn_inner_hdr_pack(msg, &inner);
	kn_probe_pack(msg + KN_INNER_HDR_LEN, &reply);
	size_t len = KN_INNER_HDR_LEN + kn_probe_tops_pack(msg + KN_INNER_HDR_LEN, &tops);

	kn_tx_control(w, s, rx->link->idx, (struct kn_bytes){msg, len});
}

/* Says how long the datagram was that arrived. */
static void size_answer(struct kn_worker *w, const struct kn_rx *rx, const struct kn_size *s,
			uint32_t len)
{
	struct kn_inner_hdr inner = {.kind = KN_INNER_CONTROL, .origin = w->engine->id};
	struct kn_size reply = {
		.type = KN_CONTROL_SIZE_REPLY, .len = (uint16_t)len, .token = s->token};
	uint8_t msg[KN_INNER_HDR_LEN + KN_SIZE_LEN];

	kn_inner_hdr_pack(msg, &inner);
	kn_size_pack(msg + KN_INNER_HDR_LEN, &reply);
	struct kn_session *tx = kn_rcu_read(&rx->host->tx_session);

	if (tx == NULL)
		kn_count(&w->counters, KN_C_TX_NO_SESSION, 1);
	else
		kn_tx_control(w, tx, rx->link->idx, (struct kn_bytes){msg, sizeof(msg)});
}

/* The longest answer: to what is to be whole, one that the link carries so. */
static size_t echo_max(const struct kn_rx *rx, const struct kn_echo *echo)
{
	size_t before = KN_DATA_OVERHEAD + KN_INNER_HDR_LEN;
	size_t fits = __atomic_load_n(&rx->link->max_len, __ATOMIC_RELAXED);

	_Static_assert(KN_INNER_HDR_LEN + KN_ECHO_MAX_LEN <= KN_SUPER_MAX, "tx_copy has room");
	return echo->is_whole && fits - before < KN_ECHO_MAX_LEN ? fits - before : KN_ECHO_MAX_LEN;
}

static void echo_answer(struct kn_worker *w, const struct kn_rx *rx, const struct kn_echo *echo,
			struct kn_bytes body)
{
	struct kn_inner_hdr inner = {.kind = KN_INNER_CONTROL, .origin = w->engine->id};
	struct kn_session *tx = kn_rcu_read(&rx->host->tx_session);
	uint8_t *msg = w->tx_copy; /* which nobody needs on the way in */
	size_t most = echo_max(rx, echo);
	size_t len = body.len < most ? body.len : most;

	if (tx == NULL) {
		kn_count(&w->counters, KN_C_TX_NO_SESSION, 1);
		return;
	}
	kn_inner_hdr_pack(msg, &inner);
	memcpy(msg + KN_INNER_HDR_LEN, body.data, len);
	kn_echo_pack(msg + KN_INNER_HDR_LEN,
		     &(struct kn_echo){.type = KN_CONTROL_ECHO_REPLY, .token = echo->token});
	kn_tx_control(w, tx, rx->link->idx, (struct kn_bytes){msg, KN_INNER_HDR_LEN + len});
}

/* Whether nothing later has come on the lane of a datagram that was just marked. */
static bool is_newest(const struct kn_rx *rx)
{
	const struct kn_window *win = kn_session_window(rx->session, rx->hdr.lane);

	return win != NULL && __atomic_load_n(&win->next, __ATOMIC_RELAXED) == rx->hdr.counter + 1;
}

static bool is_question(struct kn_bytes body)
{
	const uint8_t type = body.len == 0 ? 0 : *(const uint8_t *)body.data;

	return type == KN_CONTROL_PROBE || type == KN_CONTROL_SIZE || type == KN_CONTROL_ECHO;
}

/* Whether control need not be woken for a probe: on a link that works well nothing has changed, and
 * control reads it when it wakes to see to the link anyway. For an answer it is woken: it would
 * have to wake all the same, to see that there is none. */
static bool can_wait(const struct kn_rx *rx, const struct kn_in *in, const struct kn_probe *p)
{
	struct kn_link *l = rx->link;
	const struct kn_path *path = kn_rcu_read(&l->path);
	uint16_t said = (uint16_t)(p->heard | p->used << 8);

	if (__atomic_load_n(&l->said, __ATOMIC_RELAXED) != said) {
		__atomic_store_n(&l->said, said, __ATOMIC_RELAXED);
		return false;
	}
	return __atomic_load_n(&l->is_calm, __ATOMIC_RELAXED) && path != NULL &&
	       kn_addr_equal(&path->remote, in->from);
}

static void control_report(struct kn_worker *w, const struct kn_rx *rx, const struct kn_in *in,
			   struct kn_bytes body, bool is_waiting)
{
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return; /* counted */
	*r = (struct kn_report){.type = KN_REPORT_CONTROL,
				.now = w->now,
				.rx_cnt = kn_stat_get(&rx->link->rx_cnt),
				.host = rx->host->id,
				.link = in->link,
				.from = *in->from,
				.is_newest = is_newest(rx),
				.len = (uint16_t)body.len};
	memcpy(r->data, body.data, body.len);
	if (is_waiting)
		kn_worker_push_waiting(w, &w->reports);
	else
		kn_worker_push(w, &w->reports);
}

kn_verdict kn_rx_control(struct kn_worker *w, struct kn_rx *rx, const struct kn_in *in,
			 struct kn_bytes body)
{
	struct kn_probe p;
	struct kn_size s;
	struct kn_tops tops;
	struct kn_echo echo;

	/* Whoever asks on a link that was shut down is to see that it is gone. */
	if (!kn_rx_is_enabled(rx->link) && is_question(body))
		return KN_C_RX_DISABLED;
	if (kn_echo_unpack(body.data, body.len, &echo) == 0) {
		if (echo.type == KN_CONTROL_ECHO) {
			echo_answer(w, rx, &echo, body);
			return PASS;
		}
		body.len = KN_ECHO_LEN; /* of an answer, only the head matters */
	}
	if (kn_size_unpack(body.data, body.len, &s) == 0 && s.type == KN_CONTROL_SIZE) {
		size_answer(w, rx, &s, in->len);
		return PASS;
	}
	if (body.len == 0 || body.len > KN_REPORT_DATA_LEN)
		return KN_C_RX_BAD_INNER;
	if (kn_tops_unpack(body.data, body.len, &tops) == 0)
		kn_session_confirm(rx->session, &tops);
	if (*(const uint8_t *)body.data == KN_CONTROL_CONFIRM) {
		kn_stat_add_shared(&rx->session->rx_confirms, 1);
		/* The peer, too, sets it aside: kn_control_confirm_old() */
		if (rx->session != kn_rcu_read(&rx->host->tx_session))
			rx->aside_cnt++;
		return PASS;
	}
	/* Probes carry counts: all that came is counted first. */
	kn_rx_arrived(rx);
	bool is_probe = kn_probe_unpack(body.data, body.len, &p) == 0 && p.type == KN_CONTROL_PROBE;

	if (is_probe)
		probe_answer(w, rx, &p);
	control_report(w, rx, in, body, is_probe && can_wait(rx, in, &p));
	return PASS;
}
