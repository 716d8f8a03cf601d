// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show mac-table`: the forwarding database. A copy is taken of each interface's table when its
 * turn comes, since it may change between two steps. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

static const struct kcp_schema mac_schema = {
	.id = "mac-table/1",
	.legend = "",
	.column_cnt = 8,
	.columns = {{"mac", "MAC", KCP_FMT_TEXT},
		    {"vlan", "VLAN", KCP_FMT_INT},
		    {"peer", "Peer", KCP_FMT_TEXT},
		    {"type", "Type", KCP_FMT_TEXT},
		    {"age_s", "Age", KCP_FMT_SECONDS},
		    {"moves", "Moves", KCP_FMT_NUMBER},
		    {"packets", "Packets", KCP_FMT_SI},
		    {"interface", "Interface", KCP_FMT_TEXT | KCP_FMT_HIDDEN}},
};

static const struct kcp_schema count_schema = {
	.id = "mac-table-count/1",
	.legend = "",
	.column_cnt = 5,
	.columns = {{"interface", "Interface", KCP_FMT_TEXT},
		    {"dynamic", "Dynamic", KCP_FMT_NUMBER},
		    {"static", "Static", KCP_FMT_NUMBER},
		    {"limit", "Limit", KCP_FMT_NUMBER},
		    {"aging_s", "Aging", KCP_FMT_SECONDS | KCP_FMT_HIDDEN}},
};

/* A copy of one interface's table. */
struct copy {
	struct knet_fdb_info *rows;
	size_t cnt, room;
	bool failed;
};

static bool copy_add(void *ctx, const struct knet_fdb_info *info)
{
	struct copy *c = ctx;

	if (c->cnt == c->room) {
		size_t room = c->room == 0 ? 256 : c->room * 2;
		struct knet_fdb_info *rows = realloc(c->rows, room * sizeof(*rows));

		if (rows == NULL) {
			c->failed = true;
			return false;
		}
		c->rows = rows;
		c->room = room;
	}
	c->rows[c->cnt++] = *info;
	return true;
}

static void mac_row(struct knd_out *out, const struct knd_iface_view *iface,
		    const struct knet_fdb_info *m)
{
	const struct kcl_peer *peer = kcl_peer_find(iface->config, m->peer);
	char mac[KCL_VALUE_TEXT_MAX];

	knd_row_begin(out);
	knd_row_str(out, "interface", iface->config->name);
	knd_row_str(out, "mac", kcl_mac_format(m->mac, mac));
	knd_row_int(out, "vlan", m->vlan);
	knd_row_str(out, "peer", peer != NULL ? peer->name : NULL);
	knd_row_str(out, "type", m->is_static ? "static" : "dynamic");
	knd_row_known(out, "age_s", m->is_static ? -1 : (int64_t)m->age_s);
	knd_row_int(out, "moves", m->moves);
	knd_row_int(out, "packets", (int64_t)m->frames);
	knd_row_end(out);
}

static bool is_wanted(const struct knd_run *run, const struct knd_iface_view *iface,
		      const struct knet_fdb_info *m)
{
	const struct kcl_value *mac = kcl_args_find(run->args, "mac");
	const char *name = kcl_args_text(run->args, "peer");
	const struct kcl_peer *peer;

	if (mac != NULL)
		return memcmp(mac->mac, m->mac, sizeof(m->mac)) == 0;
	if (kcl_args_has(run->args, "dynamic"))
		return !m->is_static;
	if (kcl_args_has(run->args, "static"))
		return m->is_static;
	if (name == NULL)
		return true;
	peer = kcl_peer_find(iface->config, m->peer);
	return peer != NULL && strcmp(peer->name, name) == 0;
}

struct sums {
	int64_t dynamic, fixed;
};

static bool entry_count(void *ctx, const struct knet_fdb_info *info)
{
	struct sums *sums = ctx;

	if (info->is_static)
		sums->fixed++;
	else
		sums->dynamic++;
	return true;
}

static int show_counts(struct knd_run *run, struct knd_out *out)
{
	struct knd_iface_view iface;

	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		struct sums sums = {0, 0};

		if (iface.handle != NULL)
			knet_fdb_walk(iface.handle, entry_count, &sums);
		knd_row_begin(out);
		knd_row_str(out, "interface", iface.config->name);
		knd_row_int(out, "dynamic", sums.dynamic);
		knd_row_int(out, "static", sums.fixed);
		knd_row_int(out, "limit", iface.config->mac_limit);
		knd_row_int(out, "aging_s", iface.config->aging_s);
		knd_row_end(out);
	}
	return 0;
}

/* run->key: interface << 32 | rows shown; run->state: the copy of that interface's table. */
static int show_rows(struct knd_run *run, struct knd_out *out)
{
	struct copy *c = run->state != NULL ? run->state : calloc(1, sizeof(*c));
	struct knd_iface_view iface;

	if (c == NULL)
		return -ENOMEM;
	run->state = c;
	for (size_t i = run->key >> 32; knd_view_iface(run->daemon, i, &iface); i++) {
		size_t at = run->key & UINT32_MAX;

		if (at == 0 && iface.handle != NULL) {
			c->cnt = 0;
			knet_fdb_walk(iface.handle, copy_add, c);
		}
		if (c->failed)
			return -ENOMEM;
		for (; iface.handle != NULL && at < c->cnt; at++) {
			if (knd_out_full(out)) {
				run->key = (uint64_t)i << 32 | at;
				return 1;
			}
			if (is_wanted(run, &iface, &c->rows[at]))
				mac_row(out, &iface, &c->rows[at]);
		}
		run->key = (uint64_t)(i + 1) << 32;
	}
	return 0;
}

static int show_mac_table(struct knd_run *run, struct knd_out *out)
{
	const char *name = kcl_args_text(run->args, "peer");

	if (kcl_args_has(run->args, "count"))
		return show_counts(run, out);
	if (name != NULL && !knd_peer_must_exist(run, out, name))
		return -ENOENT;
	return show_rows(run, out);
}

static const struct kcp_schema *choose_mac(const struct knd_run *run, bool wants_rows)
{
	(void)wants_rows;
	return kcl_args_has(run->args, "count") ? &count_schema : &mac_schema;
}

static void mac_table_close(struct knd_run *run)
{
	struct copy *c = run->state;

	if (c != NULL)
		free(c->rows);
	free(c);
}

static bool mac_legend(const struct knd_run *run, char *out, size_t size)
{
	struct knet_handle_info info;
	struct knd_iface_view iface;
	size_t used = 0;

	if (kcl_args_has(run->args, "count"))
		return false;
	for (size_t i = 0; used < size && knd_view_iface(run->daemon, i, &iface); i++) {
		if (iface.handle == NULL)
			continue;
		knet_handle_info_get(iface.handle, &info);
		used += (size_t)snprintf(out + used, size - used,
					 "%s%s: %u entr%s, limit %u, aging %u s", used ? "; " : "",
					 iface.config->name, info.fdb_entries,
					 info.fdb_entries == 1 ? "y" : "ies",
					 iface.config->mac_limit, iface.config->aging_s);
	}
	return used > 0;
}

static const struct kcp_schema *const schemas[] = {&mac_schema, &count_schema, NULL};

const struct knd_command knd_cmd_show_mac_table = {.name = "show_mac_table",
						   .schemas = schemas,
						   .choose = choose_mac,
						   .legend = mac_legend,
						   .next = show_mac_table,
						   .close = mac_table_close};
