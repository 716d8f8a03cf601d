/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_HS_GUARD_H
#define KN_LIVE_HS_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/rng.h"
#include "crypto/aead.h"
#include "wire/handshake.h"

/*
 * What stands between the network and an X25519: a token bucket per source, a budget for all,
 * cookies under load (as WireGuard's, section 5.4.7 of its paper), and the memory of recent msg1,
 * so that copies cost nothing. Fixed memory, whatever arrives. Control only.
 */
struct kn_hs_guard;

struct kn_hs_guard *kn_hs_guard_new(const struct kn_rng *rng, const struct kn_aead_backend *aead,
				    const uint8_t cookie_key[32]);
void kn_hs_guard_free(struct kn_hs_guard *g);

/* Whether a responder's handshake may be spent on this source now; takes the tokens if so. */
bool kn_hs_guard_admit(struct kn_hs_guard *g, const union kn_addr *from, uint64_t now);
/* Whether sources must prove by a cookie that they receive at their address. */
bool kn_hs_guard_is_loaded(const struct kn_hs_guard *g, uint64_t now);

/* Whether mac2 of a msg1 proves that its sender got our cookie for this address. */
bool kn_hs_guard_mac2_ok(struct kn_hs_guard *g, const uint8_t msg1[KN_MSG1_LEN],
			 const union kn_addr *from, uint64_t now);
/* A cookie reply to a msg1. 0 or -EIO. */
int kn_hs_guard_cookie_reply(struct kn_hs_guard *g, struct kn_aead_ctx *ctx,
			     const uint8_t msg1[KN_MSG1_LEN], const union kn_addr *from,
			     uint64_t now, uint8_t out[KN_COOKIE_LEN])
	__attribute__((warn_unused_result));
/* The cookie out of a reply to the msg1 whose mac1 is given. 0 or -EBADMSG. */
int kn_hs_guard_cookie_open(struct kn_hs_guard *g, struct kn_aead_ctx *ctx,
			    const uint8_t reply[KN_COOKIE_LEN], const uint8_t mac1[KN_HS_MAC_LEN],
			    uint8_t cookie[KN_HS_MAC_LEN]) __attribute__((warn_unused_result));
/* Put mac2 into a msg1. 0 or -EIO. */
int kn_hs_mac2_put(uint8_t msg1[KN_MSG1_LEN], const uint8_t cookie[KN_HS_MAC_LEN])
	__attribute__((warn_unused_result));

/* Copies of a msg1: the first sight of a mac1 returns 0 and remembers it; later ones the host set
 * by kn_hs_guard_answered(), or KN_HS_PENDING while there is none. */
#define KN_HS_FIRST   0
#define KN_HS_PENDING -1
int kn_hs_guard_seen(struct kn_hs_guard *g, const uint8_t mac1[KN_HS_MAC_LEN], uint64_t now);
void kn_hs_guard_answered(struct kn_hs_guard *g, const uint8_t mac1[KN_HS_MAC_LEN], uint16_t host);

/* Not answered after all: treat the next copy as new. */
void kn_hs_guard_forget(struct kn_hs_guard *g, const uint8_t mac1[KN_HS_MAC_LEN]);

/* At most one per second: for work whose cost depends on how many peers there are. */
bool kn_hs_guard_may_search(struct kn_hs_guard *g, uint64_t now);

#endif
