// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A control server without an engine, but with the real command language and configuration: what
 * is committed is checked as the daemon would and can be shown. `lang_knetd SOCKET`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"
#include "knetd/ctl/server.h"

static struct {
	qb_loop_t *loop;
	struct kcl_config *running;
	uint64_t generation;
} self = {.generation = 1};

static void line_out(void *arg, const char *line)
{
	knd_out_line(arg, "%s", line);
}

static int running_config_next(struct knd_run *run, struct knd_out *out)
{
	(void)run;
	kcl_config_write(self.running, line_out, out);
	return 0;
}

static const struct kcp_schema peers_schema = {
	.id = "peers/1",
	.legend = "",
	.column_cnt = 3,
	.columns = {{"interface", "Interface", KCP_FMT_TEXT},
		    {"peer", "Peer", KCP_FMT_TEXT},
		    {"id", "Id", KCP_FMT_INT}},
};

static void peers_emit(const struct kcl_iface *iface, struct knd_out *out)
{
	const struct kcl_peer *peer = kcl_peer_next(iface, 0);

	for (; peer; peer = kcl_peer_next(iface, peer->id)) {
		knd_row_begin(out);
		knd_row_str(out, "interface", iface->name);
		knd_row_str(out, "peer", peer->name);
		knd_row_int(out, "id", peer->id);
		knd_row_end(out);
	}
}

static int peers_next(struct knd_run *run, struct knd_out *out)
{
	(void)run;
	for (uint32_t i = 0; i < self.running->iface_cnt; i++)
		peers_emit(self.running->iface[i], out);
	return 0;
}

static const struct knd_command show_running_config = {.name = "show_running_config",
						       .next = running_config_next};
static const struct knd_command show_peers = {
	.name = "show_peers", .schema = &peers_schema, .next = peers_next};

static const struct knd_command *const commands[] = {
	&show_running_config,
	&show_peers,
	&knd_cmd_watch,
	&knd_cmd_terminal_length,
	&knd_cmd_terminal_width,
	&knd_cmd_terminal_color,
	&knd_cmd_terminal_history,
	&knd_cmd_terminal_timestamps,
};

static const struct knd_command *command_find(void *daemon, const char *name)
{
	(void)daemon;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static const struct kcl_config *running(void *daemon)
{
	(void)daemon;
	return self.running;
}

static void complain(void *arg, const struct kcl_iface *iface, const char *message)
{
	char *why = arg;

	(void)iface;
	if (!why[0])
		snprintf(why, 256, "%s", message);
}

static int commit(void *daemon, const struct knd_who *who, struct kcl_config *candidate, char *why,
		  size_t why_size)
{
	char first[256] = "";

	(void)daemon;
	(void)who;
	if (kcl_config_check(candidate, complain, first) > 0) {
		snprintf(why, why_size, "%s", first);
		return -EINVAL;
	}
	kcl_config_free(self.running);
	self.running = candidate;
	self.generation++;
	return 0;
}

static uint64_t generation(void *daemon)
{
	(void)daemon;
	return self.generation;
}

static bool is_unsaved(void *daemon)
{
	(void)daemon;
	return false;
}

static const struct knd_ctl_ops ops = {
	.command_find = command_find,
	.running = running,
	.commit = commit,
	.generation = generation,
	.is_unsaved = is_unsaved,
};

static int32_t on_term(int32_t sig, void *data)
{
	(void)sig;
	(void)data;
	qb_loop_stop(self.loop);
	return 0;
}

int main(int argc, char **argv)
{
	struct knd_server *server;
	int rc;

	self.running = kcl_config_new();
	self.loop = qb_loop_create();
	if (argc != 2 || !self.running || !self.loop)
		return 2;
	rc = knd_server_new(self.loop, argv[1], &ops, NULL, &server);
	if (rc == 0) {
		qb_loop_signal_add(self.loop, QB_LOOP_HIGH, SIGTERM, NULL, on_term, NULL);
		puts("ready");
		fflush(stdout);
		qb_loop_run(self.loop);
		knd_server_free(server);
	}
	qb_loop_destroy(self.loop);
	kcl_config_free(self.running);
	return rc == 0 ? 0 : 1;
}
