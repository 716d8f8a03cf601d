// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the named stories share: a healthy world to begin with, and what may be asked of it at the
 * end. Times count from a moment that the story has noted, to the moment at which it asks.
 */
#include "tests/sim/story.h"

#include "live/engine.h"
#include "tests/sim/frames.h"

#define SETTLE_NS (2 * KN_SEC)
#define DRAIN_NS  (300 * KN_MS)

void sim_story_make(struct sim_world *w, const struct sim_options *opt, uint64_t seed,
		    unsigned int host_cnt, unsigned int link_cnt)
{
	sim_world_init(w, opt, seed, opt->hosts != 0 ? opt->hosts : host_cnt,
		       opt->links != 0 ? opt->links : link_cnt);
	uint64_t longest = 50 * KN_US << sim_rng_range(&w->rng, 0, 6);

	for (unsigned int link = 0; link < w->link_cnt; link++)
		for (unsigned int a = 0; a < w->host_cnt; a++)
			for (unsigned int b = 0; b < w->host_cnt; b++)
				w->net.wires[link][a][b].usual.delay_ns =
					sim_rng_range(&w->rng, 20 * KN_US, longest);
	sim_net_mend_all(w);
	sim_flows_new_all(w);
}

void sim_story_settle(struct sim_world *w)
{
	sim_world_boot_all(w);
	sim_world_run_for(w, SETTLE_NS);
	sim_flows_start(w, SIM_TRAFFIC_NS);
	sim_world_run_for(w, SETTLE_NS + sim_rng_range(&w->rng, 0, 200 * KN_MS));
}

unsigned int sim_link_in_use(const struct sim_world *w, unsigned int a, unsigned int b)
{
	uint8_t bits = w->hosts[a]->engine->hosts[b + 1]->tx_links;

	return bits == 0 ? 0 : (unsigned int)__builtin_ctz(bits);
}

uint64_t sim_round_trip(const struct sim_world *w, unsigned int a, unsigned int b)
{
	uint64_t longest = 0;

	for (unsigned int link = 0; link < w->link_cnt; link++) {
		uint64_t rtt = w->net.wires[link][a][b].usual.delay_ns +
			       w->net.wires[link][b][a].usual.delay_ns;

		longest = rtt > longest ? rtt : longest;
	}
	return longest;
}

void sim_check_loss(struct sim_world *w, uint64_t since, uint64_t until)
{
	for (struct sim_flow *f = w->flows; f != NULL; f = f->next) {
		struct sim_flow_sum sum = sim_flow_sum(f, since, until);

		if (sum.lost > 0 || sum.sent == 0)
			sim_world_fail(w, SIM_LOSS, "%llu of %llu frames from %u to %u are lost",
				       (unsigned long long)sum.lost, (unsigned long long)sum.sent,
				       f->from + 1, f->to + 1);
	}
}

void sim_check_none_lost(struct sim_world *w, uint64_t since)
{
	uint64_t until = w->now;

	sim_flows_stop(w);
	sim_world_run_for(w, DRAIN_NS);
	sim_check_loss(w, since, until);
}

void sim_check_gap(struct sim_world *w, uint64_t since, uint64_t most, unsigned int rtts)
{
	uint64_t until = w->now;

	sim_flows_stop(w);
	sim_world_run_for(w, DRAIN_NS);
	for (struct sim_flow *f = w->flows; f != NULL; f = f->next) {
		struct sim_flow_sum sum = sim_flow_sum(f, since, until);

		if (sum.gap_ns > w->gap_ns)
			w->gap_ns = sum.gap_ns;
		w->frames_lost += sum.lost;
		if (sum.gap_ns > most + rtts * sim_round_trip(w, f->from, f->to))
			sim_world_fail(w, SIM_GAP, "a gap of %.1f ms from %u to %u, %llu lost",
				       (double)sum.gap_ns / KN_MS, f->from + 1, f->to + 1,
				       (unsigned long long)sum.lost);
	}
	sim_check_loss(w, since, until);
}

void sim_check_healed(struct sim_world *w, uint64_t since, uint64_t within)
{
	if (w->now < since + within)
		sim_world_run(w, since + within);
	sim_world_run_for(w, KN_SEC);
	uint64_t until = w->now;

	sim_flows_stop(w);
	sim_world_run_for(w, DRAIN_NS);
	for (struct sim_flow *f = w->flows; f != NULL; f = f->next) {
		struct sim_flow_sum sum = sim_flow_sum(f, since + within, until);

		if (sum.lost > 0 || sum.sent == 0)
			sim_world_fail(w, SIM_HEAL,
				       "%.1f s after the fault, %llu of %llu frames from %u to %u "
				       "are lost",
				       (double)within / KN_SEC, (unsigned long long)sum.lost,
				       (unsigned long long)sum.sent, f->from + 1, f->to + 1);
	}
}
