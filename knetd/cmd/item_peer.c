// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Items of peers: the peer itself, with what its one line may say of links, and its key. The lines
 * of links are in item_peer_link.c.
 *
 * Every setter checks all that it can refuse before it changes anything.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <stdlib.h>
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

/* Whether the line's endpoints go with what the peer's links are otherwise. 0 or -EINVAL. */
static int endpoints_judge(struct kcl_edit *edit, const struct kcl_peer *peer)
{
	unsigned int at[KCL_LINKS_MAX];
	const unsigned int cnt = endpoints_find(edit->args, at);

	for (unsigned int i = 0; i < cnt; i++) {
		const struct kcl_value *value = &edit->args->value[at[i]];
		const struct kcl_peer_link *link = kcl_peer_link_find(peer, i);

		if (link && !kcl_families_match(&value->endpoint, &link->local))
			return kcl_edit_refuse(
				edit, value->name,
				"The local address of link %u is of the other family", i);
	}
	return 0;
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
	if (kcl_args_text(edit->args, "group") && kcl_group_judge(edit) < 0)
		return -EINVAL;
	if (peer)
		return endpoints_judge(edit, peer);
	if (kcl_name_is_reserved(name))
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
	if (kcl_args_has(edit->args, "group")) {
		struct kcl_peer *peer = kcl_peer_edit(iface, id);
		char *group = peer ? strdup(kcl_args_text(edit->args, "group")) : NULL;

		if (!group)
			return kcl_edit_no_memory(edit);
		free(peer->group);
		peer->group = group;
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

/* Takes out the peer that the line names. Its id, or -errno. */
static int peer_take(struct kcl_edit *edit, struct kcl_iface *iface)
{
	const char *name = kcl_args_text(edit->args, "peer");
	const struct kcl_peer *peer;
	uint16_t id;

	peer = kcl_peer_find_name(iface, name);
	if (!peer)
		return kcl_edit_refuse(edit, "peer", "There is no peer %s", name);
	id = peer->id;
	if (kcl_args_uint(edit->args, "id", id) != id)
		return kcl_edit_refuse(edit, "id", "Peer %s has the id %u", name, id);
	return kcl_peer_del(iface, id) < 0 ? kcl_edit_no_memory(edit) : id;
}

static int peer_unset(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);
	const int id = iface ? peer_take(edit, iface) : -EINVAL;

	if (id < 0)
		return id;
	statics_drop(iface, (uint16_t)id);
	return 0;
}

static int peer_reset(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);
	const int id = iface ? peer_take(edit, iface) : -EINVAL;

	if (id < 0)
		return id;
	if (kcl_peer_add(iface, (uint16_t)id, kcl_args_text(edit->args, "peer")) < 0)
		return kcl_edit_no_memory(edit);
	return 0;
}

const struct kcl_ops kcl_ops_peer = {
	.set = peer_set, .unset = peer_unset, .reset = peer_reset, .enter = peer_enter};

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
