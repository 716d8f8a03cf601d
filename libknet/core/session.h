/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_SESSION_H
#define KN_CORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wheel.h"
#include "core/reclaim.h"
#include "crypto/aead.h"
#include "crypto/arena.h"
#include "crypto/session_keys.h"
#include "crypto/window.h"
#include "knet.h"
#include "wire/control.h"

/*
 * Lanes. A lane is a nonce sub-space of a session: one sending thread, one link. Its number is
 * slot << 3 | link; slot 0..30 are workers, the last one is control's.
 */
#define KN_SLOT_CNT     32
#define KN_SLOT_CONTROL (KN_SLOT_CNT - 1)
#define KN_LANE_CNT     256
#define KN_WINDOW_BITS  2048
#define KN_WINDOW_REACH (KN_WINDOW_BITS - 128) /* so far back a receiver surely tells copies */

static inline uint8_t kn_lane_of(unsigned int slot, unsigned int link)
{
	return (uint8_t)(slot << 3 | link);
}

struct kn_host;

/* What one sending thread has of a session; nobody else writes it, anyone may read the sums. */
struct kn_session_tx {
	_Alignas(64) uint64_t counter[KNET_MAX_LINKS]; /* next counter of each lane */
	uint64_t datagrams;
	uint64_t bytes;
	/* Of each lane: up to this counter, exclusive, the peer has all that will come. Written by
	 * whoever receives the news. */
	_Alignas(64) uint64_t confirmed[KNET_MAX_LINKS];
};

/* The windows of the lanes of one sending slot, each made when it is first needed. */
struct kn_session_rx {
	struct kn_window *window[KNET_MAX_LINKS]; /* written while the slot is taken */
};

/*
 * The keys two hosts share, and where each lane stands. Found by workers through the session table
 * and the host, both under RCU. What belongs to a slot, of ours or of the peer's, is made when that
 * slot is first used, so that a session costs nothing for workers that have no part in it.
 */
struct kn_session {
	struct kn_reclaim_item reclaim;
	struct kn_host *host;       /* const */
	struct kn_aead_key *tx_key; /* const */
	struct kn_aead_key *rx_key; /* const */
	uint8_t tx_iv[KN_AEAD_NONCE_LEN];
	uint8_t rx_iv[KN_AEAD_NONCE_LEN];
	uint32_t local_index;  /* const */
	uint32_t remote_index; /* const */
	uint64_t born_ns;      /* const */
	bool is_initiator;     /* const */

	uint8_t rx_seen; /* workers, atomic; 1 after the first authentic datagram */
	uint64_t rx_ok, rx_bad_tag, rx_replay, rx_bytes; /* workers, atomic */
	uint64_t rx_confirms; /* of rx_ok, messages that only confirm; workers, atomic */
	uint64_t rx_untold;   /* bytes since the peer was last told what came; workers, atomic */
	uint64_t rx_told; /* control: of the rest of rx_ok, what the peer was told, once replaced */
	uint64_t tell_until_ns; /* control: when it need not be told any more */
	uint64_t news_ns;    /* control: the peer's clock when its newest probe left, on any link */
	uint32_t rx_tops_at; /* slot with which the next list of tops begins; atomic */
	uint8_t rx_taken[KN_SLOT_CNT];         /* workers, atomic */
	uint8_t rx_by[KN_SLOT_CNT];            /* who had it last, + 1; who has taken it */
	struct kn_session_rx *rx[KN_SLOT_CNT]; /* published by who has taken the slot */

	struct kn_session_tx *tx[KN_SLOT_CNT - 1]; /* published by the worker of the slot */
	struct kn_session_tx tx_control;           /* control */

	struct kn_timer timer; /* control: rekey while current, expiry afterwards */
};

/* What a worker has of a session, made at its first call; NULL if out of memory. That worker only.
 */
struct kn_session_tx *kn_session_tx(struct kn_session *s, unsigned int slot);
/* Datagrams and bytes that were sealed, by all threads. Control. */
void kn_session_sent(const struct kn_session *s, uint64_t *datagrams, uint64_t *bytes);

/* The window of a lane, to ask and not to mark; NULL before the lane's first authentic datagram.
 * Any thread. */
const struct kn_window *kn_session_window(const struct kn_session *s, uint8_t lane);
/*
 * A lane has one receiving worker if the kernel steers as it should, but nothing may depend on
 * that: windows are marked between these two only. They take all lanes of a slot, to be held for
 * some marks, never while decrypting.
 */
enum kn_take {
	KN_TAKE_FAILED, /* another worker has held it for too long */
	KN_TAKE_AGAIN,
	KN_TAKE_MOVED, /* another worker had it before */
};
enum kn_take kn_session_rx_take(struct kn_session *s, uint8_t lane, unsigned int worker)
	__attribute__((warn_unused_result));
void kn_session_rx_give(struct kn_session *s, uint8_t lane);
/* The window of a lane that is taken, made if it is missing; NULL if out of memory. */
struct kn_window *kn_session_window_need(struct kn_session *s, uint8_t lane);

/* Up to which counter, exclusive, the peer has confirmed a lane of ours. Any thread. */
uint64_t kn_session_confirmed(const struct kn_session *s, uint8_t lane);

/* What has come of the peer's lanes, apart from that of its control: all of them, or, if there are
 * more than a message takes, others each time. Any thread. */
void kn_session_tops(struct kn_session *s, struct kn_tops *out);
/* The peer says what has come of our lanes. Any thread. */
void kn_session_confirm(struct kn_session *s, const struct kn_tops *t);

/* Session index -> session, one array load. The low bits are a slot, the high ones a generation, so
 * that a late datagram for an ended session does not find its successor. */
#define KN_SESSION_SLOT_BITS   20
#define KN_SESSION_CHUNK_BITS  8
#define KN_SESSION_CHUNK_SLOTS (1U << KN_SESSION_CHUNK_BITS)
#define KN_SESSION_CHUNK_CNT   (1U << (KN_SESSION_SLOT_BITS - KN_SESSION_CHUNK_BITS))

struct kn_session_chunk {
	struct kn_session *slot[KN_SESSION_CHUNK_SLOTS]; /* control: wo, worker: ro */
	uint32_t index[KN_SESSION_CHUNK_SLOTS];          /* control: the reserved index, 0: free */
	uint16_t host[KN_SESSION_CHUNK_SLOTS];           /* control: for whom it is reserved */
};

struct kn_session_table {
	struct kn_session_chunk
		*chunks[KN_SESSION_CHUNK_CNT]; /* published once, freed at the end */
	uint32_t next_slot;                    /* control: where to look first */
	uint32_t used;
	uint32_t chunk_cnt;
};

void kn_session_table_fini(struct kn_session_table *t);
/* Reserve an index for a handshake; random comes from the engine's generator. 0 if the table is
 * full or memory is short. Release with kn_session_index_free(). */
uint32_t kn_session_index_new(struct kn_session_table *t, uint32_t random, uint16_t host)
	__attribute__((warn_unused_result));
/* The host an index is reserved for; 0 if it is not. */
uint16_t kn_session_index_host(const struct kn_session_table *t, uint32_t index);
void kn_session_index_free(struct kn_session_table *t, uint32_t index);

/* Worker or control, under RCU. NULL if there is none. */
struct kn_session *kn_session_find(struct kn_session_table *t, uint32_t index);

struct kn_session_setup {
	struct kn_host *host;
	uint32_t local_index; /* reserved; the session takes it over */
	uint32_t remote_index;
	bool is_initiator;
	enum kn_suite suite;
	const struct kn_session_keys *keys;
	uint64_t now;
};

/* A session with expanded keys, not yet findable; NULL if out of memory (the index is still the
 * caller's then). */
struct kn_session *kn_session_new(const struct kn_aead_backend *aead, struct kn_arena *arena,
				  const struct kn_session_setup *setup);
/* Make it findable by its index. */
void kn_session_publish(struct kn_session_table *t, struct kn_session *s);
/* No longer findable; its index is free again. The memory stays until kn_session_free(). */
void kn_session_unpublish(struct kn_session_table *t, struct kn_session *s);
/* After a grace period. Wipes the keys. */
void kn_session_free(const struct kn_aead_backend *aead, struct kn_arena *arena,
		     struct kn_session *s);

#endif
