/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_RACES_H
#define KN_BASE_RACES_H

#include <sanitizer/tsan_interface.h>
#include <stdint.h>

/* See races_none/races.h. */
static inline void kn_races_release(const void *at)
{
	__tsan_release((void *)(uintptr_t)at);
}

static inline void kn_races_acquire(const void *at)
{
	__tsan_acquire((void *)(uintptr_t)at);
}

#endif
