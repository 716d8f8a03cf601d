/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_COUNTERS_H
#define KN_CORE_COUNTERS_H

#include <stdint.h>

/*
 * Every datagram or frame that is not delivered has one of these reasons, counted in exactly one
 * place. COUNTER(id, name, is_error, meaning); the names are what the CLI shows.
 */
#define KN_COUNTERS(COUNTER)                                                                      \
	COUNTER(TAP_RX_FRAMES, "tap_rx_frames", 0, "frames read from the TAP")                    \
	COUNTER(TAP_RX_BYTES, "tap_rx_bytes", 0, "bytes read from the TAP")                       \
	COUNTER(TAP_TX_FRAMES, "tap_tx_frames", 0, "frames written to the TAP")                   \
	COUNTER(TAP_TX_BYTES, "tap_tx_bytes", 0, "bytes written to the TAP")                      \
	COUNTER(TAP_TX_ERRORS, "tap_tx_errors", 1, "frames the TAP refused to take")              \
	COUNTER(TAP_RX_DROP, "tap_rx_drop", 1, "frames the kernel dropped: TAP queue full")       \
	COUNTER(TX_FLOODED, "tx_flooded", 0, "frames sent to every peer (broadcast, unknown)")    \
	COUNTER(STORM_GUARD, "storm_guard", 1, "frames to every peer, too many of one source")    \
	COUNTER(TX_RUNT, "tx_runt", 1, "frames shorter than an Ethernet header")                  \
	COUNTER(TX_SUPER_FRAMES, "tx_super_frames", 0, "super-frames cut into datagrams")         \
	COUNTER(TX_QUEUE_FULL, "tx_queue_full", 1, "too much waited at the TAP: frame dropped")   \
	COUNTER(TX_BAD_OFFLOAD, "tx_bad_offload", 1, "super-frames that cannot be cut")           \
	COUNTER(TX_NO_PEER, "tx_no_peer", 1, "no peer has a session: frame dropped")              \
	COUNTER(TX_NO_SESSION, "tx_no_session", 1, "peer known, but no session with it")          \
	COUNTER(TX_NO_LINK, "tx_no_link", 1, "peer known, but none of its links is usable")       \
	COUNTER(TX_NO_MEMORY, "tx_no_memory", 1, "no memory for the counters of a lane")          \
	COUNTER(TX_SEAL_FAILED, "tx_seal_failed", 1, "encryption failed")                         \
	COUNTER(TX_LANE_EXHAUSTED, "tx_lane_exhausted", 1, "a lane's counter reached its end")    \
	COUNTER(MSS_LOWERED, "mss_lowered", 0, "connections told how much fits the TAP's MTU")    \
	COUNTER(TX_FRAGMENTED, "tx_fragmented", 0, "datagrams sent in fragments")                 \
	COUNTER(TX_TOO_LONG, "tx_too_long", 1, "frames too long to be sent, even in fragments")   \
	COUNTER(TX_SEND_ERRORS, "tx_send_errors", 1, "the kernel refused to send a datagram")     \
	COUNTER(FAILOVER_REPLAYED, "failover_replayed", 0, "datagrams sent once more")            \
	COUNTER(FAILOVER_CONFIRMED, "failover_confirmed", 0, "datagrams the peer has confirmed")  \
	COUNTER(FAILOVER_RING_OVERRUN, "failover_ring_overrun", 1,                                \
		"datagrams no longer kept, though not confirmed")                                 \
	COUNTER(RX_DATAGRAMS, "rx_datagrams", 0, "datagrams received on all links")               \
	COUNTER(UDP_RX_OVERFLOW, "udp_rx_overflow", 1,                                            \
		"datagrams the kernel dropped: receive buffer full, or bad checksum")             \
	COUNTER(RX_SUPER_FRAMES, "rx_super_frames", 0, "super-frames joined for the TAP")         \
	COUNTER(RX_SUPER_PARTS, "rx_super_parts", 0, "parts of super-frames that came apart")     \
	COUNTER(RX_COALESCED, "rx_coalesced", 0, "single frames joined to super-frames")          \
	COUNTER(RX_MALFORMED, "rx_malformed", 1, "wrong version, type or length")                 \
	COUNTER(RX_NO_SESSION, "rx_no_session", 1, "data for a session that does not exist")      \
	COUNTER(RX_REPLAY, "rx_replay", 1, "copy or too old: dropped before decryption")          \
	COUNTER(RX_BAD_TAG, "rx_bad_tag", 1, "not authentic")                                     \
	COUNTER(RX_BAD_INNER, "rx_bad_inner", 1, "authentic, but not understood")                 \
	COUNTER(RX_BAD_ORIGIN, "rx_bad_origin", 1, "frame whose origin is not the sending peer")  \
	COUNTER(RX_DISABLED, "rx_disabled", 1, "data on a link or from a peer that is shut down") \
	COUNTER(RX_FRAGMENTS, "rx_fragments", 0, "fragments of datagrams received")               \
	COUNTER(RX_REASSEMBLED, "rx_reassembled", 0, "datagrams put together from fragments")     \
	COUNTER(RX_BAD_FRAGMENT, "rx_bad_fragment", 1, "fragment that contradicts itself")        \
	COUNTER(RX_FRAGMENT_LATE, "rx_fragment_late", 1, "datagram not complete within 1 s")      \
	COUNTER(RX_FRAGMENT_FULL, "rx_fragment_full", 1,                                          \
		"datagram given up for others' fragments")                                        \
	COUNTER(RX_NO_MEMORY, "rx_no_memory", 1, "no memory for the replay window of a lane")     \
	COUNTER(RX_LANE_MOVES, "rx_lane_moves", 0, "times a lane came to another worker")         \
	COUNTER(RX_LANE_BUSY, "rx_lane_busy", 1, "another worker held the lane for too long")     \
	COUNTER(HS_BAD_MAC1, "hs_bad_mac1", 1,                                                    \
		"handshake without knowledge of the network secret")                              \
	COUNTER(HS_QUEUE_FULL, "hs_queue_full", 1, "handshake dropped: too many waiting")         \
	COUNTER(HS_RATE_LIMITED, "hs_rate_limited", 1,                                            \
		"handshake dropped: source or budget limit")                                      \
	COUNTER(HS_BAD_MAC2, "hs_bad_mac2", 1, "under load, and without a valid cookie")          \
	COUNTER(HS_NOT_AUTHENTIC, "hs_not_authentic", 1, "handshake that does not decrypt")       \
	COUNTER(HS_UNKNOWN_PEER, "hs_unknown_peer", 1, "handshake of a host that is not a peer")  \
	COUNTER(HS_KEY_MISMATCH, "hs_key_mismatch", 1, "handshake with another key than pinned")  \
	COUNTER(HS_STALE, "hs_stale", 0, "handshakes answered with STALE")                        \
	COUNTER(HS_COPIES, "hs_copies", 0, "copies of a handshake message, by another link")      \
	COUNTER(HS_UNEXPECTED, "hs_unexpected", 1, "answer to no handshake of ours")              \
	COUNTER(HS_COOKIES_SENT, "hs_cookies_sent", 0, "cookie replies sent under load")          \
	COUNTER(HS_INITIATED, "hs_initiated", 0, "handshakes begun by us")                        \
	COUNTER(HS_DONE, "hs_done", 0, "handshakes completed")                                    \
	COUNTER(PROBES_SENT, "probes_sent", 0, "probes sent")                                     \
	COUNTER(PROBES_DEFERRED, "probes_deferred", 1, "probes delayed by the probe budget")      \
	COUNTER(SIZE_PROBES_SENT, "size_probes_sent", 0, "padded probes sent, for the path MTU")  \
	COUNTER(REPLIES_RCVD, "replies_rcvd", 0, "answers to our probes")                         \
	COUNTER(CONTROL_QUEUE_FULL, "control_queue_full", 1,                                      \
		"reports from worker to control lost")                                            \
	COUNTER(CAPTURE_DROPPED, "capture_dropped", 1, "packets that a capture had no room for")  \
	COUNTER(FDB_LIMIT, "fdb_limit", 1, "MAC addresses not learned: table is full")            \
	COUNTER(FDB_HELD, "fdb_held", 1, "MAC moves refused: the address moves too often")

enum kn_counter {
#define KN_COUNTER_ID(id, name, err, meaning) KN_C_##id,
	KN_COUNTERS(KN_COUNTER_ID)
#undef KN_COUNTER_ID
		KN_C_COUNT
};

/* One per thread; the owner adds, anyone may read. */
struct kn_counters {
	uint64_t v[KN_C_COUNT];
};

/* For a value with one writer and readers elsewhere. */
static inline void kn_stat_add(uint64_t *v, uint64_t n)
{
	__atomic_store_n(v, __atomic_load_n(v, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline void kn_stat_set(uint64_t *v, uint64_t n)
{
	__atomic_store_n(v, n, __ATOMIC_RELAXED);
}

/* For a value with several writers. */
static inline void kn_stat_add_shared(uint64_t *v, uint64_t n)
{
	__atomic_fetch_add(v, n, __ATOMIC_RELAXED);
}

static inline void kn_stat_sub_shared(uint64_t *v, uint64_t n)
{
	__atomic_fetch_sub(v, n, __ATOMIC_RELAXED);
}

static inline uint64_t kn_stat_get(const uint64_t *v)
{
	return __atomic_load_n(v, __ATOMIC_RELAXED);
}

static inline void kn_count(struct kn_counters *c, enum kn_counter id, uint64_t n)
{
	kn_stat_add(&c->v[id], n);
}

const char *kn_counter_name(enum kn_counter id);
const char *kn_counter_meaning(enum kn_counter id);
int kn_counter_is_error(enum kn_counter id);

#endif
