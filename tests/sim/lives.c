// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Named stories: hosts start, crash, stand still, set their clocks and change their keys, or are
 * cut off for long. The network is well otherwise.
 */
#include "live/engine.h"
#include "tests/sim/frames.h"
#include "tests/sim/story.h"

#define START_NS     (1 * KN_SEC)
#define HEAL_NS      (1 * KN_SEC)
#define OUTAGE_NS    (1 * KN_SEC)
#define HALF_BACK_NS (3 * KN_SEC)
#define YEAR_NS      (365LL * 86400 * (long long)KN_SEC)

/* Hosts that start together: one handshake per pair, and everybody is there within a second. */
void sim_case_start(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, (unsigned int)(2 + seed % 6), 2);
	w->hosts[0]->is_roaming = seed % 2 == 0;
	sim_world_boot_all(w);
	sim_world_run_for(w, START_NS);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		if (w->hosts[i]->engine->peer_state_cnt[KNET_PEER_UP] != w->host_cnt - 1)
			sim_world_fail(w, SIM_HEAL, "host %u has only %u peers", i + 1,
				       w->hosts[i]->engine->peer_state_cnt[KNET_PEER_UP]);
	sim_world_run_for(w, 30 * KN_SEC);
	for (unsigned int i = 0; i < w->host_cnt; i++) {
		uint64_t done = w->hosts[i]->engine->counters.v[KN_C_HS_DONE];

		for (unsigned int p = 0; p < w->host_cnt; p++)
			for (unsigned int link = 0; link < w->link_cnt && p != i; link++)
				if (sim_host_link(w->hosts[i], p, link)->live.suspect_cnt > 0)
					sim_world_fail(w, SIM_CALM,
						       "host %u suspected link %u to %u", i + 1,
						       link, p + 1);
		if (done != w->host_cnt - 1)
			sim_world_fail(w, SIM_IDLE, "host %u: %llu handshakes with %u peers", i + 1,
				       (unsigned long long)done, w->host_cnt - 1);
	}
	sim_world_fini(w);
}

void sim_case_crash(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 4, 2);
	/* One whose address the others learn, in every second run. */
	w->hosts[1]->is_roaming = seed % 2 == 0;
	sim_story_settle(w);
	sim_host_crash(w->hosts[0]);
	sim_world_run_for(w, sim_rng_range(&w->rng, 0, 2 * KN_SEC));
	uint64_t since = w->now;

	sim_host_boot(w->hosts[0]);
	sim_check_healed(w, since, HEAL_NS);
	sim_world_fini(w);
}

void sim_case_crash_clock(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	sim_story_settle(w);
	sim_host_crash(w->hosts[0]);
	w->hosts[0]->realtime_ns = seed % 2 == 0 ? -YEAR_NS : YEAR_NS;
	uint64_t since = w->now;

	sim_host_boot(w->hosts[0]);
	sim_check_healed(w, since, HEAL_NS);
	sim_world_fini(w);
}

/* What is sent to a host under keys that it has no more says nothing about its links, but for the
 * few probes until it has new ones. */
static void check_none_lossy(struct sim_world *w)
{
	uint64_t until = w->now + 5 * KN_SEC;

	for (; w->now < until; sim_world_run_for(w, 50 * KN_MS))
		for (unsigned int i = 0; i < 2 * w->link_cnt; i++)
			if (sim_host_link(w->hosts[i % 2], 1 - i % 2, i / 2)->live.lossy_permille >=
			    100)
				sim_world_fail(w, SIM_CALM, "host %u: link %u is lossy", i % 2 + 1,
					       i / 2);
}

void sim_case_clear(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	uint64_t since = w->now;

	sim_host_peer_clear(w->hosts[0], 1);
	check_none_lossy(w);
	sim_check_healed(w, since, HEAL_NS);
	sim_world_fini(w);
}

void sim_case_clock_jumps(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		w->hosts[i]->rekey_s = 2;
	sim_story_settle(w);
	uint64_t since = w->now;

	for (unsigned int i = 0; i < 10; i++) {
		w->hosts[i % 3]->realtime_ns =
			(int64_t)sim_rng_range(&w->rng, 0, 4 * (uint64_t)YEAR_NS) - 2 * YEAR_NS;
		sim_world_run_for(w, KN_SEC);
	}
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}

/* The host itself must not take its own standstill for its peers' silence. */
void sim_case_standstill(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	sim_story_settle(w);
	sim_host_stall(w->hosts[0]);
	sim_world_run_for(w, sim_rng_range(&w->rng, 50 * KN_MS, 400 * KN_MS));
	sim_host_resume(w->hosts[0]);
	uint64_t since = w->now;

	sim_world_run_for(w, KN_SEC);
	for (unsigned int p = 1; p < w->host_cnt; p++)
		for (unsigned int link = 0; link < w->link_cnt; link++)
			if (sim_host_link(w->hosts[0], p, link)->live.down_cnt > 0)
				sim_world_fail(w, SIM_CALM, "link %u to %u was called down", link,
					       p + 1);
	sim_check_healed(w, since, HEAL_NS);
	sim_world_fini(w);
}

/* A long outage of everything, with users waiting: the pauses between attempts must not have grown.
 */
void sim_case_outage(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 4);
	sim_story_settle(w);
	sim_flows_start(w, 10 * KN_MS);
	for (unsigned int link = 0; link < w->link_cnt; link++)
		sim_net_cut_host(w, link, 0, true);
	if (seed % 2 == 0) {
		sim_host_crash(w->hosts[0]);
		sim_host_boot(w->hosts[0]);
	}
	sim_world_run_for(w, sim_rng_range(&w->rng, KN_SEC, 100 * KN_SEC));
	/* The last ones first: those are not the links tried first. */
	sim_net_cut_host(w, w->link_cnt - 1, 0, false);
	sim_check_healed(w, w->now, OUTAGE_NS);
	sim_world_fini(w);
}

/* A handshake succeeds while all links are down, and the peer crashes before any of them is up. It
 * does not know our address, so it is ours to begin once more, although we have a session. */
void sim_case_half_back(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	w->hosts[0]->is_roaming = true;
	sim_story_settle(w);
	struct kn_host *peer = w->hosts[0]->engine->hosts[2];
	uint64_t deadline = w->now + 3 * KN_SEC;
	uint32_t rekeys = peer->rekeys;

	sim_net_cut_host(w, 0, 1, true);
	sim_net_cut_host(w, 1, 1, true);
	while (peer->state != KNET_PEER_DOWN && w->now < deadline)
		sim_world_run_for(w, KN_MS / 10);
	sim_net_cut_host(w, 0, 1, false);
	sim_net_cut_host(w, 1, 1, false);
	while (peer->rekeys == rekeys && w->now < deadline)
		sim_world_run_for(w, KN_MS / 10);
	if (peer->state != KNET_PEER_DOWN || peer->rekeys == rekeys)
		sim_world_fail(w, SIM_HEAL, "the story did not get to its point");
	sim_host_crash(w->hosts[1]);
	sim_world_run_for(w, 2 * KN_SEC);
	sim_host_boot(w->hosts[1]);
	sim_check_healed(w, w->now, HALF_BACK_NS);
	sim_world_fini(w);
}

/* Nothing is lost, but much is late, copied or overtaken. */
static void jitter_set(struct sim_world *w)
{
	for (unsigned int link = 0; link < w->link_cnt; link++)
		for (unsigned int a = 0; a < w->host_cnt; a++)
			for (unsigned int b = 0; b < w->host_cnt; b++)
				w->net.wires[link][a][b].present = (struct sim_quality){
					.delay_ns = sim_rng_range(&w->rng, 0, 50 * KN_MS),
					.jitter_ns = sim_rng_range(&w->rng, 0, 20 * KN_MS),
					.reorder_permille = 200,
					.dup_permille = 100};
}

void sim_case_rekey(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		w->hosts[i]->rekey_s = 1;
	if (seed % 2 == 0)
		jitter_set(w);
	sim_story_settle(w);
	uint64_t since = w->now;

	sim_world_run_for(w, 10 * KN_SEC);
	sim_check_none_lost(w, since);
	/* Sessions that were replaced 3 s ago are forgotten: nobody sends by them any more. */
	for (unsigned int i = 0; i < w->host_cnt; i++)
		if (w->hosts[i]->worker.counters.v[KN_C_RX_NO_SESSION] != 0)
			sim_world_fail(w, SIM_LOSS, "host %u got data for sessions it has no more",
				       i + 1);
	for (unsigned int i = 1; i < w->host_cnt; i++)
		if (w->hosts[0]->engine->hosts[i + 1]->rekeys < 5)
			sim_world_fail(w, SIM_LOSS, "there were only %u new keys with %u",
				       w->hosts[0]->engine->hosts[i + 1]->rekeys, i + 1);
	sim_world_fini(w);
}
