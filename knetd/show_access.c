// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* `show sessions`, `show privilege`, `show audit`: who is there, and what they did. Control thread
 * only. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "knetd/audit.h"
#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

static const char *role_name(uint8_t role)
{
	return role == KCP_ROLE_ADMIN ? "admin" : "operator";
}

static void uid_row(struct knd_out *out, const char *key, uint32_t uid)
{
	if (uid == UINT32_MAX)
		knd_row_null(out, key);
	else
		knd_row_int(out, key, uid);
}

static const struct kcp_schema sessions_schema = {
	.id = "sessions/1",
	.legend = "",
	.column_cnt = 9,
	.columns = {{"own", "", KCP_FMT_STAR},
		    {"session", "Session", KCP_FMT_INT},
		    {"user", "User", KCP_FMT_TEXT},
		    {"uid", "Uid", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"loginuid", "Login uid", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"role", "Role", KCP_FMT_TEXT},
		    {"pid", "Pid", KCP_FMT_INT},
		    {"tty", "Terminal", KCP_FMT_TEXT},
		    {"since", "Since", KCP_FMT_TIME}},
};

struct listing {
	struct knd_run *run;
	struct knd_out *out;
};

static void session_row(const struct knd_who *who, void *arg)
{
	const struct listing *listing = arg;
	struct knd_out *out = listing->out;
	char text[32];

	knd_row_begin(out);
	knd_row_bool(out, "own", who->session == listing->run->who->session);
	knd_row_int(out, "session", who->session);
	knd_row_str(out, "user", who->user);
	knd_row_int(out, "uid", who->uid);
	uid_row(out, "loginuid", who->loginuid);
	knd_row_str(out, "role", role_name(who->role));
	knd_row_int(out, "pid", who->pid);
	knd_row_str(out, "tty", who->tty[0] ? who->tty : NULL);
	knd_format_time(who->since_ns, text, sizeof(text));
	knd_row_str(out, "since", text);
	knd_row_end(out);
}

static int show_sessions(struct knd_run *run, struct knd_out *out)
{
	struct listing listing = {.run = run, .out = out};

	knd_view_each_session(run->daemon, session_row, &listing);
	return 0;
}

static const struct kcp_schema privilege_schema = {
	.id = "privilege/1",
	.legend = "",
	.column_cnt = 5,
	.columns = {{"role", "Role", KCP_FMT_TEXT},
		    {"role_max", "At most", KCP_FMT_TEXT},
		    {"user", "User", KCP_FMT_TEXT},
		    {"uid", "Uid", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"session", "Session", KCP_FMT_INT}},
};

static int show_privilege(struct knd_run *run, struct knd_out *out)
{
	knd_row_begin(out);
	knd_row_str(out, "role", role_name(run->who->role));
	knd_row_str(out, "role_max", role_name(run->who->role_max));
	knd_row_str(out, "user", run->who->user);
	knd_row_int(out, "uid", run->who->uid);
	knd_row_int(out, "session", run->who->session);
	knd_row_end(out);
	return 0;
}

static const struct kcp_schema audit_schema = {
	.id = "audit/1",
	.legend = "",
	.column_cnt = 10,
	.columns = {{"time", "When", KCP_FMT_TIME},
		    {"seq", "Number", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"user", "User", KCP_FMT_TEXT},
		    {"uid", "Uid", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"loginuid", "Login uid", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"pid", "Pid", KCP_FMT_INT | KCP_FMT_HIDDEN},
		    {"session", "Session", KCP_FMT_INT | KCP_FMT_MINOR},
		    {"tty", "Terminal", KCP_FMT_TEXT},
		    {"result", "Result", KCP_FMT_TEXT},
		    {"command", "Command", KCP_FMT_TEXT}},
};

static void audit_row(struct knd_out *out, const struct knd_audit_entry *entry)
{
	char text[32];

	knd_row_begin(out);
	knd_format_time(entry->real_ns, text, sizeof(text));
	knd_row_str(out, "time", text);
	knd_row_int(out, "seq", (int64_t)entry->seq);
	knd_row_str(out, "user", entry->user);
	knd_row_int(out, "uid", entry->uid);
	uid_row(out, "loginuid", entry->loginuid);
	knd_row_int(out, "pid", entry->pid);
	knd_row_int(out, "session", entry->session);
	knd_row_str(out, "tty", entry->tty[0] ? entry->tty : NULL);
	knd_row_str(out, "result", entry->result);
	knd_row_str(out, "command", entry->words);
	knd_row_end(out);
}

/* key: number of the next one. */
static int show_audit(struct knd_run *run, struct knd_out *out)
{
	const struct knd_audit *audit = knd_view_audit(run->daemon);
	const uint64_t last = knd_audit_last(audit);
	const uint64_t count = kcl_args_uint(run->args, "count", UINT64_MAX);
	const struct knd_audit_entry *entry;

	if (run->key == 0)
		run->key = count < last ? last - count + 1 : 1;
	while ((entry = knd_audit_at(audit, run->key)) != NULL) {
		audit_row(out, entry);
		run->key = entry->seq + 1;
		if (knd_out_full(out))
			return 1;
	}
	return 0;
}

const struct knd_command knd_access_cmds[] = {
	{.name = "show_sessions", .schema = &sessions_schema, .next = show_sessions},
	{.name = "show_privilege", .schema = &privilege_schema, .next = show_privilege},
	{.name = "show_audit", .schema = &audit_schema, .next = show_audit},
	{0},
};
