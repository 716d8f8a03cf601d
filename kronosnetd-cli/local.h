/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Commands that the daemon reads and the client runs: `watch`, `terminal`, `ping host`. */
#ifndef KRONOSNETD_CLI_LOCAL_H
#define KRONOSNETD_CLI_LOCAL_H

#include "kronosnetd-cli/ask.h"

/* What the daemon has handed back; all zero is nothing. */
struct cli_local {
	const char *name;     /* of the command; NULL: nothing */
	uint8_t *body;        /* owned copy that the strings are borrowed from */
	struct kcp_local msg; /* with the arguments */
};

/* Keeps a copy of a LOCAL frame; a malformed one is ignored. */
void cli_local_copy(struct cli_local *local, const struct kcp_frame *frame);
void cli_local_fini(struct cli_local *local);
/* The argument `name` as typed, "" if it is a keyword, NULL if there is none. */
const char *cli_local_text(const struct cli_local *local, const char *name);

/* Runs it; `line` is what was typed, with its pipes. Returns an exit code. */
int cli_local_run(struct cli *cli, const struct cli_place *place, const char *line,
		  const struct cli_local *local);

#endif
