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
};

/* A bound, non-blocking socket; returns owned in *out. 0, -EADDRINUSE, -EADDRNOTAVAIL, -ENOMEM or
 * another -errno. */
int kn_udp_open(const union kn_addr *local, struct kn_udp **out)
	__attribute__((warn_unused_result));
void kn_udp_close(struct kn_udp *u);

/* One datagram: 0 or -errno. */
int kn_udp_send_one(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf,
		    size_t len);
/* A batch for one socket, in order; fills in err of each. */
void kn_udp_send(const struct kn_udp *u, struct kn_out *out, size_t cnt);
/* Whether datagrams wait unread. */
bool kn_udp_is_unread(const struct kn_udp *u);

/* Buffers for receiving a batch. */
struct kn_udp_batch;
struct kn_udp_batch *kn_udp_batch_new(void);
void kn_udp_batch_free(struct kn_udp_batch *b);
/* Up to KN_BATCH datagrams into `in`, which points into the batch; how many, or -errno. */
int kn_udp_recv(const struct kn_udp *u, struct kn_udp_batch *b, unsigned int link,
		struct kn_in *in);

#endif
