// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `monitor counters`: each second, the counters that have moved, with their rate. Those of the
 * interfaces, or, if a peer is named, those of that peer and its links. What is kept of the last
 * look is one table of a fixed size, whatever the client does. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/clock.h"
#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"
#include "knetd/counters.h"

#define KEEP_MAX  1024 /* counters that are followed: of ten interfaces, or of one peer */
#define PERIOD_NS 1000000000ULL

static const struct kcp_schema monitor_counters_schema = {
	.id = "monitor-counters/1",
	.legend = "",
	.flags = KCP_SCHEMA_STREAM,
	.column_cnt = 6,
	.columns = {{"time", "Time", KCP_FMT_TIME},
		    {"where", "Where", KCP_FMT_TEXT},
		    {"counter", "Counter", KCP_FMT_TEXT},
		    {"value", "Total", KCP_FMT_NUMBER},
		    {"change", "Change", KCP_FMT_NUMBER},
		    {"per_s", "/s", KCP_FMT_SI}},
};

static const struct kcp_schema rates_schema = {
	.id = "counters-rates/1",
	.legend = "",
	.column_cnt = 4,
	.columns = {{"where", "Where", KCP_FMT_TEXT},
		    {"counter", "Counter", KCP_FMT_TEXT},
		    {"value", "Total", KCP_FMT_NUMBER},
		    {"per_s", "/s", KCP_FMT_SI}},
};

/* The last look. Counters come in the same order each time unless the configuration changes. */
struct last {
	uint64_t at_ns; /* 0: never */
	uint64_t generation;
	size_t cnt; /* of this look so far */
	uint64_t value[KEEP_MAX];
};

struct look {
	struct knd_run *run;
	struct knd_out *out;
	struct last *last;
	double seconds;
	bool is_first;
	char time[40];
};

static void counter_look(struct look *look, const char *where, const char *name, uint64_t value)
{
	const size_t i = look->last->cnt;
	uint64_t change;

	if (i == KEEP_MAX)
		return;
	change = value - look->last->value[i];
	look->last->value[i] = value;
	look->last->cnt++;
	if (look->is_first || change == 0)
		return;
	knd_row_begin(look->out);
	knd_row_str(look->out, "time", look->time);
	knd_row_str(look->out, "where", where);
	knd_row_str(look->out, "counter", name);
	knd_row_int(look->out, "value", (int64_t)value);
	knd_row_int(look->out, "change", (int64_t)change);
	knd_row_real(look->out, "per_s", (double)(int64_t)change / look->seconds);
	knd_row_end(look->out);
}

static void iface_look(struct look *look, const struct knd_iface_view *iface)
{
	const struct knd_counters from = {.handle = iface->handle};
	struct knet_counter counter[KND_HANDLE_COUNTERS_MAX];
	const size_t cnt = knd_handle_counters(&from, counter);

	for (size_t i = 0; i < cnt; i++)
		counter_look(look, iface->config->name, counter[i].name, counter[i].value);
}

static void peer_look(struct look *look, const struct knd_iface_view *iface, const char *name)
{
	const struct knd_counters from = {.handle = iface->handle};
	const struct kcl_peer *peer = kcl_peer_find_name(iface->config, name);
	uint64_t of_peer[KND_PEER_COUNTERS], of_link[KND_LINK_COUNTERS];
	char where[KNET_NAME_LEN + 32];

	if (!peer || knd_peer_counters(&from, peer->id, of_peer) < 0)
		return;
	snprintf(where, sizeof(where), "peer %s", name);
	for (unsigned int i = 0; i < KND_PEER_COUNTERS; i++)
		counter_look(look, where, knd_peer_counter_defs[i].name, of_peer[i]);
	for (unsigned int l = 0; l < KNET_MAX_LINKS; l++) {
		if (knd_link_counters(&from, peer->id, l, of_link) < 0)
			continue;
		snprintf(where, sizeof(where), "peer %s link %u", name, l);
		for (unsigned int i = 0; i < KND_LINK_COUNTERS; i++)
			counter_look(look, where, knd_link_counter_defs[i].name, of_link[i]);
	}
}

static void all_look(struct look *look)
{
	const char *only = kcl_args_text(look->run->args, "interface");
	const char *peer = kcl_args_text(look->run->args, "peer");
	struct knd_iface_view iface;

	look->last->cnt = 0;
	for (size_t i = 0; knd_view_iface(look->run->daemon, i, &iface); i++) {
		if (!iface.handle || (only && strcmp(only, iface.config->name) != 0))
			continue;
		if (peer)
			peer_look(look, &iface, peer);
		else
			iface_look(look, &iface);
	}
}

/* Looks, unless it did so just now. True if there was something to compare with. */
static bool look_again(struct knd_run *run, struct knd_out *out, struct last *last)
{
	const uint64_t now = knd_now_ns();
	struct look look = {.run = run, .out = out, .last = last};

	if (last->at_ns && now - last->at_ns < PERIOD_NS / 10 * 9)
		return false;
	/* Another configuration may have other counters in these places. */
	look.is_first = !last->at_ns || last->generation != knd_view_generation(run->daemon);
	look.seconds = (double)(now - last->at_ns) / 1e9;
	knd_format_time(knd_real_ns(), look.time, sizeof(look.time));
	all_look(&look);
	last->at_ns = now;
	last->generation = knd_view_generation(run->daemon);
	return !look.is_first;
}

static int monitor_counters(struct knd_run *run, struct knd_out *out)
{
	struct last *last = run->state;

	if (!last && !knd_names_must_exist(run, out))
		return -ENOENT;
	if (!last)
		last = run->state = calloc(1, sizeof(*last));
	if (!last)
		return -ENOMEM;
	(void)look_again(run, out, last);
	return KND_RUN_WAIT;
}

/* `show counters rates`: two looks, a second apart. */
static int show_rates(struct knd_run *run, struct knd_out *out)
{
	struct last *last = run->state;

	if (!last && !knd_names_must_exist(run, out))
		return -ENOENT;
	if (!last)
		last = run->state = calloc(1, sizeof(*last));
	if (!last)
		return -ENOMEM;
	return look_again(run, out, last) ? 0 : KND_RUN_WAIT;
}

static void monitor_counters_close(struct knd_run *run)
{
	free(run->state);
}

const struct knd_command knd_cmd_monitor_counters = {.name = "monitor_counters",
						     .schema = &monitor_counters_schema,
						     .next = monitor_counters,
						     .close = monitor_counters_close};
const struct knd_command knd_cmd_show_counters_rates = {.name = "show_counters_rates",
							.schema = &rates_schema,
							.next = show_rates,
							.close = monitor_counters_close};
