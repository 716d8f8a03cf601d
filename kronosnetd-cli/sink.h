/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The end of a chain of stages: standard output, page by page on a terminal. */
#ifndef KRONOSNETD_CLI_SINK_H
#define KRONOSNETD_CLI_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "kronosnetd-cli/pipe.h"

struct cli_sink {
	struct cli_stage stage; /* hand &sink.stage to cli_pipe_connect() */
	bool paged;
	size_t rows; /* of the terminal */
	size_t cols;
	size_t used; /* screen lines since the last stop */
	bool failed; /* stdout took no more */
};

/* `paged`: stop after each screen. Needs a terminal on stdin and stdout to have an effect. */
void cli_sink_init(struct cli_sink *sink, bool paged);
/* The terminal's width, or 0 if stdout is none. */
size_t cli_terminal_cols(void);

#endif
