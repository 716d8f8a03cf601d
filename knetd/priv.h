/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Giving up rights that the daemon does not need. */
#ifndef KNETD_PRIV_H
#define KNETD_PRIV_H

/* First thing in main(): no core dumps, because keys are in memory. */
void knd_priv_harden(void);
/*
 * Keeps what is needed to make and set up TAPs and to bind low ports, gives up everything else for
 * good. Call it before threads are made: rights belong to threads. Returns 0 or -errno.
 */
__attribute__((warn_unused_result)) int knd_priv_drop(void);

#endif
