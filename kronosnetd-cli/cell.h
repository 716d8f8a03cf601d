/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Drawing one cell of a table from a row's JSON value. */
#ifndef KRONOSNETD_CLI_CELL_H
#define KRONOSNETD_CLI_CELL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "knetd/ctlproto/ctlproto.h"

/*
 * Returns the text of a row's cell in this column, cleaned; `-` for null or a missing key. The
 * caller frees it. NULL only without memory.
 */
char *cli_cell_format(const json_t *row, const struct kcp_column *col);
/*
 * Replaces control characters by '?' in place, so that no text of a peer can play with the
 * terminal. Returns `text`; NULL is allowed.
 */
char *cli_text_clean(char *text);
/* True if cells and heading of this format stand at the right edge of their column. */
bool cli_cell_is_right(const struct kcp_column *col);
/* Columns a string takes on the terminal; bytes that are no text in this locale count one each. */
size_t cli_text_width(const char *text);
/* The same of the first `len` bytes. */
size_t cli_text_width_of(const char *text, size_t len);
/* Bytes of the longest prefix that takes at most `width` columns. */
size_t cli_text_fit(const char *text, size_t width);
/* The same, but between words if there is a blank, and never 0 unless `text` is empty. */
size_t cli_text_wrap(const char *text, size_t width);

#endif
