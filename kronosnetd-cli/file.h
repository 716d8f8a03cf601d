/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Files of lines. */
#ifndef KRONOSNETD_CLI_FILE_H
#define KRONOSNETD_CLI_FILE_H

#include "kronosnetd-cli/ask.h"

/* Reads a file ("-": standard input) into `block`. Explains failures. Returns an exit code. */
int cli_file_read(const struct cli_place *place, const char *path, struct cli_block *block);
/* Appends the lines of a text. Returns 0, -EILSEQ if it is none, or -errno. */
__attribute__((warn_unused_result)) int cli_file_split(char *text, size_t len,
						       struct cli_block *block);

#endif
