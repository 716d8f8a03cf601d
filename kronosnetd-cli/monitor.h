/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* `terminal monitor`: the daemon's log, line by line, beside whatever else goes on. */
#ifndef KRONOSNETD_CLI_MONITOR_H
#define KRONOSNETD_CLI_MONITOR_H

#include "kronosnetd-cli/ask.h"

/* Subscribes to the log on the open connection, or ends that. Returns an exit code. */
int cli_monitor_start(struct cli *cli);
int cli_monitor_stop(struct cli *cli);
/*
 * If the frame belongs to the subscription: prints its lines on stderr, each behind `! `, and
 * returns true.
 */
bool cli_monitor_take(struct cli *cli, const struct kcp_frame *frame);
/* Prints something that was not asked for. */
void cli_notice(const char *text);

#endif
