/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_RACES_H
#define KN_BASE_RACES_H

/*
 * For ThreadSanitizer: an order between threads that it cannot see, because a library makes it that
 * is not built with it (liburcu). What a thread did before releasing `at` happened before what
 * another one does after acquiring it. configure chooses this file, which does nothing, or the one
 * in races_tsan.
 */
static inline void kn_races_release(const void *at)
{
	(void)at;
}

static inline void kn_races_acquire(const void *at)
{
	(void)at;
}

#endif
