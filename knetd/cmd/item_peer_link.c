// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Items of links to peers. Their lines stand in the peer's mode with `link N` before them, and in
 * the link's own mode without: the same operations, which take the number from where it is.
 *
 * Every setter checks all that it can refuse before it changes anything.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <string.h>

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

static int family_refuse(struct kcl_edit *edit, const char *name)
{
	return kcl_edit_refuse(edit, name, "One address is IPv4, the other is IPv6");
}

/* In the link's own mode: nothing but the address. */
static int link_remote_set(struct kcl_edit *edit, const struct kcl_endpoint *remote)
{
	struct kcl_peer_link *link = link_edit(edit, false);

	if (!link)
		return -EINVAL;
	if (!kcl_families_match(remote, &link->local))
		return family_refuse(edit, "remote");
	link->remote = *remote;
	return 0;
}

/* In the peer's mode: address and preference, and maybe timers. */
static int link_line_set(struct kcl_edit *edit, const struct kcl_endpoint *remote)
{
	const struct kcl_value *local = kcl_args_find(edit->args, "local");
	const struct kcl_value *priority = kcl_args_find(edit->args, "priority");
	struct kcl_timers timers;
	struct kcl_peer_link *link;

	if (timers_read(edit, &timers) < 0)
		return -EINVAL;
	if (local && !kcl_families_match(remote, &local->endpoint))
		return family_refuse(edit, "local");
	link = link_edit(edit, false);
	if (!link)
		return -EINVAL;
	link->remote = *remote;
	link->local = local ? local->endpoint : (struct kcl_endpoint){0};
	link->priority = priority ? (int16_t)priority->number : -1;
	if (timers.ping_ms)
		link->timers = timers;
	return 0;
}

static int link_address_set(struct kcl_edit *edit, const struct kcl_value *remote)
{
	static const struct kcl_endpoint dynamic;
	const struct kcl_endpoint *to = remote ? &remote->endpoint : &dynamic;

	if (edit->place->mode == KCL_MODE_LINK)
		return link_remote_set(edit, to);
	return link_line_set(edit, to);
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

static int roaming_to(struct kcl_edit *edit, enum kcl_roaming roaming)
{
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	link->roaming = (uint8_t)roaming;
	return 0;
}

static int peer_link_roaming_set(struct kcl_edit *edit)
{
	return roaming_to(edit, kcl_args_has(edit->args, "roam")  ? KCL_ROAMING_ROAM
				: kcl_args_has(edit->args, "nat") ? KCL_ROAMING_NAT
								  : KCL_ROAMING_PINNED);
}

static int peer_link_roaming_unset(struct kcl_edit *edit)
{
	return roaming_to(edit, KCL_ROAMING_AUTO);
}

static void peer_link_roaming_write(const struct kcl_view *view)
{
	static const char *const words[] = {"", "pinned", "nat", "roam"};

	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_peer_link *link = kcl_peer_link_find(view->peer, i);

		if (link && link->roaming)
			kcl_view_line(view, "link %u roaming %s", i, words[link->roaming]);
	}
}

const struct kcl_ops kcl_ops_peer_link_roaming = {.set = peer_link_roaming_set,
						  .unset = peer_link_roaming_unset,
						  .write = peer_link_roaming_write};

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

static int text_to(struct kcl_edit *edit, const char *text)
{
	struct kcl_iface *iface;

	if (!link_edit(edit, true))
		return -EINVAL;
	iface = kcl_edit_iface(edit);
	if (!iface ||
	    kcl_peer_link_describe(iface, edit->place->peer_id, link_number(edit), text) < 0)
		return kcl_edit_no_memory(edit);
	return 0;
}

static int peer_link_text_set(struct kcl_edit *edit)
{
	return text_to(edit, kcl_args_text(edit->args, "description"));
}

static int peer_link_text_unset(struct kcl_edit *edit)
{
	return text_to(edit, NULL);
}

static void peer_link_text_write(const struct kcl_view *view)
{
	char quoted[4 * KCL_TEXT_MAX + 8];

	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		if (!kcl_peer_link_text(view->peer, i))
			continue;
		kcl_text_quote(kcl_peer_link_text(view->peer, i), quoted, sizeof(quoted));
		kcl_view_line(view, "link %u description %s", i, quoted);
	}
}

const struct kcl_ops kcl_ops_peer_link_text = {
	.set = peer_link_text_set, .unset = peer_link_text_unset, .write = peer_link_text_write};

/* local and priority: the line of the remote has them */

static void written_with_remote(const struct kcl_view *view)
{
	(void)view;
}

static int peer_link_local_set(struct kcl_edit *edit)
{
	const struct kcl_endpoint *local = &kcl_args_find(edit->args, "local")->endpoint;
	struct kcl_peer_link *link = link_edit(edit, true);

	if (!link)
		return -EINVAL;
	if (!kcl_families_match(&link->remote, local))
		return family_refuse(edit, "local");
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

const struct kcl_ops kcl_ops_peer_link_local = {
	.set = peer_link_local_set, .unset = peer_link_local_unset, .write = written_with_remote};

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
						   .unset = peer_link_priority_unset,
						   .write = written_with_remote};
