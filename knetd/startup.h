/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Reading the startup configuration. */
#ifndef KNETD_STARTUP_H
#define KNETD_STARTUP_H

#include <stdbool.h>

#include "knetd/cmd/config.h"

/*
 * For a start: what cannot be read is left out, logged and kept in PATH.rejected; a file that is
 * not there is an empty one. Returns 0 with *out, owned by the caller, and whether it is all that
 * the file says; or -errno, logged.
 */
__attribute__((warn_unused_result)) int knd_startup_read(const char *path, struct kcl_config **out,
							 bool *is_whole);
/* All or nothing; errors go to the log. 0, or -errno. */
__attribute__((warn_unused_result)) int knd_startup_read_strict(const char *path,
								struct kcl_config **out);

#endif
