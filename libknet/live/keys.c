// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The life of sessions (docs/protocol.md, section 2). The initiator sends under new keys at once;
 * the responder when the first datagram under them has come. The replaced session goes on receiving
 * for 30 s, so a rekey loses nothing. Control only; workers see the change by one pointer.
 */
#include "live/keys.h"

#include <string.h>

#include "base/clock.h"
#include "live/handshake.h"
#include "live/liveness.h"

static void session_reclaimed(struct kn_reclaim_item *item, void *ctx)
{
	struct kn_engine *e = ctx;

	kn_session_free(e->aead, &e->keys, caa_container_of(item, struct kn_session, reclaim));
}

static void session_retire(struct kn_engine *e, struct kn_session *s)
{
	kn_wheel_cancel(&e->wheel, &s->timer);
	kn_session_unpublish(&e->sessions, s);
	kn_reclaim_later(&e->reclaim, &s->reclaim, session_reclaimed);
}

static void old_remove(struct kn_engine *e, struct kn_host *h, int i)
{
	session_retire(e, h->old[i]);
	h->old[i] = NULL;
}

static void old_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_session *s = caa_container_of(t, struct kn_session, timer);

	(void)now;
	for (int i = 0; i < KN_OLD_SESSION_CNT; i++)
		if (s->host->old[i] == s)
			old_remove(ctx, s->host, i);
}

static void old_add(struct kn_engine *e, struct kn_host *h, struct kn_session *s)
{
	if (h->old[KN_OLD_SESSION_CNT - 1] != NULL)
		old_remove(e, h, KN_OLD_SESSION_CNT - 1);
	memmove(&h->old[1], &h->old[0], sizeof(h->old[0]) * (KN_OLD_SESSION_CNT - 1));
	h->old[0] = s;
	s->timer.fn = old_timer;
	kn_wheel_set(&e->wheel, &s->timer, e->now + KN_SESSION_OLD_NS);
}

static void expiry_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_engine *e = ctx;
	struct kn_session *s = caa_container_of(t, struct kn_session, timer);

	(void)now;
	kn_keys_drop(e, s->host, "keys are too old and could not be replaced");
	kn_handshake_start(e, s->host, 0);
}

static void rekey_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_engine *e = ctx;
	struct kn_session *s = caa_container_of(t, struct kn_session, timer);

	(void)now;
	s->timer.fn = expiry_timer;
	kn_wheel_set(&e->wheel, t, s->born_ns + e->rekey_ns + KN_SESSION_GRACE_NS);
	kn_handshake_start(e, s->host, 0);
}

static void rekey_arm(struct kn_engine *e, struct kn_session *s)
{
	uint64_t tenth = e->rekey_ns / 10;
	uint64_t after = e->rekey_ns - tenth + kn_rng_below(&e->rng, 2 * tenth + 1);

	/* The responder steps in only when the initiator did not. */
	if (!s->is_initiator)
		after = e->rekey_ns + 2 * tenth;
	s->timer.fn = rekey_timer;
	kn_wheel_set(&e->wheel, &s->timer, s->born_ns + after);
}

void kn_keys_install(struct kn_engine *e, struct kn_host *h, struct kn_session *s)
{
	struct kn_session *before = h->current;

	if (h->next == s)
		h->next = NULL;
	h->current = s;
	kn_rcu_publish(&h->tx_session, s);
	rekey_arm(e, s);
	h->hs_first_ns = 0;
	h->hs_tries = 0;
	kn_count(&e->counters, KN_C_HS_DONE, 1);
	if (before != NULL) {
		old_add(e, h, before);
		h->rekeys++;
		kn_event(e, KNET_EVENT_REKEY, KNET_LOG_DEBUG, h, NULL, "new keys, %s",
			 s->is_initiator ? "begun by us" : "begun by the peer");
		/* Whatever was just probed: the responder goes by the first datagram under the new
		 * keys. */
		kn_live_announce(e, h);
		return;
	}
	cds_list_add_tail(&h->active_node, &e->active);
	kn_event(e, KNET_EVENT_HANDSHAKE, KNET_LOG_INFO, h, NULL,
		 "session established, %s identity", h->is_pinned ? "pinned" : "derived");
	kn_live_session_start(e, h);
}

void kn_keys_offer(struct kn_engine *e, struct kn_host *h, struct kn_session *s)
{
	if (h->next != NULL)
		session_retire(e, h->next);
	h->next = s;
	kn_session_publish(&e->sessions, s);
}

void kn_keys_confirmed(struct kn_engine *e, uint32_t index)
{
	uint16_t id = kn_session_index_host(&e->sessions, index);
	struct kn_host *h = id == 0 ? NULL : e->hosts[id];

	if (h == NULL || h->next == NULL || h->next->local_index != index)
		return;
	/* One of our own, begun or about to begin, is not needed any more. */
	kn_handshake_stop(e, h);
	kn_keys_install(e, h, h->next);
}

void kn_keys_drop(struct kn_engine *e, struct kn_host *h, const char *why)
{
	bool was_active = h->current != NULL;

	kn_rcu_publish(&h->tx_session, NULL);
	for (int i = 0; i < KN_OLD_SESSION_CNT; i++)
		if (h->old[i] != NULL)
			old_remove(e, h, i);
	if (h->next != NULL)
		session_retire(e, h->next);
	if (h->current != NULL)
		session_retire(e, h->current);
	h->next = NULL;
	h->current = NULL;
	if (!was_active)
		return;
	cds_list_del(&h->active_node);
	kn_live_session_end(e, h, why);
}

void kn_keys_check_bytes(struct kn_engine *e, struct kn_host *h)
{
	struct kn_session *s = h->current;
	uint64_t datagrams, bytes;

	kn_session_sent(s, &datagrams, &bytes);
	bytes += kn_stat_get(&s->rx_bytes);
	if (bytes < e->rekey_bytes)
		return;
	/* Twice as much is the end: no handshake has come through for all that time. */
	if (bytes >= 2 * e->rekey_bytes) {
		kn_keys_drop(e, h, "keys have carried too much and could not be replaced");
		return;
	}
	kn_handshake_start(e, h, 0);
}
