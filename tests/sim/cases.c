// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The list of named stories: one fault in an otherwise healthy world, and what it may cost. Each is
 * told for several seeds, which choose hosts, delays, and the moment.
 */
#include "tests/sim/run.h"

/* Seeds with which random runs once found a fault, kept as long as their runs take the same course:
 * 188 and the like found the story of half_back(). */
static void old_seeds(struct sim_world *w, const struct sim_options *opt, uint64_t seed)
{
	static const uint64_t seeds[] = {188, 197, 279, 389, 465};

	sim_random_run(w, opt, seeds[seed % (sizeof(seeds) / sizeof(seeds[0]))]);
}

const struct sim_case sim_cases[] = {
	{"cut-silent", "a silent cut under traffic: gap of 30 ms and 4 round trips, nothing lost",
	 12, sim_case_cut_silent},
	{"cut-pause", "a cut in a pause is noticed as soon once traffic goes on", 8,
	 sim_case_cut_pause},
	{"cut-group", "a cut under nothing but a stream to all is noticed as soon, nothing lost", 8,
	 sim_case_cut_group},
	{"blink", "what was lost while the only link was silent is sent again on it", 8,
	 sim_case_blink},
	{"cut-carrier", "loss of carrier under traffic: gap of 10 ms at most, nothing lost", 8,
	 sim_case_cut_carrier},
	{"shut-down", "a link that an operator shuts down leaves no gap", 8, sim_case_shut_down},
	{"cut-fast", "more frames than a window has are lost to a cut, and sent again", 4,
	 sim_case_cut_fast},
	{"cut-active", "with a copy on each link a cut loses nothing", 4, sim_case_cut_active},
	{"balance", "flows change links in pauses, no frame is overtaken", 4,
	 sim_case_balance_order},
	{"restore", "a restored link is used again, nothing is lost", 4, sim_case_restore},
	{"restore-slowly", "what fails while it is on hold is held no longer for that", 5,
	 sim_case_restore_slowly},
	{"restore-busy", "nor is a link whose peer was busy for a moment", 6,
	 sim_case_restore_busy},
	{"restore-cut", "a link that is cut when it is used again is left at once", 6,
	 sim_case_restore_cut},
	{"restore-late-news", "nor is it suspected for what was said while it was cut", 6,
	 sim_case_restore_late_news},
	{"restore-queue", "nor does a queue that was in its way make that take longer", 6,
	 sim_case_restore_queue},
	{"brown-out", "a link with loss is left for a clean one", 4, sim_case_brown_out},
	{"rekey", "new keys every second lose nothing", 4, sim_case_rekey},
	{"start", "hosts that start together need one handshake per pair", 8, sim_case_start},
	{"crash", "a host that crashed is back within 1 s of its restart", 8, sim_case_crash},
	{"crash-clock", "the same with a clock that is off by a year", 4, sim_case_crash_clock},
	{"clear", "a peer that is cleared is back within 1 s, on links without loss", 6,
	 sim_case_clear},
	{"clock-jumps", "jumping wall clocks disturb nothing", 2, sim_case_clock_jumps},
	{"standstill", "a host that stood still calls no link down", 6, sim_case_standstill},
	{"roam", "a host with a new address is back within 1 s", 4, sim_case_roam},
	{"nat", "a NAT that changes its port is followed within 30 ms and 4 round trips", 8,
	 sim_case_nat},
	{"hijack", "copies from elsewhere lead no link astray", 4, sim_case_hijack},
	{"outage", "after an outage of all links, traffic flows within 1 s", 8, sim_case_outage},
	{"half-back", "a peer that crashes half-way back is found again", 4, sim_case_half_back},
	{"narrow", "paths of all widths carry all sizes, nothing is lost", 4, sim_case_narrow},
	{"shrink", "a path that shrinks in mid-flow is known within 3 s", 6, sim_case_shrink},
	{"shrink-a-little", "nor is one of the few frames lost that are too long now", 8,
	 sim_case_shrink_a_little},
	{"narrow-spare", "traffic moves from a wide link to a narrow one", 4,
	 sim_case_narrow_spare},
	{"ping", "pings are answered by whom and on the link they were for", 4, sim_case_ping},
	{"old-seeds", "random runs that once found a fault", 5, old_seeds},
	{"wakes", "under traffic control wakes twice for each probe", 4, sim_case_wakes},
	{"idle", "probes of idle, dormant and dead links keep to their rates", 2, sim_case_idle},
	{"idle-crowd", "dormant hosts send one datagram in 10 s for each peer at most", 1,
	 sim_case_idle_crowd},
	{0},
};
