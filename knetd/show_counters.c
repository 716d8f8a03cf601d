// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show counters`: first those of each interface, then those of each peer and its links. Values
 * count from the last `clear counters`, or the last one `session` of this session. Rates are known
 * of interfaces only, whose averages the daemon moves on each second anyway; those of 65,535 peers
 * would be work for nobody, and `show counters peer P rates` takes a second for them. Control
 * thread only.
 */
#include "knetd/counters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

#define SCHEMA(rate_flags)                                                      \
	{                                                                       \
		.id = "counters/1", .legend = "", .column_cnt = 6, .columns = { \
			{"where", "Where", KCP_FMT_TEXT},                       \
			{"counter", "Counter", KCP_FMT_TEXT},                   \
			{"value", "Total", KCP_FMT_NUMBER},                     \
			{"per_s", "/s", KCP_FMT_SI | (rate_flags)},             \
			{"meaning", "Meaning", KCP_FMT_TEXT | KCP_FMT_MINOR},   \
			{"error", "Error", KCP_FMT_TEXT | KCP_FMT_HIDDEN},      \
		}                                                               \
	}

static const struct kcp_schema counters_schema = SCHEMA(0);
/* The same, of peers or links only. */
static const struct kcp_schema peers_schema = SCHEMA(KCP_FMT_HIDDEN);

/* Says that the interfaces were shown, and the walk over peers has begun. */
#define AT_PEERS ((void *)1)

/* What the user asked for. */
struct filter {
	struct knd_out *out;
	bool errors, nonzero;
};

static struct filter filter_of(const struct knd_run *run, struct knd_out *out)
{
	return (struct filter){.out = out,
			       .errors = kcl_args_has(run->args, "errors"),
			       .nonzero = kcl_args_has(run->args, "nonzero")};
}

static void counter_row(const struct filter *filter, const char *where,
			const struct knd_counter_def *def, uint64_t value, const double *per_s)
{
	struct knd_out *out = filter->out;

	if ((filter->errors && !def->is_error) || (filter->nonzero && value == 0))
		return;
	knd_row_begin(out);
	knd_row_str(out, "where", where);
	knd_row_str(out, "counter", def->name);
	knd_row_int(out, "value", (int64_t)value);
	if (per_s)
		knd_row_real(out, "per_s", *per_s);
	else
		knd_row_null(out, "per_s");
	knd_row_bool(out, "error", def->is_error);
	knd_row_str(out, "meaning", def->meaning);
	knd_row_end(out);
}

static struct knd_counters counters_of(const struct knd_run *run,
				       const struct knd_iface_view *iface)
{
	return (struct knd_counters){
		.handle = iface->handle,
		.zero = knd_view_zero(run->daemon, iface->config->name, run->who->session)};
}

static void iface_rows(const struct knd_run *run, const struct filter *filter,
		       const struct knd_iface_view *iface)
{
	const struct knd_counters from = counters_of(run, iface);
	struct knet_counter counter[KND_HANDLE_COUNTERS_MAX];
	const size_t cnt = knd_handle_counters(&from, counter);

	for (size_t i = 0; i < cnt; i++) {
		const struct knd_counter_def def = {counter[i].name, counter[i].meaning,
						    counter[i].is_error};
		const double per_s = knd_load_counter_rate(iface->load, i);

		counter_row(filter, iface->config->name, &def, counter[i].value, &per_s);
	}
}

static void link_rows(const struct filter *filter, const struct knd_counters *from,
		      const struct knet_peer_info *peer, unsigned int link)
{
	uint64_t value[KND_LINK_COUNTERS];
	char where[KNET_NAME_LEN + 32];

	if (knd_link_counters(from, peer->id, link, value) < 0)
		return;
	snprintf(where, sizeof(where), "peer %s link %u", peer->name, link);
	for (unsigned int i = 0; i < KND_LINK_COUNTERS; i++)
		counter_row(filter, where, &knd_link_counter_defs[i], value[i], NULL);
}

static void emit_peer(struct knd_run *run, struct knd_out *out, const struct knd_iface_view *iface,
		      uint16_t id)
{
	const struct filter filter = filter_of(run, out);
	const struct knd_counters from = counters_of(run, iface);
	const char *only = kcl_args_text(run->args, "peer");
	uint64_t value[KND_PEER_COUNTERS];
	char where[KNET_NAME_LEN + 32];
	struct knet_peer_info peer;

	if (knet_peer_info_get(iface->handle, id, &peer) != 0 ||
	    knd_peer_counters(&from, id, value) < 0 ||
	    (only != NULL && strcmp(only, peer.name) != 0))
		return;
	snprintf(where, sizeof(where), "peer %s", peer.name);
	for (unsigned int i = 0; i < KND_PEER_COUNTERS && !kcl_args_has(run->args, "link"); i++)
		counter_row(&filter, where, &knd_peer_counter_defs[i], value[i], NULL);
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		link_rows(&filter, &from, &peer, i);
}

/* Rows of the interfaces, from number run->key. Returns 1 if the output is full, else 0. */
static int emit_ifaces(struct knd_run *run, struct knd_out *out)
{
	const struct filter filter = filter_of(run, out);
	const char *only = kcl_args_text(run->args, "interface");
	struct knd_iface_view iface;

	for (; knd_view_iface(run->daemon, run->key, &iface); run->key++) {
		if (iface.handle == NULL || (only && strcmp(only, iface.config->name) != 0))
			continue;
		if (knd_out_full(out))
			return 1;
		iface_rows(run, &filter, &iface);
	}
	run->state = AT_PEERS;
	run->key = 0;
	return 0;
}

/* run->state: NULL while interfaces are shown, then AT_PEERS. */
static int show_counters(struct knd_run *run, struct knd_out *out)
{
	if (!knd_names_must_exist(run, out))
		return -ENOENT;
	if (kcl_args_has(run->args, "peer") || kcl_args_has(run->args, "link"))
		run->state = AT_PEERS;
	if (run->state == NULL && emit_ifaces(run, out) != 0)
		return 1;
	return kcl_args_has(run->args, "interface") ? 0 : knd_each_peer(run, out, emit_peer);
}

static const struct kcp_schema *choose_counters(const struct knd_run *run, bool wants_rows)
{
	const bool has_iface = !kcl_args_has(run->args, "peer") && !kcl_args_has(run->args, "link");

	(void)wants_rows;
	return has_iface ? &counters_schema : &peers_schema;
}

static const struct kcp_schema *const schemas[] = {&counters_schema, NULL};

const struct knd_command knd_cmd_show_counters = {.name = "show_counters",
						  .schemas = schemas,
						  .choose = choose_counters,
						  .next = show_counters};
