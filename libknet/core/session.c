// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Sessions and the table that finds them. Control creates, publishes and retires; workers find one
 * by the receiver index of a datagram with two loads (chunk, slot) and a comparison.
 *
 * What belongs to a slot is allocated by the worker that first needs it, the counters of a sending
 * slot at its first datagram, the window of a lane at the first authentic one, and freed with the
 * session. Windows are asked without further ado and marked by who has taken the slot, a byte that
 * is exchanged for some tens of nanoseconds at a time. Since the kernel gives all datagrams of a
 * slot to one worker, nobody waits for it but when that fails.
 */
#include "core/session.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/rcu.h"
#include "core/counters.h"

#define SPINS    100  /* some hundred nanoseconds: another worker is at it */
#define PATIENCE 1000 /* turns given away after that: its thread has lost its CPU */

#define SLOT_MASK ((1U << KN_SESSION_SLOT_BITS) - 1)

static uint32_t slot_of(uint32_t index)
{
	return index & SLOT_MASK;
}

void kn_session_table_fini(struct kn_session_table *t)
{
	for (uint32_t i = 0; i < t->chunk_cnt; i++)
		free(t->chunks[i]);
	memset(t, 0, sizeof(*t));
}

static bool chunk_add(struct kn_session_table *t)
{
	if (t->chunk_cnt == KN_SESSION_CHUNK_CNT)
		return false;
	struct kn_session_chunk *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return false;
	kn_rcu_publish(&t->chunks[t->chunk_cnt], c);
	t->chunk_cnt++;
	return true;
}

static uint32_t *index_at(struct kn_session_table *t, uint32_t slot)
{
	return &t->chunks[slot >> KN_SESSION_CHUNK_BITS]
			->index[slot & (KN_SESSION_CHUNK_SLOTS - 1)];
}

uint32_t kn_session_index_new(struct kn_session_table *t, uint32_t random, uint16_t host)
{
	uint32_t slots = t->chunk_cnt * KN_SESSION_CHUNK_SLOTS;

	/* Kept at most half full, so that a free slot is found within a few steps. */
	if (t->used * 2 >= slots) {
		if (!chunk_add(t))
			return 0;
		slots += KN_SESSION_CHUNK_SLOTS;
	}
	uint32_t slot = t->next_slot % slots;

	while (*index_at(t, slot) != 0)
		slot = (slot + 1) % slots;
	t->next_slot = slot + 1;
	t->used++;

	uint32_t index = (random & ~SLOT_MASK) | slot;

	/* 0 means free; slot 0 with generation 0 is given another generation. */
	if (index == 0)
		index = 1U << KN_SESSION_SLOT_BITS;
	*index_at(t, slot) = index;
	t->chunks[slot >> KN_SESSION_CHUNK_BITS]->host[slot & (KN_SESSION_CHUNK_SLOTS - 1)] = host;
	return index;
}

uint16_t kn_session_index_host(const struct kn_session_table *t, uint32_t index)
{
	uint32_t slot = slot_of(index);

	if (index == 0 || slot >> KN_SESSION_CHUNK_BITS >= t->chunk_cnt)
		return 0;
	const struct kn_session_chunk *c = t->chunks[slot >> KN_SESSION_CHUNK_BITS];

	slot &= KN_SESSION_CHUNK_SLOTS - 1;
	return c->index[slot] == index ? c->host[slot] : 0;
}

void kn_session_index_free(struct kn_session_table *t, uint32_t index)
{
	uint32_t *at = index_at(t, slot_of(index));

	kn_assert(*at == index);
	*at = 0;
	t->used--;
}

struct kn_session *kn_session_find(struct kn_session_table *t, uint32_t index)
{
	uint32_t slot = slot_of(index);
	struct kn_session_chunk *c = kn_rcu_read(&t->chunks[slot >> KN_SESSION_CHUNK_BITS]);

	if (c == NULL)
		return NULL;
	struct kn_session *s = kn_rcu_read(&c->slot[slot & (KN_SESSION_CHUNK_SLOTS - 1)]);

	return s != NULL && s->local_index == index ? s : NULL;
}

static struct kn_aead_key *key_new(const struct kn_aead_backend *aead, struct kn_arena *arena,
				   enum kn_suite suite, const struct kn_data_key *key)
{
	struct kn_aead_key *k = kn_arena_alloc(arena);

	if (k != NULL && aead->key_init(k, suite, key->key) != 0) {
		kn_arena_free(arena, k);
		k = NULL;
	}
	return k;
}

static void key_free(const struct kn_aead_backend *aead, struct kn_arena *arena,
		     struct kn_aead_key *k)
{
	if (k == NULL)
		return;
	aead->key_fini(k);
	kn_arena_free(arena, k);
}

struct kn_session *kn_session_new(const struct kn_aead_backend *aead, struct kn_arena *arena,
				  const struct kn_session_setup *setup)
{
	struct kn_session *s = aligned_alloc(64, (sizeof(*s) + 63) & ~63UL);

	if (s == NULL)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->host = setup->host;
	s->local_index = setup->local_index;
	s->remote_index = setup->remote_index;
	s->is_initiator = setup->is_initiator;
	s->born_ns = setup->now;
	memcpy(s->tx_iv, setup->keys->tx.static_iv, sizeof(s->tx_iv));
	memcpy(s->rx_iv, setup->keys->rx.static_iv, sizeof(s->rx_iv));
	s->tx_key = key_new(aead, arena, setup->suite, &setup->keys->tx);
	s->rx_key = key_new(aead, arena, setup->suite, &setup->keys->rx);
	if (s->tx_key == NULL || s->rx_key == NULL) {
		kn_session_free(aead, arena, s);
		return NULL;
	}
	return s;
}

struct kn_session_tx *kn_session_tx(struct kn_session *s, unsigned int slot)
{
	struct kn_session_tx *tx = s->tx[slot];

	if (tx != NULL)
		return tx;
	tx = aligned_alloc(64, sizeof(*tx));
	if (tx == NULL)
		return NULL;
	memset(tx, 0, sizeof(*tx));
	kn_rcu_publish(&s->tx[slot], tx);
	return tx;
}

void kn_session_sent(const struct kn_session *s, uint64_t *datagrams, uint64_t *bytes)
{
	*datagrams = s->tx_control.datagrams;
	*bytes = s->tx_control.bytes;
	for (unsigned int i = 0; i < KN_SLOT_CONTROL; i++) {
		const struct kn_session_tx *tx = kn_rcu_read(&s->tx[i]);

		if (tx == NULL)
			continue;
		*datagrams += kn_stat_get(&tx->datagrams);
		*bytes += kn_stat_get(&tx->bytes);
	}
}

const struct kn_window *kn_session_window(const struct kn_session *s, uint8_t lane)
{
	const struct kn_session_rx *rx = kn_rcu_read(&s->rx[lane >> 3]);

	return rx == NULL ? NULL : kn_rcu_read(&rx->window[lane & 7]);
}

static bool take(uint8_t *taken)
{
	for (unsigned int i = 0; i < SPINS + PATIENCE; i++) {
		if (__atomic_load_n(taken, __ATOMIC_RELAXED) == 0 &&
		    __atomic_exchange_n(taken, 1, __ATOMIC_ACQUIRE) == 0)
			return true;
		if (i >= SPINS)
			sched_yield();
	}
	return false;
}

enum kn_take kn_session_rx_take(struct kn_session *s, uint8_t lane, unsigned int worker)
{
	uint8_t *by = &s->rx_by[lane >> 3];
	uint8_t me = (uint8_t)(worker + 1);

	if (!take(&s->rx_taken[lane >> 3]))
		return KN_TAKE_FAILED;
	if (*by == me)
		return KN_TAKE_AGAIN;
	bool is_first = *by == 0;

	*by = me;
	return is_first ? KN_TAKE_AGAIN : KN_TAKE_MOVED;
}

void kn_session_rx_give(struct kn_session *s, uint8_t lane)
{
	__atomic_store_n(&s->rx_taken[lane >> 3], 0, __ATOMIC_RELEASE);
}

struct kn_window *kn_session_window_need(struct kn_session *s, uint8_t lane)
{
	struct kn_session_rx *rx = s->rx[lane >> 3];

	if (rx == NULL) {
		rx = calloc(1, sizeof(*rx));
		if (rx == NULL)
			return NULL;
		kn_rcu_publish(&s->rx[lane >> 3], rx);
	}
	struct kn_window *win = rx->window[lane & 7];

	if (win == NULL) {
		win = kn_window_new(KN_WINDOW_BITS);
		if (win != NULL)
			kn_rcu_publish(&rx->window[lane & 7], win);
	}
	return win;
}

uint64_t kn_session_confirmed(const struct kn_session *s, uint8_t lane)
{
	const struct kn_session_tx *tx = kn_rcu_read(&s->tx[lane >> 3]);

	return tx == NULL ? 0 : __atomic_load_n(&tx->confirmed[lane & 7], __ATOMIC_ACQUIRE);
}

/* The tops of one slot of the peer. False: there is no room for all of them. */
static bool slot_tops(const struct kn_session_rx *rx, unsigned int slot, struct kn_tops *out)
{
	if (rx != NULL && out->cnt + KNET_MAX_LINKS > KN_TOPS_MAX)
		return false;
	for (unsigned int i = 0; rx != NULL && i < KNET_MAX_LINKS; i++) {
		const struct kn_window *win = kn_rcu_read(&rx->window[i]);
		uint64_t next = win == NULL ? 0 : __atomic_load_n(&win->next, __ATOMIC_RELAXED);

		if (next != 0)
			out->top[out->cnt++] =
				(struct kn_top){.counter = next - 1, .lane = kn_lane_of(slot, i)};
	}
	return true;
}

void kn_session_tops(struct kn_session *s, struct kn_tops *out)
{
	unsigned int slot = __atomic_load_n(&s->rx_tops_at, __ATOMIC_RELAXED);

	out->cnt = 0;
	for (unsigned int i = 0; i < KN_SLOT_CONTROL; i++) {
		if (!slot_tops(kn_rcu_read(&s->rx[slot]), slot, out))
			break;
		slot = slot + 1 == KN_SLOT_CONTROL ? 0 : slot + 1;
	}
	/* Where it was, unless there was no room. */
	__atomic_store_n(&s->rx_tops_at, slot, __ATOMIC_RELAXED);
}

void kn_session_confirm(struct kn_session *s, const struct kn_tops *t)
{
	for (unsigned int i = 0; i < t->cnt; i++) {
		const struct kn_top *top = &t->top[i];
		struct kn_session_tx *tx = top->lane >> 3 == KN_SLOT_CONTROL
						   ? NULL
						   : kn_rcu_read(&s->tx[top->lane >> 3]);
		uint64_t now = top->counter + 1;

		if (tx == NULL)
			continue;
		uint64_t *at = &tx->confirmed[top->lane & 7];
		uint64_t before = __atomic_load_n(at, __ATOMIC_RELAXED);

		/* Messages may overtake each other. */
		while (before < now &&
		       !__atomic_compare_exchange_n(at, &before, now, true, __ATOMIC_RELEASE,
						    __ATOMIC_RELAXED))
			;
	}
}

static struct kn_session **session_at(struct kn_session_table *t, uint32_t index)
{
	uint32_t slot = slot_of(index);

	return &t->chunks[slot >> KN_SESSION_CHUNK_BITS]->slot[slot & (KN_SESSION_CHUNK_SLOTS - 1)];
}

void kn_session_publish(struct kn_session_table *t, struct kn_session *s)
{
	kn_rcu_publish(session_at(t, s->local_index), s);
}

void kn_session_unpublish(struct kn_session_table *t, struct kn_session *s)
{
	kn_rcu_publish(session_at(t, s->local_index), NULL);
	kn_session_index_free(t, s->local_index);
}

static void rx_free(struct kn_session_rx *rx)
{
	for (unsigned int i = 0; rx != NULL && i < KNET_MAX_LINKS; i++)
		kn_window_free(rx->window[i]);
	free(rx);
}

void kn_session_free(const struct kn_aead_backend *aead, struct kn_arena *arena,
		     struct kn_session *s)
{
	for (unsigned int i = 0; i < KN_SLOT_CONTROL; i++)
		free(s->tx[i]);
	for (unsigned int i = 0; i < KN_SLOT_CNT; i++)
		rx_free(s->rx[i]);
	key_free(aead, arena, s->tx_key);
	key_free(aead, arena, s->rx_key);
	free(s);
}
