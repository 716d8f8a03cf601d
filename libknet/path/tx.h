/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_TX_H
#define KN_PATH_TX_H

#include "path/ring.h"
#include "path/worker.h"

/*
 * What the rooms of the way out share: tx.c finds where a frame goes, cut.c makes datagrams of it,
 * seal.c seals these into bursts and sends them, ring.c keeps them, replay.c sends them again.
 * Worker thread only.
 */

/* Where a frame goes. */
struct kn_dest {
	struct kn_host *host;
	struct kn_session *session;
	struct kn_session_tx *tx; /* this worker's part of the session */
	uint8_t links;            /* not 0 */
	uint8_t lane;
	bool is_control; /* means something on its link only: not to be sent again */
};

/* A frame to one host; overwrites it. False, and counted: there is no way to it now. */
bool kn_tx_to_host(struct kn_worker *w, struct kn_host *h, struct kn_frame *f);

/* Cuts a frame or super-frame into datagrams and seals them; overwrites it. */
void kn_cut(struct kn_worker *w, const struct kn_dest *d, struct kn_frame *f);

/* Seals one datagram, inner header first, and queues it, in fragments if a link of its is too
 * narrow for it. False: dropped, and counted. */
bool kn_seal(struct kn_worker *w, const struct kn_dest *d, struct kn_bytes body);

/* Where control messages on one link of the session's host go. False, and counted, without memory.
 */
bool kn_dest_link(struct kn_worker *w, struct kn_session *s, unsigned int link, struct kn_dest *d);

/* Queues a datagram that is sealed already, and no fragment itself, in fragments: it is too long
 * for the links of d. False if a link of d carries nothing, or a fragment was dropped and counted.
 */
bool kn_send_in_fragments(struct kn_worker *w, const struct kn_dest *d, struct kn_bytes sealed);

/* Before a frame is sealed for a host: what has to leave ahead of it does, or is waiting. */
void kn_replay_before(struct kn_worker *w, struct kn_host *h);

/* Completes what is to be sent by what the burst says. */
void kn_tx_out_fill(struct kn_out *o, struct kn_burst *b);
/* Sends, and says in `err` of each what came of it. What is sent counts before the peer can count
 * it: so no more than was lost is ever taken for arrived. */
void kn_tx_send(struct kn_worker *w, struct kn_out *out, size_t cnt);
/* Reports what could not be sent and will not be tried again. */
void kn_tx_failed(struct kn_worker *w, const struct kn_out *o);

#endif
