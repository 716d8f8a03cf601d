// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Commands that the client runs: those about its terminal, and tools of the user's own machine. The
 * daemon reads the line, because there is one grammar, and hands name and arguments back. Control
 * thread only.
 */
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

static void args_add(struct kcp_local *msg, const struct kcl_args *args)
{
	for (unsigned int i = 0; i < args->cnt && msg->cnt < KCP_LOCAL_MAX; i++) {
		const struct kcl_value *value = &args->value[i];

		msg->arg[msg->cnt].name = value->name;
		msg->arg[msg->cnt++].text = value->kind == KCL_VALUE_WORD ? "" : value->text;
	}
}

int knd_hand_back(struct knd_run *run, struct knd_out *out)
{
	struct kcp_local msg = {.name = run->command->name};

	args_add(&msg, run->args);
	knd_out_local(out, &msg);
	return 0;
}

/* What somebody who helps from afar needs to see. Nothing of it shows a secret. */
static const char *const support_commands[] = {
	"show version",         "show interfaces",       "show peers summary",   "show peers",
	"show links detail",    "show mac-table",        "show crypto sessions", "show counters",
	"show events last 500", "show logging last 500", "show memory",          "show threads",
	"show debug",           "show running-config",
};

static int tech_support(struct knd_run *run, struct knd_out *out)
{
	struct kcp_local msg = {.name = run->command->name};

	args_add(&msg, run->args);
	for (size_t i = 0; i < sizeof(support_commands) / sizeof(support_commands[0]); i++) {
		msg.arg[msg.cnt].name = "command";
		msg.arg[msg.cnt++].text = support_commands[i];
	}
	knd_out_local(out, &msg);
	return 0;
}

_Static_assert(sizeof(support_commands) / sizeof(support_commands[0]) < KCP_LOCAL_MAX - 8,
	       "the list fits one frame");

const struct knd_command knd_cmd_watch = {.name = "watch", .next = knd_hand_back};
const struct knd_command knd_cmd_terminal_length = {.name = "terminal_length",
						    .next = knd_hand_back};
const struct knd_command knd_cmd_terminal_width = {.name = "terminal_width", .next = knd_hand_back};
const struct knd_command knd_cmd_terminal_color = {.name = "terminal_color", .next = knd_hand_back};
const struct knd_command knd_cmd_terminal_timestamps = {.name = "terminal_timestamps",
							.next = knd_hand_back};
const struct knd_command knd_cmd_terminal_history = {.name = "terminal_history",
						     .next = knd_hand_back};
const struct knd_command knd_cmd_terminal_monitor = {.name = "terminal_monitor",
						     .next = knd_hand_back};
const struct knd_command knd_cmd_terminal_no_monitor = {.name = "terminal_no_monitor",
							.next = knd_hand_back};
const struct knd_command knd_cmd_load_terminal = {.name = "load_terminal", .next = knd_hand_back};
const struct knd_command knd_cmd_ping_address = {.name = "ping_address", .next = knd_hand_back};
const struct knd_command knd_cmd_traceroute_address = {.name = "traceroute_address",
						       .next = knd_hand_back};
const struct knd_command knd_cmd_show_history = {.name = "show_history", .next = knd_hand_back};
const struct knd_command knd_cmd_ping_host = {.name = "ping_host", .next = knd_hand_back};
const struct knd_command knd_cmd_traceroute_host = {.name = "traceroute_host",
						    .next = knd_hand_back};
const struct knd_command knd_cmd_show_tech_support = {.name = "show_tech_support",
						      .next = tech_support};
