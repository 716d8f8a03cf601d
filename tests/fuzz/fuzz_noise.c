// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The handshake under forged messages.
 *
 * Input: byte 0 chooses the message that is attacked. The rest is either the whole message (byte 0
 * even) or edits to a true one (odd): pairs of offset and value to XOR, then perhaps cut short.
 * Only the true message may be accepted, and a refused one leaves the state as it was.
 */
#include "tests/fuzz/fuzz.h"

#include "crypto/crypto.h"
#include "crypto/noise.h"
#include "crypto/x25519.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_LEN 24
#define MSG_MAX     (KN_NOISE_MSG1_LEN(KN_NOISE_PAYLOAD_MAX) + 64)

/* A handshake stopped before each of the two messages is read, and those messages. */
struct stage {
	struct kn_noise reader;
	uint8_t msg[KN_NOISE_MSG1_LEN(PAYLOAD_LEN)];
	size_t msg_len;
};

static struct stage stages[2];

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void stages_prepare(void)
{
	static const uint8_t init_priv[32] = {1}, resp_priv[32] = {2}, eph[32] = {3}, psk[32] = {4};
	const struct kn_bytes payload = {psk, PAYLOAD_LEN};
	uint8_t init_pub[32], resp_pub[32], got[PAYLOAD_LEN];
	size_t len = sizeof(got);
	struct kn_noise responder;

	require(kn_crypto_init() == 0);
	require(kn_x25519_base(init_pub, init_priv) == 0);
	require(kn_x25519_base(resp_pub, resp_priv) == 0);
	struct kn_noise_setup setup = {.static_priv = init_priv,
				       .static_pub = init_pub,
				       .remote_pub = resp_pub,
				       .psk = psk};
	struct kn_noise *initiator = &stages[1].reader;
	require(kn_noise_init_initiator(initiator, &setup) == 0);
	setup = (struct kn_noise_setup){
		.static_priv = resp_priv, .static_pub = resp_pub, .psk = psk};
	require(kn_noise_init_responder(&stages[0].reader, &setup) == 0);
	stages[0].msg_len = KN_NOISE_MSG1_LEN(PAYLOAD_LEN);
	stages[1].msg_len = KN_NOISE_MSG2_LEN(PAYLOAD_LEN);
	require(kn_noise_write_msg1(initiator, eph, payload, stages[0].msg) == 0);
	responder = stages[0].reader;
	require(kn_noise_read_msg1(&responder, (struct kn_bytes){stages[0].msg, stages[0].msg_len},
				   got, &len) == 0);
	require(kn_noise_write_msg2(&responder, eph, payload, stages[1].msg) == 0);
}

/* The message that data describes; returns its length. */
static size_t message_build(const struct stage *stage, bool is_edit, const uint8_t *data,
			    size_t len, uint8_t msg[MSG_MAX])
{
	if (!is_edit) {
		len = len < MSG_MAX ? len : MSG_MAX;
		memcpy(msg, data, len);
		return len;
	}
	memcpy(msg, stage->msg, stage->msg_len);
	size_t i = 0;
	for (; i + 1 < len; i += 2)
		msg[data[i] % stage->msg_len] ^= data[i + 1];
	return i < len ? data[i] % (stage->msg_len + 1) : stage->msg_len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool is_ready;
	static uint8_t msg[MSG_MAX];
	uint8_t payload[KN_NOISE_PAYLOAD_MAX];
	size_t payload_len = sizeof(payload);

	if (!is_ready)
		stages_prepare();
	is_ready = true;
	if (len == 0)
		return 0;
	bool is_second = data[0] & 2;
	const struct stage *stage = &stages[is_second];
	size_t msg_len = message_build(stage, data[0] & 1, data + 1, len - 1, msg);

	struct kn_noise reader = stage->reader;
	const struct kn_bytes bytes = {msg, msg_len};
	int err = is_second ? kn_noise_read_msg2(&reader, bytes, payload, &payload_len)
			    : kn_noise_read_msg1(&reader, bytes, payload, &payload_len);
	bool is_true = msg_len == stage->msg_len && memcmp(msg, stage->msg, msg_len) == 0;
	require((err == 0) == is_true);
	require(err == 0 || memcmp(&reader, &stage->reader, sizeof(reader)) == 0);
	return 0;
}
