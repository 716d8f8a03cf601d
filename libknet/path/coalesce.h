/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_COALESCE_H
#define KN_PATH_COALESCE_H

#include "path/super.h"

#define KN_COALESCE_CNT 64 /* frames in one: what every kernel accepts of UDP */

/* What is known of a frame that can be part of a super-frame: its headers. */
struct kn_part {
	struct kn_super at;
	uint32_t payload_len;
};

/* A super-frame being made of frames of one flow that follow one another. */
struct kn_coalesce {
	unsigned int cnt; /* frames; 0: nothing is open */
	bool is_full;     /* nothing more follows */
	struct kn_part part;
	struct kn_frame first;
	uint16_t pseudo_sum; /* without the length */
	uint32_t payload_len;
	uint8_t buf[KN_FRAME_HEADROOM + KN_SUPER_MAX]; /* of two and more */
};

/* Whether a frame is one that can be joined with others, and where its headers are: a whole frame
 * of TCP with nothing but payload, or of UDP, over IPv4 without options or IPv6 without extension
 * headers, behind any VLAN tags. */
bool kn_part_parse(struct kn_part *p, const struct kn_frame *f);

/* Opens with a frame; nothing is open. The frame stays where it is until kn_coalesce_end(). */
void kn_coalesce_begin(struct kn_coalesce *c, const struct kn_frame *f, const struct kn_part *p);
/* Adds the frame if it continues what is open, so that whoever cuts the super-frame again gets
 * these frames: of DF datagrams over IPv4 only the identification may differ, which means nothing
 * (RFC 6864). False: it does not, or nothing is open. */
bool kn_coalesce_add(struct kn_coalesce *c, const struct kn_frame *f, const struct kn_part *p);
/* Closes, and returns what was open: one frame as it was, or a super-frame in c->buf, valid until
 * the next call. */
struct kn_frame *kn_coalesce_end(struct kn_coalesce *c);

#endif
