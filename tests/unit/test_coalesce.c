// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Small frames from TAP to TAP: those of one flow are joined for the second TAP, and what a card
 * makes of it must be, byte for byte and in order, what came from the first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "core/counters.h"
#include "path/coalesce.h"
#include "tests/ref/pipe.h"
#include "tests/ref/shape.h"

#define CNT_MAX 200
#define ALL     ((struct pipe_takes){.csum = true, .uso = true})

struct variant {
	const char *name;
	struct ref_shape shape;
};

/* Each is a flow of several frames, here described as the super-frame that they were. */
static const struct variant variants[] = {
	{"TCP over IPv4",
	 {.is_tcp = true,
	  .ttl = 64,
	  .df = true,
	  .flags = REF_ACK,
	  .tcp_opt_len = 12,
	  .payload_len = 9 * 1348,
	  .gso_size = 1348}},
	{"TCP over IPv6, PSH on the last, ECE, two tags",
	 {.is_tcp = true,
	  .is_ip6 = true,
	  .ttl = 9,
	  .flags = REF_ACK | REF_PSH | REF_ECE,
	  .tos = 0xb9,
	  .tag_cnt = 2,
	  .tag = {{0x88a8, 5}, {0x8100, 0xe006}},
	  .payload_len = 7 * 333 + 5,
	  .gso_size = 333}},
	{"TCP whose numbers wrap",
	 {.is_tcp = true,
	  .ttl = 64,
	  .id = 0xfffe,
	  .seq = 0xfffffff0U,
	  .flags = REF_ACK,
	  .payload_len = 100,
	  .gso_size = 7}},
	{"UDP over IPv4, may be fragmented",
	 {.ttl = 64, .id = 0xfff0, .payload_len = 40 * 64, .gso_size = 64}},
	{"UDP over IPv4, one tag, odd lengths, a shorter last",
	 {.ttl = 1,
	  .df = true,
	  .tag_cnt = 1,
	  .tag = {{0x8100, 7}},
	  .payload_len = 9 * 333 + 1,
	  .gso_size = 333}},
	{"UDP over IPv6", {.is_ip6 = true, .ttl = 64, .payload_len = 20 * 1370, .gso_size = 1370}},
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static uint8_t tap_buffer[KN_FRAME_HEADROOM + REF_FRAME_MAX];
static struct pipe_bytes sent[CNT_MAX]; /* what a card would have put on the wire */
static unsigned int sent_cnt;
static struct pipe *p;

static void begin(void)
{
	while (sent_cnt > 0)
		free(sent[--sent_cnt].data);
	p = pipe_get();
	pipe_takes(&ALL);
}

static void expect_bytes(const uint8_t *data, uint32_t len)
{
	sent[sent_cnt] = (struct pipe_bytes){.data = malloc(len), .len = len};
	assert_non_null(sent[sent_cnt].data);
	memcpy(sent[sent_cnt++].data, data, len);
}

/* The i-th frame, finished or not, as the kernel would hand it over. */
static void send_one(const struct ref_shape *s, unsigned int i, bool is_finished)
{
	static uint8_t want[REF_FRAME_MAX];
	struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};
	struct ref_shape one = ref_single(s, i);

	if (is_finished)
		f.len = ref_frame(&one, 0, f.data);
	else
		ref_unfinished(&one, &f);
	expect_bytes(want, ref_frame(&one, 0, want));
	pipe_send(&f);
}

static void send_all(const struct ref_shape *s, bool is_finished)
{
	for (unsigned int i = 0; i < ref_frame_cnt(s); i++)
		send_one(s, i, is_finished);
}

/* The datagrams [from, to) arrive in one batch. */
static void receive(unsigned int from, unsigned int to)
{
	unsigned int which[CNT_MAX];

	for (unsigned int i = from; i < to; i++)
		which[i - from] = i;
	pipe_receive(which, to - from);
}

static void expect_all(const char *name)
{
	if (p->got_cnt != sent_cnt)
		fail_msg("%s: %u frames of %u", name, p->got_cnt, sent_cnt);
	for (unsigned int i = 0; i < sent_cnt; i++)
		if (p->got[i].len != sent[i].len ||
		    memcmp(p->got[i].data, sent[i].data, sent[i].len) != 0)
			fail_msg("%s: frame %u is another", name, i);
}

static void expect_writes(const char *name, unsigned int writes, unsigned int supers)
{
	if (p->write_cnt != writes || p->super_cnt != supers)
		fail_msg("%s: %u writes with %u super-frames, not %u with %u", name, p->write_cnt,
			 p->super_cnt, writes, supers);
}

/* ---- what is joined -------------------------------------------------------------------------- */

static void frames_of_one_flow_arrive_in_one_write(void **state)
{
	(void)state;
	for (size_t n = 0; n < VARIANTS; n++)
		for (int finished = 0; finished < 2; finished++) {
			begin();
			uint64_t before = pipe_rx_counter(KN_C_RX_COALESCED);

			send_all(&variants[n].shape, finished);
			receive(0, p->sent_cnt);
			expect_all(variants[n].name);
			expect_writes(variants[n].name, 1, 1);
			assert_int_equal(pipe_rx_counter(KN_C_RX_COALESCED) - before, sent_cnt);
		}
}

static void finished_and_unfinished_frames_join(void **state)
{
	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		begin();
		for (unsigned int i = 0; i < ref_frame_cnt(&variants[n].shape); i++)
			send_one(&variants[n].shape, i, i % 3 == 1);
		receive(0, p->sent_cnt);
		expect_all(variants[n].name);
		expect_writes(variants[n].name, 1, 1);
	}
}

static void no_more_are_joined_than_the_kernel_takes(void **state)
{
	const struct ref_shape s = {.ttl = 64, .payload_len = 130 * 64, .gso_size = 64};
	const struct ref_shape large = {.ttl = 64, .payload_len = 60 * 1400, .gso_size = 1400};

	(void)state;
	begin();
	send_all(&s, true);
	receive(0, p->sent_cnt);
	expect_all("small frames");
	expect_writes("small frames", 3, 3);
	begin();
	send_all(&large, false);
	receive(0, p->sent_cnt);
	expect_all("large frames");
	assert_in_range(p->write_cnt, 2, 3);
}

static void datagrams_that_all_have_the_same_identification_join(void **state)
{
	struct ref_shape s = {.ttl = 64, .df = true, .payload_len = 64};

	(void)state;
	begin();
	for (unsigned int i = 0; i < 10; i++)
		send_one(&s, 0, i & 1);
	receive(0, 10);
	expect_writes("DF", 1, 1);
	/* It means nothing (RFC 6864); of the payload everything is as it was. */
	for (unsigned int i = 0; i < 10; i++)
		assert_memory_equal(p->got[i].data + 34, sent[i].data + 34, sent[i].len - 34);
	begin();
	s.df = false;
	for (unsigned int i = 0; i < 10; i++)
		send_one(&s, 0, i & 1);
	receive(0, 10);
	expect_all("without DF");
	expect_writes("without DF", 10, 0);
}

/* ---- what is not ----------------------------------------------------------------------------- */

static void nothing_waits_for_more(void **state)
{
	const struct ref_shape *s = &variants[0].shape;

	(void)state;
	begin();
	send_all(s, true);
	receive(0, 4);
	expect_writes("the first batch", 1, 1);
	receive(4, 5);
	expect_writes("a batch of one", 2, 1);
	receive(5, 9);
	expect_all("three batches");
	expect_writes("three batches", 3, 2);
}

/* Two frames, the second not what the first is followed by. */
static const struct {
	const char *name;
	struct ref_shape a, b;
} pairs[] = {
#define TCP(bits, len, ...)                                                        \
	{                                                                          \
		.is_tcp = true, .flags = (bits), .payload_len = (len), __VA_ARGS__ \
	}
#define UDP(len, ...)                             \
	{                                         \
		.payload_len = (len), __VA_ARGS__ \
	}
#define NEXT .seq = 100, .id = 1
	{"a gap", TCP(REF_ACK, 100, .seq = 0), TCP(REF_ACK, 100, .seq = 101, .id = 1)},
	{"the same again", TCP(REF_ACK, 100, .seq = 0), TCP(REF_ACK, 100, .seq = 0, .id = 1)},
	{"behind PSH", TCP(REF_ACK | REF_PSH, 100, .id = 0), TCP(REF_ACK, 100, NEXT)},
	{"FIN", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK | REF_FIN, 100, NEXT)},
	{"SYN", TCP(2, 100, .id = 0), TCP(REF_ACK, 100, NEXT)},
	{"RST", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK | 4, 100, NEXT)},
	{"URG", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK | 32, 100, NEXT)},
	{"CWR", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK | REF_CWR, 100, NEXT)},
	{"ECE begins", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK | REF_ECE, 100, NEXT)},
	{"no payload", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK, 0, NEXT)},
	{"longer", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK, 101, NEXT)},
	{"other options", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK, 100, NEXT, .tcp_opt_len = 4)},
	{"congestion experienced", TCP(REF_ACK, 100, .tos = 2), TCP(REF_ACK, 100, NEXT, .tos = 3)},
	{"another time to live", TCP(REF_ACK, 100, .ttl = 9), TCP(REF_ACK, 100, NEXT, .ttl = 8)},
	{"another identification", TCP(REF_ACK, 100, .id = 0),
	 TCP(REF_ACK, 100, .seq = 100, .id = 2)},
	{"DF begins", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK, 100, NEXT, .df = true)},
	{"IPv4 options", TCP(REF_ACK, 100, .ip_opt_len = 4),
	 TCP(REF_ACK, 100, NEXT, .ip_opt_len = 4)},
	{"extension headers", UDP(100, .is_ip6 = true, .ip_opt_len = 8),
	 UDP(100, .is_ip6 = true, .ip_opt_len = 8)},
	{"another flow", TCP(REF_ACK, 100, .id = 0), TCP(REF_ACK, 100, NEXT, .flow = 1)},
	{"another flow of UDP", UDP(100, .id = 0), UDP(100, .id = 1, .flow = 1)},
	{"another protocol", UDP(100, .id = 0), TCP(REF_ACK, 100, .id = 1)},
	{"another version", UDP(100, .id = 0), UDP(100, .is_ip6 = true)},
	{"a longer datagram", UDP(100, .id = 0), UDP(101, .id = 1)},
	{"an empty datagram", UDP(100, .id = 0), UDP(0, .id = 1)},
	{"another identification, UDP", UDP(100, .id = 0), UDP(100, .id = 2)},
	{"another VLAN", UDP(100, .tag_cnt = 1, .tag = {{0x8100, 5}}),
	 UDP(100, .id = 1, .tag_cnt = 1, .tag = {{0x8100, 6}})},
	{"another priority", UDP(100, .tag_cnt = 1, .tag = {{0x8100, 0x2005}}),
	 UDP(100, .id = 1, .tag_cnt = 1, .tag = {{0x8100, 0x4005}})},
};

static void what_does_not_continue_a_frame_is_not_joined(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(pairs) / sizeof(pairs[0]); n++)
		for (int finished = 0; finished < 2; finished++) {
			begin();
			send_one(&pairs[n].a, 0, finished);
			send_one(&pairs[n].b, 0, finished);
			receive(0, 2);
			expect_all(pairs[n].name);
			expect_writes(pairs[n].name, 2, 0);
		}
}

static void a_frame_that_is_longer_than_its_packet_keeps_its_end(void **state)
{
	const struct ref_shape s = {.ttl = 64, .payload_len = 4};

	(void)state;
	begin();
	for (uint16_t i = 0; i < 2; i++) {
		struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};

		memset(f.data, 0x5a, 60);
		(void)ref_frame(&s, 0, f.data);
		f.len = 60;
		expect_bytes(f.data, f.len);
		pipe_send(&f);
	}
	receive(0, 2);
	expect_all("padding");
	expect_writes("padding", 2, 0);
}

static void datagrams_without_checksum_stay_so(void **state)
{
	const struct ref_shape s = {.ttl = 64, .df = true, .payload_len = 100};

	(void)state;
	begin();
	for (uint16_t i = 0; i < 2; i++) {
		struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};

		f.len = ref_frame(&s, 0, f.data);
		memset(f.data + 40, 0, 2);
		expect_bytes(f.data, f.len);
		pipe_send(&f);
	}
	receive(0, 2);
	expect_all("no checksum");
	expect_writes("no checksum", 2, 0);
}

/* A flow of three, with one bit of the second turned: whichever it is, what was sent arrives. */
static void any_bit_may_be_wrong(void **state)
{
	static const struct ref_shape shapes[] = {
		{.is_tcp = true,
		 .ttl = 64,
		 .df = true,
		 .flags = REF_ACK,
		 .payload_len = 90,
		 .gso_size = 30,
		 .tag_cnt = 1,
		 .tag = {{0x8100, 1}}},
		{.is_tcp = true,
		 .is_ip6 = true,
		 .ttl = 64,
		 .flags = REF_ACK,
		 .payload_len = 90,
		 .gso_size = 30},
		{.ttl = 64, .df = true, .payload_len = 90, .gso_size = 30},
		{.is_ip6 = true, .ttl = 64, .payload_len = 90, .gso_size = 30},
	};

	(void)state;
	for (size_t n = 0; n < 4; n++) {
		struct kn_frame f = {.data = tap_buffer + KN_FRAME_HEADROOM};
		struct ref_shape middle = ref_single(&shapes[n], 1);
		uint32_t len = ref_frame(&middle, 0, f.data);

		/* The addresses of Ethernet stay: it shall go to the same host. */
		for (uint32_t bit = 12 * 8; bit < len * 8; bit++) {
			begin();
			send_one(&shapes[n], 0, true);
			f = (struct kn_frame){.data = tap_buffer + KN_FRAME_HEADROOM, .len = len};
			(void)ref_frame(&middle, 0, f.data);
			f.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
			expect_bytes(f.data, f.len);
			pipe_send(&f);
			send_one(&shapes[n], 2, true);
			receive(0, 3);
			expect_all("a bit");
		}
	}
}

/* ---- a TAP that takes less ------------------------------------------------------------------- */

static void a_tap_that_takes_less_gets_frames(void **state)
{
	(void)state;
	for (size_t n = 0; n < VARIANTS; n++) {
		const struct ref_shape *s = &variants[n].shape;
		unsigned int cnt = ref_frame_cnt(s);

		begin();
		pipe_takes(&(struct pipe_takes){.csum = true});
		send_all(s, false);
		receive(0, p->sent_cnt);
		expect_all(variants[n].name);
		expect_writes(variants[n].name, s->is_tcp ? 1 : cnt, s->is_tcp);
		begin();
		pipe_takes(&(struct pipe_takes){.csum = false});
		send_all(s, false);
		receive(0, p->sent_cnt);
		expect_all(variants[n].name);
		expect_writes(variants[n].name, cnt, 0);
		begin();
		pipe_takes(&(struct pipe_takes){.csum = true, .uso = true, .refuses_uso = true});
		send_all(s, true);
		receive(0, p->sent_cnt);
		expect_all(variants[n].name);
		expect_writes(variants[n].name, s->is_tcp ? 1 : cnt, s->is_tcp);
	}
}

static int teardown(void **state)
{
	(void)state;
	begin();
	pipe_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_one_flow_arrive_in_one_write),
		cmocka_unit_test(finished_and_unfinished_frames_join),
		cmocka_unit_test(no_more_are_joined_than_the_kernel_takes),
		cmocka_unit_test(datagrams_that_all_have_the_same_identification_join),
		cmocka_unit_test(nothing_waits_for_more),
		cmocka_unit_test(what_does_not_continue_a_frame_is_not_joined),
		cmocka_unit_test(a_frame_that_is_longer_than_its_packet_keeps_its_end),
		cmocka_unit_test(datagrams_without_checksum_stay_so),
		cmocka_unit_test(any_bit_may_be_wrong),
		cmocka_unit_test(a_tap_that_takes_less_gets_frames),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
