/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_WIRE_HANDSHAKE_H
#define KN_WIRE_HANDSHAKE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The handshake envelopes (all integers big endian).
 *
 * msg1    0 version|type  1..3 zero  4..7 sender index  8..  Noise message 1  mac1 16  mac2 16
 * msg2    0 version|type  1..3 zero  4..7 sender index  8..11 receiver index  12.. Noise message 2
 *         mac1 16  mac2 16
 * cookie  0 version|type  1..3 zero  4..7 receiver index  8..19 nonce  20..35 sealed cookie
 *         36..51 tag
 *
 * mac1 covers everything before it, mac2 everything before it with mac1 included. msg2 is not
 * longer than msg1: no amplification.
 */
#define KN_HS_MAC_LEN       16
#define KN_MSG1_PAYLOAD_LEN 24
#define KN_MSG2_PAYLOAD_LEN 24
/* Noise adds: ephemeral 32, static 32 + 16, payload + 16; ephemeral 32, payload + 16. */
#define KN_MSG1_NOISE_LEN (96 + KN_MSG1_PAYLOAD_LEN)
#define KN_MSG2_NOISE_LEN (48 + KN_MSG2_PAYLOAD_LEN)
#define KN_MSG1_NOISE_OFF 8
#define KN_MSG2_NOISE_OFF 12
#define KN_MSG1_MAC1_OFF  (KN_MSG1_NOISE_OFF + KN_MSG1_NOISE_LEN)
#define KN_MSG2_MAC1_OFF  (KN_MSG2_NOISE_OFF + KN_MSG2_NOISE_LEN)
#define KN_MSG1_LEN       (KN_MSG1_MAC1_OFF + 2 * KN_HS_MAC_LEN)
#define KN_MSG2_LEN       (KN_MSG2_MAC1_OFF + 2 * KN_HS_MAC_LEN)
#define KN_COOKIE_LEN     52
#define KN_HS_MAX_LEN     KN_MSG1_LEN

_Static_assert(KN_MSG2_LEN <= KN_MSG1_LEN, "a reply must not be longer than what asked for it");

/* Writes type and zeros into out[0..3] and the indices behind; receiver is used by msg2 only. */
void kn_msg1_hdr_pack(uint8_t out[KN_MSG1_NOISE_OFF], uint32_t sender);
void kn_msg2_hdr_pack(uint8_t out[KN_MSG2_NOISE_OFF], uint32_t sender, uint32_t receiver);
void kn_cookie_hdr_pack(uint8_t out[8], uint32_t receiver);

/* The payload of msg1: who speaks, and how fresh the message is. */
struct kn_msg1_payload {
	uint64_t freshness;
	uint32_t capabilities; /* 0 today; unknown bits are ignored */
	uint16_t host_id;      /* of the initiator */
	uint16_t responder_id; /* whom it wants to reach */
	uint8_t suite;         /* enum kn_suite of the data that will follow */
};
void kn_msg1_payload_pack(uint8_t out[KN_MSG1_PAYLOAD_LEN], const struct kn_msg1_payload *p);
/* 0, or -EBADMSG if len is wrong or a host id is 0. */
int kn_msg1_payload_unpack(const uint8_t *buf, size_t len, struct kn_msg1_payload *p)
	__attribute__((warn_unused_result));

enum kn_msg2_status {
	KN_MSG2_OK = 0,
	KN_MSG2_STALE = 1, /* freshness holds the responder's value: try again above it */
	KN_MSG2_SUITE = 2, /* the suites differ: no session */
};
struct kn_msg2_payload {
	uint64_t freshness;
	uint32_t capabilities;
	uint8_t status;
	uint8_t suite; /* the responder's */
};
void kn_msg2_payload_pack(uint8_t out[KN_MSG2_PAYLOAD_LEN], const struct kn_msg2_payload *p);
int kn_msg2_payload_unpack(const uint8_t *buf, size_t len, struct kn_msg2_payload *p)
	__attribute__((warn_unused_result));

#endif
