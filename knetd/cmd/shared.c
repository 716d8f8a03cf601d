// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Small lists that configurations share: counting their owners, finding by name. */
#include "knetd/cmd/shared.h"

#include <stdlib.h>
#include <string.h>

void *kcl_shared_new(size_t head, size_t size, size_t room)
{
	struct kcl_shared *shared = calloc(1, head + size * room);

	if (shared)
		shared->refs = 1;
	return shared;
}

void kcl_shared_get(struct kcl_shared *shared)
{
	if (shared)
		shared->refs++;
}

bool kcl_shared_put(struct kcl_shared *shared)
{
	return shared && --shared->refs == 0;
}

uint32_t kcl_shared_slot(const void *entries, size_t size, uint32_t cnt, const char *name,
			 bool *found)
{
	uint32_t low = 0, high = cnt;

	*found = false;
	while (low < high) {
		const uint32_t mid = low + (high - low) / 2;
		const int order = strcmp((const char *)entries + mid * size, name);

		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
