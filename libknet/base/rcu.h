/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_RCU_H
#define KN_BASE_RCU_H

#include <races.h>
#include <urcu-qsbr.h>

/*
 * Publishing and reading pointers under RCU, in place of liburcu's rcu_assign_pointer() and
 * rcu_dereference(): those are right, but ThreadSanitizer does not understand them. Compilers take
 * "consume" for "acquire", and so do we, by its name; on x86-64 both are a plain load.
 */
#define kn_rcu_publish(at, value) __atomic_store_n((at), (value), __ATOMIC_RELEASE)
#define kn_rcu_read(at)           __atomic_load_n((at), __ATOMIC_ACQUIRE)

/* Where readers let go of all they have read, and where what was waiting for that goes on
 * (core/reclaim.c). Never written: an address for kn_races_release() and _acquire(). */
extern const char kn_rcu_grace;

/* The calling thread holds nothing that it read. Until kn_rcu_online() it must read nothing. */
static inline void kn_rcu_offline(void)
{
	kn_races_release(&kn_rcu_grace);
	rcu_thread_offline();
}

static inline void kn_rcu_online(void)
{
	rcu_thread_online();
}

/* The calling thread holds nothing that it read before. */
static inline void kn_rcu_quiescent(void)
{
	kn_races_release(&kn_rcu_grace);
	rcu_quiescent_state();
}

#endif
