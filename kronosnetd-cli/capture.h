/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* `capture`: packets into a file. */
#ifndef KRONOSNETD_CLI_CAPTURE_H
#define KRONOSNETD_CLI_CAPTURE_H

#include "kronosnetd-cli/local.h"

/* Runs it; `line` is what was typed, with its pipes. Returns an exit code. */
int cli_capture_run(struct cli *cli, const struct cli_place *place, const char *line,
		    const struct cli_local *local);

#endif
