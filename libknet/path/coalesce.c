// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Joining of small frames: what a card's or the kernel's own receive offload (GRO) does, done here
 * once more, because a write to the TAP costs many times what joining does. It makes super-frames
 * of frames that were none at the sender: UDP, and TCP from where no offload is.
 *
 * Only frames that follow one another are joined, so nothing is reordered, and only within what one
 * batch of datagrams brought, so nothing waits. Every header field must be as it would be if a
 * card had cut the super-frame: equal, or counting on. A checksum that is complete is checked
 * first, as it will be made anew: a frame that was damaged before it came to us stays as it is.
 *
 * Payloads are copied: the pieces lie apart by a few headers, for a few dozen bytes the copy is
 * cheaper than one more element of writev(), and for 1,400 it is a few per cent of the write.
 *
 * Worker thread only.
 */
#include "path/coalesce.h"

#include <string.h>

#include "base/bytes.h"
#include "path/sum.h"

#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_IP6 0x86dd
#define IP4_LEN       20
#define IP4_DF        0x4000
#define IP6_LEN       40
#define IP_MAX        65535
#define PROTO_TCP     6
#define PROTO_UDP     17
#define TCP_LEN_MIN   20
#define TCP_CSUM_OFF  16
#define UDP_LEN       8
#define UDP_CSUM_OFF  6
#define TCP_PSH       0x08
#define TCP_ACK       0x10
#define TCP_ECE       0x40

static bool is_tcp(const struct kn_super *s)
{
	return s->kind == KN_SUPER_TCP4 || s->kind == KN_SUPER_TCP6;
}

static bool is_ip4(const struct kn_super *s)
{
	return s->kind == KN_SUPER_TCP4 || s->kind == KN_SUPER_UDP4;
}

static uint32_t csum_off(const struct kn_super *s)
{
	return is_tcp(s) ? TCP_CSUM_OFF : UDP_CSUM_OFF;
}

/* The network header; nothing but the IP packet may follow it. Returns the protocol, 0 for what is
 * not joined: options, extension headers, fragments, padding. */
static uint8_t network_parse(struct kn_super *s, const struct kn_frame *f)
{
	const uint8_t *ip = f->data + s->l3;
	uint32_t len = f->len - s->l3;
	uint16_t ethertype = kn_get16(ip - 2);

	if (ethertype == ETHERTYPE_IP4 && len >= IP4_LEN && ip[0] == 0x45 &&
	    kn_get16(ip + 2) == len && (kn_get16(ip + 6) & ~IP4_DF) == 0) {
		s->l4 = (uint16_t)(s->l3 + IP4_LEN);
		return ip[9];
	}
	if (ethertype == ETHERTYPE_IP6 && len >= IP6_LEN && ip[0] >> 4 == 6 &&
	    kn_get16(ip + 4) + (uint32_t)IP6_LEN == len) {
		s->l4 = (uint16_t)(s->l3 + IP6_LEN);
		return ip[6];
	}
	return 0;
}

static bool tcp_parse(struct kn_super *s, const uint8_t *tcp, uint32_t len)
{
	uint32_t hdr_len = len < TCP_LEN_MIN ? 0 : (tcp[12] >> 4) * 4U;

	/* PSH may end, and ECE may repeat; all else is an event that stands alone. */
	if (hdr_len < TCP_LEN_MIN || hdr_len >= len ||
	    (tcp[13] & ~(TCP_PSH | TCP_ECE)) != TCP_ACK || (tcp[12] & 0x0f) != 0)
		return false;
	s->hdr_len = (uint16_t)(s->l4 + hdr_len);
	return true;
}

static bool udp_parse(struct kn_super *s, const uint8_t *udp, uint32_t len)
{
	/* One without checksum would get one when it is cut again. */
	if (len <= UDP_LEN || kn_get16(udp + 4) != len || kn_get16(udp + UDP_CSUM_OFF) == 0)
		return false;
	s->hdr_len = (uint16_t)(s->l4 + UDP_LEN);
	return true;
}

bool kn_part_parse(struct kn_part *p, const struct kn_frame *f)
{
	struct kn_super *s = &p->at;
	uint16_t ethertype;

	*s = (struct kn_super){.l3 = (uint16_t)kn_frame_l3(f->data, f->len, &ethertype)};
	if (f->super != KN_SUPER_NONE || s->l3 == 0)
		return false;
	uint8_t proto = network_parse(s, f);
	const uint8_t *l4 = f->data + s->l4;
	bool is_v4 = ethertype == ETHERTYPE_IP4;

	if (proto == PROTO_TCP && tcp_parse(s, l4, f->len - s->l4))
		s->kind = is_v4 ? KN_SUPER_TCP4 : KN_SUPER_TCP6;
	else if (proto == PROTO_UDP && udp_parse(s, l4, f->len - s->l4))
		s->kind = is_v4 ? KN_SUPER_UDP4 : KN_SUPER_UDP6;
	else
		return false;
	p->payload_len = f->len - s->hdr_len;
	return !f->needs_csum || (f->csum_start == s->l4 && f->csum_offset == csum_off(s));
}

void kn_coalesce_begin(struct kn_coalesce *c, const struct kn_frame *f, const struct kn_part *p)
{
	c->cnt = 1;
	c->first = *f;
	c->part = *p;
	c->payload_len = p->payload_len;
	c->is_full = is_tcp(&p->at) && (f->data[p->at.l4 + 13] & TCP_PSH);
}

/* Whether the checksums of a frame are right, so that new ones may take their place. */
static bool is_intact(const struct kn_coalesce *c, const struct kn_frame *f)
{
	const struct kn_super *s = &c->part.at;
	uint32_t l4_len = f->len - s->l4;
	uint32_t pseudo = c->pseudo_sum + l4_len;

	if (is_ip4(s) && kn_sum(f->data + s->l3, IP4_LEN, 0) != 0xffff)
		return false;
	if (f->needs_csum)
		/* 0 and ffff are the same sum. */
		return kn_get16(f->data + s->l4 + csum_off(s)) % 0xffff == pseudo % 0xffff;
	return kn_sum(f->data + s->l4, l4_len, pseudo) == 0xffff;
}

/* IPv4 from the type of service to the addresses. */
static bool ip4_continues(const uint8_t *first, const uint8_t *ip, unsigned int cnt)
{
	uint16_t id = kn_get16(first + 4), now = kn_get16(ip + 4);
	bool id_is_void = (ip[6] & (IP4_DF >> 8)) && now == id;

	return (now == (uint16_t)(id + cnt) || id_is_void) && first[1] == ip[1] &&
	       memcmp(first + 6, ip + 6, 4) == 0 && memcmp(first + 12, ip + 12, 8) == 0;
}

static bool ip6_continues(const uint8_t *first, const uint8_t *ip)
{
	return memcmp(first, ip, 4) == 0 && memcmp(first + 6, ip + 6, IP6_LEN - 6) == 0;
}

static bool tcp_continues(const struct kn_coalesce *c, const uint8_t *first, const uint8_t *tcp)
{
	uint32_t hdr_len = c->part.at.hdr_len - (uint32_t)c->part.at.l4;

	/* Ports; sequence; acknowledgement and length; flags; window; urgent pointer and options.
	 */
	return memcmp(first, tcp, 4) == 0 &&
	       kn_get32(tcp + 4) == kn_get32(first + 4) + c->payload_len &&
	       memcmp(first + 8, tcp + 8, 5) == 0 && (first[13] | TCP_PSH) == (tcp[13] | TCP_PSH) &&
	       memcmp(first + 14, tcp + 14, 2) == 0 &&
	       memcmp(first + 18, tcp + 18, hdr_len - 18) == 0;
}

static bool continues(const struct kn_coalesce *c, const struct kn_frame *f,
		      const struct kn_part *p)
{
	const struct kn_super *s = &c->part.at;
	const uint8_t *first = c->first.data, *now = f->data;

	if (p->at.kind != s->kind || p->at.l3 != s->l3 || p->at.hdr_len != s->hdr_len ||
	    p->payload_len > c->part.payload_len ||
	    s->hdr_len - s->l3 + c->payload_len + p->payload_len > IP_MAX ||
	    memcmp(first, now, s->l3) != 0)
		return false;
	if (is_ip4(s) ? !ip4_continues(first + s->l3, now + s->l3, c->cnt)
		      : !ip6_continues(first + s->l3, now + s->l3))
		return false;
	return is_tcp(s) ? tcp_continues(c, first + s->l4, now + s->l4)
			 : memcmp(first + s->l4, now + s->l4, 4) == 0;
}

/* A second frame is there: from now on it is a super-frame. */
static bool first_take(struct kn_coalesce *c)
{
	const struct kn_super *s = &c->part.at;

	c->pseudo_sum =
		kn_sum_pseudo(c->first.data + s->l3, is_ip4(s), is_tcp(s) ? PROTO_TCP : PROTO_UDP);
	if (!is_intact(c, &c->first)) {
		c->is_full = true;
		return false;
	}
	memcpy(c->buf + KN_FRAME_HEADROOM, c->first.data, c->first.len);
	return true;
}

bool kn_coalesce_add(struct kn_coalesce *c, const struct kn_frame *f, const struct kn_part *p)
{
	uint8_t *super = c->buf + KN_FRAME_HEADROOM;

	if (c->cnt == 0 || c->is_full || !continues(c, f, p) || (c->cnt == 1 && !first_take(c)) ||
	    !is_intact(c, f))
		return false;
	memcpy(super + c->part.at.hdr_len + c->payload_len, f->data + p->at.hdr_len,
	       p->payload_len);
	c->payload_len += p->payload_len;
	c->cnt++;
	c->is_full = c->cnt == KN_COALESCE_CNT || p->payload_len < c->part.payload_len;
	if (is_tcp(&p->at) && (f->data[p->at.l4 + 13] & TCP_PSH)) {
		super[p->at.l4 + 13] |= TCP_PSH;
		c->is_full = true;
	}
	return true;
}

/* The headers for all of the payload: lengths and sums. */
static void headers_finish(struct kn_coalesce *c, uint8_t *super)
{
	const struct kn_super *s = &c->part.at;
	uint8_t *ip = super + s->l3, *l4 = super + s->l4;
	uint32_t l4_len = s->hdr_len - (uint32_t)s->l4 + c->payload_len;

	if (is_ip4(s)) {
		kn_put16(ip + 2, (uint16_t)(IP4_LEN + l4_len));
		kn_put16(ip + 10, 0);
		kn_put16(ip + 10, (uint16_t)~kn_sum(ip, IP4_LEN, 0));
	} else {
		kn_put16(ip + 4, (uint16_t)l4_len);
	}
	if (!is_tcp(s))
		kn_put16(l4 + 4, (uint16_t)l4_len);
	kn_put16(l4 + csum_off(s), kn_sum_fold(c->pseudo_sum + l4_len));
}

struct kn_frame *kn_coalesce_end(struct kn_coalesce *c)
{
	const struct kn_super *s = &c->part.at;
	unsigned int cnt = c->cnt;

	c->cnt = 0;
	if (cnt == 1)
		return &c->first;
	headers_finish(c, c->buf + KN_FRAME_HEADROOM);
	c->first = (struct kn_frame){.data = c->buf + KN_FRAME_HEADROOM,
				     .len = s->hdr_len + c->payload_len,
				     .needs_csum = true,
				     .csum_start = s->l4,
				     .csum_offset = (uint16_t)csum_off(s),
				     .super = s->kind,
				     .gso_size = (uint16_t)c->part.payload_len,
				     .hdr_len = s->hdr_len};
	return &c->first;
}
