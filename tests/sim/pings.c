// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Pings of people: what counts as an answer, and how long it took. */
#include "live/engine.h"
#include "live/ping.h"
#include "tests/sim/run.h"

#define SETTLE_NS (3 * KN_SEC)
#define PINGS     20

static void ping_send(struct sim_world *w, unsigned int link, unsigned int size,
		      struct knet_ping *out)
{
	struct sim_host *h = w->hosts[0];

	h->engine->now = w->now + h->clock_ns;
	const struct knet_ping_params params = {.size = size};

	if (kn_ping_send(h->engine, h->engine->hosts[2]->links[link], &params, out) != 0)
		sim_world_fail(w, SIM_HEAL, "a ping cannot be sent on link %u", link);
}

/* What comes under another host's or link's name, or again, changes nothing. */
static void check_forged(struct sim_world *w, const struct knet_ping *ping, int64_t want)
{
	struct kn_engine *e = w->hosts[0]->engine;
	const uint64_t now = w->now + w->hosts[0]->clock_ns + KN_SEC;
	const struct kn_report forged[] = {
		{.now = now, .host = 7, .link = ping->link},
		{.now = now, .host = 2, .link = (uint8_t)(1 - ping->link)},
		{.now = now, .host = 2, .link = ping->link},
	};
	const unsigned int cnt = want < 0 ? 2 : 3;
	int64_t rtt_us = -1;

	for (unsigned int i = 0; i < cnt; i++)
		kn_ping_on_reply(e, &forged[i], ping->token);
	if (kn_ping_result(e, ping, &rtt_us) != (want >= 0) || rtt_us != want)
		sim_world_fail(w, SIM_HEAL, "a ping takes %lld us for an answer of another",
			       (long long)rtt_us);
}

/* All are answered on their link, in the time that its wires take. */
void sim_case_ping(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	/* The last goes in fragments, and so does its answer. */
	static const unsigned int sizes[3] = {0, 1100, KNET_PING_SIZE_MAX};
	struct knet_ping ping[2][PINGS], lost;
	uint64_t way_ns[2];
	int64_t rtt_us;

	sim_world_init(w, opt, seed, 2, 2);
	for (unsigned int link = 0; link < 2; link++) {
		way_ns[link] = sim_rng_range(&w->rng, KN_MS, 20 * KN_MS);
		for (unsigned int a = 0; a < 2; a++)
			w->net.wires[link][a][1 - a].usual.delay_ns = way_ns[link];
	}
	sim_net_mend_all(w);
	sim_world_boot_all(w);
	sim_world_run_for(w, SETTLE_NS);
	for (unsigned int i = 0; i < PINGS; i++, sim_world_run_for(w, 10 * KN_MS))
		for (unsigned int link = 0; link < 2; link++)
			ping_send(w, link, sizes[i % 3], &ping[link][i]);
	sim_world_run_for(w, 200 * KN_MS);
	for (unsigned int i = 0; i < 2 * PINGS; i++) {
		const struct knet_ping *p = &ping[i % 2][i / 2];
		const int64_t least = (int64_t)(2 * way_ns[i % 2] / KN_US);

		rtt_us = -1;
		if (kn_ping_result(w->hosts[0]->engine, p, &rtt_us) != 1 || p->link != i % 2 ||
		    rtt_us < least || rtt_us > least + 10000)
			sim_world_fail(w, SIM_HEAL, "a ping on link %u took %lld us, not %lld",
				       i % 2, (long long)rtt_us, (long long)least);
		else
			check_forged(w, p, rtt_us);
	}
	w->net.ports[0][1].has_carrier = false;
	ping_send(w, 0, 56, &lost);
	sim_world_run_for(w, 200 * KN_MS);
	check_forged(w, &lost, -1);
	sim_world_fini(w);
}
