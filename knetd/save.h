/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Files of configurations. */
#ifndef KNETD_SAVE_H
#define KNETD_SAVE_H

#include "knetd/cmd/config.h"
#include "knetd/why.h"

/*
 * Replaces the file by this configuration, so that whatever happens either the old or the new one
 * is there, whole. `remark` is a line, `! ...`, below the first one; NULL: none. Returns 0, or
 * -errno with `why`.
 */
__attribute__((warn_unused_result)) int knd_save(const struct kcl_config *config, const char *path,
						 const char *remark, struct knd_why *why);
/* Brings to the disk which names the directory of `path` has. 0 or -errno. */
__attribute__((warn_unused_result)) int knd_directory_sync(const char *path);

#endif
