// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the daemon says of its own process: `show memory`, `show threads`, and `debug` with `show
 * debug`. From /proc/self and the C library, when asked. Control thread only.
 */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "knetd/cmd/kcl.h"
#include "knetd/commands.h"

/* ---- memory ---------------------------------------------------------------------------------- */

static const struct kcp_schema memory_schema = {
	.id = "memory/1",
	.legend = "",
	.column_cnt = 3,
	.columns = {{"what", "What", KCP_FMT_TEXT},
		    {"bytes", "Bytes", KCP_FMT_BYTES},
		    {"meaning", "Meaning", KCP_FMT_TEXT}},
};

static void memory_row(struct knd_out *out, const char *what, int64_t bytes, const char *meaning)
{
	knd_row_begin(out);
	knd_row_str(out, "what", what);
	knd_row_known(out, "bytes", bytes);
	knd_row_str(out, "meaning", meaning);
	knd_row_end(out);
}

/* A line of /proc/self/status in bytes, -1 if there is none. */
static int64_t status_bytes(const char *key)
{
	FILE *f = fopen("/proc/self/status", "re");
	const size_t len = strlen(key);
	long long kib = -1;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, len) == 0 && line[len] == ':')
			kib = strtoll(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return kib < 0 ? -1 : kib * 1024;
}

static int show_memory(struct knd_run *run, struct knd_out *out)
{
	const struct mallinfo2 heap = mallinfo2();
	const size_t kept = knd_ring_room(knd_view_events(run->daemon)) +
			    knd_ring_room(knd_view_log(run->daemon));

	memory_row(out, "resident", status_bytes("VmRSS"), "physical memory in use");
	memory_row(out, "resident peak", status_bytes("VmHWM"), "most that it ever was");
	memory_row(out, "locked", status_bytes("VmLck"), "never written to swap: keys, buffers");
	memory_row(out, "virtual", status_bytes("VmSize"), "address space");
	memory_row(out, "heap in use", (int64_t)(heap.uordblks + heap.hblkhd),
		   "allocated and not freed");
	memory_row(out, "heap free", (int64_t)heap.fordblks, "kept for the next allocation");
	memory_row(out, "events and log", (int64_t)(kept * sizeof(struct knd_event)),
		   "rings of a fixed size");
	return 0;
}

/* ---- threads --------------------------------------------------------------------------------- */

static const struct kcp_schema threads_schema = {
	.id = "threads/1",
	.legend = "",
	.column_cnt = 7,
	.columns = {{"tid", "Thread", KCP_FMT_INT},
		    {"name", "Name", KCP_FMT_TEXT},
		    {"state", "State", KCP_FMT_TEXT},
		    {"cpu", "CPU", KCP_FMT_INT},
		    {"user_ms", "User ms", KCP_FMT_NUMBER},
		    {"system_ms", "System ms", KCP_FMT_NUMBER},
		    {"switches", "Switches", KCP_FMT_NUMBER}},
};

struct thread {
	char name[32];
	char state;
	unsigned long user, system;
	int cpu;
	long long switches;
};

static bool file_read(const char *tid, const char *name, char *out, size_t size)
{
	char path[300];
	size_t len = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/%s", tid, name);
	f = fopen(path, "re");
	if (f) {
		len = fread(out, 1, size - 1, f);
		fclose(f);
	}
	out[len] = '\0';
	return len > 0;
}

/* proc(5): name in parentheses, then fields from the third on. */
static bool stat_parse(char *text, struct thread *thread)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');

	if (!open || !close || close < open)
		return false;
	*close = '\0';
	snprintf(thread->name, sizeof(thread->name), "%.31s", open + 1);
	return sscanf(close + 1,
		      " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d "
		      "%*d %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d",
		      &thread->state, &thread->user, &thread->system, &thread->cpu) == 4;
}

static long long switches_parse(const char *text)
{
	const char *own = strstr(text, "voluntary_ctxt_switches:");
	const char *forced = strstr(text, "nonvoluntary_ctxt_switches:");

	if (!own || !forced)
		return -1;
	return strtoll(own + strlen("voluntary_ctxt_switches:"), NULL, 10) +
	       strtoll(forced + strlen("nonvoluntary_ctxt_switches:"), NULL, 10);
}

static const char *state_name(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "waiting";
	default:
		return "other";
	}
}

static void thread_row(struct knd_out *out, const char *tid)
{
	const long tick = sysconf(_SC_CLK_TCK);
	struct thread thread = {.switches = -1};
	char text[4096];

	/* It may just have ended. */
	if (!file_read(tid, "stat", text, sizeof(text)) || !stat_parse(text, &thread))
		return;
	if (file_read(tid, "status", text, sizeof(text)))
		thread.switches = switches_parse(text);
	knd_row_begin(out);
	knd_row_int(out, "tid", strtol(tid, NULL, 10));
	knd_row_str(out, "name", thread.name);
	knd_row_str(out, "state", state_name(thread.state));
	knd_row_int(out, "cpu", thread.cpu);
	knd_row_int(out, "user_ms", (int64_t)thread.user * 1000 / tick);
	knd_row_int(out, "system_ms", (int64_t)thread.system * 1000 / tick);
	knd_row_known(out, "switches", thread.switches);
	knd_row_end(out);
}

static int show_threads(struct knd_run *run, struct knd_out *out)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;

	(void)run;
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			thread_row(out, entry->d_name);
	closedir(dir);
	return 0;
}

/* ---- debug ----------------------------------------------------------------------------------- */

static const struct kcp_schema debug_schema = {
	.id = "debug/1",
	.legend = "",
	.column_cnt = 4,
	.columns = {{"subsystem", "Subsystem", KCP_FMT_TEXT},
		    {"level", "Level", KCP_FMT_TEXT},
		    {"left_s", "Ends in", KCP_FMT_SECONDS},
		    {"meaning", "Lines about", KCP_FMT_TEXT}},
};

static int show_debug(struct knd_run *run, struct knd_out *out)
{
	struct knd_debug_view debug;

	for (size_t i = 0; knd_view_debug_state(run->daemon, i, &debug); i++) {
		knd_row_begin(out);
		knd_row_str(out, "subsystem", debug.subsystem);
		knd_row_str(out, "level", debug.level);
		knd_row_known(out, "left_s", debug.left_s);
		knd_row_str(out, "meaning", debug.meaning);
		knd_row_end(out);
	}
	return 0;
}

/* The word of the line that is a subsystem's name, or "all". */
static const char *subsystem_named(struct knd_run *run)
{
	struct knd_debug_view debug;

	for (size_t i = 0; knd_view_debug_state(run->daemon, i, &debug); i++)
		if (kcl_args_has(run->args, debug.subsystem))
			return debug.subsystem;
	return "all";
}

static int debug_on(struct knd_run *run, struct knd_out *out)
{
	const unsigned int seconds = (unsigned int)kcl_args_uint(run->args, "seconds", 300);
	const char *subsystem = subsystem_named(run);
	/* The command is called debug, too: only the level counts. */
	const unsigned int level = kcl_args_has(run->args, "info")     ? KCL_LOG_INFO
				   : kcl_args_has(run->args, "notice") ? KCL_LOG_NOTICE
								       : KCL_LOG_DEBUG;

	if (knd_view_debug(run->daemon, subsystem, level, seconds) < 0)
		return -ENOENT;
	knd_out_line(out, "Lines of %s down to %s are logged for %u s", subsystem,
		     kcl_log_level_name(level), seconds);
	return 0;
}

static int debug_off(struct knd_run *run, struct knd_out *out)
{
	(void)out;
	return knd_view_debug(run->daemon, subsystem_named(run), KCL_LOG_DEBUG, 0);
}

const struct knd_command knd_cmd_show_memory = {
	.name = "show_memory", .schema = &memory_schema, .next = show_memory};
const struct knd_command knd_cmd_show_threads = {
	.name = "show_threads", .schema = &threads_schema, .next = show_threads};
const struct knd_command knd_cmd_show_debug = {
	.name = "show_debug", .schema = &debug_schema, .next = show_debug};
const struct knd_command knd_cmd_debug = {.name = "debug", .next = debug_on};
const struct knd_command knd_cmd_no_debug = {.name = "no_debug", .next = debug_off};
