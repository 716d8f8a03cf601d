// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Every layout of docs/protocol.md, from a table of fields written down here once more: random
 * values must lie at these bytes and nowhere else, the rest is zero, what was packed is unpacked as
 * it was, and whatever is too short, too long or reserved is treated as the document says. (The
 * examples in the document itself are compared by test_protocol_doc.c.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "wire/control.h"
#include "wire/datagram.h"
#include "wire/handshake.h"

#define ROUNDS 2000

static uint64_t seed;

static uint64_t random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

static int seed_set(void **state)
{
	(void)state;
	seed = 0x1234567;
	return 0;
}

static void fill_random(void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)(random_u64() >> 32);
}

/* What a layout should be: the integer's bytes at their place, byte by byte, big endian. */
static void expect(uint8_t *want, size_t at, size_t len, uint64_t value)
{
	for (size_t i = 0; i < len; i++)
		want[at + i] = (uint8_t)(value >> 8 * (len - 1 - i));
}

/* A copy that ends where its memory ends, so that ASan sees a read behind it. */
static uint8_t *exact(const uint8_t *buf, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, buf, len);
	return copy;
}

/* ---- the outermost layer ------------------------------------------------------------------- */

static enum kn_datagram_type type_of(uint8_t first, size_t len)
{
	uint8_t zeros[256] = {first};
	uint8_t *buf = exact(zeros, len);
	enum kn_datagram_type type = kn_datagram_type_of(buf, len);

	free(buf);
	return type;
}

/* All first bytes, all lengths up to beyond the longest handshake. */
static void a_datagram_is_known_by_version_type_and_length(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 256; first++) {
		for (size_t len = 0; len <= 200; len++) {
			enum kn_datagram_type want = KN_DATAGRAM_INVALID;

			if (first == 0x11 && len == 160)
				want = KN_DATAGRAM_MSG1;
			if (first == 0x12 && len == 116)
				want = KN_DATAGRAM_MSG2;
			if (first == 0x13 && len == 52)
				want = KN_DATAGRAM_COOKIE;
			if (first == 0x14 && len >= 32)
				want = KN_DATAGRAM_DATA;
			if (type_of((uint8_t)first, len) != want)
				fail_msg("first byte %02x, %zu bytes", first, len);
		}
	}
}

static void data_header(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct kn_data_hdr in = {.counter = random_u64() & KN_COUNTER_MAX,
					 .index = (uint32_t)random_u64(),
					 .lane = (uint8_t)random_u64()};
		struct kn_data_hdr out;
		uint8_t want[KN_DATA_HDR_LEN] = {0x14, in.lane}, got[KN_DATA_HDR_LEN];

		memset(&out, 0xff, sizeof(out));
		expect(want, 2, 2, in.counter >> 32);
		expect(want, 4, 4, in.index);
		expect(want, 8, 4, in.counter);
		kn_data_hdr_pack(got, &in);
		assert_memory_equal(got, want, sizeof(want));
		kn_data_hdr_unpack(got, &out);
		assert_true(out.counter == in.counter);
		assert_int_equal(out.index, in.index);
		assert_int_equal(out.lane, in.lane);
	}
}

/* All values of the first two bytes; of the origin some. */
static void inner_header(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 65536; i++) {
		uint16_t origin = (uint16_t)random_u64();
		const uint8_t bytes[KN_INNER_HDR_LEN] = {(uint8_t)(i >> 8), (uint8_t)i,
							 (uint8_t)(origin >> 8), (uint8_t)origin};
		uint8_t again[KN_INNER_HDR_LEN];
		struct kn_inner_hdr h;

		kn_inner_hdr_unpack(bytes, &h);
		assert_int_equal(h.kind, i >> 12);
		assert_int_equal(h.flags, i >> 8 & 15);
		assert_int_equal(h.hop_limit, i & 255);
		assert_int_equal(h.origin, origin);
		kn_inner_hdr_pack(again, &h);
		assert_memory_equal(again, bytes, sizeof(bytes));
	}
}

/* ---- handshake ----------------------------------------------------------------------------- */

static void lengths_and_places_of_handshake_messages(void **state)
{
	(void)state;
	assert_int_equal(KN_MSG1_LEN, 160);
	assert_int_equal(KN_MSG1_NOISE_OFF, 8);
	assert_int_equal(KN_MSG1_MAC1_OFF, 128);
	assert_int_equal(KN_MSG2_LEN, 116);
	assert_int_equal(KN_MSG2_NOISE_OFF, 12);
	assert_int_equal(KN_MSG2_MAC1_OFF, 84);
	assert_int_equal(KN_COOKIE_LEN, 52);
	assert_int_equal(KN_MSG1_PAYLOAD_LEN, 24);
	assert_int_equal(KN_MSG2_PAYLOAD_LEN, 24);
	assert_int_equal(KN_PROBE_LEN, 48);
}

static void handshake_headers(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint32_t sender = (uint32_t)random_u64(), receiver = (uint32_t)random_u64();
		uint8_t want[12] = {0x11}, got[12];

		memset(got, 0xff, sizeof(got));
		expect(want, 4, 4, sender);
		kn_msg1_hdr_pack(got, sender);
		assert_memory_equal(got, want, 8);
		assert_int_equal(got[8], 0xff);

		want[0] = 0x12;
		expect(want, 8, 4, receiver);
		kn_msg2_hdr_pack(got, sender, receiver);
		assert_memory_equal(got, want, 12);

		want[0] = 0x13;
		memset(got, 0xff, sizeof(got));
		expect(want, 4, 4, receiver);
		kn_cookie_hdr_pack(got, receiver);
		assert_memory_equal(got, want, 8);
		assert_int_equal(got[8], 0xff);
	}
}

static struct kn_msg1_payload msg1_random(void)
{
	return (struct kn_msg1_payload){.freshness = random_u64(),
					.capabilities = (uint32_t)random_u64(),
					.host_id = (uint16_t)(1 + random_u64() % 65535),
					.responder_id = (uint16_t)(1 + random_u64() % 65535),
					.suite = (uint8_t)random_u64()};
}

static void assert_msg1_equal(const struct kn_msg1_payload *a, const struct kn_msg1_payload *b)
{
	assert_true(a->freshness == b->freshness);
	assert_int_equal(a->capabilities, b->capabilities);
	assert_int_equal(a->host_id, b->host_id);
	assert_int_equal(a->responder_id, b->responder_id);
	assert_int_equal(a->suite, b->suite);
}

static void msg1_payload(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct kn_msg1_payload in = msg1_random(), out;
		uint8_t want[KN_MSG1_PAYLOAD_LEN] = {0}, got[KN_MSG1_PAYLOAD_LEN];

		memset(&out, 0xff, sizeof(out));
		memset(got, 0xff, sizeof(got));
		expect(want, 0, 2, in.host_id);
		expect(want, 2, 2, in.responder_id);
		expect(want, 4, 4, in.capabilities);
		expect(want, 8, 8, in.freshness);
		want[16] = in.suite;
		kn_msg1_payload_pack(got, &in);
		assert_memory_equal(got, want, sizeof(want));
		/* What is set aside may mean something to a later version. */
		fill_random(got + 17, sizeof(got) - 17);
		assert_int_equal(kn_msg1_payload_unpack(got, sizeof(got), &out), 0);
		assert_msg1_equal(&out, &in);
	}
}

static void msg1_payload_of_nobody_or_for_nobody(void **state)
{
	struct kn_msg1_payload in = msg1_random(), out;
	uint8_t buf[KN_MSG1_PAYLOAD_LEN];

	(void)state;
	in.host_id = 0;
	kn_msg1_payload_pack(buf, &in);
	assert_int_equal(kn_msg1_payload_unpack(buf, sizeof(buf), &out), -EBADMSG);
	in.host_id = 1;
	in.responder_id = 0;
	kn_msg1_payload_pack(buf, &in);
	assert_int_equal(kn_msg1_payload_unpack(buf, sizeof(buf), &out), -EBADMSG);
	in.responder_id = 65535;
	kn_msg1_payload_pack(buf, &in);
	assert_int_equal(kn_msg1_payload_unpack(buf, sizeof(buf), &out), 0);
}

static void msg2_payload(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct kn_msg2_payload in = {.freshness = random_u64(),
					     .capabilities = (uint32_t)random_u64(),
					     .status = (uint8_t)random_u64(),
					     .suite = (uint8_t)random_u64()};
		struct kn_msg2_payload out;
		uint8_t want[KN_MSG2_PAYLOAD_LEN] = {in.status, in.suite};
		uint8_t got[KN_MSG2_PAYLOAD_LEN];

		memset(&out, 0xff, sizeof(out));
		memset(got, 0xff, sizeof(got));
		expect(want, 4, 4, in.capabilities);
		expect(want, 8, 8, in.freshness);
		kn_msg2_payload_pack(got, &in);
		assert_memory_equal(got, want, sizeof(want));
		fill_random(got + 2, 2);
		fill_random(got + 16, sizeof(got) - 16);
		assert_int_equal(kn_msg2_payload_unpack(got, sizeof(got), &out), 0);
		assert_true(out.freshness == in.freshness);
		assert_int_equal(out.capabilities, in.capabilities);
		assert_int_equal(out.status, in.status);
		assert_int_equal(out.suite, in.suite);
	}
}

/* Noise has authenticated the length: another one is another protocol. */
static void payloads_of_any_other_length_are_refused(void **state)
{
	uint8_t bytes[64];

	(void)state;
	memset(bytes, 1, sizeof(bytes));
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint8_t *buf = exact(bytes, len);
		int want = len == 24 ? 0 : -EBADMSG;
		struct kn_msg1_payload msg1;
		struct kn_msg2_payload msg2;

		assert_int_equal(kn_msg1_payload_unpack(buf, len, &msg1), want);
		assert_int_equal(kn_msg2_payload_unpack(buf, len, &msg2), want);
		free(buf);
	}
}

/* ---- control messages ---------------------------------------------------------------------- */

static struct kn_probe probe_random(void)
{
	return (struct kn_probe){.stamp = random_u64(),
				 .sent_cnt = random_u64(),
				 .rcvd_cnt = random_u64(),
				 .seq = (uint32_t)random_u64(),
				 .want_ms = (uint16_t)random_u64(),
				 .accept_ms = (uint16_t)random_u64(),
				 .type = random_u64() & 1 ? KN_CONTROL_PROBE : KN_CONTROL_REPLY,
				 .heard = (uint8_t)random_u64(),
				 .used = (uint8_t)random_u64()};
}

static void assert_probe_equal(const struct kn_probe *a, const struct kn_probe *b)
{
	assert_true(a->stamp == b->stamp);
	assert_true(a->sent_cnt == b->sent_cnt);
	assert_true(a->rcvd_cnt == b->rcvd_cnt);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->want_ms, b->want_ms);
	assert_int_equal(a->accept_ms, b->accept_ms);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->heard, b->heard);
	assert_int_equal(a->used, b->used);
}

static void probe(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct kn_probe in = probe_random(), out;
		uint8_t want[KN_PROBE_LEN] = {in.type, in.heard}, got[KN_PROBE_LEN];

		memset(&out, 0xff, sizeof(out));
		memset(got, 0xff, sizeof(got));
		expect(want, 2, 2, in.want_ms);
		expect(want, 4, 2, in.accept_ms);
		expect(want, 6, 1, in.used);
		expect(want, 8, 4, in.seq);
		expect(want, 12, 8, in.stamp);
		expect(want, 20, 8, in.sent_cnt);
		expect(want, 28, 8, in.rcvd_cnt);
		kn_probe_pack(got, &in);
		assert_memory_equal(got, want, sizeof(want));
		fill_random(got + 7, 1);
		fill_random(got + 36, sizeof(got) - 36);
		assert_int_equal(kn_probe_unpack(got, sizeof(got), &out), 0);
		assert_probe_equal(&out, &in);
	}
}

/* Shorter is refused, longer is a later version's. */
static void a_probe_may_grow_but_not_shrink(void **state)
{
	struct kn_probe in = probe_random(), out;
	uint8_t bytes[KN_PROBE_LEN + 16];

	(void)state;
	fill_random(bytes, sizeof(bytes));
	kn_probe_pack(bytes, &in);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		uint8_t *buf = exact(bytes, len);
		int err = kn_probe_unpack(buf, len, &out);

		assert_int_equal(err, len < KN_PROBE_LEN ? -EBADMSG : 0);
		if (err == 0)
			assert_probe_equal(&out, &in);
		free(buf);
	}
}

static void other_types_are_no_probes(void **state)
{
	uint8_t buf[KN_PROBE_LEN] = {0};
	struct kn_probe out;

	(void)state;
	for (unsigned int type = 0; type < 256; type++) {
		buf[0] = (uint8_t)type;
		assert_int_equal(kn_probe_unpack(buf, sizeof(buf), &out),
				 type == 1 || type == 2 ? 0 : -EBADMSG);
	}
}

static void tops(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		struct kn_probe p = probe_random();
		struct kn_tops in = {.cnt = (uint8_t)(i % (KN_TOPS_MAX + 1))}, out;
		uint8_t buf[KN_CONTROL_MAX_LEN];

		for (unsigned int k = 0; k < in.cnt; k++)
			in.top[k] = (struct kn_top){.counter = random_u64() & KN_COUNTER_MAX,
						    .lane = (uint8_t)random_u64()};
		kn_probe_pack(buf, &p);
		size_t len = i % 2 == 0 ? kn_probe_tops_pack(buf, &in) : kn_confirm_pack(buf, &in);

		assert_int_equal(len, (i % 2 == 0 ? 48 : 2) + 7U * in.cnt);
		assert_int_equal(kn_tops_unpack(buf, len, &out), 0);
		assert_int_equal(out.cnt, in.cnt);
		for (unsigned int k = 0; k < in.cnt; k++)
			assert_true(out.top[k].lane == in.top[k].lane &&
				    out.top[k].counter == in.top[k].counter);
		if (in.cnt > 0)
			assert_int_equal(kn_tops_unpack(buf, len - 1, &out), -EBADMSG);
	}
}

/* A later version may send more than we take. */
static void more_tops_than_we_take_are_left_out(void **state)
{
	uint8_t buf[KN_CONFIRM_LEN + 255 * KN_TOP_LEN] = {KN_CONTROL_CONFIRM, 255};
	struct kn_tops out;

	(void)state;
	assert_int_equal(kn_tops_unpack(buf, sizeof(buf), &out), 0);
	assert_int_equal(out.cnt, KN_TOPS_MAX);
	assert_int_equal(kn_tops_unpack(buf, sizeof(buf) - 1, &out), -EBADMSG);
	buf[0] = KN_CONTROL_LEAVE;
	assert_int_equal(kn_tops_unpack(buf, sizeof(buf), &out), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_known_by_version_type_and_length),
		cmocka_unit_test(data_header),
		cmocka_unit_test(inner_header),
		cmocka_unit_test(lengths_and_places_of_handshake_messages),
		cmocka_unit_test(handshake_headers),
		cmocka_unit_test(msg1_payload),
		cmocka_unit_test(msg1_payload_of_nobody_or_for_nobody),
		cmocka_unit_test(msg2_payload),
		cmocka_unit_test(payloads_of_any_other_length_are_refused),
		cmocka_unit_test(probe),
		cmocka_unit_test(a_probe_may_grow_but_not_shrink),
		cmocka_unit_test(other_types_are_no_probes),
		cmocka_unit_test(tops),
		cmocka_unit_test(more_tops_than_we_take_are_left_out),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, seed_set, NULL);
}
