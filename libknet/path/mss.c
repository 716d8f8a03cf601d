// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The maximum segment size that the two ends of a TCP connection tell each other (RFC 9293, 3.7.1).
 *
 * Stations behind a bridge or a router know nothing of our TAP's MTU, and a bridge drops what is
 * longer without a word. Both SYNs of a connection pass here, so both ends learn what fits. Frames
 * that open a connection are rare; for all others this looks at a few bytes of their headers.
 *
 * Pure, any thread.
 */
#include "path/mss.h"

#include "base/bytes.h"
#include "path/super.h"

#define ETHERTYPE_IP4 0x0800
#define ETHERTYPE_IP6 0x86dd
#define IP4_LEN_MIN   20U
#define IP6_LEN       40U
#define IP4_FRAG_BITS 0x1fff
#define PROTO_TCP     6
#define TCP_LEN_MIN   20U
#define TCP_FLAGS     13
#define TCP_CSUM      16
#define TCP_SYN       0x02
#define OPT_END       0
#define OPT_NOP       1
#define OPT_MSS       2
#define OPT_MSS_LEN   4

/* Where TCP begins; 0 if the frame is not one of TCP, or has headers in between. */
static uint32_t tcp_find(const struct kn_frame *f, uint32_t *l3)
{
	uint16_t ethertype = 0;
	const uint8_t *ip;

	*l3 = kn_frame_l3(f->data, f->len, &ethertype);
	if (*l3 == 0 || f->len < *l3 + IP4_LEN_MIN + TCP_LEN_MIN)
		return 0;
	ip = f->data + *l3;
	if (ethertype == ETHERTYPE_IP4 && ip[9] == PROTO_TCP &&
	    (kn_get16(ip + 6) & IP4_FRAG_BITS) == 0)
		return *l3 + (ip[0] & 15U) * 4;
	return ethertype == ETHERTYPE_IP6 && ip[6] == PROTO_TCP ? *l3 + IP6_LEN : 0;
}

/* The option's value; NULL without one. */
static uint8_t *mss_find(uint8_t *tcp, uint32_t hdr_len)
{
	for (uint32_t at = TCP_LEN_MIN; at < hdr_len && tcp[at] != OPT_END;) {
		uint32_t len = tcp[at] == OPT_NOP ? 1 : at + 1 < hdr_len ? tcp[at + 1] : 0;

		if (len == 0 || at + len > hdr_len)
			return NULL;
		if (tcp[at] == OPT_MSS)
			return len == OPT_MSS_LEN ? tcp + at + 2 : NULL;
		at += len;
	}
	return NULL;
}

static uint16_t swapped(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

/* RFC 1624; at an odd place the value counts with its bytes swapped. */
static void csum_mend(uint8_t *tcp, const uint8_t *value, uint16_t before, uint16_t after)
{
	bool is_odd = (value - tcp) & 1;
	uint32_t sum = (uint16_t)~kn_get16(tcp + TCP_CSUM);

	sum += (uint16_t) ~(is_odd ? swapped(before) : before);
	sum += is_odd ? swapped(after) : after;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	kn_put16(tcp + TCP_CSUM, (uint16_t)~sum);
}

bool kn_mss_clamp(struct kn_frame *f, uint16_t mtu)
{
	uint32_t l3, l4 = f->super == KN_SUPER_NONE ? tcp_find(f, &l3) : 0;

	if (l4 == 0 || l4 + TCP_LEN_MIN > f->len || (f->data[l4 + TCP_FLAGS] & TCP_SYN) == 0)
		return false;
	uint8_t *tcp = f->data + l4;
	uint32_t hdr_len = (tcp[12] >> 4) * 4U;
	uint8_t *value =
		hdr_len < TCP_LEN_MIN || l4 + hdr_len > f->len ? NULL : mss_find(tcp, hdr_len);
	uint32_t headers = l4 - l3 + TCP_LEN_MIN;

	if (value == NULL || mtu <= headers || kn_get16(value) <= mtu - headers)
		return false;
	uint16_t before = kn_get16(value), after = (uint16_t)(mtu - headers);

	kn_put16(value, after);
	/* If it is not complete, it holds the pseudo-header's sum alone. */
	if (!f->needs_csum)
		csum_mend(tcp, value, before, after);
	return true;
}
