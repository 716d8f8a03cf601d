// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * User traffic that checks itself. A frame says in its first bytes who sent it to whom and its
 * number; the rest follows from these and the seed of the run, so whoever gets it can tell whether
 * a single bit is wrong. The sender's list of frames has a bit for each host that has got one.
 *
 *	destination 6, source 6, type 2, from 2, to 2, number 8, bytes...
 */
#include "tests/sim/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "tests/sim/host.h"
#include "tests/sim/rng.h"
#include "tests/sim/world.h"

#define HEAD_LEN    26
#define FRAME_MIN   60
#define FRAME_MAX   1414
#define ETHER_TYPE  0x88b5 /* local experiments, IEEE 802 */
#define BREAK_EVERY 101    /* frames */

static void mac_put(uint8_t mac[6], unsigned int host)
{
	if (host == SIM_ALL) {
		memset(mac, 0xff, 6);
		return;
	}
	memset(mac, 0, 6);
	mac[0] = 2;
	mac[5] = (uint8_t)(host + 1);
}

/* What frame number `number` of a flow must look like; its length. */
static size_t frame_make(const struct sim_world *w, unsigned int from, unsigned int to,
			 uint64_t number, uint8_t out[FRAME_MAX])
{
	struct sim_rng rng = sim_rng_fork(w->seed ^ number << 24, from << 16 | to);
	size_t len = sim_rng_range(&rng, FRAME_MIN, FRAME_MAX);

	mac_put(out, to);
	mac_put(out + 6, from);
	kn_put16(out + 12, ETHER_TYPE);
	kn_put16(out + 14, (uint16_t)from);
	kn_put16(out + 16, (uint16_t)to);
	kn_put64(out + 18, number);
	sim_rng_fill(&rng, out + HEAD_LEN, len - HEAD_LEN);
	return len;
}

static struct sim_flow *flow_find(const struct sim_world *w, unsigned int from, unsigned int to)
{
	struct sim_flow *f = w->flows;

	while (f != NULL && (f->from != from || f->to != to))
		f = f->next;
	return f;
}

static void frame_send(struct sim_flow *f)
{
	struct sim_world *w = f->world;
	struct sim_host *h = w->hosts[f->from];
	uint8_t frame[FRAME_MAX];

	if (h->engine == NULL || h->is_stalled)
		return;
	f->frames = sim_grow(f->frames, f->cnt, &f->cap, sizeof(*f->frames));
	size_t len = frame_make(w, f->from, f->to, f->cnt, frame);

	f->frames[f->cnt++].sent_at = w->now;
	w->frames_sent++;
	sim_host_frame(h, frame, len);
}

static void on_tick(void *ctx, void *arg)
{
	struct sim_flow *f = ctx;

	free(arg);
	f->is_scheduled = false;
	if (!f->is_running)
		return;
	frame_send(f);
	f->is_scheduled = true;
	sim_world_at(f->world, f->world->now + f->interval_ns, on_tick, f, NULL);
}

struct sim_flow *sim_flow_new(struct sim_world *w, unsigned int from, unsigned int to)
{
	struct sim_flow *f = sim_alloc(sizeof(*f));

	f->world = w;
	f->from = from;
	f->to = to;
	f->next = w->flows;
	w->flows = f;
	return f;
}

void sim_flow_start(struct sim_flow *f, uint64_t interval_ns)
{
	f->interval_ns = interval_ns;
	f->is_running = true;
	if (f->is_scheduled)
		return;
	f->is_scheduled = true;
	/* Not all flows in the same moment. */
	sim_world_at(f->world, f->world->now + (f->from * 31 + f->to * 7) % 97 * interval_ns / 97,
		     on_tick, f, NULL);
}

void sim_flow_stop(struct sim_flow *f)
{
	f->is_running = false;
}

struct sim_flow_sum sim_flow_sum(const struct sim_flow *f, uint64_t since, uint64_t until)
{
	struct sim_flow_sum sum = {0};
	uint64_t last = 0;

	for (size_t i = 0; i < f->cnt; i++) {
		const struct sim_frame *frame = &f->frames[i];

		if (frame->sent_at >= until)
			break;
		if (frame->sent_at < since) {
			last = frame->got_at > last ? frame->got_at : last;
			continue;
		}
		sum.sent++;
		if (frame->got_at == 0) {
			sum.lost++;
			continue;
		}
		if (last != 0 && frame->got_at > last + f->interval_ns &&
		    frame->got_at - last - f->interval_ns > sum.gap_ns)
			sum.gap_ns = frame->got_at - last - f->interval_ns;
		if (frame->got_at > last)
			last = frame->got_at;
	}
	/* Nothing until the end is a gap, too. */
	if (sum.lost > 0 && last != 0 && until > last && until - last > sum.gap_ns)
		sum.gap_ns = until - last;
	return sum;
}

void sim_flows_new_all(struct sim_world *w)
{
	for (unsigned int a = 0; a < w->host_cnt; a++)
		for (unsigned int b = 0; b < w->host_cnt; b++)
			if (a != b)
				sim_flow_new(w, a, b);
}

void sim_flows_start(struct sim_world *w, uint64_t interval_ns)
{
	for (struct sim_flow *f = w->flows; f != NULL; f = f->next)
		sim_flow_start(f, interval_ns);
}

void sim_flows_stop(struct sim_world *w)
{
	for (struct sim_flow *f = w->flows; f != NULL; f = f->next)
		sim_flow_stop(f);
}

void sim_flows_free(struct sim_world *w)
{
	struct sim_flow *next;

	for (struct sim_flow *f = w->flows; f != NULL; f = next) {
		next = f->next;
		free(f->frames);
		free(f);
	}
	w->flows = NULL;
}

static void frame_note(struct sim_host *h, struct sim_flow *f, uint64_t number)
{
	struct sim_world *w = h->world;
	struct sim_frame *frame = &f->frames[number];

	if (frame->seen >> h->idx & 1)
		sim_world_fail(w, SIM_ONCE, "host %u got frame %llu of %u to %u again", h->idx + 1,
			       (unsigned long long)number, f->from + 1, f->to + 1);
	frame->seen |= 1U << h->idx;
	/* A broadcast counts as delivered when the first has it. */
	if (frame->got_at == 0 && (f->to == h->idx || f->to == SIM_ALL))
		frame->got_at = w->now;
	w->frames_delivered++;
	w->digest = sim_mix(w->digest ^ w->now) + (number << 8 | h->idx);
}

static void frame_check(struct sim_host *h, const uint8_t *frame, size_t len)
{
	struct sim_world *w = h->world;
	uint8_t want[FRAME_MAX];
	struct sim_flow *f = NULL;

	if (len >= HEAD_LEN)
		f = flow_find(w, kn_get16(frame + 14), kn_get16(frame + 16));
	uint64_t number = f == NULL ? 0 : kn_get64(frame + 18);

	if (f == NULL || number >= f->cnt || f->from == h->idx) {
		sim_world_fail(w, SIM_BYTES, "host %u got a frame that nobody sent", h->idx + 1);
		return;
	}
	if (frame_make(w, f->from, f->to, number, want) != len || memcmp(want, frame, len) != 0) {
		sim_world_fail(w, SIM_BYTES, "host %u got frame %llu of %u to %u changed",
			       h->idx + 1, (unsigned long long)number, f->from + 1, f->to + 1);
		return;
	}
	frame_note(h, f, number);
}

void sim_frames_got(struct sim_host *h, const uint8_t *frame, size_t len)
{
	struct sim_world *w = h->world;
	bool is_chosen = w->frames_delivered % BREAK_EVERY == BREAK_EVERY - 1;
	uint8_t copy[FRAME_MAX];

	if (is_chosen && sim_world_is_broken(w, SIM_BREAK_LOSE)) {
		w->frames_delivered++;
		return;
	}
	if (is_chosen && sim_world_is_broken(w, SIM_BREAK_FLIP) && len <= FRAME_MAX) {
		memcpy(copy, frame, len);
		copy[len - 1] ^= 1;
		frame_check(h, copy, len);
		w->frames_delivered++;
		return;
	}
	frame_check(h, frame, len);
	if (is_chosen && sim_world_is_broken(w, SIM_BREAK_DUP))
		frame_check(h, frame, len);
}
