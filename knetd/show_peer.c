// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show peers P` and `show peers detail` as a text for people: some lines about the peer, and a
 * small table of its links. Whoever wants it as data gets the rows of `show peers` and `show
 * links`. Control thread only.
 */
#include <stdio.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/cmd/plural.h"
#include "knetd/commands.h"

/* The cells of one link's line. */
struct cells {
	char number[8], state[12], local[64], remote[64], priority[8], rtt[40], loss[32], downs[12];
	char change[112];
};

/* How wide columns must be for all of them. */
struct widths {
	size_t state, local, remote, rtt, loss;
};

static const struct cells heading = {
	.number = "Link",
	.state = "State",
	.local = "Local",
	.remote = "Remote",
	.priority = "Pri",
	.rtt = "RTT min/avg/max ms",
	.loss = "Loss RX/TX",
	.downs = "Down#",
	.change = "Last change",
};

static void widen(size_t *width, const char *text)
{
	if (strlen(text) > *width)
		*width = strlen(text);
}

static void widths_add(struct widths *w, const struct cells *c)
{
	widen(&w->state, c->state);
	widen(&w->local, c->local);
	widen(&w->remote, c->remote);
	widen(&w->rtt, c->rtt);
	widen(&w->loss, c->loss);
}

static void cells_make(struct cells *c, const struct knet_link_info *l)
{
	char span[32];

	snprintf(c->number, sizeof(c->number), "%u%s", l->link, l->active ? " *" : "");
	snprintf(c->state, sizeof(c->state), "%s", knet_link_state_name(l->state));
	knd_format_addr(&l->local, c->local, sizeof(c->local));
	knd_format_addr(&l->remote, c->remote, sizeof(c->remote));
	snprintf(c->priority, sizeof(c->priority), "%u", l->priority);
	snprintf(c->rtt, sizeof(c->rtt), "-");
	if (l->rtt_us >= 0)
		snprintf(c->rtt, sizeof(c->rtt), "%.2f/%.2f/%.2f", (double)l->rtt_min_us / 1000.0,
			 (double)l->rtt_us / 1000.0, (double)l->rtt_max_us / 1000.0);
	snprintf(c->loss, sizeof(c->loss), "-");
	if (l->loss_rx_percent >= 0)
		snprintf(c->loss, sizeof(c->loss), "%.1f/%.1f %%", l->loss_rx_percent,
			 l->loss_tx_percent > 0 ? l->loss_tx_percent : 0.0);
	snprintf(c->downs, sizeof(c->downs), "%u", l->down_count);
	snprintf(c->change, sizeof(c->change), "%s ago%s%s%s",
		 knd_format_span(knd_age_s(l->since_ns), span, sizeof(span)),
		 l->reason[0] ? " (" : "", l->reason, l->reason[0] ? ")" : "");
}

static void cells_line(struct knd_out *out, const struct widths *w, const struct cells *c)
{
	knd_out_line(out, "  %-4s  %-*s  %-*s  %-*s  %3s  %-*s  %-*s  %5s  %s", c->number,
		     (int)w->state, c->state, (int)w->local, c->local, (int)w->remote, c->remote,
		     c->priority, (int)w->rtt, c->rtt, (int)w->loss, c->loss, c->downs, c->change);
}

static void links_lines(struct knd_out *out, const struct knd_iface_view *iface, uint16_t id)
{
	struct cells cells[KNET_MAX_LINKS];
	struct knet_link_info l;
	struct widths w = {0};
	unsigned int cnt = 0;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (knet_link_info_get(iface->handle, id, i, &l) == 0)
			cells_make(&cells[cnt++], &l);
	if (cnt == 0) {
		knd_out_line(out, "  No links");
		return;
	}
	widths_add(&w, &heading);
	for (unsigned int i = 0; i < cnt; i++)
		widths_add(&w, &cells[i]);
	cells_line(out, &w, &heading);
	for (unsigned int i = 0; i < cnt; i++)
		cells_line(out, &w, &cells[i]);
}

/* The narrowest link that is known, as "1430 (link 1)". */
static void mtu_format(const struct knd_iface_view *iface, uint16_t id, char *out, size_t size)
{
	struct knet_link_info l;
	unsigned int mtu = 0;

	snprintf(out, size, "unknown");
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		if (knet_link_info_get(iface->handle, id, i, &l) != 0 || !l.mtu)
			continue;
		if (mtu && l.mtu >= mtu)
			continue;
		mtu = l.mtu;
		snprintf(out, size, "%u (link %u)", mtu, i);
	}
}

static void first_line(struct knd_out *out, const struct knd_iface_view *iface,
		       const struct knet_peer_info *p)
{
	const struct kcl_peer *peer = kcl_peer_find(iface->config, p->id);
	const char *group = peer ? peer->group : NULL;
	const char *text = peer ? peer->description : NULL;
	const bool is_degraded = p->state == KNET_PEER_DEGRADED;
	char span[32];

	knd_format_span(knd_age_s(p->since_ns), span, sizeof(span));
	knd_out_line(out, "Peer %s (id %u) on %s: %s%s%s%s%s; policy %s%s%s%s%s%s", p->name, p->id,
		     iface->config->name, is_degraded ? "up" : knet_peer_state_name(p->state),
		     p->state == KNET_PEER_NEVER ? "" : " for ",
		     p->state == KNET_PEER_NEVER ? "" : span, is_degraded ? ", degraded" : "",
		     p->enabled ? "" : ", shutdown", knet_policy_name(p->policy),
		     group ? ", group " : "", group ? group : "", text ? "; \"" : "",
		     text ? text : "", text ? "\"" : "");
}

static void session_line(struct knd_out *out, const struct knet_peer_info *p)
{
	char span[32];

	if (!p->has_session) {
		knd_out_line(out, "  No session; identity %s", p->pinned ? "pinned" : "derived");
		return;
	}
	knd_out_line(out,
		     "  Keys %s, %s old, %u rekey%s, identity %s; %llu datagram%s authentic, %llu "
		     "not, %llu copies",
		     knet_suite_name(p->suite),
		     knd_format_span((int64_t)(p->key_age_ns / 1000000000ULL), span, sizeof(span)),
		     p->rekeys, knd_plural(p->rekeys), p->pinned ? "pinned" : "derived",
		     (unsigned long long)p->rx_ok, knd_plural(p->rx_ok),
		     (unsigned long long)p->rx_bad_tag, (unsigned long long)p->rx_replay);
}

void knd_peer_detail(struct knd_out *out, const struct knd_iface_view *iface,
		     const struct knet_peer_info *p)
{
	char mtu[32], span[32];

	first_line(out, iface, p);
	mtu_format(iface, p->id, mtu, sizeof(mtu));
	knd_out_line(out, "  MACs learned %u; path MTU %s; frames received %llu, sent %llu",
		     p->macs, mtu, (unsigned long long)p->rx_frames,
		     (unsigned long long)p->tx_frames);
	session_line(out, p);
	knd_out_line(
		out,
		"  Failover: %llu bytes kept, %llu datagram%s sent again, %llu confirmed, %llu "
		"given up",
		(unsigned long long)p->failover_kept, (unsigned long long)p->failover_replayed,
		knd_plural(p->failover_replayed), (unsigned long long)p->failover_confirmed,
		(unsigned long long)p->failover_overrun);
	if (p->last_error[0] != '\0')
		knd_out_line(out, "  Last error, %s ago: %s",
			     knd_format_span(knd_age_s(p->last_error_ns), span, sizeof(span)),
			     p->last_error);
	links_lines(out, iface, p->id);
}
