// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `ping peer`: a row for each ping when it was answered or given up, and at the end what came of
 * all: in JSON a row, else a line in the form that other routers have. Who interrupts it is told
 * what came of those until then. Without any answer the command has failed. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "knetd/cmd/kcl.h"
#include "knetd/cmd/plural.h"
#include "knetd/commands.h"
#include "knetd/pinger.h"

#define MS_NS 1000000ULL

static const struct kcp_schema ping_schema = {
	.id = "ping/1",
	.legend = "",
	.flags = KCP_SCHEMA_STREAM | KCP_SCHEMA_SUMS,
	.column_cnt = 12,
	.columns = {{"event", "Event", KCP_FMT_TEXT},
		    {"seq", "Seq", KCP_FMT_INT},
		    {"link", "Link", KCP_FMT_INT},
		    {"size", "Bytes", KCP_FMT_INT},
		    {"rtt_us", "RTT", KCP_FMT_US},
		    {"reason", "Reason", KCP_FMT_TEXT},
		    {"sent", "Sent", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"lost", "Lost", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"lost_percent", "Lost %", KCP_FMT_PERCENT | KCP_FMT_HIDDEN},
		    {"rtt_min_us", "Min", KCP_FMT_US | KCP_FMT_HIDDEN},
		    {"rtt_avg_us", "Avg", KCP_FMT_US | KCP_FMT_HIDDEN},
		    {"rtt_max_us", "Max", KCP_FMT_US | KCP_FMT_HIDDEN}},
};

struct ping {
	struct knd_pinger pinger;
	struct knd_out *out; /* of the call under way */
	int64_t min_us, max_us, sum_us;
};

static void summary_keys(struct knd_out *out, const struct ping *ping)
{
	const struct knd_pinger *p = &ping->pinger;
	const bool is_any = p->answered > 0;

	knd_row_int(out, "sent", (int64_t)p->sent);
	knd_row_int(out, "lost", (int64_t)p->lost);
	if (p->answered + p->lost > 0)
		knd_row_real(out, "lost_percent",
			     100.0 * (double)p->lost / (double)(p->answered + p->lost));
	else
		knd_row_null(out, "lost_percent");
	knd_row_known(out, "rtt_min_us", is_any ? ping->min_us : -1);
	knd_row_known(out, "rtt_avg_us", is_any ? ping->sum_us / (int64_t)p->answered : -1);
	knd_row_known(out, "rtt_max_us", is_any ? ping->max_us : -1);
}

static void on_pong(void *ctx, const struct knd_pong *pong)
{
	static const char *const of_all[] = {"sent",       "lost",       "lost_percent",
					     "rtt_min_us", "rtt_avg_us", "rtt_max_us"};
	struct ping *ping = ctx;
	struct knd_out *out = ping->out;

	if (pong->rtt_us >= 0) {
		if (ping->pinger.answered == 1 || pong->rtt_us < ping->min_us)
			ping->min_us = pong->rtt_us;
		if (pong->rtt_us > ping->max_us)
			ping->max_us = pong->rtt_us;
		ping->sum_us += pong->rtt_us;
	}
	knd_row_begin(out);
	knd_row_str(out, "event", pong->rtt_us >= 0 ? "answer" : "lost");
	knd_row_int(out, "seq", (int64_t)pong->seq);
	knd_row_known(out, "link", pong->link == KNET_LINK_NONE ? -1 : (int64_t)pong->link);
	knd_row_int(out, "size", ping->pinger.size);
	knd_row_known(out, "rtt_us", pong->rtt_us);
	knd_row_str(out, "reason",
		    pong->why           ? pong->why
		    : pong->rtt_us >= 0 ? ""
					: "no answer within a second");
	for (size_t i = 0; i < sizeof(of_all) / sizeof(of_all[0]); i++)
		knd_row_null(out, of_all[i]);
	knd_row_end(out);
}

static void summary_row(struct knd_out *out, const struct ping *ping)
{
	knd_row_begin(out);
	knd_row_str(out, "event", "summary");
	knd_row_null(out, "seq");
	knd_row_null(out, "link");
	knd_row_int(out, "size", ping->pinger.size);
	knd_row_null(out, "rtt_us");
	knd_row_str(out, "reason", "");
	summary_keys(out, ping);
	knd_row_end(out);
}

/* A ping that is still on its way counts neither way. */
static void summary_line(struct knd_out *out, const struct ping *ping)
{
	const struct knd_pinger *p = &ping->pinger;
	const unsigned long long known = p->answered + p->lost;
	char times[96] = "";

	if (p->answered > 0)
		snprintf(times, sizeof(times), ", round-trip min/avg/max = %.3f/%.3f/%.3f ms",
			 (double)ping->min_us / 1e3,
			 (double)ping->sum_us / 1e3 / (double)p->answered,
			 (double)ping->max_us / 1e3);
	knd_out_line(out, "Success rate is %.0f percent (%llu/%llu)%s",
		     known > 0 ? 100.0 * (double)p->answered / (double)known : 0.0,
		     (unsigned long long)p->answered, known, times);
}

static int finish(struct knd_run *run, struct knd_out *out, const struct ping *ping)
{
	const struct knd_pinger *p = &ping->pinger;

	if (knd_out_wants_rows(out))
		summary_row(out, ping);
	else
		summary_line(out, ping);
	if (p->answered > 0 || run->is_cancelled)
		return 0;
	knd_out_error(out, KCP_FAILED, "Peer %s did not answer %s%llu ping%s", p->peer,
		      p->sent == 1 ? "" : "any of ", (unsigned long long)p->sent,
		      knd_plural(p->sent));
	return -ETIMEDOUT;
}

static int begin(struct knd_run *run, struct knd_out *out)
{
	const char *peer = kcl_args_text(run->args, "peer");
	struct knd_iface_view iface;
	struct ping *ping;
	size_t at;

	if (!knd_pinger_find(run->daemon, peer, &iface, &at)) {
		knd_out_error(out, KCP_FAILED, "There is no peer '%s' on a live interface", peer);
		return -ENOENT;
	}
	ping = calloc(1, sizeof(*ping));
	if (!ping)
		return -ENOMEM;
	ping->pinger = (struct knd_pinger){
		.link = (unsigned int)kcl_args_uint(run->args, "link", KNET_LINK_NONE),
		.size = (unsigned int)kcl_args_uint(run->args, "size", 56),
		.whole = kcl_args_has(run->args, "df"),
		.interval_ns = kcl_args_uint(run->args, "interval", 1000) * MS_NS,
		.wanted = kcl_args_uint(run->args, "count", 5),
	};
	snprintf(ping->pinger.iface, sizeof(ping->pinger.iface), "%s", iface.config->name);
	snprintf(ping->pinger.peer, sizeof(ping->pinger.peer), "%s", peer);
	run->state = ping;
	return 0;
}

static int ping_peer(struct knd_run *run, struct knd_out *out)
{
	const int err = run->state ? 0 : begin(run, out);
	struct ping *ping = run->state;

	if (err < 0)
		return err;
	ping->out = out;
	if (!knd_pinger_step(&ping->pinger, run->daemon, on_pong, ping)) {
		knd_out_error(out, KCP_FAILED, "Peer %s is not there any more", ping->pinger.peer);
		return -ENOENT;
	}
	if (run->is_cancelled || knd_pinger_is_done(&ping->pinger))
		return finish(run, out, ping);
	run->wait_ns = knd_pinger_wait_ns(&ping->pinger);
	return KND_RUN_WAIT;
}

static void ping_close(struct knd_run *run)
{
	free(run->state);
}

const struct knd_command knd_cmd_ping_peer = {.name = "ping_peer",
					      .is_graceful = true,
					      .schema = &ping_schema,
					      .next = ping_peer,
					      .close = ping_close};
