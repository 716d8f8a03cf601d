// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Putting together what a peer had to send in fragments (docs/protocol.md, section 3.4), in bounded
 * memory.
 *
 * Datagrams under way lie in one region, in the order in which their first fragment came, round and
 * round: a new one takes the room behind the youngest, and whatever is in its way is the oldest and
 * given up. So is what is older than a second, and the oldest of a peer that has too many. Nothing
 * is allocated, no timer runs: what is overdue is noticed when the next fragment comes.
 *
 * All fragments are authentic. A peer that sends nonsense can push out what others are sending
 * meanwhile, but no more: sizes are checked before a byte is copied.
 *
 * One worker's own.
 */
#include "path/reassemble.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 4 /* of 64 bits: a bit per fragment */

struct slot {
	struct kn_frag_key key;
	uint64_t began;
	uint64_t got[WORDS];
	uint32_t at; /* in the region */
	uint16_t total;
	uint16_t piece_len; /* of all but the last */
	uint8_t cnt;
	uint8_t got_cnt;
	bool is_live; /* not complete, and not given up */
};

struct kn_reassembly {
	struct kn_counters *counters;
	/* A ring of slots, oldest first, as their room in the region is. */
	struct slot slots[KN_REASSEMBLY_SLOTS];
	unsigned int oldest, cnt;
	uint8_t region[KN_REASSEMBLY_BYTES];
};

static struct slot *slot_at(struct kn_reassembly *r, unsigned int i)
{
	return &r->slots[(r->oldest + i) % KN_REASSEMBLY_SLOTS];
}

static void give_up(struct kn_reassembly *r, struct slot *s, enum kn_counter why)
{
	if (s->is_live)
		kn_count(r->counters, why, 1);
	s->is_live = false;
}

static void oldest_drop(struct kn_reassembly *r, enum kn_counter why)
{
	give_up(r, slot_at(r, 0), why);
	r->oldest = (r->oldest + 1) % KN_REASSEMBLY_SLOTS;
	r->cnt--;
}

static void expire(struct kn_reassembly *r, uint64_t now)
{
	while (r->cnt > 0) {
		const struct slot *s = slot_at(r, 0);

		if (s->is_live && now < s->began + KN_REASSEMBLY_NS)
			return;
		oldest_drop(r, KN_C_RX_FRAGMENT_LATE);
	}
}

static bool key_equal(const struct kn_frag_key *a, const struct kn_frag_key *b)
{
	return a->session == b->session && a->id == b->id && a->lane == b->lane &&
	       a->host == b->host;
}

/* The youngest first: that is nearly always it. */
static struct slot *find(struct kn_reassembly *r, const struct kn_frag_key *key)
{
	for (unsigned int i = r->cnt; i-- > 0;) {
		struct slot *s = slot_at(r, i);

		if (s->is_live && key_equal(&s->key, key))
			return s;
	}
	return NULL;
}

static void host_limit(struct kn_reassembly *r, uint16_t host)
{
	struct slot *first = NULL;
	unsigned int cnt = 0;

	for (unsigned int i = 0; i < r->cnt; i++) {
		struct slot *s = slot_at(r, i);

		if (!s->is_live || s->key.host != host)
			continue;
		if (first == NULL)
			first = s;
		cnt++;
	}
	if (cnt >= KN_REASSEMBLY_PER_HOST)
		give_up(r, first, KN_C_RX_FRAGMENT_FULL);
}

static bool is_taken(struct kn_reassembly *r, uint32_t at, uint32_t len)
{
	for (unsigned int i = 0; i < r->cnt; i++) {
		const struct slot *s = slot_at(r, i);

		if (at < s->at + s->total && s->at < at + len)
			return true;
	}
	return false;
}

/* Room for len bytes behind the youngest, whatever has to go for it. */
static uint32_t room_make(struct kn_reassembly *r, uint32_t len)
{
	uint32_t at = 0;

	if (r->cnt > 0) {
		const struct slot *youngest = slot_at(r, r->cnt - 1);

		at = youngest->at + youngest->total;
	}
	if (at + len > KN_REASSEMBLY_BYTES)
		at = 0;
	while (r->cnt == KN_REASSEMBLY_SLOTS || is_taken(r, at, len))
		oldest_drop(r, KN_C_RX_FRAGMENT_FULL);
	return at;
}

static struct slot *begin(struct kn_reassembly *r, const struct kn_frag_key *key,
			  const struct slot *like, uint64_t now)
{
	host_limit(r, key->host);

	uint32_t at = room_make(r, like->total);
	struct slot *s = slot_at(r, r->cnt++);

	*s = *like;
	s->key = *key;
	s->began = now;
	s->at = at;
	s->is_live = true;
	return s;
}

/* What the fragment says of the datagram; false if it contradicts itself. */
static bool shape_of(const struct kn_frag *f, size_t len, struct slot *out)
{
	uint32_t before = f->count - 1U, total = f->total, piece = (uint32_t)len;

	if (f->count < 2 || f->index >= f->count || len == 0 || len > total ||
	    total <= KN_DATA_OVERHEAD)
		return false;
	if (f->index == before) {
		if ((total - piece) % before != 0)
			return false;
		piece = (total - piece) / before;
		if (len > piece)
			return false;
	}
	if (piece * before >= total || piece * (before + 1) < total)
		return false;
	*out = (struct slot){.total = f->total, .piece_len = (uint16_t)piece, .cnt = f->count};
	return true;
}

enum kn_counter kn_reassembly_add(struct kn_reassembly *r, const struct kn_frag_key *key,
				  const struct kn_frag *f, struct kn_bytes piece, uint64_t now,
				  struct kn_bytes *whole)
{
	uint64_t bit = 1ULL << f->index % 64;
	struct slot like;

	*whole = (struct kn_bytes){NULL, 0};
	expire(r, now);
	if (!shape_of(f, piece.len, &like))
		return KN_C_RX_BAD_FRAGMENT;
	struct slot *s = find(r, key);

	if (s == NULL)
		s = begin(r, key, &like, now);
	else if (s->total != like.total || s->piece_len != like.piece_len || s->cnt != like.cnt ||
		 s->got[f->index / 64] & bit)
		return KN_C_RX_BAD_FRAGMENT;
	s->got[f->index / 64] |= bit;
	memcpy(r->region + s->at + (size_t)f->index * s->piece_len, piece.data, piece.len);
	if (++s->got_cnt < s->cnt)
		return KN_C_COUNT;
	s->is_live = false;
	*whole = (struct kn_bytes){r->region + s->at, s->total};
	return KN_C_COUNT;
}

struct kn_reassembly *kn_reassembly_new(struct kn_counters *counters)
{
	/* The region is not cleared: what no fragment reaches is never touched. */
	struct kn_reassembly *r = malloc(sizeof(*r));

	if (r == NULL)
		return NULL;
	r->counters = counters;
	r->oldest = 0;
	r->cnt = 0;
	return r;
}

void kn_reassembly_free(struct kn_reassembly *r)
{
	free(r);
}
