// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Frames and super-frames from TAP to TAP over a bad network, against a plain model (tests/ref).
 *
 * Input: steps, each a byte (what to do, modulo STEP_COUNT) and what the step takes. A host gets
 * frames from its TAP and seals them; the network loses, doubles, holds back and bundles what it
 * sent; the other host reads it in batches. What comes out of that one's TAP, when a card has
 * finished it, must be the frames of the datagrams that arrived, each once, byte for byte, in the
 * order in which they first arrived; but of DF datagrams the identification may be another.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "path/latecomer.h"
#include "path/sum.h"
#include "path/super.h"
#include "tests/ref/pipe.h"
#include "tests/ref/shape.h"

#define SENT_MAX                                                                        \
	400 /* datagrams of an input; the copies in a batch are all found among so many \
	     */
#define PIECES_MAX 120
#define BATCH_MAX  600

enum step {
	STEP_SUPER,      /* shape: a super-frame, as a kernel with offloads gives it */
	STEP_UNFINISHED, /* shape: its frames one by one, checksums to be completed */
	STEP_FINISHED,   /* shape: its frames one by one, complete */
	STEP_DAMAGED,    /* shape, which, offset 2, bits: the same, one of them with bits turned */
	STEP_TAKE,       /* count: that many of the datagrams that follow arrive */
	STEP_TAKE_ALL,
	STEP_LOSE,  /* count */
	STEP_HOLD,  /* count: as if lost, but STEP_AGAIN may find them */
	STEP_AGAIN, /* back, count: datagrams from so far before the next, whether new or not */
	STEP_READ,  /* the batch ends */
	STEP_TAKES, /* what the TAP takes from now on */
	STEP_COUNT
};

struct input {
	const uint8_t *at;
	size_t left;
};

/* A finished frame. */
struct frame {
	uint8_t *data;
	uint32_t len;
};

static struct pipe *p;
static struct frame expected[SENT_MAX]; /* of each datagram sent */
static bool has_arrived[SENT_MAX];
static unsigned int arrived[SENT_MAX], arrived_cnt; /* in this order */
static unsigned int batch[BATCH_MAX], batch_cnt;
static unsigned int next; /* of the datagrams */

static uint8_t take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static uint16_t take16(struct input *in)
{
	uint16_t high = take(in);

	return (uint16_t)(high << 8 | take(in));
}

static void fail(const char *what, unsigned int i)
{
	fprintf(stderr, "fuzz_super: %s (%u)\n", what, i);
	abort();
}

/* ---- what is sent -------------------------------------------------------------------------- */

static void take_tags(struct input *in, struct ref_shape *s, uint8_t kinds)
{
	static const uint16_t tpids[4] = {0x8100, 0x88a8, 0x9100, 0x8100};

	s->tag_cnt = kinds % (REF_TAGS_MAX + 1);
	for (unsigned int i = 0; i < s->tag_cnt; i++) {
		s->tag[i].tpid = tpids[kinds >> (2 + 2 * i) & 3];
		s->tag[i].tci = take16(in);
	}
}

/* Flows are few, so that frames of one follow one another. */
static struct ref_shape take_shape(struct input *in)
{
	uint8_t kind = take(in), lengths = take(in);
	struct ref_shape s = {.is_tcp = kind & 1,
			      .is_ip6 = kind & 2,
			      .df = kind & 4,
			      .flow = kind >> 3 & 3,
			      .tos = kind >> 5 & 3,
			      .ttl = (uint8_t)(1 + (kind >> 7)),
			      .fill = 1};

	take_tags(in, &s, take(in));
	s.ip_opt_len = s.is_ip6 ? (lengths & 31) * 8U : (lengths & 31) % 11 * 4U;
	s.tcp_opt_len = s.is_tcp ? (lengths >> 5) * 4U : 0;
	s.flags = take(in);
	s.id = take16(in);
	s.seq = (uint32_t)take16(in) << 16 | 0xf000;
	s.gso_size = (uint16_t)(1 + take16(in) % 9000);
	s.payload_len = take16(in);
	if (s.payload_len > 60000)
		s.payload_len = 60000;
	if (s.payload_len > PIECES_MAX * (uint32_t)s.gso_size)
		s.payload_len = PIECES_MAX * (uint32_t)s.gso_size;
	return s;
}

static void send_frame(struct kn_frame *f, const struct ref_shape *s)
{
	unsigned int before = p->sent_cnt, cnt = ref_frame_cnt(s);
	static uint8_t out[REF_FRAME_MAX];

	pipe_send(f);
	if (p->sent_cnt != before + cnt)
		fail("not a datagram for each frame", p->sent_cnt - before);
	for (unsigned int i = 0; i < cnt; i++) {
		struct frame *e = &expected[before + i];

		e->len = ref_frame(s, i, out);
		e->data = malloc(e->len);
		if (e->data == NULL)
			fail("no memory", e->len);
		memcpy(e->data, out, e->len);
	}
}

/* Bits turned behind the Ethernet header: it goes where it would have gone. */
static void damage(struct input *in, struct kn_frame *f, unsigned int sent)
{
	uint32_t at = 14 + take16(in) % (f->len - 14);

	f->data[at] ^= take(in);
	pipe_send(f);
	if (p->sent_cnt != sent + 1)
		fail("a damaged frame is not sent", sent);
	expected[sent] = (struct frame){malloc(f->len), f->len};
	if (expected[sent].data == NULL)
		fail("no memory", f->len);
	memcpy(expected[sent].data, f->data, f->len);
}

static void step_send(enum step what, struct input *in)
{
	static uint8_t buf[KN_FRAME_HEADROOM + REF_FRAME_MAX];
	struct kn_frame f = {.data = buf + KN_FRAME_HEADROOM};
	struct ref_shape s = take_shape(in);
	unsigned int cnt = ref_frame_cnt(&s);
	unsigned int damaged = what == STEP_DAMAGED ? take(in) % cnt : cnt;

	if (p->sent_cnt + cnt > SENT_MAX)
		return;
	if (what == STEP_SUPER) {
		ref_unfinished(&s, &f);
		send_frame(&f, &s);
		return;
	}
	for (unsigned int i = 0; i < cnt; i++) {
		struct ref_shape one = ref_single(&s, i);

		f = (struct kn_frame){.data = buf + KN_FRAME_HEADROOM};
		if (what == STEP_UNFINISHED)
			ref_unfinished(&one, &f);
		else
			f.len = ref_frame(&one, 0, f.data);
		if (i == damaged)
			damage(in, &f, p->sent_cnt);
		else
			send_frame(&f, &one);
	}
}

/* ---- what the network does ------------------------------------------------------------------- */

static void batch_read(void)
{
	if (batch_cnt > 0)
		pipe_receive(batch, batch_cnt);
	batch_cnt = 0;
}

static void arrive(unsigned int which)
{
	if (!has_arrived[which])
		arrived[arrived_cnt++] = which;
	has_arrived[which] = true;
	batch[batch_cnt++] = which;
	if (batch_cnt == BATCH_MAX)
		batch_read();
}

static void step_take(unsigned int cnt)
{
	for (; cnt > 0 && next < p->sent_cnt; cnt--)
		arrive(next++);
}

static void step_lose(unsigned int cnt)
{
	next += cnt < p->sent_cnt - next ? cnt : p->sent_cnt - next;
}

static void step_again(struct input *in)
{
	unsigned int back = 1U + take(in), cnt = take(in) % 32U;

	for (unsigned int i = next > back ? next - back : 0; cnt > 0 && i < next; i++, cnt--)
		arrive(i);
}

/* The card of a TAP that takes less is knetd itself. */
static void step_takes(uint8_t what)
{
	batch_read();
	pipe_takes(&(struct pipe_takes){
		.csum = !(what & 1), .uso = !(what & 3), .refuses_uso = !(what & 3) && (what & 4)});
}

static void step_run(struct input *in)
{
	enum step what = take(in) % STEP_COUNT;

	switch (what) {
	case STEP_TAKE:
		step_take(1U + take(in));
		break;
	case STEP_TAKE_ALL:
		step_take(SENT_MAX);
		break;
	case STEP_LOSE:
	case STEP_HOLD:
		step_lose(1U + take(in) % 16U);
		break;
	case STEP_AGAIN:
		step_again(in);
		break;
	case STEP_READ:
		batch_read();
		break;
	case STEP_TAKES:
		step_takes(take(in));
		break;
	default:
		step_send(what, in);
	}
}

/* Where the identification of a DF datagram over IPv4 is, and the sum over it, both are set to 0:
 * joining may count what is the same in all (RFC 6864). */
static void id_forget(uint8_t *frame, uint32_t len)
{
	uint16_t ethertype = 0;
	unsigned int l3 = kn_frame_l3(frame, len, &ethertype);
	uint8_t *ip = frame + l3;

	if (l3 == 0 || ethertype != 0x0800 || len < l3 + 20 || ip[0] != 0x45 || ip[6] != 0x40)
		return;
	if (kn_sum(ip, 20, 0) != 0xffff)
		return;
	memset(ip + 4, 0, 2);
	memset(ip + 10, 0, 2);
}

static void compare(void)
{
	if (p->got_cnt != arrived_cnt)
		fail("another number of frames than arrived", p->got_cnt);
	for (unsigned int i = 0; i < arrived_cnt; i++) {
		const struct frame *e = &expected[arrived[i]];

		id_forget(e->data, e->len);
		id_forget(p->got[i].data, p->got[i].len);
		if (e->len != p->got[i].len || memcmp(e->data, p->got[i].data, e->len) != 0)
			fail("not this frame", i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = {data, len};

	(void)kn_is_question(data, (uint32_t)len); /* any bytes may stand in a frame */
	p = pipe_get();
	pipe_takes(&(struct pipe_takes){.csum = true, .uso = true});
	next = 0;
	arrived_cnt = 0;
	memset(has_arrived, 0, sizeof(has_arrived));
	while (in.left > 0)
		step_run(&in);
	batch_read();
	compare();
	for (unsigned int i = 0; i < p->sent_cnt; i++)
		free(expected[i].data);
	return 0;
}
