// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Frames and super-frames from TAP to TAP over links that carry less than they are long: in
 * fragments, or, as a stream of TCP, cut more finely.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "core/counters.h"
#include "tests/ref/pipe.h"
#include "tests/ref/shape.h"
#include "wire/datagram.h"

#define BEFORE (KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN)

static const struct ref_shape shapes[] = {
	{.is_tcp = true,
	 .ttl = 64,
	 .df = true,
	 .flags = REF_ACK | REF_PSH,
	 .tcp_opt_len = 12,
	 .payload_len = 20000,
	 .gso_size = 1348},
	{.is_tcp = true,
	 .is_ip6 = true,
	 .ttl = 9,
	 .flags = REF_ACK | REF_CWR | REF_FIN,
	 .payload_len = 60000,
	 .gso_size = 8900,
	 .seq = 0xffffff00U},
	{.ttl = 64, .payload_len = 9000, .gso_size = 1390, .id = 0xfffe},
	{.ttl = 64, .is_ip6 = true, .payload_len = 60000, .gso_size = 8000},
	{.ttl = 64, .payload_len = 60000},
	{.is_tcp = true, .ttl = 64, .flags = REF_ACK, .payload_len = 1300, .tcp_opt_len = 12},
	{.is_tcp = true, .ttl = 64, .flags = REF_ACK, .payload_len = 40},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* In two fragments at 1172. */
static const struct ref_shape datagram = {.ttl = 64, .payload_len = 1300};

static const uint16_t widths[] = {548, 700, 1172, 1232, 1252, 1372, 1472, 8972};
#define WIDTHS (sizeof(widths) / sizeof(widths[0]))

static uint8_t tap_buffer[KN_FRAME_HEADROOM + REF_FRAME_MAX];
static struct pipe *p;

/* What the shape becomes on a link of that width. */
static struct ref_shape finer(const struct ref_shape *s, uint16_t width)
{
	struct ref_shape fine = *s;
	struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};

	ref_unfinished(s, &f);
	uint32_t fits = width - (uint32_t)BEFORE - (f.len - s->payload_len);

	if (s->is_tcp && (s->gso_size > fits || (s->gso_size == 0 && s->payload_len > fits)))
		fine.gso_size = (uint16_t)fits;
	return fine;
}

static void shape_send(const struct ref_shape *s, uint16_t width)
{
	struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};

	p = pipe_get();
	pipe_width(width);
	ref_unfinished(s, &f);
	pipe_send(&f);
	assert_true(p->sent_cnt > 0);
	for (unsigned int i = 0; i < p->sent_cnt; i++)
		assert_true(p->sent[i].len <= width);
}

static void expect_frame(const struct ref_shape *s, unsigned int i, const struct pipe_bytes *got)
{
	static uint8_t want[REF_FRAME_MAX];

	assert_int_equal(got->len, ref_frame(s, i, want));
	assert_memory_equal(got->data, want, got->len);
}

/* In one batch, or one by one, each frame arrives, in order. */
static void every_shape_over_every_width(void **state)
{
	static unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (unsigned int i = 0; i < PIPE_DATAGRAMS_MAX; i++)
		which[i] = i;
	for (size_t n = 0; n < SHAPES; n++)
		for (size_t w = 0; w < WIDTHS; w++)
			for (unsigned int batch = 1; batch <= PIPE_DATAGRAMS_MAX; batch *= 32) {
				struct ref_shape want = finer(&shapes[n], widths[w]);

				shape_send(&shapes[n], widths[w]);
				for (unsigned int at = 0; at < p->sent_cnt; at += batch)
					pipe_receive(which + at, p->sent_cnt - at < batch
									 ? p->sent_cnt - at
									 : batch);
				assert_int_equal(p->got_cnt, ref_frame_cnt(&want));
				for (unsigned int i = 0; i < p->got_cnt; i++)
					expect_frame(&want, i, &p->got[i]);
			}
}

/* TCP that is cut more finely is still joined: no fragments, and few writes. */
static void tcp_needs_no_fragments(void **state)
{
	static unsigned int which[PIPE_DATAGRAMS_MAX];
	uint64_t fragmented = pipe_tx_counter(KN_C_TX_FRAGMENTED);

	(void)state;
	for (unsigned int i = 0; i < PIPE_DATAGRAMS_MAX; i++)
		which[i] = i;
	for (size_t w = 0; w < WIDTHS; w++) {
		shape_send(&shapes[0], widths[w]);
		pipe_receive(which, p->sent_cnt);
		assert_int_equal(p->write_cnt, 1);
		assert_int_equal(p->super_cnt, 1);
	}
	/* Nor does a single frame that is not finished. */
	shape_send(&shapes[5], 1172);
	pipe_receive(which, p->sent_cnt);
	assert_int_equal(p->write_cnt, 1);
	assert_int_equal(p->super_cnt, 1);
	assert_int_equal(pipe_tx_counter(KN_C_TX_FRAGMENTED), fragmented);
}

/* Of a datagram that lost a fragment nothing is delivered; the others are. */
static void a_lost_fragment_costs_one_frame(void **state)
{
	(void)state;
	shape_send(&shapes[2], 1172);
	assert_int_equal(p->sent_cnt, 13); /* six of 1390 bytes in two, and one of 660 */
	for (unsigned int lost = 0; lost < 13; lost++) {
		unsigned int which[12], cnt = 0;

		shape_send(&shapes[2], 1172);
		for (unsigned int i = 0; i < 13; i++)
			if (i != lost)
				which[cnt++] = i;
		pipe_receive(which, cnt);
		assert_int_equal(p->got_cnt, 6);
		for (unsigned int i = 0; i < 6; i++)
			expect_frame(&shapes[2], i < lost / 2 ? i : i + 1, &p->got[i]);
	}
}

/* Fragments that come twice, or again later, deliver nothing twice. */
static void copies_deliver_nothing(void **state)
{
	static const unsigned int which[] = {0, 0, 1, 1, 0, 1};
	uint64_t replays = pipe_rx_counter(KN_C_RX_REPLAY);

	(void)state;
	shape_send(&datagram, 1172);
	assert_int_equal(p->sent_cnt, 2);
	pipe_receive(which, 6);
	pipe_receive(which, 6);
	assert_int_equal(p->got_cnt, 1);
	expect_frame(&datagram, 0, &p->got[0]);
	assert_int_equal(pipe_rx_counter(KN_C_RX_REPLAY), replays + 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_over_every_width),
		cmocka_unit_test(tcp_needs_no_fragments),
		cmocka_unit_test(a_lost_fragment_costs_one_frame),
		cmocka_unit_test(copies_deliver_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) + (pipe_end(), 0);
}
