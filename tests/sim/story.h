/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include "tests/sim/run.h"

#define SIM_SILENT_GAP_NS (30 * KN_MS) /* after a silent cut; and four round trips */
#define SIM_TRAFFIC_NS    (1 * KN_MS)  /* between two frames of a pair */

/* A healthy world of hosts with delays as in a data centre or a city, not booted. The options may
 * ask for other numbers. */
void sim_story_make(struct sim_world *w, const struct sim_options *opt, uint64_t seed,
		    unsigned int host_cnt, unsigned int link_cnt);
/* Hosts are up, frames flow between all pairs and have done so for a while. */
void sim_story_settle(struct sim_world *w);

/* Which link host a sends on to b. */
unsigned int sim_link_in_use(const struct sim_world *w, unsigned int a, unsigned int b);
/* Of the slower of the links between two hosts. */
uint64_t sim_round_trip(const struct sim_world *w, unsigned int a, unsigned int b);

/* Of what was sent in this time nothing is lost, and something was sent. */
void sim_check_loss(struct sim_world *w, uint64_t since, uint64_t until);
/* The same up to now. The traffic ends. */
void sim_check_none_lost(struct sim_world *w, uint64_t since);
/* No pair has had a gap longer than `most` and so many round trips, and nothing is lost. The
 * traffic ends. */
void sim_check_gap(struct sim_world *w, uint64_t since, uint64_t most, unsigned int rtts);
/* The fault is over: from a while after `since` on, nothing is lost; some time passes to see that.
 * The traffic ends. */
void sim_check_healed(struct sim_world *w, uint64_t since, uint64_t within);

#endif
