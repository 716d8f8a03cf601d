// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Byte offsets of the handshake envelopes and their payloads (docs/protocol.md, section 2). Total
 * functions: whatever arrives is either understood whole or refused. No state, any thread.
 */
#include "wire/handshake.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/datagram.h"

static void hdr_pack(uint8_t *out, enum kn_datagram_type type, uint32_t index)
{
	out[0] = (uint8_t)((KN_WIRE_VERSION << 4) | type);
	memset(out + 1, 0, 3);
	kn_put32(out + 4, index);
}

void kn_msg1_hdr_pack(uint8_t out[KN_MSG1_NOISE_OFF], uint32_t sender)
{
	hdr_pack(out, KN_DATAGRAM_MSG1, sender);
}

void kn_msg2_hdr_pack(uint8_t out[KN_MSG2_NOISE_OFF], uint32_t sender, uint32_t receiver)
{
	hdr_pack(out, KN_DATAGRAM_MSG2, sender);
	kn_put32(out + 8, receiver);
}

void kn_cookie_hdr_pack(uint8_t out[8], uint32_t receiver)
{
	hdr_pack(out, KN_DATAGRAM_COOKIE, receiver);
}

enum kn_datagram_type kn_datagram_type_of(const uint8_t *buf, size_t len)
{
	if (len < KN_DATA_OVERHEAD + KN_INNER_HDR_LEN || (buf[0] >> 4) != KN_WIRE_VERSION)
		return KN_DATAGRAM_INVALID;
	switch (buf[0] & 15) {
	case KN_DATAGRAM_DATA:
		return KN_DATAGRAM_DATA;
	case KN_DATAGRAM_MSG1:
		return len == KN_MSG1_LEN ? KN_DATAGRAM_MSG1 : KN_DATAGRAM_INVALID;
	case KN_DATAGRAM_MSG2:
		return len == KN_MSG2_LEN ? KN_DATAGRAM_MSG2 : KN_DATAGRAM_INVALID;
	case KN_DATAGRAM_COOKIE:
		return len == KN_COOKIE_LEN ? KN_DATAGRAM_COOKIE : KN_DATAGRAM_INVALID;
	default:
		return KN_DATAGRAM_INVALID;
	}
}

void kn_msg1_payload_pack(uint8_t out[KN_MSG1_PAYLOAD_LEN], const struct kn_msg1_payload *p)
{
	memset(out, 0, KN_MSG1_PAYLOAD_LEN);
	kn_put16(out, p->host_id);
	kn_put16(out + 2, p->responder_id);
	kn_put32(out + 4, p->capabilities);
	kn_put64(out + 8, p->freshness);
	out[16] = p->suite;
}

int kn_msg1_payload_unpack(const uint8_t *buf, size_t len, struct kn_msg1_payload *p)
{
	if (len != KN_MSG1_PAYLOAD_LEN)
		return -EBADMSG;
	p->host_id = kn_get16(buf);
	p->responder_id = kn_get16(buf + 2);
	p->capabilities = kn_get32(buf + 4);
	p->freshness = kn_get64(buf + 8);
	p->suite = buf[16];
	return p->host_id == 0 || p->responder_id == 0 ? -EBADMSG : 0;
}

void kn_msg2_payload_pack(uint8_t out[KN_MSG2_PAYLOAD_LEN], const struct kn_msg2_payload *p)
{
	memset(out, 0, KN_MSG2_PAYLOAD_LEN);
	out[0] = p->status;
	out[1] = p->suite;
	kn_put32(out + 4, p->capabilities);
	kn_put64(out + 8, p->freshness);
}

int kn_msg2_payload_unpack(const uint8_t *buf, size_t len, struct kn_msg2_payload *p)
{
	if (len != KN_MSG2_PAYLOAD_LEN)
		return -EBADMSG;
	p->status = buf[0];
	p->suite = buf[1];
	p->capabilities = kn_get32(buf + 4);
	p->freshness = kn_get64(buf + 8);
	return 0;
}
