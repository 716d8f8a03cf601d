// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Aliases as data: a small sorted list that configurations share, replaced as a whole when edited.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/shared.h"

_Static_assert(offsetof(struct kcl_alias, name) == 0, "kcl_shared_slot() compares it");

void kcl_aliases_get(struct kcl_aliases *aliases)
{
	kcl_shared_get(aliases ? &aliases->shared : NULL);
}

void kcl_aliases_put(struct kcl_aliases *aliases)
{
	if (!kcl_shared_put(aliases ? &aliases->shared : NULL))
		return;
	for (uint32_t i = 0; i < aliases->cnt; i++)
		free(aliases->alias[i].line);
	free(aliases);
}

const struct kcl_alias *kcl_alias_find(const struct kcl_config *config, const char *name)
{
	const struct kcl_aliases *aliases = config->aliases;
	bool found = false;
	uint32_t at = 0;

	if (aliases)
		at = kcl_shared_slot(aliases->alias, sizeof(aliases->alias[0]), aliases->cnt, name,
				     &found);
	return found ? &aliases->alias[at] : NULL;
}

static bool alias_append(struct kcl_aliases *aliases, const char *name, const char *line)
{
	struct kcl_alias *alias = &aliases->alias[aliases->cnt];

	snprintf(alias->name, sizeof(alias->name), "%s", name);
	alias->line = strdup(line);
	aliases->cnt += alias->line != NULL;
	return alias->line != NULL;
}

/* All of `from` but `name`, and then `name` with its line, if it has one, in its place. */
static struct kcl_aliases *aliases_make(const struct kcl_aliases *from, const char *name,
					const char *line)
{
	const uint32_t cnt = from ? from->cnt : 0;
	struct kcl_aliases *to = kcl_shared_new(sizeof(*to), sizeof(to->alias[0]), cnt + 1);
	bool ok = to != NULL;

	if (!to)
		return NULL;
	for (uint32_t i = 0; ok && i < cnt; i++) {
		const int order = strcmp(from->alias[i].name, name);

		if (line && order >= 0) {
			ok = alias_append(to, name, line);
			line = NULL;
		}
		if (ok && order != 0)
			ok = alias_append(to, from->alias[i].name, from->alias[i].line);
	}
	if (ok && line)
		ok = alias_append(to, name, line);
	if (ok)
		return to;
	kcl_aliases_put(to);
	return NULL;
}

int kcl_alias_set(struct kcl_config *config, const char *name, const char *line)
{
	const bool is_there = kcl_alias_find(config, name) != NULL;
	struct kcl_aliases *aliases;

	if (!line && !is_there)
		return -ENOENT;
	if (!is_there && config->aliases && config->aliases->cnt == KCL_ALIASES_MAX)
		return -ENOSPC;
	aliases = aliases_make(config->aliases, name, line);
	if (!aliases)
		return -ENOMEM;
	kcl_aliases_put(config->aliases);
	config->aliases = aliases;
	return 0;
}

bool kcl_aliases_equal(const struct kcl_aliases *a, const struct kcl_aliases *b)
{
	const uint32_t cnt = a ? a->cnt : 0;

	if (a == b)
		return true;
	if (cnt != (b ? b->cnt : 0))
		return false;
	for (uint32_t i = 0; i < cnt; i++)
		if (strcmp(a->alias[i].name, b->alias[i].name) != 0 ||
		    strcmp(a->alias[i].line, b->alias[i].line) != 0)
			return false;
	return true;
}
