/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The end of a chain of stages: standard output, page by page on a terminal. */
#ifndef KRONOSNETD_CLI_SINK_H
#define KRONOSNETD_CLI_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "kronosnetd-cli/cli.h"
#include "kronosnetd-cli/pipe.h"

struct cli_sink {
	struct cli_stage stage; /* hand &sink.stage to cli_pipe_connect() */
	bool paged;
	size_t rows; /* of the terminal */
	size_t cols;
	size_t used; /* screen lines since the last stop */
	bool failed; /* stdout took no more */
};

/* Stops after each screen if a person reads along; a terminal on stdin and stdout is needed. */
void cli_sink_init(struct cli_sink *sink, const struct cli *cli, enum cli_paging paging);
/* The terminal's width as it is or was set, or 0 if stdout is none. */
size_t cli_terminal_cols(const struct cli *cli);
/* Its height as it is or was set; 0: no pages. */
size_t cli_terminal_rows(const struct cli *cli);
/* True if stdout is a terminal that can move its cursor. */
bool cli_terminal_can_draw(void);

#endif
