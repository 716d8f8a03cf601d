// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Named stories: a link that carries traffic is cut, silently or not, or becomes bad, and how it is
 * used again. Hosts and everything else are well.
 */
#include <errno.h>

#include "live/engine.h"
#include "live/ping.h"
#include "tests/sim/frames.h"
#include "tests/sim/story.h"

#define FAST_NS        (8 * KN_US)
#define FILLED_GAP_NS  (75 * KN_MS) /* after a silent cut, with policies that fill links */
#define CARRIER_GAP_NS (10 * KN_MS)
#define QUEUE_GAP_NS   (45 * KN_MS) /* after a silent cut, when answers were late not long ago */
#define NETLINK_NS     (5 * KN_MS)
#define SLOW_GROUP_NS  (100 * KN_MS)
/* The ping interval and a suspicion: a router with that interval waits for thrice its own. */
#define SLOW_GROUP_GAP_NS (150 * KN_MS)
#define HELD_NS           (4 * KN_SEC) /* from the end of a cut: to be up, and the hold time */

/* Both ends have left the link, whichever way it is cut. */
static void check_suspect(struct sim_world *w, unsigned int link, unsigned int a, unsigned int b)
{
	for (unsigned int i = 0; i < 2; i++) {
		unsigned int host = i == 0 ? a : b, peer = i == 0 ? b : a;

		if (sim_host_link(w->hosts[host], peer, link)->state == KNET_LINK_UP)
			sim_world_fail(w, SIM_GAP, "host %u still trusts link %u to %u", host + 1,
				       link, peer + 1);
	}
}

void sim_case_cut_silent(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	static const enum knet_policy policies[] = {KNET_POLICY_PASSIVE, KNET_POLICY_ROUND_ROBIN,
						    KNET_POLICY_BALANCE};

	sim_story_make(w, opt, seed, 3, 2);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		w->hosts[i]->policy = policies[seed / 3 % 3];
	sim_story_settle(w);
	uint64_t since = w->now;
	uint64_t gap = seed / 3 % 3 == 0 ? SIM_SILENT_GAP_NS : FILLED_GAP_NS;
	unsigned int link = sim_link_in_use(w, 0, 1);

	switch (seed % 3) {
	case 0: /* a host's port at the switch */
		sim_net_cut_host(w, link, 0, true);
		break;
	case 1:
		sim_net_cut(w, link, 0, 1, true);
		break;
	default:
		w->net.wires[link][0][1].is_cut = true;
	}
	sim_world_run_for(w, gap + 4 * sim_round_trip(w, 0, 1));
	check_suspect(w, link, 0, 1);
	sim_world_run_for(w, 2 * KN_SEC);
	sim_check_gap(w, since, gap, 4);
	sim_world_fini(w);
}

/* The only link of a pair is silent for a while, but for less than its timeout. There is no other
 * way: what was sent meanwhile goes out again when it answers again. */
void sim_case_blink(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 1);
	sim_story_settle(w);
	uint64_t since = w->now;

	sim_net_cut(w, 0, 0, 1, true);
	sim_world_run_for(w, SIM_SILENT_GAP_NS + 4 * sim_round_trip(w, 0, 1) +
				     sim_rng_range(&w->rng, 0, 300 * KN_MS));
	check_suspect(w, 0, 0, 1);
	sim_net_cut(w, 0, 0, 1, false);
	sim_world_run_for(w, 2 * KN_SEC);
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}

/* The cut is there before the first frame after a pause, be it short or long. */
void sim_case_cut_pause(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1);

	sim_flows_stop(w);
	sim_world_run_for(w, (101 + 40 * (seed % 64)) * KN_MS);
	sim_flows_start(w, SIM_TRAFFIC_NS);
	uint64_t since = w->now;

	if (seed % 3 == 0)
		sim_net_cut(w, link, 0, 1, true);
	else
		w->net.wires[link][seed % 2][1 - seed % 2].is_cut = true;
	sim_world_run_for(w, SIM_SILENT_GAP_NS + 4 * sim_round_trip(w, 0, 1));
	check_suspect(w, link, 0, 1);
	sim_world_run_for(w, KN_SEC);
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}

/* Nothing is sent but by one host to all, quickly as a film is, or slowly as a router's
 * advertisements are, and the link swallows it. */
void sim_case_cut_group(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	static const uint64_t intervals[] = {SIM_TRAFFIC_NS, SLOW_GROUP_NS, KN_SEC};
	uint64_t interval = intervals[seed % 3];

	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	sim_flows_stop(w);
	sim_world_run_for(w, 4 * KN_SEC);
	struct sim_flow *f = sim_flow_new(w, 0, SIM_ALL);

	sim_flow_start(f, interval);
	sim_world_run_for(w, 4 * KN_SEC + sim_rng_range(&w->rng, 0, KN_SEC));
	unsigned int link = sim_link_in_use(w, 0, 1);
	uint64_t since = w->now, most = seed % 3 == 0 ? SIM_SILENT_GAP_NS : SLOW_GROUP_GAP_NS;

	if (seed % 4 < 2)
		sim_net_cut(w, link, 0, 1, true);
	else
		w->net.wires[link][0][1].is_cut = true;
	sim_world_run_for(w, 2 * KN_SEC);
	sim_flow_stop(f);
	sim_world_run_for(w, KN_SEC);
	struct sim_flow_sum sum = sim_flow_sum(f, since, w->now);

	most += 4 * sim_round_trip(w, 0, 1);
	w->frames_lost += sum.lost;
	if (sum.lost > 0 || sum.sent < 2 * KN_SEC / interval)
		sim_world_fail(w, SIM_LOSS, "%llu of %llu frames to all are lost",
			       (unsigned long long)sum.lost, (unsigned long long)sum.sent);
	if (sum.gap_ns > most)
		sim_world_fail(w, SIM_GAP, "a gap of %llu us in what is sent to all",
			       (unsigned long long)(sum.gap_ns / KN_US));
	sim_world_fini(w);
}

void sim_case_cut_carrier(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	sim_story_settle(w);
	uint64_t since = w->now;
	unsigned int link = sim_link_in_use(w, 0, 1);

	w->net.ports[link][0].has_carrier = false;
	w->net.ports[link][0].send_errno = seed % 2 == 0 ? 0 : ENETUNREACH;
	sim_world_run_for(w, sim_rng_range(&w->rng, 0, NETLINK_NS));
	sim_host_local_changed(w->hosts[0], link, "no carrier");
	sim_world_run_for(w, 2 * KN_SEC);
	sim_check_gap(w, since, CARRIER_GAP_NS, 0);
	sim_world_fini(w);
}

/* One end stops using the link, and takes what the other has sent on it until it knows. */
void sim_case_shut_down(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	struct knet_ping ping;
	int64_t rtt_us;

	sim_story_make(w, opt, seed, 3, 2);
	sim_story_settle(w);
	uint64_t since = w->now;
	unsigned int link = sim_link_in_use(w, 0, 1);
	struct sim_host *h = w->hosts[0];

	h->engine->now = sim_host_now(h);
	if (kn_ping_send(h->engine, h->engine->hosts[2]->links[link],
			 &(struct knet_ping_params){.size = 0}, &ping) != 0)
		sim_world_fail(w, SIM_HEAL, "a ping cannot be sent");
	sim_host_link_shut(h, link, 1);
	sim_world_run_for(w, KN_SEC / 2);
	if (kn_ping_result(h->engine, &ping, &rtt_us) != 1)
		sim_world_fail(w, SIM_LOSS, "the ping that was under way is lost");
	if (sim_host_link(w->hosts[1], 0, link)->state == KNET_LINK_UP)
		sim_world_fail(w, SIM_HEAL, "host 2 still trusts a link that is shut down");
	sim_world_run_for(w, 2 * KN_SEC);
	sim_check_gap(w, since, 2 * SIM_TRAFFIC_NS, 1);
	sim_world_fini(w);
}

/* More frames vanish before the cut is noticed than a replay window is wide; in every second run
 * the link that takes them over is cut before it has sent them all again. */
void sim_case_cut_fast(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 3);
	sim_story_settle(w);
	sim_flows_stop(w);
	struct sim_flow *f = w->flows;
	unsigned int link = sim_link_in_use(w, f->from, f->to);

	sim_flow_start(f, FAST_NS);
	sim_world_run_for(w, 10 * KN_MS);
	uint64_t since = w->now, deadline = w->now + KN_SEC;

	sim_net_cut(w, link, 0, 1, true);
	while (sim_link_in_use(w, f->from, f->to) == link && w->now < deadline)
		sim_world_run_for(w, KN_MS / 10);
	if (seed % 2 == 0)
		sim_net_cut(w, sim_link_in_use(w, f->from, f->to), 0, 1, true);
	sim_world_run_for(w, 100 * KN_MS);
	uint64_t until = w->now;

	sim_flows_stop(w);
	sim_world_run_for(w, KN_SEC);
	struct sim_flow_sum sum = sim_flow_sum(f, since, until);

	w->frames_lost += sum.lost;
	if (sum.lost > 0 || sum.sent < KN_WINDOW_BITS)
		sim_world_fail(w, SIM_LOSS, "%llu of %llu frames are lost",
			       (unsigned long long)sum.lost, (unsigned long long)sum.sent);
	sim_world_fini(w);
}

/* A copy on each link: whatever one of them does is not even noticed. */
void sim_case_cut_active(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		w->hosts[i]->policy = KNET_POLICY_ACTIVE;
	sim_story_settle(w);
	uint64_t since = w->now;
	unsigned int link = (unsigned int)sim_rng_range(&w->rng, 0, 1);

	sim_net_cut_host(w, link, 0, true);
	sim_world_run_for(w, 2 * KN_SEC);
	sim_net_cut_host(w, link, 0, false);
	sim_world_run_for(w, 2 * KN_SEC);
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}

/* Links of different length, and flows that pause: a flow may change links, and still no frame
 * overtakes another. */
void sim_case_balance_order(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 3);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		w->hosts[i]->policy = KNET_POLICY_BALANCE;
	for (unsigned int link = 0; link < w->link_cnt; link++)
		for (unsigned int a = 0; a < 2; a++) {
			struct sim_quality *q = &w->net.wires[link][a][1 - a].present;

			q->delay_ns = sim_rng_range(&w->rng, 20 * KN_US, (1 + seed % 5) * KN_MS);
			q->jitter_ns = q->delay_ns / 20;
		}
	sim_story_settle(w);
	uint64_t since = w->now;

	for (unsigned int i = 0; i < 400; i++) {
		sim_flows_start(w, 100 * KN_US);
		sim_world_run_for(w, sim_rng_range(&w->rng, KN_MS, 5 * KN_MS));
		sim_flows_stop(w);
		sim_world_run_for(w, sim_rng_range(&w->rng, KN_MS, 15 * KN_MS));
	}
	sim_check_none_lost(w, since);
	for (struct sim_flow *f = w->flows; f != NULL; f = f->next)
		for (size_t n = 1; n < f->cnt; n++)
			if (f->frames[n].sent_at >= since &&
			    f->frames[n].got_at < f->frames[n - 1].got_at)
				sim_world_fail(w, SIM_BYTES,
					       "frame %zu from %u to %u was overtaken", n - 1,
					       f->from + 1, f->to + 1);
	for (unsigned int link = 0, used = 0; link < w->link_cnt; link++) {
		used += w->net.wires[link][0][1].sent > 2000;
		if (link + 1 == w->link_cnt && used < 2)
			sim_world_fail(w, SIM_LOSS, "the flow has never changed links");
	}
	sim_world_fini(w);
}

/* A link that comes back is used again after its hold time, without a lost frame. */
void sim_case_restore(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 3, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1);

	sim_net_cut_host(w, link, 0, true);
	sim_world_run_for(w, 3 * KN_SEC);
	uint64_t since = w->now;

	sim_net_cut_host(w, link, 0, false);
	sim_world_run_for(w, 8 * KN_SEC);
	if (sim_link_in_use(w, 0, 1) != link)
		sim_world_fail(w, SIM_HEAL, "link %u is not used again", link);
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}

/* The cable of a host's port is plugged in or pulled, and the host sees it. */
static void port_set(struct sim_world *w, unsigned int link, unsigned int host, bool has_carrier)
{
	w->net.ports[link][host].has_carrier = has_carrier;
	w->net.ports[link][host].send_errno = has_carrier ? 0 : ENETUNREACH;
	sim_host_local_changed(w->hosts[host], link, has_carrier ? "carrier" : "no carrier");
}

static void wait_used_again(struct sim_world *w, unsigned int link, uint64_t within)
{
	sim_world_run_for(w, within);
	for (unsigned int i = 0; i < 2; i++)
		if (sim_link_in_use(w, i, 1 - i) != link)
			sim_world_fail(w, SIM_HEAL,
				       "host %u has not used link %u again within %.1f s", i + 1,
				       link, (double)within / KN_SEC);
}

/* What fails again and again while it is on hold is held once, from the last time on. */
void sim_case_restore_slowly(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1);
	uint64_t since = w->now;

	for (unsigned int i = 0; i < 6; i++) {
		sim_net_cut(w, link, 0, 1, true);
		sim_world_run_for(w, (600 + 200 * (seed % 5)) * KN_MS);
		sim_net_cut(w, link, 0, 1, false);
		if (i < 5)
			sim_world_run_for(w, sim_rng_range(&w->rng, KN_SEC, 2 * KN_SEC));
	}
	wait_used_again(w, link, HELD_NS);
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}

/* A host that was busy for a moment answers late on all links: that makes no hold time longer. */
void sim_case_restore_busy(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1);
	uint64_t since = w->now;

	sim_net_cut(w, link, 0, 1, true);
	sim_world_run_for(w, KN_SEC);
	sim_net_cut(w, link, 0, 1, false);
	sim_world_run_for(w, sim_rng_range(&w->rng, KN_SEC, 2 * KN_SEC));
	uint64_t stalled = w->now;

	sim_host_stall(w->hosts[seed % 2]);
	sim_world_run_for(w, sim_rng_range(&w->rng, 15 * KN_MS, 60 * KN_MS) +
				     4 * sim_round_trip(w, 0, 1));
	sim_host_resume(w->hosts[seed % 2]);
	wait_used_again(w, link, HELD_NS - KN_SEC - (w->now - stalled));
	sim_check_none_lost(w, since);
	sim_world_fini(w);
}

/* Without a hold time a link is used as soon as it is back, and is cut at that moment, which one
 * end sees. The other must believe it when it says so. */
void sim_case_restore_cut(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1);

	for (unsigned int i = 0; i < 2; i++)
		w->hosts[i]->engine->timers.hold_ms = 0;
	port_set(w, link, 0, false);
	sim_world_run_for(w, KN_SEC);
	port_set(w, link, 0, true);
	for (unsigned int i = 0; i < 2; i++)
		while (sim_link_in_use(w, i, 1 - i) != link && w->now < 20 * KN_SEC)
			sim_world_run_for(w, KN_MS);
	sim_world_run_for(w, sim_rng_range(&w->rng, 30 * KN_MS, 90 * KN_MS));
	uint64_t since = w->now;

	port_set(w, link, 0, false);
	sim_world_run_for(w, KN_SEC);
	sim_check_gap(w, since, CARRIER_GAP_NS, 4);
	sim_world_fini(w);
}

/* What a host says of one link while that is cut takes another one on which it is late: by then the
 * first link works again, and must not be suspected. */
void sim_case_restore_late_news(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1), other = 1 - link;

	w->net.wires[other][0][1].present.delay_ns = 400 * KN_MS;
	port_set(w, link, 0, false);
	sim_world_run_for(w, sim_rng_range(&w->rng, 60 * KN_MS, 120 * KN_MS));
	port_set(w, link, 0, true);
	sim_world_run_for(w, 150 * KN_MS);
	const struct kn_link *l = sim_host_link(w->hosts[1], 0, link);
	uint32_t suspect_cnt = l->live.suspect_cnt;

	sim_world_run_for(w, KN_SEC);
	if (l->state != KNET_LINK_UP || l->live.suspect_cnt != suspect_cnt)
		sim_world_fail(w, SIM_CALM, "link %u was suspected for what is long over", link);
	sim_world_fini(w);
}

/* A queue is in the way of a link for a while, so that round trips are a thousand times as long.
 * What was measured then is forgotten before the link is used again: a cut is noticed as soon as
 * usual, but for the patience that late answers have bought. */
void sim_case_restore_queue(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	static const uint64_t delays[] = {100 * KN_MS, 300 * KN_MS, 900 * KN_MS};

	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1);
	uint64_t began = w->now;

	for (unsigned int a = 0; a < 2; a++)
		w->net.wires[link][a][1 - a].present.delay_ns = delays[seed % 3];
	sim_world_run_for(w, sim_rng_range(&w->rng, 500 * KN_MS, 3 * KN_SEC));
	sim_net_mend_all(w);
	sim_world_run_for(w, 100 * KN_MS);
	while ((sim_link_in_use(w, 0, 1) != link || sim_link_in_use(w, 1, 0) != link) &&
	       w->now < began + 40 * KN_SEC)
		sim_world_run_for(w, KN_MS);
	uint64_t since = w->now;

	if (since >= began + 40 * KN_SEC)
		sim_world_fail(w, SIM_HEAL, "link %u is not used again", link);
	sim_net_cut(w, link, 0, 1, true);
	sim_world_run_for(w, KN_SEC);
	sim_check_gap(w, since, QUEUE_GAP_NS, 4);
	sim_world_fini(w);
}

/* Ends at rest notice, too, that the link is well again. */
static void brown_out_rest(struct sim_world *w, unsigned int link, uint64_t began)
{
	sim_flows_stop(w);
	sim_world_run_for(w, KN_SEC);
	uint64_t until = w->now;

	sim_net_mend_all(w);
	sim_world_run_for(w, 60 * KN_SEC);
	for (unsigned int i = 0; i < 2; i++)
		if (sim_host_link(w->hosts[i], 1 - i, link)->live.is_lossy ||
		    sim_link_in_use(w, i, 1 - i) != link)
			sim_world_fail(w, SIM_HEAL, "host %u does not use link %u again", i + 1,
				       link);
	sim_check_loss(w, began, until);
}

/* A link with loss is left for a clean one within a second, stays alone while it loses, and is used
 * again when it has been clean for a while. What it has lost until it was left is sent again. */
void sim_case_brown_out(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	sim_story_make(w, opt, seed, 2, 2);
	sim_story_settle(w);
	unsigned int link = sim_link_in_use(w, 0, 1);
	uint64_t began = w->now;

	w->net.wires[link][0][1].present.loss_permille = 200;
	w->net.wires[link][1][0].present.loss_permille = seed % 2 == 0 ? 0 : 200;
	sim_world_run_for(w, KN_SEC);
	uint64_t since = w->now;

	while (w->now < since + 20 * KN_SEC) {
		if (sim_link_in_use(w, 0, 1) == link || sim_link_in_use(w, 1, 0) == link)
			sim_world_fail(w, SIM_HEAL, "link %u is used although it loses", link);
		sim_world_run_for(w, 50 * KN_MS);
	}
	if (!sim_host_link(w->hosts[0], 1, link)->live.is_lossy)
		sim_world_fail(w, SIM_HEAL, "link %u is not called lossy", link);
	if (seed / 2 % 2 == 1) {
		brown_out_rest(w, link, began);
		sim_world_fini(w);
		return;
	}
	sim_net_mend_all(w);
	sim_world_run_for(w, 40 * KN_SEC);
	if (sim_link_in_use(w, 0, 1) != link)
		sim_world_fail(w, SIM_HEAL, "link %u is not used again", link);
	sim_check_healed(w, began, 0);
	sim_world_fini(w);
}
