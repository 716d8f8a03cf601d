/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_SUPER_H
#define KN_PATH_SUPER_H

#include "path/frame.h"

#define KN_SUPER_HDR_MAX 255  /* what the header length of a piece can say */
#define KN_CUT_HDR_MAX   1024 /* what can be cut into frames all the same */

/* Where things are in a super-frame's headers. */
struct kn_super {
	uint8_t kind; /* enum kn_super_kind */
	bool has_ecn;
	uint16_t l3, l4, hdr_len; /* offsets from the Ethernet header; length of all headers */
};

/* Offset of the network header behind Ethernet and any VLAN tags, and its ethertype; 0 if the
 * frame ends before. */
unsigned int kn_frame_l3(const uint8_t *frame, uint32_t len, uint16_t *ethertype);

/* Finds the headers of a super-frame that the kernel gave us. 0, or -EINVAL if it is not one that
 * can be cut: kind, lengths and headers do not agree, or they exceed KN_CUT_HDR_MAX. */
int kn_super_parse(struct kn_super *s, const struct kn_frame *f)
	__attribute__((warn_unused_result));

/* The same for a piece that came from a peer: `hdr` is what follows the segment's 4 bytes, at
 * least g->hdr_len bytes. 0 or -EINVAL. */
int kn_super_from_segment(struct kn_super *s, const struct kn_segment *g, const uint8_t *hdr)
	__attribute__((warn_unused_result));

/* The payload of the whole super-frame, as its headers say. */
uint32_t kn_super_payload_len(const struct kn_super *s, const uint8_t *hdr);

/* A part of a super-frame: the pieces from index `first` on. */
struct kn_slice {
	uint16_t first;
	bool has_last;        /* its last piece is the last of the super-frame */
	uint16_t gso_size;    /* payload of each piece but the last of the super-frame */
	uint32_t payload_len; /* of all its pieces */
};

/* Turns hdr, the super-frame's headers, into those of a part of it: lengths, IP identification,
 * sequence number, flags, and the sum of the pseudo-header. */
void kn_super_slice(const struct kn_super *s, uint8_t *hdr, const struct kn_slice *part);

/* What becomes of one frame of several; may overwrite the frame and the headroom. */
typedef void kn_frame_fn(void *ctx, struct kn_frame *one);
/* Cuts a super-frame into frames, whose checksums are to be completed. Each is made in front of its
 * payload, over the end of the one before: emit must be done with that. */
void kn_super_apart(const struct kn_super *s, const struct kn_frame *f, kn_frame_fn *emit,
		    void *ctx);

/* Completes the checksum of a frame that needs it; needs_csum is false then. */
void kn_frame_csum(struct kn_frame *f);

#endif
