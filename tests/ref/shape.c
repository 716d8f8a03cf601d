// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What frames must look like: a shape is written out from its description alone, header by header
 * (RFC 791, 8200, 768, 9293), once whole as a super-frame and once as the frames that a card makes
 * of it. Plain and slow on purpose, and without a line of the data path, whose results are held
 * against it.
 */
#include "tests/ref/shape.h"

#include <string.h>

#include "tests/ref/sum.h"

#define FILL_STEP 2654435761U /* from byte to byte of a payload */

static unsigned int l4_hdr_len(const struct ref_shape *s)
{
	return s->is_tcp ? 20 + s->tcp_opt_len : 8;
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value & 0xffff);
}

static uint8_t *ethernet_write(const struct ref_shape *s, uint8_t *at)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 0xbb, 2, 0, 0, 0, 0, 0xaa};

	memcpy(at, macs, sizeof(macs));
	at += sizeof(macs);
	for (unsigned int i = 0; i < s->tag_cnt; i++)
		at = put16(put16(at, s->tag[i].tpid), s->tag[i].tci);
	return put16(at, s->is_ip6 ? 0x86dd : 0x0800);
}

static uint8_t *ip4_write(const struct ref_shape *s, uint8_t *ip)
{
	uint8_t *at = ip;
	unsigned int hdr_len = 20 + s->ip_opt_len;

	*at++ = (uint8_t)(0x40 | hdr_len / 4);
	*at++ = s->tos;
	at = put16(at, hdr_len + l4_hdr_len(s) + s->payload_len);
	at = put16(at, s->id);
	at = put16(at, s->df ? 0x4000 : 0);
	*at++ = s->ttl;
	*at++ = s->is_tcp ? 6 : 17;
	at = put16(at, 0);
	at = put32(at, 0x0a630000U | s->flow);
	at = put32(at, 0x0a630001U);
	/* No operation, and the end of the list. */
	for (unsigned int i = 0; i < s->ip_opt_len; i++)
		*at++ = i + 1 < s->ip_opt_len;
	put16(ip + 10, (uint16_t)~ref_sum(ip, hdr_len, 0));
	return at;
}

/* An options header of len bytes: padding. */
static uint8_t *ip6_options_write(uint8_t *at, uint8_t next, unsigned int len)
{
	*at++ = next;
	*at++ = (uint8_t)(len / 8 - 1);
	for (unsigned int left = len - 2; left > 0;) {
		unsigned int pad = left > 257 ? 257 : left;

		if (left - pad == 1)
			pad--;
		*at++ = 1;
		*at++ = (uint8_t)(pad - 2);
		memset(at, 0, pad - 2);
		at += pad - 2;
		left -= pad;
	}
	return at;
}

static uint8_t *ip6_write(const struct ref_shape *s, uint8_t *at)
{
	uint8_t l4 = s->is_tcp ? 6 : 17;

	at = put32(at, 0x60000000U | (uint32_t)s->tos << 20 | (s->flow & 0xffffU));
	at = put16(at, s->ip_opt_len + l4_hdr_len(s) + s->payload_len);
	*at++ = s->ip_opt_len == 0 ? l4 : 0;
	*at++ = s->ttl;
	at = put32(put32(put32(put32(at, 0xfd990000), 0), 0), 0x10000U + s->flow);
	at = put32(put32(put32(put32(at, 0xfd990000), 0), 0), 1);
	/* Hop by hop; if there is room for two, options for the destination behind it. */
	if (s->ip_opt_len >= 16) {
		at = ip6_options_write(at, 60, 8);
		return ip6_options_write(at, l4, s->ip_opt_len - 8);
	}
	return s->ip_opt_len == 0 ? at : ip6_options_write(at, l4, s->ip_opt_len);
}

static uint8_t *l4_write(const struct ref_shape *s, uint8_t *at)
{
	at = put16(at, 1024U + s->flow % 60000U);
	at = put16(at, 5001);
	if (!s->is_tcp)
		return put16(put16(at, 8 + s->payload_len), 0);
	at = put32(put32(at, s->seq), 0x01020304);
	*at++ = (uint8_t)(l4_hdr_len(s) / 4 << 4);
	*at++ = s->flags;
	at = put16(put16(put16(at, 0xfeed), 0), 0);
	for (unsigned int i = 0; i < s->tcp_opt_len; i++)
		*at++ = 1;
	return at;
}

/* Ethernet to TCP or UDP; *ip and *l4 are where they begin. */
static uint8_t *headers_write(const struct ref_shape *s, uint8_t *out, uint8_t **ip, uint8_t **l4)
{
	*ip = ethernet_write(s, out);
	*l4 = s->is_ip6 ? ip6_write(s, *ip) : ip4_write(s, *ip);
	return l4_write(s, *l4);
}

static void payload_write(const struct ref_shape *s, uint8_t *out)
{
	for (uint32_t i = 0; i < s->payload_len; i++) {
		uint32_t x = i * FILL_STEP + s->fill;

		out[i] = (uint8_t)(x >> 24 ^ x >> 13);
	}
}

unsigned int ref_frame_cnt(const struct ref_shape *s)
{
	if (s->gso_size == 0 || s->payload_len == 0)
		return 1;
	return (s->payload_len + s->gso_size - 1) / s->gso_size;
}

struct ref_shape ref_single(const struct ref_shape *s, unsigned int i)
{
	struct ref_shape one = *s;
	uint32_t from = i * s->gso_size;
	bool is_last = i + 1 == ref_frame_cnt(s);

	one.gso_size = 0;
	one.payload_len = is_last ? s->payload_len - from : s->gso_size;
	one.id = (uint16_t)(s->id + i);
	one.seq += from;
	one.fill += from * FILL_STEP;
	if (i > 0)
		one.flags &= (uint8_t)~REF_CWR;
	if (!is_last)
		one.flags &= (uint8_t) ~(REF_FIN | REF_PSH);
	return one;
}

uint32_t ref_frame(const struct ref_shape *s, unsigned int i, uint8_t *out)
{
	struct ref_shape one = ref_single(s, i);
	uint8_t *ip, *l4;
	uint8_t *at = headers_write(&one, out, &ip, &l4);

	payload_write(&one, at);
	at += one.payload_len;
	ref_l4_finish(ip, l4, (uint32_t)(at - l4), s->is_tcp);
	return (uint32_t)(at - out);
}

void ref_unfinished(const struct ref_shape *s, struct kn_frame *f)
{
	uint8_t *data = f->data, *ip, *l4;
	uint8_t *at = headers_write(s, data, &ip, &l4);

	payload_write(s, at);
	*f = (struct kn_frame){.data = data,
			       .len = (uint32_t)(at - data) + s->payload_len,
			       .needs_csum = true,
			       .csum_start = (uint16_t)(l4 - data),
			       .csum_offset = s->is_tcp ? 16 : 6};
	put16(l4 + f->csum_offset, ref_pseudo_sum(ip, l4_hdr_len(s) + s->payload_len, s->is_tcp));
	if (ref_frame_cnt(s) == 1)
		return;
	f->gso_size = s->gso_size;
	f->has_ecn = s->is_tcp && (s->flags & REF_CWR) != 0;
	if (s->is_tcp)
		f->super = s->is_ip6 ? KN_SUPER_TCP6 : KN_SUPER_TCP4;
	else
		f->super = s->is_ip6 ? KN_SUPER_UDP6 : KN_SUPER_UDP4;
}
