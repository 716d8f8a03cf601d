/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_STREAM_H
#define KN_PATH_STREAM_H

#include <stdint.h>

#define KN_STREAM_CNT   3U  /* so many flooded frames in a second are a stream, ... */
#define KN_STREAM_FEW   16U /* or in 8 s, if it is to no more peers than these, ... */
#define KN_STREAM_PART  8U  /* of whom the turn is that of so many at once */
#define KN_STREAM_EVERY 8U  /* of more, a peer's turn comes with so many frames */
#define KN_STREAM_MOST  64U /* peers: to more of them nothing is a stream */

/* What has been flooded in this second (or 8 s) and the last one; all zero to begin with. */
struct kn_stream {
	uint64_t began_ns;
	uint32_t cnt, last_cnt;
	uint32_t turn;
};

/* With a flooded frame it is the turn of peers `first`, `first + every` and so on; nobody's if
 * `first` is not below `every`. */
struct kn_stream_turn {
	uint32_t every, first;
};

/* A frame is being flooded to so many peers: those for whom it counts as user traffic. */
struct kn_stream_turn kn_stream_flooded(struct kn_stream *s, uint32_t peer_cnt, uint64_t now);

#endif
