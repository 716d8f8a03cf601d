/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_RX_H
#define KN_PATH_RX_H

#include "path/coalesce.h"
#include "path/reassemble.h"
#include "path/worker.h"

/*
 * What the rooms of the way in share: rx.c walks a batch, join.c opens super-frames, deliver.c
 * hands frames to the TAP. Worker thread only.
 */

#define KN_UNITS_MAX 256         /* datagrams that are walked together */
#define KN_RX_BYTES  (2 * 65536) /* and their bytes; a single datagram has fewer */
#define KN_PLACES    512         /* a power of two */
/* What earlier batches left to be put together is opened in this one. */
#define KN_RX_AREA (KN_RX_BYTES + KN_REASSEMBLY_BYTES + 64)

/* The reason a datagram goes no further, or PASS. */
typedef enum kn_counter kn_verdict;
#define PASS KN_C_COUNT

/* A frame or super-frame that is open, and whose it is. */
struct kn_unit {
	struct kn_frame frame;
	struct kn_host *host;
	uint32_t frame_cnt; /* in it */
};

/* The datagrams of a batch that are still to be opened: in[0 .. left). */
struct kn_batch {
	const struct kn_in *in;
	size_t left;
};

struct kn_rx {
	struct kn_worker *worker;
	/* Of the datagram at hand. */
	struct kn_session *session;
	struct kn_host *host;
	struct kn_link *link;
	struct kn_data_hdr hdr;
	bool is_taken;  /* its lane, for marks */
	bool is_inside; /* it was put together from fragments */
	struct kn_reassembly *reassembly;
	/* Arrived on session and link, not yet counted there. */
	uint32_t arrived_cnt;
	uint32_t aside_cnt; /* of them, what does not count for the link's loss */
	uint64_t arrived_bytes;
	uint32_t copy_cnt; /* refused by the window, since the peer was told */
	/* Where a datagram of such a header was last, to find copies; a batch without them. */
	uint8_t place[KN_PLACES];
	struct kn_in once[KN_UNITS_MAX];
	/* Plaintext is laid down from the end of the area towards its begin: every frame takes less
	 * than its datagrams had. */
	uint8_t *top;
	size_t unit_cnt;
	struct kn_unit units[KN_UNITS_MAX];
	struct kn_coalesce coalesce;
	uint8_t area[KN_RX_AREA];
};

static inline bool kn_rx_is_enabled(const struct kn_link *link)
{
	return __atomic_load_n(&link->is_enabled, __ATOMIC_RELAXED);
}

/* PASS unless the lane has seen the counter; the refusal is counted at session and link. */
kn_verdict kn_rx_is_new(struct kn_rx *rx, uint8_t lane, uint64_t counter);
/* The operation that opens `in`, of the session and lane at hand, into dst. */
void kn_rx_open_prepare(const struct kn_rx *rx, const struct kn_in *in, uint64_t counter,
			uint8_t *dst, struct kn_aead_op *op);
/* Marks are made between these two, for the lane at hand (kn_session_rx_take()). */
void kn_rx_take(struct kn_rx *rx);
void kn_rx_give(struct kn_rx *rx);
/* After opening: authentic and not seen before? */
kn_verdict kn_rx_commit(struct kn_rx *rx, const struct kn_aead_op *op, uint64_t counter);
/* Counts what has arrived at the session and link at hand. */
void kn_rx_arrived(struct kn_rx *rx);

/* An authentic control message: answered, or passed on. */
kn_verdict kn_rx_control(struct kn_worker *w, struct kn_rx *rx, const struct kn_in *in,
			 struct kn_bytes body);

/* A piece of a super-frame was opened at `plain`; it is the last of the batch that is not yet done
 * with. Opens its predecessors, which are taken from the batch. */
kn_verdict kn_rx_join(struct kn_rx *rx, struct kn_batch *b, uint8_t *plain, uint32_t len);

/* Keeps a frame, which lies at the low end of what is laid down, for delivery. */
void kn_rx_unit(struct kn_rx *rx, const struct kn_frame *f, uint32_t frame_cnt);
/* All that was kept goes to the TAP, the last first: in the order of arrival. */
void kn_rx_deliver(struct kn_rx *rx);

#endif
