// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * See fake_engine.h. One table for all handles, small ids only. Every call that changes something
 * goes through call(): it is written down there, and fails there when a test wants it to.
 */
#include "tests/unit/fake_engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knet.h"
#include "knetd/net.h"

#define PEERS     16
#define TAP_INDEX 100

struct fake_peer_link {
	bool is_there;
	char text[160];
};

struct fake_peer {
	bool is_there, enabled;
	char name[KNET_NAME_LEN];
	uint8_t key;
	int policy;
	struct fake_peer_link link[KNET_MAX_LINKS];
};

struct knet_handle {
	struct knet_handle *next;
	char name[16];
	int index;
	uint16_t id;
	uint8_t secret;
	char settings[192];
	struct fake_peer peer[PEERS];
	char own[KNET_MAX_LINKS][80]; /* "": not open */
	bool usable[KNET_MAX_LINKS];
	unsigned int link_mtu[KNET_MAX_LINKS];
	char statics[256];
	/* the TAP */
	unsigned int mtu;
	char alias[64];
	char addrs[256];
};

static struct knet_handle *handles;
static char calls[65536];
static unsigned int fail_at;

static struct {
	struct knd_dev dev;
	struct kcl_endpoint addr;
} machine[2];
static int route_by;
static unsigned int narrowest;
static int tap_master;

__attribute__((format(printf, 1, 2))) static int call(const char *fmt, ...)
{
	const size_t used = strlen(calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(calls + used, sizeof(calls) - used, fmt, ap);
	va_end(ap);
	strncat(calls, "\n", sizeof(calls) - strlen(calls) - 1);
	return fail_at && --fail_at == 0 ? -ENOMEM : 0;
}

/* ---- for tests ------------------------------------------------------------------------------- */

void fake_dev_set(unsigned int n, bool is_up, bool has_carrier, unsigned int mtu)
{
	machine[n].dev.is_up = is_up;
	machine[n].dev.has_carrier = has_carrier;
	machine[n].dev.mtu = mtu;
}

void fake_dev_addr(unsigned int n, const char *ip)
{
	machine[n].addr = (struct kcl_endpoint){0};
	if (ip && kcl_endpoint_parse(ip, &machine[n].addr) < 0)
		abort();
}

void fake_route_by(int n)
{
	route_by = n;
}

void fake_reset(void)
{
	while (handles)
		knet_handle_free(handles);
	for (unsigned int i = 0; i < 2; i++) {
		machine[i].dev = (struct knd_dev){.index = (int)i + 1};
		snprintf(machine[i].dev.name, sizeof(machine[i].dev.name), "eth%u", i);
		fake_dev_set(i, true, true, 1500);
	}
	fake_dev_addr(0, "10.66.0.1");
	fake_dev_addr(1, "10.67.0.1");
	route_by = 0;
	narrowest = 0;
	tap_master = 0;
	fail_at = 0;
	calls[0] = '\0';
}

const char *fake_calls(void)
{
	return calls;
}

void fake_calls_clear(void)
{
	calls[0] = '\0';
}

void fake_fail_at(unsigned int n)
{
	fail_at = n;
}

bool fake_fail_is_pending(void)
{
	return fail_at != 0;
}

static void peer_print(FILE *to, const struct fake_peer *peer, unsigned int id)
{
	fprintf(to, " peer %u %s key %u policy %d enabled %d\n", id, peer->name, peer->key,
		peer->policy, peer->enabled);
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
		if (peer->link[i].is_there)
			fprintf(to, "  link %u %s\n", i, peer->link[i].text);
}

const char *fake_state(char *out, size_t size)
{
	FILE *to = fmemopen(out, size, "w");

	for (const struct knet_handle *h = handles; h; h = h->next) {
		fprintf(to, "%s id %u secret %u mtu %u alias '%s' addrs%s statics%s\n %s\n",
			h->name, h->id, h->secret, h->mtu, h->alias, h->addrs, h->statics,
			h->settings);
		for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
			if (h->own[i][0])
				fprintf(to, " link %u %s usable %d\n", i, h->own[i], h->usable[i]);
		for (unsigned int i = 0; i < PEERS; i++)
			if (h->peer[i].is_there)
				peer_print(to, &h->peer[i], i);
	}
	fclose(to);
	return out;
}

/* A sorted list of words in a buffer, each with a blank before it: adds one, or takes it out. */
static void words_add(char *list, size_t size, const char *word)
{
	const size_t len = strlen(word), used = strlen(list);
	size_t at = 0;

	while (list[at] && strcmp(list + at + 1, word) < 0)
		at += 1 + strcspn(list + at + 1, " ");
	if (used + len + 2 > size)
		abort();
	memmove(list + at + len + 1, list + at, used - at + 1);
	list[at] = ' ';
	memcpy(list + at + 1, word, len);
}

static bool words_del(char *list, const char *word)
{
	char with_blank[128];
	char *at;

	snprintf(with_blank, sizeof(with_blank), " %s", word);
	at = strstr(list, with_blank);
	if (!at)
		return false;
	memmove(at, at + strlen(with_blank), strlen(at + strlen(with_blank)) + 1);
	return true;
}

static const char *addr_text(const struct sockaddr *sa, char *out)
{
	struct kcl_endpoint ep = {.family = (uint8_t)sa->sa_family};

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in {
			sa_family_t family;
			uint8_t port[2], ip[4];
		} *in = (const void *)sa;

		memcpy(ep.ip, in->ip, 4);
		ep.port = (uint16_t)(in->port[0] << 8 | in->port[1]);
	}
	return sa->sa_family == AF_UNSPEC ? "dynamic" : kcl_endpoint_format(&ep, out);
}

/* ---- knet.h ---------------------------------------------------------------------------------- */

int knet_handle_new(const struct knet_params *params, struct knet_handle **out)
{
	static int last_index = TAP_INDEX;
	struct knet_handle **at = &handles;
	int rc;

	for (struct knet_handle *h = handles; h; h = h->next)
		if (strcmp(h->name, params->tap_name) == 0)
			return -EBUSY;
	rc = call("new %s %u", params->tap_name, params->host_id);
	if (rc < 0)
		return rc;
	*out = calloc(1, sizeof(**out));
	snprintf((*out)->name, sizeof((*out)->name), "%s", params->tap_name);
	(*out)->id = params->host_id;
	(*out)->secret = params->secret[0];
	(*out)->index = handles ? ++last_index : TAP_INDEX;
	while (*at && strcmp((*at)->name, (*out)->name) < 0)
		at = &(*at)->next;
	(*out)->next = *at;
	*at = *out;
	return 0;
}

void knet_handle_free(struct knet_handle *h)
{
	struct knet_handle **at = &handles;

	if (!h)
		return;
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	strncat(calls, "free ", sizeof(calls) - strlen(calls) - 1);
	strncat(calls, h->name, sizeof(calls) - strlen(calls) - 1);
	strncat(calls, "\n", sizeof(calls) - strlen(calls) - 1);
	free(h);
}

unsigned int knet_mtu_for(unsigned int link_mtu, bool ipv6)
{
	return link_mtu - (ipv6 ? 100 : 80);
}

int knet_key_parse(const char *text, uint8_t out[KNET_KEY_LEN])
{
	memset(out, text[0], KNET_KEY_LEN);
	return strlen(text) == KNET_KEY_TEXT_LEN ? 0 : -EINVAL;
}

void knet_key_format(const uint8_t key[KNET_KEY_LEN], char out[KNET_KEY_TEXT_LEN + 1])
{
	memset(out, key[0], KNET_KEY_TEXT_LEN);
	out[KNET_KEY_TEXT_LEN] = '\0';
}

int knet_link_open(struct knet_handle *h, unsigned int link, const struct sockaddr *local,
		   uint8_t priority)
{
	char ep[KCL_VALUE_TEXT_MAX], ip[KCL_VALUE_TEXT_MAX], text[KCL_VALUE_TEXT_MAX];
	bool known = false;
	int rc;

	addr_text(local, ep);
	for (unsigned int i = 0; i < 2; i++) {
		kcl_endpoint_format(&machine[i].addr, ip);
		known = known || (machine[i].addr.family && strncmp(ep, ip, strlen(ip)) == 0);
	}
	if (!known && strncmp(ep, "0.0.0.0", 7) != 0)
		return -EADDRNOTAVAIL;
	for (const struct knet_handle *other = handles; other; other = other->next)
		for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
			if ((other != h || i != link) &&
			    strncmp(other->own[i], ep, strlen(ep)) == 0)
				return -EADDRINUSE;
	rc = call("open %s/%u %s priority %u", h->name, link, ep, priority);
	if (rc < 0)
		return rc;
	if (strncmp(h->own[link], ep, strlen(ep)) != 0)
		h->usable[link] = true;
	snprintf(text, sizeof(text), "%.60s priority %u", ep, priority);
	memcpy(h->own[link], text, sizeof(text));
	return 0;
}

int knet_link_close(struct knet_handle *h, unsigned int link)
{
	if (!h->own[link][0])
		return -ENOENT;
	call("close %s/%u", h->name, link);
	h->own[link][0] = '\0';
	return 0;
}

int knet_link_weight_set(struct knet_handle *h, unsigned int link, uint8_t weight)
{
	if (weight != 1)
		call("weight %s/%u %u", h->name, link, weight);
	return 0;
}

int knet_link_usable_set(struct knet_handle *h, unsigned int link, bool usable, const char *why)
{
	if (!h->own[link][0])
		return -ENOENT;
	call("usable %s/%u %d: %s", h->name, link, usable, why);
	h->usable[link] = usable;
	return 0;
}

/* Not among the calls: it follows each opening. */
int knet_link_mtu_set(struct knet_handle *h, unsigned int link, unsigned int mtu)
{
	if (!h->own[link][0])
		return -ENOENT;
	h->link_mtu[link] = mtu;
	return 0;
}

int knet_tap_mtu_set(struct knet_handle *h, unsigned int mtu)
{
	return h->mtu == mtu ? 0 : -EINVAL;
}

unsigned int fake_link_mtu(unsigned int link)
{
	return handles->link_mtu[link];
}

unsigned int knet_mtu_narrowest(const struct knet_handle *h)
{
	(void)h;
	return narrowest;
}

void fake_narrowest_set(unsigned int mtu)
{
	narrowest = mtu;
}

/* The settings of a handle as `NAME TEXT`; each is there once. */
__attribute__((format(printf, 3, 4))) static int setting(struct knet_handle *h, const char *name,
							 const char *fmt, ...)
{
	char value[100], word[128], *at;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	snprintf(word, sizeof(word), "%s=%s", name, value);
	if (call("set %s %s", h->name, word) < 0)
		return -ENOMEM;
	at = strstr(h->settings, name);
	if (at) {
		char *end = strchr(at, ' ');
		char old[128];

		snprintf(old, sizeof(old), "%.*s", (int)(end ? (size_t)(end - at) : strlen(at)),
			 at);
		words_del(h->settings, old);
	}
	words_add(h->settings, sizeof(h->settings), word);
	return 0;
}

int knet_timers_set(struct knet_handle *h, const struct knet_timers *t)
{
	return setting(h, "timers", "%u/%u/%u/%u", t->ping_ms, t->timeout_ms, t->pong_count,
		       t->hold_ms);
}

int knet_policy_set(struct knet_handle *h, enum knet_policy policy)
{
	return setting(h, "policy", "%d", (int)policy);
}

int knet_rekey_set(struct knet_handle *h, unsigned int seconds, uint64_t bytes)
{
	return setting(h, "rekey", "%u/%llu", seconds, (unsigned long long)bytes);
}

int knet_fdb_params_set(struct knet_handle *h, const struct knet_fdb_params *p)
{
	return setting(h, "fdb", "%u/%u", p->aging_s, p->limit);
}

int knet_pmtud_set(struct knet_handle *h, unsigned int seconds)
{
	return setting(h, "pmtud", "%u", seconds);
}

int knet_storm_guard_set(struct knet_handle *h, uint32_t pps)
{
	return setting(h, "storm", "%u", pps);
}

int knet_dscp_set(struct knet_handle *h, unsigned int dscp)
{
	return setting(h, "dscp", "%u", dscp);
}

int knet_failover_buffer_set(struct knet_handle *h, uint64_t bytes)
{
	return setting(h, "failover-buffer", "%llu", (unsigned long long)bytes);
}

int knet_workers_set(struct knet_handle *h, unsigned int cnt)
{
	return setting(h, "workers", "%u", cnt);
}

static struct fake_peer *peer_of(struct knet_handle *h, uint16_t id)
{
	return id < PEERS && h->peer[id].is_there ? &h->peer[id] : NULL;
}

int knet_peer_add(struct knet_handle *h, uint16_t id, const char *name, const uint8_t *public_key)
{
	int rc;

	if (id >= PEERS || peer_of(h, id))
		return -EEXIST;
	rc = call("peer %s/%u add %s", h->name, id, name);
	if (rc < 0)
		return rc;
	h->peer[id] = (struct fake_peer){.is_there = true,
					 .enabled = true,
					 .key = public_key ? public_key[0] : 0,
					 .policy = -1};
	snprintf(h->peer[id].name, sizeof(h->peer[id].name), "%s", name);
	return 0;
}

int knet_peer_del(struct knet_handle *h, uint16_t id)
{
	int rc;

	if (!peer_of(h, id))
		return -ENOENT;
	rc = call("peer %s/%u del", h->name, id);
	if (rc == 0)
		h->peer[id].is_there = false;
	return rc;
}

int knet_peer_rename(struct knet_handle *h, uint16_t id, const char *name)
{
	const int rc = peer_of(h, id) ? call("peer %s/%u rename %s", h->name, id, name) : -ENOENT;

	if (rc == 0)
		snprintf(h->peer[id].name, sizeof(h->peer[id].name), "%s", name);
	return rc;
}

int knet_peer_key_set(struct knet_handle *h, uint16_t id, const uint8_t *public_key)
{
	const int rc = peer_of(h, id) ? call("peer %s/%u key", h->name, id) : -ENOENT;

	if (rc == 0)
		h->peer[id].key = public_key ? public_key[0] : 0;
	return rc;
}

int knet_peer_policy_set(struct knet_handle *h, uint16_t id, const enum knet_policy *policy)
{
	const int rc = peer_of(h, id) ? call("peer %s/%u policy", h->name, id) : -ENOENT;

	if (rc == 0)
		h->peer[id].policy = policy ? (int)*policy : -1;
	return rc;
}

int knet_peer_enable(struct knet_handle *h, uint16_t id, bool enabled)
{
	const int rc =
		peer_of(h, id) ? call("peer %s/%u enable %d", h->name, id, enabled) : -ENOENT;

	if (rc == 0)
		h->peer[id].enabled = enabled;
	return rc;
}

int knet_peer_link_set(struct knet_handle *h, uint16_t id, unsigned int link,
		       const struct knet_peer_link *cfg)
{
	char remote[KCL_VALUE_TEXT_MAX], text[160];
	int used, rc;

	if (!peer_of(h, id))
		return -ENOENT;
	used = snprintf(text, sizeof(text), "%s priority %d enabled %d",
			addr_text((const struct sockaddr *)&cfg->remote, remote), cfg->priority,
			cfg->enabled);
	if (cfg->has_timers)
		snprintf(text + used, sizeof(text) - (size_t)used, " timers %u/%u/%u/%u",
			 cfg->timers.ping_ms, cfg->timers.timeout_ms, cfg->timers.pong_count,
			 cfg->timers.hold_ms);
	rc = call("peer %s/%u link %u %s", h->name, id, link, text);
	if (rc < 0)
		return rc;
	h->peer[id].link[link].is_there = true;
	memcpy(h->peer[id].link[link].text, text, sizeof(text));
	return 0;
}

int knet_peer_link_del(struct knet_handle *h, uint16_t id, unsigned int link)
{
	int rc;

	if (!peer_of(h, id) || !h->peer[id].link[link].is_there)
		return -ENOENT;
	rc = call("peer %s/%u link %u del", h->name, id, link);
	if (rc == 0)
		h->peer[id].link[link].is_there = false;
	return rc;
}

int knet_link_info_get(struct knet_handle *h, uint16_t id, unsigned int link,
		       struct knet_link_info *out)
{
	(void)out;
	return peer_of(h, id) && h->peer[id].link[link].is_there ? 0 : -ENOENT;
}

static const char *static_word(const uint8_t mac[6], char *out)
{
	return kcl_mac_format(mac, out);
}

int knet_fdb_static_add(struct knet_handle *h, const uint8_t mac[6], uint16_t vlan, uint16_t peer)
{
	char text[KCL_VALUE_TEXT_MAX];
	const int rc = peer_of(h, peer) ? call("static %s add %s vlan %u peer %u", h->name,
					       static_word(mac, text), vlan, peer)
					: -ENOENT;

	if (rc == 0) {
		words_del(h->statics, text); /* the real one replaces it */
		words_add(h->statics, sizeof(h->statics), text);
	}
	return rc;
}

int knet_fdb_static_del(struct knet_handle *h, const uint8_t mac[6], uint16_t vlan)
{
	char text[KCL_VALUE_TEXT_MAX];
	const int rc = call("static %s del %s vlan %u", h->name, static_word(mac, text), vlan);

	if (rc < 0)
		return rc;
	return words_del(h->statics, text) ? 0 : -ENOENT;
}

/* ---- knetd/net.h ----------------------------------------------------------------------------- */

static struct knet_handle *tap_of(int index)
{
	for (struct knet_handle *h = handles; h; h = h->next)
		if (h->index == index)
			return h;
	return NULL;
}

/* libc's, for the names of our TAPs. */
unsigned int if_nametoindex(const char *name)
{
	for (struct knet_handle *h = handles; h; h = h->next)
		if (strcmp(h->name, name) == 0)
			return (unsigned int)h->index;
	return 0;
}

bool knd_net_addr_find(const struct knd_net *net, const struct kcl_endpoint *ep,
		       struct knd_dev *out)
{
	(void)net;
	for (unsigned int i = 0; i < 2; i++) {
		if (!machine[i].addr.family || machine[i].addr.family != ep->family ||
		    memcmp(machine[i].addr.ip, ep->ip, 16) != 0)
			continue;
		*out = machine[i].dev;
		return true;
	}
	return false;
}

bool knd_net_dev_find(const struct knd_net *net, int index, struct knd_dev *out)
{
	(void)net;
	if (!tap_of(index))
		return false;
	*out = (struct knd_dev){.index = index, .is_up = true, .master = tap_master};
	return true;
}

void fake_tap_bridge(int index)
{
	tap_master = index;
}

int knd_net_route(struct knd_net *net, const struct kcl_endpoint *to, struct knd_route *out)
{
	(void)net;
	(void)to;
	if (route_by < 0)
		return -ENETUNREACH;
	*out = (struct knd_route){.dev_index = route_by == 2 ? TAP_INDEX : route_by + 1};
	out->source = machine[route_by % 2].addr;
	return 0;
}

int knd_net_neigh_renew(struct knd_net *net, int index)
{
	(void)net;
	return call("neighbours of %d anew", index);
}

int knd_net_tap_set(struct knd_net *net, int index, const struct knd_tap *tap)
{
	struct knet_handle *h = tap_of(index);
	int rc;

	(void)net;
	if (!h)
		return -ENODEV;
	rc = call("tap %s mtu %u alias %s", h->name, tap->mtu, tap->alias ? tap->alias : "-");
	if (rc < 0)
		return rc;
	h->mtu = tap->mtu;
	snprintf(h->alias, sizeof(h->alias), "%s", tap->alias ? tap->alias : "");
	return 0;
}

int knd_net_addr_add(struct knd_net *net, int index, const struct kcl_prefix *prefix)
{
	struct knet_handle *h = tap_of(index);
	char text[KCL_VALUE_TEXT_MAX];
	int rc;

	(void)net;
	if (!h)
		return -ENODEV;
	rc = call("addr %s add %s", h->name, kcl_prefix_format(prefix, text));
	if (rc == 0)
		words_add(h->addrs, sizeof(h->addrs), text);
	return rc;
}

int knd_net_addr_del(struct knd_net *net, int index, const struct kcl_prefix *prefix)
{
	struct knet_handle *h = tap_of(index);
	char text[KCL_VALUE_TEXT_MAX];
	int rc;

	(void)net;
	if (!h)
		return -ENODEV;
	rc = call("addr %s del %s", h->name, kcl_prefix_format(prefix, text));
	if (rc == 0 && !words_del(h->addrs, text))
		return -EADDRNOTAVAIL;
	return rc;
}
