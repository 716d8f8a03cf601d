// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Peer groups as data: a small sorted list that configurations share, replaced as a whole when
 * edited.
 *
 * Groups belong to the configuration; each of its interfaces refers to the same list, so that what
 * a peer comes to can be told from its interface alone.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/shared.h"

_Static_assert(offsetof(struct kcl_group, name) == 0, "kcl_shared_slot() compares it");

/* ---- groups ---------------------------------------------------------------------------------- */

void kcl_groups_get(struct kcl_groups *groups)
{
	kcl_shared_get(groups ? &groups->shared : NULL);
}

void kcl_groups_put(struct kcl_groups *groups)
{
	if (!kcl_shared_put(groups ? &groups->shared : NULL))
		return;
	for (uint32_t i = 0; i < groups->cnt; i++)
		free(groups->group[i].description);
	free(groups);
}

static uint32_t group_slot(const struct kcl_groups *groups, const char *name, bool *found)
{
	return kcl_shared_slot(groups ? groups->group : NULL, sizeof(struct kcl_group),
			       groups ? groups->cnt : 0, name, found);
}

const struct kcl_group *kcl_group_find(const struct kcl_groups *groups, const char *name)
{
	bool found;
	const uint32_t at = group_slot(groups, name, &found);

	return found ? &groups->group[at] : NULL;
}

/* A copy with `more` free places at its end. */
static struct kcl_groups *groups_clone(const struct kcl_groups *from, uint32_t more)
{
	const uint32_t cnt = from ? from->cnt : 0;
	struct kcl_groups *groups =
		kcl_shared_new(sizeof(*groups), sizeof(groups->group[0]), cnt + more);

	if (!groups)
		return NULL;
	for (; groups->cnt < cnt; groups->cnt++) {
		struct kcl_group *to = &groups->group[groups->cnt];

		*to = from->group[groups->cnt];
		if (!to->description)
			continue;
		to->description = strdup(to->description);
		if (to->description)
			continue;
		kcl_groups_put(groups);
		return NULL;
	}
	return groups;
}

/* Makes `groups` (consumed; NULL without memory) those of the configuration. 0 or -ENOMEM. */
static int groups_replace(struct kcl_config *config, struct kcl_groups *groups)
{
	bool ok = groups != NULL;

	/* First what may fail: interfaces of our own. */
	for (uint32_t i = 0; ok && i < config->iface_cnt; i++)
		ok = kcl_iface_edit(config, config->iface[i]->name) != NULL;
	if (!ok) {
		kcl_groups_put(groups);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < config->iface_cnt; i++) {
		kcl_groups_put(config->iface[i]->groups);
		kcl_groups_get(groups);
		config->iface[i]->groups = groups;
	}
	kcl_groups_put(config->groups);
	config->groups = groups;
	return 0;
}

struct kcl_group *kcl_group_edit(struct kcl_config *config, const char *name)
{
	bool found;
	const uint32_t at = group_slot(config->groups, name, &found);

	errno = found ? ENOMEM : ENOENT;
	if (!found || groups_replace(config, groups_clone(config->groups, 0)) < 0)
		return NULL;
	return &config->groups->group[at];
}

int kcl_group_add(struct kcl_config *config, const char *name)
{
	struct kcl_groups *groups;
	struct kcl_group *group;
	bool found;
	const uint32_t at = group_slot(config->groups, name, &found);

	if (!kcl_name_is_valid(name))
		return -EINVAL;
	if (found)
		return -EEXIST;
	if (config->groups && config->groups->cnt == KCL_GROUPS_MAX)
		return -ENOSPC;
	groups = groups_clone(config->groups, 1);
	if (!groups)
		return -ENOMEM;
	group = &groups->group[at];
	memmove(group + 1, group, (groups->cnt - at) * sizeof(*group));
	*group = (struct kcl_group){0};
	snprintf(group->name, sizeof(group->name), "%s", name);
	kcl_fields_preset(KCL_MODE_GROUP, group);
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		group->link[i].priority = -1;
	groups->cnt++;
	return groups_replace(config, groups);
}

int kcl_group_del(struct kcl_config *config, const char *name)
{
	struct kcl_groups *groups;
	bool found;
	const uint32_t at = group_slot(config->groups, name, &found);

	if (!found)
		return -ENOENT;
	groups = groups_clone(config->groups, 0);
	if (!groups)
		return -ENOMEM;
	free(groups->group[at].description);
	groups->cnt--;
	memmove(&groups->group[at], &groups->group[at + 1],
		(groups->cnt - at) * sizeof(groups->group[0]));
	return groups_replace(config, groups);
}

static bool group_equal(const struct kcl_group *a, const struct kcl_group *b)
{
	if (strcmp(a->name, b->name) != 0 || !kcl_fields_equal(KCL_MODE_GROUP, a, b))
		return false;
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		if (a->link[i].priority != b->link[i].priority ||
		    a->link[i].pong_count != b->link[i].pong_count ||
		    a->link[i].timers.ping_ms != b->link[i].timers.ping_ms ||
		    a->link[i].timers.timeout_ms != b->link[i].timers.timeout_ms)
			return false;
	return true;
}

bool kcl_groups_equal(const struct kcl_groups *a, const struct kcl_groups *b)
{
	const uint32_t cnt = a ? a->cnt : 0;

	if (a == b)
		return true;
	if (cnt != (b ? b->cnt : 0))
		return false;
	for (uint32_t i = 0; i < cnt; i++)
		if (!group_equal(&a->group[i], &b->group[i]))
			return false;
	return true;
}

/* ---- what peers take from them --------------------------------------------------------------- */

const struct kcl_group *kcl_peer_group(const struct kcl_iface *iface, const struct kcl_peer *peer)
{
	return peer->group ? kcl_group_find(iface->groups, peer->group) : NULL;
}

uint8_t kcl_peer_policy(const struct kcl_iface *iface, const struct kcl_peer *peer)
{
	const struct kcl_group *group = kcl_peer_group(iface, peer);

	if (peer->policy != KCL_POLICY_INHERIT || !group)
		return peer->policy;
	return group->policy;
}

bool kcl_peer_is_shutdown(const struct kcl_iface *iface, const struct kcl_peer *peer)
{
	const struct kcl_group *group = kcl_peer_group(iface, peer);

	return peer->is_shutdown || (group && group->is_shutdown);
}
