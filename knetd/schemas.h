/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Documentation of the rows that commands send. */
#ifndef KNETD_SCHEMAS_H
#define KNETD_SCHEMAS_H

#include <stdio.h>

/*
 * Writes all schemas as Markdown. Returns 0, -EINVAL if a command does not list the schemas it
 * chooses from, or -EIO.
 */
__attribute__((warn_unused_result)) int knd_schemas_write(FILE *to);

#endif
