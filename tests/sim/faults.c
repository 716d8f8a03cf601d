// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What may go wrong, by chance: in the net (cuts, one way or both, of a pair, a host or a whole
 * network; loss, delay, copies, order), at a host's end of a link (carrier, address), and with the
 * hosts (crash, end, standstill, clock). Each fault undoes itself after a while, unless everything
 * has been undone at once in the meantime.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/sim/run.h"

#define FAULT_MIN_NS   (20 * KN_MS)
#define FAULT_MAX_NS   (6 * KN_SEC)
#define NETLINK_MAX_NS (20 * KN_MS)
#define OPERATOR_NS    KN_SEC
#define YEARS_NS       (3LL * 365 * 86400 * (long long)KN_SEC)

/* What is to be undone, or done later. */
struct fault {
	struct sim_world *world;
	unsigned int link, a, b;
};

static struct fault pick(struct sim_world *w)
{
	struct fault f = {.world = w,
			  .link = (unsigned int)sim_rng_range(&w->rng, 0, w->link_cnt - 1),
			  .a = (unsigned int)sim_rng_range(&w->rng, 0, w->host_cnt - 1)};

	f.b = (f.a + (unsigned int)sim_rng_range(&w->rng, 1, w->host_cnt - 1)) % w->host_cnt;
	return f;
}

static void later(struct sim_world *w, uint64_t ns, sim_event_fn fn, const struct fault *f)
{
	struct fault *copy = sim_alloc(sizeof(*copy));

	*copy = *f;
	sim_world_at(w, w->now + ns, fn, w, copy);
}

/* Short ones are more frequent than long ones. */
static uint64_t duration(struct sim_world *w)
{
	uint64_t max = FAULT_MIN_NS << sim_rng_range(&w->rng, 0, 8);

	return sim_rng_range(&w->rng, FAULT_MIN_NS, max < FAULT_MAX_NS ? max : FAULT_MAX_NS);
}

static void undo_later(struct sim_world *w, sim_event_fn fn, const struct fault *f)
{
	later(w, duration(w), fn, f);
}

/* ---- cuts ---------------------------------------------------------------------------------- */

static void uncut_pair(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	if (!w->is_calm)
		sim_net_cut(w, f.link, f.a, f.b, false);
}

static void uncut_host(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	if (w->is_calm)
		return;
	for (unsigned int link = f.link; link <= f.b; link++)
		sim_net_cut_host(w, link, f.a, false);
}

static void cut_pair(struct sim_world *w)
{
	struct fault f = pick(w);

	sim_world_say(w, "cut: link %u between %u and %u", f.link, f.a + 1, f.b + 1);
	sim_net_cut(w, f.link, f.a, f.b, true);
	undo_later(w, uncut_pair, &f);
}

static void cut_one_way(struct sim_world *w)
{
	struct fault f = pick(w);

	sim_world_say(w, "one-way cut: link %u from %u to %u", f.link, f.a + 1, f.b + 1);
	w->net.wires[f.link][f.a][f.b].is_cut = true;
	undo_later(w, uncut_pair, &f);
}

/* f.link to f.b are links here. */
static void cut_host(struct sim_world *w)
{
	struct fault f = pick(w);

	f.b = f.link;
	sim_world_say(w, "cut: link %u of %u", f.link, f.a + 1);
	sim_net_cut_host(w, f.link, f.a, true);
	undo_later(w, uncut_host, &f);
}

static void isolate_host(struct sim_world *w)
{
	struct fault f = pick(w);

	f.link = 0;
	f.b = w->link_cnt - 1;
	sim_world_say(w, "cut: all links of %u", f.a + 1);
	for (unsigned int link = 0; link < w->link_cnt; link++)
		sim_net_cut_host(w, link, f.a, true);
	undo_later(w, uncut_host, &f);
}

static void uncut_network(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	for (unsigned int i = 0; i < w->host_cnt && !w->is_calm; i++)
		sim_net_cut_host(w, f.link, i, false);
}

static void cut_network(struct sim_world *w)
{
	struct fault f = pick(w);

	sim_world_say(w, "cut: link %u of all", f.link);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		sim_net_cut_host(w, f.link, i, true);
	undo_later(w, uncut_network, &f);
}

/* ---- quality ------------------------------------------------------------------------------- */

static void requality(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;
	struct sim_wire *wire = &w->net.wires[f.link][f.a][f.b];

	free(arg);
	wire->present = wire->usual;
}

static void worsen(struct sim_world *w)
{
	struct fault f = pick(w);
	struct sim_quality *q = &w->net.wires[f.link][f.a][f.b].present;

	if (sim_rng_chance(&w->rng, 400))
		q->loss_permille = (uint16_t)sim_rng_range(&w->rng, 10, 500);
	if (sim_rng_chance(&w->rng, 400))
		q->delay_ns = sim_rng_range(&w->rng, 0, 150 * KN_MS);
	if (sim_rng_chance(&w->rng, 400))
		q->jitter_ns = sim_rng_range(&w->rng, 0, 50 * KN_MS);
	if (sim_rng_chance(&w->rng, 400))
		q->reorder_permille = (uint16_t)sim_rng_range(&w->rng, 1, 500);
	if (sim_rng_chance(&w->rng, 400))
		q->dup_permille = (uint16_t)sim_rng_range(&w->rng, 1, 500);
	sim_world_say(w,
		      "quality: link %u from %u to %u: loss %u, copies %u, reordered %u per mille, "
		      "%.1f + %.1f ms",
		      f.link, f.a + 1, f.b + 1, q->loss_permille, q->dup_permille,
		      q->reorder_permille, (double)q->delay_ns / KN_MS,
		      (double)q->jitter_ns / KN_MS);
	undo_later(w, requality, &f);
}

/* ---- a host's end of a link ---------------------------------------------------------------- */

static void tell_host(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	sim_host_local_changed(w->hosts[f.a], f.link, "netlink");
}

static void recarrier(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	w->net.ports[f.link][f.a].has_carrier = true;
	later(w, sim_rng_range(&w->rng, 0, NETLINK_MAX_NS), tell_host, &f);
}

static void carrier(struct sim_world *w)
{
	static const int errors[] = {0, ENETUNREACH, ENETDOWN, EADDRNOTAVAIL};
	struct fault f = pick(w);

	sim_world_say(w, "carrier: link %u of %u is gone", f.link, f.a + 1);
	w->net.ports[f.link][f.a].has_carrier = false;
	w->net.ports[f.link][f.a].send_errno = errors[sim_rng_range(&w->rng, 0, 3)];
	later(w, sim_rng_range(&w->rng, 0, NETLINK_MAX_NS), tell_host, &f);
	undo_later(w, recarrier, &f);
}

static void tell_peers(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	for (unsigned int i = 0; i < w->host_cnt; i++)
		if (i != f.a)
			sim_host_peer_address(w->hosts[i], f.link, f.a);
}

/* A NAT before the host: nobody is told. */
static void nat(struct sim_world *w)
{
	struct fault f = pick(w);

	if (!w->hosts[f.a]->is_roaming && w->hosts[f.a]->roaming < KNET_ROAMING_NAT)
		return;
	sim_world_say(w, "NAT: link %u of %u has another port", f.link, f.a + 1);
	sim_net_report(w, f.a, f.link);
}

static void address(struct sim_world *w)
{
	struct fault f = pick(w);

	sim_world_say(w, "address: link %u of %u has another one", f.link, f.a + 1);
	sim_net_readdress(w, f.a, f.link);
	/* Behind a NAT, the host itself does not notice either. */
	if (!w->hosts[f.a]->is_roaming || sim_rng_chance(&w->rng, 500))
		later(w, sim_rng_range(&w->rng, 0, NETLINK_MAX_NS), tell_host, &f);
	if (!w->hosts[f.a]->is_roaming)
		later(w, sim_rng_range(&w->rng, 0, OPERATOR_NS), tell_peers, &f);
}

/* ---- hosts --------------------------------------------------------------------------------- */

static void reboot(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	if (w->hosts[f.a]->engine == NULL)
		sim_host_boot(w->hosts[f.a]);
}

static void crash(struct sim_world *w)
{
	struct fault f = pick(w);

	sim_world_say(w, "crash of %u", f.a + 1);
	sim_host_crash(w->hosts[f.a]);
	undo_later(w, reboot, &f);
}

static void leave(struct sim_world *w)
{
	struct fault f = pick(w);

	sim_world_say(w, "end of %u", f.a + 1);
	sim_host_leave(w->hosts[f.a]);
	undo_later(w, reboot, &f);
}

static void resume(void *ctx, void *arg)
{
	struct sim_world *w = ctx;
	struct fault f = *(struct fault *)arg;

	free(arg);
	sim_host_resume(w->hosts[f.a]);
}

static void stall(struct sim_world *w)
{
	struct fault f = pick(w);

	if (w->hosts[f.a]->engine == NULL)
		return;
	sim_world_say(w, "standstill of %u", f.a + 1);
	sim_host_stall(w->hosts[f.a]);
	undo_later(w, resume, &f);
}

static void late_control(struct sim_world *w)
{
	struct fault f = pick(w);

	w->hosts[f.a]->control_until = w->now + sim_rng_range(&w->rng, KN_MS, 500 * KN_MS);
	sim_world_say(w, "no processor for control of %u", f.a + 1);
}

static void clock_jump(struct sim_world *w)
{
	struct fault f = pick(w);

	w->hosts[f.a]->realtime_ns =
		(int64_t)sim_rng_range(&w->rng, 0, 2 * (uint64_t)YEARS_NS) - YEARS_NS;
	sim_world_say(w, "wall clock of %u jumps by %.0f days", f.a + 1,
		      (double)w->hosts[f.a]->realtime_ns / (86400.0 * KN_SEC));
}

void sim_fault_random(struct sim_world *w)
{
	static void (*const faults[])(struct sim_world *) = {
		cut_pair,    cut_pair, cut_one_way,  cut_one_way, cut_host, isolate_host,
		cut_network, worsen,   worsen,       worsen,      carrier,  carrier,
		address,     address,  nat,          nat,         crash,    crash,
		leave,       stall,    late_control, clock_jump};

	w->faults++;
	faults[sim_rng_range(&w->rng, 0, sizeof(faults) / sizeof(faults[0]) - 1)](w);
}

/* ---- the end ------------------------------------------------------------------------------- */

static void cuts_leave(struct sim_world *w)
{
	for (unsigned int a = 0; a < w->host_cnt; a++)
		for (unsigned int b = a + 1; b < w->host_cnt; b++) {
			unsigned int kept =
				(unsigned int)sim_rng_range(&w->rng, 0, w->link_cnt - 1);
			uint8_t common = w->hosts[a]->link_mask & w->hosts[b]->link_mask;

			while (!(common >> kept & 1))
				kept = (kept + 1) % w->link_cnt;
			for (unsigned int link = 0; link < w->link_cnt; link++) {
				if (link == kept || !sim_rng_chance(&w->rng, 150))
					continue;
				w->net.wires[link][a][b].is_cut = true;
				w->net.wires[link][b][a].is_cut = sim_rng_chance(&w->rng, 600);
				sim_world_say(w, "stays cut: link %u from %u to %u", link, a + 1,
					      b + 1);
			}
		}
}

void sim_faults_end(struct sim_world *w, bool may_leave_cuts)
{
	sim_world_say(w, "the faults are over");
	w->is_calm = true;
	sim_net_mend_all(w);
	if (may_leave_cuts)
		cuts_leave(w);
	for (unsigned int i = 0; i < w->host_cnt; i++) {
		struct sim_host *h = w->hosts[i];

		h->control_until = w->now;
		for (unsigned int link = 0; link < w->link_cnt; link++) {
			sim_host_local_changed(h, link, "netlink");
			for (unsigned int p = 0; p < w->host_cnt; p++)
				if (p != i)
					sim_host_peer_address(h, link, p);
		}
		if (h->engine == NULL)
			sim_host_boot(h);
		sim_host_resume(h);
	}
}
