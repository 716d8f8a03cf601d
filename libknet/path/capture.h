/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_CAPTURE_H
#define KN_PATH_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/byteq.h"
#include "core/reclaim.h"
#include "crypto/kdf.h"
#include "knet.h"
#include "path/worker.h"

/*
 * Copies of packets for people to look at. Workers and control write into rings that control reads:
 * one for each of them and each capture, so that nobody waits for anybody. While none runs,
 * kn_engine.captures is NULL, and a branch on it is all that a packet costs.
 */

#define KN_CAPTURE_RING_LEN (4U << 20) /* bytes, only touched when used */
#define KN_CAPTURE_HASTE    (KN_CAPTURE_RING_LEN / 4)
#define KN_CAPTURE_SLOTS    (KNET_MAX_WORKERS + 1)
#define KN_CAPTURE_CONTROL  KNET_MAX_WORKERS /* control's slot */
#define KN_CAPTURE_HDR_MAX  48               /* IPv6 and UDP */

/* What stands before the bytes of a packet in a ring. */
struct kn_capture_head {
	uint64_t at_ns;       /* CLOCK_MONOTONIC */
	union kn_addr remote; /* of a datagram */
	uint32_t wire_len;
	uint16_t peer;
	uint16_t gso_size;
	uint16_t csum_start, csum_offset; /* if needs_csum */
	uint8_t place;
	bool is_out;
	bool needs_csum; /* is to be completed by who reads */
};

/* Whose an address is. */
struct kn_capture_known {
	union kn_addr remote;
	uint16_t peer; /* 0: nothing here */
	uint8_t place;
};
#define KN_CAPTURE_KNOWN 64

/* One who writes. */
struct kn_capture_slot {
	struct kn_byteq ring;
	struct knet_capture_count count[KNET_CAPTURE_PLACES]; /* writer: wo */
};

struct kn_capture {
	struct kn_reclaim_item reclaim;
	struct kn_capture *next; /* that runs, too; control: wo, worker: ro, under RCU */
	/* const */
	uint64_t id;
	struct knet_capture_params params; /* programs are ours */
	uint64_t real_ns;                  /* of the zero of CLOCK_MONOTONIC */
	/* control only */
	struct kn_capture *next_of_all; /* of the handle's, also those that are stopped */
	bool is_running;
	struct kn_capture_slot *reading; /* whose oldest message was handed out */
	struct kn_capture_known known[KN_CAPTURE_KNOWN];
	uint64_t searched_ns; /* when searches for addresses were last counted from */
	uint32_t searches;    /* since then */
	struct kn_capture_slot slot[KN_CAPTURE_SLOTS];
};

/* A packet in up to two parts, and who writes it down. */
struct kn_capture_item {
	struct kn_capture_head head;
	struct kn_bytes before, data;
	struct kn_bytes judged; /* what a filter sees of both */
	struct kn_engine *engine;
	unsigned int slot;
	struct kn_counters *counters; /* the writer's */
};

/* Gives a packet to those of the captures that want it. True: a ring fills, control should read. */
bool kn_capture_put(struct kn_capture *first, const struct kn_capture_item *item);

/* Whether any capture runs. */
static inline struct kn_capture *kn_captures(const struct kn_engine *e)
{
	return kn_rcu_read(&e->captures);
}

/* A frame of the TAP, from or to a host; NULL: to all. Not changed. */
void kn_capture_frame(struct kn_worker *w, const struct kn_frame *f, const struct kn_host *h,
		      bool is_out);

/* Datagrams that have arrived on a socket, and those that were sent on one; of these, only what
 * the kernel has taken. */
void kn_capture_arrived(struct kn_worker *w, const union kn_addr *local, const struct kn_in *in,
			size_t cnt, uint64_t now);
void kn_capture_sent(struct kn_worker *w, const union kn_addr *local, const struct kn_out *out,
		     size_t cnt);
/* Between which addresses a datagram goes. */
struct kn_capture_way {
	const union kn_addr *local, *remote;
};
/* One that control has sent. Control. */
void kn_capture_control_sent(struct kn_engine *e, unsigned int link,
			     const struct kn_capture_way *way, struct kn_bytes datagram);
/* Whether a peer has an address on a link. Under RCU. */
bool kn_capture_is_at(struct kn_engine *e, uint16_t peer, unsigned int link,
		      const union kn_addr *remote);
/* The peer that has the address of a datagram whose peer is not known; 0: none has, or it would
 * take too long to find out. Control. */
uint16_t kn_capture_peer_of(struct kn_engine *e, struct kn_capture *c,
			    const struct kn_capture_head *head);

#endif
