/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Errors: on stderr, with the place they come from. */
#ifndef KRONOSNETD_CLI_ERROR_H
#define KRONOSNETD_CLI_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "knetd/ctlproto/ctlproto.h"

struct cli_feed;

/* Where a line came from, which decides how an error in it is shown. */
struct cli_place {
	const char *file;    /* name for FILE:LINE:COL, or NULL */
	unsigned long line;  /* in the file, from 1; 0: the file as a whole */
	size_t prompt_width; /* interactive: the line was typed behind this many columns */
	bool interactive;    /* the line stands on the screen already */
	bool json;           /* as a JSON object */
	/* Lines behind this one, for a command that reads lines itself; NULL: none. */
	struct cli_feed *feed;
};

/* Shows an error in `text`, the line it is about (NULL: none). */
void cli_error_show(const struct cli_place *place, const char *text, const struct kcp_error *err);
/* Shows an error without a position. */
__attribute__((format(printf, 3, 4))) void
cli_error_say(const struct cli_place *place, enum kcp_status code, const char *fmt, ...);

#endif
