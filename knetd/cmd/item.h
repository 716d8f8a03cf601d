/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The operations of items, as the last column of commands.def names them. Inside knetd/cmd only.
 */
#ifndef KNETD_CMD_ITEM_H
#define KNETD_CMD_ITEM_H

#include "knetd/cmd/internal.h"

/* item_field.c: plain members */
extern const struct kcl_ops kcl_ops_hostname, kcl_ops_log_level, kcl_ops_config_mode;
extern const struct kcl_ops kcl_ops_archive_max, kcl_ops_archive_on, kcl_ops_max_sessions;
extern const struct kcl_ops kcl_ops_if_description, kcl_ops_node_id, kcl_ops_mtu, kcl_ops_secret;
extern const struct kcl_ops kcl_ops_key_file, kcl_ops_suite, kcl_ops_port, kcl_ops_if_policy;
extern const struct kcl_ops kcl_ops_pong_count, kcl_ops_hold, kcl_ops_rekey_seconds;
extern const struct kcl_ops kcl_ops_rekey_bytes, kcl_ops_failover_buffer;
extern const struct kcl_ops kcl_ops_mac_aging, kcl_ops_mac_limit;
extern const struct kcl_ops kcl_ops_pmtud_interval, kcl_ops_dscp, kcl_ops_storm_guard;
extern const struct kcl_ops kcl_ops_load_interval, kcl_ops_workers;
extern const struct kcl_ops kcl_ops_if_shutdown;
extern const struct kcl_ops kcl_ops_peer_description, kcl_ops_peer_policy, kcl_ops_peer_shutdown;
extern const struct kcl_ops kcl_ops_group_description, kcl_ops_group_policy, kcl_ops_group_shutdown;
/* item_manage.c */
extern const struct kcl_ops kcl_ops_manager;
/* item_iface.c */
extern const struct kcl_ops kcl_ops_interface, kcl_ops_address, kcl_ops_mac_address;
extern const struct kcl_ops kcl_ops_timers, kcl_ops_link, kcl_ops_link_shutdown;
extern const struct kcl_ops kcl_ops_mac_static;
/* item_peer.c */
extern const struct kcl_ops kcl_ops_peer, kcl_ops_peer_key;
/* item_peer_link.c */
extern const struct kcl_ops kcl_ops_peer_link, kcl_ops_peer_link_remote, kcl_ops_peer_link_dynamic;
extern const struct kcl_ops kcl_ops_peer_link_timers, kcl_ops_peer_link_pong;
extern const struct kcl_ops kcl_ops_peer_link_roaming;
extern const struct kcl_ops kcl_ops_peer_link_shutdown, kcl_ops_peer_link_local;
extern const struct kcl_ops kcl_ops_peer_link_priority, kcl_ops_peer_link_text;

/* item_group.c */
extern const struct kcl_ops kcl_ops_group, kcl_ops_group_priority, kcl_ops_group_timers;
extern const struct kcl_ops kcl_ops_group_pong, kcl_ops_peer_group, kcl_ops_alias;
/* Refuses the line's group if there is no such group. */
int kcl_group_judge(struct kcl_edit *edit);

/* item_system.c */
extern const struct kcl_ops kcl_ops_log_target, kcl_ops_log_file, kcl_ops_log_subsystem;
extern const struct kcl_ops kcl_ops_log_level_all;
extern const struct kcl_ops kcl_ops_exec_timeout;
/* item_field.c */
extern const struct kcl_ops kcl_ops_motd_line, kcl_ops_motd_file, kcl_ops_events_buffer;

#endif
