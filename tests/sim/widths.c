// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Named stories about path MTUs: what is found, how soon a change is noticed, and that frames of
 * all sizes pass whatever the paths carry.
 */
#include "live/engine.h"
#include "live/pmtu_link.h"
#include "tests/sim/frames.h"
#include "tests/sim/story.h"

#define SETTLE_NS  (3 * KN_SEC)
#define TRAFFIC_NS (4 * KN_MS)
#define RAISE_NS   (61 * KN_SEC)
#define HOLD_NS    (16 * KN_SEC)
#define OVERHEAD   28
#define WIDEST     1500
#define LONGEST    1474 /* packet of a frame */
#define SELDOM     3    /* one of 452 frames is within so much of it */
#define DENSE_NS   KN_MS

static void width_set(struct sim_world *w, unsigned int link, unsigned int a, unsigned int b,
		      uint16_t mtu)
{
	w->net.wires[link][a][b].present.mtu = mtu;
	w->net.wires[link][a][b].usual.mtu = mtu;
}

static void world_make(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_world_init(w, opt, seed, 2, 2);
	for (unsigned int link = 0; link < 2; link++)
		for (unsigned int a = 0; a < 2; a++)
			w->net.wires[link][a][1 - a].usual.delay_ns =
				sim_rng_range(&w->rng, 20 * KN_US, 20 * KN_MS);
	sim_net_mend_all(w);
	sim_flows_new_all(w);
}

static void world_run(struct sim_world *w)
{
	sim_world_boot_all(w);
	sim_world_run_for(w, SETTLE_NS);
	sim_flows_start(w, TRAFFIC_NS);
}

static void check_found(struct sim_world *w, unsigned int link, unsigned int a, uint16_t want)
{
	uint16_t found = kn_pmtu_of(sim_host_link(w->hosts[a], 1 - a, link));

	if (found != want)
		sim_world_fail(w, SIM_HEAL, "host %u takes link %u for %u wide, it is %u", a + 1,
			       link, found, want);
}

/* What the TAP of the first host should know of. */
static void check_narrowest(struct sim_world *w, uint16_t want)
{
	if (w->hosts[0]->engine->narrowest != want)
		sim_world_fail(w, SIM_HEAL, "the narrowest path is %u, not %u",
			       w->hosts[0]->engine->narrowest, want);
}

/* Each direction of each link has a width of its own. */
void sim_case_narrow(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	uint16_t mtu[2][2];

	world_make(w, opt, seed);
	for (unsigned int link = 0; link < 2; link++)
		for (unsigned int a = 0; a < 2; a++) {
			mtu[link][a] = (uint16_t)sim_rng_range(&w->rng, 576, WIDEST + 100);
			width_set(w, link, a, 1 - a, mtu[link][a]);
		}
	world_run(w);
	sim_world_run_for(w, 5 * KN_SEC);
	for (unsigned int link = 0; link < 2; link++)
		for (unsigned int a = 0; a < 2; a++)
			check_found(w, link, a, mtu[link][a] > WIDEST ? WIDEST : mtu[link][a]);
	sim_check_none_lost(w, 0);
	sim_world_fini(w);
}

/* Nothing is lost, the width is found, and found again when it grows. */
void sim_case_shrink(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	uint16_t mtu;

	world_make(w, opt, seed);
	world_run(w);
	sim_world_run_for(w, 2 * KN_SEC + sim_rng_range(&w->rng, 0, KN_SEC));
	mtu = (uint16_t)sim_rng_range(&w->rng, 1200, 1400);
	for (unsigned int link = 0; link < 2; link++)
		width_set(w, link, 0, 1, mtu);
	sim_world_run_for(w, 5 * KN_SEC);
	for (unsigned int link = 0; link < 2; link++)
		check_found(w, link, 0, mtu);
	check_narrowest(w, (uint16_t)(mtu - OVERHEAD));
	for (unsigned int link = 0; link < 2; link++)
		width_set(w, link, 0, 1, 0);
	sim_world_run_for(w, RAISE_NS);
	for (unsigned int link = 0; link < 2; link++)
		check_found(w, link, 0, WIDEST);
	check_narrowest(w, (uint16_t)(mtu - OVERHEAD)); /* it rises later, if it stays so */
	sim_world_run_for(w, HOLD_NS);
	check_narrowest(w, 0);
	sim_check_none_lost(w, 0);
	sim_world_fini(w);
}

/* It shrinks so little that hardly a frame is too long: the few that are arrive all the same,
 * although the first of them is long confirmed when the path is found to be narrower. */
void sim_case_shrink_a_little(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	world_make(w, opt, seed);
	world_run(w);
	sim_flows_start(w, DENSE_NS);
	sim_world_run_for(w, 2 * KN_SEC + sim_rng_range(&w->rng, 0, KN_SEC));
	for (unsigned int link = 0; link < 2; link++)
		for (unsigned int a = 0; a < 2; a++)
			width_set(w, link, a, 1 - a, LONGEST - SELDOM);
	sim_world_run_for(w, 4 * KN_SEC);
	sim_check_none_lost(w, 0);
	sim_world_fini(w);
}

/* After the cut of the wide link nothing is lost on the narrow one. */
void sim_case_narrow_spare(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	world_make(w, opt, seed);
	for (unsigned int a = 0; a < 2; a++)
		width_set(w, 1, a, 1 - a, (uint16_t)sim_rng_range(&w->rng, 600, 1300));
	world_run(w);
	sim_world_run_for(w, 2 * KN_SEC);
	for (unsigned int a = 0; a < 2; a++)
		w->net.ports[0][a].has_carrier = false;
	for (unsigned int a = 0; a < 2; a++)
		sim_host_local_changed(w->hosts[a], 0, "no carrier");
	sim_world_run_for(w, 500 * KN_MS);
	uint64_t since = w->now;

	sim_world_run_for(w, 2 * KN_SEC);
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}
