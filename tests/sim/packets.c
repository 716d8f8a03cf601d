// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Where the simulation meets the packet path: frames and datagrams in, datagrams and frames out.
 * One packet at a time, in the order in which they come.
 */
#include "tests/sim/packets.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/frames.h"
#include "tests/sim/host.h"
#include "tests/sim/world.h"

static void io_send(void *ctx, struct kn_out *out, size_t cnt)
{
	struct sim_host *h = ctx;

	for (size_t i = 0; i < cnt; i++) {
		struct kn_out *o = &out[i];

		o->err = 0;
		for (uint32_t at = 0; at < o->len; at += o->seg_len)
			o->err |= sim_net_send(h->world, h->idx, o->link->idx, o->to, o->data + at,
					       o->len - at < o->seg_len ? o->len - at : o->seg_len);
	}
}

static int io_tap_write(void *ctx, struct kn_frame *f)
{
	sim_frames_got(ctx, f->data, f->len);
	return 0;
}

static void io_wake(void *ctx)
{
	sim_host_wake(ctx);
}

static const struct kn_worker_io worker_io = {
	.send = io_send, .tap_write = io_tap_write, .wake = io_wake};

/* ---- the worker's waiting ------------------------------------------------------------------ */

static void work_schedule(struct sim_host *h);

static void on_work(void *ctx, void *arg)
{
	struct sim_host *h = ctx;
	uint32_t life = *(uint32_t *)arg;

	free(arg);
	if (h->engine == NULL || h->life != life)
		return;
	h->is_work_set = false;
	if (!h->is_stalled)
		kn_tx_work(&h->worker, sim_host_now(h));
	work_schedule(h);
}

static void work_at(struct sim_host *h, uint64_t at)
{
	uint32_t *life = sim_alloc(sizeof(*life));

	*life = h->life;
	h->is_work_set = true;
	sim_world_at(h->world, at, on_work, h, life);
}

/* As long as the worker wants to be called without a packet. */
static void work_schedule(struct sim_host *h)
{
	int ms = kn_tx_wait_ms(&h->worker);

	if (ms >= 0 && !h->is_work_set)
		work_at(h, h->world->now + (uint64_t)ms * KN_MS);
}

void sim_packets_kick(struct sim_host *h, uint64_t after_ns)
{
	kn_tx_kick(&h->worker);
	work_at(h, h->world->now + after_ns);
}

void sim_packets_init(struct sim_host *h)
{
	if (kn_worker_init(&h->worker, h->engine, 0) != 0)
		sim_die("a worker cannot be made");
	h->worker.io = &worker_io;
	h->worker.io_ctx = h;
	h->is_work_set = false;
}

void sim_packets_fini(struct sim_host *h)
{
	kn_worker_fini(&h->worker);
}

void sim_packets_frame(struct sim_host *h, const uint8_t *frame, size_t len)
{
	uint8_t buf[KN_FRAME_HEADROOM + 2048];
	struct kn_frame f = {.data = buf + KN_FRAME_HEADROOM, .len = (uint32_t)len};

	if (len > sizeof(buf) - KN_FRAME_HEADROOM)
		sim_die("a frame is too long");
	memcpy(f.data, frame, len);
	kn_tx_frame(&h->worker, &f, sim_host_now(h));
	kn_tx_flush(&h->worker);
	work_schedule(h);
}

void sim_packets_datagram(struct sim_host *h, struct sim_datagram *d)
{
	struct kn_in in = {.data = d->data, .len = d->len, .link = d->link, .from = &d->from};

	kn_rx_datagrams(&h->worker, &in, 1, sim_host_now(h));
	kn_tx_flush(&h->worker);
	work_schedule(h);
}

void sim_packets_reports(struct sim_host *h)
{
	kn_worker_drain_reports(&h->worker, sim_host_now(h));
}
