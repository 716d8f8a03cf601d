// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The end of the way in: frames that are open are learned from and go to the TAP, in the order in
 * which they came. Small frames of a flow that follow one another become a super-frame before
 * (coalesce.c). A super-frame that the TAP does not take is cut into frames here, its headers made
 * for each, its checksums completed if they have to be.
 *
 * Worker thread only.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "path/capture.h"
#include "path/coalesce.h"
#include "path/mss.h"
#include "path/rx.h"
#include "path/super.h"

#define LEARN_AGAIN_NS (200 * KN_MS)

void kn_rx_unit(struct kn_rx *rx, const struct kn_frame *f, uint32_t frame_cnt)
{
	rx->units[rx->unit_cnt++] =
		(struct kn_unit){.frame = *f, .host = rx->host, .frame_cnt = frame_cnt};
	rx->top = f->data - KN_FRAME_HEADROOM;
}

static void report_learn(struct kn_worker *w, const struct kn_host *host, kn_fdb_key key)
{
	struct kn_learned *c =
		&w->learned[(key ^ (key >> 16) ^ (key >> 24) ^ (key >> 32)) % KN_LEARN_CACHE];

	if (c->key == key && c->host == host->id && w->now - c->at < LEARN_AGAIN_NS)
		return;
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return;
	*c = (struct kn_learned){.key = key, .host = host->id, .at = w->now};
	*r = (struct kn_report){
		.type = KN_REPORT_LEARN, .now = w->now, .key = key, .host = host->id};
	kn_worker_push(w, &w->reports);
}

/* Frames from one address, one behind the other: looked up once, and counted once. */
struct source {
	struct kn_fdb_entry *entry; /* NULL: none */
	const struct kn_host *host;
	uint32_t frame_cnt;
};

static void source_end(struct source *s)
{
	if (s->entry != NULL)
		kn_stat_add_shared(&s->entry->frames, s->frame_cnt);
	s->entry = NULL;
}

static void learn(struct kn_worker *w, struct source *s, const struct kn_unit *u)
{
	const struct kn_frame *f = &u->frame;
	kn_fdb_key key = kn_fdb_key_src(f->data, f->len);

	if (s->entry != NULL && s->entry->key == key && s->host == u->host) {
		s->frame_cnt += u->frame_cnt;
		return;
	}
	source_end(s);
	/* A group address as the source is nobody's. */
	if (kn_mac_is_group(f->data + 6))
		return;
	struct kn_fdb_entry *entry = kn_fdb_find(&w->engine->fdb, key);

	if (entry == NULL || __atomic_load_n(&entry->host, __ATOMIC_RELAXED) != u->host->id) {
		report_learn(w, u->host, key);
		return;
	}
	if (kn_stat_get(&entry->seen_ns) != w->now)
		kn_stat_set(&entry->seen_ns, w->now);
	*s = (struct source){.entry = entry, .host = u->host, .frame_cnt = u->frame_cnt};
}

static bool is_udp(const struct kn_frame *f)
{
	return f->super == KN_SUPER_UDP4 || f->super == KN_SUPER_UDP6;
}

/* False: not in this form. */
static bool tap_write(struct kn_worker *w, struct kn_frame *f)
{
	if (f->needs_csum && !w->takes.csum)
		kn_frame_csum(f);
	int err = w->io->tap_write(w->io_ctx, f);

	if (err == -EINVAL && is_udp(f))
		return false;
	if (err == KN_TAP_LATER)
		return true;
	if (err != 0) {
		kn_count(&w->counters, KN_C_TAP_TX_ERRORS, 1);
		return true;
	}
	kn_count(&w->counters, KN_C_TAP_TX_FRAMES, 1);
	kn_count(&w->counters, KN_C_TAP_TX_BYTES, f->len);
	return true;
}

static void one_write(void *ctx, struct kn_frame *one)
{
	(void)tap_write(ctx, one);
}

/* A super-frame as single frames. */
static void tap_write_apart(struct kn_worker *w, const struct kn_frame *f)
{
	struct kn_super s;

	if (kn_super_parse(&s, f) != 0)
		kn_count(&w->counters, KN_C_TAP_TX_ERRORS, 1);
	else
		kn_super_apart(&s, f, one_write, w);
}

static bool is_taken(const struct kn_worker *w, const struct kn_frame *f)
{
	if (f->super == KN_SUPER_NONE)
		return true;
	return is_udp(f) ? w->takes.uso : w->takes.csum;
}

static void frame_write(struct kn_worker *w, struct kn_frame *f)
{
	if (is_taken(w, f) && tap_write(w, f))
		return;
	/* A kernel that refuses one super-frame of UDP refuses all. */
	if (is_udp(f))
		__atomic_store_n(&w->takes.uso, false, __ATOMIC_RELAXED);
	tap_write_apart(w, f);
}

/* What was being joined goes. */
static void joined_write(struct kn_rx *rx)
{
	struct kn_coalesce *c = &rx->coalesce;

	if (c->cnt == 0)
		return;
	if (c->cnt > 1)
		kn_count(&rx->worker->counters, KN_C_RX_COALESCED, c->cnt);
	frame_write(rx->worker, kn_coalesce_end(c));
}

static bool is_joinable(const struct kn_worker *w, const struct kn_frame *f, struct kn_part *p)
{
	if (!w->takes.csum || !kn_part_parse(p, f))
		return false;
	return w->takes.uso || p->at.kind == KN_SUPER_TCP4 || p->at.kind == KN_SUPER_TCP6;
}

static void unit_deliver(struct kn_rx *rx, struct kn_unit *u)
{
	struct kn_worker *w = rx->worker;
	struct kn_frame *f = &u->frame;
	struct kn_part part;

	if (kn_mss_clamp(f, kn_tap_mtu(w->engine)))
		kn_count(&w->counters, KN_C_MSS_LOWERED, 1);
	if (kn_captures(w->engine) != NULL)
		kn_capture_frame(w, f, u->host, false);
	bool can_join = is_joinable(rx->worker, f, &part);

	if (can_join && kn_coalesce_add(&rx->coalesce, f, &part))
		return;
	joined_write(rx);
	if (can_join)
		kn_coalesce_begin(&rx->coalesce, f, &part);
	else
		frame_write(rx->worker, f);
}

void kn_rx_deliver(struct kn_rx *rx)
{
	struct kn_worker *w = rx->worker;
	struct source source = {.entry = NULL};

	while (rx->unit_cnt > 0) {
		struct kn_unit *u = &rx->units[--rx->unit_cnt];

		learn(w, &source, u);
		if (!kn_mac_is_group(u->frame.data))
			kn_worker_note_user(w, u->host, w->now);
		kn_stat_add_shared(&u->host->rx_frames, u->frame_cnt);
		kn_stat_add_shared(&u->host->rx_bytes, u->frame.len);
		unit_deliver(rx, u);
	}
	source_end(&source);
	joined_write(rx);
}
