/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Repeating a show in place. */
#ifndef KRONOSNETD_CLI_WATCH_H
#define KRONOSNETD_CLI_WATCH_H

#include "kronosnetd-cli/ask.h"

/*
 * Runs a line with its pipes every `seconds` until ^C or `q`; on a terminal each answer is drawn
 * over the last one, with what has changed highlighted. Returns an exit code.
 */
int cli_watch_run(struct cli *cli, const struct cli_place *place, const char *line, long seconds);
/* Runs `[SECONDS] LINE`, what stands behind `watch`. Only `show` commands are repeated. */
int cli_watch_words(struct cli *cli, const struct cli_place *place, const char *words);

#endif
