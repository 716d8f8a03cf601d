// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Datagrams for captures: as they are on a link, encrypted, behind headers of IP and UDP that say
 * between which addresses they went. The kernel keeps the real ones to itself, so what is not in
 * the addresses is made up: TTL, identification, DSCP. A local address of a wildcard socket is not
 * known and all zeros.
 *
 * Whose a datagram is says the session that it names, authentic or not, or where it comes from or
 * goes to. Workers and control enter, each with its own slot.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "path/capture.h"
#include "path/sum.h"

#define IP4_LEN     20
#define IP6_LEN     40
#define UDP_LEN     8
#define UDP_SUM_OFF 6
#define UDP_PROTO   17
#define TTL         64
#define DONT_FRAG   0x4000
#define JUDGED_LEN  80 /* bytes of a datagram that a filter sees: all is encrypted behind them */

#define SEARCH_CNT 16 /* in so much time: each looks at all peers */
#define SEARCH_NS  (10 * KN_MS)

/* ---- headers --------------------------------------------------------------------------------- */

static size_t ip4_make(uint8_t *ip, const union kn_addr *src, const union kn_addr *dst,
		       uint32_t udp_len)
{
	memset(ip, 0, IP4_LEN);
	ip[0] = 0x45;
	kn_put16(ip + 2, (uint16_t)(IP4_LEN + udp_len));
	kn_put16(ip + 6, DONT_FRAG);
	ip[8] = TTL;
	ip[9] = UDP_PROTO;
	memcpy(ip + 12, &src->in.sin_addr, 4);
	memcpy(ip + 16, &dst->in.sin_addr, 4);
	kn_put16(ip + 10, (uint16_t)~kn_sum(ip, IP4_LEN, 0));
	return IP4_LEN;
}

static size_t ip6_make(uint8_t *ip, const union kn_addr *src, const union kn_addr *dst,
		       uint32_t udp_len)
{
	memset(ip, 0, IP6_LEN);
	ip[0] = 0x60;
	kn_put16(ip + 4, (uint16_t)udp_len);
	ip[6] = UDP_PROTO;
	ip[7] = TTL;
	memcpy(ip + 8, &src->in6.sin6_addr, 16);
	memcpy(ip + 24, &dst->in6.sin6_addr, 16);
	return IP6_LEN;
}

/* Headers of IP and UDP; the sum of UDP is left to be completed. Returns where UDP begins. */
static size_t headers_make(uint8_t out[KN_CAPTURE_HDR_MAX], const union kn_addr *src,
			   const union kn_addr *dst, size_t len)
{
	uint32_t udp_len = UDP_LEN + (uint32_t)len;
	bool is_ip4 = dst->family == AF_INET && src->family == AF_INET;
	size_t l4 = is_ip4 ? ip4_make(out, src, dst, udp_len) : ip6_make(out, src, dst, udp_len);

	kn_put16(out + l4, kn_addr_port(src));
	kn_put16(out + l4 + 2, kn_addr_port(dst));
	kn_put16(out + l4 + 4, (uint16_t)udp_len);
	kn_put16(out + l4 + UDP_SUM_OFF,
		 kn_sum_fold((uint32_t)kn_sum_pseudo(out, is_ip4, UDP_PROTO) + udp_len));
	return l4;
}

/* The item has all but the packet: its place, direction, remote address, peer and writer. */
static bool datagram_put(struct kn_capture_item *item, const union kn_addr *local,
			 struct kn_bytes datagram)
{
	uint8_t judged[KN_CAPTURE_HDR_MAX + JUDGED_LEN];
	const union kn_addr *remote = &item->head.remote;
	bool is_out = item->head.is_out;
	size_t l4 = headers_make(judged, is_out ? local : remote, is_out ? remote : local,
				 datagram.len);
	size_t seen = datagram.len < JUDGED_LEN ? datagram.len : JUDGED_LEN;

	memcpy(judged + l4 + UDP_LEN, datagram.data, seen);
	item->head.wire_len = (uint32_t)(l4 + UDP_LEN + datagram.len);
	item->head.needs_csum = true;
	item->head.csum_start = (uint16_t)l4;
	item->head.csum_offset = UDP_SUM_OFF;
	item->before = (struct kn_bytes){judged, l4 + UDP_LEN};
	item->data = datagram;
	item->judged = (struct kn_bytes){judged, l4 + UDP_LEN + seen};
	return kn_capture_put(kn_captures(item->engine), item);
}

/* ---- workers --------------------------------------------------------------------------------- */

static uint16_t peer_by_session(struct kn_worker *w, const struct kn_in *in)
{
	struct kn_data_hdr hdr;

	if (kn_datagram_type_of(in->data, in->len) != KN_DATAGRAM_DATA)
		return 0;
	kn_data_hdr_unpack(in->data, &hdr);
	const struct kn_session *s = kn_session_find(&w->engine->sessions, hdr.index);

	return s == NULL ? 0 : s->host->id;
}

static struct kn_capture_item item_of(struct kn_worker *w, uint64_t now)
{
	return (struct kn_capture_item){.head = {.at_ns = now},
					.engine = w->engine,
					.slot = w->slot,
					.counters = &w->counters};
}

void kn_capture_arrived(struct kn_worker *w, const union kn_addr *local, const struct kn_in *in,
			size_t cnt, uint64_t now)
{
	struct kn_capture_item item = item_of(w, now);

	for (size_t i = 0; i < cnt; i++) {
		item.head.remote = *in[i].from;
		item.head.place = in[i].link;
		item.head.peer = peer_by_session(w, &in[i]);
		if (datagram_put(&item, local, (struct kn_bytes){in[i].data, in[i].len}))
			w->has_reported = true;
	}
}

void kn_capture_sent(struct kn_worker *w, const union kn_addr *local, const struct kn_out *out,
		     size_t cnt)
{
	struct kn_capture_item item = item_of(w, w->now);

	item.head.is_out = true;
	for (size_t i = 0; i < cnt; i++) {
		const struct kn_out *o = &out[i];

		item.head.remote = *o->to;
		item.head.place = o->link->idx;
		item.head.peer = o->host->id;
		for (uint32_t at = 0; o->err == 0 && at < o->len; at += o->seg_len) {
			uint32_t len = o->len - at < o->seg_len ? o->len - at : o->seg_len;

			if (datagram_put(&item, local, (struct kn_bytes){o->data + at, len}))
				w->has_reported = true;
		}
	}
}

/* ---- control --------------------------------------------------------------------------------- */

void kn_capture_control_sent(struct kn_engine *e, unsigned int link,
			     const struct kn_capture_way *way, struct kn_bytes datagram)
{
	struct kn_capture_item item = {.head = {.at_ns = e->now,
						.remote = *way->remote,
						.place = (uint8_t)link,
						.is_out = true},
				       .engine = e,
				       .slot = KN_CAPTURE_CONTROL,
				       .counters = &e->counters};

	/* Who reads it is this very thread. */
	(void)datagram_put(&item, way->local, datagram);
}

bool kn_capture_is_at(struct kn_engine *e, uint16_t peer, unsigned int link,
		      const union kn_addr *remote)
{
	struct kn_host *h = kn_host_find(e, peer);
	struct kn_link *l = h == NULL ? NULL : kn_rcu_read(&h->links[link]);
	struct kn_path *path = l == NULL ? NULL : kn_rcu_read(&l->path);

	return path != NULL && kn_addr_equal(&path->remote, remote);
}

static uint16_t search(struct kn_engine *e, struct kn_capture *c,
		       const struct kn_capture_head *head)
{
	if (head->at_ns - c->searched_ns >= SEARCH_NS) {
		c->searched_ns = head->at_ns;
		c->searches = 0;
	}
	if (c->searches++ >= SEARCH_CNT)
		return 0;
	for (uint32_t id = 1; id <= KNET_MAX_HOSTS; id++)
		if (e->hosts[id] != NULL &&
		    kn_capture_is_at(e, (uint16_t)id, head->place, &head->remote))
			return (uint16_t)id;
	return 0;
}

uint16_t kn_capture_peer_of(struct kn_engine *e, struct kn_capture *c,
			    const struct kn_capture_head *head)
{
	struct kn_capture_known *k =
		&c->known[kn_addr_hash(&head->remote, c->id) % KN_CAPTURE_KNOWN];

	if (k->peer != 0 && k->place == head->place && kn_addr_equal(&k->remote, &head->remote) &&
	    kn_capture_is_at(e, k->peer, head->place, &head->remote))
		return k->peer;
	uint16_t peer = search(e, c, head);

	if (peer != 0)
		*k = (struct kn_capture_known){head->remote, peer, head->place};
	return peer;
}
