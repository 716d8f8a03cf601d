/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Small sorted lists that configurations share: groups, aliases, managers. Counted references,
 * replaced as a whole when edited, so that whoever has one can rely on it.
 */
#ifndef KNETD_CMD_SHARED_H
#define KNETD_CMD_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knetd/cmd/config.h"

/*
 * A list of `room` entries of `size` bytes behind a head of `head` bytes, all zero, with one
 * reference. The head begins with a struct kcl_shared. NULL without memory.
 */
void *kcl_shared_new(size_t head, size_t size, size_t room);
/* One more owner. NULL is allowed. */
void kcl_shared_get(struct kcl_shared *shared);
/* One owner less: true if it was the last one, who frees it. NULL is allowed. */
__attribute__((warn_unused_result)) bool kcl_shared_put(struct kcl_shared *shared);
/*
 * Where `name` is among `cnt` entries, or would be. They begin with their names, as arrays of
 * characters, and are sorted by them.
 */
uint32_t kcl_shared_slot(const void *entries, size_t size, uint32_t cnt, const char *name,
			 bool *found);

#endif
