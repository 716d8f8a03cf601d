// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The headers of super-frames: finding them, and changing them when a super-frame becomes shorter.
 *
 * A super-frame is what the kernel hands over instead of many frames of one TCP or UDP flow: one
 * set of headers (Ethernet, VLAN tags, IP with options or extension headers, TCP or UDP), and the
 * payload of all. Its pieces travel with these headers unchanged; only when pieces are missing, or
 * the receiver's kernel cannot take it whole, the headers of a part have to be made, with what a
 * network card does when it segments: lengths and IP identification, TCP's sequence number, CWR on
 * the first and PSH and FIN on the last frame only, and the pseudo-header's sum, which holds the
 * length (RFC 9293, 768, 8200, 3168). Checksums over payload are never computed here; that is for
 * who has no offload (kn_frame_csum).
 *
 * Pure functions, any thread.
 */
#include "path/super.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "path/sum.h"

#define ETH_LEN        14
#define VLAN_TAG_LEN   4
#define VLAN_TAGS_MAX  3
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88a8
#define ETHERTYPE_QOLD 0x9100
#define ETHERTYPE_IP4  0x0800
#define ETHERTYPE_IP6  0x86dd
#define IP6_LEN        40
#define UDP_LEN        8
#define TCP_LEN_MIN    20
#define TCP_CSUM_OFF   16
#define UDP_CSUM_OFF   6
#define TCP_FIN        0x01
#define TCP_PSH        0x08
#define TCP_CWR        0x80

static bool is_tcp(uint8_t kind)
{
	return kind == KN_SUPER_TCP4 || kind == KN_SUPER_TCP6;
}

static bool is_ip4(uint8_t kind)
{
	return kind == KN_SUPER_TCP4 || kind == KN_SUPER_UDP4;
}

unsigned int kn_frame_l3(const uint8_t *frame, uint32_t len, uint16_t *ethertype)
{
	unsigned int at = ETH_LEN;

	if (len < ETH_LEN)
		return 0;
	*ethertype = kn_get16(frame + at - 2);
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		if (*ethertype != ETHERTYPE_VLAN && *ethertype != ETHERTYPE_QINQ &&
		    *ethertype != ETHERTYPE_QOLD)
			break;
		at += VLAN_TAG_LEN;
		if (len < at)
			return 0;
		*ethertype = kn_get16(frame + at - 2);
	}
	return at;
}

/* Fills in l3 and checks that the headers between it and l4 hold what kn_super_slice() changes. */
static int layers_check(struct kn_super *s, const uint8_t *hdr)
{
	uint16_t ethertype;
	unsigned int l3 = kn_frame_l3(hdr, s->hdr_len, &ethertype);

	if (l3 == 0 || l3 > s->l4)
		return -EINVAL;
	s->l3 = (uint16_t)l3;
	if (!is_ip4(s->kind))
		return ethertype == ETHERTYPE_IP6 && l3 + IP6_LEN <= s->l4 && hdr[l3] >> 4 == 6
			       ? 0
			       : -EINVAL;
	unsigned int ip_len = (hdr[l3] & 15U) * 4;

	return ethertype == ETHERTYPE_IP4 && hdr[l3] >> 4 == 4 && ip_len >= 20 &&
			       l3 + ip_len == s->l4
		       ? 0
		       : -EINVAL;
}

int kn_super_parse(struct kn_super *s, const struct kn_frame *f)
{
	unsigned int l4_len = is_tcp(f->super) ? TCP_LEN_MIN : UDP_LEN;
	unsigned int csum_off = is_tcp(f->super) ? TCP_CSUM_OFF : UDP_CSUM_OFF;

	if (f->super == KN_SUPER_NONE || f->super >= KN_SUPER_KIND_COUNT || f->gso_size == 0 ||
	    !f->needs_csum || f->csum_offset != csum_off || f->csum_start + l4_len > f->len)
		return -EINVAL;
	if (is_tcp(f->super))
		l4_len = (f->data[f->csum_start + 12] >> 4) * 4U;
	if (is_tcp(f->super) && l4_len < TCP_LEN_MIN)
		return -EINVAL;
	unsigned int hdr_len = f->csum_start + l4_len;

	if (hdr_len > KN_CUT_HDR_MAX || hdr_len >= f->len)
		return -EINVAL;
	*s = (struct kn_super){.kind = f->super,
			       .has_ecn = f->has_ecn,
			       .l4 = f->csum_start,
			       .hdr_len = (uint16_t)hdr_len};
	return layers_check(s, f->data);
}

int kn_super_from_segment(struct kn_super *s, const struct kn_segment *g, const uint8_t *hdr)
{
	unsigned int l4_len = g->l4_words * 4U;

	if (g->kind == KN_SUPER_NONE || g->kind >= KN_SUPER_KIND_COUNT || g->index >= g->count ||
	    g->hdr_len < ETH_LEN + l4_len)
		return -EINVAL;
	if (is_tcp(g->kind) ? l4_len < TCP_LEN_MIN : l4_len != UDP_LEN)
		return -EINVAL;
	*s = (struct kn_super){.kind = g->kind,
			       .has_ecn = g->has_ecn,
			       .l4 = (uint16_t)(g->hdr_len - l4_len),
			       .hdr_len = g->hdr_len};
	return layers_check(s, hdr);
}

uint32_t kn_super_payload_len(const struct kn_super *s, const uint8_t *hdr)
{
	const uint8_t *ip = hdr + s->l3;
	uint32_t len = is_ip4(s->kind) ? kn_get16(ip + 2) : (uint32_t)kn_get16(ip + 4) + IP6_LEN;
	uint32_t headers = s->hdr_len - (uint32_t)s->l3;

	return len > headers ? len - headers : 0;
}

/* A 16-bit field changes under a sum that covers it; sum_at holds the sum itself (for the
 * pseudo-header) or its complement (in IPv4's header). RFC 1624. */
static void field_change(uint8_t *field, uint16_t now, uint32_t *sum)
{
	*sum += (uint16_t)~kn_get16(field) + now;
	kn_put16(field, now);
}

static void ip4_slice(const struct kn_super *s, uint8_t *ip, const struct kn_slice *part)
{
	uint32_t sum = (uint16_t)~kn_get16(ip + 10);

	field_change(ip + 2, (uint16_t)(s->hdr_len - s->l3 + part->payload_len), &sum);
	field_change(ip + 4, (uint16_t)(kn_get16(ip + 4) + part->first), &sum);
	kn_put16(ip + 10, (uint16_t)~kn_sum_fold(sum));
}

static void tcp_slice(const struct kn_super *s, uint8_t *tcp, const struct kn_slice *part)
{
	kn_put32(tcp + 4, kn_get32(tcp + 4) + (uint32_t)part->first * part->gso_size);
	if (part->first != 0 && s->has_ecn)
		tcp[13] &= (uint8_t)~TCP_CWR;
	if (!part->has_last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
}

void kn_super_slice(const struct kn_super *s, uint8_t *hdr, const struct kn_slice *part)
{
	uint8_t *ip = hdr + s->l3, *l4 = hdr + s->l4;
	uint8_t *sum_at = l4 + (is_tcp(s->kind) ? TCP_CSUM_OFF : UDP_CSUM_OFF);
	uint16_t l4_len = (uint16_t)(s->hdr_len - s->l4 + part->payload_len);
	uint16_t before;

	if (is_ip4(s->kind)) {
		before = (uint16_t)(kn_get16(ip + 2) - (s->l4 - s->l3));
		ip4_slice(s, ip, part);
	} else {
		unsigned int ext_len = s->l4 - s->l3 - (unsigned int)IP6_LEN;

		before = (uint16_t)(kn_get16(ip + 4) - ext_len);
		kn_put16(ip + 4, (uint16_t)(l4_len + ext_len));
	}
	kn_put16(sum_at, kn_sum_fold((uint32_t)kn_get16(sum_at) + (uint16_t)~before + l4_len));
	if (is_tcp(s->kind))
		tcp_slice(s, l4, part);
	else
		kn_put16(l4 + 4, l4_len);
}

void kn_super_apart(const struct kn_super *s, const struct kn_frame *f, kn_frame_fn *emit,
		    void *ctx)
{
	uint8_t hdr[KN_CUT_HDR_MAX];
	uint8_t *payload = f->data + s->hdr_len;
	uint32_t left = f->len - s->hdr_len;

	memcpy(hdr, f->data, s->hdr_len);
	for (uint16_t i = 0; left != 0; i++) {
		uint32_t len = left < f->gso_size ? left : f->gso_size;
		struct kn_frame one = {.data = payload - s->hdr_len,
				       .len = s->hdr_len + len,
				       .needs_csum = true,
				       .csum_start = f->csum_start,
				       .csum_offset = f->csum_offset};

		memcpy(one.data, hdr, s->hdr_len);
		kn_super_slice(s, one.data,
			       &(struct kn_slice){.first = i,
						  .has_last = len == left,
						  .gso_size = f->gso_size,
						  .payload_len = len});
		emit(ctx, &one);
		payload += len;
		left -= len;
	}
}

void kn_frame_csum(struct kn_frame *f)
{
	uint8_t *at = f->data + f->csum_start + f->csum_offset;
	uint16_t sum = (uint16_t)~kn_sum(f->data + f->csum_start, f->len - f->csum_start, 0);

	/* UDP: 0 would say that there is none. */
	if (sum == 0 && f->csum_offset == UDP_CSUM_OFF)
		sum = 0xffff;
	kn_put16(at, sum);
	f->needs_csum = false;
}
