/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_WORKER_H
#define KN_PATH_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/msgq.h"
#include "core/engine.h"
#include "crypto/kdf.h"
#include "live/engine.h"
#include "path/frame.h"
#include "path/pool.h"
#include "path/ring.h"
#include "path/storm.h"
#include "path/stream.h"

#define KN_BATCH       64
#define KN_LEARN_CACHE 256

/* A burst on its way out: datagrams one behind the other, all of seg_len bytes but the last, which
 * may be shorter. `to` and `data` stay valid until the batch is flushed. */
struct kn_out {
	const union kn_addr *to;
	struct kn_link *link;
	struct kn_host *host;
	struct kn_burst *burst;
	uint8_t *data;
	uint32_t len; /* of all */
	uint32_t seg_len;
	uint32_t cnt;
	int err; /* set by send: 0 or -errno */
};

/* A datagram that came in on local link `link`. Not changed. */
struct kn_in {
	const uint8_t *data;
	const union kn_addr *from;
	uint32_t len;
	uint8_t link;
};

#define KN_TAP_LATER 1

/* How a worker reaches the world: real descriptors, or the simulation. */
struct kn_worker_io {
	/* Sends the batch in order and fills in err of each. */
	void (*send)(void *ctx, struct kn_out *out, size_t cnt);
	/* One frame to the TAP, in the form that `takes` allows: 0 or -errno, or KN_TAP_LATER:
	 * whoever writes it counts it. May overwrite its headroom. */
	int (*tap_write)(void *ctx, struct kn_frame *f);
	/* Reports wait in a queue: wake control. */
	void (*wake)(void *ctx);
};

struct kn_learned {
	kn_fdb_key key;
	uint64_t at;
	uint16_t host;
};

/* What tap_write understands beside plain frames. */
struct kn_takes {
	bool csum; /* checksums to be completed, and super-frames of TCP */
	bool uso;  /* super-frames of UDP */
};

/* The burst that takes the next datagram, if that is of the same kind. */
struct kn_filling {
	struct kn_burst *burst; /* NULL: none */
	struct kn_host *host;
	struct kn_session *session;
	uint8_t links;
	bool is_control;
};

struct kn_flows;
struct kn_questions;
struct kn_rx;

/*
 * What one packet thread has for itself. All functions of rx.c and tx.c run in that thread, within
 * an RCU read section that lasts from one flush to the next.
 */
struct kn_worker {
	struct kn_engine *engine;
	const struct kn_worker_io *io;
	void *io_ctx;
	unsigned int slot;
	struct kn_aead_ctx *aead;
	struct kn_mac *mac1;
	struct kn_counters counters;
	struct kn_msgq reports;    /* authentic peers */
	struct kn_msgq handshakes; /* the rest: a flood there starves nobody here */
	uint64_t bad_mac1_ns;      /* when the last one was reported */
	bool has_reported;
	struct kn_learned learned[KN_LEARN_CACHE]; /* recent reports, not to be repeated */
	uint64_t now;                              /* of the batch under way */
	struct kn_takes takes;
	struct kn_rx *rx; /* rx.c's own */
	struct kn_out out[KN_BATCH];
	size_t out_cnt;
	size_t out_len; /* bytes sealed and not sent */
	struct kn_filling filling;
	struct kn_pool pool;
	uint32_t fragment_id;
	uint8_t *tx_long; /* a datagram that is sent in fragments */
	struct kn_rings rings;
	bool has_replay;                /* something is to be sent again soon */
	bool has_trim;                  /* the pool has memory to give back */
	bool is_kicked;                 /* control: sets, worker: clears; links have changed */
	uint64_t trimmed_ns;            /* when the pool was last asked to */
	uint8_t *tx_copy;               /* a super-frame, if it goes to more than one host */
	struct kn_flows *flows;         /* pick.c's own */
	struct kn_questions *questions; /* latecomer.c's own */
	struct kn_storm storm;
	struct kn_stream stream;
};

/* 0 or -ENOMEM, -EIO. mac1_key is copied. */
int kn_worker_init(struct kn_worker *w, struct kn_engine *e, unsigned int slot)
	__attribute__((warn_unused_result));
void kn_worker_fini(struct kn_worker *w);

/* Control: acts on all reports that wait. */
void kn_worker_drain_reports(struct kn_worker *w, uint64_t now);

/* A report slot to fill in, or NULL if the queue is full (counted); publish with push. One that can
 * wait wakes nobody, as long as there is room for those that cannot. */
struct kn_report *kn_worker_report(struct kn_worker *w, struct kn_msgq *q);
void kn_worker_push(struct kn_worker *w, struct kn_msgq *q);
void kn_worker_push_waiting(struct kn_worker *w, struct kn_msgq *q);

/*
 * Notes that user traffic with a host has passed, in either direction: after a pause its links are
 * probed at the full rate again, by both sides. A single frame to a group does not count: one ARP
 * request must not wake the probes of 64k peers. Streams of them do (stream.h).
 */
void kn_worker_note_user(struct kn_worker *w, struct kn_host *h, uint64_t now);

/* A frame from the TAP (tx.c). Its datagrams leave at the next flush at the latest. Overwrites the
 * frame and its headroom. */
void kn_tx_frame(struct kn_worker *w, struct kn_frame *f, uint64_t now);
/* Seals a message for a session, inner header first, and queues it on one link. */
void kn_tx_control(struct kn_worker *w, struct kn_session *s, unsigned int link,
		   struct kn_bytes msg);
void kn_tx_flush(struct kn_worker *w);

/* What does not wait for a packet (replay.c): failover without new traffic, confirmations, and
 * memory that is not needed any more. To be called after each wait. */
void kn_tx_work(struct kn_worker *w, uint64_t now);
/* How long the thread may wait until kn_tx_work() is to be called, in ms; -1: until a packet comes.
 */
int kn_tx_wait_ms(struct kn_worker *w);
/* Control: links of a host have changed; then wake the worker, which is to call kn_tx_work(). */
void kn_tx_kick(struct kn_worker *w);

/* Datagrams from the network (rx.c). */
void kn_rx_datagrams(struct kn_worker *w, const struct kn_in *in, size_t cnt, uint64_t now);
int kn_rx_new(struct kn_worker *w) __attribute__((warn_unused_result)); /* 0 or -ENOMEM */
void kn_rx_free(struct kn_worker *w);

#endif
