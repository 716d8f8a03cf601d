// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Configurations and their interfaces. A configuration is a small array of counted references to
 * interfaces; an interface that another configuration refers to is copied before it is edited. Its
 * peers are in peers.c, shared by pages.
 *
 * All copies belong to one thread. What is const outside is never changed while it has two owners.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- interfaces as objects ------------------------------------------------------------------- */

static void iface_put(struct kcl_iface *iface)
{
	if (--iface->refs)
		return;
	kcl_peers_put(iface);
	kcl_groups_put(iface->groups);
	free(iface->secret_path);
	free(iface->key_path);
	free(iface->description);
	free(iface->statics);
	free(iface);
}

/* Duplicates what *text points to. False without memory, *text is then NULL. */
static bool text_own(char **text)
{
	const char *from = *text;

	*text = from ? strdup(from) : NULL;
	return !from || *text;
}

static struct kcl_iface *iface_clone(const struct kcl_iface *from)
{
	struct kcl_iface *iface = malloc(sizeof(*iface));
	const size_t statics = from->static_cnt * sizeof(*from->statics);
	bool ok;

	if (!iface)
		return NULL;
	*iface = *from;
	iface->refs = 1;
	kcl_groups_get(iface->groups);
	ok = text_own(&iface->secret_path);
	ok &= text_own(&iface->key_path);
	ok &= text_own(&iface->description);
	if (from->statics) {
		iface->statics = malloc(statics);
		if (iface->statics)
			memcpy(iface->statics, from->statics, statics);
		ok &= iface->statics != NULL;
	}
	kcl_peers_get(iface);
	if (ok)
		return iface;
	iface_put(iface);
	return NULL;
}

/* ---- configurations -------------------------------------------------------------------------- */

struct kcl_config *kcl_config_new(void)
{
	struct kcl_config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	kcl_fields_preset(KCL_MODE_CONFIG, config);
	kcl_system_preset(config);
	return config;
}

struct kcl_config *kcl_config_copy(const struct kcl_config *from)
{
	struct kcl_config *config = malloc(sizeof(*config));

	if (!config)
		return NULL;
	*config = *from;
	kcl_groups_get(config->groups);
	kcl_aliases_get(config->aliases);
	kcl_managers_get(config->managers);
	for (unsigned int i = 0; i < config->iface_cnt; i++)
		config->iface[i]->refs++;
	return config;
}

void kcl_config_free(struct kcl_config *config)
{
	if (!config)
		return;
	for (unsigned int i = 0; i < config->iface_cnt; i++)
		iface_put(config->iface[i]);
	kcl_groups_put(config->groups);
	kcl_aliases_put(config->aliases);
	kcl_managers_put(config->managers);
	free(config);
}

/* Where an interface of this name stands, or would. */
static unsigned int iface_slot(const struct kcl_config *config, const char *name, bool *found)
{
	unsigned int i = 0;
	int order = 1;

	while (i < config->iface_cnt && (order = strcmp(config->iface[i]->name, name)) < 0)
		i++;
	*found = i < config->iface_cnt && order == 0;
	return i;
}

const struct kcl_iface *kcl_iface_find(const struct kcl_config *config, const char *name)
{
	bool found;
	const unsigned int i = iface_slot(config, name, &found);

	return found ? config->iface[i] : NULL;
}

struct kcl_iface *kcl_iface_edit(struct kcl_config *config, const char *name)
{
	bool found;
	const unsigned int i = iface_slot(config, name, &found);
	struct kcl_iface *own;

	if (!found) {
		errno = ENOENT;
		return NULL;
	}
	if (config->iface[i]->refs == 1)
		return config->iface[i];
	own = iface_clone(config->iface[i]);
	if (!own) {
		errno = ENOMEM;
		return NULL;
	}
	iface_put(config->iface[i]);
	config->iface[i] = own;
	return own;
}

int kcl_iface_add(struct kcl_config *config, const char *name)
{
	struct kcl_iface *iface;
	bool found;
	unsigned int at;

	if (!kcl_ifname_is_valid(name))
		return -EINVAL;
	at = iface_slot(config, name, &found);
	if (found)
		return -EEXIST;
	if (config->iface_cnt == KCL_IFACES_MAX)
		return -ENOSPC;
	iface = calloc(1, sizeof(*iface));
	if (!iface)
		return -ENOMEM;
	iface->refs = 1;
	snprintf(iface->name, sizeof(iface->name), "%s", name);
	kcl_fields_preset(KCL_MODE_IFACE, iface);
	iface->timers = (struct kcl_timers){.ping_ms = KCL_PING_DEFAULT_MS,
					    .timeout_ms = KCL_TIMEOUT_DEFAULT_MS};
	kcl_groups_get(config->groups);
	iface->groups = config->groups;
	memmove(&config->iface[at + 1], &config->iface[at],
		(config->iface_cnt - at) * sizeof(config->iface[0]));
	config->iface[at] = iface;
	config->iface_cnt++;
	return 0;
}

int kcl_iface_del(struct kcl_config *config, const char *name)
{
	bool found;
	const unsigned int at = iface_slot(config, name, &found);

	if (!found)
		return -ENOENT;
	iface_put(config->iface[at]);
	config->iface_cnt--;
	memmove(&config->iface[at], &config->iface[at + 1],
		(config->iface_cnt - at) * sizeof(config->iface[0]));
	return 0;
}

/* ---- static MACs ----------------------------------------------------------------------------- */

static uint32_t static_slot(const struct kcl_iface *iface, const uint8_t mac[6], bool *found)
{
	uint32_t low = 0, high = iface->static_cnt;

	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;

		if (memcmp(iface->statics[mid].mac, mac, 6) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found = low < iface->static_cnt && memcmp(iface->statics[low].mac, mac, 6) == 0;
	return low;
}

static int static_insert(struct kcl_iface *iface, uint32_t at, const uint8_t mac[6],
			 uint16_t peer_id)
{
	struct kcl_static_mac *grown;

	if (iface->static_cnt == KCL_STATICS_MAX)
		return -ENOSPC;
	grown = reallocarray(iface->statics, iface->static_cnt + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	iface->statics = grown;
	memmove(&grown[at + 1], &grown[at], (iface->static_cnt - at) * sizeof(*grown));
	iface->static_cnt++;
	memcpy(grown[at].mac, mac, 6);
	grown[at].peer_id = peer_id;
	return 0;
}

int kcl_static_set(struct kcl_iface *iface, const uint8_t mac[6], uint16_t peer_id)
{
	bool found;
	const uint32_t at = static_slot(iface, mac, &found);

	if (!found)
		return peer_id ? static_insert(iface, at, mac, peer_id) : -ENOENT;
	if (peer_id) {
		iface->statics[at].peer_id = peer_id;
		return 0;
	}
	iface->static_cnt--;
	memmove(&iface->statics[at], &iface->statics[at + 1],
		(iface->static_cnt - at) * sizeof(*iface->statics));
	return 0;
}
