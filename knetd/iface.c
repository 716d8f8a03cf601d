// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The life of an interface. It goes live when its configuration has a node-id, a network secret and
 * at least one link, and ends when one of them is taken away. What a handle of the engine cannot
 * change while it runs (node-id, secret, key, suite, MAC address) makes it end and come anew.
 *
 * The list is owned by whoever owns struct knd_ifaces; handles are polled by the owner of
 * on_handle. Control thread only.
 */
#include "knetd/iface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/secret.h"

_Static_assert((int)KCL_SUITE_AES256_GCM == (int)KNET_SUITE_AES256_GCM &&
		       (int)KCL_SUITE_AES128_GCM == (int)KNET_SUITE_AES128_GCM &&
		       (int)KCL_SUITE_CHACHA20_POLY1305 == (int)KNET_SUITE_CHACHA20_POLY1305 &&
		       (int)KCL_POLICY_PASSIVE == (int)KNET_POLICY_PASSIVE &&
		       (int)KCL_POLICY_ACTIVE == (int)KNET_POLICY_ACTIVE &&
		       (int)KCL_POLICY_ROUND_ROBIN == (int)KNET_POLICY_ROUND_ROBIN &&
		       (int)KCL_POLICY_BALANCE == (int)KNET_POLICY_BALANCE &&
		       (int)KCL_ROAMING_NAT == (int)KNET_ROAMING_NAT &&
		       (int)KCL_ROAMING_ROAM == (int)KNET_ROAMING_ROAM,
	       "the configuration counts as the engine does");

struct knd_iface *knd_iface_find(const struct knd_ifaces *all, const char *name)
{
	for (struct knd_iface *iface = all->first; iface; iface = iface->next)
		if (strcmp(iface->name, name) == 0)
			return iface;
	return NULL;
}

const char *knd_iface_missing(const struct kcl_iface *cfg)
{
	if (!cfg->node_id)
		return "waiting: no node-id";
	if (!cfg->secret_path)
		return "waiting: no network-secret";
	if (!kcl_iface_links(cfg))
		return cfg->peer_cnt ? "waiting: no links" : "waiting: no peers";
	return "";
}

bool knd_iface_may_live(const struct kcl_iface *cfg)
{
	return cfg && !cfg->is_shutdown && !*knd_iface_missing(cfg);
}

static bool text_differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

bool knd_iface_must_renew(const struct kcl_iface *from, const struct kcl_iface *to)
{
	return from->node_id != to->node_id || from->suite != to->suite ||
	       from->has_mac != to->has_mac || memcmp(from->mac, to->mac, sizeof(to->mac)) != 0 ||
	       text_differs(from->secret_path, to->secret_path) ||
	       text_differs(from->key_path, to->key_path);
}

int knd_keys_read(const struct kcl_iface *cfg, struct knd_keys *keys, struct knd_why *why)
{
	struct knd_why file = {""};
	int rc;

	*keys = (struct knd_keys){.has_key = cfg->key_path};
	rc = knd_secret_read(cfg->secret_path, keys->secret, &file);
	if (rc < 0)
		return knd_why_say(why, rc, "interface %s: network-secret: %.400s", cfg->name,
				   file.text);
	if (cfg->key_path)
		rc = knd_secret_read(cfg->key_path, keys->key, &file);
	if (rc < 0) {
		knd_keys_wipe(keys);
		return knd_why_say(why, rc, "interface %s: key: %.400s", cfg->name, file.text);
	}
	return 0;
}

bool knd_keys_equal(const struct knd_keys *a, const struct knd_keys *b)
{
	return a->has_key == b->has_key && memcmp(a->secret, b->secret, sizeof(a->secret)) == 0 &&
	       memcmp(a->key, b->key, sizeof(a->key)) == 0;
}

void knd_keys_wipe(struct knd_keys *keys)
{
	explicit_bzero(keys->secret, sizeof(keys->secret));
	explicit_bzero(keys->key, sizeof(keys->key));
}

void knd_iface_zeros_drop(struct knd_iface *iface, uint32_t session)
{
	struct knd_session_zero **link = &iface->zeros, *zero;

	while ((zero = *link)) {
		if (session && zero->session != session) {
			link = &zero->next;
			continue;
		}
		*link = zero->next;
		free(zero->zero);
		free(zero);
	}
}

static void iface_free(struct knd_iface *iface)
{
	knet_handle_free(iface->handle);
	knd_keys_wipe(&iface->keys);
	free(iface->alias);
	free(iface->zero);
	knd_iface_zeros_drop(iface, 0);
	free(iface);
}

static int handle_make(const struct knd_ifaces *all, struct knd_iface *iface,
		       const struct kcl_iface *cfg, struct knd_why *why)
{
	const struct knet_params params = {
		.host_id = cfg->node_id,
		.tap_name = iface->name,
		.secret = iface->keys.secret,
		.private_key = iface->keys.has_key ? iface->keys.key : NULL,
		.suite = (enum knet_suite)cfg->suite,
		.mac = cfg->has_mac ? cfg->mac : NULL,
		.rekey_seconds = cfg->rekey_s,
		.rekey_bytes = cfg->rekey_bytes,
		.workers = cfg->workers,
		.without = all->without,
		.log = all->log,
		.log_ctx = iface,
	};
	const int rc = knet_handle_new(&params, &iface->handle);

	if (rc == -EBUSY || rc == -EEXIST)
		return knd_why_say(why, rc, "interface %s: the name is in use on this machine",
				   cfg->name);
	if (rc == -EPERM || rc == -EACCES)
		return knd_why_say(why, rc, "interface %s: no right to make a TAP: %s", cfg->name,
				   strerror(-rc));
	if (rc == -ENODEV)
		return knd_why_say(why, rc,
				   "interface %s: this machine has no /dev/net/tun: is the kernel "
				   "module `tun` there?",
				   cfg->name);
	if (rc < 0)
		return knd_why_say(why, rc, "interface %s: the TAP cannot be made: %s", cfg->name,
				   strerror(-rc));
	iface->index = (int)if_nametoindex(iface->name);
	return 0;
}

static void list_insert(struct knd_ifaces *all, struct knd_iface *iface)
{
	struct knd_iface **at = &all->first;

	while (*at && strcmp((*at)->name, iface->name) < 0)
		at = &(*at)->next;
	iface->next = *at;
	*at = iface;
}

int knd_iface_up(struct knd_ifaces *all, const struct kcl_iface *cfg, const struct knd_keys *keys,
		 struct knd_why *why)
{
	struct knd_iface *iface = calloc(1, sizeof(*iface));
	int rc;

	if (!iface)
		return knd_why_say(why, -ENOMEM, "interface %s: out of memory", cfg->name);
	memcpy(iface->name, cfg->name, sizeof(iface->name));
	iface->keys = *keys;
	rc = handle_make(all, iface, cfg, why);
	if (rc == 0)
		rc = knd_iface_set(iface, cfg, why);
	if (rc == 0)
		rc = knd_iface_fill(iface, cfg, why);
	if (rc < 0) {
		iface_free(iface);
		return rc;
	}
	list_insert(all, iface);
	all->on_handle(all->arg, iface, true);
	return 0;
}

void knd_iface_down(struct knd_ifaces *all, struct knd_iface *iface)
{
	struct knd_iface **at = &all->first;

	while (*at != iface)
		at = &(*at)->next;
	*at = iface->next;
	all->on_handle(all->arg, iface, false);
	iface_free(iface);
}
