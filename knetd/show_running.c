// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `show running-config`: the configuration in force as the lines that make it, all of it or a part.
 * Written in steps, so that 65,535 peers hold up nobody; a peer changed between two steps appears
 * as it is then. Control thread only.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

/*
 * key: 0 is the head, then (interface + 1) << 32 | id of the last peer written, with IFACE_BEGUN
 * when the lines before the peers are out.
 */
#define IFACE_BEGUN (1ULL << 31)

/*
 * `section TEXT`: lines that have the text, and those below them. What is kept between two steps
 * is the indent of the line that is being followed, plus 1; 0: none. It lives in run->state.
 */
struct writer {
	struct knd_run *run;
	struct knd_out *out;
	const char *section;
};

static void line_out(void *arg, const char *line)
{
	const struct writer *w = arg;
	const uintptr_t indent = strspn(line, " ");
	uintptr_t followed = (uintptr_t)w->run->state;

	if (w->section == NULL) {
		knd_out_line(w->out, "%s", line);
		return;
	}
	/* The end of a block is as indented as its begin. */
	if (followed && indent + 1 == followed && strcmp(line + indent, "exit") == 0) {
		knd_out_line(w->out, "%s", line);
		w->run->state = NULL;
		return;
	}
	if (followed && indent + 1 <= followed)
		followed = 0;
	if (!followed && strstr(line, w->section) != NULL)
		followed = indent + 1;
	w->run->state = (void *)followed;
	if (followed)
		knd_out_line(w->out, "%s", line);
}

/* Which configuration it is, as a comment: what is pasted or saved stays the same. */
static void title_write(struct writer *w)
{
	const struct knd_txn *txn = knd_view_txn(w->run->daemon);
	const uint64_t generation = knd_view_generation(w->run->daemon);
	const struct knd_txn_entry *entry;
	struct knd_why why;
	char time[40];

	entry = knd_txn_entry_find(txn, generation, &why);
	if (entry == NULL) { /* `archive maximum 0` */
		knd_out_line(w->out, "! knet-config 1, generation %" PRIu64, generation);
		return;
	}
	knd_format_time(entry->real_ns, time, sizeof(time));
	knd_out_line(w->out, "! knet-config 1, generation %" PRIu64 ", %s by %s", generation, time,
		     entry->user);
}

static bool is_wanted(const struct knd_run *run, const struct kcl_iface *iface)
{
	const char *only = kcl_args_text(run->args, "interface");

	return only == NULL || strcmp(only, iface->name) == 0;
}

static void iface_begin(struct writer *w, const struct kcl_iface *iface)
{
	if (kcl_args_has(w->run->args, "all"))
		kcl_iface_write_head_all(iface, line_out, w);
	else
		kcl_iface_write_head(iface, line_out, w);
}

static void head_write(struct writer *w, const struct kcl_config *config)
{
	if (kcl_args_has(w->run->args, "interface"))
		return;
	if (kcl_args_has(w->run->args, "all"))
		kcl_config_write_head_all(config, line_out, w);
	else
		kcl_config_write_head(config, line_out, w);
}

/* Returns 1 when the output is full. */
static int iface_write(struct writer *w, const struct kcl_iface *iface)
{
	struct knd_run *run = w->run;
	const struct kcl_peer *peer;

	if (!(run->key & IFACE_BEGUN))
		iface_begin(w, iface);
	run->key |= IFACE_BEGUN;
	while ((peer = kcl_peer_next(iface, (uint16_t)(run->key & 0xffff))) != NULL) {
		kcl_peer_write(iface, peer, line_out, w);
		run->key = (run->key & ~0xffffULL) | peer->id;
		if (knd_out_full(w->out))
			return 1;
	}
	kcl_iface_write_tail(iface, line_out, w);
	return 0;
}

static int peer_write(struct writer *w, const struct kcl_config *config, const char *name)
{
	for (uint32_t i = 0; i < config->iface_cnt; i++) {
		const struct kcl_iface *iface = config->iface[i];
		const struct kcl_peer *peer = kcl_peer_find_name(iface, name);

		if (peer == NULL)
			continue;
		knd_out_line(w->out, "interface %s", iface->name);
		kcl_peer_write(iface, peer, line_out, w);
		knd_out_line(w->out, "exit");
	}
	return 0;
}

static int show_running(struct knd_run *run, struct knd_out *out)
{
	const struct kcl_config *config = knd_view_config(run->daemon);
	const char *peer = kcl_args_text(run->args, "peer");
	struct writer w = {.run = run, .out = out, .section = kcl_args_text(run->args, "text")};

	if (!knd_names_must_exist(run, out))
		return -ENOENT;
	if (peer != NULL)
		return peer_write(&w, config, peer);
	if (run->key == 0) {
		if (w.section == NULL)
			title_write(&w);
		head_write(&w, config);
		run->key = 1ULL << 32;
	}
	for (size_t i = (run->key >> 32) - 1; i < config->iface_cnt; i++) {
		if (is_wanted(run, config->iface[i]) && iface_write(&w, config->iface[i]))
			return 1;
		run->key = (uint64_t)(i + 2) << 32;
	}
	return 0;
}

const struct knd_command knd_cmd_show_running_config = {.name = "show_running_config",
							.next = show_running};
const struct knd_command knd_cmd_write_terminal = {.name = "write_terminal", .next = show_running};
