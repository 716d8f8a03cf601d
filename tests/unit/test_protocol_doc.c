// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The examples of docs/protocol.md against the code. Each block marked "hex NAME" is read out of
 * the document, made once more by the functions that make the real thing, and compared byte for
 * byte; so is the table of link states. An example without a check here fails, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/link_state.h"
#include "core/session.h"
#include "crypto/crypto.h"
#include "crypto/identity.h"
#include "crypto/session_keys.h"
#include "crypto/x25519.h"
#include "core/fragment.h"
#include "wire/control.h"
#include "wire/datagram.h"
#include "wire/handshake.h"

#define DOC         TEST_SRCDIR "/docs/protocol.md"
#define EXAMPLE_MAX 256
#define EXAMPLE_CNT 32

struct example {
	char name[32];
	uint8_t data[EXAMPLE_MAX];
	size_t len;
	bool is_checked;
};

/* The same values all over the document. */
static const uint32_t index_a = 0x11223344, index_b = 0xa0b0c0d0;
static const uint64_t freshness = 1700000000000000000ULL;
static const struct kn_data_hdr data_hdr = {
	.lane = 0xfa, .index = 0xa0b0c0d0, .counter = 0x010203040506ULL};
static const struct kn_inner_hdr control_hdr = {.kind = KN_INNER_CONTROL, .origin = 1};
static const struct kn_probe probe = {.type = KN_CONTROL_PROBE,
				      .heard = 3,
				      .want_ms = 100,
				      .accept_ms = 5,
				      .seq = 7,
				      .stamp = 1000000000,
				      .sent_cnt = 1000,
				      .rcvd_cnt = 998};

static struct example examples[EXAMPLE_CNT];
static size_t example_cnt;

static void example_line(struct example *ex, const char *line)
{
	unsigned int byte;
	int used;

	for (; sscanf(line, " %2x%n", &byte, &used) == 1; line += used) {
		assert_true(ex->len < EXAMPLE_MAX);
		ex->data[ex->len++] = (uint8_t)byte;
	}
}

static int examples_read(void **state)
{
	FILE *doc = fopen(DOC, "r");
	struct example *ex = NULL;
	char line[256];

	(void)state;
	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc) != NULL) {
		if (strncmp(line, "```hex ", 7) == 0) {
			assert_true(example_cnt < EXAMPLE_CNT);
			ex = &examples[example_cnt++];
			assert_int_equal(sscanf(line + 7, "%31s", ex->name), 1);
		} else if (strncmp(line, "```", 3) == 0) {
			ex = NULL;
		} else if (ex != NULL) {
			example_line(ex, line);
		}
	}
	fclose(doc);
	return kn_crypto_init();
}

static int all_were_checked(void **state)
{
	(void)state;
	kn_crypto_fini();
	for (size_t i = 0; i < example_cnt; i++)
		if (!examples[i].is_checked) {
			print_error("nothing checks example %s\n", examples[i].name);
			return -1;
		}
	return 0;
}

static void check(const char *name, const uint8_t *made, size_t len)
{
	for (size_t i = 0; i < example_cnt; i++) {
		struct example *ex = &examples[i];

		if (strcmp(ex->name, name) != 0)
			continue;
		ex->is_checked = true;
		assert_int_equal(ex->len, len);
		assert_memory_equal(ex->data, made, len);
		return;
	}
	fail_msg("no example %s in the document", name);
}

static void count_up(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i);
}

static void test_identity(void **state)
{
	struct kn_network_keys keys;
	uint8_t secret[32], priv[32], pub[32];

	(void)state;
	count_up(secret, sizeof(secret), 0);
	assert_int_equal(kn_network_keys_derive(secret, &keys), 0);
	check("mac1-key", keys.mac1, 32);
	check("cookie-key", keys.cookie, 32);
	check("psk", keys.psk, 32);
	assert_int_equal(kn_host_key_derive(secret, 1, priv), 0);
	check("host-1-private", priv, 32);
	assert_int_equal(kn_x25519_base(pub, priv), 0);
	check("host-1-public", pub, 32);
}

static void test_envelopes(void **state)
{
	uint8_t buf[KN_MSG2_NOISE_OFF];

	(void)state;
	kn_msg1_hdr_pack(buf, index_a);
	check("msg1-header", buf, KN_MSG1_NOISE_OFF);
	kn_msg2_hdr_pack(buf, index_b, index_a);
	check("msg2-header", buf, KN_MSG2_NOISE_OFF);
	kn_cookie_hdr_pack(buf, index_a);
	check("cookie-header", buf, 8);
	assert_int_equal(KN_MSG1_LEN, 160);
	assert_int_equal(KN_MSG1_MAC1_OFF, 128);
	assert_int_equal(KN_MSG2_LEN, 116);
	assert_int_equal(KN_MSG2_MAC1_OFF, 84);
	assert_int_equal(KN_COOKIE_LEN, 52);
}

static void test_payloads(void **state)
{
	const struct kn_msg1_payload msg1 = {.host_id = 1,
					     .responder_id = 2,
					     .freshness = freshness,
					     .suite = KN_SUITE_AES256_GCM};
	const struct kn_msg2_payload msg2 = {
		.status = KN_MSG2_STALE, .suite = KN_SUITE_AES256_GCM, .freshness = freshness + 1};
	struct kn_msg1_payload msg1_back;
	struct kn_msg2_payload msg2_back;
	uint8_t buf[KN_MSG1_PAYLOAD_LEN];

	(void)state;
	kn_msg1_payload_pack(buf, &msg1);
	check("msg1-payload", buf, sizeof(buf));
	assert_int_equal(kn_msg1_payload_unpack(buf, sizeof(buf), &msg1_back), 0);
	assert_int_equal(msg1_back.responder_id, 2);
	assert_true(msg1_back.freshness == freshness);
	kn_msg2_payload_pack(buf, &msg2);
	check("msg2-payload", buf, KN_MSG2_PAYLOAD_LEN);
	assert_int_equal(kn_msg2_payload_unpack(buf, KN_MSG2_PAYLOAD_LEN, &msg2_back), 0);
	assert_int_equal(msg2_back.status, KN_MSG2_STALE);
	assert_true(msg2_back.freshness == freshness + 1);
}

/* The keys of the document's session. */
static void data_key_make(struct kn_data_key *out)
{
	struct kn_noise_keys noise;
	struct kn_session_keys keys;

	count_up(noise.tx, sizeof(noise.tx), 0x40);
	count_up(noise.rx, sizeof(noise.rx), 0);
	count_up(noise.hash, sizeof(noise.hash), 0x80);
	assert_int_equal(kn_session_keys_derive(&noise, KN_SUITE_AES256_GCM, &keys), 0);
	*out = keys.tx;
}

static void test_keys_and_nonce(void **state)
{
	static const uint8_t zero[KN_AEAD_NONCE_LEN];
	uint8_t nonce[KN_AEAD_NONCE_LEN];
	struct kn_data_key key;

	(void)state;
	data_key_make(&key);
	check("data-key", key.key, 32);
	check("static-iv", key.static_iv, KN_AEAD_NONCE_LEN);
	kn_data_nonce(zero, data_hdr.lane, data_hdr.counter, nonce);
	check("nonce-xor", nonce, sizeof(nonce));
	kn_data_nonce(key.static_iv, data_hdr.lane, data_hdr.counter, nonce);
	check("nonce", nonce, sizeof(nonce));
}

static void test_headers(void **state)
{
	const struct kn_inner_hdr frame = {
		.kind = KN_INNER_FRAME, .hop_limit = 1, .origin = 0x1234};
	struct kn_data_hdr back;
	uint8_t buf[KN_DATA_HDR_LEN];

	(void)state;
	kn_data_hdr_pack(buf, &data_hdr);
	check("data-header", buf, KN_DATA_HDR_LEN);
	kn_data_hdr_unpack(buf, &back);
	assert_true(back.counter == data_hdr.counter);
	assert_int_equal(back.index, data_hdr.index);
	assert_int_equal(back.lane, kn_lane_of(KN_SLOT_CONTROL, 2));
	kn_inner_hdr_pack(buf, &frame);
	check("inner-frame", buf, KN_INNER_HDR_LEN);
	kn_inner_hdr_pack(buf, &control_hdr);
	check("inner-control", buf, KN_INNER_HDR_LEN);

	struct kn_segment third = {
		.index = 2, .count = 46, .hdr_len = 66, .kind = KN_SUPER_TCP4, .l4_words = 8};

	kn_segment_pack(buf, &third);
	check("segment", buf, KN_INNER_OFFLOAD_LEN);
}

static void test_probe(void **state)
{
	uint8_t buf[KN_PROBE_LEN];
	struct kn_probe back;

	(void)state;
	kn_probe_pack(buf, &probe);
	check("probe", buf, sizeof(buf));
	assert_int_equal(kn_probe_unpack(buf, sizeof(buf), &back), 0);
	assert_true(back.rcvd_cnt == 998 && back.stamp == 1000000000 && back.want_ms == 100);
}

static void test_size_probe(void **state)
{
	const struct kn_size size = {.type = KN_CONTROL_SIZE, .len = 1472, .token = 5};
	uint8_t buf[KN_SIZE_LEN];
	struct kn_size back;

	(void)state;
	kn_size_pack(buf, &size);
	check("size-probe", buf, sizeof(buf));
	assert_int_equal(kn_size_unpack(buf, sizeof(buf), &back), 0);
	assert_true(back.len == 1472 && back.token == 5 && back.type == KN_CONTROL_SIZE);
}

static void test_echo(void **state)
{
	const struct kn_echo request = {
		.type = KN_CONTROL_ECHO, .token = 0x01020304, .is_whole = true};
	const struct kn_echo reply = {.type = KN_CONTROL_ECHO_REPLY, .token = 0x01020304};
	uint8_t buf[KN_ECHO_LEN + 3] = {[KN_ECHO_LEN] = 'a', 'b', 'c'};
	struct kn_echo back;

	(void)state;
	kn_echo_pack(buf, &request);
	check("echo-request", buf, sizeof(buf));
	assert_int_equal(kn_echo_unpack(buf, sizeof(buf), &back), 0);
	assert_true(back.token == request.token && back.type == KN_CONTROL_ECHO && back.is_whole);
	kn_echo_pack(buf, &reply);
	check("echo-reply", buf, sizeof(buf));
	assert_int_equal(kn_echo_unpack(buf, KN_ECHO_LEN - 1, &back), -EBADMSG);
}

/* The second of the fragments that the path makes of 3,000 bytes. */
static bool second_keep(void *ctx, struct kn_bytes body)
{
	const uint8_t *data = body.data;

	if (data[KN_INNER_HDR_LEN + 4] == 1)
		memcpy(ctx, body.data, KN_INNER_HDR_LEN + KN_FRAG_LEN);
	return true;
}

static void test_fragment(void **state)
{
	static const uint8_t datagram[3000];
	const struct kn_fragment_cut cut = {.id = 0x01020304, .origin = 0x1234, .max_len = 1472};
	uint8_t buf[KN_INNER_HDR_LEN + KN_FRAG_LEN];

	(void)state;
	assert_true(kn_fragment_cut(&cut, (struct kn_bytes){datagram, sizeof(datagram)},
				    second_keep, buf));
	check("fragment", buf, sizeof(buf));
}

static void test_tops(void **state)
{
	const struct kn_tops tops = {
		.cnt = 2, .top = {{.counter = 0x010203040506ULL}, {.counter = 41, .lane = 9}}};
	uint8_t buf[KN_CONTROL_MAX_LEN];
	struct kn_tops back;

	(void)state;
	check("confirmation", buf, kn_confirm_pack(buf, &tops));
	kn_probe_pack(buf, &probe);
	size_t len = kn_probe_tops_pack(buf, &tops);

	check("probe-tops", buf + 36, len - 36);
	assert_int_equal(kn_tops_unpack(buf, len, &back), 0);
	assert_true(back.cnt == 2 && back.top[1].lane == 9 && back.top[1].counter == 41);
}

static void seal(const struct kn_data_key *raw, uint8_t *buf, uint32_t len)
{
	const struct kn_aead_backend *aead = kn_aead_backend_pick(NULL);
	size_t size = (aead->key_size + KN_AEAD_ALIGN - 1) & ~(size_t)(KN_AEAD_ALIGN - 1);
	struct kn_aead_key *key = aligned_alloc(KN_AEAD_ALIGN, size);
	struct kn_aead_ctx *ctx = aead->ctx_new(0);
	uint8_t *body = buf + KN_DATA_HDR_LEN;
	struct kn_aead_op op = {.src = body,
				.dst = body,
				.len = len,
				.aad = buf,
				.aad_len = KN_DATA_HDR_LEN,
				.tag = body + len};

	assert_true(key != NULL && ctx != NULL);
	assert_int_equal(aead->key_init(key, KN_SUITE_AES256_GCM, raw->key), 0);
	kn_data_nonce(raw->static_iv, data_hdr.lane, data_hdr.counter, op.nonce);
	aead->seal(ctx, key, &op, 1);
	assert_true(op.ok);
	aead->key_fini(key);
	aead->ctx_free(ctx);
	free(key);
}

static void test_datagram(void **state)
{
	uint8_t buf[KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_PROBE_LEN];
	struct kn_data_key key;

	(void)state;
	data_key_make(&key);
	kn_data_hdr_pack(buf, &data_hdr);
	kn_inner_hdr_pack(buf + KN_DATA_HDR_LEN, &control_hdr);
	kn_probe_pack(buf + KN_DATA_HDR_LEN + KN_INNER_HDR_LEN, &probe);
	seal(&key, buf, KN_INNER_HDR_LEN + KN_PROBE_LEN);
	check("datagram", buf, sizeof(buf));
	assert_int_equal(kn_datagram_type_of(buf, sizeof(buf)), KN_DATAGRAM_DATA);
}

/* One cell of the table: "-" is the state itself. */
static void check_cell(enum knet_link_state from, enum kn_link_event ev, const char *cell)
{
	enum knet_link_state to = kn_link_state_next(from, ev);

	assert_string_equal(cell, to == from ? "-" : knet_link_state_name(to));
}

/* "| **state** | cell | ... |", or the heading with the names of the events. */
static unsigned int check_row(char *line)
{
	char *save = NULL;
	const char *first = strtok_r(line, "|* \n", &save);
	int from = -1, ev = 0;

	for (int i = 0; i < KNET_LINK_STATE_COUNT; i++)
		if (strcmp(first, knet_link_state_name((enum knet_link_state)i)) == 0)
			from = i;
	if (from < 0)
		assert_string_equal(first, kn_link_event_name((enum kn_link_event)ev++));
	for (char *cell; (cell = strtok_r(NULL, "|* \n", &save)) != NULL; ev++) {
		assert_true(ev < KN_LE_COUNT);
		if (from < 0)
			assert_string_equal(cell, kn_link_event_name((enum kn_link_event)ev));
		else
			check_cell((enum knet_link_state)from, (enum kn_link_event)ev, cell);
	}
	assert_int_equal(ev, KN_LE_COUNT);
	return from < 0 ? 0 : 1U << from;
}

static void test_link_states(void **state)
{
	FILE *doc = fopen(DOC, "r");
	unsigned int rows = 0;
	char line[256];

	(void)state;
	assert_non_null(doc);
	while (fgets(line, sizeof(line), doc) != NULL)
		if (strncmp(line, "| | reply ", 10) == 0 || strncmp(line, "| **", 4) == 0)
			rows |= check_row(line);
	fclose(doc);
	assert_int_equal(rows, (1U << KNET_LINK_STATE_COUNT) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),    cmocka_unit_test(test_envelopes),
		cmocka_unit_test(test_payloads),    cmocka_unit_test(test_keys_and_nonce),
		cmocka_unit_test(test_headers),     cmocka_unit_test(test_probe),
		cmocka_unit_test(test_tops),        cmocka_unit_test(test_datagram),
		cmocka_unit_test(test_link_states), cmocka_unit_test(test_size_probe),
		cmocka_unit_test(test_echo),        cmocka_unit_test(test_fragment),
	};

	return cmocka_run_group_tests(tests, examples_read, all_were_checked);
}
