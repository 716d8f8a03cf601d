/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Regular expressions that users type, those of Perl; bytes, not characters. */
#ifndef KRONOSNETD_CLI_REGEX_H
#define KRONOSNETD_CLI_REGEX_H

#include "kronosnetd-cli/pipe.h"

struct cli_regex;

/* Compiles an expression. Returns owned, or NULL with a sentence in `why`. */
__attribute__((warn_unused_result)) struct cli_regex *cli_regex_new(const char *text,
								    struct cli_why *why);
/*
 * Whether the expression stands somewhere in `text`: 1 or 0; or -E2BIG if that would take longer
 * than a line is worth, some milliseconds.
 */
__attribute__((warn_unused_result)) int cli_regex_match(const struct cli_regex *re,
							const char *text);
/* The same for a stage: false, and stage->wrong, if nobody knows. */
bool cli_regex_fits(const struct cli_regex *re, const char *text, struct cli_stage *stage);
void cli_regex_free(struct cli_regex *re);

#endif
