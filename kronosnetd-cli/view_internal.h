/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The two ways to draw rows; used by view.c alone. */
#ifndef KRONOSNETD_CLI_VIEW_INTERNAL_H
#define KRONOSNETD_CLI_VIEW_INTERNAL_H

#include "kronosnetd-cli/view.h"

/* Passes a line to the first stage. */
bool cli_view_emit(struct cli_view *view, const char *text, bool heading);

/* Draws `cnt` rows of NDJSON as table lines. Returns like cli_view_rows(). */
int cli_table_rows(struct cli_view *view, char *const *rows, size_t cnt);
/* Draws the heading if it is not out yet: an empty list still says what it is a list of. */
void cli_table_end(struct cli_view *view);

int cli_json_rows(struct cli_view *view, char *const *rows, size_t cnt);
void cli_json_end(struct cli_view *view, uint64_t generation);

#endif
