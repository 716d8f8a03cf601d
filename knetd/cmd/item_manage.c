// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Who may manage: groups of the machine, as data and as lines of the configuration. A short sorted
 * list that configurations share, made anew by an edit.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/shared.h"

void kcl_managers_get(struct kcl_managers *managers)
{
	kcl_shared_get(managers ? &managers->shared : NULL);
}

void kcl_managers_put(struct kcl_managers *managers)
{
	if (kcl_shared_put(managers ? &managers->shared : NULL))
		free(managers);
}

static int manager_compare(const void *one, const void *two)
{
	const struct kcl_manager *a = one, *b = two;

	return a->is_admin != b->is_admin ? b->is_admin - a->is_admin : strcmp(a->group, b->group);
}

bool kcl_managers_equal(const struct kcl_managers *a, const struct kcl_managers *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->cnt != b->cnt)
		return false;
	for (uint32_t i = 0; i < a->cnt; i++)
		if (manager_compare(&a->manager[i], &b->manager[i]) != 0)
			return false;
	return true;
}

static bool manager_is(const struct kcl_manager *manager, bool is_admin, const char *group)
{
	return manager->is_admin == is_admin && strcmp(manager->group, group) == 0;
}

/* Replaces the list by one without this group, and with it if `is_there`. */
static int managers_make(struct kcl_config *config, bool is_admin, const char *group, bool is_there)
{
	const struct kcl_managers *from = config->managers;
	const uint32_t cnt = from ? from->cnt : 0;
	struct kcl_managers *to = kcl_shared_new(sizeof(*to), sizeof(to->manager[0]), cnt + 1);

	if (!to)
		return -ENOMEM;
	for (uint32_t i = 0; i < cnt; i++)
		if (!manager_is(&from->manager[i], is_admin, group))
			to->manager[to->cnt++] = from->manager[i];
	if (is_there) {
		struct kcl_manager *own = &to->manager[to->cnt++];

		own->is_admin = is_admin;
		snprintf(own->group, sizeof(own->group), "%s", group);
	}
	qsort(to->manager, to->cnt, sizeof(to->manager[0]), manager_compare);
	kcl_managers_put(config->managers);
	config->managers = to;
	if (!to->cnt) {
		kcl_managers_put(to);
		config->managers = NULL;
	}
	return 0;
}

static bool manager_has(const struct kcl_config *config, bool is_admin, const char *group)
{
	const struct kcl_managers *managers = config->managers;

	for (uint32_t i = 0; managers && i < managers->cnt; i++)
		if (manager_is(&managers->manager[i], is_admin, group))
			return true;
	return false;
}

int kcl_manager_add(struct kcl_config *config, bool is_admin, const char *group)
{
	if (manager_has(config, is_admin, group))
		return -EEXIST;
	if (config->managers && config->managers->cnt >= KCL_MANAGERS_MAX)
		return -ENOSPC;
	return managers_make(config, is_admin, group, true);
}

int kcl_manager_del(struct kcl_config *config, bool is_admin, const char *group)
{
	if (!manager_has(config, is_admin, group))
		return -ENOENT;
	return managers_make(config, is_admin, group, false);
}

/* ---- management group {admin|operator} GROUP --------------------------------------------------
 */

static int manager_set(struct kcl_edit *edit)
{
	const int rc = kcl_manager_add(edit->config, kcl_args_has(edit->args, "admin"),
				       kcl_args_text(edit->args, "system-group"));

	if (rc == -ENOSPC)
		return kcl_edit_refuse(edit, "system-group", "There can be at most %u groups",
				       KCL_MANAGERS_MAX);
	return rc == -ENOMEM ? kcl_edit_no_memory(edit) : 0;
}

static int manager_unset(struct kcl_edit *edit)
{
	const char *group = kcl_args_text(edit->args, "system-group");
	const int rc = kcl_manager_del(edit->config, kcl_args_has(edit->args, "admin"), group);

	if (rc == -ENOENT)
		return kcl_edit_refuse(edit, "system-group", "Group %s has no such role", group);
	return rc < 0 ? kcl_edit_no_memory(edit) : 0;
}

static void manager_write(const struct kcl_view *view)
{
	const struct kcl_managers *managers = view->config->managers;

	for (uint32_t i = 0; managers && i < managers->cnt; i++)
		kcl_view_line(view, "management group %s %s",
			      managers->manager[i].is_admin ? "admin" : "operator",
			      managers->manager[i].group);
}

const struct kcl_ops kcl_ops_manager = {
	.set = manager_set, .unset = manager_unset, .write = manager_write};
