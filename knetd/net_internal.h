/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* What net.c, net_table.c, net_route.c, net_neigh.c and net_tap.c share. */
#ifndef KNETD_NET_INTERNAL_H
#define KNETD_NET_INTERNAL_H

#include <stddef.h>

#include <netlink/msg.h>
#include <netlink/socket.h>

#include "knetd/net.h"

struct knd_net_addr {
	int dev_index;
	uint8_t family;
	uint8_t ip[16];
	bool is_tentative;
};

/* Devices and addresses as the kernel told of them; unsorted, they are few. */
struct knd_net_table {
	struct knd_dev *dev;
	size_t dev_cnt, dev_cap;
	struct knd_net_addr *addr;
	size_t addr_cnt, addr_cap;
	bool is_short; /* of memory: something is missing */
};

struct knd_net {
	struct nl_sock *news; /* events, never blocks */
	struct nl_sock *ask;  /* dumps, routes and neighbours: requests without acknowledgement */
	struct nl_sock *set;  /* changes */
	struct knd_net_table table;
	bool is_partial; /* the kernel may have skipped something each time it was asked */
};

/* Takes in one message about a device or an address, from a dump or as an event. */
void knd_net_table_learn(struct knd_net_table *table, struct nl_msg *msg);
void knd_net_table_clear(struct knd_net_table *table);
void knd_net_table_fini(struct knd_net_table *table);

/* Sends a request, which it frees, and hands `arg` and each answer to `on_answer`. NULL for a
 * request that there was no memory for is allowed. Returns what libnl returns. */
int knd_net_ask(struct knd_net *net, struct nl_msg *request, nl_recvmsg_msg_cb_t on_answer,
		void *arg);
/* The -errno for an error code of libnl. */
int knd_net_errno(int nlerr);

/* Bytes of an IPv4 or IPv6 address. */
static inline int knd_net_ip_len(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

#endif
