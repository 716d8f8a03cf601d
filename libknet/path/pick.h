/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_PICK_H
#define KN_PATH_PICK_H

#include <stddef.h>
#include <stdint.h>

#include "knet.h"

struct kn_host;
struct kn_worker;
struct kn_frame;

/*
 * The flows of a worker that have been seen lately: which link each took, and when its last frame
 * left. Sets of a few places; the flow that has been silent longest gives way.
 */
#define KN_FLOW_SETS 1024
#define KN_FLOW_WAYS 4

struct kn_flow {
	uint64_t last_ns;
	uint32_t tag;
	uint16_t host; /* 0: free */
	uint8_t link;
};

/* How a worker has spread the traffic of a host over its links. */
struct kn_spread {
	uint64_t load[KNET_MAX_LINKS]; /* bytes sent there, half of them forgotten after a while */
	uint64_t load_ns;
	uint16_t host;
	uint8_t turn;  /* whose turn it is */
	uint8_t turns; /* how many it still has */
};

#define KN_SPREAD_CNT 512

struct kn_flows {
	struct kn_flow flow[KN_FLOW_SETS][KN_FLOW_WAYS];
	struct kn_spread spread[KN_SPREAD_CNT]; /* by host id; a collision begins anew */
};

/* The same for all frames of a flow, in one direction: addresses, and ports where every frame of
 * the flow has them. Reads no further than len. Pure. */
uint32_t kn_flow_hash(const uint8_t *frame, size_t len);

/* On which of a host's links a frame leaves, by the host's policy: a bit each, 0 if there is none.
 * Worker thread. */
uint8_t kn_pick_links(struct kn_worker *w, struct kn_host *h, const struct kn_frame *f);

#endif
