// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Configurations as text (`show startup-config`, `show this`), and the commands that act: `write`,
 * `clear`. Control thread only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"
#include "knetd/counters.h"

static void line_out(void *out, const char *line)
{
	knd_out_line(out, "%s", line);
}

static int show_startup(struct knd_run *run, struct knd_out *out)
{
	FILE *f = run->state;
	char line[KCL_LINE_MAX + 2];

	if (f == NULL) {
		f = fopen(knd_view_startup_path(run->daemon), "re");
		if (f == NULL) {
			knd_out_error(out, KCP_FAILED, "%s: %s", knd_view_startup_path(run->daemon),
				      strerror(errno));
			return -errno;
		}
		run->state = f;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		knd_out_line(out, "%s", line);
		if (knd_out_full(out))
			return 1;
	}
	return 0;
}

static void startup_close(struct knd_run *run)
{
	if (run->state != NULL)
		fclose(run->state);
}

const struct knd_command knd_cmd_show_startup_config = {
	.name = "show_startup_config", .next = show_startup, .close = startup_close};

static int show_this(struct knd_run *run, struct knd_out *out)
{
	kcl_place_write(&run->args->place, run->config, line_out, out);
	return 0;
}

const struct knd_command knd_cmd_show_this = {.name = "show_this", .next = show_this};

static int help(struct knd_run *run, struct knd_out *out)
{
	(void)run;
	knd_out_line(out, "?            what can stand here, at any place of a line");
	knd_out_line(out, "TAB          completes a word; twice: lists what it could be");
	knd_out_line(out, "Words may be shortened as long as they are unique: `sh peers`.");
	knd_out_line(out, "`configure` enters the configuration; `no LINE` takes a line back;");
	knd_out_line(out, "`end` leaves it, `write` saves it. Every line is in force at once;");
	knd_out_line(out, "`configure session` collects lines until `commit`. What a change does:");
	knd_out_line(out,
		     "`show configuration diff`; to take it back: `rollback`; to try it only:");
	knd_out_line(out, "`commit confirmed`.");
	knd_out_line(out, "`show ... | json`, `| include WORD`, `| count` shape what is shown.");
	return 0;
}

const struct knd_command knd_cmd_help = {.name = "help", .next = help};

static int write_memory(struct knd_run *run, struct knd_out *out)
{
	char why[256] = "";
	int err = knd_view_save(run->daemon, why, sizeof(why));

	if (err != 0) {
		knd_out_error(out, KCP_FAILED, "%s", why);
		return err;
	}
	knd_out_line(out, "Saved as %s", knd_view_startup_path(run->daemon));
	return 0;
}

const struct knd_command knd_cmd_write = {.name = "write", .next = write_memory};

/* Keeps it for everybody, or for the session. 0, -ENOMEM or -ENOSPC. */
static int zero_keep(const struct knd_run *run, const struct knd_iface_view *iface,
		     struct knd_counters_zero *zero)
{
	if (zero == NULL)
		return -ENOMEM;
	if (kcl_args_has(run->args, "session"))
		return knd_view_zero_set(run->daemon, iface->config->name, run->who->session, zero);
	free(*iface->zero);
	*iface->zero = zero;
	return 0;
}

/* All of an interface, or one peer of it. 0, -ENOENT, -ENOMEM or -ENOSPC. */
static int iface_counters_clear(const struct knd_run *run, const struct knd_iface_view *iface)
{
	const bool is_own = kcl_args_has(run->args, "session");
	const struct knd_counters from = {
		.handle = iface->handle,
		.zero = is_own ? knd_view_zero(run->daemon, iface->config->name, run->who->session)
			       : *iface->zero};
	const struct kcl_args *args = run->args;
	const struct kcl_value *link = kcl_args_find(args, "link");
	const char *name = kcl_args_text(args, "peer");
	const struct kcl_peer *peer = name ? kcl_peer_find_name(iface->config, name) : NULL;
	struct knd_counters_zero *zero;

	if (name != NULL && peer == NULL)
		return -ENOENT;
	if (peer != NULL)
		zero = knd_counters_zero_peer(&from, peer->id, link ? (int)link->number : -1);
	else
		zero = knd_counters_zero_new(iface->handle);
	return zero_keep(run, iface, zero);
}

static int clear_counters(struct knd_run *run, struct knd_out *out)
{
	const char *only = kcl_args_text(run->args, "interface");
	struct knd_iface_view iface;
	int rc;

	if (!knd_names_must_exist(run, out))
		return -ENOENT;
	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		if (iface.handle == NULL || (only != NULL && strcmp(only, iface.config->name) != 0))
			continue;
		rc = iface_counters_clear(run, &iface);
		if (rc == -ENOSPC)
			knd_out_error(out, KCP_FAILED,
				      "Other sessions have too many zeros of their "
				      "own");
		if (rc < 0 && rc != -ENOENT)
			return rc;
	}
	return 0;
}

const struct knd_command knd_cmd_clear_counters = {.name = "clear_counters",
						   .next = clear_counters};
const struct knd_command knd_cmd_clear_counters_session = {.name = "clear_counters_session",
							   .next = clear_counters};

static int iface_macs_clear(const struct kcl_args *args, const struct knd_iface_view *iface)
{
	const struct kcl_value *mac = kcl_args_find(args, "mac");
	const char *name = kcl_args_text(args, "peer");
	const struct kcl_peer *peer = name ? kcl_peer_find_name(iface->config, name) : NULL;

	if (mac != NULL)
		return knet_fdb_clear(iface->handle, KNET_FDB_CLEAR_MAC, 0, mac->mac);
	if (peer != NULL)
		return knet_fdb_clear(iface->handle, KNET_FDB_CLEAR_PEER, peer->id, NULL);
	return name ? 0 : knet_fdb_clear(iface->handle, KNET_FDB_CLEAR_DYNAMIC, 0, NULL);
}

static int clear_mac_table(struct knd_run *run, struct knd_out *out)
{
	const char *peer = kcl_args_text(run->args, "peer");
	struct knd_iface_view iface;
	int cnt = 0;

	if (peer != NULL && !knd_peer_must_exist(run, out, peer))
		return -ENOENT;
	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++)
		if (iface.handle != NULL)
			cnt += iface_macs_clear(run->args, &iface);
	knd_out_line(out, "%d address%s forgotten", cnt, cnt == 1 ? "" : "es");
	return 0;
}

const struct knd_command knd_cmd_clear_mac_table = {.name = "clear_mac_table",
						    .next = clear_mac_table};

static int clear_peer(struct knd_run *run, struct knd_out *out)
{
	const struct kcl_value *link = kcl_args_find(run->args, "link");
	const char *name = kcl_args_text(run->args, "peer");
	struct knd_iface_view iface;
	bool is_found = false;

	for (size_t i = 0; knd_view_iface(run->daemon, i, &iface); i++) {
		const struct kcl_peer *peer = kcl_peer_find_name(iface.config, name);
		int rc;

		if (peer == NULL || iface.handle == NULL)
			continue;
		rc = link ? knd_view_link_clear(run->daemon, i, peer, (unsigned int)link->number)
			  : knet_peer_clear(iface.handle, peer->id);
		is_found |= rc == 0;
	}
	if (!is_found)
		knd_out_error(out, KCP_FAILED, "There is no %s'%s' on a live interface",
			      link ? "such link of peer " : "peer ", name);
	return is_found ? 0 : -ENOENT;
}

const struct knd_command knd_cmd_clear_peer = {.name = "clear_peer", .next = clear_peer};

static int clear_events(struct knd_run *run, struct knd_out *out)
{
	(void)out;
	knd_view_events_clear(run->daemon);
	return 0;
}

const struct knd_command knd_cmd_clear_events = {.name = "clear_events", .next = clear_events};
