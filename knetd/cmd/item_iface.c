// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Items of an interface that are more than one plain member: the interface itself, addresses,
 * timers, our own links, static MACs.
 *
 * Every setter checks all that it can refuse before it changes anything, so that a refused line
 * leaves the configuration as it was.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <string.h>

/* ---- interface NAME -------------------------------------------------------------------------- */

static void iface_place(struct kcl_place *place, const char *name)
{
	*place = (struct kcl_place){.mode = KCL_MODE_IFACE};
	snprintf(place->iface, sizeof(place->iface), "%s", name);
}

static bool interface_enter(const struct kcl_config *config, struct kcl_place *place,
			    const struct kcl_args *args)
{
	const char *name = kcl_args_text(args, "interface");

	if (args->cnt > 2 || !kcl_iface_find(config, name))
		return false;
	iface_place(place, name);
	return true;
}

static int address_append(struct kcl_edit *edit, struct kcl_iface *iface,
			  const struct kcl_prefix *prefix)
{
	for (unsigned int i = 0; i < iface->addr_cnt; i++)
		if (memcmp(&iface->addr[i], prefix, sizeof(*prefix)) == 0)
			return 0;
	if (iface->addr_cnt == KCL_ADDRS_MAX)
		return kcl_edit_refuse(edit, "address", "An interface has at most %u addresses",
				       KCL_ADDRS_MAX);
	iface->addr[iface->addr_cnt++] = *prefix;
	return 0;
}

static int interface_set(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "interface");
	const struct kcl_value *address = kcl_args_find(edit->args, "address");
	const struct kcl_value *node_id = kcl_args_find(edit->args, "node-id");
	struct kcl_iface *iface;
	int rc;

	if (!kcl_iface_find(edit->config, name) && kcl_name_is_reserved(name))
		return kcl_edit_refuse(edit, "interface", "'%s' is a word of the language", name);
	rc = kcl_iface_add(edit->config, name);
	if (rc == -ENOSPC)
		return kcl_edit_refuse(edit, "interface", "There can be at most %u interfaces",
				       KCL_IFACES_MAX);
	if (rc < 0 && rc != -EEXIST)
		return kcl_edit_no_memory(edit);
	iface = kcl_iface_edit(edit->config, name);
	if (!iface)
		return kcl_edit_no_memory(edit);
	rc = node_id ? kcl_node_id_judge(edit, iface) : 0;
	if (rc == 0 && address)
		rc = address_append(edit, iface, &address->prefix);
	if (rc < 0)
		return rc;
	if (node_id)
		iface->node_id = (uint16_t)node_id->number;
	iface_place(edit->place, name);
	return 0;
}

static int interface_unset(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "interface");

	if (kcl_iface_del(edit->config, name) == 0)
		return 0;
	return kcl_edit_refuse(edit, "interface", "There is no interface %s", name);
}

static int interface_reset(struct kcl_edit *edit)
{
	const int rc = interface_unset(edit);

	if (rc < 0)
		return rc;
	if (kcl_iface_add(edit->config, kcl_args_text(edit->args, "interface")) < 0)
		return kcl_edit_no_memory(edit);
	return 0;
}

const struct kcl_ops kcl_ops_interface = {.set = interface_set,
					  .unset = interface_unset,
					  .reset = interface_reset,
					  .enter = interface_enter};

/* ---- address PREFIX -------------------------------------------------------------------------- */

static int address_set(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);

	if (!iface)
		return -EINVAL;
	return address_append(edit, iface, &kcl_args_find(edit->args, "address")->prefix);
}

static int address_unset(struct kcl_edit *edit)
{
	const struct kcl_value *address = kcl_args_find(edit->args, "address");
	struct kcl_iface *iface = kcl_edit_iface(edit);

	if (!iface)
		return -EINVAL;
	if (address->kind == KCL_VALUE_WORD) {
		iface->addr_cnt = 0;
		return 0;
	}
	for (unsigned int i = 0; i < iface->addr_cnt; i++) {
		if (memcmp(&iface->addr[i], &address->prefix, sizeof(address->prefix)) != 0)
			continue;
		iface->addr_cnt--;
		memmove(&iface->addr[i], &iface->addr[i + 1],
			(iface->addr_cnt - i) * sizeof(iface->addr[0]));
		return 0;
	}
	return kcl_edit_refuse(edit, "address", "The interface has no such address");
}

static void address_write(const struct kcl_view *view)
{
	char text[KCL_VALUE_TEXT_MAX];

	for (unsigned int i = 0; i < view->iface->addr_cnt; i++)
		kcl_view_line(view, "address %s", kcl_prefix_format(&view->iface->addr[i], text));
}

const struct kcl_ops kcl_ops_address = {
	.set = address_set, .unset = address_unset, .write = address_write};

/* ---- mac-address ----------------------------------------------------------------------------- */

static int mac_address_unset(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);

	if (!iface)
		return -EINVAL;
	iface->has_mac = false;
	memset(iface->mac, 0, sizeof(iface->mac));
	return 0;
}

static int mac_address_set(struct kcl_edit *edit)
{
	const struct kcl_value *mac = kcl_args_find(edit->args, "mac");
	struct kcl_iface *iface;

	if (!mac)
		return mac_address_unset(edit);
	iface = kcl_edit_iface(edit);
	if (!iface)
		return -EINVAL;
	iface->has_mac = true;
	memcpy(iface->mac, mac->mac, sizeof(iface->mac));
	return 0;
}

static void mac_address_write(const struct kcl_view *view)
{
	char text[KCL_VALUE_TEXT_MAX];

	if (view->iface->has_mac)
		kcl_view_line(view, "mac-address %s", kcl_mac_format(view->iface->mac, text));
	else if (view->all)
		kcl_view_line(view, "mac-address auto");
}

const struct kcl_ops kcl_ops_mac_address = {
	.set = mac_address_set, .unset = mac_address_unset, .write = mac_address_write};

/* ---- timers ---------------------------------------------------------------------------------- */

static int timers_set(struct kcl_edit *edit)
{
	const struct kcl_timers timers = {
		.ping_ms = (uint32_t)kcl_args_uint(edit->args, "ping", 0),
		.timeout_ms = (uint32_t)kcl_args_uint(edit->args, "timeout", 0)};
	struct kcl_iface *iface;

	if (timers.ping_ms >= timers.timeout_ms)
		return kcl_edit_refuse(edit, "timeout", "The timeout must be longer than the ping");
	iface = kcl_edit_iface(edit);
	if (!iface)
		return -EINVAL;
	iface->timers = timers;
	return 0;
}

static int timers_unset(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);

	if (!iface)
		return -EINVAL;
	iface->timers = (struct kcl_timers){.ping_ms = KCL_PING_DEFAULT_MS,
					    .timeout_ms = KCL_TIMEOUT_DEFAULT_MS};
	return 0;
}

static void timers_write(const struct kcl_view *view)
{
	const struct kcl_timers *t = &view->iface->timers;

	if (view->all || t->ping_ms != KCL_PING_DEFAULT_MS ||
	    t->timeout_ms != KCL_TIMEOUT_DEFAULT_MS)
		kcl_view_line(view, "timers ping %u timeout %u", t->ping_ms, t->timeout_ms);
}

const struct kcl_ops kcl_ops_timers = {
	.set = timers_set, .unset = timers_unset, .write = timers_write};

/* ---- link N local, link N shutdown ----------------------------------------------------------- */

static struct kcl_link *link_edit(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);

	return iface ? &iface->link[kcl_args_uint(edit->args, "link", 0)] : NULL;
}

static int link_set(struct kcl_edit *edit)
{
	const struct kcl_value *local = kcl_args_find(edit->args, "local");
	const char *name = kcl_args_text(edit->args, "name");
	struct kcl_link *link = link_edit(edit);

	if (!link)
		return -EINVAL;
	*link = (struct kcl_link){.is_set = true,
				  .is_shutdown = link->is_shutdown,
				  .priority = (uint8_t)kcl_args_uint(edit->args, "priority", 0),
				  .weight = (uint8_t)kcl_args_uint(edit->args, "weight", 0)};
	if (local->kind == KCL_VALUE_ENDPOINT)
		link->local = local->endpoint;
	snprintf(link->name, sizeof(link->name), "%s", name ? name : "");
	return 0;
}

static int link_unset(struct kcl_edit *edit)
{
	struct kcl_link *link = link_edit(edit);

	if (!link)
		return -EINVAL;
	*link = (struct kcl_link){0};
	return 0;
}

static void link_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_link *link = &view->iface->link[i];
		char local[KCL_VALUE_TEXT_MAX], priority[24] = "", weight[24] = "";

		if (!link->is_set)
			continue;
		if (link->priority)
			snprintf(priority, sizeof(priority), " priority %u", link->priority);
		if (link->weight)
			snprintf(weight, sizeof(weight), " weight %u", link->weight);
		kcl_view_line(view, "link %u local %s%s%s%s%s", i,
			      kcl_endpoint_format(&link->local, local), priority, weight,
			      link->name[0] ? " name " : "", link->name);
	}
}

const struct kcl_ops kcl_ops_link = {.set = link_set, .unset = link_unset, .write = link_write};

static int link_shutdown_to(struct kcl_edit *edit, bool is_shutdown)
{
	struct kcl_link *link = link_edit(edit);

	if (!link)
		return -EINVAL;
	link->is_shutdown = is_shutdown;
	return 0;
}

static int link_shutdown_set(struct kcl_edit *edit)
{
	return link_shutdown_to(edit, true);
}

static int link_shutdown_unset(struct kcl_edit *edit)
{
	return link_shutdown_to(edit, false);
}

static void link_shutdown_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		if (view->iface->link[i].is_shutdown)
			kcl_view_line(view, "link %u shutdown", i);
}

const struct kcl_ops kcl_ops_link_shutdown = {
	.set = link_shutdown_set, .unset = link_shutdown_unset, .write = link_shutdown_write};

/* ---- mac-table static ------------------------------------------------------------------------ */

static int mac_static_set(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);
	const char *name = kcl_args_text(edit->args, "peer");
	const struct kcl_peer *peer;
	int rc;

	if (!iface)
		return -EINVAL;
	peer = kcl_peer_find_name(iface, name);
	if (!peer)
		return kcl_edit_refuse(edit, "peer", "There is no peer %s", name);
	rc = kcl_static_set(iface, kcl_args_find(edit->args, "mac")->mac, peer->id);
	if (rc == -ENOSPC)
		return kcl_edit_refuse(edit, "mac", "There can be at most %u static addresses",
				       KCL_STATICS_MAX);
	return rc < 0 ? kcl_edit_no_memory(edit) : 0;
}

static int mac_static_unset(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);

	if (!iface)
		return -EINVAL;
	if (kcl_static_set(iface, kcl_args_find(edit->args, "mac")->mac, 0) < 0)
		return kcl_edit_refuse(edit, "mac", "There is no such static address");
	return 0;
}

static void mac_static_write(const struct kcl_view *view)
{
	const struct kcl_iface *iface = view->iface;
	char mac[KCL_VALUE_TEXT_MAX];

	for (uint32_t i = 0; i < iface->static_cnt; i++) {
		const struct kcl_peer *peer = kcl_peer_find(iface, iface->statics[i].peer_id);

		if (peer)
			kcl_view_line(view, "mac-table static %s peer %s",
				      kcl_mac_format(iface->statics[i].mac, mac), peer->name);
	}
}

const struct kcl_ops kcl_ops_mac_static = {
	.set = mac_static_set, .unset = mac_static_unset, .write = mac_static_write};
