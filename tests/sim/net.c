// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What is between the hosts. A datagram is lost, delayed, copied or overtaken as its wire says, and
 * otherwise keeps its place in the order. What leaves during a cut is lost, and so is what arrives
 * at an address that nobody has any more.
 */
#include "tests/sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"
#include "wire/datagram.h"

#define IP_OVERHEAD 28
#define REORDER_NS  (5 * KN_MS) /* a datagram that is overtaken is late by up to this */

static int host_at(const struct sim_world *w, unsigned int link, const union kn_addr *addr)
{
	for (unsigned int i = 0; i < w->host_cnt; i++)
		if (kn_addr_equal(&w->net.ports[link][i].addr, addr))
			return (int)i;
	return -1;
}

static void on_arrival(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct sim_datagram *d = arg;
	const struct sim_port *port = &w->net.ports[d->link][d->host];
	struct sim_host *h = w->hosts[d->host];

	if (h->engine == NULL || !port->has_carrier || port->address_cnt != d->address_cnt) {
		free(d);
		return;
	}
	sim_host_arrival(h, d);
}

static const char *type_name(const uint8_t *buf, size_t len)
{
	switch (kn_datagram_type_of(buf, len)) {
	case KN_DATAGRAM_MSG1:
		return "msg1";
	case KN_DATAGRAM_MSG2:
		return "msg2";
	case KN_DATAGRAM_COOKIE:
		return "a cookie";
	default:
		return "something odd";
	}
}

static uint64_t arrival_time(struct sim_world *w, struct sim_wire *wire)
{
	uint64_t at = w->now + wire->present.delay_ns;

	if (wire->present.jitter_ns > 0)
		at += sim_rng_range(&w->net.rng, 0, wire->present.jitter_ns);
	if (sim_rng_chance(&w->net.rng, wire->present.reorder_permille))
		return at + sim_rng_range(&w->net.rng, 1, REORDER_NS);
	if (at <= wire->last_arrival)
		at = wire->last_arrival + 1;
	wire->last_arrival = at;
	return at;
}

static void deliver(struct sim_world *w, struct sim_wire *wire, struct sim_datagram *d,
		    const uint8_t *buf)
{
	struct sim_datagram *copy = sim_alloc(sizeof(*copy) + d->len);

	*copy = *d;
	memcpy(copy->data, buf, d->len);
	sim_world_at(w, arrival_time(w, wire), on_arrival, w, copy);
}

static void hijack(struct sim_world *w, const struct sim_datagram *d, const uint8_t *buf)
{
	struct sim_datagram *copy = sim_alloc(sizeof(*copy) + d->len);

	*copy = *d;
	copy->from.in.sin_port = htons(9);
	memcpy(copy->data, buf, d->len);
	sim_world_at(w, w->now + 1, on_arrival, w, copy);
}

int sim_net_send(struct sim_world *w, unsigned int from, unsigned int link, const union kn_addr *to,
		 const uint8_t *buf, size_t len)
{
	const struct sim_port *port = &w->net.ports[link][from];
	int dest = host_at(w, link, to);

	if (!port->has_carrier)
		return -port->send_errno;
	if (dest < 0)
		return 0;
	struct sim_wire *wire = &w->net.wires[link][from][dest];
	struct sim_datagram d = {.from = port->addr,
				 .link = (uint8_t)link,
				 .host = (uint8_t)dest,
				 .address_cnt = w->net.ports[link][dest].address_cnt,
				 .len = (uint32_t)len};

	wire->sent++;
	if (kn_datagram_type_of(buf, len) != KN_DATAGRAM_DATA)
		sim_world_say(w, "host %u: sends %s to %d on link %u%s", from + 1,
			      type_name(buf, len), dest + 1, link, wire->is_cut ? ": cut" : "");
	if (wire->present.mtu != 0 && len + IP_OVERHEAD > wire->present.mtu)
		return 0;
	if (wire->is_cut || sim_rng_chance(&w->net.rng, wire->present.loss_permille))
		return 0;
	if (w->net.is_hijacked)
		hijack(w, &d, buf);
	deliver(w, wire, &d, buf);
	if (sim_rng_chance(&w->net.rng, wire->present.dup_permille))
		deliver(w, wire, &d, buf);
	return 0;
}

void sim_net_readdress(struct sim_world *w, unsigned int host, unsigned int link)
{
	struct sim_port *port = &w->net.ports[link][host];
	unsigned int n = port->address_cnt++;

	port->addr =
		(union kn_addr){.in = {.sin_family = AF_INET,
				       .sin_port = htons((uint16_t)(50000 + n)),
				       .sin_addr.s_addr = htonl(0x0a000000U | link << 16 |
								(n & 0xff) << 8 | (host + 1))}};
}

void sim_net_report(struct sim_world *w, unsigned int host, unsigned int link)
{
	struct sim_port *port = &w->net.ports[link][host];

	port->address_cnt++;
	port->addr.in.sin_port = htons((uint16_t)(ntohs(port->addr.in.sin_port) + 1));
}

void sim_net_cut(struct sim_world *w, unsigned int link, unsigned int a, unsigned int b,
		 bool is_cut)
{
	w->net.wires[link][a][b].is_cut = is_cut;
	w->net.wires[link][b][a].is_cut = is_cut;
}

void sim_net_cut_host(struct sim_world *w, unsigned int link, unsigned int host, bool is_cut)
{
	for (unsigned int i = 0; i < w->host_cnt; i++)
		sim_net_cut(w, link, host, i, is_cut);
}

void sim_net_mend_all(struct sim_world *w)
{
	for (unsigned int link = 0; link < KNET_MAX_LINKS; link++)
		for (unsigned int a = 0; a < SIM_HOSTS_MAX; a++) {
			w->net.ports[link][a].has_carrier = true;
			for (unsigned int b = 0; b < SIM_HOSTS_MAX; b++) {
				w->net.wires[link][a][b].is_cut = false;
				w->net.wires[link][a][b].present = w->net.wires[link][a][b].usual;
			}
		}
}

bool sim_net_works(const struct sim_world *w, unsigned int link, unsigned int a, unsigned int b)
{
	return !w->net.wires[link][a][b].is_cut && !w->net.wires[link][b][a].is_cut &&
	       w->net.ports[link][a].has_carrier && w->net.ports[link][b].has_carrier;
}
