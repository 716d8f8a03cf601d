// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show peers` and `show crypto sessions`: one row a peer, from a copy of what the engine knows of
 * it; nothing is locked or stopped for it. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/cmd/plural.h"
#include "knetd/commands.h"

static const struct kcp_schema peers_schema = {
	.id = "peers/1",
	.legend = "",
	.column_cnt = 24,
	.columns = {{"peer", "Peer", KCP_FMT_TEXT},
		    {"id", "Id", KCP_FMT_INT | KCP_FMT_MINOR},
		    {"state", "State", KCP_FMT_TEXT},
		    {"links_up/links", "Links", KCP_FMT_RATIO},
		    {"active_links", "Active", KCP_FMT_TEXT},
		    {"policy", "Policy", KCP_FMT_TEXT | KCP_FMT_MINOR},
		    {"rtt_us", "RTT", KCP_FMT_US},
		    {"since_s", "Up/Down", KCP_FMT_SECONDS},
		    {"rx_bytes", "RX", KCP_FMT_BYTES},
		    {"tx_bytes", "TX", KCP_FMT_BYTES},
		    {"last_error", "Last error", KCP_FMT_TEXT},
		    {"interface", "Interface", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"degraded", "Degraded", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"enabled", "Enabled", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"identity", "Identity", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"rx_frames", "RX frames", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"tx_frames", "TX frames", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"macs", "MACs", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"failover_kept", "Kept", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"failover_replayed", "Replayed", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"failover_confirmed", "Confirmed", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"failover_overrun", "Overrun", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"since", "Since", KCP_FMT_TIME | KCP_FMT_HIDDEN},
		    {"description", "Description", KCP_FMT_TEXT | KCP_FMT_HIDDEN}},
};

static const struct kcp_schema summary_schema = {
	.id = "peers-summary/1",
	.legend = "",
	.column_cnt = 11,
	.columns = {{"interface", "Interface", KCP_FMT_TEXT},
		    {"configured", "Configured", KCP_FMT_NUMBER},
		    {"up", "Up", KCP_FMT_NUMBER},
		    {"degraded", "Degraded", KCP_FMT_NUMBER},
		    {"down", "Down", KCP_FMT_NUMBER},
		    {"never", "Never", KCP_FMT_NUMBER},
		    {"outages_hour", "Flaps/1h", KCP_FMT_NUMBER},
		    {"worst_rtt_us", "Worst RTT", KCP_FMT_US},
		    {"worst_rtt_peer", "of", KCP_FMT_TEXT},
		    {"oldest_down_s", "Oldest down", KCP_FMT_SECONDS},
		    {"oldest_down_peer", "is", KCP_FMT_TEXT}},
};

static void peer_row(struct knd_out *out, const struct knd_iface_view *iface,
		     const struct knet_peer_info *p)
{
	const struct kcl_peer *peer = kcl_peer_find(iface->config, p->id);

	knd_row_begin(out);
	knd_row_str(out, "interface", iface->config->name);
	knd_row_str(out, "peer", p->name);
	knd_row_int(out, "id", p->id);
	knd_row_str(out, "state", knet_peer_state_name(p->state));
	knd_row_bool(out, "degraded", p->state == KNET_PEER_DEGRADED);
	knd_row_bool(out, "enabled", p->enabled);
	knd_row_int(out, "links_up", p->links_up);
	knd_row_int(out, "links", p->links);
	knd_row_bits(out, "active_links", p->active_links);
	knd_row_str(out, "policy", knet_policy_name(p->policy));
	knd_row_str(out, "identity", p->pinned ? "pinned" : "derived");
	knd_row_known(out, "rtt_us", p->rtt_us);
	knd_row_int(out, "since_s", knd_age_s(p->since_ns));
	knd_row_since(out, "since", p->since_ns);
	knd_row_int(out, "rx_bytes", (int64_t)p->rx_bytes);
	knd_row_int(out, "tx_bytes", (int64_t)p->tx_bytes);
	knd_row_int(out, "rx_frames", (int64_t)p->rx_frames);
	knd_row_int(out, "tx_frames", (int64_t)p->tx_frames);
	knd_row_int(out, "macs", p->macs);
	knd_row_int(out, "failover_kept", (int64_t)p->failover_kept);
	knd_row_int(out, "failover_replayed", (int64_t)p->failover_replayed);
	knd_row_int(out, "failover_confirmed", (int64_t)p->failover_confirmed);
	knd_row_int(out, "failover_overrun", (int64_t)p->failover_overrun);
	knd_row_str(out, "description", peer ? peer->description : NULL);
	knd_row_str(out, "last_error", p->last_error[0] != '\0' ? p->last_error : NULL);
	knd_row_end(out);
}

static void emit_peer(struct knd_run *run, struct knd_out *out, const struct knd_iface_view *iface,
		      uint16_t id)
{
	struct knet_peer_info p;

	if (knet_peer_info_get(iface->handle, id, &p) != 0)
		return;
	if (kcl_args_has(run->args, "down") && p.state != KNET_PEER_DOWN &&
	    p.state != KNET_PEER_NEVER)
		return;
	if (kcl_args_has(run->args, "detail") && !knd_out_wants_rows(out))
		knd_peer_detail(out, iface, &p);
	else
		peer_row(out, iface, &p);
}

static int one_peer(struct knd_run *run, struct knd_out *out, const char *name)
{
	struct knd_iface_view iface;
	bool is_found = false;

	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		const struct kcl_peer *peer = kcl_peer_find_name(iface.config, name);
		struct knet_peer_info p;

		if (peer == NULL || iface.handle == NULL ||
		    knet_peer_info_get(iface.handle, peer->id, &p) != 0)
			continue;
		is_found = true;
		if (knd_out_wants_rows(out))
			peer_row(out, &iface, &p);
		else
			knd_peer_detail(out, &iface, &p);
	}
	if (!is_found)
		knd_out_error(out, KCP_FAILED, "There is no peer '%s' on a live interface", name);
	return is_found ? 0 : -ENOENT;
}

/* ---- the summary ----------------------------------------------------------------------------- */

#define SUMMARY_STEP 1024 /* peers looked at before somebody else has his turn */

/* What is known of the interface that is being walked over. */
struct summary {
	size_t iface;
	uint16_t id; /* the last peer that was looked at */
	uint64_t outages;
	int64_t worst_rtt_us; /* 0: none yet */
	uint64_t oldest_ns;   /* 0: none yet */
	char worst[KNET_NAME_LEN], oldest[KNET_NAME_LEN];
};

static void summary_look(struct summary *sum, const struct knet_peer_info *p)
{
	sum->outages += p->outages_hour;
	if (p->rtt_us > sum->worst_rtt_us) {
		sum->worst_rtt_us = p->rtt_us;
		snprintf(sum->worst, sizeof(sum->worst), "%s", p->name);
	}
	if (p->state == KNET_PEER_DOWN && (sum->oldest_ns == 0 || p->since_ns < sum->oldest_ns)) {
		sum->oldest_ns = p->since_ns;
		snprintf(sum->oldest, sizeof(sum->oldest), "%s", p->name);
	}
}

/* Looks at some more peers of the interface. Returns true if there are others. */
static bool summary_walk(struct summary *sum, struct knet_handle *handle)
{
	struct knet_peer_info p;

	for (unsigned int i = 0; i < SUMMARY_STEP; i++) {
		const uint16_t id = knet_peer_next(handle, sum->id);

		if (id == 0)
			return false;
		sum->id = id;
		if (knet_peer_info_get(handle, id, &p) == 0)
			summary_look(sum, &p);
	}
	return true;
}

static void summary_row(struct knd_out *out, const struct knd_iface_view *iface,
			const struct summary *sum)
{
	struct knet_handle_info info;

	memset(&info, 0, sizeof(info));
	if (iface->handle != NULL)
		knet_handle_info_get(iface->handle, &info);
	knd_row_begin(out);
	knd_row_str(out, "interface", iface->config->name);
	knd_row_int(out, "configured", iface->config->peer_cnt);
	knd_row_int(out, "up", info.peers_up);
	knd_row_int(out, "degraded", info.peers_degraded);
	knd_row_int(out, "down", info.peers_down);
	knd_row_int(out, "never", info.peers_never);
	knd_row_int(out, "outages_hour", (int64_t)sum->outages);
	knd_row_known(out, "worst_rtt_us", sum->worst_rtt_us == 0 ? -1 : sum->worst_rtt_us);
	knd_row_str(out, "worst_rtt_peer", sum->worst[0] != '\0' ? sum->worst : NULL);
	knd_row_known(out, "oldest_down_s", sum->oldest_ns == 0 ? -1 : knd_age_s(sum->oldest_ns));
	knd_row_str(out, "oldest_down_peer", sum->oldest[0] != '\0' ? sum->oldest : NULL);
	knd_row_end(out);
}

static int show_summary(struct knd_run *run, struct knd_out *out)
{
	struct summary *sum = run->state != NULL ? run->state : calloc(1, sizeof(*sum));
	struct knd_iface_view iface;

	if (sum == NULL)
		return -ENOMEM;
	run->state = sum;
	for (; knd_view_iface(run->daemon, sum->iface, &iface);
	     *sum = (struct summary){.iface = sum->iface + 1}) {
		if (iface.handle != NULL && summary_walk(sum, iface.handle))
			return 1;
		summary_row(out, &iface, sum);
	}
	return 0;
}

static void peers_close(struct knd_run *run)
{
	free(run->state);
}

static int show_peers(struct knd_run *run, struct knd_out *out)
{
	const char *name = kcl_args_text(run->args, "peer");

	if (kcl_args_has(run->args, "summary"))
		return show_summary(run, out);
	if (name != NULL)
		return one_peer(run, out, name);
	return knd_each_peer(run, out, emit_peer);
}

static const struct kcp_schema crypto_schema = {
	.id = "crypto-sessions/1",
	.legend = "",
	.column_cnt = 11,
	.columns = {{"peer", "Peer", KCP_FMT_TEXT},
		    {"state", "State", KCP_FMT_TEXT},
		    {"suite", "Suite", KCP_FMT_TEXT},
		    {"identity", "Identity", KCP_FMT_TEXT},
		    {"key_age_s", "Key age", KCP_FMT_SECONDS},
		    {"rx_ok", "RX ok", KCP_FMT_SI},
		    {"rx_bad_tag", "Bad tag", KCP_FMT_NUMBER},
		    {"rx_replay", "Replay drop", KCP_FMT_NUMBER},
		    {"tx_datagrams", "TX", KCP_FMT_SI},
		    {"rekeys", "Rekeys", KCP_FMT_NUMBER},
		    {"interface", "Interface", KCP_FMT_TEXT | KCP_FMT_HIDDEN}},
};

static void emit_session(struct knd_run *run, struct knd_out *out,
			 const struct knd_iface_view *iface, uint16_t id)
{
	struct knet_peer_info p;

	(void)run;
	if (knet_peer_info_get(iface->handle, id, &p) != 0)
		return;
	knd_row_begin(out);
	knd_row_str(out, "interface", iface->config->name);
	knd_row_str(out, "peer", p.name);
	knd_row_str(out, "state", p.has_session ? "ok" : "none");
	knd_row_str(out, "suite", knet_suite_name(p.suite));
	knd_row_str(out, "identity", p.pinned ? "pinned" : "derived");
	knd_row_known(out, "key_age_s",
		      p.has_session ? (int64_t)(p.key_age_ns / 1000000000ULL) : -1);
	knd_row_int(out, "rx_ok", (int64_t)p.rx_ok);
	knd_row_int(out, "rx_bad_tag", (int64_t)p.rx_bad_tag);
	knd_row_int(out, "rx_replay", (int64_t)p.rx_replay);
	knd_row_int(out, "tx_datagrams", (int64_t)p.tx_datagrams);
	knd_row_int(out, "rekeys", p.rekeys);
	knd_row_end(out);
}

static int show_crypto(struct knd_run *run, struct knd_out *out)
{
	return knd_each_peer(run, out, emit_session);
}

/* The summary has columns of its own; details are a text for people. */
static const struct kcp_schema *choose_peers(const struct knd_run *run, bool wants_rows)
{
	if (kcl_args_has(run->args, "summary"))
		return &summary_schema;
	if (!wants_rows &&
	    (kcl_args_has(run->args, "detail") || kcl_args_text(run->args, "peer") != NULL))
		return NULL;
	return &peers_schema;
}

/* "Flags of the list above, and how many there are." */
static bool peers_legend(const struct knd_run *run, char *out, size_t size)
{
	unsigned int all = 0, up = 0;
	struct knet_handle_info info;
	struct knd_iface_view iface;

	if (kcl_args_has(run->args, "summary"))
		return false;
	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		all += iface.config->peer_cnt;
		if (iface.handle == NULL)
			continue;
		knet_handle_info_get(iface.handle, &info);
		up += info.peers_up + info.peers_degraded;
	}
	snprintf(out, size, "%u peer%s, %u up; Active: links that traffic leaves on", all,
		 knd_plural(all), up);
	return true;
}

static const struct kcp_schema *const peers_schemas[] = {&peers_schema, &summary_schema, NULL};

const struct knd_command knd_cmd_show_peers = {.name = "show_peers",
					       .schemas = peers_schemas,
					       .choose = choose_peers,
					       .legend = peers_legend,
					       .next = show_peers,
					       .close = peers_close};
const struct knd_command knd_cmd_show_crypto_sessions = {
	.name = "show_crypto_sessions", .schema = &crypto_schema, .next = show_crypto};
