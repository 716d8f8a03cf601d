// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * From the TAP to the links: one frame's way out.
 *
 *	classify -> fdb -> host(s) -> links -> cut (cut.c) -> seal, send (seal.c)
 *
 * Worker thread only, inside an RCU read section. Nothing on the way allocates, locks, logs or
 * reads the clock.
 */
#include <string.h>

#include "base/clock.h"
#include "path/capture.h"
#include "path/latecomer.h"
#include "path/mss.h"
#include "path/pick.h"
#include "path/tx.h"

#define FLUSH_LEN KN_BURST_LEN /* so much is sent at once, while it is in the cache */

static bool dest_find(struct kn_worker *w, struct kn_host *h, uint8_t links, struct kn_dest *d)
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
	struct kn_session_tx *tx = kn_session_tx(s, w->slot);

	if (tx == NULL) {
		kn_count(&w->counters, KN_C_TX_NO_MEMORY, 1);
		return false;
	}
	*d = (struct kn_dest){.host = h,
			      .session = s,
			      .tx = tx,
			      .links = links,
			      .lane = kn_lane_of(w->slot, (unsigned int)__builtin_ctz(links))};
	return true;
}

bool kn_dest_link(struct kn_worker *w, struct kn_session *s, unsigned int link, struct kn_dest *d)
{
	*d = (struct kn_dest){.host = s->host,
			      .session = s,
			      .tx = kn_session_tx(s, w->slot),
			      .links = (uint8_t)(1U << link),
			      .lane = kn_lane_of(w->slot, kn_ring_lane_beside(w, s->host, link)),
			      .is_control = true};
	if (d->tx == NULL)
		kn_count(&w->counters, KN_C_TX_NO_MEMORY, 1);
	return d->tx != NULL;
}

void kn_tx_control(struct kn_worker *w, struct kn_session *s, unsigned int link,
		   struct kn_bytes msg)
{
	struct kn_dest d;

	if (kn_dest_link(w, s, link, &d))
		(void)kn_seal(w, &d, msg);
}

bool kn_tx_to_host(struct kn_worker *w, struct kn_host *h, struct kn_frame *f)
{
	struct kn_dest d;

	kn_stat_add_shared(&h->tx_frames, 1);
	kn_stat_add_shared(&h->tx_bytes, f->len);
	kn_replay_before(w, h);
	if (!dest_find(w, h, kn_pick_links(w, h, f), &d))
		return false;
	kn_cut(w, &d, f);
	return true;
}

/* How many frames leave for each peer. */
static uint32_t frames_of(const struct kn_frame *f)
{
	return f->super == KN_SUPER_NONE || f->gso_size == 0 ? 1 : f->len / f->gso_size + 1;
}

static void storm_report(struct kn_worker *w, const struct kn_storm_source *src, uint64_t interval)
{
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return;
	*r = (struct kn_report){.type = KN_REPORT_STORM,
				.now = w->now,
				.key = src->key,
				.session = (uint32_t)(KN_SEC / interval)};
	kn_worker_push(w, &w->reports);
}

/* Nobody, by a fault or on purpose, shall keep us busy with copies for all peers. */
static bool storm_passes(struct kn_worker *w, const struct kn_frame *f, uint32_t peer_cnt)
{
	uint64_t interval = kn_storm_interval(
		__atomic_load_n(&w->engine->storm_ns, __ATOMIC_RELAXED), peer_cnt);

	if (interval == 0)
		return true;
	struct kn_storm_source *src =
		kn_storm_find(&w->storm, kn_fdb_key_src(f->data, f->len), w->now);

	if (kn_storm_takes(src, interval, frames_of(f), w->now))
		return true;
	kn_count(&w->counters, KN_C_STORM_GUARD, 1);
	if (kn_storm_is_news(src, w->now))
		storm_report(w, src, interval);
	return false;
}

static void flood(struct kn_worker *w, struct kn_frame *f)
{
	struct kn_flood *to = kn_rcu_read(&w->engine->flood);
	struct kn_frame copy;

	kn_question_keep(w->questions, f, 0, w->now);
	if (to == NULL || to->cnt == 0) {
		kn_count(&w->counters, KN_C_TX_NO_PEER, 1);
		return;
	}
	if (!storm_passes(w, f, to->cnt))
		return;
	kn_count(&w->counters, KN_C_TX_FLOODED, 1);
	struct kn_stream_turn turn = kn_stream_flooded(&w->stream, to->cnt, w->now);

	for (uint32_t i = 0; i < to->cnt; i++) {
		struct kn_host *h = kn_host_find(w->engine, to->hosts[i]);
		bool is_spent = f->needs_csum && i + 1 < to->cnt;

		if (h == NULL)
			continue;
		if (i % turn.every == turn.first)
			kn_worker_note_user(w, h, w->now);
		/* Cutting overwrites it, and only what is not finished is cut. */
		if (is_spent) {
			copy = *f;
			copy.data = w->tx_copy + KN_FRAME_HEADROOM;
			memcpy(copy.data, f->data, f->len);
		}
		(void)kn_tx_to_host(w, h, is_spent ? &copy : f);
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

	if (kn_captures(w->engine) != NULL)
		kn_capture_frame(w, f, h, true);
	if (kn_mss_clamp(f, kn_tap_mtu(w->engine)))
		kn_count(&w->counters, KN_C_MSS_LOWERED, 1);
	if (h == NULL) {
		flood(w, f);
	} else {
		kn_worker_note_user(w, h, now);
		if (!kn_tx_to_host(w, h, f))
			kn_question_keep(w->questions, f, h->id, now);
	}
	if (w->out_len >= FLUSH_LEN)
		kn_tx_flush(w);
}
