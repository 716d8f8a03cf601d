/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_FRAME_H
#define KN_PATH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/datagram.h"

#define KN_SUPER_MAX      (65535 + 32) /* a super-frame with its Ethernet header */
#define KN_FRAME_HEADROOM (KN_INNER_HDR_LEN + KN_INNER_OFFLOAD_LEN + 8) /* and a virtio header */

/*
 * A frame on its way between the TAP and the links: as the kernel gives it, perhaps not finished.
 * With `super`, it is a super-frame: one header, and payload for several frames of gso_size each.
 * With `csum_len` or `super`, the checksum at csum_start + csum_offset holds only the sum of the
 * pseudo-header; the rest, from csum_start on, is to be added by who puts it on a wire.
 */
struct kn_frame {
	uint8_t *data; /* the Ethernet header; KN_FRAME_HEADROOM bytes before it are free */
	uint32_t len;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t gso_size; /* payload of each frame but the last */
	uint16_t hdr_len;  /* of a super-frame: Ethernet to the end of TCP or UDP */
	uint8_t super;     /* enum kn_super_kind */
	bool has_ecn;
	bool needs_csum;
};

#endif
