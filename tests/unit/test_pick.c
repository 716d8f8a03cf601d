// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Which of several links a frame takes: turns by weight, flows that stay together, move when their
 * link is gone or when they have paused, and new ones where there is least.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "path/pick.h"
#include "path/worker.h"

#define GAP_US 2000

struct fixture {
	struct kn_engine *e;
	struct kn_worker w;
	struct kn_host host;
	uint8_t buf[1514];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->e = calloc(1, sizeof(*f->e));
	f->w.engine = f->e;
	f->w.flows = calloc(1, sizeof(*f->w.flows));
	f->w.now = 100 * KN_SEC;
	f->host = (struct kn_host){.id = 7, .tx_links = 3, .flow_gap_us = GAP_US};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(f->w.flows);
	free(f->e);
	free(f);
	return 0;
}

/* TCP or UDP over IPv4 from a port, to the same place. */
static struct kn_frame frame(struct fixture *f, uint16_t port, uint32_t len)
{
	memset(f->buf, 0, sizeof(f->buf));
	f->buf[5] = 2;
	f->buf[11] = 1;
	kn_put16(f->buf + 12, 0x0800);
	f->buf[14] = 0x45;
	f->buf[23] = 6;
	kn_put32(f->buf + 26, 0x0a000001);
	kn_put32(f->buf + 30, 0x0a000002);
	kn_put16(f->buf + 34, port);
	kn_put16(f->buf + 36, 80);
	return (struct kn_frame){.data = f->buf, .len = len};
}

static uint8_t pick(struct fixture *f, uint16_t port, uint32_t len)
{
	struct kn_frame one = frame(f, port, len);

	return kn_pick_links(&f->w, &f->host, &one);
}

static void frames_of_a_flow_have_one_hash(void **state)
{
	struct fixture *f = *state;
	uint32_t plain, tagged;

	frame(f, 1000, 1514);
	plain = kn_flow_hash(f->buf, 1514);
	f->buf[100] = 1; /* payload */
	f->buf[16] = 5;  /* length */
	f->buf[18] = 9;  /* identification */
	assert_int_equal(kn_flow_hash(f->buf, 60), plain);
	kn_put16(f->buf + 34, 1001);
	assert_int_not_equal(kn_flow_hash(f->buf, 1514), plain);
	kn_put16(f->buf + 34, 1000);
	f->buf[33] = 3; /* address */
	assert_int_not_equal(kn_flow_hash(f->buf, 1514), plain);
	/* With a tag it is another flow, whatever its priority bits. */
	frame(f, 1000, 1514);
	memmove(f->buf + 16, f->buf + 12, 1000);
	kn_put16(f->buf + 12, 0x8100);
	kn_put16(f->buf + 14, 5);
	tagged = kn_flow_hash(f->buf, 1514);
	assert_int_not_equal(tagged, plain);
	kn_put16(f->buf + 14, 0xe005);
	assert_int_equal(kn_flow_hash(f->buf, 1514), tagged);
	kn_put16(f->buf + 38, 1001);
	assert_int_not_equal(kn_flow_hash(f->buf, 1514), tagged);
}

/* The first fragment has ports, the others do not: none of them counts. */
static void fragments_stay_together(void **state)
{
	struct fixture *f = *state;
	uint32_t first;

	frame(f, 1000, 1514);
	kn_put16(f->buf + 20, 0x2000);
	first = kn_flow_hash(f->buf, 1514);
	kn_put16(f->buf + 20, 185);
	kn_put16(f->buf + 34, 4711);
	assert_int_equal(kn_flow_hash(f->buf, 1514), first);
}

static void ports_of_ipv6_count(void **state)
{
	struct fixture *f = *state;
	uint32_t before;

	memset(f->buf, 7, sizeof(f->buf));
	kn_put16(f->buf + 12, 0x86dd);
	f->buf[20] = 17;
	before = kn_flow_hash(f->buf, 100);
	f->buf[54]++;
	assert_int_not_equal(kn_flow_hash(f->buf, 100), before);
	f->buf[20] = 44; /* a fragment header is there instead */
	before = kn_flow_hash(f->buf, 100);
	f->buf[54]++;
	assert_int_equal(kn_flow_hash(f->buf, 100), before);
}

/* Found by the sanitizer, or by a crash. */
static void short_frames_are_not_read_beyond(void **state)
{
	struct fixture *f = *state;

	frame(f, 1, 64);
	for (size_t len = 0; len < 64; len++) {
		uint8_t *copy = malloc(len != 0 ? len : 1);

		memcpy(copy, f->buf, len);
		(void)kn_flow_hash(copy, len);
		if (len > 14) {
			copy[14] = 0x4f;
			(void)kn_flow_hash(copy, len);
			kn_put16(copy + 12, 0x86dd);
			(void)kn_flow_hash(copy, len);
			kn_put16(copy + 12, 0x8100);
			(void)kn_flow_hash(copy, len);
		}
		free(copy);
	}
}

static void passive_and_active_use_what_they_have(void **state)
{
	struct fixture *f = *state;

	f->host.tx_policy = KNET_POLICY_ACTIVE;
	assert_int_equal(pick(f, 1, 100), 3);
	f->host.tx_links = 0;
	f->host.tx_policy = KNET_POLICY_BALANCE;
	assert_int_equal(pick(f, 1, 100), 0);
	f->host.tx_links = 4;
	f->host.tx_policy = KNET_POLICY_ROUND_ROBIN;
	assert_int_equal(pick(f, 1, 100), 4);
}

static void turns_follow_the_weights(void **state)
{
	struct fixture *f = *state;
	unsigned int cnt[KNET_MAX_LINKS] = {0};

	f->host.tx_policy = KNET_POLICY_ROUND_ROBIN;
	f->host.tx_links = 0x85;
	f->e->weights[2] = 3;
	for (unsigned int i = 0; i < 500; i++)
		cnt[__builtin_ctz(pick(f, 1, 100))]++;
	assert_int_equal(cnt[0], 100);
	assert_int_equal(cnt[2], 300);
	assert_int_equal(cnt[7], 100);
	/* One leaves in the middle of its turn. */
	while (pick(f, 1, 100) != 4)
		;
	f->host.tx_links = 0x81;
	assert_int_not_equal(pick(f, 1, 100), 4);
}

static void a_flow_stays_while_it_flows(void **state)
{
	struct fixture *f = *state;

	f->host.tx_policy = KNET_POLICY_BALANCE;
	uint8_t link = pick(f, 1, 1400);

	for (unsigned int i = 0; i < 1000; i++) {
		f->w.now += GAP_US * KN_US;
		assert_int_equal(pick(f, 1, 1400), link);
		/* All others, which come and go, choose the other one. */
		assert_int_equal(pick(f, (uint16_t)(1000 + i), 60), 3 - link);
	}
	/* A pause longer than the links differ: it may move, and does, as its link is the fuller.
	 */
	f->w.now += GAP_US * KN_US + 1;
	assert_int_equal(pick(f, 1, 1400), 3 - link);
}

static void a_pause_alone_moves_no_flow(void **state)
{
	struct fixture *f = *state;

	f->host.tx_policy = KNET_POLICY_BALANCE;
	uint8_t one = pick(f, 1, 1000), other = pick(f, 2, 1000);

	assert_int_equal(one | other, 3);
	for (unsigned int i = 0; i < 100; i++) {
		f->w.now += 2 * GAP_US * KN_US;
		assert_int_equal(pick(f, 1, 1000), one);
		assert_int_equal(pick(f, 2, 1000), other);
	}
}

static void a_flow_leaves_a_link_that_is_gone(void **state)
{
	struct fixture *f = *state;

	f->host.tx_policy = KNET_POLICY_BALANCE;
	f->host.tx_links = 7;
	uint8_t link = pick(f, 1, 1400);

	f->host.tx_links = (uint8_t)(7 & ~link);
	uint8_t then = pick(f, 1, 1400);

	assert_int_equal(then & f->host.tx_links, then);
	f->host.tx_links = 7;
	assert_int_equal(pick(f, 1, 1400), then);
}

/* Flows of the same size, as many as one likes: they spread by the weights. */
static void flows_spread_by_weight(void **state)
{
	struct fixture *f = *state;
	unsigned int cnt[2] = {0};

	f->host.tx_policy = KNET_POLICY_BALANCE;
	f->e->weights[1] = 3;
	for (unsigned int i = 0; i < 400; i++)
		cnt[__builtin_ctz(pick(f, (uint16_t)i, 1000))]++;
	assert_in_range(cnt[0], 95, 105);
	assert_in_range(cnt[1], 295, 305);
}

static void hosts_do_not_share_flows(void **state)
{
	struct fixture *f = *state;
	struct kn_host other = f->host;
	struct kn_frame one = frame(f, 1, 1000);

	f->host.tx_policy = other.tx_policy = KNET_POLICY_BALANCE;
	other.id = 8;
	other.tx_links = 0x30;
	for (unsigned int i = 0; i < 10; i++) {
		assert_true(kn_pick_links(&f->w, &f->host, &one) & 3);
		assert_true(kn_pick_links(&f->w, &other, &one) & 0x30);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(frames_of_a_flow_have_one_hash),
		CASE(fragments_stay_together),
		CASE(ports_of_ipv6_count),
		CASE(short_frames_are_not_read_beyond),
		CASE(passive_and_active_use_what_they_have),
		CASE(turns_follow_the_weights),
		CASE(a_flow_stays_while_it_flows),
		CASE(a_pause_alone_moves_no_flow),
		CASE(a_flow_leaves_a_link_that_is_gone),
		CASE(flows_spread_by_weight),
		CASE(hosts_do_not_share_flows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
