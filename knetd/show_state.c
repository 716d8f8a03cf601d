// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show version`, `show interfaces`: the state of the daemon and of each interface. Control thread
 * only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "knetd/cmd/kcl.h"
#include "knetd/cmd/plural.h"
#include "knetd/commands.h"

static const struct kcp_schema version_schema = {
	.id = "version/1",
	.legend = "",
	.column_cnt = 11,
	.columns = {{"version", "Version", KCP_FMT_TEXT},
		    {"protocol", "Protocol", KCP_FMT_INT},
		    {"machine", "Machine", KCP_FMT_TEXT},
		    {"up_s", "Up", KCP_FMT_SECONDS},
		    {"pid", "Pid", KCP_FMT_INT},
		    {"generation", "Generation", KCP_FMT_INT},
		    {"saved", "Saved", KCP_FMT_TEXT},
		    {"crypto", "Crypto", KCP_FMT_TEXT},
		    {"cpus", "CPUs", KCP_FMT_INT},
		    {"workers", "Workers", KCP_FMT_INT},
		    {"since", "Since", KCP_FMT_TIME | KCP_FMT_HIDDEN}},
};

static const char *crypto_name(void *daemon)
{
	struct knd_iface_view iface;

	for (size_t i = 0; knd_view_iface(daemon, i, &iface); i++)
		if (iface.handle != NULL)
			return knet_aead_backend_name(iface.handle);
	return "not in use";
}

/* Packet threads of all interfaces. */
static unsigned int worker_cnt(void *daemon)
{
	struct knd_iface_view iface;
	struct knet_handle_info info;
	unsigned int cnt = 0;

	for (size_t i = 0; knd_view_iface(daemon, i, &iface); i++) {
		if (iface.handle == NULL)
			continue;
		knet_handle_info_get(iface.handle, &info);
		cnt += info.workers;
	}
	return cnt;
}

static void version_row(struct knd_run *run, struct knd_out *out, const char *machine)
{
	knd_row_begin(out);
	knd_row_str(out, "version", PACKAGE_VERSION);
	knd_row_int(out, "protocol", KNET_PROTOCOL);
	knd_row_str(out, "machine", machine);
	knd_row_int(out, "up_s", knd_age_s(knd_view_started_ns(run->daemon)));
	knd_row_since(out, "since", knd_view_started_ns(run->daemon));
	knd_row_int(out, "pid", getpid());
	knd_row_int(out, "generation", (int64_t)knd_view_generation(run->daemon));
	knd_row_bool(out, "saved", !knd_view_is_unsaved(run->daemon));
	knd_row_str(out, "crypto", crypto_name(run->daemon));
	knd_row_int(out, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	knd_row_int(out, "workers", worker_cnt(run->daemon));
	knd_row_end(out);
}

static int show_version(struct knd_run *run, struct knd_out *out)
{
	struct utsname u;
	int64_t up = knd_age_s(knd_view_started_ns(run->daemon));
	const unsigned int workers = worker_cnt(run->daemon);
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	uname(&u);
	if (knd_out_wants_rows(out)) {
		version_row(run, out, u.machine);
		return 0;
	}
	knd_out_line(out, "knetd %s, protocol %d, %s", PACKAGE_VERSION, KNET_PROTOCOL, u.machine);
	knd_out_line(
		out,
		"Up %lldd %02lld:%02lld:%02lld, pid %d, config generation %llu (%s), crypto %s, "
		"%u worker%s on %ld CPU%s",
		(long long)(up / 86400), (long long)(up / 3600 % 24), (long long)(up / 60 % 60),
		(long long)(up % 60), (int)getpid(),
		(unsigned long long)knd_view_generation(run->daemon),
		knd_view_is_unsaved(run->daemon) ? "not saved" : "saved", crypto_name(run->daemon),
		workers, knd_plural(workers), cpus, knd_plural((unsigned long long)cpus));
	return 0;
}

static const struct kcp_schema *choose_version(const struct knd_run *run, bool wants_rows)
{
	(void)run;
	return wants_rows ? &version_schema : NULL;
}

static const struct kcp_schema *const version_schemas[] = {&version_schema, NULL};

const struct knd_command knd_cmd_show_version = {.name = "show_version",
						 .schemas = version_schemas,
						 .choose = choose_version,
						 .next = show_version};

/* ---- interfaces ------------------------------------------------------------------------------ */

static const struct kcp_schema interfaces_schema = {
	.id = "interfaces/1",
	.legend = "",
	.column_cnt = 27,
	.columns = {{"interface", "Interface", KCP_FMT_TEXT},
		    {"state", "State", KCP_FMT_TEXT},
		    {"node_id", "Node", KCP_FMT_INT | KCP_FMT_MINOR},
		    {"address", "Address", KCP_FMT_TEXT},
		    {"mtu", "MTU", KCP_FMT_INT | KCP_FMT_MINOR},
		    {"peers_up/peers", "Peers", KCP_FMT_RATIO},
		    {"links_up/links", "Links", KCP_FMT_RATIO},
		    {"rx_bits_per_s", "RX bit/s", KCP_FMT_BITRATE},
		    {"tx_bits_per_s", "TX bit/s", KCP_FMT_BITRATE},
		    {"description", "Description", KCP_FMT_TEXT},
		    {"rx_frames_per_s", "RX frames/s", KCP_FMT_SI | KCP_FMT_HIDDEN},
		    {"tx_frames_per_s", "TX frames/s", KCP_FMT_SI | KCP_FMT_HIDDEN},
		    {"load_interval_s", "Load interval", KCP_FMT_SECONDS | KCP_FMT_HIDDEN},
		    {"rx_bytes", "RX", KCP_FMT_BYTES | KCP_FMT_HIDDEN},
		    {"tx_bytes", "TX", KCP_FMT_BYTES | KCP_FMT_HIDDEN},
		    {"rx_frames", "RX frames", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"tx_frames", "TX frames", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"macs", "MACs", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"policy", "Policy", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"suite", "Suite", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"local_links", "Local links", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"workers", "Workers", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"storm_guard", "Storm guard", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"storm_pps", "Storm guard/s", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"storm_dropped", "Storm dropped", KCP_FMT_NUMBER | KCP_FMT_HIDDEN},
		    {"warning", "Warning", KCP_FMT_TEXT | KCP_FMT_HIDDEN},
		    {"offloads", "Offloads", KCP_FMT_TEXT | KCP_FMT_HIDDEN}},
};

static void row_addresses(struct knd_out *out, const struct kcl_iface *config)
{
	json_t *list = json_array();
	char text[80];

	for (uint32_t i = 0; i < config->addr_cnt; i++) {
		kcl_prefix_format(&config->addr[i], text);
		json_array_append_new(list, json_string(text));
	}
	knd_row_json(out, "address", list);
}

static json_t *local_link(const struct knd_iface_view *iface, const struct knet_handle_info *info,
			  unsigned int i)
{
	const char *trouble = iface->link_trouble[i];
	char text[64];

	knd_format_addr(&info->local[i].local, text, sizeof(text));
	return json_pack("{s:i,s:s?,s:i,s:b,s:b,s:s?}", "link", (int)i, "local",
			 info->local[i].open ? text : NULL, "priority",
			 (int)info->local[i].priority, "open", (int)info->local[i].open, "usable",
			 (int)info->local[i].usable, "trouble",
			 trouble && *trouble ? trouble : NULL);
}

/* Those that are open, and those that should be. */
static void row_local_links(struct knd_out *out, const struct knd_iface_view *iface,
			    const struct knet_handle_info *info)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (info->local[i].open || (iface->link_trouble[i] && *iface->link_trouble[i]))
			json_array_append_new(list, local_link(iface, info, i));
	knd_row_json(out, "local_links", list);
}

static void row_offloads(struct knd_out *out, unsigned int offloads)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < KNET_OFFLOAD_COUNT; i++)
		if (offloads & (1U << i))
			json_array_append_new(list,
					      json_string(knet_offload_name((enum knet_offload)i)));
	knd_row_json(out, "offloads", list);
}

/* "offloads of the kernel: a b; without: c" */
static void offloads_line(struct knd_out *out, unsigned int offloads)
{
	char have[128] = "", lack[128] = "";

	for (unsigned int i = 0; i < KNET_OFFLOAD_COUNT; i++) {
		char *to = offloads & (1U << i) ? have : lack;
		size_t len = strlen(to);

		snprintf(to + len, sizeof(have) - len, " %s",
			 knet_offload_name((enum knet_offload)i));
	}
	knd_out_line(out, "  offloads of the kernel:%s%s%s", *have ? have : " none",
		     *lack ? "; without:" : "", lack);
}

static const char *storm_guard_mode(const struct kcl_iface *config)
{
	const char *word = kcl_storm_guard_name(config->storm_pps);

	return word ? word : "set";
}

/* How it is set, and what that comes to: unknown without a limit. */
static void row_storm_guard(struct knd_out *out, const struct kcl_iface *config,
			    const struct knet_handle_info *info)
{
	knd_row_str(out, "storm_guard", storm_guard_mode(config));
	knd_row_known(out, "storm_pps", info->storm_pps == 0 ? -1 : (int64_t)info->storm_pps);
	knd_row_int(out, "storm_dropped", (int64_t)info->storm_dropped);
}

static int64_t rate(const struct knd_iface_view *iface, enum knd_load_of of)
{
	return iface->load != NULL ? knd_load_rate(iface->load, of) : 0;
}

static void row_load(struct knd_out *out, const struct knd_iface_view *iface)
{
	knd_row_int(out, "rx_bits_per_s", rate(iface, KND_LOAD_RX_BYTES));
	knd_row_int(out, "tx_bits_per_s", rate(iface, KND_LOAD_TX_BYTES));
	knd_row_int(out, "rx_frames_per_s", rate(iface, KND_LOAD_RX_FRAMES));
	knd_row_int(out, "tx_frames_per_s", rate(iface, KND_LOAD_TX_FRAMES));
	knd_row_int(out, "load_interval_s", iface->config->load_interval_s);
}

static void load_detail(struct knd_out *out, const struct knd_iface_view *iface)
{
	knd_out_line(out,
		     "  %u second rate: received %lld bit/s, %lld frames/s; sent %lld bit/s, %lld "
		     "frames/s",
		     iface->config->load_interval_s, (long long)rate(iface, KND_LOAD_RX_BYTES),
		     (long long)rate(iface, KND_LOAD_RX_FRAMES),
		     (long long)rate(iface, KND_LOAD_TX_BYTES),
		     (long long)rate(iface, KND_LOAD_TX_FRAMES));
}

static void interface_row(struct knd_out *out, const struct knd_iface_view *iface)
{
	struct knet_handle_info info;

	memset(&info, 0, sizeof(info));
	if (iface->handle != NULL)
		knet_handle_info_get(iface->handle, &info);
	knd_row_begin(out);
	knd_row_str(out, "interface", iface->config->name);
	knd_row_str(out, "state", iface->state);
	knd_row_int(out, "node_id", iface->config->node_id);
	row_addresses(out, iface->config);
	knd_row_known(out, "mtu", iface->mtu == 0 ? -1 : (int64_t)iface->mtu);
	knd_row_int(out, "peers_up", info.peers_up + info.peers_degraded);
	knd_row_int(out, "peers", iface->config->peer_cnt);
	knd_row_int(out, "links_up", info.links_up);
	knd_row_int(out, "links", info.links);
	knd_row_int(out, "rx_frames", (int64_t)info.rx_frames);
	knd_row_int(out, "tx_frames", (int64_t)info.tx_frames);
	knd_row_int(out, "rx_bytes", (int64_t)info.rx_bytes);
	knd_row_int(out, "tx_bytes", (int64_t)info.tx_bytes);
	row_load(out, iface);
	knd_row_int(out, "macs", info.fdb_entries);
	knd_row_int(out, "workers", info.workers);
	row_storm_guard(out, iface->config, &info);
	row_offloads(out, info.offloads);
	knd_row_str(out, "policy", kcl_policy_name(iface->config->policy));
	knd_row_str(out, "suite", kcl_suite_name(iface->config->suite));
	row_local_links(out, iface, &info);
	knd_row_str(out, "warning", iface->warning && *iface->warning ? iface->warning : NULL);
	knd_row_str(out, "description", iface->config->description);
	knd_row_end(out);
}

static void local_link_detail(struct knd_out *out, const struct knd_iface_view *iface,
			      const struct knet_handle_info *info, unsigned int i)
{
	const char *trouble = iface->link_trouble[i] ? iface->link_trouble[i] : "";
	char text[64];

	if (info->local[i].open)
		knd_out_line(out, "  link %u: local %s, priority %u, %s, device MTU %u", i,
			     knd_format_addr(&info->local[i].local, text, sizeof(text)),
			     info->local[i].priority, info->local[i].usable ? "usable" : trouble,
			     iface->link_mtu[i]);
	else if (*trouble)
		knd_out_line(out, "  link %u: not open: %s", i, trouble);
}

static void storm_guard_detail(struct knd_out *out, const struct kcl_iface *c,
			       const struct knet_handle_info *info)
{
	if (info->storm_pps == 0)
		knd_out_line(out, "  storm guard %s: no limit", storm_guard_mode(c));
	else
		knd_out_line(
			out,
			"  storm guard %s: %u frames/s of each source to all peers; %llu dropped",
			storm_guard_mode(c), info->storm_pps,
			(unsigned long long)info->storm_dropped);
}

static void interface_detail(struct knd_out *out, const struct knd_iface_view *iface)
{
	const struct kcl_iface *c = iface->config;
	struct knet_handle_info info;
	char text[80];

	knd_out_line(out, "Interface %s: %s; node %u, policy %s, suite %s", c->name, iface->state,
		     c->node_id, kcl_policy_name(c->policy), kcl_suite_name(c->suite));
	if (c->description != NULL)
		knd_out_line(out, "  \"%s\"", c->description);
	for (uint32_t i = 0; i < c->addr_cnt; i++) {
		kcl_prefix_format(&c->addr[i], text);
		knd_out_line(out, "  address %s", text);
	}
	if (iface->handle == NULL)
		return;
	knet_handle_info_get(iface->handle, &info);
	knd_out_line(out, "  MTU %u, crypto %s, %u worker%s", iface->mtu,
		     knet_aead_backend_name(iface->handle), info.workers, knd_plural(info.workers));
	offloads_line(out, info.offloads);
	knd_out_line(out,
		     "  peers: %u up, %u degraded, %u down, %u never; links up %u of %u; %u MAC%s",
		     info.peers_up, info.peers_degraded, info.peers_down, info.peers_never,
		     info.links_up, info.links, info.fdb_entries, knd_plural(info.fdb_entries));
	knd_out_line(out, "  received %llu frame%s, %llu bytes; sent %llu frame%s, %llu bytes",
		     (unsigned long long)info.rx_frames, knd_plural(info.rx_frames),
		     (unsigned long long)info.rx_bytes, (unsigned long long)info.tx_frames,
		     knd_plural(info.tx_frames), (unsigned long long)info.tx_bytes);
	load_detail(out, iface);
	storm_guard_detail(out, c, &info);
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		local_link_detail(out, iface, &info, i);
	if (iface->warning && *iface->warning)
		knd_out_line(out, "  warning: %s", iface->warning);
}

static int show_interfaces(struct knd_run *run, struct knd_out *out)
{
	const char *only = kcl_args_text(run->args, "interface");
	struct knd_iface_view iface;

	if (!knd_names_must_exist(run, out))
		return -ENOENT;
	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		if (only != NULL && strcmp(only, iface.config->name) != 0)
			continue;
		if (only != NULL && !knd_out_wants_rows(out))
			interface_detail(out, &iface);
		else
			interface_row(out, &iface);
	}
	return 0;
}

/* Bare `show interfaces` and `brief` are the same table; a name asks for everything as a text. */
static const struct kcp_schema *choose_interfaces(const struct knd_run *run, bool wants_rows)
{
	if (!wants_rows && kcl_args_text(run->args, "interface") != NULL)
		return NULL;
	return &interfaces_schema;
}

static const struct kcp_schema *const interfaces_schemas[] = {&interfaces_schema, NULL};

const struct knd_command knd_cmd_show_interfaces = {.name = "show_interfaces",
						    .schemas = interfaces_schemas,
						    .choose = choose_interfaces,
						    .next = show_interfaces};
