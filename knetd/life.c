// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `reload daemon` and `stop daemon`. Both take something away from others, so whoever types them is
 * asked first: the line is handed back to the client with a question and with the line that does
 * it, which is the only one that is audited. Control thread only.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

/* An empty question is none: the client goes on at once. */
static int ask(struct knd_out *out, const char *question, const char *line)
{
	const struct kcp_local msg = {
		.name = "confirm",
		.cnt = 2,
		.arg = {{.name = "question", .text = question}, {.name = "line", .text = line}},
	};

	knd_out_local(out, &msg);
	return 0;
}

static int reload_ask(struct knd_run *run, struct knd_out *out)
{
	return ask(out,
		   knd_view_is_unsaved(run->daemon)
			   ? "What was not saved will not be in force any more. Reload?"
			   : "",
		   "reload daemon yes");
}

static int reload_daemon(struct knd_run *run, struct knd_out *out)
{
	struct knd_why why = {""};
	const int rc = knd_view_reload(run->daemon, run->who, &why);

	if (rc < 0) {
		knd_out_error(out, KCP_COMMIT, "%s", why.text[0] ? why.text : strerror(-rc));
		return rc;
	}
	knd_out_line(out, "%s is in force, as generation %" PRIu64 ".",
		     knd_view_startup_path(run->daemon), knd_view_generation(run->daemon));
	return 0;
}

static int stop_ask(struct knd_run *run, struct knd_out *out)
{
	return ask(out,
		   knd_view_is_unsaved(run->daemon)
			   ? "All interfaces end, and what was not saved is lost. Stop the daemon?"
			   : "All interfaces end. Stop the daemon?",
		   "stop daemon yes");
}

static int stop_daemon(struct knd_run *run, struct knd_out *out)
{
	(void)out;
	knd_view_stop(run->daemon, run->who);
	return 0;
}

const struct knd_command knd_life_cmds[] = {
	{.name = "reload_ask", .next = reload_ask},
	{.name = "reload_daemon", .next = reload_daemon},
	{.name = "stop_ask", .next = stop_ask},
	{.name = "stop_daemon", .next = stop_daemon},
	{0},
};
