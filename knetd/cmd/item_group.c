// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Items of peer groups, the line by which a peer joins one, and aliases.
 *
 * Every setter checks all that it can refuse before it changes anything.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- peer-group NAME ------------------------------------------------------------------------- */

static void group_place(struct kcl_place *place, const char *name)
{
	*place = (struct kcl_place){.mode = KCL_MODE_GROUP};
	snprintf(place->name, sizeof(place->name), "%s", name);
}

static bool group_enter(const struct kcl_config *config, struct kcl_place *place,
			const struct kcl_args *args)
{
	const char *name = kcl_args_text(args, "group");

	if (!kcl_group_find(config->groups, name))
		return false;
	group_place(place, name);
	return true;
}

static int group_set(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "group");
	const int rc = kcl_group_add(edit->config, name);

	if (rc == -ENOSPC)
		return kcl_edit_refuse(edit, "group", "There can be at most %u peer groups",
				       KCL_GROUPS_MAX);
	if (rc < 0 && rc != -EEXIST)
		return kcl_edit_no_memory(edit);
	group_place(edit->place, name);
	return 0;
}

static const struct kcl_peer *member_find(const struct kcl_config *config, const char *name)
{
	for (uint32_t i = 0; i < config->iface_cnt; i++) {
		const struct kcl_peer *peer = NULL;

		while ((peer = kcl_peer_next(config->iface[i], peer ? peer->id : 0)))
			if (peer->group && strcmp(peer->group, name) == 0)
				return peer;
	}
	return NULL;
}

static int group_unset(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "group");
	const struct kcl_peer *member;
	int rc;

	if (!kcl_group_find(edit->config->groups, name))
		return kcl_edit_refuse(edit, "group", "There is no peer-group %s", name);
	member = member_find(edit->config, name);
	if (member)
		return kcl_edit_refuse(edit, "group", "Peer %s is still in the group",
				       member->name);
	rc = kcl_group_del(edit->config, name);
	return rc < 0 ? kcl_edit_no_memory(edit) : 0;
}

/* Its members stay in it. */
static int group_reset(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "group");

	if (!kcl_group_find(edit->config->groups, name))
		return kcl_edit_refuse(edit, "group", "There is no peer-group %s", name);
	if (kcl_group_del(edit->config, name) < 0 || kcl_group_add(edit->config, name) < 0)
		return kcl_edit_no_memory(edit);
	return 0;
}

const struct kcl_ops kcl_ops_group = {
	.set = group_set, .unset = group_unset, .reset = group_reset, .enter = group_enter};

void kcl_group_write(const struct kcl_view *view, const struct kcl_group *group)
{
	struct kcl_view one = *view;

	kcl_view_line(&one, "peer-group %s", group->name);
	one.group = group;
	one.indent++;
	kcl_items_write(&one, KCL_MODE_GROUP, NULL, NULL);
	one.indent--;
	kcl_view_line(&one, "exit");
}

void kcl_groups_write(const struct kcl_view *view)
{
	const struct kcl_groups *groups = view->config->groups;

	for (uint32_t i = 0; groups && i < groups->cnt; i++)
		kcl_group_write(view, &groups->group[i]);
}

/* ---- link N ... of a group ------------------------------------------------------------------- */

struct kcl_group *kcl_edit_group(struct kcl_edit *edit)
{
	struct kcl_group *group = kcl_group_edit(edit->config, edit->place->name);

	if (!group && errno == ENOMEM)
		(void)kcl_edit_no_memory(edit);
	else if (!group)
		(void)kcl_edit_refuse(edit, NULL, "Peer group %s is gone", edit->place->name);
	return group;
}

static struct kcl_group_link *link_edit(struct kcl_edit *edit)
{
	struct kcl_group *group = kcl_edit_group(edit);

	return group ? &group->link[kcl_args_uint(edit->args, "link", 0)] : NULL;
}

static int priority_to(struct kcl_edit *edit, int priority)
{
	struct kcl_group_link *link = link_edit(edit);

	if (!link)
		return -EINVAL;
	link->priority = (int16_t)priority;
	return 0;
}

static int group_priority_set(struct kcl_edit *edit)
{
	return priority_to(edit, (int)kcl_args_uint(edit->args, "priority", 0));
}

static int group_priority_unset(struct kcl_edit *edit)
{
	return priority_to(edit, -1);
}

static void group_priority_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		if (view->group->link[i].priority >= 0)
			kcl_view_line(view, "link %u priority %d", i,
				      view->group->link[i].priority);
}

const struct kcl_ops kcl_ops_group_priority = {
	.set = group_priority_set, .unset = group_priority_unset, .write = group_priority_write};

static int timers_to(struct kcl_edit *edit, struct kcl_timers timers)
{
	struct kcl_group_link *link;

	if (timers.ping_ms && timers.ping_ms >= timers.timeout_ms)
		return kcl_edit_refuse(edit, "timeout", "The timeout must be longer than the ping");
	link = link_edit(edit);
	if (!link)
		return -EINVAL;
	link->timers = timers;
	return 0;
}

static int group_timers_set(struct kcl_edit *edit)
{
	return timers_to(edit,
			 (struct kcl_timers){
				 .ping_ms = (uint32_t)kcl_args_uint(edit->args, "ping", 0),
				 .timeout_ms = (uint32_t)kcl_args_uint(edit->args, "timeout", 0)});
}

static int group_timers_unset(struct kcl_edit *edit)
{
	return timers_to(edit, (struct kcl_timers){0});
}

static void group_timers_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_timers *t = &view->group->link[i].timers;

		if (t->ping_ms)
			kcl_view_line(view, "link %u timers ping %u timeout %u", i, t->ping_ms,
				      t->timeout_ms);
	}
}

const struct kcl_ops kcl_ops_group_timers = {
	.set = group_timers_set, .unset = group_timers_unset, .write = group_timers_write};

static int pong_count_to(struct kcl_edit *edit, uint64_t count)
{
	struct kcl_group_link *link = link_edit(edit);

	if (!link)
		return -EINVAL;
	link->pong_count = (uint8_t)count;
	return 0;
}

static int group_pong_set(struct kcl_edit *edit)
{
	return pong_count_to(edit, kcl_args_uint(edit->args, "count", 0));
}

static int group_pong_unset(struct kcl_edit *edit)
{
	return pong_count_to(edit, 0);
}

static void group_pong_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		if (view->group->link[i].pong_count)
			kcl_view_line(view, "link %u pong-count %u", i,
				      view->group->link[i].pong_count);
}

const struct kcl_ops kcl_ops_group_pong = {
	.set = group_pong_set, .unset = group_pong_unset, .write = group_pong_write};

/* ---- group G, of a peer ---------------------------------------------------------------------- */

int kcl_group_judge(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "group");

	if (kcl_group_find(edit->config->groups, name))
		return 0;
	return kcl_edit_refuse(edit, "group", "There is no peer-group %s", name);
}

const struct kcl_ops kcl_ops_peer_group = {.field = {.kind = KCL_FIELD_TEXT,
						     .off = offsetof(struct kcl_peer, group),
						     .size = sizeof(char *)},
					   .judge = kcl_group_judge};

/* ---- alias NAME LINE ------------------------------------------------------------------------- */

static bool is_first_word(const char *name)
{
	const struct kcl_node *k = kcl_node_child(kcl_tree(KCL_MODE_EXEC));

	for (; k; k = kcl_node_next(k))
		if (!k->type && strcmp(k->text, name) == 0)
			return true;
	return false;
}

/* The line must begin like a command; what may follow is typed behind the alias. */
static int line_judge(struct kcl_edit *edit, const char *text)
{
	const struct kcl_env env = {.running = edit->config, .role = KCL_ROLE_ADMIN};
	struct kcl_args *args = malloc(sizeof(*args));
	char line[KCL_TEXT_MAX + 2];
	struct kcl_error why;
	struct kcl_walk walk = {
		.env = &env, .mode = KCL_MODE_EXEC, .line = line, .to_cursor = true, .args = args};
	int rc;

	if (!args)
		return kcl_edit_no_memory(edit);
	walk.len = (size_t)snprintf(line, sizeof(line), "%s ", text);
	rc = kcl_walk(&walk, &why);
	free(args);
	if (rc == 0 && walk.last.off >= walk.len && walk.last.kind == KCL_TOKEN_END)
		return 0;
	if (strcmp(kcl_args_text(edit->args, "alias"), "exec") == 0)
		return kcl_edit_refuse(edit, "alias",
				       "Aliases are all of the first mode: expected `alias %.64s`",
				       text);
	return kcl_edit_refuse(edit, "line",
			       "'%.64s' is not a command: expected `alias WORD COMMAND`, without "
			       "pipes",
			       text);
}

static int alias_set(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "alias");
	const char *line = kcl_args_text(edit->args, "line");
	int rc;

	if (is_first_word(name))
		return kcl_edit_refuse(edit, "alias", "'%s' is a word of the language", name);
	if (line_judge(edit, line) < 0)
		return -EINVAL;
	rc = kcl_alias_set(edit->config, name, line);
	if (rc == -ENOSPC)
		return kcl_edit_refuse(edit, "alias", "There can be at most %u aliases",
				       KCL_ALIASES_MAX);
	return rc < 0 ? kcl_edit_no_memory(edit) : 0;
}

static int alias_unset(struct kcl_edit *edit)
{
	const char *name = kcl_args_text(edit->args, "alias");
	const int rc = kcl_alias_set(edit->config, name, NULL);

	if (rc == -ENOENT)
		return kcl_edit_refuse(edit, "alias", "There is no alias %s", name);
	return rc < 0 ? kcl_edit_no_memory(edit) : 0;
}

static void alias_write(const struct kcl_view *view)
{
	const struct kcl_aliases *aliases = view->config->aliases;
	char quoted[4 * KCL_TEXT_MAX + 8];

	for (uint32_t i = 0; aliases && i < aliases->cnt; i++) {
		kcl_text_quote(aliases->alias[i].line, quoted, sizeof(quoted));
		kcl_view_line(view, "alias %s %s", aliases->alias[i].name, quoted);
	}
}

const struct kcl_ops kcl_ops_alias = {.set = alias_set, .unset = alias_unset, .write = alias_write};
