/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_ENGINE_H
#define KN_CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <urcu/list.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/rcu.h"
#include "base/rng.h"
#include "base/wheel.h"
#include "core/counters.h"
#include "core/fdb.h"
#include "core/host.h"
#include "core/reclaim.h"
#include "core/session.h"
#include "crypto/aead.h"
#include "crypto/arena.h"
#include "crypto/identity.h"
#include "knet.h"

struct kn_capture;
struct kn_hs_job;
struct kn_hs_guard;
struct kn_mac;
struct kn_pings;
struct kn_twins;

/* How the engine's control side reaches the world: real sockets and threads, or the simulation. */
struct kn_io {
	/* One datagram on a local link. 0 or -errno. */
	int (*send)(void *ctx, unsigned int link, const union kn_addr *to, const uint8_t *buf,
		    size_t len);
	/* Have kn_hs_job_run(job) run elsewhere, then kn_handshake_job_done() in control. Consumes
	 * the job if it returns true; false: too many are waiting. */
	bool (*submit)(void *ctx, struct kn_hs_job *job);
	/* Whether datagrams wait unread on a link: then silence is ours, not the peer's. */
	bool (*is_unread)(void *ctx, unsigned int link, uint64_t since_ns);
	/* Which links of a host are good has changed: wake the workers (kn_tx_kick()). May be NULL.
	 */
	void (*kick)(void *ctx);
	/* Nanoseconds since 1970, for freshness values and time stamps of events. */
	uint64_t (*realtime)(void *ctx);
};

#define KN_JOIN_CNT 64

/* A peer that became reachable: what was flooded after it had gone and before it came has not
 * reached it. Atomic, since a slot may be written again while it is read. */
struct kn_join {
	uint64_t host; /* id */
	uint64_t gone_ns, came_ns;
};

/* The last ones; number n is in slot n modulo their number. */
struct kn_joins {
	uint32_t cnt; /* so far; atomic */
	struct kn_join join[KN_JOIN_CNT];
};

/* All peers with a session and a link, for flooding; replaced as a whole, read under RCU. */
struct kn_flood {
	struct kn_reclaim_item reclaim;
	uint32_t cnt;
	uint16_t hosts[]; /* ids: one may have been removed since */
};

struct kn_local_link {
	union kn_addr addr;
	uint16_t mtu; /* of the interface below, 0: not known */
	uint8_t priority;
	bool is_open;
	bool is_usable; /* carrier and address present */
};

#define KN_EVENT_RING 1024

/* The storm guard's time between frames: 0 is no limit, and this is by the number of peers. */
#define KN_STORM_AUTO  UINT64_MAX
#define KN_STORM_NAMES 8

/* A source that the log has named. */
struct kn_storm_name {
	kn_fdb_key key;
	uint64_t at;
};

#define KN_RING_LEN     KNET_FAILOVER_BUFFER /* of a failover ring, unless configured */
#define KN_RING_LEN_MIN KNET_FAILOVER_BUFFER_MIN
#define KN_RING_LEN_MAX KNET_FAILOVER_BUFFER_MAX
#define KN_RING_LEN_ALL (256ULL << 20) /* of all rings, or the length of one if that is more */

/* What all send buffers may use together. */
struct kn_ring_use {
	uint64_t used, limit; /* bytes; atomic */
};

/*
 * One virtual switch port: everything that is known, without I/O, clock or threads. Control owns
 * all of it; what workers may read, and how, is said at each field (under RCU, or atomic).
 */
struct kn_engine {
	/* const after init */
	uint16_t id;
	enum kn_suite suite;
	const struct kn_aead_backend *aead;
	const struct kn_io *io;
	void *io_ctx;
	struct kn_rng rng;
	struct kn_log log;
	uint8_t secret[KNET_SECRET_LEN];
	struct kn_network_keys net_keys;
	uint8_t priv[KNET_KEY_LEN];
	uint8_t pub[KNET_KEY_LEN];

	/* published to workers */
	struct kn_host *hosts[KNET_MAX_HOSTS + 1];
	struct kn_session_table sessions;
	struct kn_fdb fdb;
	struct kn_flood *flood;
	struct kn_joins joins;
	struct kn_capture *captures; /* that run; NULL: none (path/capture.h) */
	uint16_t tap_mtu;            /* 0: not known; atomic */
	struct kn_ring_use ring_use; /* of send buffers, of all workers; they count */
	uint64_t storm_ns;   /* between frames of one source to all peers: see below; atomic */
	uint64_t ring_len;   /* most bytes a failover ring keeps for a peer; atomic */
	uint8_t local_links; /* bit n: our link n may carry traffic; atomic */
	uint8_t weights[KNET_MAX_LINKS]; /* of our links, 0 is 1; atomic */

	/* control only */
	struct kn_local_link local[KNET_MAX_LINKS];
	struct kn_wheel wheel;
	struct kn_reclaim reclaim;
	struct kn_arena keys;
	struct cds_list_head active; /* hosts with a session */
	struct kn_timer flood_timer;
	struct kn_counters counters; /* control's own */
	struct kn_hs_guard *guard;
	struct knet_timers timers;
	enum knet_policy policy;
	uint64_t rekey_ns;
	uint64_t rekey_bytes;
	uint64_t freshness; /* last value we used */
	uint32_t hs_ticket;
	uint64_t retry_tokens_ns; /* budget of handshakes nobody waits for, likewise */
	uint64_t pmtud_ns;        /* when to look for a larger path MTU, 0: never */
	uint64_t wider_since_ns;  /* since when `narrowest` could rise, 0: it could not */
	struct kn_timer narrowest_timer;
	uint16_t narrowest; /* datagram that passes the narrowest path in use, 0: none is narrow */
	uint64_t probe_tokens_ns; /* probe budget, as the time up to which it is spent */
	uint64_t probe_load[KN_PROBE_CLASS_COUNT]; /* probes per 1000 s that all links want */
	uint32_t peer_cnt;
	uint32_t peer_state_cnt[KNET_PEER_STATE_COUNT];
	uint32_t link_cnt, link_up_cnt;
	struct kn_pings *pings; /* live/ping.c's; NULL until somebody pings */
	struct kn_twins *twins; /* live/twins.c, NULL: no need so far */
	uint32_t fragment_id;   /* of the next datagram of control's that is sent in fragments */
	uint64_t now;           /* of the step under way, for code that reports and for kn_now() */
	struct kn_aead_ctx *aead_ctx; /* control's */

	struct kn_storm_name storm_names[KN_STORM_NAMES]; /* lately */

	uint64_t event_seq; /* number of the newest event */
	struct knet_event events[KN_EVENT_RING];
};

static inline struct kn_host *kn_host_find(struct kn_engine *e, uint16_t id)
{
	return kn_rcu_read(&e->hosts[id]);
}

/* The MTU of the TAP, 0: not known. Any thread. */
static inline uint16_t kn_tap_mtu(const struct kn_engine *e)
{
	return __atomic_load_n(&e->tap_mtu, __ATOMIC_RELAXED);
}

/* Policy of a host: its own or the engine's. */
static inline enum knet_policy kn_host_policy(const struct kn_engine *e, const struct kn_host *h)
{
	return h->has_policy ? (enum knet_policy)h->policy : e->policy;
}

/* Timers of a link: its own or the engine's. */
static inline const struct knet_timers *kn_link_timers(const struct kn_engine *e,
						       const struct kn_link *l)
{
	return l->has_timers ? &l->timers : &e->timers;
}

static inline uint8_t kn_link_priority(const struct kn_engine *e, const struct kn_link *l)
{
	return l->cfg_priority >= 0 ? (uint8_t)l->cfg_priority : e->local[l->idx].priority;
}

/* Keep an event in the ring and log it. host and link may be NULL. */
void kn_event(struct kn_engine *e, enum knet_event_kind kind, enum knet_log_level level,
	      const struct kn_host *host, const struct kn_link *link, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

#endif
