// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What a change would mean, worked out from the same differences that applying it goes by: which
 * sessions it would end, and whose traffic would stop or take another way. New objects disturb
 * nobody and are not counted. Stateless.
 */
#include "knetd/impact.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "knetd/cmd/plural.h"
#include "knetd/iface.h"

struct list {
	char *text;
	size_t size, used;
	unsigned int cnt, hidden;
};

struct look {
	struct knd_impact *impact;
	struct list handshakes, traffic;
};

__attribute__((format(printf, 2, 3))) static void list_add(struct list *list, const char *fmt, ...)
{
	char item[96];
	va_list ap;
	int len;

	va_start(ap, fmt);
	vsnprintf(item, sizeof(item), fmt, ap);
	va_end(ap);
	list->cnt++;
	/* Room is left for what list_end() says. */
	if (list->hidden || list->used + strlen(item) + 24 > list->size) {
		list->hidden++;
		return;
	}
	len = snprintf(list->text + list->used, list->size - list->used, "%s%s",
		       list->used ? ", " : "", item);
	list->used += (size_t)len;
}

static void list_end(struct list *list)
{
	if (!list->cnt)
		snprintf(list->text, list->size, "none");
	else if (list->hidden)
		snprintf(list->text + list->used, list->size - list->used, " and %u more",
			 list->hidden);
}

/* An interface that lives on both sides, and is not the same. */
static void iface_look(struct look *look, const struct kcl_iface *a, const struct kcl_iface *b)
{
	if (!knd_iface_may_live(b)) {
		list_add(&look->traffic, "%s goes out of service", a->name);
	} else if (knd_iface_must_renew(a, b)) {
		look->impact->handshakes += a->peer_cnt;
		list_add(&look->handshakes, "%s%u peer%s of %s", a->peer_cnt == 1 ? "" : "all ",
			 a->peer_cnt, knd_plural(a->peer_cnt), a->name);
		list_add(&look->traffic, "%s is made anew", a->name);
	} else if (a->mtu != b->mtu) {
		list_add(&look->traffic, "mtu of %s", a->name);
	}
}

static void peer_look(struct look *look, const struct kcl_diff *diff)
{
	const struct kcl_peer *a = diff->peer_old, *b = diff->peer_new;

	if (!b) {
		list_add(&look->traffic, "%s is removed", a->name);
	} else if (!kcl_peer_is_shutdown(diff->iface_old, a) &&
		   kcl_peer_is_shutdown(diff->iface_new, b)) {
		list_add(&look->traffic, "%s goes out of service", a->name);
	} else if (a->has_key != b->has_key || memcmp(a->key, b->key, sizeof(a->key)) != 0) {
		look->impact->handshakes++;
		list_add(&look->handshakes, "%s", b->name);
	} else if (kcl_peer_policy(diff->iface_old, a) != kcl_peer_policy(diff->iface_new, b)) {
		list_add(&look->traffic, "policy of %s", b->name);
	}
}

static bool endpoint_moves(const struct kcl_link_params *a, const struct kcl_link_params *b)
{
	return a->is_enabled != b->is_enabled || a->priority != b->priority ||
	       !kcl_endpoint_equal(&a->remote, &b->remote);
}

static void peer_link_look(struct look *look, const struct kcl_diff *diff)
{
	struct kcl_link_params a, b;

	if (!diff->peer_old || !diff->peer_new || diff->is_added)
		return; /* the peer says it all; a link more disturbs nobody */
	if (!diff->is_removed && kcl_link_params(diff->iface_old, diff->peer_old, diff->link, &a) &&
	    kcl_link_params(diff->iface_new, diff->peer_new, diff->link, &b) &&
	    !endpoint_moves(&a, &b))
		return;
	list_add(&look->traffic, "link %u of %s", diff->link, diff->peer_old->name);
}

static void link_look(struct look *look, const struct kcl_diff *diff)
{
	const struct kcl_link *a = &diff->iface_old->link[diff->link];
	const struct kcl_link *b = &diff->iface_new->link[diff->link];

	if (a->priority != b->priority || a->is_shutdown != b->is_shutdown ||
	    !kcl_endpoint_equal(&a->local, &b->local))
		list_add(&look->traffic, "link %u of %s", diff->link, diff->iface_old->name);
}

static int on_diff(void *arg, const struct kcl_diff *diff)
{
	struct look *look = arg;
	const struct kcl_iface *a = diff->iface_old, *b = diff->iface_new;

	if (!a || !knd_iface_may_live(a))
		return 0; /* nobody's traffic yet */
	if (!b) {
		if (diff->kind == KCL_DIFF_IFACE)
			list_add(&look->traffic, "%s is removed", a->name);
		return 0;
	}
	if (diff->kind == KCL_DIFF_IFACE)
		iface_look(look, a, b);
	if (!diff->is_removed && (!knd_iface_may_live(b) || knd_iface_must_renew(a, b)))
		return 0; /* said of the whole */
	if (diff->kind == KCL_DIFF_PEER && !diff->is_added)
		peer_look(look, diff);
	else if (diff->kind == KCL_DIFF_PEER_LINK)
		peer_link_look(look, diff);
	else if (diff->kind == KCL_DIFF_LINK && !diff->is_added)
		link_look(look, diff);
	return 0;
}

void knd_impact(const struct kcl_config *from, const struct kcl_config *to, struct knd_impact *out)
{
	struct look look = {
		.impact = out,
		.handshakes = {.text = out->handshake_text, .size = sizeof(out->handshake_text)},
		.traffic = {.text = out->traffic_text, .size = sizeof(out->traffic_text)},
	};

	*out = (struct knd_impact){0};
	(void)kcl_config_diff(from, to, on_diff, &look);
	list_end(&look.handshakes);
	list_end(&look.traffic);
	out->traffic = look.traffic.cnt;
}
