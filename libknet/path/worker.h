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

#define KN_BATCH        64
#define KN_DATAGRAM_MAX 65536
#define KN_TX_AREA      (256 * 1024)
#define KN_LEARN_CACHE  256

/* A datagram on its way out. `to` and `data` stay valid until the batch is flushed. */
struct kn_out {
	const union kn_addr *to;
	struct kn_link *link;
	struct kn_host *host;
	uint8_t *data;
	uint32_t len;
	int err; /* set by send: 0 or -errno */
};

/* A datagram that came in on local link `link`; opened in place. */
struct kn_in {
	uint8_t *data;
	uint32_t len;
	uint8_t link;
	union kn_addr from;
};

/* How a worker reaches the world: real descriptors, or the simulation. */
struct kn_worker_io {
	/* Sends the batch in order and fills in err of each. */
	void (*send)(void *ctx, struct kn_out *out, size_t cnt);
	/* One frame to the TAP: 0 or -errno. */
	int (*tap_write)(void *ctx, const uint8_t *frame, size_t len);
	/* Reports wait in a queue: wake control. */
	void (*wake)(void *ctx);
};

struct kn_learned {
	kn_fdb_key key;
	uint64_t at;
	uint16_t host;
};

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
	struct kn_out out[KN_BATCH];
	size_t out_cnt;
	size_t tx_used;
	uint8_t *tx_area;
};

/* 0 or -ENOMEM, -EIO. mac1_key is copied. */
int kn_worker_init(struct kn_worker *w, struct kn_engine *e, unsigned int slot)
	__attribute__((warn_unused_result));
void kn_worker_fini(struct kn_worker *w);

/* Control: acts on all reports that wait. */
void kn_worker_drain_reports(struct kn_worker *w, uint64_t now);

/* A report slot to fill in, or NULL if the queue is full (counted); publish with push. */
struct kn_report *kn_worker_report(struct kn_worker *w, struct kn_msgq *q);
void kn_worker_push(struct kn_worker *w, struct kn_msgq *q);

/*
 * Notes that user traffic with a host has passed, in either direction: after a pause its links are
 * probed at the full rate again, by both sides. Frames to a group do not count: one ARP request
 * must not wake the probes of 64k peers.
 */
void kn_worker_note_user(struct kn_worker *w, struct kn_host *h, uint64_t now);

/* A frame from the TAP (tx.c). Its datagrams leave at the next flush at the latest. */
void kn_tx_frame(struct kn_worker *w, const uint8_t *frame, size_t len, uint64_t now);
/* Seal body (inner header and all) for a host and queue it on the links of the bitmap. */
void kn_tx_seal(struct kn_worker *w, struct kn_host *h, uint8_t links, struct kn_bytes head,
		struct kn_bytes body);
void kn_tx_flush(struct kn_worker *w, uint64_t now);

/* Datagrams from the network (rx.c). */
void kn_rx_datagrams(struct kn_worker *w, struct kn_in *in, size_t cnt, uint64_t now);

#endif
