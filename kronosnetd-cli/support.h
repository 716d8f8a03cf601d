/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* `show tech-support`: many commands, one output. */
#ifndef KRONOSNETD_CLI_SUPPORT_H
#define KRONOSNETD_CLI_SUPPORT_H

#include "kronosnetd-cli/local.h"

/* Runs the commands that the daemon has listed, through the pipes of the line. An exit code. */
int cli_support_run(struct cli *cli, const struct cli_place *place, const char *line,
		    const struct cli_local *local);

#endif
