// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The engine's life, its heartbeat (timers), and the reports of workers. Control only. Everything
 * here takes `now`; the simulation runs whole networks of engines on a clock of its own.
 */
#include "live/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "crypto/x25519.h"
#include "live/handshake.h"
#include "live/hs_guard.h"
#include "live/keys.h"
#include "live/liveness.h"
#include "live/ping.h"
#include "live/pmtu_link.h"
#include "live/roam.h"

#define FLOOD_DELAY_NS      (5 * KN_MS)
#define STORM_AGAIN_NS      (10 * KN_SEC) /* one source is named as often */
#define DEFAULT_REKEY_S     600
#define DEFAULT_REKEY_BYTES (1ULL << 38)
#define DEFAULT_PMTUD_S     60
#define MAC_TEXT_LEN        18 /* with its final NUL */

static const struct knet_timers default_timers = {
	.ping_ms = 100, .timeout_ms = 500, .pong_count = 3, .hold_ms = 3000};

static void flood_reclaimed(struct kn_reclaim_item *item, void *ctx)
{
	(void)ctx;
	free(caa_container_of(item, struct kn_flood, reclaim));
}

static void flood_publish(struct kn_engine *e, struct kn_flood *f)
{
	struct kn_flood *before = e->flood;

	kn_rcu_publish(&e->flood, f);
	if (before != NULL)
		kn_reclaim_later(&e->reclaim, &before->reclaim, flood_reclaimed);
}

/* A peer is flooded from now on. */
static void join_note(struct kn_engine *e, struct kn_host *h, uint64_t now)
{
	struct kn_join *j = &e->joins.join[e->joins.cnt % KN_JOIN_CNT];

	kn_stat_set(&j->host, h->id);
	kn_stat_set(&j->gone_ns, now - (uint32_t)(now / KN_MS - h->gone_ms) * KN_MS);
	kn_stat_set(&j->came_ns, now);
	__atomic_store_n(&e->joins.cnt, e->joins.cnt + 1, __ATOMIC_RELEASE);
	h->gone_ms = 0;
}

static void joins_note(struct kn_engine *e, uint64_t now)
{
	uint32_t before = e->joins.cnt;

	for (uint32_t i = 0; i < e->flood->cnt; i++) {
		struct kn_host *h = e->hosts[e->flood->hosts[i]];

		if (h->gone_ms != 0)
			join_note(e, h, now);
	}
	if (e->joins.cnt != before && e->io->kick != NULL)
		e->io->kick(e->io_ctx);
}

static void flood_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_engine *e = ctx;
	struct kn_host *h;
	uint32_t cnt = 0;

	cds_list_for_each_entry(h, &e->active, active_node)
		cnt += h->tx_links != 0;
	struct kn_flood *f = calloc(1, sizeof(*f) + cnt * sizeof(f->hosts[0]));

	if (f == NULL) {
		kn_wheel_set(&e->wheel, t, now + KN_SEC);
		return;
	}
	cds_list_for_each_entry(h, &e->active, active_node)
		if (h->tx_links != 0)
			f->hosts[f->cnt++] = h->id;
	flood_publish(e, f);
	joins_note(e, now);
}

void kn_flood_changed(struct kn_engine *e)
{
	/* Many peers may come at once: gather them. */
	if (!kn_timer_is_set(&e->flood_timer))
		kn_wheel_set(&e->wheel, &e->flood_timer, e->now + FLOOD_DELAY_NS);
}

static void fdb_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_engine *e = ctx;
	uint16_t id = caa_container_of(t, struct kn_fdb_entry, timer)->host;

	if (kn_fdb_age(&e->fdb, t, now) && e->hosts[id] != NULL && e->hosts[id]->macs > 0)
		e->hosts[id]->macs--;
}

static int keys_setup(struct kn_engine *e, const struct knet_params *p)
{
	memcpy(e->secret, p->secret, sizeof(e->secret));
	int err = kn_network_keys_derive(e->secret, &e->net_keys);

	if (err != 0)
		return err;
	if (p->private_key != NULL)
		memcpy(e->priv, p->private_key, sizeof(e->priv));
	else
		err = kn_host_key_derive(e->secret, e->id, e->priv);
	return err != 0 ? err : kn_x25519_base(e->pub, e->priv);
}

static int rooms_init(struct kn_engine *e, const struct knet_params *p)
{
	int err = keys_setup(e, p);

	if (err != 0)
		return err;
	err = kn_arena_init(&e->keys, e->aead->key_size);
	if (err != 0)
		return err;
	err = kn_fdb_init(&e->fdb, &e->wheel, &e->reclaim, fdb_timer, kn_rng_u64(&e->rng));
	if (err != 0)
		goto undo_arena;
	e->guard = kn_hs_guard_new(&e->rng, e->aead, e->net_keys.cookie);
	e->aead_ctx = e->aead->ctx_new(KN_SLOT_CONTROL);
	if (e->guard != NULL && e->aead_ctx != NULL)
		return 0;
	if (e->aead_ctx != NULL)
		e->aead->ctx_free(e->aead_ctx);
	kn_hs_guard_free(e->guard);
	kn_fdb_fini(&e->fdb);
	err = -ENOMEM;
undo_arena:
	kn_arena_fini(&e->keys);
	return err;
}

struct kn_engine *kn_engine_new(const struct kn_engine_setup *setup)
{
	struct kn_engine *e = calloc(1, sizeof(*e));
	const struct knet_params *p = setup->params;

	if (e == NULL)
		return NULL;
	e->id = p->host_id;
	e->suite = (enum kn_suite)p->suite;
	e->aead = setup->aead;
	e->io = setup->io;
	e->io_ctx = setup->io_ctx;
	e->rng = setup->rng;
	e->log = (struct kn_log){.fn = p->log, .ctx = p->log_ctx};
	e->now = setup->now;
	e->timers = default_timers;
	e->ring_len = KN_RING_LEN;
	e->storm_ns = KN_STORM_AUTO;
	e->ring_use.limit = KN_RING_LEN_ALL;
	e->rekey_ns = (p->rekey_seconds != 0 ? p->rekey_seconds : DEFAULT_REKEY_S) * KN_SEC;
	e->rekey_bytes = p->rekey_bytes != 0 ? p->rekey_bytes : DEFAULT_REKEY_BYTES;
	CDS_INIT_LIST_HEAD(&e->active);
	e->flood_timer.fn = flood_timer;
	e->narrowest_timer.fn = kn_pmtu_narrowest_timer;
	e->pmtud_ns = DEFAULT_PMTUD_S * KN_SEC;
	kn_wheel_init(&e->wheel, e->now);
	kn_reclaim_init(&e->reclaim, e);
	if (rooms_init(e, p) != 0) {
		kn_reclaim_fini(&e->reclaim);
		kn_wipe(e, sizeof(*e));
		free(e);
		return NULL;
	}
	return e;
}

void kn_engine_free(struct kn_engine *e)
{
	for (unsigned int id = 1; id <= KNET_MAX_HOSTS; id++)
		if (e->hosts[id] != NULL)
			kn_host_del(e, (uint16_t)id);
	kn_fdb_fini(&e->fdb);
	flood_publish(e, NULL);
	kn_reclaim_fini(&e->reclaim);
	kn_hs_guard_free(e->guard);
	e->aead->ctx_free(e->aead_ctx);
	kn_session_table_fini(&e->sessions);
	kn_arena_fini(&e->keys);
	free(e->pings);
	free(e->twins);
	kn_wipe(e, sizeof(*e));
	free(e);
}

void kn_engine_step(struct kn_engine *e, uint64_t now)
{
	e->now = now;
	kn_wheel_run(&e->wheel, e, now);
	kn_reclaim_run(&e->reclaim);
}

uint64_t kn_engine_next(const struct kn_engine *e)
{
	return kn_wheel_next(&e->wheel);
}

/* Returns out, of MAC_TEXT_LEN bytes. */
static const char *mac_format(kn_fdb_key key, char *out)
{
	snprintf(out, MAC_TEXT_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned int)(key >> 56),
		 (unsigned int)(key >> 48 & 0xff), (unsigned int)(key >> 40 & 0xff),
		 (unsigned int)(key >> 32 & 0xff), (unsigned int)(key >> 24 & 0xff),
		 (unsigned int)(key >> 16 & 0xff));
	return out;
}

static void on_moved(struct kn_engine *e, const struct kn_report *r, uint16_t old)
{
	char mac[MAC_TEXT_LEN];

	e->hosts[r->host]->macs++;
	if (e->hosts[old] != NULL && e->hosts[old]->macs > 0)
		e->hosts[old]->macs--;
	kn_event(e, KNET_EVENT_MAC_MOVE, KNET_LOG_INFO, e->hosts[r->host], NULL,
		 "%s vlan %u moved here from host %u", mac_format(r->key, mac),
		 (unsigned int)(r->key & 0xfff), old);
}

static void on_held(struct kn_engine *e, const struct kn_report *r, uint16_t old)
{
	char mac[MAC_TEXT_LEN];

	kn_event(e, KNET_EVENT_MAC_MOVE, KNET_LOG_WARNING, e->hosts[r->host], NULL,
		 "%s vlan %u moves too often: it is held at host %u, and not moved here, for %u s",
		 mac_format(r->key, mac), (unsigned int)(r->key & 0xfff), old,
		 kn_fdb_held_s(kn_fdb_find(&e->fdb, r->key), e->now));
}

static void on_learn(struct kn_engine *e, const struct kn_report *r)
{
	uint16_t old = 0;

	if (e->hosts[r->host] == NULL)
		return;
	switch (kn_fdb_learn(&e->fdb, r->key, r->host, e->now, &old)) {
	case KN_FDB_NEW:
		e->hosts[r->host]->macs++;
		break;
	case KN_FDB_MOVED:
		on_moved(e, r, old);
		break;
	case KN_FDB_FULL:
		kn_count(&e->counters, KN_C_FDB_LIMIT, 1);
		break;
	case KN_FDB_HOLDS:
		on_held(e, r, old);
		/* fallthrough */
	case KN_FDB_HELD:
		kn_count(&e->counters, KN_C_FDB_HELD, 1);
		break;
	default:
		break;
	}
}

static void on_control(struct kn_engine *e, const struct kn_report *r)
{
	struct kn_host *h = e->hosts[r->host];
	struct kn_link *l = h == NULL ? NULL : h->links[r->link];
	struct kn_probe p;
	struct kn_size s;
	struct kn_echo echo;

	if (h == NULL || h->current == NULL)
		return;
	if (r->len > 0 && r->data[0] == KN_CONTROL_LEAVE) {
		kn_keys_drop(e, h, "the peer has left");
		kn_handshake_start(e, h, KN_SEC);
		return;
	}
	if (l != NULL && kn_size_unpack(r->data, r->len, &s) == 0) {
		kn_pmtu_on_reply(e, l, &s);
		return;
	}
	if (kn_echo_unpack(r->data, r->len, &echo) == 0) {
		kn_ping_on_reply(e, r, echo.token);
		return;
	}
	if (l == NULL || kn_probe_unpack(r->data, r->len, &p) != 0)
		return;
	kn_roam_on_probe(e, l, &p, &r->from, r->is_newest);
	kn_live_on_probe(e, l, &p, r->now, r->rx_cnt);
}

static void on_send_failed(struct kn_engine *e, const struct kn_report *r)
{
	struct kn_host *h = e->hosts[r->host];
	char why[48];

	if (h == NULL || h->links[r->link] == NULL)
		return;
	snprintf(why, sizeof(why), "send failed: %s", strerrorname_np((int)r->session));
	kn_live_link_event(e, h->links[r->link], KN_LE_LOST, why);
}

/* The place of a source among those that were named; NULL: it is not to be named now, since it was
 * a moment ago, or so many others were. */
static struct kn_storm_name *storm_place(struct kn_engine *e, kn_fdb_key key)
{
	struct kn_storm_name *oldest = &e->storm_names[0];

	for (unsigned int i = 0; i < KN_STORM_NAMES; i++) {
		struct kn_storm_name *n = &e->storm_names[i];

		if (n->key == key || n->at < oldest->at)
			oldest = n;
		if (n->key == key)
			break;
	}
	return oldest->at != 0 && e->now - oldest->at < STORM_AGAIN_NS ? NULL : oldest;
}

static void on_storm(struct kn_engine *e, const struct kn_report *r)
{
	struct kn_storm_name *n = storm_place(e, r->key);
	char mac[MAC_TEXT_LEN];

	if (n == NULL)
		return;
	*n = (struct kn_storm_name){.key = r->key, .at = e->now};
	kn_event(e, KNET_EVENT_STORM, KNET_LOG_WARNING, NULL, NULL,
		 "%s sends more than %u frames/s to all peers: limited", mac_format(r->key, mac),
		 r->session);
}

static void on_wake(struct kn_engine *e, struct kn_host *h)
{
	if (h == NULL)
		return;
	kn_live_probe_now(e, h);
	kn_pmtu_on_traffic(e, h);
	kn_handshake_hurry(e, h);
}

void kn_engine_on_report(struct kn_engine *e, const struct kn_report *r, uint64_t now)
{
	e->now = now;
	switch ((enum kn_report_type)r->type) {
	case KN_REPORT_CONTROL:
		on_control(e, r);
		break;
	case KN_REPORT_HANDSHAKE:
		kn_handshake_on_datagram(e, r);
		break;
	case KN_REPORT_BAD_MAC1:
		kn_handshake_on_bad_mac1(e, r);
		break;
	case KN_REPORT_CONFIRMED:
		kn_keys_confirmed(e, r->session);
		break;
	case KN_REPORT_LEARN:
		on_learn(e, r);
		break;
	case KN_REPORT_WAKE:
		on_wake(e, e->hosts[r->host]);
		break;
	case KN_REPORT_SEND_FAILED:
		on_send_failed(e, r);
		break;
	case KN_REPORT_STORM:
		on_storm(e, r);
		break;
	case KN_REPORT_TOO_LONG:
		if (e->hosts[r->host] != NULL && e->hosts[r->host]->links[r->link] != NULL)
			kn_pmtu_on_loss(e, e->hosts[r->host]->links[r->link]);
		break;
	}
}
