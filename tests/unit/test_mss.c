// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The maximum segment size in frames that open a connection: what is lowered, what is left alone,
 * and that checksums stay right, whole or unfinished.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/bytes.h"
#include "path/mss.h"
#include "path/super.h"
#include "tests/sim/rng.h"

#define ETH_LEN 14
#define TCP_LEN 20
#define SYN     2

struct syn {
	const char *what;
	bool is_ip6;
	uint8_t tags;
	uint8_t flags;
	uint8_t opts[12]; /* of TCP, in front of the end */
	uint16_t mtu;
	uint16_t mss_at; /* in opts, of its value */
	uint16_t want;   /* 0: left alone */
};

static const struct syn syns[] = {
	{"IPv4", false, 0, SYN, {2, 4, 5, 180}, 1418, 2, 1378},
	{"IPv6", true, 0, SYN, {2, 4, 5, 160}, 1418, 2, 1358},
	{"an answer", false, 0, SYN | 16, {2, 4, 5, 180}, 1280, 2, 1240},
	{"behind two tags", false, 2, SYN, {2, 4, 5, 180}, 1418, 2, 1378},
	{"at an odd place", false, 0, SYN, {1, 2, 4, 5, 180}, 1418, 3, 1378},
	{"behind others", true, 1, SYN, {4, 2, 1, 3, 3, 7, 2, 4, 35, 0}, 1418, 8, 1358},
	{"fits", false, 0, SYN, {2, 4, 5, 98}, 1418, 2, 0},
	{"no SYN", false, 0, 16, {2, 4, 5, 180}, 1418, 2, 0},
	{"without the option", false, 0, SYN, {4, 2, 1, 1}, 1418, 2, 0},
	{"behind the end", false, 0, SYN, {0, 0, 2, 4, 5, 180}, 1418, 4, 0},
	{"of a strange length", false, 0, SYN, {2, 5, 5, 180, 0}, 1418, 2, 0},
	{"of no length", false, 0, SYN, {2, 0, 5, 180}, 1418, 2, 0},
	{"beyond the header", false, 0, SYN, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4}, 1418, 2, 0},
	{"an MTU of nothing", false, 0, SYN, {2, 4, 5, 180}, 40, 2, 0},
};

static uint8_t buf[256];

/* The frame, with a checksum that is right. */
static struct kn_frame make(const struct syn *s)
{
	struct kn_frame f = {.data = buf};
	uint32_t l3 = ETH_LEN + 4U * s->tags, l4 = l3 + (s->is_ip6 ? 40 : 20);
	struct sim_rng rng = sim_rng_fork(1, 2);

	sim_rng_fill(&rng, buf, sizeof(buf));
	for (unsigned int i = 0; i < s->tags; i++)
		kn_put16(buf + 12 + 4 * i, 0x8100);
	kn_put16(buf + l3 - 2, s->is_ip6 ? 0x86dd : 0x0800);
	buf[l3] = s->is_ip6 ? 0x60 : 0x45;
	kn_put16(buf + l3 + 6, s->is_ip6 ? 0x0640 : 0x4000);
	if (!s->is_ip6)
		buf[l3 + 9] = 6;
	buf[l4 + 12] = (TCP_LEN + sizeof(s->opts)) / 4 << 4;
	buf[l4 + 13] = s->flags;
	memcpy(buf + l4 + TCP_LEN, s->opts, sizeof(s->opts));
	f.len = l4 + TCP_LEN + sizeof(s->opts);
	f.csum_start = (uint16_t)l4;
	f.csum_offset = 16;
	kn_put16(buf + l4 + 16, 0);
	f.needs_csum = true;
	kn_frame_csum(&f);
	return f;
}

static void test_what_is_lowered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(syns) / sizeof(syns[0]); i++) {
		const struct syn *s = &syns[i];
		struct kn_frame f = make(s);
		uint8_t *value = f.data + f.csum_start + TCP_LEN + s->mss_at, before[sizeof(buf)];

		memcpy(before, buf, sizeof(buf));
		if (kn_mss_clamp(&f, s->mtu) != (s->want != 0))
			fail_msg("%s", s->what);
		if (s->want == 0) {
			assert_memory_equal(buf, before, sizeof(buf));
			continue;
		}
		assert_int_equal(kn_get16(value), s->want);
		/* As right as if it had been made so. */
		uint16_t mended = kn_get16(f.data + f.csum_start + 16);

		kn_put16(f.data + f.csum_start + 16, 0);
		f.needs_csum = true;
		kn_frame_csum(&f);
		assert_int_equal(mended, kn_get16(f.data + f.csum_start + 16));
		assert_false(kn_mss_clamp(&f, s->mtu)); /* once is enough */
	}
}

/* The sum of the pseudo-header does not cover the option. */
static void test_an_unfinished_checksum_stays(void **state)
{
	struct kn_frame f = make(&syns[0]);
	uint16_t before = kn_get16(f.data + f.csum_start + 16);

	(void)state;
	f.needs_csum = true;
	assert_true(kn_mss_clamp(&f, 1418));
	assert_int_equal(kn_get16(f.data + f.csum_start + 16), before);
}

/* Frames that end anywhere; bytes behind the end are for the sanitizers. */
static void test_short_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(syns) / sizeof(syns[0]); i++)
		for (uint32_t len = 0; len < make(&syns[i]).len; len++) {
			struct kn_frame f = make(&syns[i]);
			uint8_t *exact = test_malloc(len == 0 ? 1 : len);

			memcpy(exact, f.data, len);
			f.data = exact;
			f.len = len;
			assert_false(kn_mss_clamp(&f, 1418));
			test_free(exact);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_lowered),
		cmocka_unit_test(test_an_unfinished_checksum_stays),
		cmocka_unit_test(test_short_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
