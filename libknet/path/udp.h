/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_UDP_H
#define KN_PATH_UDP_H

#include <stdbool.h>

#include "base/addr.h"
#include "core/reclaim.h"
#include "path/worker.h"

/* One worker's sockets of a local link; replaced as a whole, read under RCU. */
struct kn_udp {
	struct kn_reclaim_item reclaim;
	union kn_addr local; /* const; may be a wildcard */
	int fd;              /* receives */
	int send_fd;
	bool is_v6;       /* const */
	bool has_segment; /* worker: rw; the kernel cuts bursts, until it refuses */
	bool has_gro;     /* const; the kernel joins datagrams of a sender */
	bool is_blocked;  /* worker: rw; waiting for room in the send buffer was in vain */
	uint32_t drops;   /* control: of the kernel's count, already in ours */
};

struct kn_udp_setup {
	bool no_segment, no_gro; /* features to do without */
	uint8_t dscp;            /* KN_DSCP_MAX at most */
};

#define KN_DSCP_MAX 63

/*
 * Bound, non-blocking sockets, one to receive and one to send; returns owned in *out. The sockets
 * of a link are a group, bound to the same address, and to be steered at once. `first` is NULL for
 * the first of them, which fails if anyone else has the address, and that one for the others, in
 * order: `slot` is the place in the group. 0, -EADDRINUSE, -EADDRNOTAVAIL, -ENOMEM or another
 * -errno.
 */
int kn_udp_open(const union kn_addr *local, const struct kn_udp_setup *setup,
		const struct kn_udp *first, unsigned int slot, struct kn_udp **out)
	__attribute__((warn_unused_result));
void kn_udp_close(struct kn_udp *u);
/* Has the kernel give datagrams to the first cnt sockets of the group by the slot of their lane,
 * handshakes and what control sends to the first of all. 0 or -errno: by address, as the kernel
 * likes. */
int kn_udp_steer(const struct kn_udp *first, unsigned int cnt) __attribute__((warn_unused_result));
/* Where the kernel does not steer, nothing must come to the socket that sends: the other one does,
 * too, and marks what it sends. Before anybody uses them. */
void kn_udp_unite(struct kn_udp *u, uint8_t dscp);
static inline bool kn_udp_is_united(const struct kn_udp *u)
{
	return u->send_fd == u->fd;
}
/* What follows is marked so, on its way to the peer. 0 or -errno. Any thread. */
int kn_udp_dscp_set(const struct kn_udp *u, uint8_t dscp);
/* Datagrams that the kernel has dropped before they were read, since the last call. */
uint32_t kn_udp_drops(struct kn_udp *u);

/* One datagram, even if users' traffic fills the send buffer: nobody shall take a link that is busy
 * for one that is dead. 0 or -errno. */
int kn_udp_send_urgent(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf,
		       size_t len);
/* One datagram: 0 or -errno. */
int kn_udp_send_one(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf,
		    size_t len);
/* A batch for one socket, in order; fills in err of each. If the send buffer is full and *may_wait,
 * waits some time for room, once, which clears *may_wait; if that is in vain, not again before
 * there was some. */
void kn_udp_send(struct kn_udp *u, struct kn_out *out, size_t cnt, bool *may_wait);
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
