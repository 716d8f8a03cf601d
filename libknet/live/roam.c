// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Peers that move (docs/protocol.md, section 4). The source address of a datagram is not part of
 * what is authenticated: whoever can copy datagrams can send them again from elsewhere. So only
 * what is the newest of its lane says where the peer may be, and it only causes a question: a probe
 * to that address. The link moves when the answer comes from there, within a round trip of the
 * first datagram. A link without any address has nothing to lose, and takes the first one: traffic
 * waits there for an answered probe in any case. Control only.
 */
#include "live/roam.h"

#include <string.h>

#include "base/clock.h"
#include "live/engine.h"
#include "live/liveness.h"

#define ASK_AGAIN_NS (20 * KN_MS)
#define ASK_SEQ      (1U << 30)

/* What a link may do whose configuration does not say. */
static enum knet_roaming mode_of(const struct kn_link *l)
{
	if (l->roaming != KNET_ROAMING_AUTO)
		return (enum knet_roaming)l->roaming;
	return l->cfg_remote.family == AF_UNSPEC ? KNET_ROAMING_ROAM : KNET_ROAMING_PINNED;
}

static bool may_move(const struct kn_link *l, const union kn_addr *to)
{
	switch (mode_of(l)) {
	case KNET_ROAMING_ROAM:
		return true;
	case KNET_ROAMING_NAT:
		return kn_addr_is_same_host(&l->path->remote, to);
	default:
		return false;
	}
}

static void move(struct kn_engine *e, struct kn_link *l, const union kn_addr *to)
{
	char was[KN_ADDR_TEXT_LEN], is[KN_ADDR_TEXT_LEN];

	kn_addr_format(&l->path->remote, was);
	/* What went to the old address is lost: it goes again, on another link if there is one. */
	kn_live_link_event(e, l, KN_LE_LOST, "the peer has moved");
	if (kn_link_path_set(e, l, to) != 0)
		return; /* the next answer tries again */
	l->asked.family = AF_UNSPEC;
	kn_event(e, KNET_EVENT_LINK_MOVED, KNET_LOG_INFO, l->host, l,
		 "the peer has answered from %s, was at %s", kn_addr_format(to, is), was);
	kn_live_link_start(e, l);
}

/* The number is none that the link's own probes have soon: an answer says nothing of its path. */
static void ask(struct kn_engine *e, struct kn_link *l, const union kn_addr *at)
{
	struct kn_host *h = l->host;
	uint8_t msg[KN_PROBE_LEN];
	struct kn_probe p = {.type = KN_CONTROL_PROBE,
			     .heard = h->heard,
			     .want_ms = (uint16_t)(l->intervals >> 16),
			     .accept_ms = (uint16_t)l->intervals,
			     .used = h->tx_links,
			     .seq = l->live.seq + ASK_SEQ,
			     .stamp = e->now,
			     .sent_cnt = kn_stat_get(&l->tx_cnt),
			     .rcvd_cnt = kn_stat_get(&l->rx_cnt)};

	kn_probe_pack(msg, &p);
	kn_count(&e->counters, KN_C_PROBES_SENT, 1);
	if (kn_control_send_to(e, l, at, msg, sizeof(msg)) != 0)
		return;
	l->asked = *at;
	l->asked_ns = e->now;
	l->asked_seq = p.seq;
}

void kn_roam_on_probe(struct kn_engine *e, struct kn_link *l, const struct kn_probe *p,
		      const union kn_addr *from, bool is_newest)
{
	if (l->path == NULL) {
		kn_link_path_learn(e, l, from);
		return;
	}
	if (!is_newest || kn_addr_equal(&l->path->remote, from) || !may_move(l, from))
		return;
	bool is_asked = kn_addr_equal(&l->asked, from);

	if (is_asked && p->type == KN_CONTROL_REPLY && p->seq == l->asked_seq) {
		move(e, l, from);
		return;
	}
	if (!is_asked || e->now - l->asked_ns >= ASK_AGAIN_NS)
		ask(e, l, from);
}
