// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A random run: hosts that boot within a second, traffic or none, faults one upon the other, then
 * calm. Five seconds later every pair that has a working link must exchange all frames.
 */
#include "tests/sim/frames.h"
#include "tests/sim/run.h"

#define CONVERGE_NS  (5 * KN_SEC)
#define PROOF_NS     (500 * KN_MS)
#define PROOF_STEP   (25 * KN_MS)
#define DRAIN_NS     (300 * KN_MS)
#define FRAMES_PER_S 1200 /* of all flows together */

static unsigned int pick_cnt(struct sim_world *w, unsigned int fixed, unsigned int low,
			     unsigned int high)
{
	return fixed != 0 ? fixed : (unsigned int)sim_rng_range(&w->rng, low, high);
}

/* Two hosts are as frequent as eight; one run in sixteen is large. */
static void world_make(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	struct sim_world pick = {.rng = sim_rng_fork(seed, 3)};
	bool is_large = sim_rng_chance(&pick.rng, 60);
	unsigned int hosts = pick_cnt(&pick, opt->hosts, is_large ? 9 : 2, is_large ? 16 : 8);
	unsigned int links = pick_cnt(&pick, opt->links, 1, is_large ? 3 : 8);

	sim_world_init(w, opt, seed, hosts, links);
}

/* Some wires are narrow, down to what is taken for granted before more is known, each way by
 * chance. From a generator of its own, so that old seeds stay what they were. */
static void widths_set(struct sim_world *w)
{
	struct sim_rng rng = sim_rng_fork(w->seed, 4);

	for (unsigned int link = 0; link < w->link_cnt; link++)
		for (unsigned int a = 0; a < w->host_cnt; a++)
			for (unsigned int b = 0; b < w->host_cnt; b++)
				if (sim_rng_chance(&rng, 200))
					w->net.wires[link][a][b].usual.mtu =
						(uint16_t)sim_rng_range(&rng, 1200, 1500);
}

static void qualities_set(struct sim_world *w)
{
	uint64_t longest = KN_MS << sim_rng_range(&w->rng, 0, 6); /* LAN to WAN */

	for (unsigned int link = 0; link < w->link_cnt; link++)
		for (unsigned int a = 0; a < w->host_cnt; a++)
			for (unsigned int b = a + 1; b < w->host_cnt; b++) {
				struct sim_quality q = {
					.delay_ns = sim_rng_range(&w->rng, 20 * KN_US, longest)};

				q.jitter_ns = sim_rng_range(&w->rng, 0, q.delay_ns / 10);
				w->net.wires[link][a][b].usual = q;
				w->net.wires[link][b][a].usual = q;
			}
	widths_set(w);
	sim_net_mend_all(w);
}

/* One link that all have, others by chance; perhaps a host whose address nobody knows. */
static void hosts_set(struct sim_world *w)
{
	uint8_t common = (uint8_t)(1U << sim_rng_range(&w->rng, 0, w->link_cnt - 1));
	bool is_uneven = sim_rng_chance(&w->rng, 300);
	unsigned int rekey_s = 0;

	if (sim_rng_chance(&w->rng, 300))
		rekey_s = (unsigned int)sim_rng_range(&w->rng, 1, 10);
	for (unsigned int i = 0; i < w->host_cnt; i++) {
		struct sim_host *h = w->hosts[i];

		if (is_uneven)
			h->link_mask = common | (uint8_t)sim_rng_u64(&w->rng);
		h->rekey_s = rekey_s;
		h->policy = KNET_POLICY_PASSIVE;
		if (sim_rng_chance(&w->rng, 500))
			h->policy =
				(enum knet_policy)sim_rng_range(&w->rng, 0, KNET_POLICY_COUNT - 1);
	}
	if (sim_rng_chance(&w->rng, 400))
		w->hosts[sim_rng_range(&w->rng, 0, w->host_cnt - 1)]->is_roaming = true;
	if (sim_rng_chance(&w->rng, 400))
		w->hosts[sim_rng_range(&w->rng, 0, w->host_cnt - 1)]->roaming =
			(enum knet_roaming)sim_rng_range(&w->rng, KNET_ROAMING_NAT,
							 KNET_ROAMING_ROAM);
}

static void on_boot(void *ctx, void *arg)
{
	struct sim_host *h = ctx;

	(void)arg;
	if (h->engine == NULL)
		sim_host_boot(h);
}

static void hosts_boot(struct sim_world *w)
{
	for (unsigned int i = 0; i < w->host_cnt; i++) {
		for (unsigned int link = 0; link < w->link_cnt; link++)
			for (unsigned int p = 0; p < w->host_cnt; p++)
				if (p != i)
					sim_host_peer_address(w->hosts[i], link, p);
		sim_world_at(w, sim_rng_range(&w->rng, 0, KN_SEC), on_boot, w->hosts[i], NULL);
	}
	sim_world_run_for(w, 2 * KN_SEC);
}

static void faults_run(struct sim_world *w, const struct sim_options *opt)
{
	unsigned int seconds = pick_cnt(w, opt->seconds, 3, 15);
	uint64_t mean = sim_rng_range(&w->rng, 50 * KN_MS, KN_SEC);
	uint64_t until = w->now + seconds * KN_SEC;

	while (w->now < until) {
		sim_fault_random(w);
		sim_world_run_for(w, sim_rng_range(&w->rng, 0, 2 * mean));
	}
}

static void check_pairs(struct sim_world *w, uint64_t since, uint64_t until)
{
	for (struct sim_flow *f = w->flows; f != NULL; f = f->next) {
		struct sim_flow_sum sum = sim_flow_sum(f, since, until);

		if (sum.lost > 0 || sum.sent == 0)
			sim_world_fail(
				w, SIM_CONVERGE,
				"%u s after the faults, %llu of %llu frames of %u to %u are lost",
				(unsigned int)(CONVERGE_NS / KN_SEC), (unsigned long long)sum.lost,
				(unsigned long long)sum.sent, f->from + 1, f->to + 1);
	}
}

void sim_random_run(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	world_make(w, opt, seed);
	w->name = "random";
	uint64_t interval = w->host_cnt * (w->host_cnt - 1) * (KN_SEC / FRAMES_PER_S);
	bool has_traffic = sim_rng_chance(&w->rng, 700);

	sim_world_say(w, "%u hosts, %u links, seed %llu", w->host_cnt, w->link_cnt,
		      (unsigned long long)seed);
	qualities_set(w);
	hosts_set(w);
	sim_flows_new_all(w);
	hosts_boot(w);
	if (has_traffic)
		sim_flows_start(w, interval);
	faults_run(w, opt);
	sim_faults_end(w, sim_rng_chance(&w->rng, 500));
	sim_world_run_for(w, CONVERGE_NS);
	uint64_t since = w->now;

	sim_flows_start(w, PROOF_STEP);
	sim_world_run_for(w, PROOF_NS);
	sim_flows_stop(w);
	sim_world_run_for(w, DRAIN_NS);
	check_pairs(w, since, since + PROOF_NS);
	sim_world_fini(w);
}
