// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What has happened and what happens: `show events`, `show logging`, and `monitor`, which follows
 * the same rings. A follower is the number of the last entry that it has looked at (run->key) and
 * nothing else, whatever its client does; who was too slow for the ring finds in `dropped` how many
 * entries are gone. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "knetd/cmd/kcl.h"
#include "knetd/cmd/plural.h"
#include "knetd/commands.h"

#define EVENT_COLUMNS                                                                             \
	{"time", "Time", KCP_FMT_TIME}, {"seq", "Number", KCP_FMT_INT | KCP_FMT_MINOR},           \
		{"level", "Level", KCP_FMT_TEXT | KCP_FMT_MINOR}, {"kind", "Kind", KCP_FMT_TEXT}, \
		{"subject", "Subject", KCP_FMT_TEXT}, {"text", "Text", KCP_FMT_TEXT},             \
		{"interface", "Interface", KCP_FMT_TEXT | KCP_FMT_HIDDEN},                        \
		{"peer", "Peer", KCP_FMT_TEXT | KCP_FMT_HIDDEN},                                  \
		{"link", "Link", KCP_FMT_INT | KCP_FMT_HIDDEN},                                   \
		{"time_ns", "Time ns", KCP_FMT_INT | KCP_FMT_HIDDEN},                             \
	{                                                                                         \
		"dropped", "Dropped", KCP_FMT_INT | KCP_FMT_HIDDEN                                \
	}

static const struct kcp_schema events_schema = {
	.id = "events/1",
	.legend = "",
	.column_cnt = 11,
	.columns = {EVENT_COLUMNS},
};

static const struct kcp_schema monitor_events_schema = {
	.id = "monitor-events/1",
	.legend = "",
	.flags = KCP_SCHEMA_STREAM,
	.column_cnt = 11,
	.columns = {EVENT_COLUMNS},
};

#define LOG_COLUMNS                                                                      \
	{"time", "Time", KCP_FMT_TIME}, {"seq", "Number", KCP_FMT_INT | KCP_FMT_HIDDEN}, \
		{"level", "Level", KCP_FMT_TEXT},                                        \
		{"subsystem", "Subsystem", KCP_FMT_TEXT | KCP_FMT_HIDDEN},               \
		{"text", "Text", KCP_FMT_TEXT},                                          \
	{                                                                                \
		"dropped", "Dropped", KCP_FMT_INT | KCP_FMT_HIDDEN                       \
	}

static const struct kcp_schema logging_schema = {
	.id = "logging/1",
	.legend = "",
	.column_cnt = 6,
	.columns = {LOG_COLUMNS},
};

static const struct kcp_schema monitor_log_schema = {
	.id = "monitor-log/1",
	.legend = "",
	.flags = KCP_SCHEMA_STREAM,
	.column_cnt = 6,
	.columns = {LOG_COLUMNS},
};

/* ---- rows ------------------------------------------------------------------------------------ */

static void event_row(struct knd_out *out, const struct knd_event *ev, uint64_t dropped)
{
	char time[40], subject[sizeof(ev->peer) + 16];

	knd_format_time(ev->realtime_ns, time, sizeof(time));
	if (ev->link == KNET_LINK_NONE)
		snprintf(subject, sizeof(subject), "%s", ev->peer);
	else
		snprintf(subject, sizeof(subject), "%s%slink %u", ev->peer, ev->peer[0] ? " " : "",
			 ev->link);
	knd_row_begin(out);
	knd_row_str(out, "interface", ev->iface[0] ? ev->iface : NULL);
	knd_row_str(out, "time", time);
	knd_row_int(out, "time_ns", (int64_t)ev->realtime_ns);
	knd_row_int(out, "seq", (int64_t)ev->seq);
	knd_row_str(out, "level", kcl_log_level_name(ev->level));
	knd_row_str(out, "kind", ev->kind);
	knd_row_str(out, "peer", ev->peer[0] ? ev->peer : NULL);
	knd_row_known(out, "link", ev->link == KNET_LINK_NONE ? -1 : (int64_t)ev->link);
	knd_row_str(out, "subject", subject);
	knd_row_str(out, "text", ev->text);
	knd_row_int(out, "dropped", (int64_t)dropped);
	knd_row_end(out);
}

static void log_row(struct knd_out *out, const struct knd_event *ev, uint64_t dropped)
{
	char time[40];

	knd_format_time(ev->realtime_ns, time, sizeof(time));
	knd_row_begin(out);
	knd_row_str(out, "time", time);
	knd_row_int(out, "seq", (int64_t)ev->seq);
	knd_row_str(out, "level", kcl_log_level_name(ev->level));
	knd_row_str(out, "subsystem", ev->kind);
	knd_row_str(out, "text", ev->text);
	knd_row_int(out, "dropped", (int64_t)dropped);
	knd_row_end(out);
}

/* ---- what is wanted of a ring ---------------------------------------------------------------- */

typedef bool (*wanted_fn)(const struct knd_run *run, const struct knd_event *ev);
typedef void (*row_fn)(struct knd_out *out, const struct knd_event *ev, uint64_t dropped);

static bool text_fits(const struct kcl_args *args, const char *name, const char *is)
{
	const struct kcl_value *value = kcl_args_find(args, name);

	return !value || value->kind == KCL_VALUE_WORD || strcmp(value->text, is) == 0;
}

/* `level L`: L and what is worse. */
static bool level_fits(const struct kcl_args *args, unsigned int level)
{
	if (!kcl_args_has(args, "level"))
		return true;
	for (unsigned int l = 0; l < KCL_LOG_DEBUG; l++)
		if (kcl_args_has(args, kcl_log_level_name(l)))
			return level <= l;
	return true;
}

static bool since_fits(const struct kcl_args *args, uint64_t realtime_ns)
{
	const uint64_t seconds = kcl_args_uint(args, "since", UINT32_MAX);
	struct timespec now;

	if (seconds == UINT32_MAX)
		return true;
	clock_gettime(CLOCK_REALTIME, &now);
	return realtime_ns / 1000000000 + seconds >= (uint64_t)now.tv_sec;
}

static bool is_wanted(const struct knd_run *run, const struct knd_event *ev)
{
	return text_fits(run->args, "interface", ev->iface) &&
	       text_fits(run->args, "peer", ev->peer) && level_fits(run->args, ev->level) &&
	       since_fits(run->args, ev->realtime_ns);
}

static bool is_wanted_link(const struct knd_run *run, const struct knd_event *ev)
{
	return is_wanted(run, ev) && (ev->link != KNET_LINK_NONE || ev->peer[0]) &&
	       strcmp(ev->kind, "mac-move") != 0 && strcmp(ev->kind, "rekey") != 0 &&
	       strcmp(ev->kind, "handshake") != 0;
}

static bool is_wanted_mac(const struct knd_run *run, const struct knd_event *ev)
{
	return is_wanted(run, ev) && strncmp(ev->kind, "mac", 3) == 0;
}

/* A look into a ring. */
struct look {
	const struct knd_ring *ring;
	wanted_fn wanted;
	row_fn row;
	uint64_t until; /* number of the last entry that is shown */
};

/* Emits entries behind run->key. Returns 1 if the output is full, else 0. */
static int ring_emit(struct knd_run *run, struct knd_out *out, const struct look *look)
{
	const struct knd_event *ev;
	uint64_t missed;

	while ((ev = knd_ring_next(look->ring, run->key, &missed)) != NULL &&
	       ev->seq <= look->until) {
		if (knd_out_full(out))
			return 1;
		run->key = ev->seq;
		/* What was missed is told with the next entry, wanted or not. */
		if (look->wanted(run, ev) || missed > 0)
			look->row(out, ev, missed);
	}
	return 0;
}

/* ---- show ------------------------------------------------------------------------------------ */

/* The number after which the last `cnt` wanted entries come. */
static uint64_t ring_rewind(const struct knd_run *run, const struct knd_ring *ring, uint64_t cnt)
{
	const struct knd_event *ev;
	uint64_t total = 0, at = 0;

	for (uint64_t seq = 0; (ev = knd_ring_next(ring, seq, NULL)) != NULL; seq = ev->seq)
		total += is_wanted(run, ev);
	for (uint64_t seq = 0; total > cnt && (ev = knd_ring_next(ring, seq, NULL)) != NULL;
	     seq = ev->seq) {
		total -= is_wanted(run, ev);
		at = ev->seq;
	}
	if (at == 0 && knd_ring_newest(ring) > knd_ring_cnt(ring))
		at = knd_ring_newest(ring) - knd_ring_cnt(ring);
	return at;
}

/* run->state: the number of the newest entry when the show began, and one: it ends there. */
static int show_ring(struct knd_run *run, struct knd_out *out, const struct knd_ring *ring,
		     row_fn row)
{
	struct look look = {.ring = ring, .wanted = is_wanted, .row = row};

	if (!run->state) {
		run->key = ring_rewind(run, ring, kcl_args_uint(run->args, "count", UINT64_MAX));
		run->state = (void *)(uintptr_t)(knd_ring_newest(ring) + 1);
	}
	look.until = (uintptr_t)run->state - 1;
	return ring_emit(run, out, &look);
}

static int show_events(struct knd_run *run, struct knd_out *out)
{
	return show_ring(run, out, knd_view_events(run->daemon), event_row);
}

static bool logging_legend(const struct knd_run *run, char *out, size_t size)
{
	const struct knd_ring *ring = knd_view_log(run->daemon);
	const struct knd_log_view state = knd_view_log_state(run->daemon);

	snprintf(out, size, "%s %s; %zu of %llu line%s kept, room for %zu; %u session%s",
		 state.target, state.level, knd_ring_cnt(ring),
		 (unsigned long long)knd_ring_newest(ring), knd_plural(knd_ring_newest(ring)),
		 knd_ring_room(ring), knd_view_sessions(run->daemon),
		 knd_plural(knd_view_sessions(run->daemon)));
	return true;
}

static int show_logging(struct knd_run *run, struct knd_out *out)
{
	return show_ring(run, out, knd_view_log(run->daemon), log_row);
}

/* ---- monitor --------------------------------------------------------------------------------- */

/* Begins with what happens from now on. run->state: it has begun. */
static int follow(struct knd_run *run, struct knd_out *out, const struct look *look)
{
	if (!run->state && !knd_names_must_exist(run, out))
		return -ENOENT;
	if (!run->state)
		run->key = knd_ring_newest(look->ring);
	run->state = run;
	return ring_emit(run, out, look) ? 1 : KND_RUN_WAIT;
}

static int follow_events(struct knd_run *run, struct knd_out *out, wanted_fn wanted)
{
	const struct look look = {.ring = knd_view_events(run->daemon),
				  .wanted = wanted,
				  .row = event_row,
				  .until = UINT64_MAX};

	return follow(run, out, &look);
}

static int monitor_events(struct knd_run *run, struct knd_out *out)
{
	return follow_events(run, out, is_wanted);
}

static int monitor_links(struct knd_run *run, struct knd_out *out)
{
	return follow_events(run, out, is_wanted_link);
}

static int monitor_mac(struct knd_run *run, struct knd_out *out)
{
	return follow_events(run, out, is_wanted_mac);
}

static int monitor_log(struct knd_run *run, struct knd_out *out)
{
	const struct look look = {.ring = knd_view_log(run->daemon),
				  .wanted = is_wanted,
				  .row = log_row,
				  .until = UINT64_MAX};

	return follow(run, out, &look);
}

const struct knd_command knd_cmd_show_events = {
	.name = "show_events", .schema = &events_schema, .next = show_events};
const struct knd_command knd_cmd_show_logging = {.name = "show_logging",
						 .schema = &logging_schema,
						 .legend = logging_legend,
						 .next = show_logging};
const struct knd_command knd_cmd_monitor_events = {
	.name = "monitor_events", .schema = &monitor_events_schema, .next = monitor_events};
const struct knd_command knd_cmd_monitor_links = {
	.name = "monitor_links", .schema = &monitor_events_schema, .next = monitor_links};
const struct knd_command knd_cmd_monitor_mac = {
	.name = "monitor_mac", .schema = &monitor_events_schema, .next = monitor_mac};
const struct knd_command knd_cmd_monitor_log = {
	.name = "monitor_log", .schema = &monitor_log_schema, .next = monitor_log};
