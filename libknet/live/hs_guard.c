// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Guarding the handshake (docs/protocol.md, section 2): everything here is small, of fixed size and
 * cheap, since it runs on datagrams of people who may know the secret but are not yet proven to be
 * who they say.
 */
#include "live/hs_guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "crypto/kdf.h"

#define SOURCE_CNT       4096
#define SOURCE_PER_SEC   20
#define SOURCE_BURST     20
#define TOTAL_PER_SEC    1000
#define TOTAL_BURST      200
#define RECENT_CNT       1024
#define RECENT_NS        (10 * KN_SEC)
#define COOKIE_ROTATE_NS (120 * KN_SEC)

struct recent {
	uint64_t at;
	uint8_t mac1[KN_HS_MAC_LEN];
	uint16_t host;
	bool is_set;
};

struct kn_hs_guard {
	const struct kn_aead_backend *aead;
	struct kn_aead_key *cookie_key;
	struct kn_rng rng;
	uint8_t cookie_secret[2][32]; /* present, previous */
	uint64_t cookie_ns;
	uint64_t seed;
	uint64_t total_ns; /* the budget is spent up to this time (GCRA) */
	uint64_t search_ns;
	uint64_t source_ns[SOURCE_CNT]; /* likewise, per hash of a source address */
	struct recent recent[RECENT_CNT];
};

struct kn_hs_guard *kn_hs_guard_new(const struct kn_rng *rng, const struct kn_aead_backend *aead,
				    const uint8_t cookie_key[32])
{
	struct kn_hs_guard *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->aead = aead;
	g->rng = *rng;
	g->seed = kn_rng_u64(rng);
	rng->fill(rng->ctx, g->cookie_secret, sizeof(g->cookie_secret));
	g->cookie_key = aligned_alloc(KN_AEAD_ALIGN, (aead->key_size + KN_AEAD_ALIGN - 1) &
							     ~(size_t)(KN_AEAD_ALIGN - 1));
	if (g->cookie_key == NULL ||
	    aead->key_init(g->cookie_key, KN_SUITE_AES256_GCM, cookie_key) != 0) {
		free(g->cookie_key);
		free(g);
		return NULL;
	}
	return g;
}

void kn_hs_guard_free(struct kn_hs_guard *g)
{
	if (g == NULL)
		return;
	g->aead->key_fini(g->cookie_key);
	free(g->cookie_key);
	kn_wipe(g, sizeof(*g));
	free(g);
}

/* The generic cell rate algorithm: one word per bucket. */
static bool bucket_take(uint64_t *spent_ns, uint64_t now, uint64_t per_sec, uint64_t burst)
{
	uint64_t cost = KN_SEC / per_sec;

	if (*spent_ns < now)
		*spent_ns = now;
	if (*spent_ns - now > burst * cost)
		return false;
	*spent_ns += cost;
	return true;
}

bool kn_hs_guard_admit(struct kn_hs_guard *g, const union kn_addr *from, uint64_t now)
{
	union kn_addr host = *from;

	/* One bucket per address: ports are free to choose. */
	if (host.family == AF_INET6)
		host.in6.sin6_port = 0;
	else
		host.in.sin_port = 0;
	uint64_t *source = &g->source_ns[kn_addr_hash(&host, g->seed) % SOURCE_CNT];

	return bucket_take(source, now, SOURCE_PER_SEC, SOURCE_BURST) &&
	       bucket_take(&g->total_ns, now, TOTAL_PER_SEC, TOTAL_BURST);
}

bool kn_hs_guard_is_loaded(const struct kn_hs_guard *g, uint64_t now)
{
	return g->total_ns > now + TOTAL_BURST / 2 * (KN_SEC / TOTAL_PER_SEC);
}

static int mac16(const uint8_t *key, size_t key_len, const void *data, size_t len,
		 uint8_t out[KN_HS_MAC_LEN])
{
	uint8_t full[KN_SHA256_LEN];
	struct kn_bytes part = {data, len};
	int err = kn_hmac_sha256((struct kn_bytes){key, key_len}, &part, 1, full);

	memcpy(out, full, KN_HS_MAC_LEN);
	return err;
}

static void cookie_rotate(struct kn_hs_guard *g, uint64_t now)
{
	if (g->cookie_ns != 0 && now - g->cookie_ns < COOKIE_ROTATE_NS)
		return;
	memcpy(g->cookie_secret[1], g->cookie_secret[0], 32);
	g->rng.fill(g->rng.ctx, g->cookie_secret[0], 32);
	g->cookie_ns = now;
}

static int cookie_make(const struct kn_hs_guard *g, unsigned int which, const union kn_addr *from,
		       uint8_t cookie[KN_HS_MAC_LEN])
{
	return mac16(g->cookie_secret[which], 32, from, kn_addr_len(from), cookie);
}

int kn_hs_mac2_put(uint8_t msg1[KN_MSG1_LEN], const uint8_t cookie[KN_HS_MAC_LEN])
{
	size_t off = KN_MSG1_MAC1_OFF + KN_HS_MAC_LEN;

	return mac16(cookie, KN_HS_MAC_LEN, msg1, off, msg1 + off);
}

bool kn_hs_guard_mac2_ok(struct kn_hs_guard *g, const uint8_t msg1[KN_MSG1_LEN],
			 const union kn_addr *from, uint64_t now)
{
	uint8_t cookie[KN_HS_MAC_LEN], copy[KN_MSG1_LEN];

	cookie_rotate(g, now);
	for (unsigned int i = 0; i < 2; i++) {
		memcpy(copy, msg1, KN_MSG1_LEN);
		if (cookie_make(g, i, from, cookie) == 0 && kn_hs_mac2_put(copy, cookie) == 0 &&
		    kn_ct_equal(copy, msg1, KN_MSG1_LEN))
			return true;
	}
	return false;
}

int kn_hs_guard_cookie_reply(struct kn_hs_guard *g, struct kn_aead_ctx *ctx,
			     const uint8_t msg1[KN_MSG1_LEN], const union kn_addr *from,
			     uint64_t now, uint8_t out[KN_COOKIE_LEN])
{
	uint8_t cookie[KN_HS_MAC_LEN];

	cookie_rotate(g, now);
	if (cookie_make(g, 0, from, cookie) != 0)
		return -EIO;
	/* The receiver index is the sender index of the msg1. */
	kn_cookie_hdr_pack(out, ((uint32_t)msg1[4] << 24) | ((uint32_t)msg1[5] << 16) |
					((uint32_t)msg1[6] << 8) | msg1[7]);
	g->rng.fill(g->rng.ctx, out + 8, KN_AEAD_NONCE_LEN);

	struct kn_aead_op op = {.src = cookie,
				.dst = out + 20,
				.len = KN_HS_MAC_LEN,
				.aad = msg1 + KN_MSG1_MAC1_OFF,
				.aad_len = KN_HS_MAC_LEN,
				.tag = out + 36};

	memcpy(op.nonce, out + 8, KN_AEAD_NONCE_LEN);
	g->aead->seal(ctx, g->cookie_key, &op, 1);
	return op.ok ? 0 : -EIO;
}

int kn_hs_guard_cookie_open(struct kn_hs_guard *g, struct kn_aead_ctx *ctx,
			    const uint8_t reply[KN_COOKIE_LEN], const uint8_t mac1[KN_HS_MAC_LEN],
			    uint8_t cookie[KN_HS_MAC_LEN])
{
	uint8_t tag[KN_AEAD_TAG_LEN];
	struct kn_aead_op op = {.src = reply + 20,
				.dst = cookie,
				.len = KN_HS_MAC_LEN,
				.aad = mac1,
				.aad_len = KN_HS_MAC_LEN,
				.tag = tag};

	memcpy(tag, reply + 36, sizeof(tag));
	memcpy(op.nonce, reply + 8, KN_AEAD_NONCE_LEN);
	g->aead->open(ctx, g->cookie_key, &op, 1);
	return op.ok ? 0 : -EBADMSG;
}

static struct recent *recent_at(struct kn_hs_guard *g, const uint8_t mac1[KN_HS_MAC_LEN])
{
	return &g->recent[(mac1[0] | mac1[1] << 8) % RECENT_CNT];
}

int kn_hs_guard_seen(struct kn_hs_guard *g, const uint8_t mac1[KN_HS_MAC_LEN], uint64_t now)
{
	struct recent *r = recent_at(g, mac1);

	if (r->is_set && now - r->at < RECENT_NS && kn_ct_equal(r->mac1, mac1, KN_HS_MAC_LEN))
		return r->host != 0 ? r->host : KN_HS_PENDING;
	memcpy(r->mac1, mac1, KN_HS_MAC_LEN);
	r->at = now;
	r->host = 0;
	r->is_set = true;
	return KN_HS_FIRST;
}

void kn_hs_guard_answered(struct kn_hs_guard *g, const uint8_t mac1[KN_HS_MAC_LEN], uint16_t host)
{
	struct recent *r = recent_at(g, mac1);

	if (r->is_set && kn_ct_equal(r->mac1, mac1, KN_HS_MAC_LEN))
		r->host = host;
}

void kn_hs_guard_forget(struct kn_hs_guard *g, const uint8_t mac1[KN_HS_MAC_LEN])
{
	struct recent *r = recent_at(g, mac1);

	if (r->is_set && kn_ct_equal(r->mac1, mac1, KN_HS_MAC_LEN))
		r->is_set = false;
}

bool kn_hs_guard_may_search(struct kn_hs_guard *g, uint64_t now)
{
	if (g->search_ns != 0 && now - g->search_ns < KN_SEC)
		return false;
	g->search_ns = now;
	return true;
}
