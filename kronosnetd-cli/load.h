/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* `load terminal`: lines that follow the command, as one transaction. */
#ifndef KRONOSNETD_CLI_LOAD_H
#define KRONOSNETD_CLI_LOAD_H

#include <stdint.h>

#include "kronosnetd-cli/ask.h"

/*
 * Reads lines up to ^D and sends them as one transaction from the top of the configuration.
 * `flags` are KCP_F_CONFIG or KCP_F_REPLACE. Returns an exit code.
 */
int cli_load_run(struct cli *cli, const struct cli_place *place, uint16_t flags);

#endif
