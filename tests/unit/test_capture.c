// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Captures: who wants what, what is kept of it, what is lost and counted, and that stopping and
 * ending them disturbs nobody. Engine, worker and rings are real; packets are made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "live/engine.h"
#include "path/capture.h"
#include "path/handle.h"
#include "path/sum.h"
#include "tests/unit/lone_engine.h"

#define PEER  2
#define OTHER 3
#define ALL   ((1U << KNET_CAPTURE_PLACES) - 1)

static struct {
	struct knet_handle handle;
	struct kn_worker worker;
	struct kn_host *host, *other;
} t;

static union kn_addr v4(uint32_t addr, uint16_t port)
{
	union kn_addr a = {.in = {.sin_family = AF_INET, .sin_port = htons(port)}};

	a.in.sin_addr.s_addr = htonl(addr);
	return a;
}

static struct kn_host *host_make(uint16_t id)
{
	struct knet_peer_link cfg = {.priority = -1, .enabled = true};
	union kn_addr remote = v4(0x0a000000U + id, 50000);

	kn_addr_to_storage(&remote, &cfg.remote);
	assert_int_equal(kn_host_add(t.handle.engine, id, "peer", NULL), 0);
	assert_int_equal(kn_host_link_set(t.handle.engine, id, 0, &cfg), 0);
	return t.handle.engine->hosts[id];
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.handle.engine =
		lone_engine_new(&(struct lone_engine){.host_id = 1, .now = kn_clock_mono_ns()});
	t.handle.timer_fd = -1;
	if (t.handle.engine == NULL || kn_worker_init(&t.worker, t.handle.engine, 0) != 0)
		return -1;
	t.worker.now = 100 * KN_SEC;
	t.host = host_make(PEER);
	t.other = host_make(OTHER);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kn_rcu_online();
	kn_captures_end(&t.handle);
	kn_worker_fini(&t.worker);
	lone_engine_free(t.handle.engine);
	return 0;
}

static uint64_t start(unsigned int places, uint16_t peer, uint32_t snaplen)
{
	uint64_t id;

	assert_int_equal(knet_capture_start(&t.handle,
					    &(struct knet_capture_params){.places = places,
									  .peer = peer,
									  .snaplen = snaplen},
					    &id),
			 0);
	return id;
}

/* A frame of `len` bytes, all of them `fill`. */
static void pass(const struct kn_host *h, bool is_out, uint8_t fill, uint32_t len)
{
	static uint8_t mem[70000];
	struct kn_frame f = {.data = mem, .len = len};

	memset(mem, fill, len);
	if (kn_captures(t.handle.engine) != NULL)
		kn_capture_frame(&t.worker, &f, h, is_out);
}

static struct knet_capture_packet next(uint64_t id)
{
	struct knet_capture_packet p;

	assert_int_equal(knet_capture_next(&t.handle, id, &p), 1);
	return p;
}

static void is_empty(uint64_t id)
{
	struct knet_capture_packet p;

	assert_int_equal(knet_capture_next(&t.handle, id, &p), 0);
}

static struct knet_capture_count count_of(uint64_t id, unsigned int place)
{
	struct knet_capture_count count;

	assert_int_equal(knet_capture_count_get(&t.handle, id, place, &count), 0);
	return count;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void frames_come_back_as_they_passed(void **state)
{
	uint64_t id = start(ALL, 0, 100);
	struct knet_capture_packet p;

	(void)state;
	pass(t.host, true, 0x11, 60);
	pass(t.host, false, 0x22, 1000);
	p = next(id);
	assert_int_equal(p.len, 60);
	assert_int_equal(p.wire_len, 60);
	assert_int_equal(p.data[59], 0x11);
	assert_int_equal(p.peer, PEER);
	assert_int_equal(p.place, KNET_CAPTURE_TAP);
	assert_true(p.is_out);
	assert_true(p.realtime_ns > t.worker.now);
	p = next(id);
	assert_int_equal(p.len, 100);
	assert_int_equal(p.wire_len, 1000);
	assert_false(p.is_out);
	is_empty(id);
	assert_int_equal(count_of(id, KNET_CAPTURE_TAP).matched, 2);
	assert_int_equal(count_of(id, 0).seen, 0);
}

static void each_gets_what_it_wants(void **state)
{
	uint64_t all = start(ALL, 0, 1), of_peer = start(ALL, PEER, 1), links = start(0xff, 0, 1);

	(void)state;
	pass(t.host, true, 1, 60);
	pass(t.other, true, 2, 60);
	pass(NULL, true, 3, 60); /* to all, and so to the peer */
	pass(t.other, false, 4, 60);
	for (unsigned int fill = 1; fill <= 4; fill++)
		assert_int_equal(next(all).data[0], fill);
	assert_int_equal(next(of_peer).data[0], 1);
	assert_int_equal(next(of_peer).data[0], 3);
	is_empty(all);
	is_empty(of_peer);
	is_empty(links);
}

static bool is_long(const void *program, bool is_out, const uint8_t *data, uint32_t len,
		    uint32_t wire_len)
{
	const uint32_t *least = program;

	(void)data;
	return is_out && wire_len >= *least && len == wire_len;
}

static void filters_decide_and_are_copied(void **state)
{
	uint32_t least = 100;
	struct knet_capture_params params = {
		.places = ALL, .snaplen = 1, .frames = {is_long, &least, sizeof(least)}};
	uint64_t id;

	(void)state;
	assert_int_equal(knet_capture_start(&t.handle, &params, &id), 0);
	least = 0;
	pass(t.host, true, 1, 99);
	pass(t.host, true, 2, 100);
	pass(t.host, false, 3, 100);
	assert_int_equal(next(id).data[0], 2);
	is_empty(id);
	assert_int_equal(count_of(id, KNET_CAPTURE_TAP).seen, 3);
	assert_int_equal(count_of(id, KNET_CAPTURE_TAP).matched, 1);
}

/* Nobody reads: the ring fills, says so once, and the rest is counted and forgotten. */
static void what_has_no_room_is_counted(void **state)
{
	uint64_t id = start(ALL, 0, 65536);
	struct knet_capture_count count;
	unsigned int reports = 0, cnt = 0;
	struct knet_capture_packet p;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		pass(t.host, true, 1, 65000);
		reports += t.worker.has_reported;
		t.worker.has_reported = false;
		assert_int_equal(knet_capture_is_filling(&t.handle), reports != 0);
	}
	assert_int_equal(reports, 1);
	count = count_of(id, KNET_CAPTURE_TAP);
	assert_int_equal(count.matched, 100);
	assert_in_range(count.dropped, 100 - 4 * 1024 * 1024 / 65000, 99);
	assert_int_equal(t.worker.counters.v[KN_C_CAPTURE_DROPPED], count.dropped);
	while (knet_capture_next(&t.handle, id, &p) == 1)
		cnt++;
	assert_int_equal(cnt + count.dropped, 100);
	assert_false(knet_capture_is_filling(&t.handle));
	pass(t.host, true, 9, 60);
	assert_int_equal(next(id).data[0], 9);
}

/* What the kernel leaves to a card is done, but for what is cut off and for super-frames. */
static void checksums_are_completed(void **state)
{
	uint64_t whole = start(ALL, 0, 65536), cut = start(ALL, 0, 50);
	uint8_t data[64] = {0};
	struct kn_frame f = {.data = data,
			     .len = sizeof(data),
			     .csum_start = 34,
			     .csum_offset = 6,
			     .needs_csum = true};

	(void)state;
	kn_capture_frame(&t.worker, &f, t.host, true);
	f.super = KN_SUPER_TCP4;
	f.gso_size = 1400;
	kn_capture_frame(&t.worker, &f, t.host, true);
	assert_int_equal(kn_get16(next(whole).data + 40), 0xffff);
	assert_int_equal(kn_get16(next(cut).data + 40), 0);
	struct knet_capture_packet p = next(whole);

	assert_int_equal(kn_get16(p.data + 40), 0);
	assert_int_equal(p.gso_size, 1400);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void a_capture_that_is_stopped_can_be_read(void **state)
{
	uint64_t first = start(ALL, 0, 60), second = start(ALL, 0, 60);
	struct knet_capture_packet p;

	(void)state;
	assert_true(first != second);
	pass(t.host, true, 1, 60);
	assert_int_equal(knet_capture_stop(&t.handle, first), 0);
	assert_int_equal(knet_capture_stop(&t.handle, first), 0);
	pass(t.host, true, 2, 60);
	assert_int_equal(next(first).data[0], 1);
	is_empty(first);
	assert_int_equal(next(second).data[0], 1);
	assert_int_equal(next(second).data[0], 2);
	knet_capture_free(&t.handle, second);
	assert_null(kn_captures(t.handle.engine));
	assert_int_equal(knet_capture_next(&t.handle, second, &p), -ENOENT);
	assert_int_equal(knet_capture_stop(&t.handle, second), -ENOENT);
	knet_capture_free(&t.handle, second);
	is_empty(first);
}

static void nonsense_is_refused(void **state)
{
	struct knet_capture_count count;
	uint64_t id;

	(void)state;
	assert_int_equal(
		knet_capture_start(&t.handle, &(struct knet_capture_params){.places = 1}, &id),
		-EINVAL);
	assert_int_equal(
		knet_capture_start(&t.handle,
				   &(struct knet_capture_params){.places = 1U << 9, .snaplen = 1},
				   &id),
		-EINVAL);
	id = start(1, 0, 1);
	assert_int_equal(knet_capture_count_get(&t.handle, id, KNET_CAPTURE_PLACES, &count),
			 -ENOENT);
	assert_int_equal(knet_capture_count_get(&t.handle, id + 1, 0, &count), -ENOENT);
}

struct passing {
	pthread_t thread;
	bool is_over;
};

static void *keep_passing(void *arg)
{
	struct passing *p = arg;

	rcu_register_thread();
	while (!__atomic_load_n(&p->is_over, __ATOMIC_RELAXED)) {
		pass(t.host, true, 1, 300);
		kn_rcu_quiescent();
	}
	kn_rcu_offline();
	rcu_unregister_thread();
	return NULL;
}

/* Captures come and go while packets pass in another thread. */
static void captures_come_and_go_under_traffic(void **state)
{
	struct passing p = {.is_over = false};
	struct knet_capture_packet packet;
	unsigned int seen = 0;

	(void)state;
	kn_rcu_offline();
	assert_int_equal(pthread_create(&p.thread, NULL, keep_passing, &p), 0);
	for (unsigned int round = 0; round < 300 || seen == 0; round++) {
		uint64_t one = start(ALL, 0, 200), two = start(ALL, PEER, 200);

		for (unsigned int i = 0; i < 50; i++)
			seen += knet_capture_next(&t.handle, one, &packet) == 1 &&
				packet.data[199] == 1;
		assert_int_equal(knet_capture_stop(&t.handle, two), 0);
		knet_capture_free(&t.handle, round % 2 ? one : two);
		knet_capture_free(&t.handle, round % 2 ? two : one);
		kn_handle_enter(&t.handle);
		kn_reclaim_run(&t.handle.engine->reclaim);
		kn_handle_leave(&t.handle);
	}
	__atomic_store_n(&p.is_over, true, __ATOMIC_RELAXED);
	pthread_join(p.thread, NULL);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static const uint8_t handshake[150] = {0x11};

static void arrive(const union kn_addr *from, const void *data, uint32_t len)
{
	union kn_addr local = v4(0x0a000001, 50000);
	struct kn_in in = {.data = data, .from = from, .len = len, .link = 0};

	kn_capture_arrived(&t.worker, &local, &in, 1, t.worker.now);
}

/* The sum over pseudo-header and UDP is right if it comes out as all ones. */
static void check_ip4(const struct knet_capture_packet *p)
{
	const uint32_t udp_len = p->wire_len - 20;

	assert_int_equal(p->data[0], 0x45);
	assert_int_equal(kn_get16(p->data + 2), p->wire_len);
	assert_int_equal(kn_sum(p->data, 20, 0), 0xffff);
	assert_int_equal(kn_get16(p->data + 24), udp_len);
	assert_int_equal(
		kn_sum(p->data + 20, udp_len, (uint32_t)kn_sum_pseudo(p->data, true, 17) + udp_len),
		0xffff);
}

static void datagrams_have_headers_and_owners(void **state)
{
	uint64_t id = start(ALL, 0, 65536), of_other = start(ALL, OTHER, 65536);
	union kn_addr from = v4(0x0a000002, 50000), stranger = v4(0x0a000063, 50000);
	struct knet_capture_packet p;

	(void)state;
	arrive(&from, handshake, sizeof(handshake));
	p = next(id);
	check_ip4(&p);
	assert_int_equal(p.peer, PEER);
	assert_int_equal(p.place, 0);
	assert_int_equal(kn_get32(p.data + 12), 0x0a000002);
	assert_int_equal(kn_get32(p.data + 16), 0x0a000001);
	assert_memory_equal(p.data + 28, handshake, sizeof(handshake));
	arrive(&stranger, handshake, sizeof(handshake));
	assert_int_equal(next(id).peer, 0);
	is_empty(of_other);
	from = v4(0x0a000003, 50000);
	arrive(&from, handshake, sizeof(handshake));
	assert_int_equal(next(of_other).peer, OTHER);
	/* Found, remembered, and forgotten when the peer is elsewhere. */
	assert_int_equal(next(id).peer, OTHER);
	t.other->links[0]->path->remote = stranger;
	arrive(&from, handshake, sizeof(handshake));
	assert_int_equal(next(id).peer, 0);
}

static void bursts_are_datagrams(void **state)
{
	uint64_t id = start(1, 0, 65536);
	union kn_addr local = v4(0x0a000001, 50000);
	uint8_t data[250];
	struct kn_out out[2] = {{.to = &t.host->links[0]->path->remote,
				 .link = t.host->links[0],
				 .host = t.host,
				 .data = data,
				 .len = sizeof(data),
				 .seg_len = 100,
				 .cnt = 3},
				{0}};
	static const uint32_t want[] = {100, 100, 50};

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	out[1] = out[0];
	out[0].err = -EAGAIN; /* has not left */
	kn_capture_sent(&t.worker, &local, out, 2);
	for (size_t i = 0; i < 3; i++) {
		struct knet_capture_packet p = next(id);

		check_ip4(&p);
		assert_true(p.is_out);
		assert_int_equal(p.len, 28 + want[i]);
		assert_memory_equal(p.data + 28, data + 100 * i, want[i]);
	}
	is_empty(id);
}

/* IPv6, and control's own slot; of all slots the oldest packet comes first. */
static void control_sends_too(void **state)
{
	uint64_t id = start(ALL, 0, 65536);
	union kn_addr local = {.in6 = {.sin6_family = AF_INET6, .sin6_port = htons(50000)}};
	union kn_addr remote = local;
	struct knet_capture_packet p;

	(void)state;
	remote.in6.sin6_addr.s6_addr[15] = 9;
	t.handle.engine->now = t.worker.now - 1;
	pass(t.host, true, 1, 60);
	kn_capture_control_sent(t.handle.engine, 5, &(struct kn_capture_way){&local, &remote},
				(struct kn_bytes){handshake, sizeof(handshake)});
	p = next(id);
	assert_int_equal(p.place, 5);
	assert_true(p.is_out);
	assert_int_equal(p.data[0], 0x60);
	assert_int_equal(p.len, 48 + sizeof(handshake));
	const uint32_t udp_len = 8 + sizeof(handshake);

	assert_int_equal(
		kn_sum(p.data + 40, udp_len, (uint32_t)kn_sum_pseudo(p.data, false, 17) + udp_len),
		0xffff);
	assert_int_equal(next(id).place, KNET_CAPTURE_TAP);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(frames_come_back_as_they_passed),
		CASE(each_gets_what_it_wants),
		CASE(filters_decide_and_are_copied),
		CASE(what_has_no_room_is_counted),
		CASE(checksums_are_completed),
		CASE(a_capture_that_is_stopped_can_be_read),
		CASE(nonsense_is_refused),
		CASE(captures_come_and_go_under_traffic),
		CASE(datagrams_have_headers_and_owners),
		CASE(bursts_are_datagrams),
		CASE(control_sends_too),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
