// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The side of a capture that packets pass: does anybody want it, has his filter a mind to it, is
 * there room? Then it is copied. What has no room is counted and forgotten; the packet itself is
 * never held up or changed.
 *
 * Workers enter, each with its own slot, inside an RCU read section; control, with its own.
 */
#include "path/capture.h"

#include <string.h>

/* Frames to all are to each peer, too. Datagrams that do not say whose they are go by address. */
static bool wants(const struct kn_capture *c, const struct kn_capture_item *item)
{
	const struct kn_capture_head *h = &item->head;

	if (((c->params.places >> h->place) & 1) == 0)
		return false;
	if (c->params.peer == 0 || c->params.peer == h->peer)
		return true;
	if (h->place == KNET_CAPTURE_TAP)
		return h->peer == 0 && h->is_out;
	return h->peer == 0 && kn_capture_is_at(item->engine, c->params.peer, h->place, &h->remote);
}

static bool matches(const struct kn_capture *c, const struct kn_capture_item *item)
{
	const struct knet_capture_filter *f =
		item->head.place == KNET_CAPTURE_TAP ? &c->params.frames : &c->params.datagrams;

	return f->match == NULL || f->match(f->program, item->head.is_out, item->judged.data,
					    (uint32_t)item->judged.len, item->head.wire_len);
}

/* The first `len` bytes of both parts. */
static void copy(uint8_t *to, const struct kn_capture_item *item, uint32_t len)
{
	uint32_t before = len < item->before.len ? len : (uint32_t)item->before.len;

	memcpy(to, item->before.data, before);
	memcpy(to + before, item->data.data, len - before);
}

static bool packet_keep(const struct kn_capture *c, struct kn_capture_slot *s,
			const struct kn_capture_item *item)
{
	uint32_t len =
		item->head.wire_len < c->params.snaplen ? item->head.wire_len : c->params.snaplen;
	uint32_t used = kn_byteq_used(&s->ring);
	uint8_t *at = kn_byteq_slot(&s->ring, sizeof(item->head) + len);

	if (at == NULL) {
		kn_stat_add(&s->count[item->head.place].dropped, 1);
		kn_count(item->counters, KN_C_CAPTURE_DROPPED, 1);
		return false;
	}
	memcpy(at, &item->head, sizeof(item->head));
	copy(at + sizeof(item->head), item, len);
	kn_byteq_push(&s->ring);
	return used < KN_CAPTURE_HASTE && kn_byteq_used(&s->ring) >= KN_CAPTURE_HASTE;
}

bool kn_capture_put(struct kn_capture *first, const struct kn_capture_item *item)
{
	bool is_filling = false;

	for (struct kn_capture *c = first; c != NULL; c = kn_rcu_read(&c->next)) {
		struct kn_capture_slot *s = &c->slot[item->slot];
		struct knet_capture_count *count = &s->count[item->head.place];

		if (!wants(c, item))
			continue;
		kn_stat_add(&count->seen, 1);
		if (!matches(c, item))
			continue;
		kn_stat_add(&count->matched, 1);
		is_filling |= packet_keep(c, s, item);
	}
	return is_filling;
}

void kn_capture_frame(struct kn_worker *w, const struct kn_frame *f, const struct kn_host *h,
		      bool is_out)
{
	struct kn_capture *first = kn_captures(w->engine);
	struct kn_capture_item item = {
		.head = {.at_ns = w->now,
			 .wire_len = f->len,
			 .peer = h == NULL ? 0 : h->id,
			 .gso_size = f->super == KN_SUPER_NONE ? 0 : f->gso_size,
			 .csum_start = f->csum_start,
			 .csum_offset = f->csum_offset,
			 .place = KNET_CAPTURE_TAP,
			 .is_out = is_out,
			 .needs_csum = f->needs_csum && f->super == KN_SUPER_NONE},
		.before = {f->data, 0},
		.data = {f->data, f->len},
		.judged = {f->data, f->len},
		.engine = w->engine,
		.slot = w->slot,
		.counters = &w->counters,
	};

	if (kn_capture_put(first, &item))
		w->has_reported = true; /* control reads when it wakes */
}
