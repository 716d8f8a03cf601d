// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A network card with all offloads, in the plainest way: what is left open in a frame is checked
 * to be as Linux leaves it, and finished; a super-frame becomes frames, whose headers are edited
 * and summed anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ref/shape.h"
#include "tests/ref/sum.h"

/* A frame's headers, found by reading them. */
struct headers {
	uint32_t l3, l4, len;
	bool is_ip4, is_tcp;
};

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "card: %s\n", what);
	abort();
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static void set16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t network_at(const uint8_t *frame)
{
	uint32_t at = 12;

	while (get16(frame + at) == 0x8100 || get16(frame + at) == 0x88a8 ||
	       get16(frame + at) == 0x9100)
		at += 4;
	return at + 2;
}

static uint32_t ip6_l4_at(const uint8_t *frame, uint32_t l3, uint8_t *proto)
{
	uint32_t at = l3 + 40;

	*proto = frame[l3 + 6];
	while (*proto == 0 || *proto == 60 || *proto == 43) {
		*proto = frame[at];
		at += 8U * (frame[at + 1] + 1U);
	}
	return at;
}

static struct headers headers_read(const struct kn_frame *f)
{
	const uint8_t *d = f->data;
	struct headers h = {.l3 = network_at(d)};
	uint8_t proto = 0;

	h.is_ip4 = get16(d + h.l3 - 2) == 0x0800;
	expect(h.is_ip4 || get16(d + h.l3 - 2) == 0x86dd, "neither IPv4 nor IPv6");
	expect(d[h.l3] >> 4 == (h.is_ip4 ? 4 : 6), "version and ethertype differ");
	if (h.is_ip4) {
		h.l4 = h.l3 + (d[h.l3] & 15U) * 4;
		proto = d[h.l3 + 9];
		expect(h.l3 + get16(d + h.l3 + 2) == f->len, "IPv4's total length");
		expect(ref_sum(d + h.l3, h.l4 - h.l3, 0) == 0xffff, "IPv4's header checksum");
	} else {
		h.l4 = ip6_l4_at(d, h.l3, &proto);
		expect(h.l3 + 40 + get16(d + h.l3 + 4) == f->len, "IPv6's payload length");
	}
	expect(proto == 6 || proto == 17, "neither TCP nor UDP");
	h.is_tcp = proto == 6;
	h.len = h.l4 + (h.is_tcp ? (d[h.l4 + 12] >> 4) * 4U : 8U);
	expect(h.is_tcp || get16(d + h.l4 + 4) == f->len - h.l4, "UDP's length");
	return h;
}

/* What is said beside the frame agrees with the frame. */
static void offload_check(const struct kn_frame *f, const struct headers *h)
{
	expect(f->csum_start == h->l4, "where the checksum starts");
	expect(f->csum_offset == (h->is_tcp ? 16 : 6), "where the checksum goes");
	uint32_t field = get16(f->data + h->l4 + f->csum_offset);
	uint32_t sum = ref_pseudo_sum(f->data + h->l3, f->len - h->l4, h->is_tcp);

	/* 0 and ffff are the same sum. */
	expect(field % 0xffff == sum % 0xffff, "the pseudo-header's sum");
	if (f->super == KN_SUPER_NONE)
		return;
	expect(f->hdr_len == 0 || f->hdr_len == h->len, "the length of the headers");
	expect(f->gso_size > 0 && f->len > h->len + f->gso_size, "less than two frames");
	expect(f->super == (h->is_tcp ? (h->is_ip4 ? KN_SUPER_TCP4 : KN_SUPER_TCP6)
				      : (h->is_ip4 ? KN_SUPER_UDP4 : KN_SUPER_UDP6)),
	       "the kind");
}

/* The payload of a frame is behind its headers; the headers are the super-frame's. */
static void one_finish(uint8_t *frame, const struct headers *h, uint32_t payload_len)
{
	uint32_t end = h->len + payload_len;

	if (h->is_ip4) {
		set16(frame + h->l3 + 2, end - h->l3);
		set16(frame + h->l3 + 10, 0);
		set16(frame + h->l3 + 10, (uint16_t)~ref_sum(frame + h->l3, h->l4 - h->l3, 0));
	} else {
		set16(frame + h->l3 + 4, end - h->l3 - 40);
	}
	if (!h->is_tcp)
		set16(frame + h->l4 + 4, end - h->l4);
	ref_l4_finish(frame + h->l3, frame + h->l4, end - h->l4, h->is_tcp);
}

static void tcp_advance(uint8_t *tcp, uint32_t by, bool is_last)
{
	uint32_t seq = get16(tcp + 4) << 16 | get16(tcp + 6);

	seq += by;
	set16(tcp + 4, seq >> 16);
	set16(tcp + 6, seq);
	if (by > 0)
		tcp[13] &= (uint8_t)~REF_CWR;
	if (!is_last)
		tcp[13] &= (uint8_t) ~(REF_FIN | REF_PSH);
}

void ref_card(const struct kn_frame *f, ref_frame_fn *emit, void *ctx)
{
	static uint8_t out[REF_FRAME_MAX];

	expect(f->len <= sizeof(out), "too long");
	if (!f->needs_csum) {
		expect(f->super == KN_SUPER_NONE, "a super-frame with its checksum made");
		emit(ctx, f->data, f->len);
		return;
	}
	struct headers h = headers_read(f);
	uint32_t payload = f->len - h.len;
	uint32_t each = f->super == KN_SUPER_NONE ? payload : f->gso_size;

	offload_check(f, &h);
	for (uint32_t at = 0, i = 0; at < payload || i == 0; at += each, i++) {
		uint32_t len = payload - at < each ? payload - at : each;

		memcpy(out, f->data, h.len);
		memcpy(out + h.len, f->data + h.len + at, len);
		if (h.is_ip4)
			set16(out + h.l3 + 4, get16(out + h.l3 + 4) + i);
		if (h.is_tcp)
			tcp_advance(out + h.l4, at, at + len == payload);
		one_finish(out, &h, len);
		emit(ctx, out, h.len + len);
	}
}
