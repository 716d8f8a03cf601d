/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* From one configuration to another, all or nothing. Control thread only. */
#ifndef KNETD_APPLY_H
#define KNETD_APPLY_H

#include "knetd/iface.h"

/*
 * Makes the live interfaces those of `to`; they are those of `from` (NULL: none). Peers that are
 * the same in both are not touched. Returns 0, or -errno with `why`: then everything that had been
 * done was undone, in reverse.
 *
 * reread: read secrets and keys again even where their paths are the same.
 */
__attribute__((warn_unused_result)) int knd_apply(struct knd_ifaces *all,
						  const struct kcl_config *from,
						  const struct kcl_config *to, bool reread,
						  struct knd_why *why);

#endif
