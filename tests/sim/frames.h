/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_FRAMES_H
#define SIM_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_host;
struct sim_world;

#define SIM_ALL 0xffff /* as a flow's destination: broadcast */

struct sim_frame {
	uint64_t sent_at;
	uint64_t got_at; /* by whom it was for, 0: not */
	uint32_t seen;   /* a bit per host that got it */
};

/* Frames from one host to another (or all) at a constant rate, each unlike all others. */
struct sim_flow {
	struct sim_flow *next;
	struct sim_world *world;
	unsigned int from, to;
	uint64_t interval_ns;
	bool is_running, is_scheduled;
	struct sim_frame *frames;
	size_t cnt, cap;
};

struct sim_flow_sum {
	uint64_t sent, lost;
	uint64_t gap_ns; /* longest time without an arrival, less the interval */
};

/* A flow that waits to be started. Owned by the world. */
struct sim_flow *sim_flow_new(struct sim_world *w, unsigned int from, unsigned int to);
void sim_flow_start(struct sim_flow *f, uint64_t interval_ns);
void sim_flow_stop(struct sim_flow *f);
/* Of what was sent in [since, until). Loss is final only when nothing is on its way any more. */
struct sim_flow_sum sim_flow_sum(const struct sim_flow *f, uint64_t since, uint64_t until);

/* Flows between all pairs, in both directions. */
void sim_flows_new_all(struct sim_world *w);
void sim_flows_start(struct sim_world *w, uint64_t interval_ns);
void sim_flows_stop(struct sim_world *w);
void sim_flows_free(struct sim_world *w);

/* A host's TAP got a frame: check it against what was sent. */
void sim_frames_got(struct sim_host *h, const uint8_t *frame, size_t len);

#endif
