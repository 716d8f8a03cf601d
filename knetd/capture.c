// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `capture`: packets become a pcapng file, which the client writes. The line is handed back first:
 * the client opens the file, compiles the filter, and asks again for bytes (KCP_F_BYTES). A client
 * that does not read costs the engine's rings, which then count what they have no room for.
 *
 * It ends at a limit, with all its interfaces, or when the client cancels: then the captures are
 * stopped, and what they still hold and the statistics are written. Control thread only.
 */
#include "knetd/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/bpf.h"
#include "knetd/clock.h"
#include "knetd/cmd/kcl.h"
#include "knetd/cmd/plural.h"
#include "knetd/commands.h"

#define POLL_NS      20000000ULL
#define SECOND_NS    1000000000ULL
#define SNAPLEN_ALL  262144
#define SOURCES_MAX  64
#define PLACES_OUTER ((1U << KNET_MAX_LINKS) - 1)
#define PLACES_INNER (1U << KNET_CAPTURE_TAP)

struct run {
	struct knd_capture capture;
	uint64_t end_ns; /* CLOCK_MONOTONIC; UINT64_MAX: no limit */
	size_t turn;     /* whose packets are read first */
};

/* The live interface of a source. False: it is gone. */
static bool source_view(void *daemon, const struct knd_capture_source *s,
			struct knd_iface_view *view)
{
	for (size_t i = 0; knd_view_iface(daemon, i, view); i++)
		if (view->handle && strcmp(view->config->name, s->iface) == 0)
			return !s->is_gone;
	return false;
}

/* ---- begin ----------------------------------------------------------------------------------- */

static unsigned int places_of(const struct kcl_args *args)
{
	if (kcl_args_has(args, "link"))
		return 1U << kcl_args_uint(args, "link", 0);
	if (kcl_args_has(args, "inner"))
		return PLACES_INNER;
	return kcl_args_has(args, "outer") ? PLACES_OUTER : PLACES_INNER | PLACES_OUTER;
}

static int filters_read(const struct knd_run *run, struct knet_capture_params *params)
{
	struct knet_capture_filter *const filter[] = {&params->frames, &params->datagrams};
	const uint8_t *at = run->rest;
	size_t left = run->rest_len;

	for (size_t i = 0; i < 2 && left > 0; i++) {
		void *program;
		int rc = knd_bpf_read(&at, &left, &program, &filter[i]->len);

		if (rc < 0)
			return rc;
		filter[i]->program = program;
		filter[i]->match = program ? knd_bpf_match : NULL;
	}
	return left == 0 ? 0 : -EBADMSG;
}

static void filters_free(struct knet_capture_params *params)
{
	free((void *)(uintptr_t)params->frames.program);
	free((void *)(uintptr_t)params->datagrams.program);
}

/* Whether the capture is about an interface, and as what the peer is known there. */
static bool is_wanted(const struct kcl_args *args, const struct knd_iface_view *view,
		      struct knet_capture_params *params)
{
	const char *iface = kcl_args_text(args, "interface");
	const char *name = kcl_args_text(args, "peer");
	const struct kcl_peer *peer = name ? kcl_peer_find_name(view->config, name) : NULL;

	params->peer = peer ? peer->id : 0;
	return view->handle && (!iface || strcmp(iface, view->config->name) == 0) &&
	       (!name || peer);
}

static int source_add(struct knd_capture *c, const struct knd_iface_view *view,
		      const struct knet_capture_params *params)
{
	struct knd_capture_source *s = &c->sources[c->source_cnt];
	int rc = knet_capture_start(view->handle, params, &s->id);

	if (rc < 0)
		return rc;
	snprintf(s->iface, sizeof(s->iface), "%s", view->config->name);
	for (unsigned int i = 0; i < KNET_CAPTURE_PLACES; i++)
		s->place[i].number = -1;
	c->source_cnt++;
	return 0;
}

static int sources_start(struct knd_run *run, struct knd_capture *c,
			 struct knet_capture_params *params)
{
	struct knd_iface_view view;

	for (size_t i = 0; knd_view_iface(run->daemon, i, &view); i++) {
		int rc;

		if (c->source_cnt == SOURCES_MAX || !is_wanted(run->args, &view, params))
			continue;
		rc = source_add(c, &view, params);
		if (rc < 0)
			return rc;
	}
	return c->source_cnt ? 0 : -ENOENT;
}

static void refuse(const struct knd_run *run, struct knd_out *out, int rc)
{
	const char *iface = kcl_args_text(run->args, "interface");
	const char *peer = kcl_args_text(run->args, "peer");

	if (rc == -EBADMSG)
		knd_out_error(
			out, KCP_PROTOCOL,
			"The filter is refused: it is malformed, or has a loop (`protochain`)");
	else if (rc == -ENOENT && peer)
		knd_out_error(out, KCP_FAILED, "There is no peer '%s' on a live interface", peer);
	else if (rc == -ENOENT)
		knd_out_error(out, KCP_FAILED, "There is no live interface%s%s", iface ? " " : "",
			      iface ? iface : "");
}

static void file_begin(const struct knd_run *run, struct knd_capture *c, struct knd_out *out)
{
	char words[1200];
	struct knd_iface_view view;

	kcl_args_format(run->args, words, sizeof(words));
	knd_capture_begin(c, out, words);
	for (size_t i = 0; i < c->source_cnt; i++)
		if (source_view(run->daemon, &c->sources[i], &view))
			knd_capture_ifaces(c, &c->sources[i], out, &view, places_of(run->args));
}

static int begin(struct knd_run *run, struct knd_out *out)
{
	const struct kcl_args *args = run->args;
	const uint64_t seconds = kcl_args_uint(args, "seconds", 0);
	const char *filter = kcl_args_text(args, "filter");
	struct run *r = calloc(1, sizeof(*r));
	struct knet_capture_params params = {
		.places = places_of(args),
		.snaplen = (uint32_t)kcl_args_uint(args, "snaplen", SNAPLEN_ALL)};
	int rc;

	if (!r)
		return -ENOMEM;
	run->state = r;
	r->end_ns = seconds ? knd_now_ns() + seconds * SECOND_NS : UINT64_MAX;
	r->capture.sources = calloc(SOURCES_MAX, sizeof(*r->capture.sources));
	r->capture.filter = filter ? filter : "";
	r->capture.snaplen = (uint32_t)kcl_args_uint(args, "snaplen", 0);
	r->capture.packets_max = kcl_args_uint(args, "count", UINT64_MAX);
	r->capture.bytes_max = kcl_args_uint(args, "bytes", UINT64_MAX);
	rc = r->capture.sources ? filters_read(run, &params) : -ENOMEM;
	if (rc == 0)
		rc = sources_start(run, &r->capture, &params);
	filters_free(&params);
	if (rc == 0)
		file_begin(run, &r->capture, out);
	else
		refuse(run, out, rc);
	return rc;
}

/* ---- the run --------------------------------------------------------------------------------- */

static void sources_stop(struct knd_run *run, struct knd_capture *c)
{
	struct knd_iface_view view;

	for (size_t i = 0; i < c->source_cnt; i++) {
		struct knd_capture_source *s = &c->sources[i];

		if (s->is_stopped || !source_view(run->daemon, s, &view))
			continue;
		s->is_gone = knet_capture_stop(view.handle, s->id) < 0;
		s->is_stopped = true;
	}
}

/* Returns whether more is waiting; *alive: how many sources may still give something. */
static bool sources_read(struct knd_run *run, struct run *r, struct knd_out *out, size_t *alive)
{
	struct knd_capture *c = &r->capture;
	struct knd_iface_view view;

	*alive = 0;
	r->turn++;
	for (size_t i = 0; i < c->source_cnt; i++) {
		struct knd_capture_source *s = &c->sources[(r->turn + i) % c->source_cnt];

		if (!source_view(run->daemon, s, &view)) {
			s->is_gone = true;
			continue;
		}
		if (knd_capture_packets(c, s, out, &view))
			return true;
		*alive += !s->is_gone && !s->is_stopped;
	}
	return false;
}

static int finish(struct knd_run *run, struct knd_capture *c, struct knd_out *out)
{
	struct knd_iface_view view;
	size_t gone = 0;

	sources_stop(run, c);
	for (size_t i = 0; i < c->source_cnt; i++) {
		gone += c->sources[i].is_gone;
		if (source_view(run->daemon, &c->sources[i], &view))
			knd_capture_stats(c, &c->sources[i], out, view.handle);
	}
	knd_out_line(out, "%llu packet%s captured, %llu dropped for want of room",
		     (unsigned long long)c->packets, knd_plural(c->packets),
		     (unsigned long long)c->dropped);
	if (gone < c->source_cnt)
		return 0;
	knd_out_error(out, KCP_FAILED, "The interface is not live any more");
	return -ENOENT;
}

static int capture(struct knd_run *run, struct knd_out *out)
{
	struct knd_capture *c;
	struct run *r;
	size_t alive;
	int rc;

	if (!run->wants_bytes)
		return knd_hand_back(run, out);
	rc = run->state ? 0 : begin(run, out);
	if (rc < 0)
		return rc;
	r = run->state;
	c = &r->capture;
	if (run->is_cancelled || knd_now_ns() >= r->end_ns)
		sources_stop(run, c);
	if (sources_read(run, r, out, &alive))
		return 1;
	if (c->is_full || alive == 0)
		return finish(run, c, out);
	run->wait_ns = POLL_NS;
	return KND_RUN_WAIT;
}

static void capture_close(struct knd_run *run)
{
	struct run *r = run->state;
	struct knd_iface_view view;

	if (!r)
		return;
	for (size_t i = 0; i < r->capture.source_cnt; i++)
		if (source_view(run->daemon, &r->capture.sources[i], &view))
			knet_capture_free(view.handle, r->capture.sources[i].id);
	free(r->capture.sources);
	free(r);
}

const struct knd_command knd_cmd_capture = {
	.name = "capture", .is_graceful = true, .next = capture, .close = capture_close};
