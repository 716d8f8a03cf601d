// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A simulated host: the engine with its clock, its timers, its handshake thread and its sockets
 * made of events. Control runs a little after it is woken and a little after its timer, as a thread
 * does; Diffie-Hellman takes some hundred microseconds. Events carry the host's life, so that those
 * of a host that has crashed do nothing to its successor.
 */
#include "tests/sim/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/handshake.h"
#include "live/liveness.h"
#include "tests/sim/packets.h"
#include "tests/sim/sealer.h"
#include "tests/sim/world.h"
#include "wire/control.h"

#define INBOX_MAX   2000
#define WAKE_MIN_NS (5 * KN_US)
#define WAKE_MAX_NS (60 * KN_US)
#define JOB_MIN_NS  (100 * KN_US)
#define JOB_MAX_NS  (500 * KN_US)
#define BREAK_EVERY 7                        /* datagrams */
#define EPOCH_NS    (1767225600ULL * KN_SEC) /* 2026-01-01 */

static const uint8_t secret[KNET_SECRET_LEN] = "the secret of a simulated world";

/* What an event of a host carries. */
struct ticket {
	uint32_t life;
	uint64_t at;
	struct kn_hs_job *job; /* the host's */
};

static struct ticket *ticket_new(const struct sim_host *h)
{
	struct ticket *t = sim_alloc(sizeof(*t));

	t->life = h->life;
	return t;
}

uint64_t sim_host_now(const struct sim_host *h)
{
	return h->world->now + h->clock_ns;
}

static uint64_t lateness(struct sim_host *h)
{
	return sim_rng_range(&h->lateness, WAKE_MIN_NS, WAKE_MAX_NS);
}

/* ---- control ------------------------------------------------------------------------------- */

static void control_run(struct sim_host *h);

/* Whether control may run now; if not, the event comes again when it may. */
static bool control_may_run(struct sim_host *h, sim_event_fn fn, struct ticket *t)
{
	if (h->engine == NULL || h->life != t->life) {
		free(t);
		return false;
	}
	if (!h->is_stalled && h->world->now >= h->control_until)
		return true;
	sim_world_at(h->world,
		     h->is_stalled ? h->world->now + KN_MS : h->control_until + lateness(h), fn, h,
		     t);
	return false;
}

static void on_timer(void *ctx, void *arg)
{
	struct sim_host *h = ctx;
	struct ticket *t = arg;
	uint64_t at = t->at;

	if (!control_may_run(h, on_timer, t))
		return;
	free(t);
	if (h->timer_at != at)
		return; /* set anew in the meantime */
	h->timer_at = KN_NEVER;
	control_run(h);
}

static void timer_arm(struct sim_host *h)
{
	uint64_t next = kn_engine_next(h->engine);

	if (next == KN_NEVER) {
		h->timer_at = KN_NEVER;
		return;
	}
	uint64_t at = next > h->clock_ns ? next - h->clock_ns : 0;

	if (at < h->world->now)
		at = h->world->now;
	at += lateness(h);
	/* Due sooner already, but not by so much that it would be in vain. */
	if (h->timer_at != KN_NEVER && h->timer_at <= at && at - h->timer_at < WAKE_MAX_NS)
		return;
	struct ticket *t = ticket_new(h);

	t->at = at;
	h->timer_at = at;
	sim_world_at(h->world, at, on_timer, h, t);
}

static void peaks_note(struct sim_host *h)
{
	if (h->engine->sessions.used > h->peak_sessions)
		h->peak_sessions = h->engine->sessions.used;
	if (h->engine->wheel.set_cnt > h->peak_timers)
		h->peak_timers = h->engine->wheel.set_cnt;
}

static void control_run(struct sim_host *h)
{
	h->is_woken = false;
	h->wake_cnt++;
	sim_packets_reports(h);
	kn_engine_step(h->engine, sim_host_now(h));
	rcu_quiescent_state();
	peaks_note(h);
	timer_arm(h);
}

static void on_wake(void *ctx, void *arg)
{
	struct sim_host *h = ctx;

	if (!control_may_run(h, on_wake, arg))
		return;
	free(arg);
	if (h->is_woken)
		control_run(h);
}

void sim_host_wake(struct sim_host *h)
{
	if (h->is_woken)
		return;
	h->is_woken = true;
	sim_world_at(h->world, h->world->now + lateness(h), on_wake, h, ticket_new(h));
}

static void on_job(void *ctx, void *arg)
{
	struct sim_host *h = ctx;
	struct ticket *t = arg;

	if (!control_may_run(h, on_job, t))
		return;
	struct kn_hs_job *job = t->job;
	struct kn_hs_job **at = &h->jobs;

	free(t);
	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	kn_hs_job_run(job);
	sim_packets_reports(h);
	kn_handshake_job_done(h->engine, job, sim_host_now(h));
	control_run(h);
}

/* ---- the engine's way out ------------------------------------------------------------------ */

static int io_send(void *ctx, unsigned int link, const union kn_addr *to, const uint8_t *buf,
		   size_t len)
{
	struct sim_host *h = ctx;

	return sim_net_send(h->world, h->idx, link, to, buf, len);
}

static bool io_submit(void *ctx, struct kn_hs_job *job)
{
	struct sim_host *h = ctx;
	struct ticket *t = ticket_new(h);

	t->job = job;
	job->next = h->jobs;
	h->jobs = job;
	sim_world_at(h->world, h->world->now + sim_rng_range(&h->lateness, JOB_MIN_NS, JOB_MAX_NS),
		     on_job, h, t);
	return true;
}

static bool io_is_unread(void *ctx, unsigned int link, uint64_t since_ns)
{
	const struct sim_host *h = ctx;

	(void)since_ns;
	for (const struct sim_datagram *d = h->inbox; d != NULL; d = d->next)
		if (d->link == link)
			return true;
	return false;
}

static uint64_t io_realtime(void *ctx)
{
	const struct sim_host *h = ctx;

	return EPOCH_NS + h->world->now + (uint64_t)h->realtime_ns;
}

static void io_kick(void *ctx)
{
	struct sim_host *h = ctx;

	sim_packets_kick(h, lateness(h));
}

static const struct kn_io engine_io = {.send = io_send,
				       .submit = io_submit,
				       .is_unread = io_is_unread,
				       .kick = io_kick,
				       .realtime = io_realtime};

static void rng_fill(void *ctx, void *out, size_t len)
{
	sim_rng_fill(ctx, out, len);
}

static void log_line(void *ctx, enum knet_log_level level, const char *subsystem, const char *text)
{
	const struct sim_host *h = ctx;

	(void)level;
	sim_world_say(h->world, "host %u: %s: %s", h->idx + 1, subsystem, text);
}

/* ---- configuration ------------------------------------------------------------------------- */

static void peer_link_configure(struct sim_host *h, unsigned int link, unsigned int peer,
				bool is_shut)
{
	struct knet_peer_link cfg = {
		.priority = -1, .enabled = !is_shut, .roaming = h->world->hosts[peer]->roaming};

	kn_addr_to_storage(&h->known[link][peer], &cfg.remote);
	if (kn_host_link_set(h->engine, (uint16_t)(peer + 1), link, &cfg) != 0)
		sim_die("a link is refused");
}

static void peer_configure(struct sim_host *h, unsigned int peer)
{
	const struct sim_host *p = h->world->hosts[peer];
	char name[16];

	snprintf(name, sizeof(name), "h%u", peer + 1);
	if (kn_host_add(h->engine, (uint16_t)(peer + 1), name, NULL) != 0)
		sim_die("a peer is refused");
	for (unsigned int link = 0; link < h->world->link_cnt; link++)
		if ((h->link_mask & p->link_mask) >> link & 1)
			peer_link_configure(h, link, peer, false);
}

/* The operator does, while the host runs. */
static void peer_link_change(struct sim_host *h, unsigned int link, unsigned int peer, bool is_shut)
{
	h->engine->now = sim_host_now(h);
	peer_link_configure(h, link, peer, is_shut);
	timer_arm(h);
}

void sim_host_peer_address(struct sim_host *h, unsigned int link, unsigned int peer)
{
	const struct sim_host *p = h->world->hosts[peer];

	h->known[link][peer] = (union kn_addr){.family = AF_UNSPEC};
	if (!p->is_roaming)
		h->known[link][peer] = h->world->net.ports[link][peer].addr;
	if (h->engine == NULL || !((h->link_mask & p->link_mask) >> link & 1))
		return;
	peer_link_change(h, link, peer, false);
}

void sim_host_link_shut(struct sim_host *h, unsigned int link, unsigned int peer)
{
	peer_link_change(h, link, peer, true);
}

void sim_host_peer_clear(struct sim_host *h, unsigned int peer)
{
	h->engine->now = sim_host_now(h);
	(void)kn_host_clear(h->engine, (uint16_t)(peer + 1));
	timer_arm(h);
}

static void local_set(struct sim_host *h, unsigned int link, const char *why)
{
	const struct sim_port *port = &h->world->net.ports[link][h->idx];
	struct kn_local_link local = {.addr = port->addr,
				      .priority = (uint8_t)(10 - link),
				      .is_open = true,
				      .is_usable = port->has_carrier};

	kn_local_set(h->engine, link, &local, why);
}

void sim_host_local_changed(struct sim_host *h, unsigned int link, const char *why)
{
	if (h->engine == NULL || !(h->link_mask >> link & 1))
		return;
	h->engine->now = sim_host_now(h);
	local_set(h, link, why);
	timer_arm(h);
}

/* ---- life ---------------------------------------------------------------------------------- */

struct sim_host *sim_host_new(struct sim_world *w, unsigned int idx)
{
	struct sim_host *h = sim_alloc(sizeof(*h));

	h->world = w;
	h->idx = idx;
	h->link_mask = 0xff;
	h->policy = KNET_POLICY_PASSIVE;
	h->inbox_end = &h->inbox;
	h->lateness = sim_rng_fork(w->seed, 1000 + idx);
	return h;
}

static void inbox_clear(struct sim_host *h)
{
	struct sim_datagram *next;

	for (struct sim_datagram *d = h->inbox; d != NULL; d = next) {
		next = d->next;
		free(d);
	}
	h->inbox = NULL;
	h->inbox_end = &h->inbox;
	h->inbox_cnt = 0;
}

static void jobs_clear(struct sim_host *h)
{
	while (h->jobs != NULL) {
		struct kn_hs_job *next = h->jobs->next;

		kn_hs_job_free(h->jobs);
		h->jobs = next;
	}
}

void sim_host_free(struct sim_host *h)
{
	sim_host_crash(h);
	free(h);
}

void sim_host_boot(struct sim_host *h)
{
	struct knet_params params = {.host_id = (uint16_t)(h->idx + 1),
				     .secret = secret,
				     .rekey_seconds = h->rekey_s,
				     .log = log_line,
				     .log_ctx = h};

	h->life++;
	h->engine_rng = sim_rng_fork(h->world->seed, (uint64_t)h->life << 16 | h->idx);
	h->clock_ns = sim_rng_range(&h->engine_rng, KN_SEC, 100 * 86400 * KN_SEC);

	struct kn_engine_setup setup = {.params = &params,
					.io = &engine_io,
					.io_ctx = h,
					.rng = {.fill = rng_fill, .ctx = &h->engine_rng},
					.aead = sim_sealer_get(),
					.now = sim_host_now(h)};

	h->engine = kn_engine_new(&setup);
	if (h->engine == NULL)
		sim_die("an engine cannot be made");
	h->engine->policy = h->policy;
	if (sim_world_is_broken(h->world, SIM_BREAK_FORGET))
		h->engine->ring_len = 0;
	h->timer_at = KN_NEVER;
	h->is_woken = false;
	h->is_stalled = false;
	sim_packets_init(h);
	for (unsigned int link = 0; link < h->world->link_cnt; link++)
		if (h->link_mask >> link & 1)
			local_set(h, link, "opened");
	for (unsigned int peer = 0; peer < h->world->host_cnt; peer++)
		if (peer != h->idx)
			peer_configure(h, peer);
	timer_arm(h);
}

void sim_host_crash(struct sim_host *h)
{
	if (h->engine == NULL)
		return;
	inbox_clear(h);
	jobs_clear(h);
	sim_packets_fini(h);
	h->engine->log.fn = NULL;
	kn_engine_free(h->engine);
	h->engine = NULL;
	h->is_stalled = false;
}

void sim_host_leave(struct sim_host *h)
{
	const uint8_t msg[1] = {KN_CONTROL_LEAVE};
	struct kn_host *p;

	if (h->engine == NULL)
		return;
	cds_list_for_each_entry(p, &h->engine->active, active_node)
		for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
			if (p->links[i] != NULL && p->links[i]->state == KNET_LINK_UP)
				(void)kn_control_send(h->engine, p, p->links[i], msg, sizeof(msg));
	sim_host_crash(h);
}

void sim_host_stall(struct sim_host *h)
{
	h->is_stalled = true;
}

static void inbox_read(struct sim_host *h)
{
	struct sim_datagram *d = h->inbox, *next;

	h->inbox = NULL;
	h->inbox_end = &h->inbox;
	h->inbox_cnt = 0;
	for (; d != NULL; d = next) {
		next = d->next;
		sim_packets_datagram(h, d);
		free(d);
	}
}

void sim_host_resume(struct sim_host *h)
{
	if (h->engine == NULL || !h->is_stalled)
		return;
	h->is_stalled = false;
	/* Which thread gets a processor first is chance. */
	if (sim_rng_chance(&h->lateness, 500))
		control_run(h);
	inbox_read(h);
}

void sim_host_arrival(struct sim_host *h, struct sim_datagram *d)
{
	h->arrival_cnt++;
	if (h->arrival_cnt % BREAK_EVERY == 0 && sim_world_is_broken(h->world, SIM_BREAK_DROP)) {
		free(d);
		return;
	}
	if (!h->is_stalled) {
		sim_packets_datagram(h, d);
		free(d);
		return;
	}
	if (h->inbox_cnt >= INBOX_MAX) {
		free(d);
		return;
	}
	d->next = NULL;
	*h->inbox_end = d;
	h->inbox_end = &d->next;
	h->inbox_cnt++;
}

void sim_host_frame(struct sim_host *h, const uint8_t *frame, size_t len)
{
	sim_packets_frame(h, frame, len);
}

const struct kn_link *sim_host_link(const struct sim_host *h, unsigned int peer, unsigned int link)
{
	const struct kn_host *p = h->engine == NULL ? NULL : h->engine->hosts[peer + 1];

	return p == NULL ? NULL : p->links[link];
}
