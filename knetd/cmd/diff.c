// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What differs between two configurations, in an order that can be applied as it comes. Parts that
 * both share are passed over by looking at pointers, so that one changed peer of 65,535 costs a
 * page of 256.
 */
#include "knetd/cmd/internal.h"

#include <string.h>

struct differ {
	int (*on_diff)(void *arg, const struct kcl_diff *diff);
	void *arg;
	const struct kcl_iface *a, *b; /* NULL: not there */
	bool groups_differ;            /* those of the two sides */
};

static int emit(const struct differ *d, struct kcl_diff diff)
{
	diff.iface_old = d->a;
	diff.iface_new = d->b;
	return d->on_diff(d->arg, &diff);
}

/* ---- equality -------------------------------------------------------------------------------- */

static bool timers_equal(const struct kcl_timers *a, const struct kcl_timers *b)
{
	return a->ping_ms == b->ping_ms && a->timeout_ms == b->timeout_ms;
}

static bool iface_equal(const struct kcl_iface *a, const struct kcl_iface *b)
{
	return kcl_fields_equal(KCL_MODE_IFACE, a, b) && a->has_mac == b->has_mac &&
	       memcmp(a->mac, b->mac, 6) == 0 && timers_equal(&a->timers, &b->timers) &&
	       a->addr_cnt == b->addr_cnt &&
	       memcmp(a->addr, b->addr, a->addr_cnt * sizeof(a->addr[0])) == 0;
}

static bool link_equal(const struct kcl_link *a, const struct kcl_link *b)
{
	return a->is_set == b->is_set && a->is_shutdown == b->is_shutdown &&
	       a->priority == b->priority && a->weight == b->weight &&
	       kcl_endpoint_equal(&a->local, &b->local) && strcmp(a->name, b->name) == 0;
}

static bool peer_equal(const struct kcl_peer *a, const struct kcl_peer *b)
{
	return kcl_fields_equal(KCL_MODE_PEER, a, b) && strcmp(a->name, b->name) == 0 &&
	       a->has_key == b->has_key && memcmp(a->key, b->key, KCL_KEY_LEN) == 0;
}

static bool peer_link_equal(const struct kcl_peer_link *a, const struct kcl_peer_link *b)
{
	return kcl_endpoint_equal(&a->remote, &b->remote) &&
	       kcl_endpoint_equal(&a->local, &b->local) && timers_equal(&a->timers, &b->timers) &&
	       a->priority == b->priority && a->pong_count == b->pong_count &&
	       a->roaming == b->roaming && a->is_shutdown == b->is_shutdown;
}

static bool link_texts_equal(const struct kcl_peer *a, const struct kcl_peer *b, unsigned int link)
{
	const char *x = kcl_peer_link_text(a, link), *y = kcl_peer_link_text(b, link);

	return x == y || (x && y && strcmp(x, y) == 0);
}

/* Whether the peer takes something else from its group than it did. */
static bool is_regrouped(const struct differ *d, const struct kcl_peer *a, const struct kcl_peer *b)
{
	if (!a->group != !b->group)
		return true;
	return a->group && (d->groups_differ || strcmp(a->group, b->group) != 0);
}

static bool peer_comes_to_same(const struct differ *d, const struct kcl_peer *a,
			       const struct kcl_peer *b)
{
	return kcl_peer_policy(d->a, a) == kcl_peer_policy(d->b, b) &&
	       kcl_peer_is_shutdown(d->a, a) == kcl_peer_is_shutdown(d->b, b);
}

static bool link_comes_to_same(const struct differ *d, const struct kcl_peer *a,
			       const struct kcl_peer *b, unsigned int link)
{
	struct kcl_link_params old, new;

	return !kcl_link_params(d->a, a, link, &old) || !kcl_link_params(d->b, b, link, &new) ||
	       (old.peer_priority == new.peer_priority &&old.has_timers ==
		new.has_timers &&old.pong_count ==
		new.pong_count &&timers_equal(&old.timers, &new.timers));
}

/* ---- peers ----------------------------------------------------------------------------------- */

static int peer_links_diff(const struct differ *d, const struct kcl_peer *a,
			   const struct kcl_peer *b)
{
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_peer_link *old = a ? kcl_peer_link_find(a, i) : NULL;
		const struct kcl_peer_link *new = b ? kcl_peer_link_find(b, i) : NULL;
		int rc = 0;

		if ((old || new) &&
		    !(old && new &&peer_link_equal(old, new) && link_texts_equal(a, b, i) &&
		      (!is_regrouped(d, a, b) || link_comes_to_same(d, a, b, i))))
			rc = emit(d, (struct kcl_diff){.kind = KCL_DIFF_PEER_LINK,
						       .peer_old = a,
						       .peer_new = b,
						       .peer_link_old = old,
						       .peer_link_new = new,
						       .link = i,
						       .is_added = !old,
						       .is_removed = !new});
		if (rc)
			return rc;
	}
	return 0;
}

/* Removed peers: links first, then the peer. Others: the peer, then its links. */
static int peer_diff(const struct differ *d, const struct kcl_peer *a, const struct kcl_peer *b)
{
	const struct kcl_diff diff = {.kind = KCL_DIFF_PEER,
				      .peer_old = a,
				      .peer_new = b,
				      .is_added = !a,
				      .is_removed = !b};
	int rc = 0;

	if (!b) {
		rc = peer_links_diff(d, a, b);
		return rc ? rc : emit(d, diff);
	}
	if (!a || !peer_equal(a, b) || (is_regrouped(d, a, b) && !peer_comes_to_same(d, a, b)))
		rc = emit(d, diff);
	return rc ? rc : peer_links_diff(d, a, b);
}

static const struct kcl_peer *peer_at(const struct kcl_iface *iface, uint16_t id)
{
	return iface ? kcl_peer_find(iface, id) : NULL;
}

static int page_diff(const struct differ *d, unsigned int page, bool removals)
{
	for (unsigned int i = 0; i < 256; i++) {
		const uint16_t id = (uint16_t)(page << 8 | i);
		const struct kcl_peer *a = peer_at(d->a, id), *b = peer_at(d->b, id);
		int rc;

		if ((a == b && !(a && d->groups_differ)) || removals != !b)
			continue;
		rc = peer_diff(d, a, b);
		if (rc)
			return rc;
	}
	return 0;
}

static int peers_diff(const struct differ *d, bool removals)
{
	int rc = 0;

	for (unsigned int page = 0; page < 256 && !rc; page++) {
		if (d->a && d->b && !d->groups_differ && kcl_peers_share(d->a, d->b, page))
			continue;
		rc = page_diff(d, page, removals);
	}
	return rc;
}

uint16_t kcl_peer_differing(const struct kcl_iface *a, const struct kcl_iface *b, uint16_t from)
{
	uint32_t id = from;

	while (++id <= KCL_PEER_ID_MAX) {
		if (!(id & 255) && a && b && kcl_peers_share(a, b, id >> 8))
			id |= 255;
		else if ((a ? kcl_peer_find(a, (uint16_t)id) : NULL) !=
			 (b ? kcl_peer_find(b, (uint16_t)id) : NULL))
			return (uint16_t)id;
	}
	return 0;
}

/* ---- the rest of an interface ---------------------------------------------------------------- */

static int links_diff(const struct differ *d)
{
	static const struct kcl_link none;

	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++) {
		const struct kcl_link *old = d->a ? &d->a->link[i] : &none;
		const struct kcl_link *new = d->b ? &d->b->link[i] : &none;
		int rc;

		if (link_equal(old, new))
			continue;
		rc = emit(d, (struct kcl_diff){.kind = KCL_DIFF_LINK,
					       .link = i,
					       .is_added = link_equal(old, &none),
					       .is_removed = link_equal(new, &none)});
		if (rc)
			return rc;
	}
	return 0;
}

static int static_emit(const struct differ *d, const struct kcl_static_mac *old,
		       const struct kcl_static_mac *new, bool removals)
{
	if (old && new && old->peer_id == new->peer_id)
		return 0;
	if (removals != !new)
		return 0;
	return emit(d, (struct kcl_diff){.kind = KCL_DIFF_STATIC,
					 .static_old = old,
					 .static_new = new,
					 .is_added = !old,
					 .is_removed = !new});
}

static int statics_diff(const struct differ *d, bool removals)
{
	const uint32_t na = d->a ? d->a->static_cnt : 0, nb = d->b ? d->b->static_cnt : 0;
	uint32_t i = 0, k = 0;

	while (i < na || k < nb) {
		const struct kcl_static_mac *old = i < na ? &d->a->statics[i] : NULL;
		const struct kcl_static_mac *new = k < nb ? &d->b->statics[k] : NULL;
		const int order = old && new ? memcmp(old->mac, new->mac, 6) : old ? -1 : 1;
		int rc;

		i += order <= 0;
		k += order >= 0;
		rc = static_emit(d, order <= 0 ? old : NULL, order >= 0 ? new : NULL, removals);
		if (rc)
			return rc;
	}
	return 0;
}

static int iface_emit(const struct differ *d)
{
	return emit(d, (struct kcl_diff){
			       .kind = KCL_DIFF_IFACE, .is_added = !d->a, .is_removed = !d->b});
}

static int iface_diff(const struct differ *d)
{
	int rc;

	if (d->a == d->b)
		return 0;
	rc = d->a ? statics_diff(d, true) : 0;
	if (!rc && d->a)
		rc = peers_diff(d, true);
	if (!rc && !d->b)
		rc = links_diff(d);
	if (!rc && (!d->a || !d->b || !iface_equal(d->a, d->b)))
		rc = iface_emit(d);
	if (!d->b)
		return rc;
	if (!rc)
		rc = links_diff(d);
	if (!rc)
		rc = peers_diff(d, false);
	return rc ? rc : statics_diff(d, false);
}

bool kcl_iface_settings_equal(const struct kcl_iface *a, const struct kcl_iface *b)
{
	bool is_equal = iface_equal(a, b);

	for (unsigned int i = 0; i < KCL_LINKS_MAX && is_equal; i++)
		is_equal = link_equal(&a->link[i], &b->link[i]);
	return is_equal;
}

/* ---- whole configurations -------------------------------------------------------------------- */

bool kcl_globals_equal(const struct kcl_config *a, const struct kcl_config *b)
{
	return kcl_fields_equal(KCL_MODE_CONFIG, a, b) && kcl_system_equal(a, b) &&
	       kcl_groups_equal(a->groups, b->groups) &&
	       kcl_aliases_equal(a->aliases, b->aliases) &&
	       kcl_managers_equal(a->managers, b->managers);
}

static int ifaces_diff(struct differ *d, const struct kcl_config *a, const struct kcl_config *b,
		       bool removals)
{
	const struct kcl_config *walked = removals ? a : b;
	int rc = 0;

	for (unsigned int i = 0; walked && i < walked->iface_cnt && !rc; i++) {
		const char *name = walked->iface[i]->name;

		d->a = a ? kcl_iface_find(a, name) : NULL;
		d->b = b ? kcl_iface_find(b, name) : NULL;
		d->groups_differ = d->a && d->b && !kcl_groups_equal(d->a->groups, d->b->groups);
		if (removals == !d->b)
			rc = iface_diff(d);
	}
	return rc;
}

int kcl_config_diff(const struct kcl_config *a, const struct kcl_config *b,
		    int (*on_diff)(void *arg, const struct kcl_diff *diff), void *arg)
{
	struct differ d = {.on_diff = on_diff, .arg = arg};
	int rc = ifaces_diff(&d, a, b, true);

	d.a = d.b = NULL;
	if (!rc && (!a || !b || !kcl_globals_equal(a, b)))
		rc = emit(&d, (struct kcl_diff){
				      .kind = KCL_DIFF_GLOBAL, .is_added = !a, .is_removed = !b});
	return rc ? rc : ifaces_diff(&d, a, b, false);
}
