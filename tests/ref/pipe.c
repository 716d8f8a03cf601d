// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The data path from TAP to TAP, for tests that want to be its network. Two hosts of the
 * simulation (tests/sim) make a session by the real handshake; then what the first seals is kept
 * instead of sent, and what the second gives to its TAP goes through a card (card.c), so that tests
 * compare finished frames, whatever form they took on the way.
 *
 * Everything is copied into allocations of just its length: ASan sees a read past the end. What the
 * receiver makes of a frame's headroom is checked, too: it may be overwritten, but must be there.
 */
#include "tests/ref/pipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "tests/ref/shape.h"
#include "tests/sim/sealer.h"
#include "tests/sim/world.h"

#define SETTLE_NS (3 * KN_SEC)
#define RENEW_AT  200000 /* entries in the simulation's record of nonces */

static const struct sim_options options = {.seed = 1};
static struct pipe the_pipe;
static struct sim_world world;
static struct sim_host *sender, *receiver;
static struct kn_worker_io sender_io, receiver_io;
static struct pipe_takes takes_now = {.csum = true, .uso = true};
static bool is_made;

static void die(const char *what)
{
	fprintf(stderr, "pipe: %s\n", what);
	abort();
}

static void keep(struct pipe_bytes *b, const uint8_t *data, uint32_t len)
{
	b->data = malloc(len);
	if (b->data == NULL)
		die("no memory");
	memcpy(b->data, data, len);
	b->len = len;
}

static void on_send(void *ctx, struct kn_out *out, size_t cnt)
{
	(void)ctx;
	for (size_t i = 0; i < cnt; i++) {
		out[i].err = 0;
		for (uint32_t at = 0; at < out[i].len; at += out[i].seg_len) {
			uint32_t left = out[i].len - at;
			struct pipe_bytes *b = &the_pipe.sent[the_pipe.sent_cnt++];

			if (the_pipe.sent_cnt > PIPE_DATAGRAMS_MAX)
				die("too many datagrams");
			keep(b, out[i].data + at, left < out[i].seg_len ? left : out[i].seg_len);
			b->link = out[i].link->idx;
		}
	}
}

static void on_frame(void *ctx, const uint8_t *frame, uint32_t len)
{
	(void)ctx;
	if (the_pipe.got_cnt == PIPE_FRAMES_MAX)
		die("too many frames");
	keep(&the_pipe.got[the_pipe.got_cnt++], frame, len);
}

static int on_tap(void *ctx, struct kn_frame *f)
{
	bool is_udp = f->super == KN_SUPER_UDP4 || f->super == KN_SUPER_UDP6;

	(void)ctx;
	if (is_udp && takes_now.refuses_uso)
		return -EINVAL;
	if ((f->needs_csum && !takes_now.csum) || (is_udp && !takes_now.uso))
		die("the TAP does not take this");
	the_pipe.write_cnt++;
	the_pipe.super_cnt += f->super != KN_SUPER_NONE;
	ref_card(f, on_frame, NULL);
	memset(f->data - KN_FRAME_HEADROOM, 0xee, KN_FRAME_HEADROOM);
	return 0;
}

static void make(void)
{
	if (kn_crypto_init() != 0)
		die("no crypto");
	rcu_register_thread();
	sim_world_init(&world, &options, options.seed, 2, 2);
	sim_world_boot_all(&world);
	sim_world_run_for(&world, SETTLE_NS);
	sender = world.hosts[0];
	receiver = world.hosts[1];
	sender->engine->storm_ns = 0; /* time stands still, and the MAC addresses are few */
	sender_io = *sender->worker.io;
	sender_io.send = on_send;
	sender->worker.io = &sender_io;
	receiver_io = *receiver->worker.io;
	receiver_io.tap_write = on_tap;
	receiver->worker.io = &receiver_io;
	is_made = true;
}

void pipe_width(uint16_t len)
{
	struct kn_host *h = sender->engine->hosts[receiver->idx + 1];

	h->max_len = len;
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (h->links[i] != NULL)
			h->links[i]->max_len = len;
}

static void list_free(struct pipe_bytes *list, unsigned int *cnt)
{
	while (*cnt > 0)
		free(list[--*cnt].data);
}

void pipe_clear(void)
{
	list_free(the_pipe.sent, &the_pipe.sent_cnt);
	list_free(the_pipe.got, &the_pipe.got_cnt);
	the_pipe.write_cnt = 0;
	the_pipe.super_cnt = 0;
	if (sim_sealer_sealed() > RENEW_AT)
		sim_sealer_begin(false);
}

struct pipe *pipe_get(void)
{
	if (!is_made)
		make();
	pipe_clear();
	pipe_width(PIPE_WIDTH_MAX);
	return &the_pipe;
}

void pipe_end(void)
{
	pipe_clear();
	if (!is_made)
		return;
	sim_world_fini(&world);
	sim_sealer_end();
	rcu_unregister_thread();
	is_made = false;
}

void pipe_send(struct kn_frame *f)
{
	kn_tx_frame(&sender->worker, f, sim_host_now(sender));
	kn_tx_flush(&sender->worker);
}

void pipe_receive(const unsigned int *which, size_t cnt)
{
	static struct kn_in in[PIPE_DATAGRAMS_MAX];

	if (cnt > PIPE_DATAGRAMS_MAX)
		die("too many datagrams in a batch");
	for (size_t i = 0; i < cnt; i++) {
		const struct pipe_bytes *b = &the_pipe.sent[which[i]];

		in[i] = (struct kn_in){.data = b->data,
				       .len = b->len,
				       .link = b->link,
				       .from = &world.net.ports[b->link][0].addr};
	}
	kn_rx_datagrams(&receiver->worker, in, cnt, sim_host_now(receiver));
	kn_tx_flush(&receiver->worker);
}

void pipe_takes(const struct pipe_takes *takes)
{
	takes_now = *takes;
	receiver->worker.takes = (struct kn_takes){.csum = takes->csum, .uso = takes->uso};
}

uint64_t pipe_rx_counter(unsigned int counter)
{
	return kn_stat_get(&receiver->worker.counters.v[counter]);
}

uint64_t pipe_tx_counter(unsigned int counter)
{
	return kn_stat_get(&sender->worker.counters.v[counter]);
}
