/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_WIRE_DATAGRAM_H
#define KN_WIRE_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The outermost layer: what kind of datagram this is, and the header of a data datagram.
 *
 *  0      version(4)=1 | type(4)
 *  1      lane
 *  2..3   counter bits 47..32
 *  4..7   receiver index
 *  8..11  counter bits 31..0
 * 12..    ciphertext, then 16 bytes of tag
 */
#define KN_WIRE_VERSION  1
#define KN_DATA_HDR_LEN  12
#define KN_DATA_TAG_LEN  16
#define KN_DATA_OVERHEAD (KN_DATA_HDR_LEN + KN_DATA_TAG_LEN)
#define KN_INNER_HDR_LEN 4
#define KN_COUNTER_MAX   ((1ULL << 48) - 1)

enum kn_datagram_type {
	KN_DATAGRAM_INVALID = 0, /* never on the wire: what kn_datagram_type_of() says of rubbish */
	KN_DATAGRAM_MSG1 = 1,
	KN_DATAGRAM_MSG2 = 2,
	KN_DATAGRAM_COOKIE = 3,
	KN_DATAGRAM_DATA = 4,
};

#define KN_DATA_LANE_OFF 1

struct kn_data_hdr {
	uint64_t counter; /* 48 bits */
	uint32_t index;
	uint8_t lane;
};

/* The type, if version and length fit it; KN_DATAGRAM_INVALID otherwise. */
enum kn_datagram_type kn_datagram_type_of(const uint8_t *buf, size_t len);

static inline void kn_data_hdr_pack(uint8_t out[KN_DATA_HDR_LEN], const struct kn_data_hdr *h)
{
	out[0] = (KN_WIRE_VERSION << 4) | KN_DATAGRAM_DATA;
	out[KN_DATA_LANE_OFF] = h->lane;
	for (int i = 0; i < 2; i++)
		out[2 + i] = (uint8_t)(h->counter >> (40 - 8 * i));
	for (int i = 0; i < 4; i++) {
		out[4 + i] = (uint8_t)(h->index >> (24 - 8 * i));
		out[8 + i] = (uint8_t)(h->counter >> (24 - 8 * i));
	}
}

/* buf holds at least KN_DATA_HDR_LEN bytes of type KN_DATAGRAM_DATA. */
static inline void kn_data_hdr_unpack(const uint8_t *buf, struct kn_data_hdr *h)
{
	h->lane = buf[KN_DATA_LANE_OFF];
	h->index = ((uint32_t)buf[4] << 24) | ((uint32_t)buf[5] << 16) | ((uint32_t)buf[6] << 8) |
		   buf[7];
	h->counter = ((uint64_t)buf[2] << 40) | ((uint64_t)buf[3] << 32) |
		     ((uint64_t)buf[8] << 24) | ((uint64_t)buf[9] << 16) |
		     ((uint64_t)buf[10] << 8) | buf[11];
}

/*
 * The inner header, first in the plaintext: kind(4) | flags(4), hop limit, origin host id (16).
 */
enum kn_inner_kind {
	KN_INNER_FRAME = 0,    /* a whole Ethernet frame follows; with KN_INNER_CSUM behind 4 bytes:
				 where its checksum starts and, from there, where it goes */
	KN_INNER_SEGMENT = 1,  /* a piece of a super-frame follows (struct kn_segment) */
	KN_INNER_FRAGMENT = 2, /* a piece of a sealed datagram follows (struct kn_frag) */
	KN_INNER_CONTROL = 3,  /* a control message follows (wire/control.h) */
};

/* Flag of a frame whose checksum the receiver's kernel has to complete. */
#define KN_INNER_CSUM        1
#define KN_INNER_OFFLOAD_LEN 4

struct kn_inner_hdr {
	uint8_t kind;
	uint8_t flags;
	uint8_t hop_limit;
	uint16_t origin;
};

static inline void kn_inner_hdr_pack(uint8_t out[KN_INNER_HDR_LEN], const struct kn_inner_hdr *h)
{
	out[0] = (uint8_t)((h->kind << 4) | (h->flags & 15));
	out[1] = h->hop_limit;
	out[2] = (uint8_t)(h->origin >> 8);
	out[3] = (uint8_t)h->origin;
}

static inline void kn_inner_hdr_unpack(const uint8_t *buf, struct kn_inner_hdr *h)
{
	h->kind = buf[0] >> 4;
	h->flags = buf[0] & 15;
	h->hop_limit = buf[1];
	h->origin = (uint16_t)((buf[2] << 8) | buf[3]);
}

/* Of KN_INNER_CSUM: both in bytes, start from the Ethernet header, offset from start. */
struct kn_csum {
	uint8_t start;
	uint8_t offset;
};

static inline void kn_csum_pack(uint8_t out[KN_INNER_OFFLOAD_LEN], const struct kn_csum *c)
{
	out[0] = c->start;
	out[1] = c->offset;
	out[2] = 0;
	out[3] = 0;
}

static inline void kn_csum_unpack(const uint8_t *buf, struct kn_csum *c)
{
	c->start = buf[0];
	c->offset = buf[1];
}

/*
 * A piece of a super-frame: behind the inner header these 4 bytes, then the super-frame's headers
 * (Ethernet to TCP or UDP) as the sender's kernel made them, the same in every piece, then the
 * payload of one frame. Pieces of a super-frame have consecutive counters in one lane, and all but
 * the last the same length.
 *
 *  0  index   1  count   2  length of the headers   3  kind(4) | L4 header's length in words(4)
 */
enum kn_super_kind {
	KN_SUPER_NONE = 0,
	KN_SUPER_TCP4 = 1,
	KN_SUPER_TCP6 = 2,
	KN_SUPER_UDP4 = 3,
	KN_SUPER_UDP6 = 4,
	KN_SUPER_KIND_COUNT
};
#define KN_SUPER_ECN 8 /* added to a kind: TCP with CWR, in the first frame only */

struct kn_segment {
	uint8_t index;
	uint8_t count;
	uint8_t hdr_len;
	uint8_t kind;     /* without KN_SUPER_ECN */
	uint8_t l4_words; /* 5..15 for TCP, 2 for UDP */
	bool has_ecn;
};

static inline void kn_segment_pack(uint8_t out[KN_INNER_OFFLOAD_LEN], const struct kn_segment *s)
{
	out[0] = s->index;
	out[1] = s->count;
	out[2] = s->hdr_len;
	out[3] = (uint8_t)((s->kind | (s->has_ecn ? KN_SUPER_ECN : 0)) << 4 | s->l4_words);
}

/* buf holds KN_INNER_OFFLOAD_LEN bytes. */
static inline void kn_segment_unpack(const uint8_t *buf, struct kn_segment *s)
{
	s->index = buf[0];
	s->count = buf[1];
	s->hdr_len = buf[2];
	s->kind = (buf[3] >> 4) & 7;
	s->has_ecn = (buf[3] >> 4 & KN_SUPER_ECN) != 0;
	s->l4_words = buf[3] & 15;
}

/*
 * A fragment: behind the inner header these 8 bytes, then a piece of a sealed datagram. All pieces
 * but the last have the same length.
 *
 *  0..3  id   4  index   5  count   6..7  length of the whole datagram
 */
#define KN_FRAG_LEN 8

struct kn_frag {
	uint32_t id;
	uint16_t total;
	uint8_t index;
	uint8_t count;
};

static inline void kn_frag_pack(uint8_t out[KN_FRAG_LEN], const struct kn_frag *f)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(f->id >> (24 - 8 * i));
	out[4] = f->index;
	out[5] = f->count;
	out[6] = (uint8_t)(f->total >> 8);
	out[7] = (uint8_t)f->total;
}

/* buf holds KN_FRAG_LEN bytes. */
static inline void kn_frag_unpack(const uint8_t *buf, struct kn_frag *f)
{
	f->id = ((uint32_t)buf[0] << 24) | ((uint32_t)buf[1] << 16) | ((uint32_t)buf[2] << 8) |
		buf[3];
	f->index = buf[4];
	f->count = buf[5];
	f->total = (uint16_t)((buf[6] << 8) | buf[7]);
}

#endif
