/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_RECLAIM_H
#define KN_CORE_RECLAIM_H

#include <pthread.h>
#include <urcu-qsbr.h>

struct kn_reclaim_item;
typedef void (*kn_reclaim_fn)(struct kn_reclaim_item *item, void *ctx);

/* Embedded in what workers read through RCU. */
struct kn_reclaim_item {
	struct rcu_head rcu;
	struct kn_reclaim_item *next;
	struct kn_reclaim *owner;
	kn_reclaim_fn fn;
};

/*
 * Freeing what workers may still be reading: kn_reclaim_later() waits for a grace period in
 * liburcu's own thread, and kn_reclaim_run() then frees in the control thread, so that the memory
 * (key arena) has one owner. Control does not wait for a worker, but in kn_reclaim_wait().
 */
struct kn_reclaim {
	pthread_mutex_t lock; /* guards ready; leaf lock */
	struct kn_reclaim_item *ready;
	unsigned int pending; /* control only: handed in, not yet freed */
	void *ctx;            /* handed to every fn */
};

void kn_reclaim_init(struct kn_reclaim *r, void *ctx);
/* The workers are gone: wait for all grace periods, then free everything. */
void kn_reclaim_fini(struct kn_reclaim *r);
/* Consumes the item. Control thread, registered with RCU and online. */
void kn_reclaim_later(struct kn_reclaim *r, struct kn_reclaim_item *item, kn_reclaim_fn fn);
/* Frees what is ready. Control thread. */
void kn_reclaim_run(struct kn_reclaim *r);
/* Frees all that was handed in, and waits for it: some ten milliseconds. Control thread, and only
 * for what cannot be had otherwise, such as an address that a socket still holds. */
void kn_reclaim_wait(struct kn_reclaim *r);

#endif
