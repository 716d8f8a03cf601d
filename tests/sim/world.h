/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "knet.h"
#include "tests/sim/host.h"
#include "tests/sim/net.h"
#include "tests/sim/queue.h"
#include "tests/sim/rng.h"

/* What a run promises. Each failure names one. */
enum sim_promise {
	SIM_NONCE,    /* no (key, nonce) seals two different datagrams */
	SIM_ONCE,     /* no frame is delivered twice to one host */
	SIM_BYTES,    /* what is delivered was sent, byte for byte, by that host to this one */
	SIM_CONVERGE, /* soon after the faults stop, whoever has a working link exchanges frames */
	SIM_GAP,      /* a cut interrupts traffic for a bounded time */
	SIM_LOSS,     /* nothing is lost where nothing may be */
	SIM_HEAL,     /* one fault is over after a bounded time */
	SIM_MEMORY,   /* sessions, timers and what waits to be freed are bounded */
	SIM_IDLE,     /* probes without user traffic stay within their budget */
	SIM_CALM,     /* a link that works is not called down */
	SIM_PROMISE_COUNT
};

/* What may be broken on purpose, to show that the promises can fail. */
enum sim_break {
	SIM_BREAK_NOTHING,
	SIM_BREAK_NONCE,  /* nonces are used twice */
	SIM_BREAK_DUP,    /* some frames reach the TAP twice */
	SIM_BREAK_FLIP,   /* some frames reach the TAP with a bit turned */
	SIM_BREAK_LOSE,   /* some frames do not reach the TAP */
	SIM_BREAK_FORGET, /* nothing is kept for a failover */
	SIM_BREAK_DROP,   /* some datagrams are lost in the socket */
	SIM_BREAK_STUCK,  /* control sleeps through its timers */
	SIM_BREAK_LEAK,   /* session indexes are reserved and forgotten */
	SIM_BREAK_CHATTY, /* probes are sent although nobody needs them */
	SIM_BREAK_COUNT
};

const char *sim_promise_name(enum sim_promise p);
const char *sim_break_name(enum sim_break b);

struct sim_options {
	uint64_t seed;
	unsigned int runs;
	unsigned int hosts, links; /* 0: by chance */
	unsigned int seconds;      /* of faults in a random run, 0: by chance */
	unsigned int broken;       /* enum sim_break */
	bool is_verbose;
	const char *only; /* name of the one case to run, NULL: all */
};

struct sim_failure {
	enum sim_promise promise;
	char text[160];
};

#define SIM_FAILURES_MAX 8

/* One run: hosts, what is between them, what they say to each other, and what went wrong. */
struct sim_world {
	const struct sim_options *opt;
	const char *name; /* of the case that plays it again; NULL: that which is running */
	uint64_t seed;
	uint64_t now;
	struct sim_rng rng; /* of topology and faults */
	struct sim_queue queue;
	unsigned int host_cnt, link_cnt;
	struct sim_host *hosts[SIM_HOSTS_MAX];
	struct sim_net net;
	struct sim_flow *flows; /* a list (frames.h) */
	uint64_t frames_sent, frames_delivered;
	uint64_t gap_ns, frames_lost; /* longest gap and loss, where a case measures them */
	uint64_t digest; /* of all that was delivered, and when: two runs of a seed are the same */
	unsigned int faults;
	bool is_calm; /* the faults are over: those under way are undone already */
	struct sim_failure failures[SIM_FAILURES_MAX];
	unsigned int failure_cnt;
};

/* Hosts that all know each other on all links, not booted yet. */
void sim_world_init(struct sim_world *w, const struct sim_options *opt, uint64_t seed,
		    unsigned int host_cnt, unsigned int link_cnt);
/* Frees everything. Checks what holds at the end of any run: nonces, memory. */
void sim_world_fini(struct sim_world *w);

/* Let time pass. */
void sim_world_run(struct sim_world *w, uint64_t until);
void sim_world_run_for(struct sim_world *w, uint64_t ns);
/* Have fn(ctx, arg) happen; arg is allocated, or NULL, and freed by fn. */
void sim_world_at(struct sim_world *w, uint64_t at, sim_event_fn fn, void *ctx, void *arg);

/* A promise is broken. The first few are kept. */
void sim_world_fail(struct sim_world *w, enum sim_promise promise, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* With --verbose: a line about what is being done, with the time. */
void sim_world_say(struct sim_world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool sim_world_is_broken(const struct sim_world *w, enum sim_break b);

/* Hosts and boots by name of index. */
void sim_world_boot_all(struct sim_world *w);
/* Sessions, timers and reclaim backlog of every host: within their bounds? */
void sim_world_check_memory(struct sim_world *w);

#endif
