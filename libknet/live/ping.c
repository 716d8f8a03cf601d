// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Echo requests that people send (docs/protocol.md, section 5). The last ones are remembered, with
 * the host and link that each was for; an answer counts only if it comes from that host, on that
 * link, and is the first. They come out of the budget of all probes, so nobody floods with them.
 * Whoever sent one asks for its result; nothing is due by a timer here. Control only.
 */
#include "live/ping.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "live/liveness.h"

#define PING_CNT 8192 /* a power of two; more than the budget lets out in a second */

_Static_assert(PING_CNT > KN_PROBE_BUDGET, "a second's pings are remembered");

struct kn_pings {
	uint32_t last; /* token */
	struct {
		uint64_t sent_ns, answered_ns; /* 0: not yet */
		uint32_t token;
		uint16_t host;
		uint8_t link;
		bool is_trial; /* sent, and not counted at the link before it arrives */
	} ping[PING_CNT];
};

int kn_ping_send(struct kn_engine *e, struct kn_link *l, const struct knet_ping_params *params,
		 struct knet_ping *out)
{
	struct kn_echo echo = {.type = KN_CONTROL_ECHO, .is_whole = params->whole};

	if (e->pings == NULL)
		e->pings = calloc(1, sizeof(*e->pings));
	if (e->pings == NULL)
		return -ENOMEM;
	if (!kn_live_budget_take(e))
		return -EAGAIN;
	/* 0 is the token of nothing. */
	if (++e->pings->last == 0)
		e->pings->last = 1;
	echo.token = e->pings->last;
	int err = kn_echo_send(e, l, &echo, params->size);

	if (err != 0)
		return err;
	const uint32_t at = echo.token % PING_CNT;

	e->pings->ping[at].token = echo.token;
	e->pings->ping[at].host = l->host->id;
	e->pings->ping[at].link = l->idx;
	e->pings->ping[at].is_trial = kn_echo_is_trial(l, &echo, params->size);
	e->pings->ping[at].sent_ns = e->now;
	e->pings->ping[at].answered_ns = 0;
	*out = (struct knet_ping){.token = echo.token, .link = l->idx};
	return 0;
}

void kn_ping_on_reply(struct kn_engine *e, const struct kn_report *r, uint32_t token)
{
	const uint32_t at = token % PING_CNT;

	if (e->pings == NULL || e->pings->ping[at].token != token || token == 0 ||
	    e->pings->ping[at].host != r->host || e->pings->ping[at].link != r->link ||
	    e->pings->ping[at].answered_ns != 0)
		return;
	e->pings->ping[at].answered_ns = r->now;
	struct kn_host *h = e->hosts[r->host];

	if (e->pings->ping[at].is_trial && h != NULL && h->links[r->link] != NULL)
		kn_stat_add_shared(&h->links[r->link]->tx_cnt, 1);
}

int kn_ping_result(const struct kn_engine *e, const struct knet_ping *ping, int64_t *rtt_us)
{
	const uint32_t at = ping->token % PING_CNT;

	if (e->pings == NULL || ping->token == 0 || e->pings->ping[at].token != ping->token)
		return -ENOENT;
	if (e->pings->ping[at].answered_ns == 0)
		return 0;
	*rtt_us = (int64_t)(e->pings->ping[at].answered_ns - e->pings->ping[at].sent_ns) /
		  (int64_t)KN_US;
	return 1;
}
