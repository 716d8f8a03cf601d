/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "tests/sim/world.h"

/* One random run: topology, traffic, faults, calm, and what must hold then. Prints nothing but with
 * --verbose. Returns with the world ended and its failures kept. */
void sim_random_run(struct sim_world *w, const struct sim_options *opt, uint64_t seed);

/* Let one fault happen, and have it undone after a while. */
void sim_fault_random(struct sim_world *w);
/* Undo all faults at once. Some links may stay cut; every pair keeps one that works. */
void sim_faults_end(struct sim_world *w, bool may_leave_cuts);

/* A named story with promises of its own, told for several seeds. */
struct sim_case {
	const char *name;
	const char *meaning;
	unsigned int runs;
	void (*run)(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
};

extern const struct sim_case sim_cases[]; /* ended by a name of NULL */

/* Of cuts.c: links. */
void sim_case_cut_silent(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_cut_group(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_cut_pause(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_blink(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_cut_carrier(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_shut_down(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_cut_fast(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_cut_active(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_balance_order(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_restore(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_restore_slowly(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_restore_busy(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_restore_cut(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_restore_late_news(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_restore_queue(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_brown_out(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
/* Of lives.c: hosts. */
void sim_case_start(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_crash(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_crash_clock(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_clear(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_clock_jumps(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_standstill(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_outage(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_half_back(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_rekey(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
/* Of addresses.c. */
void sim_case_roam(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_nat(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_hijack(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
/* Of rates.c. */
void sim_case_wakes(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_idle(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_idle_crowd(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
/* Of pings.c. */
void sim_case_ping(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
/* Of widths.c. */
void sim_case_narrow(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_shrink(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_shrink_a_little(struct sim_world *w, const struct sim_options *opt, uint64_t seed);
void sim_case_narrow_spare(struct sim_world *w, const struct sim_options *opt, uint64_t seed);

#endif
