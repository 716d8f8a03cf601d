// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Named stories: a host's datagrams come from elsewhere, because it has moved, because a NAT has
 * changed its mind, or because somebody else sends copies.
 */
#include "live/engine.h"
#include "tests/sim/story.h"

#define DRAIN_NS (300 * KN_MS)
#define HEAL_NS  (1 * KN_SEC)

/* A NAT gives the host another port: its datagrams come from elsewhere, and those to it are lost
 * until the peers have learned. */
void sim_case_roam(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	w->hosts[0]->is_roaming = true;
	sim_story_settle(w);
	uint64_t since = w->now;

	sim_net_readdress(w, 0, 0);
	if (seed % 2 == 0)
		sim_net_readdress(w, 0, 1);
	sim_check_healed(w, since, HEAL_NS);
	sim_world_fini(w);
}

/* A NAT changes the port of the link in use, of a host whose address is configured: the link is
 * followed within a round trip of the next probe, and no frame is lost. */
void sim_case_nat(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	w->hosts[0]->roaming = seed % 2 == 0 ? KNET_ROAMING_NAT : KNET_ROAMING_ROAM;
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 1, 0);
	uint64_t since = w->now;

	sim_net_report(w, 0, link);
	sim_world_run_for(w, KN_SEC);
	for (unsigned int i = 1; i < w->host_cnt; i++) {
		const struct kn_link *l = sim_host_link(w->hosts[i], 0, link);

		if (!kn_addr_equal(&l->path->remote, &w->net.ports[link][0].addr) ||
		    l->live.down_cnt > 0)
			sim_world_fail(w, SIM_HEAL, "host %u has not followed on link %u", i + 1,
				       link);
	}
	sim_check_gap(w, since, SIM_SILENT_GAP_NS, 4);
	sim_world_fini(w);
}

/* Somebody copies the datagrams of a host and sends them from elsewhere, sooner than they come
 * themselves: the link stays where the host answers, and traffic does. */
void sim_case_hijack(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	w->hosts[0]->is_roaming = true;
	sim_story_settle(w);
	uint64_t since = w->now;

	w->net.is_hijacked = true;
	sim_world_run_for(w, 3 * KN_SEC);
	for (unsigned int link = 0; link < w->link_cnt; link++)
		if (!kn_addr_equal(&sim_host_link(w->hosts[1], 0, link)->path->remote,
				   &w->net.ports[link][0].addr))
			sim_world_fail(w, SIM_HEAL, "link %u was led astray", link);
	w->net.is_hijacked = false;
	sim_check_loss(w, since, w->now - DRAIN_NS);
	sim_world_fini(w);
}
