// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Named stories: what hosts send that have nothing to say. `make bench-idle` looks at the same with
 * a thousand real peers.
 */
#include "live/engine.h"
#include "tests/sim/story.h"

/* Of both hosts. */
static uint64_t probes_of(const struct sim_world *w)
{
	return w->hosts[0]->engine->counters.v[KN_C_PROBES_SENT] +
	       w->hosts[1]->engine->counters.v[KN_C_PROBES_SENT];
}

static void check_rate(struct sim_world *w, const char *what, uint64_t since, uint64_t seconds,
		       double most)
{
	uint64_t sent = probes_of(w) - since;

	sim_world_say(w, "%s: %llu probes in %llu s, %.1f allowed", what, (unsigned long long)sent,
		      (unsigned long long)seconds, most);
	if ((double)sent > most)
		sim_world_fail(w, SIM_IDLE, "%s: %llu probes in %llu s, %.1f allowed", what,
			       (unsigned long long)sent, (unsigned long long)seconds, most);
	if (sent == 0)
		sim_world_fail(w, SIM_IDLE, "%s: no probes at all", what);
}

/* Probes come up to an eighth early; three more for the beginning. */
static double allowed(unsigned int links, double seconds, double interval_s)
{
	return links * (seconds / (interval_s * 7 / 8) + 3);
}

/* No user traffic: one probe per second and link, from one end or the other, later one per 27 s,
 * less on the link that is not in use. A peer that is gone: from each end, ever rarer, up to every
 * 30 s. */
void sim_case_idle(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_world_boot_all(w);
	sim_world_run_for(w, 10 * KN_SEC);
	uint64_t at = probes_of(w);

	sim_world_run_for(w, 60 * KN_SEC);
	check_rate(w, "idle", at, 60, allowed(2, 60, 1));
	sim_world_run_for(w, 120 * KN_SEC);
	at = probes_of(w);
	sim_world_run_for(w, 600 * KN_SEC);
	check_rate(w, "dormant", at, 600, allowed(1, 600, 27) + allowed(1, 600, 300));
	for (unsigned int link = 0; link < w->link_cnt; link++)
		if (sim_host_link(w->hosts[0], 1, link)->live.suspect_cnt > 0)
			sim_world_fail(w, SIM_CALM, "link %u was suspected in idle times", link);
	sim_net_cut_host(w, 0, 1, true);
	sim_net_cut_host(w, 1, 1, true);
	sim_world_run_for(w, 300 * KN_SEC);
	at = probes_of(w);
	uint64_t sent = w->net.wires[0][0][1].sent + w->net.wires[1][0][1].sent;

	sim_world_run_for(w, 300 * KN_SEC);
	check_rate(w, "down", at, 300, 2 * allowed(2, 300, 30));
	sent = w->net.wires[0][0][1].sent + w->net.wires[1][0][1].sent - sent;
	if (sent > 400)
		sim_world_fail(w, SIM_IDLE, "down: %llu datagrams in 300 s",
			       (unsigned long long)sent);
	sim_world_fini(w);
}

/* While traffic flows control wakes to send a probe and for its answer; not for those of the peer,
 * which say what they said before, nor for deadlines that were put off. */
void sim_case_wakes(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	uint64_t wakes[2], probes;

	sim_story_make(w, opt, seed, 2, 1);
	sim_story_settle(w);
	probes = probes_of(w);
	for (unsigned int i = 0; i < 2; i++)
		wakes[i] = w->hosts[i]->wake_cnt;
	sim_world_run_for(w, 20 * KN_SEC);
	probes = probes_of(w) - probes;
	uint64_t woken = w->hosts[0]->wake_cnt + w->hosts[1]->wake_cnt - wakes[0] - wakes[1];

	sim_world_say(w, "%llu wake-ups, %llu probes", (unsigned long long)woken,
		      (unsigned long long)probes);
	if (probes == 0 || woken > probes * 22 / 10)
		sim_world_fail(w, SIM_IDLE, "%llu wake-ups for %llu probes",
			       (unsigned long long)woken, (unsigned long long)probes);
	sim_world_fini(w);
}

static uint64_t datagrams_of(const struct sim_world *w, unsigned int host)
{
	uint64_t sent = 0;

	for (unsigned int link = 0; link < w->link_cnt; link++)
		for (unsigned int peer = 0; peer < w->host_cnt; peer++)
			sent += w->net.wires[link][host][peer].sent;
	return sent;
}

/* All that hosts send to each other, answers and handshakes included, once they have had nothing to
 * say for a while: for each peer one datagram in ten seconds at most. Of all hosts together: that
 * is what comes out for one that has as many peers as there are pairs here. */
void sim_case_idle_crowd(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	uint64_t before = 0, sent = 0;

	sim_story_make(w, opt, seed, SIM_HOSTS_MAX, 2);
	sim_world_boot_all(w);
	sim_world_run_for(w, 1000 * KN_SEC);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		before += datagrams_of(w, i);
	sim_world_run_for(w, 600 * KN_SEC);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		sent += datagrams_of(w, i);
	sent -= before;
	uint64_t most = 60ULL * w->host_cnt * (w->host_cnt - 1);

	sim_world_say(w, "%llu datagrams, %llu allowed", (unsigned long long)sent,
		      (unsigned long long)most);
	if (sent == 0 || sent > most)
		sim_world_fail(w, SIM_IDLE, "%llu datagrams in 600 s, %llu allowed",
			       (unsigned long long)sent, (unsigned long long)most);
	sim_world_fini(w);
}
