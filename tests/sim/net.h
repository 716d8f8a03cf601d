/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_NET_H
#define SIM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "knet.h"
#include "tests/sim/rng.h"

#define SIM_HOSTS_MAX 16

struct sim_world;

/* How good a wire is. */
struct sim_quality {
	uint64_t delay_ns, jitter_ns;
	uint16_t loss_permille, reorder_permille, dup_permille;
	uint16_t mtu; /* longer IP packets vanish; 0: none do */
};

/* One direction of one link between two hosts. */
struct sim_wire {
	struct sim_quality usual, present;
	uint64_t last_arrival; /* a wire keeps the order, unless it reorders */
	bool is_cut;
	uint64_t sent;
};

/* A host's end of a link: its address as others see it, and its carrier. */
struct sim_port {
	union kn_addr addr;
	unsigned int address_cnt; /* how many it has had */
	bool has_carrier;
	int send_errno; /* what sending says while there is no carrier; 0: it is lost silently */
};

/* Link n of all hosts is one network of its own, as with separate switches. */
struct sim_net {
	struct sim_rng rng; /* of what happens to datagrams */
	struct sim_wire wires[KNET_MAX_LINKS][SIM_HOSTS_MAX][SIM_HOSTS_MAX]; /* [link][from][to] */
	struct sim_port ports[KNET_MAX_LINKS][SIM_HOSTS_MAX];
	bool is_hijacked; /* copies arrive from an address where nobody answers, and sooner */
};

/* A datagram that a host sends: 0 or -errno. It arrives, or not, by sim_host_arrival(). */
int sim_net_send(struct sim_world *w, unsigned int from, unsigned int link, const union kn_addr *to,
		 const uint8_t *buf, size_t len);

/* Give a host's end of a link the next address: what the network knows, not the host. */
void sim_net_readdress(struct sim_world *w, unsigned int host, unsigned int link);
/* The same as a NAT does it: another port of the same address. */
void sim_net_report(struct sim_world *w, unsigned int host, unsigned int link);
/* Cut or mend both directions between two hosts. */
void sim_net_cut(struct sim_world *w, unsigned int link, unsigned int a, unsigned int b,
		 bool is_cut);
/* The same towards and from everybody. */
void sim_net_cut_host(struct sim_world *w, unsigned int link, unsigned int host, bool is_cut);
/* No cuts, the usual quality, carrier everywhere; hosts are not told. */
void sim_net_mend_all(struct sim_world *w);
/* Whether datagrams pass both ways. */
bool sim_net_works(const struct sim_world *w, unsigned int link, unsigned int a, unsigned int b);

#endif
