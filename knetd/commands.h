/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The table of commands, and what its handlers share. */
#ifndef KNETD_COMMANDS_H
#define KNETD_COMMANDS_H

#include "knetd/ctl/output.h"
#include "knetd/view.h"

/* The handler of the entry `name` of commands.def; NULL if it has none. For knd_ctl_ops. */
const struct knd_command *knd_command_find(void *daemon, const char *name);

/* Handler number i of the table; NULL behind the last one. */
const struct knd_command *knd_command_at(size_t i);

/* Rooms of the table (show_*.c, actions.c). */
extern const struct knd_command knd_cmd_show_peers, knd_cmd_show_links, knd_cmd_show_mac_table,
	knd_cmd_show_counters, knd_cmd_show_events, knd_cmd_show_crypto_sessions,
	knd_cmd_show_version, knd_cmd_show_interfaces, knd_cmd_show_running_config,
	knd_cmd_show_startup_config, knd_cmd_show_this, knd_cmd_help, knd_cmd_write,
	knd_cmd_write_terminal, knd_cmd_clear_counters, knd_cmd_clear_counters_session,
	knd_cmd_clear_mac_table, knd_cmd_clear_peer, knd_cmd_list, knd_cmd_show_counters_rates,
	knd_cmd_clear_events, knd_cmd_show_alias, knd_cmd_show_clock, knd_cmd_show_commands,
	knd_cmd_show_crypto_keys, knd_cmd_crypto_generate, knd_cmd_generate_peer_config;

/* show_events.c, monitor_counters.c, show_self.c, local.c */
extern const struct knd_command knd_cmd_show_logging, knd_cmd_monitor_events, knd_cmd_monitor_links,
	knd_cmd_monitor_mac, knd_cmd_monitor_log, knd_cmd_monitor_counters, knd_cmd_show_memory,
	knd_cmd_show_threads, knd_cmd_show_debug, knd_cmd_debug, knd_cmd_no_debug, knd_cmd_watch,
	knd_cmd_terminal_length, knd_cmd_terminal_width, knd_cmd_terminal_color,
	knd_cmd_terminal_timestamps, knd_cmd_terminal_history, knd_cmd_terminal_monitor,
	knd_cmd_terminal_no_monitor, knd_cmd_load_terminal, knd_cmd_ping_host, knd_cmd_ping_address,
	knd_cmd_traceroute_address, knd_cmd_show_history, knd_cmd_traceroute_host,
	knd_cmd_show_tech_support;
/* ping_peer.c, test_peer.c */
extern const struct knd_command knd_cmd_ping_peer, knd_cmd_test_failover, knd_cmd_test_mtu;
/* capture.c */
extern const struct knd_command knd_cmd_capture;
/* Lists that end with an entry without a name (config_cmds.c, show_config.c, show_access.c,
 * life.c). */
extern const struct knd_command knd_config_cmds[], knd_show_config_cmds[], knd_access_cmds[],
	knd_life_cmds[];

/* The `next` of a command that the client runs itself, with what was read of the line. */
int knd_hand_back(struct knd_run *run, struct knd_out *out);
/* True if some interface has a peer of this name; otherwise says so. */
bool knd_peer_must_exist(struct knd_run *run, struct knd_out *out, const char *name);
/* True if there is an interface of this name; otherwise says so. */
bool knd_iface_must_exist(struct knd_run *run, struct knd_out *out, const char *name);
/* Both, for the names that the line has behind `interface` and `peer`, if any. */
bool knd_names_must_exist(struct knd_run *run, struct knd_out *out);
/* Seconds since a time of CLOCK_MONOTONIC. */
int64_t knd_age_s(uint64_t since_ns);
/* A row's time of the calendar for one of CLOCK_MONOTONIC: "2026-11-23T07:01:15Z". */
void knd_row_since(struct knd_out *out, const char *key, uint64_t since_ns);
/* "03:12:55", "12d04h"; size at least 32. Returns out. */
const char *knd_format_span(int64_t seconds, char *out, size_t size);
/* "2026-11-23T07:01:15.204Z"; size at least 32. */
void knd_format_time(uint64_t realtime_ns, char *out, size_t size);
/* "192.0.2.1:50000", "[2001:db8::1]:50000", "dynamic". Returns out; size at least 64. */
const char *knd_format_addr(const struct sockaddr_storage *ss, char *out, size_t size);
/* A row's number, or null if it is negative. */
void knd_row_known(struct knd_out *out, const char *key, int64_t value);

/* show_peer.c: everything about one peer, as text. */
void knd_peer_detail(struct knd_out *out, const struct knd_iface_view *iface,
		     const struct knet_peer_info *p);
/*
 * Walks peers of all live interfaces by run->key (interface << 16 | id), for handlers that emit
 * per peer. Calls emit until the output is full; returns what `next` of a command returns.
 */
int knd_each_peer(struct knd_run *run, struct knd_out *out,
		  void (*emit)(struct knd_run *run, struct knd_out *out,
			       const struct knd_iface_view *iface, uint16_t id));

#endif
