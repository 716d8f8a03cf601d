// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Super-frames from TAP to TAP: cut, sealed, lost, doubled and mixed up on the way, opened, joined.
 * What a card makes of what reaches the second TAP must be, byte for byte, what a card would have
 * made of the super-frame at the first, less what was lost (tests/ref).
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
#include "tests/sim/rng.h"

#define VLAN(tci)           \
	{                   \
		0x8100, tci \
	}
#define QINQ(tci)           \
	{                   \
		0x88a8, tci \
	}

static const struct ref_shape tcp4 = {.is_tcp = true,
				      .ttl = 64,
				      .id = 0x1234,
				      .df = true,
				      .seq = 0x10000000,
				      .flags = REF_ACK | REF_PSH,
				      .tcp_opt_len = 12,
				      .payload_len = 5 * 1348 + 17,
				      .gso_size = 1348};
static const struct ref_shape udp6 = {
	.is_ip6 = true, .ttl = 3, .payload_len = 4 * 1200 + 1200, .gso_size = 1200, .fill = 7};

/* What of them differs, and how. */
struct variant {
	const char *name;
	struct ref_shape shape;
};

#define TCP4(bits, ...)                                                                       \
	{                                                                                     \
		.is_tcp = true, .ttl = 64, .df = true, .flags = REF_ACK | (bits), __VA_ARGS__ \
	}
#define TCP6(bits, ...)                                                                           \
	{                                                                                         \
		.is_tcp = true, .is_ip6 = true, .ttl = 64, .flags = REF_ACK | (bits), __VA_ARGS__ \
	}
#define UDP4(...)                      \
	{                              \
		.ttl = 64, __VA_ARGS__ \
	}
#define UDP6(...)                                      \
	{                                              \
		.is_ip6 = true, .ttl = 64, __VA_ARGS__ \
	}
#define SIZE(len, gso) .payload_len = (len), .gso_size = (gso)

static const struct variant variants[] = {
	{"TCP over IPv4", TCP4(0, SIZE(20000, 1348), .tcp_opt_len = 12)},
	{"TCP over IPv6", TCP6(0, SIZE(20000, 1328), .tcp_opt_len = 12)},
	{"UDP over IPv4", UDP4(SIZE(20000, 1390))},
	{"UDP over IPv6", UDP6(SIZE(20000, 1370))},
	{"UDP over IPv4, not to be fragmented", UDP4(SIZE(5000, 1000), .df = true)},
	{"TCP of one tag", TCP4(0, SIZE(9000, 1344), .tag_cnt = 1, .tag = {VLAN(0x6064)})},
	{"TCP of two tags",
	 TCP6(0, SIZE(9000, 1320), .tag_cnt = 2, .tag = {QINQ(0x0005), VLAN(0xe0ff)})},
	{"UDP of three tags", UDP4(SIZE(9000, 1300), .tag_cnt = 3,
				   .tag = {QINQ(1), {.tpid = 0x9100, .tci = 2}, VLAN(3)})},
	{"UDP of two tags over IPv6",
	 UDP6(SIZE(9000, 1300), .tag_cnt = 2, .tag = {VLAN(1), VLAN(2)})},
	{"TCP behind 4 bytes of IPv4 options", TCP4(0, SIZE(7000, 1340), .ip_opt_len = 4)},
	{"TCP behind 40 bytes of IPv4 options, 40 of its own",
	 TCP4(0, SIZE(7000, 1300), .ip_opt_len = 40, .tcp_opt_len = 40)},
	{"UDP behind IPv4 options", UDP4(SIZE(7000, 1300), .ip_opt_len = 24)},
	{"TCP behind hop-by-hop options", TCP6(0, SIZE(7000, 1300), .ip_opt_len = 8)},
	{"TCP behind two extension headers",
	 TCP6(0, SIZE(7000, 1300), .ip_opt_len = 64, .tcp_opt_len = 20)},
	{"UDP behind two extension headers", UDP6(SIZE(7000, 1300), .ip_opt_len = 48)},
	{"everything at once",
	 TCP6(REF_CWR | REF_ECE | REF_PSH | REF_FIN, SIZE(7000, 1217), .ip_opt_len = 56,
	      .tcp_opt_len = 40, .tag_cnt = 3, .tag = {QINQ(9), VLAN(8), VLAN(7)}, .tos = 0x2f)},
	{"ECN capable, CWR", TCP4(REF_CWR, SIZE(8000, 1348), .tos = 2)},
	{"congestion experienced, ECE", TCP6(REF_ECE, SIZE(8000, 1348), .tos = 3)},
	{"PSH", TCP4(REF_PSH, SIZE(8000, 1348))},
	{"FIN", TCP6(REF_FIN, SIZE(8000, 1348))},
	{"FIN, PSH and CWR", TCP4(REF_FIN | REF_PSH | REF_CWR, SIZE(8000, 1348))},
	{"IP identification that wraps", TCP4(0, SIZE(8000, 1000), .id = 0xfffd)},
	{"sequence number that wraps", TCP4(0, SIZE(8000, 1000), .seq = 0xfffffa00U)},
	{"a last frame of one byte", TCP4(0, SIZE(4001, 1000))},
	{"a last frame as long as the others", TCP6(0, SIZE(4000, 1000))},
	{"odd lengths", UDP4(SIZE(3997, 571))},
	{"frames shorter than their headers", TCP4(0, SIZE(700, 7))},
	{"frames of one byte", UDP6(SIZE(250, 1))},
	{"large frames", TCP6(0, SIZE(60000, 8900), .tcp_opt_len = 12)},
	{"as long as IPv4 allows", TCP4(0, SIZE(65535 - 40, 1348))},
	{"as long as UDP allows", UDP4(SIZE(65535 - 28, 1390))},
	{"two frames", UDP4(SIZE(1391, 1390))},
	{"one frame, TCP", TCP4(0, .payload_len = 1000, .tcp_opt_len = 12)},
	{"one frame, UDP", UDP6(.payload_len = 333, .tag_cnt = 1, .tag = {VLAN(5)})},
	{"no payload", TCP4(2, .tcp_opt_len = 20)},
	{"an empty datagram", UDP4(.fill = 1)},
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static uint8_t tap_buffer[KN_FRAME_HEADROOM + REF_FRAME_MAX];
static struct pipe *p;

static void require(bool ok, const char *name, const char *what, unsigned int i)
{
	if (!ok)
		fail_msg("%s: %s (%u)", name, what, i);
}

static struct kn_frame unfinished(const struct ref_shape *s)
{
	struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};

	ref_unfinished(s, &f);
	return f;
}

static bool is_frame(const struct pipe_bytes *b, const struct ref_shape *s, unsigned int i)
{
	static uint8_t want[REF_FRAME_MAX];

	return ref_frame(s, i, want) == b->len && memcmp(want, b->data, b->len) == 0;
}

static void shape_send(const struct variant *v)
{
	p = pipe_get();
	struct kn_frame f = unfinished(&v->shape);

	pipe_send(&f);
	require(p->sent_cnt == ref_frame_cnt(&v->shape), v->name, "datagrams", p->sent_cnt);
}

/* What has arrived is frames which[0..cnt) of the shape, in this order. */
static void expect_frames(const struct variant *v, const unsigned int *which, unsigned int cnt)
{
	require(p->got_cnt == cnt, v->name, "frames", p->got_cnt);
	for (unsigned int i = 0; i < cnt; i++)
		require(is_frame(&p->got[i], &v->shape, which[i]), v->name, "this frame is wrong",
			which[i]);
}

static void got_forget(void)
{
	while (p->got_cnt > 0)
		free(p->got[--p->got_cnt].data);
	p->write_cnt = 0;
	p->super_cnt = 0;
}

/* [from, to) in order. */
static unsigned int range(unsigned int *which, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		which[i - from] = i;
	return to - from;
}

/* ---- the models themselves ----------------------------------------------------------------- */

static unsigned int card_cnt;

static void on_card_frame(void *ctx, const uint8_t *frame, uint32_t len)
{
	const struct variant *v = ctx;
	const struct pipe_bytes b = {.data = (uint8_t *)(uintptr_t)frame, .len = len};

	require(is_frame(&b, &v->shape, card_cnt), v->name, "the card's frame", card_cnt);
	card_cnt++;
}

static void a_card_and_a_description_make_the_same_frames(void **state)
{
	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		struct kn_frame f = unfinished(&variants[n].shape);

		card_cnt = 0;
		ref_card(&f, on_card_frame, (void *)(uintptr_t)&variants[n]);
		assert_int_equal(card_cnt, ref_frame_cnt(&variants[n].shape));
	}
}

/* ---- nothing happens on the way -------------------------------------------------------------- */

static void a_super_frame_arrives_in_one_write(void **state)
{
	unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		const struct variant *v = &variants[n];

		shape_send(v);
		unsigned int cnt = range(which, 0, p->sent_cnt);

		pipe_receive(which, cnt);
		expect_frames(v, which, cnt);
		require(p->write_cnt == 1, v->name, "writes", p->write_cnt);
	}
}

static void a_finished_frame_stays_as_it_is(void **state)
{
	unsigned int which[] = {0};

	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		const struct variant *v = &variants[n];
		struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};

		p = pipe_get();
		f.len = ref_frame(&v->shape, 0, f.data);
		pipe_send(&f);
		require(p->sent_cnt == 1, v->name, "datagrams", p->sent_cnt);
		pipe_receive(which, 1);
		expect_frames(v, which, 1);
	}
}

static void more_pieces_than_a_byte_counts_are_several_super_frames(void **state)
{
	static const struct variant many[] = {
		{"256 pieces", TCP4(REF_CWR | REF_PSH | REF_FIN, SIZE(2551, 10))},
		{"510 pieces", TCP6(REF_CWR | REF_FIN, SIZE(5100, 10))},
		{"1000 pieces", UDP4(SIZE(64000, 64), .id = 0xffff)},
	};
	unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < sizeof(many) / sizeof(many[0]); n++) {
		shape_send(&many[n]);
		unsigned int cnt = range(which, 0, p->sent_cnt);

		pipe_receive(which, cnt);
		expect_frames(&many[n], which, cnt);
		/* The receiver walks 256 datagrams at a time. */
		require(p->write_cnt <= cnt / 255 + cnt / 256 + 1, many[n].name, "writes",
			p->write_cnt);
	}
}

static void headers_that_a_piece_cannot_carry_arrive_all_the_same(void **state)
{
	static const struct variant many[] = {
		{"TCP, 256 bytes", TCP6(REF_FIN, SIZE(9000, 1200), .ip_opt_len = 184, .tag_cnt = 1,
					.tag = {VLAN(1)}, .tcp_opt_len = 12)},
		{"UDP, 270 bytes", UDP6(SIZE(9000, 1100), .ip_opt_len = 208)},
		{"TCP, 370 bytes", TCP6(0, SIZE(5000, 64), .ip_opt_len = 296)},
	};
	unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < sizeof(many) / sizeof(many[0]); n++) {
		shape_send(&many[n]);
		unsigned int cnt = range(which, 0, p->sent_cnt);

		pipe_receive(which, cnt);
		expect_frames(&many[n], which, cnt);
	}
}

/* ---- loss ------------------------------------------------------------------------------------ */

static void any_one_piece_may_be_lost(void **state)
{
	unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		unsigned int pieces = ref_frame_cnt(&variants[n].shape);

		for (unsigned int lost = 0; lost < pieces; lost++) {
			shape_send(&variants[n]);
			unsigned int cnt = range(which, 0, lost);

			cnt += range(which + cnt, lost + 1, pieces);
			pipe_receive(which, cnt);
			expect_frames(&variants[n], which, cnt);
			require(p->write_cnt <= 2, variants[n].name, "writes", p->write_cnt);
		}
	}
}

static void any_set_of_pieces_may_be_lost(void **state)
{
	static const struct variant six[] = {
		{"TCP", TCP4(REF_CWR | REF_PSH | REF_FIN, SIZE(6 * 100 - 1, 100))},
		{"UDP", UDP6(SIZE(6 * 9, 9), .tag_cnt = 1, .tag = {VLAN(1)})},
	};

	(void)state;
	for (unsigned int n = 0; n < 2; n++)
		for (unsigned int set = 0; set < 1U << 6; set++) {
			unsigned int which[6], cnt = 0;

			for (unsigned int i = 0; i < 6; i++)
				if (set >> i & 1)
					which[cnt++] = i;
			shape_send(&six[n]);
			pipe_receive(which, cnt);
			expect_frames(&six[n], which, cnt);
		}
}

static void what_a_batch_ends_within_is_delivered_in_parts(void **state)
{
	unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		unsigned int cnt = ref_frame_cnt(&variants[n].shape);

		for (unsigned int at = 1; at < cnt; at++) {
			shape_send(&variants[n]);
			range(which, 0, cnt);
			pipe_receive(which, at);
			pipe_receive(which + at, cnt - at);
			expect_frames(&variants[n], which, cnt);
			require(p->write_cnt == 2, variants[n].name, "writes", p->write_cnt);
		}
	}
}

/* ---- order and copies ---------------------------------------------------------------------- */

static void shuffle(struct sim_rng *rng, unsigned int *which, unsigned int cnt)
{
	for (unsigned int i = cnt; i > 1; i--) {
		unsigned int j = (unsigned int)sim_rng_range(rng, 0, i - 1), swap = which[j];

		which[j] = which[i - 1];
		which[i - 1] = swap;
	}
}

static void frames_leave_in_the_order_of_the_datagrams(void **state)
{
	struct sim_rng rng = sim_rng_fork(1, 2);
	unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < VARIANTS; n++)
		for (unsigned int round = 0; round < 4; round++) {
			shape_send(&variants[n]);
			unsigned int cnt = range(which, 0, p->sent_cnt);

			if (round == 0)
				for (unsigned int i = 0; i < cnt; i++)
					which[i] = cnt - 1 - i;
			else
				shuffle(&rng, which, cnt);
			pipe_receive(which, cnt);
			expect_frames(&variants[n], which, cnt);
		}
}

static void copies_deliver_nothing(void **state)
{
	unsigned int which[PIPE_DATAGRAMS_MAX], twice[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		uint64_t before;

		shape_send(&variants[n]);
		unsigned int cnt = range(which, 0, p->sent_cnt);

		before = pipe_rx_counter(KN_C_RX_REPLAY);
		for (unsigned int i = 0; i < cnt; i++)
			twice[2 * i] = twice[2 * i + 1] = i;
		pipe_receive(twice, 2 * cnt);
		expect_frames(&variants[n], which, cnt);
		got_forget();
		pipe_receive(which, cnt);
		pipe_receive(twice, 2 * cnt);
		expect_frames(&variants[n], which, 0);
		assert_int_equal(pipe_rx_counter(KN_C_RX_REPLAY) - before, 4 * cnt);
	}
}

static void of_two_copies_in_a_batch_the_first_counts(void **state)
{
	unsigned int which[PIPE_DATAGRAMS_MAX], mixed[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		unsigned int pieces = ref_frame_cnt(&variants[n].shape);

		for (unsigned int copied = 0; copied < pieces; copied++) {
			shape_send(&variants[n]);
			unsigned int cnt = range(which, 0, pieces);

			range(mixed, 0, pieces);
			mixed[pieces] = copied;
			pipe_receive(mixed, pieces + 1);
			expect_frames(&variants[n], which, cnt);
		}
	}
}

static void super_frames_of_different_flows_do_not_mix(void **state)
{
	unsigned int which[PIPE_DATAGRAMS_MAX], first[VARIANTS + 1], at = 0;
	struct sim_rng rng = sim_rng_fork(3, 4);

	(void)state;
	p = pipe_get();
	for (size_t n = 0; n < 16; n++) {
		struct kn_frame f = unfinished(&variants[n].shape);

		first[n] = p->sent_cnt;
		pipe_send(&f);
	}
	first[16] = p->sent_cnt;
	unsigned int cnt = range(which, 0, p->sent_cnt);

	shuffle(&rng, which, cnt);
	pipe_receive(which, cnt);
	assert_int_equal(p->got_cnt, cnt);
	for (unsigned int i = 0; i < cnt; i++) {
		for (at = 0; first[at + 1] <= which[i]; at++)
			;
		require(is_frame(&p->got[i], &variants[at].shape, which[i] - first[at]),
			variants[at].name, "this frame is wrong", which[i] - first[at]);
	}
}

/* ---- a TAP that takes less ------------------------------------------------------------------- */

static void a_tap_that_takes_less_gets_the_same_frames(void **state)
{
	static const struct pipe_takes takes[] = {
		{.csum = true, .uso = false},
		{.csum = false, .uso = false},
		{.csum = true, .uso = true, .refuses_uso = true},
	};
	unsigned int which[PIPE_DATAGRAMS_MAX];

	(void)state;
	for (size_t t = 0; t < 3; t++)
		for (size_t n = 0; n < VARIANTS; n++)
			for (unsigned int lost = 0; lost < 3; lost++) {
				shape_send(&variants[n]);
				pipe_takes(&takes[t]);
				unsigned int cnt = range(which, lost, p->sent_cnt);

				cnt = p->sent_cnt > lost ? cnt : 0;
				pipe_receive(which, cnt);
				expect_frames(&variants[n], which, cnt);
			}
	pipe_takes(&(struct pipe_takes){.csum = true, .uso = true});
}

/* ---- a kernel that says nonsense ------------------------------------------------------------- */

static void offload_data_that_makes_no_sense_is_dropped_and_counted(void **state)
{
	struct kn_frame f = unfinished(&tcp4);
	unsigned int broken = 0;

	(void)state;
	p = pipe_get();
	uint64_t before = pipe_tx_counter(KN_C_TX_BAD_OFFLOAD);

	for (unsigned int what = 0; what < 8; what++) {
		f = unfinished(what < 5 ? &tcp4 : &udp6);
		switch (what) {
		case 0:
			f.gso_size = 0;
			break;
		case 1:
			f.csum_start = (uint16_t)f.len;
			break;
		case 2:
			f.csum_offset = 6;
			break;
		case 3:
			f.super = KN_SUPER_TCP6;
			break;
		case 4:
			f.data[f.csum_start + 12] = 0x40;
			break;
		case 5:
			f.needs_csum = false;
			break;
		case 6:
			f.data[12] = 0x12;
			break;
		default:
			f.data[14] = 0x45;
		}
		pipe_send(&f);
		broken++;
	}
	assert_int_equal(p->sent_cnt, 0);
	assert_int_equal(pipe_tx_counter(KN_C_TX_BAD_OFFLOAD) - before, broken);
}

static int teardown(void **state)
{
	(void)state;
	pipe_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_and_a_description_make_the_same_frames),
		cmocka_unit_test(a_super_frame_arrives_in_one_write),
		cmocka_unit_test(a_finished_frame_stays_as_it_is),
		cmocka_unit_test(more_pieces_than_a_byte_counts_are_several_super_frames),
		cmocka_unit_test(headers_that_a_piece_cannot_carry_arrive_all_the_same),
		cmocka_unit_test(any_one_piece_may_be_lost),
		cmocka_unit_test(any_set_of_pieces_may_be_lost),
		cmocka_unit_test(what_a_batch_ends_within_is_delivered_in_parts),
		cmocka_unit_test(frames_leave_in_the_order_of_the_datagrams),
		cmocka_unit_test(copies_deliver_nothing),
		cmocka_unit_test(of_two_copies_in_a_batch_the_first_counts),
		cmocka_unit_test(super_frames_of_different_flows_do_not_mix),
		cmocka_unit_test(a_tap_that_takes_less_gets_the_same_frames),
		cmocka_unit_test(offload_data_that_makes_no_sense_is_dropped_and_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
