// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Putting fragments together, whatever an authentic peer may send.
 *
 * Input: steps of 8 bytes: which key (host 2 bits, id 4 bits, lane 1, session 1), index, count,
 * total (2 bytes), length of the piece (2 bytes, odd: the length that is right for index, count and
 * total), and milliseconds that pass first. A piece is filled with a byte that tells key and index.
 *
 * What becomes whole must consist of pieces that were sent under its key, each in its place;
 * reading and writing out of bounds is for the sanitizers.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "path/reassemble.h"

#define STEP_LEN 8

struct step {
	uint8_t key;
	struct kn_frag f;
	size_t len;
	uint64_t wait_ns;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Of an even cut: what piece `index` is long. */
static size_t right_len(const struct kn_frag *f)
{
	size_t each = f->count == 0 ? 0 : (f->total + f->count - 1U) / f->count;
	size_t at = each * f->index;

	return at >= f->total ? 0 : f->total - at < each ? f->total - at : each;
}

static struct step step_read(const uint8_t *data)
{
	struct step s = {.key = data[0], .wait_ns = data[7] * 1000000ULL};

	s.f = (struct kn_frag){.id = data[0] >> 2 & 15U,
			       .index = data[1],
			       .count = data[2],
			       .total = (uint16_t)(data[3] << 8 | data[4])};
	s.len = (size_t)(data[5] << 8 | data[6]);
	if (s.len & 1)
		s.len = right_len(&s.f);
	return s;
}

static struct kn_frag_key key_of(uint8_t key, uint32_t id)
{
	return (struct kn_frag_key){.host = (uint16_t)(1 + (key & 3)),
				    .id = id,
				    .lane = key >> 6 & 1,
				    .session = key >> 7};
}

static uint8_t filling(uint8_t key, uint8_t index)
{
	return (uint8_t)(key * 7 + index);
}

/* Every byte of it was filled for this key and the index of its place. */
static void whole_check(const struct step *last, struct kn_bytes whole)
{
	require(whole.len == last->f.total);
	size_t each = last->len;

	if (last->f.index == last->f.count - 1)
		each = (whole.len - last->len) / (last->f.count - 1U);
	for (size_t at = 0; at < whole.len; at++)
		require(((const uint8_t *)whole.data)[at] ==
			filling(last->key, (uint8_t)(at / each)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kn_counters counters = {0};
	struct kn_reassembly *r = kn_reassembly_new(&counters);
	uint64_t now = 1;

	require(r != NULL);
	for (; len >= STEP_LEN; data += STEP_LEN, len -= STEP_LEN) {
		struct step s = step_read(data);
		struct kn_frag_key key = key_of(s.key, s.f.id);
		/* Just as long as it is: the sanitizers see what is read behind it. */
		uint8_t *exact = malloc(s.len == 0 ? 1 : s.len);
		struct kn_bytes whole;

		require(exact != NULL);
		memset(exact, filling(s.key, s.f.index), s.len);
		now += s.wait_ns;
		enum kn_counter v = kn_reassembly_add(r, &key, &s.f,
						      (struct kn_bytes){exact, s.len}, now, &whole);

		require(v == KN_C_COUNT || (v == KN_C_RX_BAD_FRAGMENT && whole.data == NULL));
		if (whole.data != NULL)
			whole_check(&s, whole);
		free(exact);
	}
	kn_reassembly_free(r);
	return 0;
}
