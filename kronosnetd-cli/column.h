/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Columns of a schema as people name them, and values as they write them. */
#ifndef KRONOSNETD_CLI_COLUMN_H
#define KRONOSNETD_CLI_COLUMN_H

#include "kronosnetd-cli/pipe.h"

/* A column that was found by name. */
struct cli_column {
	char key[64]; /* JSON key whose value counts; of a ratio, the first one */
	uint8_t fmt;  /* enum kcp_fmt */
	size_t at;    /* in the schema */
};

/*
 * Finds the column that `name` means: its JSON key, its title in any case, or what begins only one
 * of the keys. Returns 0, or -EINVAL with a sentence that lists what there is.
 */
int cli_column_find(const struct kcp_schema *schema, const char *name, struct cli_column *out,
		    struct cli_why *why);
/*
 * Reads a number with a unit that suits the column: 5ms for microseconds, 2h for seconds, 1.5M for
 * the others. Returns 0 or -EINVAL.
 */
int cli_column_number(const struct cli_column *col, const char *text, double *out);
/*
 * Compares two values: numbers as numbers, lists by their elements, everything else as text; what
 * is unknown comes last. Less than, equal to or greater than 0.
 */
int cli_value_compare(const json_t *a, const json_t *b);

#endif
