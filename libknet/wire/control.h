/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_WIRE_CONTROL_H
#define KN_WIRE_CONTROL_H

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
 * 36..47  zero, set aside
 *
 * leave (1 byte): the sender ends its sessions on purpose.
 */
enum kn_control_type {
	KN_CONTROL_PROBE = 1,
	KN_CONTROL_REPLY = 2,
	KN_CONTROL_LEAVE = 3,
};

#define KN_PROBE_LEN       48
#define KN_CONTROL_MAX_LEN 64

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

#endif
