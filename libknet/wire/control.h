/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_WIRE_CONTROL_H
#define KN_WIRE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Control messages: what follows an inner header of kind control. The first byte is the type; the
 * rest of a message that is longer than known is ignored, so that fields can be appended.
 *
 * probe and reply (48 bytes):
 *  0      type
 *  1      links the sender hears us on, a bit each
 *  2..3   probe interval the sender wants to use on this link, ms
 *  4..5   shortest probe interval it is willing to receive, ms
 *  6      links the sender sends the user's traffic to us on, a bit each
 *  7      zero
 *  8..11  sequence number of the probe; a reply repeats it
 * 12..19  the prober's clock when it sent the probe; a reply repeats it
 * 20..27  data datagrams the sender has sent to us on this link so far
 * 28..35  data datagrams it has received from us on this link so far
 * 36      number of tops
 * 37..47  zero, set aside
 *
 * behind that, as many tops as byte 36 says; and
 *
 * confirmation (2 bytes and the tops):
 *  0      type
 *  1      number of tops
 *
 * top (7 bytes): the highest counter received of a lane of the session by which the message came
 *  0      lane
 *  1..6   counter
 *
 * leave (1 byte): the sender ends its sessions on purpose.
 *
 * size probe (padded with zeros up to the size that is tried) and size reply (8 bytes):
 *  0      type
 *  1      zero
 *  2..3   length of the probe's datagram, UDP's payload: as sent, and as received
 *  4..7   token of the probe; a reply repeats it
 *
 * echo request and echo reply (8 bytes and the payload, which the reply repeats):
 *  0      type
 *  1..3   zero
 *  4..7   token of the request; the reply repeats it
 */
enum kn_control_type {
	KN_CONTROL_PROBE = 1,
	KN_CONTROL_REPLY = 2,
	KN_CONTROL_LEAVE = 3,
	KN_CONTROL_CONFIRM = 4,
	KN_CONTROL_SIZE = 5,
	KN_CONTROL_SIZE_REPLY = 6,
	KN_CONTROL_ECHO = 7,
	KN_CONTROL_ECHO_REPLY = 8,
};

#define KN_PROBE_LEN       48
#define KN_CONFIRM_LEN     2
#define KN_SIZE_LEN        8
#define KN_ECHO_LEN        8
#define KN_TOP_LEN         7
#define KN_TOPS_MAX        16                    /* in one message */
#define KN_ECHO_MAX_LEN    (KN_ECHO_LEN + 65000) /* sealed, it is not too long for fragments */
#define KN_CONTROL_MAX_LEN (KN_PROBE_LEN + KN_TOPS_MAX * KN_TOP_LEN)

struct kn_probe {
	uint64_t stamp;
	uint64_t sent_cnt;
	uint64_t rcvd_cnt;
	uint32_t seq;
	uint16_t want_ms;
	uint16_t accept_ms;
	uint8_t type; /* KN_CONTROL_PROBE or KN_CONTROL_REPLY */
	uint8_t heard;
	uint8_t used;
};

void kn_probe_pack(uint8_t out[KN_PROBE_LEN], const struct kn_probe *p);
/* 0, or -EBADMSG if it is too short or neither a probe nor a reply. */
int kn_probe_unpack(const uint8_t *buf, size_t len, struct kn_probe *p)
	__attribute__((warn_unused_result));

/* The highest counters received of some lanes. */
struct kn_tops {
	uint8_t cnt;
	struct kn_top {
		uint64_t counter;
		uint8_t lane;
	} top[KN_TOPS_MAX];
};

/* Appends the tops to a packed probe or reply; `out` has KN_CONTROL_MAX_LEN bytes. Returns the
 * length of the message. */
size_t kn_probe_tops_pack(uint8_t *out, const struct kn_tops *t);
/* A confirmation; returns its length. */
size_t kn_confirm_pack(uint8_t *out, const struct kn_tops *t);
/* The tops of a probe, a reply or a confirmation; those beyond KN_TOPS_MAX are left out. 0, or
 * -EBADMSG if it is none of these, or shorter than it says. */
int kn_tops_unpack(const uint8_t *buf, size_t len, struct kn_tops *t)
	__attribute__((warn_unused_result));

struct kn_size {
	uint32_t token;
	uint16_t len;
	uint8_t type; /* KN_CONTROL_SIZE or KN_CONTROL_SIZE_REPLY */
};

void kn_size_pack(uint8_t out[KN_SIZE_LEN], const struct kn_size *s);
/* 0, or -EBADMSG if it is too short or neither of the two. */
int kn_size_unpack(const uint8_t *buf, size_t len, struct kn_size *s)
	__attribute__((warn_unused_result));

struct kn_echo {
	uint32_t token;
	uint8_t type;  /* KN_CONTROL_ECHO or KN_CONTROL_ECHO_REPLY */
	bool is_whole; /* of a request: neither it nor the reply is to be sent in fragments */
};

/* The head; the payload follows. */
void kn_echo_pack(uint8_t out[KN_ECHO_LEN], const struct kn_echo *m);
/* 0, or -EBADMSG if it is too short or neither of the two. */
int kn_echo_unpack(const uint8_t *buf, size_t len, struct kn_echo *m)
	__attribute__((warn_unused_result));

#endif
