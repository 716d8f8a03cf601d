/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_UDP_H
#define KN_PATH_UDP_H

#include <stdbool.h>

#include "base/addr.h"
#include "core/reclaim.h"
#include "path/worker.h"

/* The socket of one local link; replaced as a whole, read under RCU. */
struct kn_udp {
	struct kn_reclaim_item reclaim;
	int fd;
	bool has_segment; /* worker: rw; the kernel cuts bursts, until it refuses */
	bool has_gro;     /* const; the kernel joins datagrams of a sender */
};

/* Features to do without. */
struct kn_udp_setup {
	bool no_segment, no_gro;
};

/* A bound, non-blocking socket; returns owned in *out. 0, -EADDRINUSE, -EADDRNOTAVAIL, -ENOMEM or
 * another -errno. */
int kn_udp_open(const union kn_addr *local, const struct kn_udp_setup *setup, struct kn_udp **out)
	__attribute__((warn_unused_result));
void kn_udp_close(struct kn_udp *u);

/* One datagram: 0 or -errno. */
int kn_udp_send_one(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf,
		    size_t len);
/* A batch for one socket, in order; fills in err of each. */
void kn_udp_send(struct kn_udp *u, struct kn_out *out, size_t cnt);
/* Whether datagrams wait unread. */
bool kn_udp_is_unread(const struct kn_udp *u);

/* Buffers for receiving a batch: KN_RECV_CNT of 64 KiB, each for one datagram or, joined by the
 * kernel, several of one sender and of one length. */
#define KN_RECV_CNT 16
struct kn_udp_batch;
struct kn_udp_batch *kn_udp_batch_new(void);
void kn_udp_batch_free(struct kn_udp_batch *b);
/* What has arrived, until nothing is left or the buffers are full. Returns how many of them were
 * filled, or -errno; *in, of *cnt datagrams, belongs to the batch and points into it. */
int kn_udp_recv(const struct kn_udp *u, struct kn_udp_batch *b, unsigned int link,
		struct kn_in **in, size_t *cnt);

#endif
