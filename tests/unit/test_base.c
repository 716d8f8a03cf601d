// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The room that knows nothing of networks: wire integers, underlay addresses, the queue between two
 * threads, clocks, chance and log lines. The timer wheel has a test of its own, test_wheel.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/byteq.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/msgq.h"
#include "base/rng.h"

/* ---- wire integers ------------------------------------------------------------------------- */

static void integers_are_big_endian_at_any_alignment(void **state)
{
	static const uint8_t bytes[8] = {0x81, 0x02, 0xf3, 0x04, 0x85, 0x06, 0xf7, 0x08};

	(void)state;
	for (size_t at = 0; at < 8; at++) {
		uint8_t buf[16];

		memset(buf, 0xaa, sizeof(buf));
		kn_put64(buf + at, 0x8102f3048506f708);
		assert_memory_equal(buf + at, bytes, 8);
		assert_true(kn_get64(buf + at) == 0x8102f3048506f708);
		assert_int_equal(kn_get32(buf + at), 0x8102f304);
		assert_int_equal(kn_get16(buf + at), 0x8102);
		for (size_t i = 0; i < sizeof(buf); i++)
			if (i < at || i >= at + 8)
				assert_int_equal(buf[i], 0xaa);
	}
}

static void integers_are_written_in_their_own_length(void **state)
{
	uint8_t buf[8] = {0};

	(void)state;
	kn_put16(buf, 0xfffe);
	assert_memory_equal(buf, "\xff\xfe\0\0\0\0\0", 8);
	kn_put32(buf, 0xfffefdfc);
	assert_memory_equal(buf, "\xff\xfe\xfd\xfc\0\0\0", 8);
	assert_int_equal(kn_get16(buf), 0xfffe);
	assert_int_equal(kn_get32(buf), 0xfffefdfc);
}

/* ---- addresses ----------------------------------------------------------------------------- */

static union kn_addr v4(const char *host, uint16_t port)
{
	union kn_addr a = {.in = {.sin_family = AF_INET, .sin_port = htons(port)}};

	assert_int_equal(inet_pton(AF_INET, host, &a.in.sin_addr), 1);
	return a;
}

static union kn_addr v6(const char *host, uint32_t scope, uint16_t port)
{
	union kn_addr a = {
		.in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope}};

	assert_int_equal(inet_pton(AF_INET6, host, &a.in6.sin6_addr), 1);
	return a;
}

static void assert_text(union kn_addr a, const char *want)
{
	char text[KN_ADDR_TEXT_LEN];

	assert_string_equal(kn_addr_format(&a, text), want);
}

static void addresses_as_text(void **state)
{
	(void)state;
	assert_text(v4("10.0.0.1", 50000), "10.0.0.1:50000");
	assert_text(v4("255.255.255.255", 65535), "255.255.255.255:65535");
	assert_text(v6("2001:db8::1", 0, 50000), "[2001:db8::1]:50000");
	assert_text(v6("::", 0, 0), "[::]:0");
	assert_text((union kn_addr){.family = AF_UNSPEC}, "-");
	assert_text((union kn_addr){.family = AF_UNIX}, "-");
}

/* Two hosts may have the same link-local address on two networks: their texts must differ. */
static void a_link_local_address_names_its_interface(void **state)
{
	(void)state;
	assert_text(v6("fe80::1", 3, 50000), "[fe80::1%3]:50000");
	assert_text(v6("fe80:1111:2222:3333:4444:5555:6666:7777", UINT32_MAX, 65535),
		    "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
}

static void addresses_come_from_the_kernel(void **state)
{
	union kn_addr a, want = v4("192.0.2.7", 7);

	(void)state;
	struct sockaddr_in in = want.in;
	memset(in.sin_zero, 0x55, sizeof(in.sin_zero));
	memset(&a, 0x55, sizeof(a));
	kn_addr_from_sockaddr(&a, (const struct sockaddr *)&in);
	assert_memory_equal(&a, &want, sizeof(a));

	want = v6("fe80::7", 9, 77);
	struct sockaddr_in6 in6 = want.in6;
	in6.sin6_flowinfo = 12345;
	kn_addr_from_sockaddr(&a, (const struct sockaddr *)&in6);
	assert_memory_equal(&a, &want, sizeof(a));

	want = v4("192.0.2.9", 99);
	a = v6("::ffff:192.0.2.9", 0, 99);
	in6 = a.in6;
	kn_addr_from_sockaddr(&a, (const struct sockaddr *)&in6);
	assert_memory_equal(&a, &want, sizeof(a));
}

static void what_is_no_address_is_none(void **state)
{
	const struct sockaddr other = {.sa_family = AF_UNIX, .sa_data = "/somewhere"};
	static const union kn_addr none;
	union kn_addr a;

	(void)state;
	kn_addr_from_sockaddr(&a, &other);
	assert_memory_equal(&a, &none, sizeof(a));
	kn_addr_from_sockaddr(&a, NULL);
	assert_memory_equal(&a, &none, sizeof(a));
	assert_int_equal(kn_addr_len(&none), 0);
	assert_int_equal(kn_addr_port(&none), 0);
	assert_false(kn_addr_is_wildcard(&none));
	assert_true(kn_addr_equal(&none, &a));
}

static void addresses_go_to_the_kernel_and_back(void **state)
{
	const union kn_addr some[] = {v4("192.0.2.7", 7), v6("fe80::7", 9, 77), {0}};
	struct sockaddr_storage kernel;
	union kn_addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		kn_addr_to_storage(&some[i], &kernel);
		kn_addr_from_sockaddr(&a, (const struct sockaddr *)&kernel);
		assert_memory_equal(&a, &some[i], sizeof(a));
	}
	assert_int_equal(kn_addr_len(&some[0]), sizeof(struct sockaddr_in));
	assert_int_equal(kn_addr_len(&some[1]), sizeof(struct sockaddr_in6));
	assert_int_equal(kn_addr_port(&some[0]), 7);
	assert_int_equal(kn_addr_port(&some[1]), 77);
}

/* Each differs from the first in just one respect, and from all others in some. */
static void addresses_are_told_apart(void **state)
{
	const union kn_addr some[] = {v4("192.0.2.7", 7),    v4("192.0.2.7", 8),
				      v4("192.0.2.8", 7),    v6("fe80::7", 0, 7),
				      v6("fe80::7", 0, 8),   v6("fe80::7", 1, 7),
				      v6("fe80::1:7", 0, 7), v6("fe90::7", 0, 7),
				      {.family = AF_UNSPEC}, v6("192:0:2:7::", 0, 7)};
	const size_t cnt = sizeof(some) / sizeof(some[0]);

	(void)state;
	for (size_t i = 0; i < cnt; i++)
		for (size_t j = 0; j < cnt; j++)
			assert_int_equal(kn_addr_equal(&some[i], &some[j]), i == j);
	for (size_t i = 0; i < cnt; i++)
		assert_int_equal(kn_addr_hash(&some[i], 1), kn_addr_hash(&some[i], 1));
}

static void wildcards(void **state)
{
	const union kn_addr any4 = v4("0.0.0.0", 1), one4 = v4("0.0.0.1", 1);
	const union kn_addr any6 = v6("::", 0, 1), one6 = v6("::1", 0, 1);

	(void)state;
	assert_true(kn_addr_is_wildcard(&any4));
	assert_false(kn_addr_is_wildcard(&one4));
	assert_true(kn_addr_is_wildcard(&any6));
	assert_false(kn_addr_is_wildcard(&one6));
}

/* 65,536 neighbours in 4,096 buckets, 16 each on average: more than 50 in one would be no chance
 * (a Poisson tail below 10^-8 in all buckets together), and another seed is another order. */
static void hashes_spread(void **state)
{
	static unsigned int bucket[2][4096];
	unsigned int same = 0;

	(void)state;
	memset(bucket, 0, sizeof(bucket));
	for (uint32_t i = 0; i < 65536; i++) {
		union kn_addr a = v4("10.0.0.0", 50000);

		a.in.sin_addr.s_addr = htonl(0x0a000000 + i);
		uint32_t one = kn_addr_hash(&a, 1) % 4096, two = kn_addr_hash(&a, 2) % 4096;

		same += one == two;
		bucket[0][one]++;
		bucket[1][two]++;
	}
	for (size_t i = 0; i < 4096; i++) {
		assert_in_range(bucket[0][i], 0, 50);
		assert_in_range(bucket[1][i], 0, 50);
	}
	assert_in_range(same, 0, 64); /* 16 on average */
}

/* ---- the queue between two threads --------------------------------------------------------- */

struct msg {
	uint32_t number;
	uint8_t data[21]; /* no multiple of anything */
};

static void msg_fill(struct msg *m, uint32_t number)
{
	m->number = number;
	for (size_t i = 0; i < sizeof(m->data); i++)
		m->data[i] = (uint8_t)(number * 31 + i);
}

static void msg_check(const struct msg *m, uint32_t number)
{
	struct msg want = {0};

	msg_fill(&want, number);
	assert_int_equal(m->number, number);
	assert_memory_equal(m->data, want.data, sizeof(want.data));
}

static void a_full_queue_refuses_and_an_empty_one_has_nothing(void **state)
{
	struct kn_msgq q;

	(void)state;
	assert_int_equal(kn_msgq_init(&q, 4, sizeof(struct msg)), 0);
	/* Also where the indices wrap. */
	atomic_store(&q.head, UINT32_MAX - 9);
	atomic_store(&q.tail, UINT32_MAX - 9);
	for (uint32_t round = 0; round < 8; round++) {
		assert_null(kn_msgq_front(&q));
		for (uint32_t i = 0; i < 4; i++) {
			struct msg *m = kn_msgq_slot(&q);

			assert_non_null(m);
			msg_fill(m, round * 4 + i);
			if (i == 0)
				assert_null(kn_msgq_front(&q)); /* not published yet */
			kn_msgq_push(&q);
			assert_int_equal(kn_msgq_is_half_full(&q), i + 1 >= 2);
		}
		assert_null(kn_msgq_slot(&q));
		for (uint32_t i = 0; i < 4; i++) {
			msg_check(kn_msgq_front(&q), round * 4 + i);
			kn_msgq_pop(&q);
			assert_int_equal(kn_msgq_is_half_full(&q), 4 - 1 - i >= 2);
		}
	}
	kn_msgq_fini(&q);
	kn_msgq_fini(&q);
}

#define MSG_CNT 200000

static void *produce(void *arg)
{
	struct kn_msgq *q = arg;

	for (uint32_t i = 0; i < MSG_CNT;) {
		struct msg *m = kn_msgq_slot(q);

		if (m == NULL) {
			sched_yield();
			continue;
		}
		msg_fill(m, i++);
		kn_msgq_push(q);
	}
	return NULL;
}

static void two_threads_lose_and_mix_up_nothing(void **state)
{
	struct kn_msgq q;
	pthread_t producer;

	(void)state;
	assert_int_equal(kn_msgq_init(&q, 64, sizeof(struct msg)), 0);
	assert_int_equal(pthread_create(&producer, NULL, produce, &q), 0);
	for (uint32_t i = 0; i < MSG_CNT;) {
		const struct msg *m = kn_msgq_front(&q);

		if (m == NULL) {
			sched_yield();
			continue;
		}
		msg_check(m, i++);
		kn_msgq_pop(&q);
	}
	pthread_join(producer, NULL);
	assert_null(kn_msgq_front(&q));
	kn_msgq_fini(&q);
}

/* ---- the queue of messages of any size ------------------------------------------------------ */

/* Of message n: no two neighbours are alike, some are empty. */
static uint32_t length_of(uint32_t number)
{
	return (number * 37) % 200;
}

static void *bytes_put(struct kn_byteq *q, uint32_t number)
{
	uint8_t *m = kn_byteq_slot(q, length_of(number));

	if (m == NULL)
		return NULL;
	assert_int_equal((uintptr_t)m % 8, 0);
	memset(m, (int)(number & 0xff), length_of(number));
	kn_byteq_push(q);
	return m;
}

static void bytes_check(const uint8_t *m, uint32_t len, uint32_t number)
{
	assert_int_equal(len, length_of(number));
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(m[i], number & 0xff);
}

/* At every place in the area, and where the counts of bytes wrap. */
static void messages_of_any_size_come_out_as_they_went_in(void **state)
{
	struct kn_byteq q;
	uint32_t in = 0, out = 0, len, full = 0;

	(void)state;
	assert_int_equal(kn_byteq_init(&q, 1024), 0);
	atomic_store(&q.head, UINT32_MAX - 4095);
	atomic_store(&q.tail, UINT32_MAX - 4095);
	assert_null(kn_byteq_slot(&q, 1024));
	assert_null(kn_byteq_slot(&q, UINT32_MAX));
	while (in < 3000) {
		const uint8_t *m;

		while (bytes_put(&q, in) != NULL)
			in++;
		full++;
		assert_in_range(kn_byteq_used(&q), 1024 - 2 * 208, 1024);
		for (uint32_t left = 1 + in % 5; left > 0; left--) {
			m = kn_byteq_front(&q, &len);
			if (m == NULL)
				break;
			bytes_check(m, len, out++);
			kn_byteq_pop(&q);
		}
	}
	for (const uint8_t *m; (m = kn_byteq_front(&q, &len)) != NULL; kn_byteq_pop(&q))
		bytes_check(m, len, out++);
	assert_int_equal(out, in);
	assert_true(full > 100);
	assert_int_equal(kn_byteq_used(&q), 0);
	kn_byteq_pop(&q);
	assert_int_equal(kn_byteq_used(&q), 0);
	kn_byteq_fini(&q);
}

static void *bytes_produce(void *arg)
{
	for (uint32_t i = 0; i < MSG_CNT;)
		if (bytes_put(arg, i) != NULL)
			i++;
		else
			sched_yield();
	return NULL;
}

static void two_threads_hand_over_messages_of_any_size(void **state)
{
	struct kn_byteq q;
	pthread_t producer;
	uint32_t len;

	(void)state;
	assert_int_equal(kn_byteq_init(&q, 4096), 0);
	assert_int_equal(pthread_create(&producer, NULL, bytes_produce, &q), 0);
	for (uint32_t i = 0; i < MSG_CNT;) {
		const uint8_t *m = kn_byteq_front(&q, &len);

		if (m == NULL) {
			sched_yield();
			continue;
		}
		bytes_check(m, len, i++);
		kn_byteq_pop(&q);
	}
	pthread_join(producer, NULL);
	assert_int_equal(kn_byteq_used(&q), 0);
	kn_byteq_fini(&q);
}

/* ---- clocks, chance, log lines ------------------------------------------------------------- */

static void clocks_go_forward_in_nanoseconds(void **state)
{
	uint64_t before = kn_clock_mono_ns(), real = kn_clock_real_ns();
	const struct timespec pause = {.tv_nsec = 2 * KN_MS};

	(void)state;
	assert_int_equal(nanosleep(&pause, NULL), 0);
	uint64_t took = kn_clock_mono_ns() - before;
	assert_true(took >= 2 * KN_MS && took < 60 * KN_SEC);
	/* Seconds of the same clock by another call. */
	uint64_t second = (uint64_t)time(NULL);
	assert_in_range(real / KN_SEC, second - 60, second + 1);
}

struct tape {
	uint64_t next;
	unsigned int calls;
};

static void tape_fill(void *ctx, void *out, size_t len)
{
	struct tape *t = ctx;

	assert_int_equal(len, sizeof(t->next));
	memcpy(out, &t->next, len);
	t->calls++;
}

static void chance_comes_from_its_source_alone(void **state)
{
	struct tape tape = {.next = 0xfedcba9876543210};
	const struct kn_rng rng = {.fill = tape_fill, .ctx = &tape};

	(void)state;
	assert_true(kn_rng_u64(&rng) == 0xfedcba9876543210);
	assert_int_equal(kn_rng_below(&rng, 1), 0);
	for (uint64_t bound = 2; bound < 100; bound++) {
		tape.next = bound * 1000 + bound - 1;
		assert_int_equal(kn_rng_below(&rng, bound), bound - 1);
		tape.next++;
		assert_int_equal(kn_rng_below(&rng, bound), 0);
	}
	assert_int_equal(tape.calls, 2 + 2 * 98);
}

struct line {
	unsigned int cnt;
	enum knet_log_level level;
	char subsystem[16], text[512];
};

static void line_keep(void *ctx, enum knet_log_level level, const char *subsystem, const char *text)
{
	struct line *l = ctx;

	l->cnt++;
	l->level = level;
	snprintf(l->subsystem, sizeof(l->subsystem), "%s", subsystem);
	snprintf(l->text, sizeof(l->text), "%s", text);
}

static void log_lines_are_whole_or_cut(void **state)
{
	struct line line = {0};
	const struct kn_log log = {.fn = line_keep, .ctx = &line}, silent = {0};
	char text[400];

	(void)state;
	kn_log_printf(&silent, KNET_LOG_ERROR, "link", "nobody hears %d", 1);
	kn_log_printf(&log, KNET_LOG_NOTICE, "link", "%s %u", "up after", 7U);
	assert_int_equal(line.cnt, 1);
	assert_int_equal(line.level, KNET_LOG_NOTICE);
	assert_string_equal(line.subsystem, "link");
	assert_string_equal(line.text, "up after 7");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	kn_log_printf(&log, KNET_LOG_ERROR, "link", "%s", text);
	assert_int_equal(line.cnt, 2);
	assert_int_equal(strlen(line.text), 255);
	assert_memory_equal(line.text, text, 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_big_endian_at_any_alignment),
		cmocka_unit_test(integers_are_written_in_their_own_length),
		cmocka_unit_test(addresses_as_text),
		cmocka_unit_test(a_link_local_address_names_its_interface),
		cmocka_unit_test(addresses_come_from_the_kernel),
		cmocka_unit_test(what_is_no_address_is_none),
		cmocka_unit_test(addresses_go_to_the_kernel_and_back),
		cmocka_unit_test(addresses_are_told_apart),
		cmocka_unit_test(wildcards),
		cmocka_unit_test(hashes_spread),
		cmocka_unit_test(a_full_queue_refuses_and_an_empty_one_has_nothing),
		cmocka_unit_test(two_threads_lose_and_mix_up_nothing),
		cmocka_unit_test(messages_of_any_size_come_out_as_they_went_in),
		cmocka_unit_test(two_threads_hand_over_messages_of_any_size),
		cmocka_unit_test(clocks_go_forward_in_nanoseconds),
		cmocka_unit_test(chance_comes_from_its_source_alone),
		cmocka_unit_test(log_lines_are_whole_or_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
