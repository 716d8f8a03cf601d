// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The table that leads from the entries of commands.def to their handlers, and small things that
 * handlers share. Control thread only.
 */
#include "knetd/commands.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "knetd/cmd/kcl.h"

static const struct knd_command *const commands[] = {
	&knd_cmd_show_version,
	&knd_cmd_show_interfaces,
	&knd_cmd_show_peers,
	&knd_cmd_show_links,
	&knd_cmd_show_mac_table,
	&knd_cmd_show_counters,
	&knd_cmd_show_events,
	&knd_cmd_show_running_config,
	&knd_cmd_show_startup_config,
	&knd_cmd_show_crypto_sessions,
	&knd_cmd_show_this,
	&knd_cmd_help,
	&knd_cmd_list,
	&knd_cmd_show_counters_rates,
	&knd_cmd_clear_events,
	&knd_cmd_show_crypto_keys,
	&knd_cmd_show_alias,
	&knd_cmd_show_clock,
	&knd_cmd_show_commands,
	&knd_cmd_crypto_generate,
	&knd_cmd_generate_peer_config,
	&knd_cmd_write,
	&knd_cmd_write_terminal,
	&knd_cmd_clear_counters,
	&knd_cmd_clear_counters_session,
	&knd_cmd_clear_mac_table,
	&knd_cmd_clear_peer,
	&knd_cmd_show_logging,
	&knd_cmd_monitor_events,
	&knd_cmd_monitor_links,
	&knd_cmd_monitor_mac,
	&knd_cmd_monitor_log,
	&knd_cmd_monitor_counters,
	&knd_cmd_show_memory,
	&knd_cmd_show_threads,
	&knd_cmd_show_debug,
	&knd_cmd_debug,
	&knd_cmd_no_debug,
	&knd_cmd_watch,
	&knd_cmd_terminal_length,
	&knd_cmd_terminal_width,
	&knd_cmd_terminal_color,
	&knd_cmd_terminal_timestamps,
	&knd_cmd_terminal_history,
	&knd_cmd_terminal_monitor,
	&knd_cmd_terminal_no_monitor,
	&knd_cmd_load_terminal,
	&knd_cmd_ping_host,
	&knd_cmd_ping_address,
	&knd_cmd_traceroute_address,
	&knd_cmd_show_history,
	&knd_cmd_ping_peer,
	&knd_cmd_capture,
	&knd_cmd_test_failover,
	&knd_cmd_test_mtu,
	&knd_cmd_traceroute_host,
	&knd_cmd_show_tech_support,
};

static const struct knd_command *const lists[] = {knd_config_cmds, knd_show_config_cmds,
						  knd_access_cmds, knd_life_cmds};

static const struct knd_command *list_find(const struct knd_command *list, const char *name)
{
	for (; list->name; list++)
		if (strcmp(list->name, name) == 0)
			return list;
	return NULL;
}

const struct knd_command *knd_command_find(void *daemon, const char *name)
{
	const struct knd_command *found = NULL;

	(void)daemon;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && !found; i++)
		found = list_find(lists[i], name);
	if (found)
		return found;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

bool knd_peer_must_exist(struct knd_run *run, struct knd_out *out, const char *name)
{
	if (kcl_peer_is_named(knd_view_config(run->daemon), name))
		return true;
	knd_out_error(out, KCP_FAILED, "There is no peer '%s'", name);
	return false;
}

/* `show interfaces status` and the like of others, as far as it is a name here. */
static const char *iface_word_hint(const struct knd_run *run, const char *name)
{
	static const struct {
		const char *foreign, *ours;
	} words[] = {
		{"status", "show interfaces brief"},       {"summary", "show interfaces brief"},
		{"description", "show interfaces brief"},  {"terse", "show interfaces brief"},
		{"counters", "show counters interface"},   {"statistics", "show counters rates"},
		{"extensive", "show counters interface"},  {"detail", "show interfaces NAME"},
		{"transceiver", "show interfaces NAME"},   {"trunk", "show mac-table"},
		{"accounting", "show counters interface"},
	};

	if (strcmp(run->args->command, "show_interfaces") != 0 || strlen(name) < 3)
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(words[i].foreign, name, strlen(name)) == 0)
			return words[i].ours;
	return NULL;
}

bool knd_iface_must_exist(struct knd_run *run, struct knd_out *out, const char *name)
{
	const char *hint;

	if (kcl_iface_find(knd_view_config(run->daemon), name) != NULL)
		return true;
	hint = iface_word_hint(run, name);
	if (hint != NULL)
		knd_out_error(out, KCP_FAILED, "There is no interface '%s'. Did you mean '%s'?",
			      name, hint);
	else
		knd_out_error(out, KCP_FAILED, "There is no interface '%s', see `show interfaces`",
			      name);
	return false;
}

bool knd_names_must_exist(struct knd_run *run, struct knd_out *out)
{
	const char *iface = kcl_args_text(run->args, "interface");
	const char *peer = kcl_args_text(run->args, "peer");

	return (!iface || knd_iface_must_exist(run, out, iface)) &&
	       (!peer || knd_peer_must_exist(run, out, peer));
}

const struct knd_command *knd_command_at(size_t i)
{
	const size_t cnt = sizeof(commands) / sizeof(commands[0]);

	if (i < cnt)
		return commands[i];
	i -= cnt;
	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++)
		for (const struct knd_command *command = lists[k]; command->name; command++)
			if (i-- == 0)
				return command;
	return NULL;
}

int64_t knd_age_s(uint64_t since_ns)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec - (int64_t)(since_ns / 1000000000ULL);
}

void knd_format_time(uint64_t realtime_ns, char *out, size_t size)
{
	time_t sec = (time_t)(realtime_ns / 1000000000ULL);
	struct tm tm;
	char day[24];

	gmtime_r(&sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, size, "%s.%03uZ", day, (unsigned int)(realtime_ns / 1000000U % 1000U));
}

/* By how much the calendar is ahead of CLOCK_MONOTONIC, asked for once in a second. */
static int64_t calendar_offset_ns(int64_t now_mono_ns)
{
	static int64_t offset, asked_ns = INT64_MIN / 2;
	struct timespec real;

	if (now_mono_ns - asked_ns < 1000000000)
		return offset;
	clock_gettime(CLOCK_REALTIME, &real);
	offset = (int64_t)real.tv_sec * 1000000000 + real.tv_nsec - now_mono_ns;
	asked_ns = now_mono_ns;
	return offset;
}

/* By hand, for the same reason as numbers are: a list of 64k peers has as many times. */
static void two_digits(char *to, int64_t number)
{
	to[0] = (char)('0' + number / 10);
	to[1] = (char)('0' + number % 10);
}

void knd_row_since(struct knd_out *out, const char *key, uint64_t since_ns)
{
	static char text[] = "1970-01-01T00:00:00Z"; /* with the day of the last call */
	static time_t day;
	struct timespec mono;
	struct tm tm;
	time_t at;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	at = (time_t)(((int64_t)since_ns +
		       calendar_offset_ns((int64_t)mono.tv_sec * 1000000000 + mono.tv_nsec)) /
		      1000000000);
	if (at / 86400 != day) {
		gmtime_r(&at, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT00:00:00Z", &tm);
		day = at / 86400;
	}
	two_digits(text + 11, at / 3600 % 24);
	two_digits(text + 14, at / 60 % 60);
	two_digits(text + 17, at % 60);
	knd_row_str(out, key, text);
}

const char *knd_format_span(int64_t seconds, char *out, size_t size)
{
	if (seconds < 86400)
		snprintf(out, size, "%02d:%02d:%02d", (int)(seconds / 3600),
			 (int)(seconds / 60 % 60), (int)(seconds % 60));
	else
		snprintf(out, size, "%lldd%02dh", (long long)seconds / 86400,
			 (int)(seconds / 3600 % 24));
	return out;
}

const char *knd_format_addr(const struct sockaddr_storage *ss, char *out, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(out, size, "%s:%u", host, ntohs(in->sin_port));
	} else if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(out, size, "[%s]:%u", host, ntohs(in6->sin6_port));
	} else {
		snprintf(out, size, "dynamic");
	}
	return out;
}

void knd_row_known(struct knd_out *out, const char *key, int64_t value)
{
	if (value < 0)
		knd_row_null(out, key);
	else
		knd_row_int(out, key, value);
}

int knd_each_peer(struct knd_run *run, struct knd_out *out,
		  void (*emit)(struct knd_run *run, struct knd_out *out,
			       const struct knd_iface_view *iface, uint16_t id))
{
	struct knd_iface_view iface;

	for (size_t i = run->key >> 16; knd_view_iface(run->daemon, i, &iface); i++) {
		uint16_t id = (uint16_t)(i == run->key >> 16 ? run->key & 0xffff : 0);

		if (iface.handle == NULL)
			continue;
		while ((id = knet_peer_next(iface.handle, id)) != 0) {
			emit(run, out, &iface, id);
			run->key = (uint64_t)i << 16 | id;
			if (knd_out_full(out))
				return 1;
		}
	}
	return 0;
}
