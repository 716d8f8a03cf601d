// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The public calls of captures: starting, reading, ending. A capture that runs is in the list that
 * workers read (kn_engine.captures); all of a handle, also those that are stopped and may still be
 * read, are in the list of the handle. Control only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "path/capture.h"
#include "path/handle.h"
#include "path/super.h"

/* Handles of several threads draw from it. */
static _Atomic uint64_t last_id;

/* ---- life ------------------------------------------------------------------------------------ */

static void capture_free(struct kn_capture *c)
{
	for (unsigned int i = 0; i < KN_CAPTURE_SLOTS; i++)
		kn_byteq_fini(&c->slot[i].ring);
	free((void *)(uintptr_t)c->params.frames.program);
	free((void *)(uintptr_t)c->params.datagrams.program);
	free(c);
}

static void capture_reclaimed(struct kn_reclaim_item *item, void *ctx)
{
	(void)ctx;
	capture_free(caa_container_of(item, struct kn_capture, reclaim));
}

static int filter_copy(struct knet_capture_filter *to, const struct knet_capture_filter *from)
{
	void *program = malloc(from->len + 1);

	if (program == NULL)
		return -ENOMEM;
	if (from->len != 0)
		memcpy(program, from->program, from->len);
	*to = *from;
	to->program = program;
	return 0;
}

static struct kn_capture *capture_new(const struct knet_capture_params *params)
{
	struct kn_capture *c = aligned_alloc(64, sizeof(*c));

	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->params = *params;
	memset(&c->params.frames, 0, sizeof(c->params.frames));
	memset(&c->params.datagrams, 0, sizeof(c->params.datagrams));
	int err = filter_copy(&c->params.frames, &params->frames);

	if (err == 0)
		err = filter_copy(&c->params.datagrams, &params->datagrams);
	/* Those of workers that are yet to come are only addresses. */
	for (unsigned int i = 0; i < KN_CAPTURE_SLOTS && err == 0; i++)
		err = kn_byteq_init(&c->slot[i].ring, KN_CAPTURE_RING_LEN);
	if (err == 0)
		return c;
	capture_free(c);
	return NULL;
}

int knet_capture_start(struct knet_handle *h, const struct knet_capture_params *params,
		       uint64_t *id)
{
	if (params->snaplen == 0 || params->places >> KNET_CAPTURE_PLACES != 0)
		return -EINVAL;
	kn_handle_enter(h);
	struct kn_capture *c = capture_new(params);

	if (c != NULL) {
		c->id = atomic_fetch_add(&last_id, 1) + 1;
		c->real_ns = kn_clock_real_ns() - kn_clock_mono_ns();
		c->is_running = true;
		c->next_of_all = h->captures;
		h->captures = c;
		c->next = h->engine->captures;
		kn_rcu_publish(&h->engine->captures, c);
		*id = c->id;
	}
	kn_handle_leave(h);
	return c == NULL ? -ENOMEM : 0;
}

static struct kn_capture *capture_find(const struct knet_handle *h, uint64_t id)
{
	struct kn_capture *c = h->captures;

	while (c != NULL && c->id != id)
		c = c->next_of_all;
	return c;
}

/* Whoever is just looking at it goes on to the next. */
static void capture_stop(struct knet_handle *h, struct kn_capture *c)
{
	struct kn_capture **at = &h->engine->captures;

	if (!c->is_running)
		return;
	while (*at != c)
		at = &(*at)->next;
	kn_rcu_publish(at, c->next);
	c->is_running = false;
}

int knet_capture_stop(struct knet_handle *h, uint64_t id)
{
	struct kn_capture *c = capture_find(h, id);

	if (c == NULL)
		return -ENOENT;
	kn_handle_enter(h);
	capture_stop(h, c);
	kn_handle_leave(h);
	return 0;
}

void knet_capture_free(struct knet_handle *h, uint64_t id)
{
	struct kn_capture **at = &h->captures;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next_of_all;
	if (*at == NULL)
		return;
	struct kn_capture *c = *at;

	kn_handle_enter(h);
	capture_stop(h, c);
	*at = c->next_of_all;
	kn_reclaim_later(&h->engine->reclaim, &c->reclaim, capture_reclaimed);
	kn_handle_leave(h);
}

void kn_captures_end(struct knet_handle *h)
{
	kn_rcu_publish(&h->engine->captures, NULL);
	while (h->captures != NULL) {
		struct kn_capture *c = h->captures;

		h->captures = c->next_of_all;
		capture_free(c);
	}
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The slot whose oldest message is the oldest of all. */
static struct kn_capture_slot *slot_oldest(struct kn_capture *c, uint8_t **msg, uint32_t *len)
{
	struct kn_capture_slot *found = NULL;
	uint64_t at_ns = KN_NEVER;

	for (unsigned int i = 0; i < KN_CAPTURE_SLOTS; i++) {
		struct kn_capture_head head;
		uint32_t own_len;
		uint8_t *own = kn_byteq_front(&c->slot[i].ring, &own_len);

		if (own == NULL)
			continue;
		memcpy(&head, own, sizeof(head));
		if (head.at_ns >= at_ns)
			continue;
		at_ns = head.at_ns;
		found = &c->slot[i];
		*msg = own;
		*len = own_len;
	}
	return found;
}

/* What the kernel had left to be done by a card, or we for the headers of a datagram. */
static void sum_complete(const struct kn_capture_head *head, uint8_t *data, uint32_t len)
{
	struct kn_frame f = {.data = data,
			     .len = len,
			     .csum_start = head->csum_start,
			     .csum_offset = head->csum_offset};

	if (head->needs_csum && len == head->wire_len)
		kn_frame_csum(&f);
}

static void packet_make(struct knet_handle *h, struct kn_capture *c, uint8_t *msg, uint32_t len,
			struct knet_capture_packet *out)
{
	struct kn_capture_head head;
	uint8_t *data = msg + sizeof(head);

	memcpy(&head, msg, sizeof(head));
	len -= (uint32_t)sizeof(head);
	sum_complete(&head, data, len);
	if (head.peer == 0 && head.place != KNET_CAPTURE_TAP)
		head.peer = c->params.peer != 0 ? c->params.peer
						: kn_capture_peer_of(h->engine, c, &head);
	*out = (struct knet_capture_packet){.realtime_ns = c->real_ns + head.at_ns,
					    .data = data,
					    .len = len,
					    .wire_len = head.wire_len,
					    .place = head.place,
					    .is_out = head.is_out,
					    .peer = head.peer,
					    .gso_size = head.gso_size};
}

int knet_capture_next(struct knet_handle *h, uint64_t id, struct knet_capture_packet *out)
{
	struct kn_capture *c = capture_find(h, id);
	uint8_t *msg;
	uint32_t len;

	if (c == NULL)
		return -ENOENT;
	if (c->reading != NULL)
		kn_byteq_pop(&c->reading->ring);
	c->reading = slot_oldest(c, &msg, &len);
	if (c->reading == NULL)
		return 0;
	packet_make(h, c, msg, len, out);
	return 1;
}

static bool is_filling(const struct kn_capture *c)
{
	for (unsigned int i = 0; i < KN_CAPTURE_SLOTS; i++)
		if (kn_byteq_used(&c->slot[i].ring) >= KN_CAPTURE_HASTE)
			return true;
	return false;
}

bool knet_capture_is_filling(struct knet_handle *h)
{
	for (struct kn_capture *c = h->captures; c != NULL; c = c->next_of_all)
		if (is_filling(c))
			return true;
	return false;
}

int knet_capture_count_get(struct knet_handle *h, uint64_t id, unsigned int place,
			   struct knet_capture_count *out)
{
	const struct kn_capture *c = capture_find(h, id);

	if (c == NULL || place >= KNET_CAPTURE_PLACES)
		return -ENOENT;
	*out = (struct knet_capture_count){0};
	for (unsigned int i = 0; i < KN_CAPTURE_SLOTS; i++) {
		const struct knet_capture_count *count = &c->slot[i].count[place];

		out->seen += kn_stat_get(&count->seen);
		out->matched += kn_stat_get(&count->matched);
		out->dropped += kn_stat_get(&count->dropped);
	}
	return 0;
}
