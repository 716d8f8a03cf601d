// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Cutting datagrams into fragments and putting them together: every length and order, what is
 * missing, doubled, late, too much, or contradicts itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "core/fragment.h"
#include "path/reassemble.h"
#include "tests/sim/rng.h"

#define HEAD_LEN  (KN_INNER_HDR_LEN + KN_FRAG_LEN)
#define PARTS_MAX 255

/* The fragments of one datagram. */
struct parts {
	struct kn_frag_key key;
	unsigned int cnt;
	size_t longest;
	uint8_t body[PARTS_MAX][KN_FRAGMENT_LEN_MAX];
	size_t len[PARTS_MAX];
};

struct fixture {
	struct kn_counters counters;
	struct kn_reassembly *r;
	struct kn_bytes whole;
	uint64_t now;
	uint8_t datagram[KN_FRAGMENT_TOTAL_MAX + 1];
	struct parts parts;
};

static struct fixture fixture;

static int setup(void **state)
{
	struct sim_rng rng = sim_rng_fork(1, 2);

	memset(&fixture, 0, sizeof(fixture));
	fixture.now = KN_SEC;
	fixture.r = kn_reassembly_new(&fixture.counters);
	sim_rng_fill(&rng, fixture.datagram, sizeof(fixture.datagram));
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_reassembly_free(f->r);
	return 0;
}

static bool part_keep(void *ctx, struct kn_bytes body)
{
	struct parts *p = ctx;

	memcpy(p->body[p->cnt], body.data, body.len);
	p->longest = body.len > p->longest ? body.len : p->longest;
	p->len[p->cnt++] = body.len;
	return true;
}

static bool cut(struct fixture *f, uint32_t id, size_t len, size_t max_len)
{
	struct kn_fragment_cut c = {.id = id, .origin = 7, .max_len = max_len};

	f->parts.cnt = 0;
	f->parts.longest = 0;
	f->parts.key = (struct kn_frag_key){.session = 5, .id = id, .host = 7, .lane = 1};
	return kn_fragment_cut(&c, (struct kn_bytes){f->datagram, len}, part_keep, &f->parts);
}

static enum kn_counter add(struct fixture *f, unsigned int i)
{
	const uint8_t *body = f->parts.body[i];
	struct kn_inner_hdr inner;
	struct kn_frag frag;

	kn_inner_hdr_unpack(body, &inner);
	assert_int_equal(inner.kind, KN_INNER_FRAGMENT);
	assert_int_equal(inner.origin, 7);
	kn_frag_unpack(body + KN_INNER_HDR_LEN, &frag);
	assert_int_equal(frag.id, f->parts.key.id);
	return kn_reassembly_add(f->r, &f->parts.key, &frag,
				 (struct kn_bytes){body + HEAD_LEN, f->parts.len[i] - HEAD_LEN},
				 f->now, &f->whole);
}

static uint64_t counted(const struct fixture *f, enum kn_counter id)
{
	return f->counters.v[id];
}

static void check_whole(const struct fixture *f, size_t len)
{
	assert_non_null(f->whole.data);
	assert_int_equal(f->whole.len, len);
	assert_memory_equal(f->whole.data, f->datagram, len);
}

static void shuffle(struct fixture *f, struct sim_rng *rng, unsigned int order[PARTS_MAX])
{
	for (unsigned int i = 0; i < f->parts.cnt; i++) {
		unsigned int j = (unsigned int)sim_rng_range(rng, 0, i);

		order[i] = order[j];
		order[j] = i;
	}
}

/* Every length comes back, whatever the order; no fragment is longer than it may be. */
static void test_lengths_and_orders(void **state)
{
	struct fixture *f = *state;
	struct sim_rng rng = sim_rng_fork(3, 4);
	static const size_t widths[] = {548, 700, 1172, 1472, 8972};
	unsigned int order[PARTS_MAX];
	uint32_t id = 0;

	for (size_t w = 0; w < 5; w++)
		for (size_t len = widths[w] + 1; len <= KN_FRAGMENT_TOTAL_MAX;
		     len += 1 + len / 16 * (len > 2000)) {
			assert_true(cut(f, ++id, len, widths[w]));
			assert_true(f->parts.longest + KN_DATA_OVERHEAD <= widths[w]);
			shuffle(f, &rng, order);
			for (unsigned int i = 0; i < f->parts.cnt; i++) {
				assert_null(f->whole.data);
				assert_int_equal(add(f, order[i]), KN_C_COUNT);
			}
			check_whole(f, len);
			f->whole.data = NULL;
		}
	assert_int_equal(counted(f, KN_C_RX_FRAGMENT_LATE), 0);
	assert_int_equal(counted(f, KN_C_RX_FRAGMENT_FULL), 0);
}

/* Neither what fits, nor what is too long, nor into links that carry nothing. */
static void test_what_is_not_cut(void **state)
{
	struct fixture *f = *state;

	assert_false(cut(f, 1, 1000, 1172));
	assert_false(cut(f, 1, KN_FRAGMENT_TOTAL_MAX + 1, 1172));
	assert_false(cut(f, 1, 2000, 40));
	assert_false(cut(f, 1, 60000, 200));
	assert_int_equal(f->parts.cnt, 0);
}

/* Fragments of several datagrams in between each other; what differs in any part of the key is
 * another datagram. */
static void test_keys(void **state)
{
	struct fixture *f = *state;
	struct kn_frag_key keys[5];

	assert_true(cut(f, 1, 2000, 1172));
	for (int i = 0; i < 5; i++)
		keys[i] = f->parts.key;
	keys[1].session++;
	keys[2].lane++;
	keys[3].id++;
	keys[4].host++;
	for (unsigned int part = 0; part < f->parts.cnt; part++)
		for (int i = 0; i < 5; i++) {
			const uint8_t *body = f->parts.body[part];
			struct kn_frag frag;

			kn_frag_unpack(body + KN_INNER_HDR_LEN, &frag);
			assert_int_equal(
				kn_reassembly_add(f->r, &keys[i], &frag,
						  (struct kn_bytes){body + HEAD_LEN,
								    f->parts.len[part] - HEAD_LEN},
						  f->now, &f->whole),
				KN_C_COUNT);
			if (part + 1 < f->parts.cnt)
				assert_null(f->whole.data);
			else
				check_whole(f, 2000);
		}
}

static void test_missing_is_late(void **state)
{
	struct fixture *f = *state;

	assert_true(cut(f, 1, 3000, 1172));
	assert_int_equal(add(f, 0), KN_C_COUNT);
	f->now += KN_REASSEMBLY_NS - 1;
	assert_int_equal(add(f, 1), KN_C_COUNT);
	f->now += 1;
	assert_int_equal(add(f, 2), KN_C_COUNT);
	assert_null(f->whole.data);
	assert_int_equal(counted(f, KN_C_RX_FRAGMENT_LATE), 1);
	/* The late one began anew, and the rest completes it. */
	assert_int_equal(add(f, 0), KN_C_COUNT);
	assert_int_equal(add(f, 1), KN_C_COUNT);
	check_whole(f, 3000);
}

static void test_copies_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_true(cut(f, 1, 3000, 1172));
	assert_int_equal(add(f, 1), KN_C_COUNT);
	assert_int_equal(add(f, 1), KN_C_RX_BAD_FRAGMENT);
	assert_int_equal(add(f, 0), KN_C_COUNT);
	assert_int_equal(add(f, 2), KN_C_COUNT);
	check_whole(f, 3000);
}

/* A peer that completes nothing has few under way, and does not push out another's. */
static void test_one_peer_has_few(void **state)
{
	struct fixture *f = *state;

	assert_true(cut(f, 1, 2000, 1172));
	f->parts.key.host = 9;
	assert_int_equal(add(f, 0), KN_C_COUNT);
	struct parts other = f->parts;

	for (uint32_t id = 100; id < 120; id++) {
		assert_true(cut(f, id, 2000, 1172));
		assert_int_equal(add(f, 0), KN_C_COUNT);
	}
	assert_int_equal(counted(f, KN_C_RX_FRAGMENT_FULL), 20 - KN_REASSEMBLY_PER_HOST);
	f->parts = other;
	assert_int_equal(add(f, 1), KN_C_COUNT);
	check_whole(f, 2000);
}

/* Memory is bounded: many large ones push out the oldest, and the youngest still come through. */
static void test_memory_is_bounded(void **state)
{
	struct fixture *f = *state;

	for (uint32_t id = 1; id <= 300; id++) {
		size_t len = 20000 + id % 7 * 6000;

		assert_true(cut(f, id, len, 1172));
		f->parts.key.host = (uint16_t)id;
		for (unsigned int i = 0; i + 1 < f->parts.cnt; i++)
			assert_int_equal(add(f, i), KN_C_COUNT);
		if (id % 10 == 0) {
			assert_int_equal(add(f, f->parts.cnt - 1), KN_C_COUNT);
			check_whole(f, len);
		}
	}
	assert_in_range(counted(f, KN_C_RX_FRAGMENT_FULL), 250, 270);
}

struct nonsense {
	const char *what;
	struct kn_frag frag;
	size_t len;
};

static const struct nonsense nonsenses[] = {
	{"a single one", {.index = 0, .count = 1, .total = 500}, 500},
	{"of none", {.index = 0, .count = 0, .total = 500}, 500},
	{"beyond the last", {.index = 2, .count = 2, .total = 500}, 250},
	{"empty", {.index = 0, .count = 2, .total = 500}, 0},
	{"longer than the whole", {.index = 0, .count = 2, .total = 500}, 501},
	{"leaves nothing for the last", {.index = 0, .count = 2, .total = 500}, 500},
	{"too short for the whole", {.index = 0, .count = 2, .total = 500}, 249},
	{"last, longer than others", {.index = 1, .count = 2, .total = 500}, 251},
	{"last, others uneven", {.index = 2, .count = 3, .total = 500}, 99},
	{"shorter than a datagram", {.index = 0, .count = 2, .total = 28}, 14},
};

static void test_nonsense(void **state)
{
	struct fixture *f = *state;
	struct kn_frag_key key = {.session = 1, .host = 2};

	for (size_t i = 0; i < sizeof(nonsenses) / sizeof(nonsenses[0]); i++)
		if (kn_reassembly_add(f->r, &key, &nonsenses[i].frag,
				      (struct kn_bytes){f->datagram, nonsenses[i].len}, f->now,
				      &f->whole) != KN_C_RX_BAD_FRAGMENT)
			fail_msg("%s: taken", nonsenses[i].what);
	/* Each good in itself, but not of one datagram. */
	struct kn_frag a = {.index = 0, .count = 3, .total = 600};
	struct kn_frag b = {.index = 1, .count = 3, .total = 590};

	assert_int_equal(kn_reassembly_add(f->r, &key, &a, (struct kn_bytes){f->datagram, 200},
					   f->now, &f->whole),
			 KN_C_COUNT);
	assert_int_equal(kn_reassembly_add(f->r, &key, &b, (struct kn_bytes){f->datagram, 200},
					   f->now, &f->whole),
			 KN_C_RX_BAD_FRAGMENT);
	a.index = 1;
	assert_int_equal(kn_reassembly_add(f->r, &key, &a, (struct kn_bytes){f->datagram, 210},
					   f->now, &f->whole),
			 KN_C_RX_BAD_FRAGMENT);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_lengths_and_orders),
		CASE(test_what_is_not_cut),
		CASE(test_keys),
		CASE(test_missing_is_late),
		CASE(test_copies_are_refused),
		CASE(test_one_peer_has_few),
		CASE(test_memory_is_bounded),
		CASE(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
