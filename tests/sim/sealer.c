// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The watch on nonces. A (key, nonce) that seals two different plaintexts gives both away, so this
 * is checked where it happens and not on the wire, where a datagram might be missed. An expanded
 * key is the real back end's, with 64 bytes behind it that hold a hash of the key.
 */
#include "tests/sim/sealer.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/queue.h"
#include "tests/sim/rng.h"

#define BREAK_EVERY 997 /* seals */

/* What was sealed: key and nonce in one number, the bytes in another. 128 bits of hash in all are
 * enough for 10^8 entries. */
struct sealed {
	uint64_t key_nonce;
	uint64_t bytes;
};

static const struct kn_aead_backend *real;
static struct kn_aead_backend backend;
static struct sealed *table; /* open addressing; key_nonce 0: empty */
static size_t table_cnt, table_cap;
static uint64_t sealed_cnt, reused_cnt;
static bool is_broken;

static uint64_t hash_more(uint64_t h, const uint8_t *at, size_t len)
{
	uint64_t v;

	for (; len >= 8; at += 8, len -= 8) {
		memcpy(&v, at, 8);
		h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	for (; len > 0; at++, len--)
		h = (h ^ *at) * 0x100000001b3ULL;
	return sim_mix(h);
}

static uint64_t *key_id(struct kn_aead_key *k)
{
	return (uint64_t *)(void *)((uint8_t *)k + backend.key_size - KN_AEAD_ALIGN);
}

static struct sealed *find(uint64_t key_nonce)
{
	size_t i = key_nonce & (table_cap - 1);

	while (table[i].key_nonce != 0 && table[i].key_nonce != key_nonce)
		i = (i + 1) & (table_cap - 1);
	return &table[i];
}

static void table_grow(void)
{
	struct sealed *old = table;
	size_t old_cap = table_cap;

	table_cap = old_cap == 0 ? 65536 : old_cap * 2;
	table = sim_alloc(table_cap * sizeof(*table));
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].key_nonce != 0)
			*find(old[i].key_nonce) = old[i];
	free(old);
}

static void note(struct kn_aead_key *k, const struct kn_aead_op *op)
{
	uint64_t key_nonce = hash_more(*key_id(k), op->nonce, sizeof(op->nonce)) | 1;
	uint64_t bytes = hash_more(op->len + op->len2, op->aad, op->aad_len);

	bytes = hash_more(bytes, op->src, op->len);
	bytes = hash_more(bytes, op->src2, op->len2);
	if (table_cnt * 2 >= table_cap)
		table_grow();
	struct sealed *s = find(key_nonce);

	sealed_cnt++;
	if (s->key_nonce == 0) {
		*s = (struct sealed){.key_nonce = key_nonce, .bytes = bytes};
		table_cnt++;
	} else if (s->bytes != bytes) {
		reused_cnt++;
	}
}

/* The counter's neighbour in the same lane: used before, or next. */
static void spoil(struct kn_aead_op *op)
{
	if (sealed_cnt % BREAK_EVERY == 0)
		op->nonce[KN_AEAD_NONCE_LEN - 1] ^= 1;
}

static int key_init(struct kn_aead_key *k, enum kn_suite suite, const uint8_t *key)
{
	*key_id(k) = hash_more(suite, key, kn_suite_key_len(suite));
	return real->key_init(k, suite, key);
}

static void key_fini(struct kn_aead_key *k)
{
	real->key_fini(k);
	*key_id(k) = 0;
}

static void seal(struct kn_aead_ctx *ctx, struct kn_aead_key *k, struct kn_aead_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_broken)
			spoil(&ops[i]);
		note(k, &ops[i]);
		/* One by one: a later operation may read what an earlier one writes. */
		real->seal(ctx, k, &ops[i], 1);
	}
}

const struct kn_aead_backend *sim_sealer_get(void)
{
	size_t unit = KN_AEAD_ALIGN;

	if (real != NULL)
		return &backend;
	real = kn_aead_backend_pick(NULL);
	if (real == NULL)
		return NULL;
	backend = *real;
	backend.key_size = (real->key_size + unit - 1) / unit * unit + unit;
	backend.key_init = key_init;
	backend.key_fini = key_fini;
	backend.seal = seal;
	return &backend;
}

void sim_sealer_begin(bool broken)
{
	sim_sealer_end();
	is_broken = broken;
}

uint64_t sim_sealer_reused(void)
{
	return reused_cnt;
}

uint64_t sim_sealer_sealed(void)
{
	return sealed_cnt;
}

void sim_sealer_end(void)
{
	free(table);
	table = NULL;
	table_cnt = 0;
	table_cap = 0;
	sealed_cnt = 0;
	reused_cnt = 0;
}
