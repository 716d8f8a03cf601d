// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A configuration as text: what is not default, in the order of commands.def, peers by id. A peer
 * whose addresses are all that there is to say is one line. Reading the text gives the same
 * configuration again.
 */
#include "knetd/cmd/internal.h"

#include <string.h>

/* True if the peer's line needs no others. */
static bool fits_line(const struct kcl_peer *peer)
{
	const unsigned int mask = peer->link_mask;

	if (peer->description || peer->is_shutdown || peer->policy != KCL_POLICY_INHERIT)
		return false;
	if (mask & (mask + 1)) /* not the links 0 to n */
		return false;
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_peer_link *link = kcl_peer_link_find(peer, i);

		if (kcl_peer_link_text(peer, i))
			return false;
		if (link && (link->remote.family == AF_UNSPEC || link->local.family != AF_UNSPEC ||
			     link->timers.ping_ms || link->priority >= 0 || link->pong_count ||
			     link->roaming || link->is_shutdown))
			return false;
	}
	return mask != 0;
}

static void peer_line_write(const struct kcl_view *view)
{
	const struct kcl_peer *peer = view->peer;
	char line[KCL_LINKS_MAX * KCL_VALUE_TEXT_MAX + 256], text[KCL_VALUE_TEXT_MAX];
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "peer %s %u", peer->name, peer->id);
	if (peer->has_key)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " public-key %s",
					 kcl_key_format(peer->key, text));
	for (int i = 0; i < __builtin_popcount(peer->link_mask); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " %s",
					 kcl_endpoint_format(&peer->link[i].remote, text));
	if (peer->group)
		snprintf(line + used, sizeof(line) - used, " group %s", peer->group);
	kcl_view_line(view, "%s", line);
}

void kcl_peer_write(const struct kcl_iface *iface, const struct kcl_peer *peer, kcl_write_fn write,
		    void *arg)
{
	struct kcl_view view = {
		.iface = iface, .peer = peer, .write = write, .arg = arg, .indent = 1};

	if (fits_line(peer)) {
		peer_line_write(&view);
		return;
	}
	kcl_view_line(&view, "peer %s %u", peer->name, peer->id);
	view.indent = 2;
	kcl_items_write(&view, KCL_MODE_PEER, NULL, NULL);
	view.indent = 1;
	kcl_view_line(&view, "exit");
}

static void iface_head_write(struct kcl_view view)
{
	kcl_view_line(&view, "interface %s", view.iface->name);
	view.indent = 1;
	kcl_items_write(&view, KCL_MODE_IFACE, NULL, "peer");
}

void kcl_iface_write_head(const struct kcl_iface *iface, kcl_write_fn write, void *arg)
{
	iface_head_write((struct kcl_view){.iface = iface, .write = write, .arg = arg});
}

void kcl_iface_write_head_all(const struct kcl_iface *iface, kcl_write_fn write, void *arg)
{
	iface_head_write(
		(struct kcl_view){.iface = iface, .write = write, .arg = arg, .all = true});
}

void kcl_iface_write_tail(const struct kcl_iface *iface, kcl_write_fn write, void *arg)
{
	struct kcl_view view = {.iface = iface, .write = write, .arg = arg, .indent = 1};

	kcl_items_write(&view, KCL_MODE_IFACE, "peer", NULL);
	view.indent = 0;
	kcl_view_line(&view, "exit");
}

void kcl_iface_write(const struct kcl_iface *iface, kcl_write_fn write, void *arg)
{
	const struct kcl_peer *peer = NULL;

	kcl_iface_write_head(iface, write, arg);
	while ((peer = kcl_peer_next(iface, peer ? peer->id : 0)))
		kcl_peer_write(iface, peer, write, arg);
	kcl_iface_write_tail(iface, write, arg);
}

static void config_head_write(const struct kcl_view *view)
{
	kcl_items_write(view, KCL_MODE_CONFIG, NULL, "interface");
	kcl_groups_write(view);
}

void kcl_config_write_head(const struct kcl_config *config, kcl_write_fn write, void *arg)
{
	config_head_write(&(struct kcl_view){.config = config, .write = write, .arg = arg});
}

void kcl_config_write_head_all(const struct kcl_config *config, kcl_write_fn write, void *arg)
{
	config_head_write(
		&(struct kcl_view){.config = config, .write = write, .arg = arg, .all = true});
}

void kcl_config_write(const struct kcl_config *config, kcl_write_fn write, void *arg)
{
	kcl_config_write_head(config, write, arg);
	for (unsigned int i = 0; i < config->iface_cnt; i++)
		kcl_iface_write(config->iface[i], write, arg);
}

static void group_write(const struct kcl_group *group, kcl_write_fn write, void *arg)
{
	const struct kcl_view view = {.write = write, .arg = arg};

	kcl_group_write(&view, group);
}

void kcl_place_write(const struct kcl_place *place, const struct kcl_config *config,
		     kcl_write_fn write, void *arg)
{
	const struct kcl_iface *iface = kcl_iface_find(config, place->iface);
	const struct kcl_peer *peer = iface ? kcl_peer_find(iface, place->peer_id) : NULL;

	const struct kcl_group *group = kcl_group_find(config->groups, place->name);
	uint16_t id = 0;

	if (place->mode <= KCL_MODE_CONFIG)
		kcl_config_write(config, write, arg);
	else if (place->mode == KCL_MODE_IFACE && iface)
		kcl_iface_write(iface, write, arg);
	else if (place->mode == KCL_MODE_GROUP && group)
		group_write(group, write, arg);
	else if (place->mode == KCL_MODE_RANGE && iface)
		while ((peer = kcl_range_next(iface, place->name, id))) {
			kcl_peer_write(iface, peer, write, arg);
			id = peer->id;
		}
	else if ((place->mode == KCL_MODE_PEER || place->mode == KCL_MODE_LINK) && peer)
		kcl_peer_write(iface, peer, write, arg);
}
