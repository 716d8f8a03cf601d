// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The forwarding database. A MAC address belongs to the host whose frames carried it, never to a
 * link, so a failover changes nothing here.
 *
 * Workers only look up, and stamp the time at which they saw an address; what is new or has moved
 * they report to control, which inserts. Each entry has its own ageing timer in the wheel, which
 * looks at the stamp when it fires: nothing ever walks the table. An address that moves too often
 * (a loop, or somebody playing tricks) stays where it is for a while.
 */
#include "core/fdb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/rcu.h"
#include "core/counters.h"

#define MOVES_MAX       5
#define MOVE_WINDOW_NS  (10 * KN_SEC)
#define TPID_8021Q      0x8100
#define TPID_8021AD     0x88a8
#define DEFAULT_AGING_S 300
#define DEFAULT_LIMIT   65536

kn_fdb_key kn_fdb_key_make(const uint8_t mac[6], uint16_t vlan)
{
	return ((uint64_t)kn_get32(mac) << 32) | ((uint64_t)kn_get16(mac + 4) << 16) |
	       (vlan & 0xfff);
}

static uint16_t vlan_of(const uint8_t *frame, uint32_t len)
{
	uint16_t tpid = kn_get16(frame + 12);

	if (len < KN_ETH_HDR_LEN + 4 || (tpid != TPID_8021Q && tpid != TPID_8021AD))
		return 0;
	return kn_get16(frame + 14) & 0xfff;
}

kn_fdb_key kn_fdb_key_dst(const uint8_t *frame, uint32_t len)
{
	return kn_fdb_key_make(frame, vlan_of(frame, len));
}

kn_fdb_key kn_fdb_key_src(const uint8_t *frame, uint32_t len)
{
	return kn_fdb_key_make(frame + 6, vlan_of(frame, len));
}

/* The finalizer of SplitMix64 (public domain, Sebastiano Vigna), keyed. */
static unsigned long hash_of(const struct kn_fdb *fdb, kn_fdb_key key)
{
	uint64_t x = key + fdb->seed;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return (unsigned long)(x ^ (x >> 31));
}

static int match_key(struct cds_lfht_node *node, const void *key)
{
	const struct kn_fdb_entry *e = caa_container_of(node, struct kn_fdb_entry, node);

	kn_races_acquire(e);
	return e->key == *(const kn_fdb_key *)key;
}

int kn_fdb_init(struct kn_fdb *fdb, struct kn_wheel *wheel, struct kn_reclaim *reclaim,
		kn_timer_fn age_fn, uint64_t seed)
{
	memset(fdb, 0, sizeof(*fdb));
	fdb->age_fn = age_fn;
	fdb->wheel = wheel;
	fdb->reclaim = reclaim;
	fdb->seed = seed;
	fdb->aging_ns = DEFAULT_AGING_S * KN_SEC;
	fdb->limit = DEFAULT_LIMIT;
	fdb->table = cds_lfht_new(64, 64, 0, CDS_LFHT_AUTO_RESIZE, NULL);
	return fdb->table == NULL ? -ENOMEM : 0;
}

struct kn_fdb_entry *kn_fdb_find(struct kn_fdb *fdb, kn_fdb_key key)
{
	struct cds_lfht_iter iter;

	cds_lfht_lookup(fdb->table, hash_of(fdb, key), match_key, &key, &iter);
	struct cds_lfht_node *node = cds_lfht_iter_get_node(&iter);

	return node == NULL ? NULL : caa_container_of(node, struct kn_fdb_entry, node);
}

static void entry_free(struct kn_reclaim_item *item, void *ctx)
{
	(void)ctx;
	free(caa_container_of(item, struct kn_fdb_entry, reclaim));
}

static void entry_del(struct kn_fdb *fdb, struct kn_fdb_entry *e)
{
	cds_lfht_del(fdb->table, &e->node);
	kn_wheel_cancel(fdb->wheel, &e->timer);
	if (e->is_static)
		fdb->static_cnt--;
	else
		fdb->dynamic_cnt--;
	kn_reclaim_later(fdb->reclaim, &e->reclaim, entry_free);
}

static void entry_arm(struct kn_fdb *fdb, struct kn_fdb_entry *e, uint64_t seen)
{
	if (!e->is_static && fdb->aging_ns != 0)
		kn_wheel_set(fdb->wheel, &e->timer, seen + fdb->aging_ns);
}

bool kn_fdb_age(struct kn_fdb *fdb, struct kn_timer *t, uint64_t now)
{
	struct kn_fdb_entry *e = caa_container_of(t, struct kn_fdb_entry, timer);
	uint64_t seen = kn_stat_get(&e->seen_ns);

	if (fdb->aging_ns == 0)
		return false;
	if (seen + fdb->aging_ns > now) {
		entry_arm(fdb, e, seen);
		return false;
	}
	entry_del(fdb, e);
	return true;
}

static struct kn_fdb_entry *entry_new(struct kn_fdb *fdb, kn_fdb_key key, uint16_t host,
				      uint64_t now)
{
	struct kn_fdb_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	cds_lfht_node_init(&e->node);
	e->key = key;
	e->host = host;
	e->seen_ns = now;
	e->timer.fn = fdb->age_fn;
	return e;
}

static void entry_insert(struct kn_fdb *fdb, struct kn_fdb_entry *e)
{
	kn_races_release(e);
	cds_lfht_add(fdb->table, hash_of(fdb, e->key), &e->node);
	if (e->is_static)
		fdb->static_cnt++;
	else
		fdb->dynamic_cnt++;
}

static enum kn_fdb_learned entry_move(struct kn_fdb_entry *e, uint16_t host, uint64_t now)
{
	if (now - e->moved_ns > MOVE_WINDOW_NS)
		e->recent_moves = 0;
	if (e->recent_moves >= MOVES_MAX) {
		const bool is_first = !e->is_held;

		e->is_held = true;
		return is_first ? KN_FDB_HOLDS : KN_FDB_HELD;
	}
	e->is_held = false;
	e->recent_moves++;
	e->moves++;
	e->moved_ns = now;
	kn_stat_set(&e->seen_ns, now);
	__atomic_store_n(&e->host, host, __ATOMIC_RELAXED);
	return KN_FDB_MOVED;
}

unsigned int kn_fdb_held_s(const struct kn_fdb_entry *e, uint64_t now)
{
	uint64_t until = e->moved_ns + MOVE_WINDOW_NS;

	return until > now ? (unsigned int)((until - now + KN_SEC - 1) / KN_SEC) : 0;
}

enum kn_fdb_learned kn_fdb_learn(struct kn_fdb *fdb, kn_fdb_key key, uint16_t host, uint64_t now,
				 uint16_t *old_host)
{
	struct kn_fdb_entry *e = kn_fdb_find(fdb, key);

	if (e != NULL) {
		*old_host = e->host;
		if (e->host == host)
			return KN_FDB_SAME;
		return e->is_static ? KN_FDB_FIXED : entry_move(e, host, now);
	}
	if (fdb->dynamic_cnt >= fdb->limit)
		return KN_FDB_FULL;
	e = entry_new(fdb, key, host, now);
	if (e == NULL)
		return KN_FDB_FULL;
	e->frames = 1;
	entry_insert(fdb, e);
	entry_arm(fdb, e, now);
	return KN_FDB_NEW;
}

int kn_fdb_static_add(struct kn_fdb *fdb, kn_fdb_key key, uint16_t host, uint64_t now)
{
	struct kn_fdb_entry *old = kn_fdb_find(fdb, key);
	struct kn_fdb_entry *e = entry_new(fdb, key, host, now);

	if (e == NULL)
		return -ENOMEM;
	if (old != NULL)
		entry_del(fdb, old);
	e->is_static = true;
	entry_insert(fdb, e);
	return 0;
}

int kn_fdb_static_del(struct kn_fdb *fdb, kn_fdb_key key)
{
	struct kn_fdb_entry *e = kn_fdb_find(fdb, key);

	if (e == NULL || !e->is_static)
		return -ENOENT;
	entry_del(fdb, e);
	return 0;
}

unsigned int kn_fdb_remove_if(struct kn_fdb *fdb, kn_fdb_match_fn match, void *ctx)
{
	struct cds_lfht_iter iter;
	struct kn_fdb_entry *e;
	unsigned int cnt = 0;

	cds_lfht_for_each_entry(fdb->table, &iter, e, node) {
		if (!match(ctx, e))
			continue;
		entry_del(fdb, e);
		cnt++;
	}
	return cnt;
}

static bool match_all(void *ctx, const struct kn_fdb_entry *e)
{
	(void)ctx;
	(void)e;
	return true;
}

void kn_fdb_fini(struct kn_fdb *fdb)
{
	kn_fdb_remove_if(fdb, match_all, NULL);
	cds_lfht_destroy(fdb->table, NULL);
}

void kn_fdb_info(const struct kn_fdb_entry *e, uint64_t now, struct knet_fdb_info *out)
{
	uint64_t seen = kn_stat_get(&e->seen_ns);

	for (int i = 0; i < 6; i++)
		out->mac[i] = (uint8_t)(e->key >> (56 - 8 * i));
	out->vlan = e->key & 0xfff;
	out->peer = e->host;
	out->is_static = e->is_static;
	out->age_s = (uint32_t)(now > seen ? (now - seen) / KN_SEC : 0);
	out->moves = e->moves;
	out->frames = kn_stat_get(&e->frames);
}
