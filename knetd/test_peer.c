// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `test peer P failover`: one link of one peer is out of service for a while, as if it were shut
 * down, and pings through the encryption tell what traffic would have noticed. They run on the link
 * in use, every 5 ms, from before the link goes until after it is back. The link comes back
 * whatever happens: at the end, or when the client goes away.
 *
 * `test peer P mtu`: the search for the path MTU once more, on all links that work.
 *
 * Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "knetd/clock.h"
#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"
#include "knetd/pinger.h"

#define SEC_NS      1000000000ULL
#define BEFORE_NS   (SEC_NS / 4) /* pings before the link goes, and after it is back */
#define INTERVAL_NS 5000000ULL
#define SEARCH_NS   (20 * SEC_NS) /* given up then */
#define LOOK_NS     50000000ULL

/* ---- failover -------------------------------------------------------------------------------- */

static const struct kcp_schema failover_schema = {
	.id = "test-failover/1",
	.legend = "",
	.column_cnt = 7,
	.columns = {{"peer", "Peer", KCP_FMT_TEXT},
		    {"link", "Link", KCP_FMT_INT},
		    {"took_over", "Took over", KCP_FMT_TEXT},
		    {"out_ms", "Out ms", KCP_FMT_NUMBER},
		    {"sent", "Pings", KCP_FMT_NUMBER},
		    {"lost", "Lost", KCP_FMT_NUMBER},
		    {"gap_us", "Longest gap", KCP_FMT_US}},
};

struct failover {
	struct knd_pinger pinger;
	unsigned int link;
	uint64_t out_at_ns, back_at_ns; /* when the link is to go, and to be back */
	bool is_out, was_out;
	uint8_t took_over; /* links in use last seen while it was out */
	uint64_t last_ns;  /* when the latest answer came */
	uint64_t gap_ns;
};

/* Answers are told in the order in which they were sent, and may have come in another. */
static void on_pong(void *ctx, const struct knd_pong *pong)
{
	struct failover *f = ctx;
	uint64_t at_ns;

	if (pong->rtt_us < 0)
		return;
	at_ns = pong->sent_ns + (uint64_t)pong->rtt_us * 1000;
	if (f->last_ns && at_ns > f->last_ns && at_ns - f->last_ns > f->gap_ns)
		f->gap_ns = at_ns - f->last_ns;
	if (at_ns > f->last_ns)
		f->last_ns = at_ns;
}

/* Out of service, or as it is configured. A link or peer that is gone needs nothing. */
static void link_switch(struct failover *f, void *daemon, bool is_out)
{
	const int err = knd_view_link_out(daemon, f->pinger.iface, f->pinger.peer, f->link, is_out);

	f->is_out = is_out && err == 0;
	f->was_out = f->was_out || is_out;
}

/* Which link to take out: it must be up, and another one too. -1: said why not. */
static int link_choose(struct knd_run *run, struct knd_out *out, struct knet_handle *handle,
		       uint16_t id)
{
	const char *peer = kcl_args_text(run->args, "peer");
	struct knet_peer_info info;
	struct knet_link_info link;
	unsigned int others = 0;
	uint64_t wanted;

	if (knet_peer_info_get(handle, id, &info) < 0 || !info.active_links) {
		knd_out_error(out, KCP_FAILED, "No link to peer %s is in use", peer);
		return -1;
	}
	wanted = kcl_args_uint(run->args, "link", (uint64_t)__builtin_ctz(info.active_links));
	if (knet_link_info_get(handle, id, (unsigned int)wanted, &link) < 0 ||
	    link.state != KNET_LINK_UP) {
		knd_out_error(out, KCP_FAILED, "Link %u to peer %s is not up", (unsigned int)wanted,
			      peer);
		return -1;
	}
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		others += i != wanted && knet_link_info_get(handle, id, i, &link) == 0 &&
			  link.state == KNET_LINK_UP;
	if (others == 0) {
		knd_out_error(out, KCP_FAILED,
			      "Link %u is the only one to peer %s that is up: there is none to "
			      "take over",
			      (unsigned int)wanted, peer);
		return -1;
	}
	return (int)wanted;
}

static int failover_begin(struct knd_run *run, struct knd_out *out)
{
	const char *peer = kcl_args_text(run->args, "peer");
	const uint64_t out_ns = kcl_args_uint(run->args, "seconds", 5) * SEC_NS;
	struct knd_iface_view iface;
	struct failover *f;
	size_t at;
	int link;

	if (!knd_pinger_find(run->daemon, peer, &iface, &at)) {
		knd_out_error(out, KCP_FAILED, "There is no peer '%s' on a live interface", peer);
		return -ENOENT;
	}
	link = link_choose(run, out, iface.handle, kcl_peer_find_name(iface.config, peer)->id);
	if (link < 0)
		return -EBUSY;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->link = (unsigned int)link;
	f->out_at_ns = knd_now_ns() + BEFORE_NS;
	f->back_at_ns = f->out_at_ns + out_ns;
	f->pinger = (struct knd_pinger){.link = KNET_LINK_NONE,
					.size = 56,
					.interval_ns = INTERVAL_NS,
					.wanted = UINT64_MAX};
	snprintf(f->pinger.iface, sizeof(f->pinger.iface), "%s", iface.config->name);
	snprintf(f->pinger.peer, sizeof(f->pinger.peer), "%s", peer);
	run->state = f;
	return 0;
}

static void failover_look(struct failover *f, void *daemon)
{
	struct knd_iface_view iface;
	struct knet_peer_info info;
	const uint64_t now = knd_now_ns();
	size_t at;

	if (f->is_out && knd_pinger_find(daemon, f->pinger.peer, &iface, &at) &&
	    knet_peer_info_get(iface.handle, kcl_peer_find_name(iface.config, f->pinger.peer)->id,
			       &info) == 0)
		f->took_over = info.active_links;
	if (!f->was_out && now >= f->out_at_ns)
		link_switch(f, daemon, true);
	else if (f->is_out && now >= f->back_at_ns)
		link_switch(f, daemon, false);
	if (now >= f->back_at_ns + BEFORE_NS)
		f->pinger.wanted = f->pinger.sent;
}

static void failover_row(struct knd_out *out, const struct failover *f)
{
	knd_row_begin(out);
	knd_row_str(out, "peer", f->pinger.peer);
	knd_row_int(out, "link", f->link);
	knd_row_bits(out, "took_over", f->took_over);
	knd_row_int(out, "out_ms", (int64_t)((f->back_at_ns - f->out_at_ns) / 1000000));
	knd_row_int(out, "sent", (int64_t)f->pinger.sent);
	knd_row_int(out, "lost", (int64_t)f->pinger.lost);
	knd_row_known(out, "gap_us", f->gap_ns ? (int64_t)(f->gap_ns / 1000) : -1);
	knd_row_end(out);
}

static int test_failover(struct knd_run *run, struct knd_out *out)
{
	const int err = run->state ? 0 : failover_begin(run, out);
	struct failover *f = run->state;

	if (err < 0)
		return err;
	failover_look(f, run->daemon);
	if (!knd_pinger_step(&f->pinger, run->daemon, on_pong, f)) {
		knd_out_error(out, KCP_FAILED, "Peer %s is not there any more", f->pinger.peer);
		return -ENOENT;
	}
	if (knd_pinger_is_done(&f->pinger)) {
		failover_row(out, f);
		return 0;
	}
	run->wait_ns = knd_pinger_wait_ns(&f->pinger);
	return KND_RUN_WAIT;
}

static void failover_close(struct knd_run *run)
{
	struct failover *f = run->state;

	if (f && f->is_out)
		link_switch(f, run->daemon, false);
	free(f);
}

/* ---- mtu ------------------------------------------------------------------------------------- */

static const struct kcp_schema mtu_schema = {
	.id = "test-mtu/1",
	.legend = "",
	.column_cnt = 6,
	.columns = {{"peer", "Peer", KCP_FMT_TEXT},
		    {"link", "Link", KCP_FMT_INT},
		    {"state", "State", KCP_FMT_TEXT},
		    {"mtu", "Path MTU", KCP_FMT_INT},
		    {"local_mtu", "MTU here", KCP_FMT_INT},
		    {"searching", "Still searching", KCP_FMT_TEXT}},
};

static int search_begin(struct knd_run *run, struct knd_out *out, struct knet_handle *handle,
			uint16_t id)
{
	const int err = knet_peer_mtu_search(handle, id);

	if (err == -ENOTCONN)
		knd_out_error(out, KCP_FAILED, "No link to peer %s is up",
			      kcl_args_text(run->args, "peer"));
	run->key = knd_now_ns();
	return err;
}

static bool is_searching(struct knet_handle *handle, uint16_t id)
{
	struct knet_link_info link;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (knet_link_info_get(handle, id, i, &link) == 0 && link.mtu_searching)
			return true;
	return false;
}

static void mtu_rows(struct knd_out *out, const struct knd_iface_view *iface,
		     const struct kcl_peer *peer)
{
	struct knet_link_info link;

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		if (knet_link_info_get(iface->handle, peer->id, i, &link) < 0)
			continue;
		knd_row_begin(out);
		knd_row_str(out, "peer", peer->name);
		knd_row_int(out, "link", i);
		knd_row_str(out, "state", knet_link_state_name(link.state));
		knd_row_known(out, "mtu", link.mtu ? (int64_t)link.mtu : -1);
		knd_row_known(out, "local_mtu",
			      iface->link_mtu[i] ? (int64_t)iface->link_mtu[i] : -1);
		knd_row_bool(out, "searching", link.mtu_searching);
		knd_row_end(out);
	}
}

/* run->key: when the search began. */
static int test_mtu(struct knd_run *run, struct knd_out *out)
{
	const char *name = kcl_args_text(run->args, "peer");
	const struct kcl_peer *peer;
	struct knd_iface_view iface;
	size_t at;
	int err = 0;

	if (!knd_pinger_find(run->daemon, name, &iface, &at)) {
		knd_out_error(out, KCP_FAILED, "There is no peer '%s' on a live interface", name);
		return -ENOENT;
	}
	peer = kcl_peer_find_name(iface.config, name);
	if (!run->key)
		err = search_begin(run, out, iface.handle, peer->id);
	if (err < 0)
		return err;
	if (is_searching(iface.handle, peer->id) && knd_now_ns() - run->key < SEARCH_NS) {
		run->wait_ns = LOOK_NS;
		return KND_RUN_WAIT;
	}
	mtu_rows(out, &iface, peer);
	return 0;
}

const struct knd_command knd_cmd_test_failover = {.name = "test_failover",
						  .schema = &failover_schema,
						  .next = test_failover,
						  .close = failover_close};
const struct knd_command knd_cmd_test_mtu = {
	.name = "test_mtu", .schema = &mtu_schema, .next = test_mtu};
