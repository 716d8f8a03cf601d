/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef CLI_REGEX_H
#define CLI_REGEX_H

#include <regex.h>

#include "kronosnetd-cli/pipe.h"

/* Compiles an extended regular expression; to be freed with regfree(). 0, or -EINVAL with the
 * reason in `why`: it is none, or repeats too much. */
int cli_regex_compile(regex_t *re, const char *text, struct cli_why *why)
	__attribute__((warn_unused_result));

#endif
