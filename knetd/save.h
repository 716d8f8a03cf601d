/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The startup configuration's file. */
#ifndef KNETD_SAVE_H
#define KNETD_SAVE_H

#include "knetd/cmd/config.h"
#include "knetd/why.h"

/*
 * Replaces the file by this configuration, so that whatever happens either the old or the new one
 * is there, whole. Returns 0, or -errno with `why`.
 */
__attribute__((warn_unused_result)) int knd_save(const struct kcl_config *config, const char *path,
						 struct knd_why *why);

#endif
