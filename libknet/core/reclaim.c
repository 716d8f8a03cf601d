// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Deferred freeing. Control unpublishes an object and hands it in here; after a grace period
 * liburcu's helper thread puts it on the ready list, which control empties at its next step. The
 * lock is taken by those two threads only, never by a worker.
 */
#include "core/reclaim.h"

#include <stddef.h>

#include "base/rcu.h"

const char kn_rcu_grace;

void kn_reclaim_init(struct kn_reclaim *r, void *ctx)
{
	pthread_mutex_init(&r->lock, NULL);
	r->ready = NULL;
	r->pending = 0;
	r->ctx = ctx;
}

static void grace_over(struct rcu_head *head)
{
	struct kn_reclaim_item *item = caa_container_of(head, struct kn_reclaim_item, rcu);
	kn_races_acquire(item);
	kn_races_acquire(&kn_rcu_grace);
	struct kn_reclaim *r = item->owner;

	pthread_mutex_lock(&r->lock);
	item->next = r->ready;
	r->ready = item;
	pthread_mutex_unlock(&r->lock);
}

void kn_reclaim_later(struct kn_reclaim *r, struct kn_reclaim_item *item, kn_reclaim_fn fn)
{
	item->owner = r;
	item->fn = fn;
	r->pending++;
	kn_races_release(item);
	call_rcu(&item->rcu, grace_over);
}

void kn_reclaim_run(struct kn_reclaim *r)
{
	if (r->pending == 0)
		return;
	pthread_mutex_lock(&r->lock);
	struct kn_reclaim_item *item = r->ready;

	r->ready = NULL;
	pthread_mutex_unlock(&r->lock);
	while (item != NULL) {
		struct kn_reclaim_item *next = item->next;

		item->fn(item, r->ctx);
		r->pending--;
		item = next;
	}
}

void kn_reclaim_wait(struct kn_reclaim *r)
{
	while (r->pending > 0) {
		rcu_barrier();
		kn_reclaim_run(r);
	}
}

void kn_reclaim_fini(struct kn_reclaim *r)
{
	kn_reclaim_wait(r);
	pthread_mutex_destroy(&r->lock);
}
