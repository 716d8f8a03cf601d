// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A world: a clock that jumps from event to event, the hosts and the net that make these events,
 * and the list of promises that were broken. Everything runs in one thread, which is control and
 * packet thread of all hosts in turn.
 */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live/liveness.h"
#include "tests/sim/frames.h"
#include "tests/sim/sealer.h"

#define LAN_DELAY_NS      (100 * KN_US)
#define SABOTAGE_NS       (500 * KN_MS)
#define STUCK_NS          (450 * KN_MS)
#define LEAK_CNT          64
#define SESSIONS_PER_PEER 7 /* current, next, three old, an attempt, an answer in the making */

static const char *const promise_names[] = {
	[SIM_NONCE] = "nonce", [SIM_ONCE] = "once",         [SIM_BYTES] = "bytes",
	[SIM_GAP] = "gap",     [SIM_CONVERGE] = "converge", [SIM_LOSS] = "loss",
	[SIM_HEAL] = "heal",   [SIM_MEMORY] = "memory",     [SIM_IDLE] = "idle",
	[SIM_CALM] = "calm",
};
_Static_assert(sizeof(promise_names) / sizeof(promise_names[0]) == SIM_PROMISE_COUNT,
	       "a promise lacks its name");

static const char *const break_names[] = {
	[SIM_BREAK_NOTHING] = "nothing", [SIM_BREAK_NONCE] = "nonce", [SIM_BREAK_DUP] = "dup",
	[SIM_BREAK_FLIP] = "flip",       [SIM_BREAK_LOSE] = "lose",   [SIM_BREAK_DROP] = "drop",
	[SIM_BREAK_FORGET] = "forget",   [SIM_BREAK_STUCK] = "stuck", [SIM_BREAK_LEAK] = "leak",
	[SIM_BREAK_CHATTY] = "chatty",
};
_Static_assert(sizeof(break_names) / sizeof(break_names[0]) == SIM_BREAK_COUNT,
	       "a way of breaking lacks its name");

const char *sim_promise_name(enum sim_promise p)
{
	return promise_names[p];
}

const char *sim_break_name(enum sim_break b)
{
	return break_names[b];
}

bool sim_world_is_broken(const struct sim_world *w, enum sim_break b)
{
	return w->opt->broken == b;
}

void sim_world_say(struct sim_world *w, const char *fmt, ...)
{
	va_list ap;

	if (!w->opt->is_verbose)
		return;
	printf("# %10.6f ", (double)w->now / KN_SEC);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void sim_world_fail(struct sim_world *w, enum sim_promise promise, const char *fmt, ...)
{
	va_list ap;
	struct sim_failure *f = &w->failures[w->failure_cnt];

	if (w->failure_cnt == SIM_FAILURES_MAX)
		return;
	w->failure_cnt++;
	f->promise = promise;
	int n = snprintf(f->text, sizeof(f->text), "%.3f s: ", (double)w->now / KN_SEC);

	va_start(ap, fmt);
	vsnprintf(f->text + n, sizeof(f->text) - (size_t)n, fmt, ap);
	va_end(ap);
	sim_world_say(w, "BROKEN (%s): %s", sim_promise_name(promise), f->text);
}

/* ---- sabotage, to see the promises fail ---------------------------------------------------- */

static void sabotage_host(struct sim_world *w, struct sim_host *h)
{
	if (sim_world_is_broken(w, SIM_BREAK_STUCK))
		h->control_until = w->now + STUCK_NS;
	if (h->engine == NULL)
		return;
	h->engine->now = sim_host_now(h);
	for (unsigned int i = 0; i < LEAK_CNT && sim_world_is_broken(w, SIM_BREAK_LEAK); i++)
		(void)!kn_session_index_new(&h->engine->sessions, i, (uint16_t)(h->idx + 1));
	for (unsigned int p = 0; p < w->host_cnt && sim_world_is_broken(w, SIM_BREAK_CHATTY); p++)
		if (h->engine->hosts[p + 1] != NULL)
			kn_live_probe_now(h->engine, h->engine->hosts[p + 1]);
}

static void on_sabotage(void *ctx, void *arg)
{
	struct sim_world *w = ctx;

	for (unsigned int i = 0; i < w->host_cnt; i++)
		sabotage_host(w, w->hosts[i]);
	sim_world_at(w, w->now + SABOTAGE_NS, on_sabotage, w, arg);
}

/* ---- time ---------------------------------------------------------------------------------- */

void sim_world_at(struct sim_world *w, uint64_t at, sim_event_fn fn, void *ctx, void *arg)
{
	sim_queue_add(&w->queue, at, fn, ctx, arg);
}

void sim_world_run(struct sim_world *w, uint64_t until)
{
	struct sim_event ev;

	while (sim_queue_take(&w->queue, until, &ev)) {
		w->now = ev.at;
		ev.fn(ev.ctx, ev.arg);
	}
	w->now = until;
	rcu_quiescent_state();
}

void sim_world_run_for(struct sim_world *w, uint64_t ns)
{
	sim_world_run(w, w->now + ns);
}

/* ---- beginning and end --------------------------------------------------------------------- */

static void net_init(struct sim_world *w)
{
	w->net.rng = sim_rng_fork(w->seed, 2);
	for (unsigned int link = 0; link < KNET_MAX_LINKS; link++)
		for (unsigned int a = 0; a < SIM_HOSTS_MAX; a++) {
			sim_net_readdress(w, a, link);
			for (unsigned int b = 0; b < SIM_HOSTS_MAX; b++)
				w->net.wires[link][a][b].usual.delay_ns = LAN_DELAY_NS;
		}
	sim_net_mend_all(w);
}

void sim_world_init(struct sim_world *w, const struct sim_options *opt, uint64_t seed,
		    unsigned int host_cnt, unsigned int link_cnt)
{
	memset(w, 0, sizeof(*w));
	w->opt = opt;
	w->seed = seed;
	w->rng = sim_rng_fork(seed, 1);
	w->host_cnt = host_cnt;
	w->link_cnt = link_cnt;
	sim_sealer_begin(sim_world_is_broken(w, SIM_BREAK_NONCE));
	net_init(w);
	for (unsigned int i = 0; i < host_cnt; i++)
		w->hosts[i] = sim_host_new(w, i);
	if (opt->broken >= SIM_BREAK_STUCK)
		sim_world_at(w, SABOTAGE_NS, on_sabotage, w, NULL);
}

void sim_world_boot_all(struct sim_world *w)
{
	for (unsigned int i = 0; i < w->host_cnt; i++) {
		for (unsigned int link = 0; link < w->link_cnt; link++)
			for (unsigned int p = 0; p < w->host_cnt; p++)
				sim_host_peer_address(w->hosts[i], link, p);
		sim_host_boot(w->hosts[i]);
	}
}

static void check_host_memory(struct sim_world *w, struct sim_host *h)
{
	struct kn_engine *e = h->engine;
	unsigned int peers = w->host_cnt - 1;
	unsigned int timers = peers * (2 + 2 * w->link_cnt + SESSIONS_PER_PEER) + 3;

	if (h->peak_sessions > (uint64_t)peers * SESSIONS_PER_PEER)
		sim_world_fail(w, SIM_MEMORY, "host %u had %llu sessions and indexes for %u peers",
			       h->idx + 1, (unsigned long long)h->peak_sessions, peers);
	if (h->peak_timers > timers)
		sim_world_fail(w, SIM_MEMORY, "host %u had %llu timers", h->idx + 1,
			       (unsigned long long)h->peak_timers);
	if (e == NULL)
		return;
	kn_reclaim_run(&e->reclaim);
	if (e->reclaim.pending != 0)
		sim_world_fail(w, SIM_MEMORY, "host %u: %u objects are never freed", h->idx + 1,
			       e->reclaim.pending);
	if (e->fdb.dynamic_cnt > w->host_cnt)
		sim_world_fail(w, SIM_MEMORY, "host %u learned %u addresses of %u hosts",
			       h->idx + 1, e->fdb.dynamic_cnt, w->host_cnt);
}

void sim_world_check_memory(struct sim_world *w)
{
	rcu_barrier();
	for (unsigned int i = 0; i < w->host_cnt; i++)
		check_host_memory(w, w->hosts[i]);
}

void sim_world_fini(struct sim_world *w)
{
	sim_world_check_memory(w);
	if (sim_sealer_reused() > 0)
		sim_world_fail(w, SIM_NONCE, "%llu of %llu datagrams sealed under a used nonce",
			       (unsigned long long)sim_sealer_reused(),
			       (unsigned long long)sim_sealer_sealed());
	for (unsigned int i = 0; i < w->host_cnt; i++)
		sim_host_free(w->hosts[i]);
	sim_flows_free(w);
	sim_queue_fini(&w->queue);
	sim_sealer_end();
}
