// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Questions for peers that become reachable a moment later, and answers. A host that has just
 * started asks for its neighbours' addresses before it has a session with them, or is answered
 * before there is a link back, and asks again a second later: for that long nothing would get
 * through, although the network has healed long ago.
 *
 * So questions are kept for as long, and a peer is sent those that were flooded, or were for it,
 * after it had gone and before it came (core/engine.h, struct kn_join). Nobody gets one twice.
 */
#include "path/latecomer.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "path/super.h"
#include "path/tx.h"

#define KEEP_NS  (1100 * KN_MS) /* the kernel asks again after a second */
#define IPV6_LEN 40U

enum { ARP = 0x0806, IPV4 = 0x0800, IPV6 = 0x86dd };
enum { UDP = 17, ICMPV6 = 58 };
enum { ROUTER_SOLICITATION = 133, NEIGHBOUR_SOLICITATION = 135, NEIGHBOUR_ADVERTISEMENT = 136 };
enum { DHCP_SERVER_PORT = 67 };

struct kn_questions *kn_questions_new(const struct kn_engine *e)
{
	struct kn_questions *q = calloc(1, sizeof(*q));

	/* Whoever is there already gets everything. */
	if (q != NULL)
		q->seen = __atomic_load_n(&e->joins.cnt, __ATOMIC_ACQUIRE);
	return q;
}

static bool is_dhcp(const uint8_t *ip, uint32_t len)
{
	uint32_t hdr = len < 1 ? 0 : (ip[0] & 15U) * 4;

	return hdr >= 20 && len >= hdr + 4 && ip[9] == UDP && (kn_get16(ip + 6) & 0x3fff) == 0 &&
	       kn_get16(ip + hdr + 2) == DHCP_SERVER_PORT;
}

static bool is_discovery(const uint8_t *ip, uint32_t len)
{
	uint8_t type = len > IPV6_LEN && ip[6] == ICMPV6 ? ip[IPV6_LEN] : 0;

	return type == ROUTER_SOLICITATION || type == NEIGHBOUR_SOLICITATION ||
	       type == NEIGHBOUR_ADVERTISEMENT;
}

bool kn_is_question(const uint8_t *frame, uint32_t len)
{
	uint16_t type;
	unsigned int l3 = kn_frame_l3(frame, len, &type);

	if (l3 == 0)
		return false;
	switch (type) {
	case ARP:
		return true;
	case IPV4:
		return is_dhcp(frame + l3, len - l3);
	case IPV6:
		return is_discovery(frame + l3, len - l3);
	default:
		return false;
	}
}

void kn_question_keep(struct kn_questions *q, const struct kn_frame *f, uint16_t host, uint64_t now)
{
	struct kn_question *slot = &q->kept[q->next % KN_QUESTION_CNT];

	/* What the kernel has not finished would have to be finished first; these never are. */
	if (f->len > sizeof(slot->data) || f->needs_csum || !kn_is_question(f->data, f->len))
		return;
	q->next++;
	slot->at_ns = now;
	slot->host = host;
	slot->len = (uint16_t)f->len;
	memcpy(slot->data, f->data, f->len);
}

static void ask(struct kn_worker *w, struct kn_host *h, const struct kn_question *q)
{
	struct kn_frame f = {.data = w->tx_copy + KN_FRAME_HEADROOM, .len = q->len};

	memcpy(f.data, q->data, q->len);
	(void)kn_tx_to_host(w, h, &f);
}

static void join_serve(struct kn_worker *w, const struct kn_join *j)
{
	struct kn_questions *kept = w->questions;
	uint64_t gone = kn_stat_get(&j->gone_ns), came = kn_stat_get(&j->came_ns);
	struct kn_host *h = kn_host_find(w->engine, (uint16_t)kn_stat_get(&j->host));

	if (h == NULL)
		return;
	for (uint32_t i = 0; i < KN_QUESTION_CNT; i++) {
		const struct kn_question *q = &kept->kept[(kept->next + i) % KN_QUESTION_CNT];

		if (q->at_ns != 0 && (q->host == 0 || q->host == h->id) &&
		    w->now - q->at_ns < KEEP_NS && q->at_ns >= gone && q->at_ns < came)
			ask(w, h, q);
	}
}

void kn_latecomers_ask(struct kn_worker *w)
{
	const struct kn_joins *joins = &w->engine->joins;
	uint32_t cnt = __atomic_load_n(&joins->cnt, __ATOMIC_ACQUIRE);
	uint32_t *seen = &w->questions->seen;

	/* Of so many at once the first ask themselves. One slot may be being written. */
	if (cnt - *seen > KN_JOIN_CNT - 1)
		*seen = cnt - (KN_JOIN_CNT - 1);
	for (; *seen != cnt; ++*seen)
		join_serve(w, &joins->join[*seen % KN_JOIN_CNT]);
}
