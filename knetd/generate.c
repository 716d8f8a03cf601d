// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What makes something for elsewhere: `generate peer-config` (the lines that another host needs),
 * `crypto generate` (files of secrets and keys); and `show crypto keys`. Private keys and secrets
 * never leave their files. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"
#include "knetd/secret.h"

/* ---- generate peer-config -------------------------------------------------------------------- */

/* Our own name, as the other host should call us. */
static const char *own_name(const struct kcl_config *config, char host[KCL_NAME_MAX + 1])
{
	if (config->hostname[0] != '\0')
		return config->hostname;
	if (gethostname(host, KCL_NAME_MAX) < 0)
		snprintf(host, KCL_NAME_MAX, "host");
	host[KCL_NAME_MAX] = '\0';
	host[strcspn(host, ".")] = '\0';
	return host;
}

static void mode_lines(struct knd_out *out, const struct kcl_iface *c)
{
	if (c->secret_path != NULL) {
		char path[4 * KCL_PATH_MAX + 8];

		kcl_word_quote(c->secret_path, path, sizeof(path));
		knd_out_line(out, " ! a copy of the same file");
		knd_out_line(out, " network-secret file %s", path);
	}
	if (c->port != 50000)
		knd_out_line(out, " port %u", c->port);
	if (c->suite != KCL_SUITE_AES256_GCM)
		knd_out_line(out, " suite %s", kcl_suite_name(c->suite));
	if (c->policy != KCL_POLICY_PASSIVE)
		knd_out_line(out, " policy %s", kcl_policy_name(c->policy));
	if (c->mtu != KCL_MTU_AUTO)
		knd_out_line(out, " mtu %u", c->mtu);
}

/* Where the other host finds our link: what is configured, or where the socket is bound. */
static bool own_endpoint(const struct knd_iface_view *iface, unsigned int link, char *out,
			 size_t size)
{
	const struct kcl_iface *c = iface->config;
	struct kcl_endpoint ep = c->link[link].local;
	struct knet_handle_info info;
	char text[64];

	if (ep.family == AF_UNSPEC && iface->handle != NULL) {
		knet_handle_info_get(iface->handle, &info);
		if (info.local[link].open)
			knd_format_addr(&info.local[link].local, text, sizeof(text));
		if (!info.local[link].open || kcl_endpoint_parse(text, &ep) < 0)
			return false;
	}
	if (ep.family == AF_UNSPEC)
		return false;
	ep.port = kcl_link_port(c, link);
	if (ep.port == (uint16_t)(c->port + link))
		ep.port = 0; /* as there by default */
	kcl_endpoint_format(&ep, text);
	snprintf(out, size, "%s", text);
	return true;
}

static void peer_lines(struct knd_out *out, const struct knd_iface_view *iface,
		       const struct kcl_peer *peer, const char *name)
{
	const struct kcl_iface *c = iface->config;
	char key[KNET_KEY_TEXT_LEN + 1], endpoint[KCL_VALUE_TEXT_MAX];
	uint8_t own_key[KNET_KEY_LEN];

	knd_out_line(out, " peer %s %u", name, c->node_id);
	if (c->key_path != NULL && iface->handle != NULL) {
		knet_public_key(iface->handle, own_key);
		knet_key_format(own_key, key);
		knd_out_line(out, "  public-key %s", key);
	}
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		if (!(peer->link_mask & 1u << i))
			continue;
		if (own_endpoint(iface, i, endpoint, sizeof(endpoint)))
			knd_out_line(out, "  link %u remote %s", i, endpoint);
		else
			knd_out_line(out, "  link %u dynamic", i);
	}
	knd_out_line(out, " exit");
}

static void host_lines(struct knd_out *out, const struct knd_iface_view *iface,
		       const struct kcl_peer *peer, const char *name)
{
	const struct kcl_iface *c = iface->config;
	char prefix[KCL_VALUE_TEXT_MAX];

	knd_out_line(out, "hostname %s", peer->name);
	knd_out_line(out, "interface %s", c->name);
	knd_out_line(out, " node-id %u", peer->id);
	for (uint32_t i = 0; i < c->addr_cnt; i++)
		knd_out_line(out, " ! address: another one of the network of %s",
			     kcl_prefix_format(&c->addr[i], prefix));
	mode_lines(out, c);
	if (peer->has_key)
		knd_out_line(out, " ! key file: the one whose public key we have");
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		const struct kcl_peer_link *link = kcl_peer_link_find(peer, i);

		if (link != NULL && link->remote.family != AF_UNSPEC)
			knd_out_line(out, " link %u local %s", i,
				     kcl_endpoint_format(&link->remote, prefix));
	}
	peer_lines(out, iface, peer, name);
	knd_out_line(out, "exit");
}

static int generate_peer_config(struct knd_run *run, struct knd_out *out)
{
	const struct kcl_config *config = knd_view_config(run->daemon);
	const char *peer_name = kcl_args_text(run->args, "peer");
	char host[KCL_NAME_MAX + 1];
	struct knd_iface_view iface;
	bool is_found = false;

	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		const struct kcl_peer *peer = kcl_peer_find_name(iface.config, peer_name);

		if (peer == NULL)
			continue;
		is_found = true;
		host_lines(out, &iface, peer, own_name(config, host));
	}
	if (!is_found)
		knd_out_error(out, KCP_FAILED, "There is no peer '%s'", peer_name);
	return is_found ? 0 : -ENOENT;
}

const struct knd_command knd_cmd_generate_peer_config = {.name = "generate_peer_config",
							 .next = generate_peer_config};

/* ---- crypto generate ------------------------------------------------------------------------- */

static int crypto_generate(struct knd_run *run, struct knd_out *out)
{
	const char *path = kcl_args_text(run->args, "path");
	const bool is_key = kcl_args_has(run->args, "key");
	uint8_t key[KNET_KEY_LEN], public_key[KNET_KEY_LEN];
	char text[KNET_KEY_TEXT_LEN + 1];
	int rc = knet_random(key, sizeof(key));

	if (rc == 0 && is_key)
		rc = knet_key_public(key, public_key);
	if (rc == 0)
		rc = knd_secret_write(path, key);
	explicit_bzero(key, sizeof(key));
	if (rc < 0) {
		knd_out_error(out, KCP_FAILED, "%s: %s", path,
			      rc == -EEXIST ? "exists already, and is left as it is"
					    : strerror(-rc));
		return rc;
	}
	if (is_key) {
		knet_key_format(public_key, text);
		knd_out_line(out, "Public key %s", text);
	}
	knd_out_line(out, "Written to %s", path);
	return 0;
}

const struct knd_command knd_cmd_crypto_generate = {.name = "crypto_generate",
						    .next = crypto_generate};

/* ---- show crypto keys ------------------------------------------------------------------------ */

static const struct kcp_schema keys_schema = {
	.id = "crypto-keys/1",
	.legend = "",
	.column_cnt = 4,
	.columns = {{"interface", "Interface", KCP_FMT_TEXT},
		    {"peer", "Peer", KCP_FMT_TEXT},
		    {"identity", "Identity", KCP_FMT_TEXT},
		    {"public_key", "Public key", KCP_FMT_TEXT}},
};

/* One line of the table; `key` NULL: it is derived from the secret, and nobody has asked for it. */
static void key_row(struct knd_out *out, const char *interface, const char *peer, bool is_pinned,
		    const uint8_t *key)
{
	char text[KNET_KEY_TEXT_LEN + 1];

	if (key != NULL)
		knet_key_format(key, text);
	knd_row_begin(out);
	knd_row_str(out, "interface", interface);
	knd_row_str(out, "peer", peer);
	knd_row_str(out, "identity", is_pinned ? "pinned" : "derived");
	knd_row_str(out, "public_key", key != NULL ? text : NULL);
	knd_row_end(out);
}

/* run->key: interface << 32 | 1 << 31 once our own key is out | id of the last peer. */
#define OWN_SHOWN (1ULL << 31)

static int show_crypto_keys(struct knd_run *run, struct knd_out *out)
{
	struct knd_iface_view iface;

	for (size_t i = run->key >> 32; knd_view_iface(run->daemon, i, &iface); i++) {
		const struct kcl_peer *peer;
		uint8_t own[KNET_KEY_LEN];

		if (!(run->key & OWN_SHOWN) && iface.handle != NULL) {
			knet_public_key(iface.handle, own);
			key_row(out, iface.config->name, "(this host)",
				iface.config->key_path != NULL, own);
		}
		run->key |= OWN_SHOWN;
		while ((peer = kcl_peer_next(iface.config, (uint16_t)(run->key & 0xffff)))) {
			key_row(out, iface.config->name, peer->name, peer->has_key,
				peer->has_key ? peer->key : NULL);
			run->key = (run->key & ~0xffffULL) | peer->id;
			if (knd_out_full(out))
				return 1;
		}
		run->key = (uint64_t)(i + 1) << 32;
	}
	return 0;
}

const struct knd_command knd_cmd_show_crypto_keys = {
	.name = "show_crypto_keys", .schema = &keys_schema, .next = show_crypto_keys};
