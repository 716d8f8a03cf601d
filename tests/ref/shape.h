/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef REF_SHAPE_H
#define REF_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "path/frame.h"

#define REF_HDR_MAX   512
#define REF_FRAME_MAX (REF_HDR_MAX + 65536)
#define REF_TAGS_MAX  3

/* TCP flags, as in its header. */
#define REF_FIN 0x01
#define REF_PSH 0x08
#define REF_ACK 0x10
#define REF_ECE 0x40
#define REF_CWR 0x80

/* A flow's next super-frame, or frame: everything that decides its bytes. */
struct ref_shape {
	bool is_tcp, is_ip6;
	unsigned int tag_cnt;
	struct {
		uint16_t tpid, tci;
	} tag[REF_TAGS_MAX];
	uint8_t tos; /* or traffic class: DSCP and ECN */
	uint8_t ttl;
	unsigned int ip_opt_len; /* options (4 to 40) or extension headers (8 and more) */
	uint16_t id;
	bool df;
	uint16_t flow; /* in addresses and ports */
	uint32_t seq;
	uint8_t flags;
	unsigned int tcp_opt_len;
	uint32_t payload_len;
	uint16_t gso_size; /* 0: it is no super-frame */
	uint32_t fill;     /* decides the payload's bytes */
};

/* How many frames a card makes of it: at least 1. */
unsigned int ref_frame_cnt(const struct ref_shape *s);
/* The i-th of them as a shape of its own, of one frame. */
struct ref_shape ref_single(const struct ref_shape *s, unsigned int i);
/* The i-th of them as it is on a wire, with every checksum; returns its length. */
uint32_t ref_frame(const struct ref_shape *s, unsigned int i, uint8_t *out);
/* As a kernel with all offloads hands it over: headers for the whole, and only the pseudo-header's
 * sum. f->data points to REF_FRAME_MAX bytes with KN_FRAME_HEADROOM before them. */
void ref_unfinished(const struct ref_shape *s, struct kn_frame *f);

typedef void ref_frame_fn(void *ctx, const uint8_t *frame, uint32_t len);
/*
 * A card, or a kernel without offloads: calls emit for each frame that it puts on the wire for f.
 * Aborts, with a word on stderr, if f is not as a kernel may expect it: lengths, the sum of the
 * IP header, the sum of the pseudo-header.
 */
void ref_card(const struct kn_frame *f, ref_frame_fn *emit, void *ctx);

#endif
