/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live/engine.h"
#include "path/worker.h"
#include "tests/sim/net.h"
#include "tests/sim/rng.h"

/* A datagram that is under way, or waits in the socket. */
struct sim_datagram {
	struct sim_datagram *next;
	union kn_addr from;
	uint8_t link;
	uint8_t host;             /* index of the receiver */
	unsigned int address_cnt; /* of the receiver's port when it was sent */
	uint32_t len;
	uint8_t data[];
};

/* A host: an engine and a worker on the world's clock. Engine and worker are there while it runs;
 * configuration and addresses outlive a crash. */
struct sim_host {
	struct sim_world *world;
	unsigned int idx; /* the host id is idx + 1 */
	struct kn_engine *engine;
	struct kn_worker worker;
	struct sim_rng engine_rng, lateness;
	uint32_t life;             /* counts boots: events of an earlier one do nothing */
	uint64_t clock_ns;         /* its monotonic clock is ahead of the world's by this */
	int64_t realtime_ns;       /* its wall clock is ahead of its monotonic clock by this */
	uint64_t timer_at;         /* when control is to wake, world's time; KN_NEVER: not */
	bool is_work_set;          /* the worker is to wake without a packet */
	bool is_woken;             /* the worker has woken control */
	bool is_stalled;           /* stopped, as by SIGSTOP */
	bool is_roaming;           /* others do not know its addresses */
	enum knet_roaming roaming; /* how others follow it, if they know them */
	uint64_t control_until;    /* its control thread gets no CPU before this, world's time */
	struct sim_datagram *inbox, **inbox_end;
	unsigned int inbox_cnt;
	struct kn_hs_job *jobs; /* with the handshake thread */
	uint64_t arrival_cnt;
	union kn_addr known[KNET_MAX_LINKS][SIM_HOSTS_MAX]; /* its configuration of the peers */
	uint8_t link_mask;                                  /* links it has */
	unsigned int rekey_s;                               /* 0: the default */
	enum knet_policy policy;
	uint64_t peak_sessions, peak_timers;
	uint64_t wake_cnt; /* of control */
};

struct sim_host *sim_host_new(struct sim_world *w, unsigned int idx);
void sim_host_free(struct sim_host *h);
/* Start it with its configuration, with empty memory otherwise. */
void sim_host_boot(struct sim_host *h);
/* As by SIGKILL. */
void sim_host_crash(struct sim_host *h);
/* As by SIGTERM: tells the peers, then ends. */
void sim_host_leave(struct sim_host *h);
/* Stop all threads, as by SIGSTOP, and let them go on. */
void sim_host_stall(struct sim_host *h);
void sim_host_resume(struct sim_host *h);

/* A datagram is at its socket. */
void sim_host_arrival(struct sim_host *h, struct sim_datagram *d); /* consumes it */
/* A frame is at its TAP. */
void sim_host_frame(struct sim_host *h, const uint8_t *frame, size_t len);

/* The packet path has something for control. */
void sim_host_wake(struct sim_host *h);

/* What netlink would say: carrier or address of a link here has changed. */
void sim_host_local_changed(struct sim_host *h, unsigned int link, const char *why);
/* The operator gives it the present address of a peer. */
void sim_host_peer_address(struct sim_host *h, unsigned int link, unsigned int peer);
/* The operator shuts a link to a peer down. */
void sim_host_link_shut(struct sim_host *h, unsigned int link, unsigned int peer);
/* The operator clears a peer: its session is forgotten, and begun anew. */
void sim_host_peer_clear(struct sim_host *h, unsigned int peer);
/* The engine's time now. */
uint64_t sim_host_now(const struct sim_host *h);
/* Its view of a peer's link; NULL if it does not run. */
const struct kn_link *sim_host_link(const struct sim_host *h, unsigned int peer, unsigned int link);

#endif
