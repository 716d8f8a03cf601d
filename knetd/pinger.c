// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Pings through the overlay's own encryption: sent at an interval, each waited for a second. The
 * engine only keeps when an answer came, so whoever steps late measures no other round trips. A
 * fixed number can be on their way: the interval of 5 ms or more and the second see to that.
 */
#include "knetd/clock.h"
#include "knetd/pinger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_NS 1000000000ULL
#define LOOK_NS    5000000ULL /* for answers, while some are missing */

bool knd_pinger_find(void *daemon, const char *name, struct knd_iface_view *iface, size_t *at)
{
	for (*at = 0; knd_view_iface(daemon, *at, iface); (*at)++)
		if (iface->handle && kcl_peer_find_name(iface->config, name))
			return true;
	return false;
}

static void answers_take(struct knd_pinger *p, struct knet_handle *handle, knd_pong_fn fn,
			 void *ctx)
{
	const uint64_t now = knd_now_ns();

	for (uint64_t seq = p->sent < KND_PINGER_MAX ? 1 : p->sent - KND_PINGER_MAX + 1;
	     seq <= p->sent; seq++) {
		const size_t i = seq % KND_PINGER_MAX;
		struct knd_pong pong = {.seq = seq,
					.sent_ns = p->under_way[i].sent_ns,
					.link = p->under_way[i].ping.link,
					.rtt_us = -1};

		if (!p->under_way[i].is_used)
			continue;
		if (knet_ping_result(handle, &p->under_way[i].ping, &pong.rtt_us) != 1 &&
		    now - pong.sent_ns < TIMEOUT_NS)
			continue;
		p->under_way[i].is_used = false;
		p->answered += pong.rtt_us >= 0;
		p->lost += pong.rtt_us < 0;
		fn(ctx, &pong);
	}
}

static const char *refusal(int err)
{
	return err == -ENOTCONN   ? "no link that can be used"
	       : err == -ENOENT   ? "no such link"
	       : err == -EAGAIN   ? "too many probes at once"
	       : err == -EMSGSIZE ? "longer than the interface of the link sends at once"
				  : strerror(-err);
}

static void ping_send(struct knd_pinger *p, struct knet_handle *handle, uint16_t id, knd_pong_fn fn,
		      void *ctx)
{
	const uint64_t seq = ++p->sent;
	const size_t i = seq % KND_PINGER_MAX;
	int err;

	p->under_way[i].seq = seq;
	p->under_way[i].sent_ns = knd_now_ns();
	err = knet_ping_send(
		handle, id,
		&(struct knet_ping_params){.link = p->link, .size = p->size, .whole = p->whole},
		&p->under_way[i].ping);
	p->under_way[i].is_used = err == 0;
	if (err == 0)
		return;
	p->lost++;
	fn(ctx, &(struct knd_pong){.seq = seq,
				   .sent_ns = p->under_way[i].sent_ns,
				   .link = p->link,
				   .rtt_us = -1,
				   .why = refusal(err)});
}

bool knd_pinger_step(struct knd_pinger *p, void *daemon, knd_pong_fn fn, void *ctx)
{
	const struct kcl_peer *peer = NULL;
	struct knd_iface_view iface;
	uint64_t now = knd_now_ns();

	for (size_t i = 0; !peer && knd_view_iface(daemon, i, &iface); i++)
		if (iface.handle && strcmp(iface.config->name, p->iface) == 0)
			peer = kcl_peer_find_name(iface.config, p->peer);
	if (!peer)
		return false;
	answers_take(p, iface.handle, fn, ctx);
	if (p->sent >= p->wanted || now < p->next_ns ||
	    p->under_way[(p->sent + 1) % KND_PINGER_MAX].is_used)
		return true;
	ping_send(p, iface.handle, peer->id, fn, ctx);
	/* What was missed is not made up for. */
	p->next_ns = (p->next_ns == 0 || p->next_ns + p->interval_ns < now ? now : p->next_ns) +
		     p->interval_ns;
	return true;
}

bool knd_pinger_is_done(const struct knd_pinger *p)
{
	return p->sent >= p->wanted && p->answered + p->lost == p->sent;
}

uint64_t knd_pinger_wait_ns(const struct knd_pinger *p)
{
	const uint64_t now = knd_now_ns();
	uint64_t wait = p->answered + p->lost < p->sent ? LOOK_NS : TIMEOUT_NS;

	if (p->sent < p->wanted && p->next_ns < now + wait)
		wait = p->next_ns > now ? p->next_ns - now : 1;
	return wait;
}
