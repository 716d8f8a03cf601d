// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Everything in libknet/wire that reads bytes, on any bytes.
 *
 * Input: the bytes, as they would come from a socket or out of an opened datagram. Whatever is
 * accepted must be of the length the protocol document gives, and must come back byte for byte when
 * it is packed again, but for the bytes that are set aside: these are ignored when they come, and
 * are zero when they leave.
 */
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "path/pick.h"
#include "wire/control.h"
#include "wire/datagram.h"
#include "wire/handshake.h"

/* Bytes [from, to) of a message that nobody uses yet. */
struct aside {
	size_t from, to;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool is_aside(const struct aside *a, size_t cnt, size_t at)
{
	for (size_t i = 0; i < cnt; i++)
		if (at >= a[i].from && at < a[i].to)
			return true;
	return false;
}

static void same_but_aside(const uint8_t *packed, const uint8_t *came, size_t len,
			   const struct aside *a, size_t cnt)
{
	for (size_t i = 0; i < len; i++)
		require(packed[i] == (is_aside(a, cnt, i) ? 0 : came[i]));
}

static void type_check(const uint8_t *data, size_t len)
{
	static const size_t lens[16] = {
		[KN_DATAGRAM_MSG1] = 160, [KN_DATAGRAM_MSG2] = 116, [KN_DATAGRAM_COOKIE] = 52};
	enum kn_datagram_type type = kn_datagram_type_of(data, len);
	bool is_known = len >= 32 && data[0] >> 4 == 1;

	if (is_known && (data[0] & 15) == KN_DATAGRAM_DATA)
		require(type == KN_DATAGRAM_DATA);
	else if (is_known && lens[data[0] & 15] == len)
		require((unsigned int)type == (data[0] & 15U));
	else
		require(type == KN_DATAGRAM_INVALID);
}

static void data_check(const uint8_t *data, size_t len)
{
	uint8_t out[KN_DATA_HDR_LEN];
	struct kn_data_hdr h;

	if (kn_datagram_type_of(data, len) != KN_DATAGRAM_DATA)
		return;
	kn_data_hdr_unpack(data, &h);
	require(h.counter <= KN_COUNTER_MAX);
	kn_data_hdr_pack(out, &h);
	require(memcmp(out, data, sizeof(out)) == 0);
}

static void inner_check(const uint8_t *data, size_t len)
{
	uint8_t out[KN_INNER_HDR_LEN];
	struct kn_inner_hdr h;

	if (len < sizeof(out))
		return;
	kn_inner_hdr_unpack(data, &h);
	kn_inner_hdr_pack(out, &h);
	require(memcmp(out, data, sizeof(out)) == 0);
}

/* The 4 bytes behind the inner header of a piece, or of a frame with a checksum to complete. */
static void offload_check(const uint8_t *data, size_t len)
{
	static const struct aside aside[] = {{2, 4}};
	uint8_t out[KN_INNER_OFFLOAD_LEN];
	struct kn_segment seg;
	struct kn_csum csum;

	if (len < sizeof(out))
		return;
	kn_segment_unpack(data, &seg);
	kn_segment_pack(out, &seg);
	require(memcmp(out, data, sizeof(out)) == 0);
	kn_csum_unpack(data, &csum);
	kn_csum_pack(out, &csum);
	same_but_aside(out, data, sizeof(out), aside, 1);
}

static void probe_check(const uint8_t *data, size_t len)
{
	static const struct aside aside[] = {{7, 8}, {36, 48}};
	bool is_probe = len >= 48 && (data[0] == 1 || data[0] == 2);
	uint8_t out[KN_PROBE_LEN];
	struct kn_probe p;

	require((kn_probe_unpack(data, len, &p) == 0) == is_probe);
	if (!is_probe)
		return;
	kn_probe_pack(out, &p);
	same_but_aside(out, data, sizeof(out), aside, 2);
}

static void size_check(const uint8_t *data, size_t len)
{
	static const struct aside aside[] = {{1, 2}};
	bool is_size = len >= 8 && (data[0] == 5 || data[0] == 6);
	uint8_t out[KN_SIZE_LEN];
	struct kn_size s;

	require((kn_size_unpack(data, len, &s) == 0) == is_size);
	if (!is_size)
		return;
	kn_size_pack(out, &s);
	same_but_aside(out, data, sizeof(out), aside, 1);
}

static void echo_check(const uint8_t *data, size_t len)
{
	static const struct aside aside[] = {{2, 4}};
	bool is_echo = len >= 8 && (data[0] == 7 || data[0] == 8);
	uint8_t out[KN_ECHO_LEN], in[KN_ECHO_LEN];
	struct kn_echo m;

	require((kn_echo_unpack(data, len, &m) == 0) == is_echo);
	if (!is_echo)
		return;
	kn_echo_pack(out, &m);
	memcpy(in, data, sizeof(in));
	in[1] &= 1; /* the other flags are set aside */
	same_but_aside(out, in, sizeof(out), aside, 1);
}

static void fragment_check(const uint8_t *data, size_t len)
{
	uint8_t out[KN_FRAG_LEN];
	struct kn_frag f;

	if (len < sizeof(out))
		return;
	kn_frag_unpack(data, &f);
	kn_frag_pack(out, &f);
	require(memcmp(out, data, sizeof(out)) == 0);
}

static void tops_check(const uint8_t *data, size_t len)
{
	uint8_t out[KN_CONTROL_MAX_LEN] = {0};
	struct kn_tops t;

	if (kn_tops_unpack(data, len, &t) != 0)
		return;
	require(t.cnt <= KN_TOPS_MAX);
	if (data[0] == KN_CONTROL_CONFIRM && data[1] <= KN_TOPS_MAX) {
		size_t used = kn_confirm_pack(out, &t);

		require(used <= len && memcmp(out, data, used) == 0);
	} else if (data[0] != KN_CONTROL_CONFIRM && data[36] <= KN_TOPS_MAX) {
		size_t used = kn_probe_tops_pack(out, &t);

		require(used <= len && memcmp(out + 48, data + 48, used - 48) == 0);
	}
}

static void msg1_check(const uint8_t *data, size_t len)
{
	static const struct aside aside[] = {{17, 24}};
	uint8_t out[KN_MSG1_PAYLOAD_LEN];
	struct kn_msg1_payload p;
	bool is_whole = len == 24 && (data[0] | data[1]) != 0 && (data[2] | data[3]) != 0;

	require((kn_msg1_payload_unpack(data, len, &p) == 0) == is_whole);
	if (!is_whole)
		return;
	kn_msg1_payload_pack(out, &p);
	same_but_aside(out, data, sizeof(out), aside, 1);
}

static void msg2_check(const uint8_t *data, size_t len)
{
	static const struct aside aside[] = {{2, 4}, {16, 24}};
	uint8_t out[KN_MSG2_PAYLOAD_LEN];
	struct kn_msg2_payload p;

	require((kn_msg2_payload_unpack(data, len, &p) == 0) == (len == 24));
	if (len != 24)
		return;
	kn_msg2_payload_pack(out, &p);
	same_but_aside(out, data, sizeof(out), aside, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	type_check(data, len);
	data_check(data, len);
	inner_check(data, len);
	offload_check(data, len);
	probe_check(data, len);
	size_check(data, len);
	echo_check(data, len);
	fragment_check(data, len);
	tops_check(data, len);
	/* What finds the flow of a frame reads bytes of anybody, too: no further than there are. */
	require(len >= 14 || kn_flow_hash(data, len) == 0);
	/* The payloads have one length only: try the front of a longer input, too. */
	msg1_check(data, len);
	msg2_check(data, len);
	if (len > 24) {
		msg1_check(data, 24);
		msg2_check(data, 24);
	}
	return 0;
}
