/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_FDB_H
#define KN_CORE_FDB_H

#include <stdbool.h>
#include <stdint.h>
#include <urcu-qsbr.h>
#include <urcu/rculfhash.h>

#include "base/wheel.h"
#include "core/reclaim.h"
#include "knet.h"

#define KN_ETH_HDR_LEN 14

/* MAC and VLAN as one number: mac in bits 63..16, vlan id in bits 11..0. */
typedef uint64_t kn_fdb_key;

/* Key of the destination or the source of an Ethernet frame of at least KN_ETH_HDR_LEN bytes. The
 * VLAN is that of an outer 802.1Q or 802.1ad tag, 0 without one. */
kn_fdb_key kn_fdb_key_dst(const uint8_t *frame, uint32_t len);
kn_fdb_key kn_fdb_key_src(const uint8_t *frame, uint32_t len);
kn_fdb_key kn_fdb_key_make(const uint8_t mac[6], uint16_t vlan);

static inline bool kn_mac_is_group(const uint8_t *mac)
{
	return (mac[0] & 1) != 0;
}

struct kn_fdb_entry {
	struct cds_lfht_node node;
	kn_fdb_key key;   /* const */
	uint16_t host;    /* control: wo, worker: ro */
	bool is_static;   /* const */
	uint64_t seen_ns; /* worker: wo, control: ro */
	uint64_t frames;  /* from the address; worker: wo, control: ro */
	/* Control only. */
	struct kn_reclaim_item reclaim;
	struct kn_timer timer; /* ageing */
	uint64_t moved_ns;     /* last change of host */
	uint32_t moves;
	uint8_t recent_moves; /* within the hold-down window */
	bool is_held;         /* a move has been refused since the last one */
};

/* The forwarding database: which origin host a MAC address lives on. */
struct kn_fdb {
	struct cds_lfht *table;
	struct kn_wheel *wheel;
	kn_timer_fn age_fn;
	struct kn_reclaim *reclaim;
	uint64_t seed;
	uint64_t aging_ns; /* 0: never */
	uint32_t limit;    /* dynamic entries */
	uint32_t dynamic_cnt, static_cnt;
};

int kn_fdb_init(struct kn_fdb *fdb, struct kn_wheel *wheel, struct kn_reclaim *reclaim,
		kn_timer_fn age_fn, uint64_t seed) __attribute__((warn_unused_result));
/* What age_fn, the function of the entries' timers, hands the timer to: removes the entry if it has
 * not been seen for the ageing time, else sets the timer again. Returns whether it was removed. */
bool kn_fdb_age(struct kn_fdb *fdb, struct kn_timer *t, uint64_t now);
/* Before the reclaimer ends: hands every entry to it. */
void kn_fdb_fini(struct kn_fdb *fdb);

/* Worker or control, under RCU. */
struct kn_fdb_entry *kn_fdb_find(struct kn_fdb *fdb, kn_fdb_key key);

enum kn_fdb_learned {
	KN_FDB_NEW,
	KN_FDB_SAME,
	KN_FDB_MOVED,
	KN_FDB_FULL,
	KN_FDB_HOLDS, /* refused, for the first time since the last move */
	KN_FDB_HELD,  /* and again */
	KN_FDB_FIXED
};
/* Control: a frame from `key` came in from `host`. *old_host is where it was. */
enum kn_fdb_learned kn_fdb_learn(struct kn_fdb *fdb, kn_fdb_key key, uint16_t host, uint64_t now,
				 uint16_t *old_host);
/* How long an address that is held still stays where it is, in seconds, rounded up. */
unsigned int kn_fdb_held_s(const struct kn_fdb_entry *e, uint64_t now);
/* Control. Replaces a dynamic entry. 0 or -ENOMEM. */
int kn_fdb_static_add(struct kn_fdb *fdb, kn_fdb_key key, uint16_t host, uint64_t now);
/* 0 or -ENOENT */
int kn_fdb_static_del(struct kn_fdb *fdb, kn_fdb_key key);
/* Control: removes entries for which match() says so, returns how many. */
typedef bool (*kn_fdb_match_fn)(void *ctx, const struct kn_fdb_entry *e);
unsigned int kn_fdb_remove_if(struct kn_fdb *fdb, kn_fdb_match_fn match, void *ctx);
void kn_fdb_info(const struct kn_fdb_entry *e, uint64_t now, struct knet_fdb_info *out);

#endif
