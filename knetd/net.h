/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The machine's network, by netlink: which device holds an address and whether it can carry
 * anything, which source a route prefers, and setting up our own TAP. Control thread only.
 */
#ifndef KNETD_NET_H
#define KNETD_NET_H

#include <net/if.h>

#include "knetd/cmd/value.h"

struct knd_net;

struct knd_dev {
	int index;
	char name[IFNAMSIZ];
	bool is_up;       /* by its administrator */
	bool has_carrier; /* and so is the layer below */
	unsigned int mtu;
	int master; /* the bridge that it is a port of, 0: none */
};

struct knd_route {
	struct kcl_endpoint source; /* without port; AF_UNSPEC: the route has none */
	int dev_index;              /* where packets leave */
};

/* Opens the netlink sockets and reads what is there. Returns 0 or -errno. */
__attribute__((warn_unused_result)) int knd_net_new(struct knd_net **out);
/* NULL is allowed. */
void knd_net_free(struct knd_net *net);
/* Polls readable when something has changed. */
int knd_net_fd(const struct knd_net *net);
/* Takes in the news, without blocking. Returns 1 if there were any, 0, or -errno. */
__attribute__((warn_unused_result)) int knd_net_dispatch(struct knd_net *net);

/*
 * Finds the device that holds an address (the port does not matter); one that works, if there are
 * several. False if there is none, or if the address is not yet usable (IPv6 still looks for
 * duplicates).
 */
bool knd_net_addr_find(const struct knd_net *net, const struct kcl_endpoint *ep,
		       struct knd_dev *out);
/* Finds a device. False if there is none. */
bool knd_net_dev_find(const struct knd_net *net, int index, struct knd_dev *out);

/* How packets to an address would leave. Returns 0, or -errno (-ENETUNREACH without a route). */
__attribute__((warn_unused_result)) int
knd_net_route(struct knd_net *net, const struct kcl_endpoint *to, struct knd_route *out);

/* Has neighbours of a device asked for anew that have not answered so far, with the next packet to
 * them. Returns 0 or -errno. */
__attribute__((warn_unused_result)) int knd_net_neigh_renew(struct knd_net *net, int index);

/* What a TAP is to be. */
struct knd_tap {
	unsigned int mtu;
	const char *alias; /* NULL: none */
};

/* Sets MTU and description, and takes the device up. Returns 0 or -errno. */
__attribute__((warn_unused_result)) int knd_net_tap_set(struct knd_net *net, int index,
							const struct knd_tap *tap);
/* Gives a device an address, or takes it away. What is so already is no error. 0 or -errno. */
__attribute__((warn_unused_result)) int knd_net_addr_add(struct knd_net *net, int index,
							 const struct kcl_prefix *prefix);
__attribute__((warn_unused_result)) int knd_net_addr_del(struct knd_net *net, int index,
							 const struct kcl_prefix *prefix);

#endif
