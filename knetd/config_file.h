/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Files that commands name. Control thread only. */
#ifndef KNETD_CONFIG_FILE_H
#define KNETD_CONFIG_FILE_H

#include "knetd/cmd/kcl.h"
#include "knetd/ctl/output.h"
#include "knetd/why.h"

/* A file that a session names: absolute, or below the directory of the startup configuration. */
struct knd_config_file {
	const char *startup; /* path of the startup configuration */
	const struct knd_who *who;
	const char *name;
};

/*
 * Reads it. Its lines come on top of a copy of `base`, NULL: of nothing; rules across lines are
 * left to the commit. What is wrong with it goes to `out`, line by line; NULL: is left out. Returns
 * 0 with *config owned by the caller, or -errno with `why`.
 *
 * The daemon reads with rights that the session may not have. Whoever is neither root nor the
 * daemon's own user gets files of that directory only, and only those that say that they are
 * configurations: an error shows the line it is about, which must not be a secret.
 */
__attribute__((warn_unused_result)) int
knd_config_file_read(const struct knd_config_file *file, const struct kcl_config *base,
		     struct knd_out *out, struct kcl_config **config, struct knd_why *why);
/*
 * Writes it. A file that is there and no configuration is not replaced, by nobody. 0 or -errno
 * with `why`.
 */
__attribute__((warn_unused_result)) int knd_config_file_write(const struct knd_config_file *file,
							      const struct kcl_config *config,
							      struct knd_why *why);

#endif
