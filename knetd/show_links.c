// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* `show links`: one row for each link of each peer. Control thread only. */
#include <errno.h>
#include <string.h>

#include "knetd/clock.h"
#include "knetd/cmd/kcl.h"
#include "knetd/cmd/plural.h"
#include "knetd/commands.h"

/* Who asks what is down has other questions: three tables of the same rows. */
#define LIST   1
#define DETAIL 2
#define DOWN   4

#define IN(table, tables) (((table) & (tables)) ? 0 : KCP_FMT_HIDDEN)
#define SCHEMA(table)                                                                           \
	{                                                                                       \
		.id = "links/1", .legend = "", .column_cnt = 33, .columns = {                   \
			{"peer", "Peer", KCP_FMT_TEXT},                                         \
			{"link", "Link", KCP_FMT_INT},                                          \
			{"active", "*", KCP_FMT_STAR | IN(table, LIST | DETAIL)},               \
			{"state", "State", KCP_FMT_TEXT},                                       \
			{"local", "Local", KCP_FMT_TEXT | KCP_FMT_MINOR | IN(table, LIST)},     \
			{"remote", "Remote", KCP_FMT_TEXT | IN(table, LIST | DOWN)},            \
			{"priority", "Pri", KCP_FMT_INT | KCP_FMT_MINOR | IN(table, LIST)},     \
			{"since_s", "Since", KCP_FMT_SECONDS | IN(table, DETAIL | DOWN)},       \
			{"rtt_us", "RTT", KCP_FMT_US | IN(table, LIST | DETAIL)},               \
			{"jitter_us", "Jitter", KCP_FMT_US | IN(table, DETAIL)},                \
			{"loss_percent", "Loss", KCP_FMT_PERCENT | IN(table, LIST)},            \
			{"loss_rx_percent", "Loss RX", KCP_FMT_PERCENT | IN(table, DETAIL)},    \
			{"loss_tx_percent", "Loss TX", KCP_FMT_PERCENT | IN(table, DETAIL)},    \
			{"mtu", "MTU", KCP_FMT_INT | IN(table, DETAIL)},                        \
			{"down_count", "Down#", KCP_FMT_INT | KCP_FMT_MINOR | IN(table, LIST)}, \
			{"suspect_count", "Suspect#", KCP_FMT_INT | IN(table, DETAIL)},         \
			{"interval_ms", "Probe ms", KCP_FMT_INT | IN(table, DETAIL)},           \
			{"rx_bytes", "RX", KCP_FMT_BYTES | IN(table, DETAIL)},                  \
			{"tx_bytes", "TX", KCP_FMT_BYTES | IN(table, DETAIL)},                  \
			{"reason", "Reason", KCP_FMT_TEXT | IN(table, LIST | DOWN)},            \
			{"outages_hour/outages_day", "Flaps 1h/24h",                            \
			 KCP_FMT_RATIO | IN(table, DOWN)},                                      \
			{"next_probe_us", "Next probe",                                         \
			 KCP_FMT_US | KCP_FMT_MINOR | IN(table, DOWN)},                         \
			{"interface", "Interface", KCP_FMT_TEXT | KCP_FMT_HIDDEN},              \
			{"id", "Id", KCP_FMT_INT | KCP_FMT_HIDDEN},                             \
			{"rtt_min_us", "RTT min", KCP_FMT_US | KCP_FMT_HIDDEN},                 \
			{"rtt_max_us", "RTT max", KCP_FMT_US | KCP_FMT_HIDDEN},                 \
			{"rx_datagrams", "RX datagrams", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},      \
			{"tx_datagrams", "TX datagrams", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},      \
			{"tx_errors", "TX errors", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},            \
			{"lossy", "Lossy", KCP_FMT_TEXT | KCP_FMT_HIDDEN},                      \
			{"on_hold", "On hold", KCP_FMT_TEXT | KCP_FMT_HIDDEN},                  \
			{"description", "Description", KCP_FMT_TEXT | KCP_FMT_HIDDEN},          \
			{"since", "Since", KCP_FMT_TIME | KCP_FMT_HIDDEN},                      \
		}                                                                               \
	}

static const struct kcp_schema links_schema = SCHEMA(LIST);
static const struct kcp_schema detail_schema = SCHEMA(DETAIL);
static const struct kcp_schema down_schema = SCHEMA(DOWN);

static void row_percent(struct knd_out *out, const char *key, double value)
{
	if (value < 0)
		knd_row_null(out, key);
	else
		knd_row_real(out, key, value);
}

static void row_quality(struct knd_out *out, const struct knet_link_info *l)
{
	knd_row_known(out, "rtt_us", l->rtt_us);
	knd_row_known(out, "rtt_min_us", l->rtt_min_us);
	knd_row_known(out, "rtt_max_us", l->rtt_max_us);
	knd_row_known(out, "jitter_us", l->jitter_us);
	/* The worse direction; what is not measured yet counts as no loss. */
	row_percent(out, "loss_percent",
		    l->loss_rx_percent > l->loss_tx_percent ? l->loss_rx_percent
		    : l->loss_tx_percent > 0                ? l->loss_tx_percent
							    : 0);
	row_percent(out, "loss_rx_percent", l->loss_rx_percent);
	row_percent(out, "loss_tx_percent", l->loss_tx_percent);
}

/* One that is overdue is due now. */
static void row_next_probe(struct knd_out *out, uint64_t at_ns)
{
	const uint64_t now = knd_now_ns();

	knd_row_known(out, "next_probe_us",
		      at_ns == 0    ? -1
		      : at_ns < now ? 0
				    : (int64_t)((at_ns - now) / 1000));
}

/* What is wrong on this host says more than that nobody answers. */
static void row_reason(struct knd_out *out, const struct knd_iface_view *iface,
		       const struct knet_link_info *l)
{
	const char *trouble = iface->link_trouble[l->link];
	char text[256];

	snprintf(text, sizeof(text), "here: %s", trouble ? trouble : "");
	knd_row_str(out, "reason",
		    l->state != KNET_LINK_UP && trouble && *trouble ? text : l->reason);
}

static void link_row(struct knd_out *out, const struct knd_iface_view *iface,
		     const struct knet_peer_info *p, const struct knet_link_info *l)
{
	const struct kcl_peer *peer = kcl_peer_find(iface->config, p->id);
	char text[64];

	knd_row_begin(out);
	knd_row_str(out, "interface", iface->config->name);
	knd_row_str(out, "peer", p->name);
	knd_row_int(out, "id", p->id);
	knd_row_int(out, "link", l->link);
	knd_row_str(out, "state", knet_link_state_name(l->state));
	knd_row_bool(out, "active", l->active);
	knd_row_str(out, "local", knd_format_addr(&l->local, text, sizeof(text)));
	knd_row_str(out, "remote", knd_format_addr(&l->remote, text, sizeof(text)));
	knd_row_int(out, "priority", l->priority);
	row_quality(out, l);
	knd_row_int(out, "mtu", l->mtu != 0 ? l->mtu : iface->link_mtu[l->link]);
	knd_row_int(out, "down_count", l->down_count);
	knd_row_int(out, "suspect_count", l->suspect_count);
	knd_row_int(out, "outages_hour", l->outages_hour);
	knd_row_int(out, "outages_day", l->outages_day);
	row_next_probe(out, l->next_probe_ns);
	knd_row_int(out, "since_s", knd_age_s(l->since_ns));
	knd_row_since(out, "since", l->since_ns);
	knd_row_bool(out, "lossy", l->lossy);
	knd_row_bool(out, "on_hold", l->on_hold);
	row_reason(out, iface, l);
	knd_row_str(out, "description", peer != NULL ? kcl_peer_link_text(peer, l->link) : NULL);
	knd_row_int(out, "interval_ms", l->interval_ms);
	knd_row_int(out, "rx_datagrams", (int64_t)l->rx_datagrams);
	knd_row_int(out, "tx_datagrams", (int64_t)l->tx_datagrams);
	knd_row_int(out, "rx_bytes", (int64_t)l->rx_bytes);
	knd_row_int(out, "tx_bytes", (int64_t)l->tx_bytes);
	knd_row_int(out, "tx_errors", (int64_t)l->tx_errors);
	knd_row_end(out);
}

static void emit_links(struct knd_run *run, struct knd_out *out, const struct knd_iface_view *iface,
		       uint16_t id)
{
	const char *only = kcl_args_text(run->args, "peer");
	struct knet_peer_info p;
	struct knet_link_info l;

	if (knet_peer_info_get(iface->handle, id, &p) != 0 ||
	    (only != NULL && strcmp(only, p.name) != 0))
		return;
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		if (knet_link_info_get(iface->handle, id, i, &l) != 0)
			continue;
		if (kcl_args_has(run->args, "down") && l.state != KNET_LINK_DOWN &&
		    l.state != KNET_LINK_INIT)
			continue;
		link_row(out, iface, &p, &l);
	}
}

static int show_links(struct knd_run *run, struct knd_out *out)
{
	const char *only = kcl_args_text(run->args, "peer");

	if (only != NULL && !knd_peer_must_exist(run, out, only))
		return -ENOENT;
	return knd_each_peer(run, out, emit_links);
}

static const struct kcp_schema *choose_links(const struct knd_run *run, bool wants_rows)
{
	(void)wants_rows;
	if (kcl_args_has(run->args, "down"))
		return &down_schema;
	return kcl_args_has(run->args, "detail") ? &detail_schema : &links_schema;
}

static bool links_legend(const struct knd_run *run, char *out, size_t size)
{
	struct knet_handle_info info;
	struct knd_iface_view iface;
	unsigned int all = 0, up = 0;

	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		if (iface.handle == NULL)
			continue;
		knet_handle_info_get(iface.handle, &info);
		all += info.links;
		up += info.links_up;
	}
	snprintf(out, size, "%u link%s, %u up%s", all, knd_plural(all), up,
		 kcl_args_has(run->args, "down") ? "" : "; *: traffic leaves on it");
	return true;
}

static const struct kcp_schema *const schemas[] = {&links_schema, &detail_schema, &down_schema,
						   NULL};

const struct knd_command knd_cmd_show_links = {.name = "show_links",
					       .schemas = schemas,
					       .choose = choose_links,
					       .legend = links_legend,
					       .next = show_links};
