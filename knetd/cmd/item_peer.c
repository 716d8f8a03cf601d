// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Items of peers and their links. The lines of a link stand in the peer's mode with `link N` before
 * them, and in the link's own mode without: the same operations, which take the number from where
 * it is.
 *
 * Every setter checks all that it can refuse before it changes anything.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <string.h>

/* ---- peer NAME ID ... ------------------------------------------------------------------------ */

/* Endpoints of the line, as indexes of its values; how many. */
static unsigned int endpoints_find(const struct kcl_args *args, unsigned int at[KCL_LINKS_MAX])
{
	unsigned int cnt = 0;

	for (unsigned int i = 0; i < args->cnt && cnt < KCL_LINKS_MAX; i++)
		if (args->value[i].kind == KCL_VALUE_ENDPOINT)
			at[cnt++] = i;
	return cnt;
}

static void peer_place(struct kcl_place *place, uint16_t id)
{
	place->mode = KCL_MODE_PEER;
	place->peer_id = id;
}

static bool peer_enter(const struct kcl_config *config, struct kcl_place *place,
		       const struct kcl_args *args)
{
	const struct kcl_iface *iface = kcl_iface_find(config, place->iface);
	const struct kcl_peer *peer;

	if (!iface || args->cnt > 3)
		return false;
	peer = kcl_peer_find_name(iface, kcl_args_text(args, "peer"));
	if (!peer || kcl_args_uint(args, "id", peer->id) != peer->id)
		return false;
	peer_place(place, peer->id);
	return true;
}

/* Whether a line may name this peer so. 0 or -EINVAL. */
static int peer_judge(struct kcl_edit *edit, const struct kcl_iface *iface, const char *name,
		      uint64_t id)
{
	const struct kcl_peer *peer = kcl_peer_find_name(iface, name);
	const struct kcl_peer *other = id ? kcl_peer_find(iface, (uint16_t)id) : NULL;

	if (!peer && !id)
		return kcl_edit_refuse(edit, "peer", "There is no peer %s; to make it, add its id",
				       name);
	if (peer && id && peer->id != id)
		return kcl_edit_refuse(edit, "id", "Peer %s has the id %u", name, peer->id);
	if (other && other != peer)
		return kcl_edit_refuse(edit, "id", "Id %u is that of peer %s", other->id,
				       other->name);
	if (id && id == iface->node_id)
		return kcl_edit_refuse(edit, "id", "Id %u is our own node-id", iface->node_id);
	if (!peer && kcl_name_is_reserved(name))
		return kcl_edit_refuse(edit, "peer", "'%s' is a word of the language", name);
	return 0;
}

/* Key and endpoints of the line. */
static int peer_fill(struct kcl_edit *edit, struct kcl_iface *iface, uint16_t id)
{
	const struct kcl_value *key = kcl_args_find(edit->args, "public-key");
	unsigned int at[KCL_LINKS_MAX];
	const unsigned int cnt = endpoints_find(edit->args, at);

	for (unsigned int i = 0; i < cnt; i++) {
		struct kcl_peer_link *link = kcl_peer_link_edit(iface, id, i);

		if (!link)
			return kcl_edit_no_memory(edit);
		link->remote = edit->args->value[at[i]].endpoint;
	}
	if (key) {
		struct kcl_peer *peer = kcl_peer_edit(iface, id);

		if (!peer)
			return kcl_edit_no_memory(edit);
		peer->has_key = true;
		memcpy(peer->key, kcl_args_find(edit->args, "key")->key, KCL_KEY_LEN);
	}
	if (!cnt)
		peer_place(edit->place, id);
	return 0;
}

static int peer_set(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);
	const char *name = kcl_args_text(edit->args, "peer");
	uint64_t id = kcl_args_uint(edit->args, "id", 0);

	if (!iface || peer_judge(edit, iface, name, id) < 0)
		return -EINVAL;
	if (!id)
		id = kcl_peer_find_name(iface, name)->id;
	if (!kcl_peer_find(iface, (uint16_t)id) && kcl_peer_add(iface, (uint16_t)id, name) < 0)
		return kcl_edit_no_memory(edit);
	return peer_fill(edit, iface, (uint16_t)id);
}

/* Static MACs behind a peer go with it. */
static void statics_drop(struct kcl_iface *iface, uint16_t id)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < iface->static_cnt; i++)
		if (iface->statics[i].peer_id != id)
			iface->statics[kept++] = iface->statics[i];
	iface->static_cnt = kept;
}

static int peer_unset(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);
	const char *name = kcl_args_text(edit->args, "peer");
	const struct kcl_peer *peer;
	uint16_t id;

	if (!iface)
		return -EINVAL;
	peer = kcl_peer_find_name(iface, name);
	if (!peer)
		return kcl_edit_refuse(edit, "peer", "There is no peer %s", name);
	id = peer->id;
	if (kcl_args_uint(edit->args, "id", id) != id)
		return kcl_edit_refuse(edit, "id", "Peer %s has the id %u", name, id);
	if (kcl_peer_del(iface, id) < 0)
		return kcl_edit_no_memory(edit);
	statics_drop(iface, id);
	return 0;
}

const struct kcl_ops kcl_ops_peer = {.set = peer_set, .unset = peer_unset, .enter = peer_enter};

/* ---- public-key ------------------------------------------------------------------------------ */

static int peer_key_set(struct kcl_edit *edit)
{
	struct kcl_peer *peer = kcl_edit_peer(edit);

	if (!peer)
		return -EINVAL;
	peer->has_key = true;
	memcpy(peer->key, kcl_args_find(edit->args, "key")->key, KCL_KEY_LEN);
	return 0;
}

static int peer_key_unset(struct kcl_edit *edit)
{
	struct kcl_peer *peer = kcl_edit_peer(edit);

	if (!peer)
		return -EINVAL;
	peer->has_key = false;
	memset(peer->key, 0, KCL_KEY_LEN);
	return 0;
}

static void peer_key_write(const struct kcl_view *view)
{
	char key[KCL_VALUE_TEXT_MAX];

	if (view->peer->has_key)
		kcl_view_line(view, "public-key %s", kcl_key_format(view->peer->key, key));
}

const struct kcl_ops kcl_ops_peer_key = {
	.set = peer_key_set, .unset = peer_key_unset, .write = peer_key_write};

/* ---- link N ---------------------------------------------------------------------------------- */

static unsigned int link_number(const struct kcl_edit *edit)
{
	if (edit->place->mode == KCL_MODE_LINK)
		return edit->place->link;
	return (unsigned int)kcl_args_uint(edit->args, "link", 0);
}

/* The link, made if it is not there unless `must_exist`. */
static struct kcl_peer_link *link_edit(struct kcl_edit *edit, bool must_exist)
{
	const unsigned int number = link_number(edit);
	struct kcl_iface *iface = kcl_edit_iface(edit);
	struct kcl_peer *peer = iface ? kcl_edit_peer(edit) : NULL;
	struct kcl_peer_link *link;

	if (!peer)
		return NULL;
	if (must_exist && !kcl_peer_link_find(peer, number)) {
		(void)kcl_edit_refuse(edit, "link",
				      "Peer %s has no link %u; first give it a remote", peer->name,
				      number);
		return NULL;
	}
	link = kcl_peer_link_edit(iface, peer->id, number);
	if (!link)
		(void)kcl_edit_no_memory(edit);
	return link;
}

static bool peer_link_enter(const struct kcl_config *config, struct kcl_place *place,
			    const struct kcl_args *args)
{
	const struct kcl_iface *iface = kcl_iface_find(config, place->iface);
	const struct kcl_peer *peer = iface ? kcl_peer_find(iface, place->peer_id) : NULL;
	const unsigned int number = (unsigned int)kcl_args_uint(args, "link", 0);

	if (!peer || !kcl_peer_link_find(peer, number))
		return false;
	place->mode = KCL_MODE_LINK;
	place->link = (uint8_t)number;
	return true;
}

static int peer_link_set(struct kcl_edit *edit)
{
	const unsigned int number = link_number(edit);

	if (!link_edit(edit, false))
		return -EINVAL;
	edit->place->mode = KCL_MODE_LINK;
	edit->place->link = (uint8_t)number;
	return 0;
}

static int peer_link_unset(struct kcl_edit *edit)
{
	const unsigned int number = link_number(edit);
	struct kcl_iface *iface = kcl_edit_iface(edit);
	int rc;

	if (!iface)
		return -EINVAL;
	rc = kcl_peer_link_del(iface, edit->place->peer_id, number);
	if (rc == -ENOENT)
		return kcl_edit_refuse(edit, "link", "The peer has no link %u", number);
	return rc < 0 ? kcl_edit_no_memory(edit) : 0;
}

const struct kcl_ops kcl_ops_peer_link = {
	.set = peer_link_set, .unset = peer_link_unset, .enter = peer_link_enter};

/* ---- link N remote, link N dynamic ----------------------------------------------------------- */

static int timers_read(struct kcl_edit *edit, struct kcl_timers *timers)
{
	timers->ping_ms = (uint32_t)kcl_args_uint(edit->args, "ping", 0);
	timers->timeout_ms = (uint32_t)kcl_args_uint(edit->args, "timeout", 0);
	if (timers->ping_ms && timers->ping_ms >= timers->timeout_ms)
		return kcl_edit_refuse(edit, "timeout", "The timeout must be longer than the ping");
	return 0;
}

/* In the link's own mode, a line says one thing only; in the peer's, address and preference. */
static int link_address_set(struct kcl_edit *edit, const struct kcl_value *remote)
{
	const struct kcl_value *local = kcl_args_find(edit->args, "local");
	const struct kcl_value *priority = kcl_args_find(edit->args, "priority");
	struct kcl_timers timers;
	struct kcl_peer_link *link;

	if (timers_read(edit, &timers) < 0)
		return -EINVAL;
	if (remote && local && remote->endpoint.family != local->endpoint.family)
		return kcl_edit_refuse(edit, "local", "One address is IPv4, the other is IPv6");
	link = link_edit(edit, false);
	if (!link)
		return -EINVAL;
	link->remote = remote ? remote->endpoint : (struct kcl_endpoint){0};
	if (edit->place->mode == KCL_MODE_LINK)
		return 0;
	link->local = local ? local->endpoint : (struct kcl_endpoint){0};
	link->priority = priority ? (int16_t)priority->number : -1;
	if (timers.ping_ms)
		link->timers = timers;
	return 0;
}

static int peer_link_remote_set(struct kcl_edit *edit)
{
	return link_address_set(edit, kcl_args_find(edit->args, "remote"));
}

static int peer_link_dynamic_set(struct kcl_edit *edit)
{
	return link_address_set(edit, NULL);
}

/* A link without a remote is dynamic; the peer's line takes back the whole link. */
static int link_address_unset(struct kcl_edit *edit)
{
	if (edit->place->mode == KCL_MODE_LINK)
		return link_address_set(edit, NULL);
	return peer_link_unset(edit);
}

static void link_address_write(const struct kcl_view *view, bool is_dynamic)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_peer_link *link = kcl_peer_link_find(view->peer, i);
		char text[KCL_VALUE_TEXT_MAX], what[KCL_VALUE_TEXT_MAX + 8] = "dynamic";
		char local[KCL_VALUE_TEXT_MAX + 8] = "", priority[24] = "";

		if (!link || is_dynamic != (link->remote.family == AF_UNSPEC))
			continue;
		if (!is_dynamic)
			snprintf(what, sizeof(what), "remote %s",
				 kcl_endpoint_format(&link->remote, text));
		if (link->local.family != AF_UNSPEC)
			snprintf(local, sizeof(local), " local %s",
				 kcl_endpoint_format(&link->local, text));
		if (link->priority >= 0)
			snprintf(priority, sizeof(priority), " priority %d", link->priority);
		kcl_view_line(view, "link %u %s%s%s", i, what, local, priority);
	}
}

static void peer_link_remote_write(const struct kcl_view *view)
{
	link_address_write(view, false);
}

static void peer_link_dynamic_write(const struct kcl_view *view)
{
	link_address_write(view, true);
}

const struct kcl_ops kcl_ops_peer_link_remote = {
	.set = peer_link_remote_set, .unset = link_address_unset, .write = peer_link_remote_write};
const struct kcl_ops kcl_ops_peer_link_dynamic = {.set = peer_link_dynamic_set,
						  .unset = link_address_unset,
						  .write = peer_link_dynamic_write};

/* ---- the other lines of a link --------------------------------------------------------------- */

static int peer_link_timers_set(struct kcl_edit *edit)
{
	struct kcl_timers timers;
	struct kcl_peer_link *link;

	if (timers_read(edit, &timers) < 0)
		return -EINVAL;
	link = link_edit(edit, true);
	if (!link)
		return -EINVAL;
	link->timers = timers;
	return 0;
}

static int peer_link_timers_unset(struct kcl_edit *edit)
{
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	link->timers = (struct kcl_timers){0};
	return 0;
}

static void peer_link_timers_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_peer_link *link = kcl_peer_link_find(view->peer, i);

		if (link && link->timers.ping_ms)
			kcl_view_line(view, "link %u timers ping %u timeout %u", i,
				      link->timers.ping_ms, link->timers.timeout_ms);
	}
}

const struct kcl_ops kcl_ops_peer_link_timers = {.set = peer_link_timers_set,
						 .unset = peer_link_timers_unset,
						 .write = peer_link_timers_write};

static int pong_count_to(struct kcl_edit *edit, uint64_t count)
{
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	link->pong_count = (uint8_t)count;
	return 0;
}

static int peer_link_pong_set(struct kcl_edit *edit)
{
	return pong_count_to(edit, kcl_args_uint(edit->args, "count", 0));
}

static int peer_link_pong_unset(struct kcl_edit *edit)
{
	return pong_count_to(edit, 0);
}

static void peer_link_pong_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_peer_link *link = kcl_peer_link_find(view->peer, i);

		if (link && link->pong_count)
			kcl_view_line(view, "link %u pong-count %u", i, link->pong_count);
	}
}

const struct kcl_ops kcl_ops_peer_link_pong = {
	.set = peer_link_pong_set, .unset = peer_link_pong_unset, .write = peer_link_pong_write};

static int shutdown_to(struct kcl_edit *edit, bool is_shutdown)
{
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	link->is_shutdown = is_shutdown;
	return 0;
}

static int peer_link_shutdown_set(struct kcl_edit *edit)
{
	return shutdown_to(edit, true);
}

static int peer_link_shutdown_unset(struct kcl_edit *edit)
{
	return shutdown_to(edit, false);
}

static void peer_link_shutdown_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_peer_link *link = kcl_peer_link_find(view->peer, i);

		if (link && link->is_shutdown)
			kcl_view_line(view, "link %u shutdown", i);
	}
}

const struct kcl_ops kcl_ops_peer_link_shutdown = {.set = peer_link_shutdown_set,
						   .unset = peer_link_shutdown_unset,
						   .write = peer_link_shutdown_write};

/* local and priority: lines of their own only in the link's mode */

static int peer_link_local_set(struct kcl_edit *edit)
{
	const struct kcl_endpoint *local = &kcl_args_find(edit->args, "local")->endpoint;
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	if (link->remote.family != AF_UNSPEC && link->remote.family != local->family)
		return kcl_edit_refuse(edit, "local", "The remote address is of the other family");
	link->local = *local;
	return 0;
}

static int peer_link_local_unset(struct kcl_edit *edit)
{
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	link->local = (struct kcl_endpoint){0};
	return 0;
}

const struct kcl_ops kcl_ops_peer_link_local = {.set = peer_link_local_set,
						.unset = peer_link_local_unset};

static int priority_to(struct kcl_edit *edit, int priority)
{
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	link->priority = (int16_t)priority;
	return 0;
}

static int peer_link_priority_set(struct kcl_edit *edit)
{
	return priority_to(edit, (int)kcl_args_uint(edit->args, "priority", 0));
}

static int peer_link_priority_unset(struct kcl_edit *edit)
{
	return priority_to(edit, -1);
}

const struct kcl_ops kcl_ops_peer_link_priority = {.set = peer_link_priority_set,
						   .unset = peer_link_priority_unset};
