// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A worker's own state, and its reports to control. The worker thread enters everything but
 * kn_worker_drain_reports() (control) and init and fini (while no thread runs).
 */
#include "path/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/fragment.h"
#include "path/latecomer.h"
#include "path/pick.h"

#define REPORT_CNT    1024
#define HANDSHAKE_CNT 256
#define POOL_CHUNKS   (KN_RING_LEN_MAX / KN_CHUNK_LEN)
#define WAKE_NS       (100 * KN_MS) /* user traffic after such a pause is reported */

int kn_worker_init(struct kn_worker *w, struct kn_engine *e, unsigned int slot)
{
	memset(w, 0, sizeof(*w));
	w->engine = e;
	w->slot = slot;
	w->takes = (struct kn_takes){.csum = true, .uso = true};
	kn_rings_init(&w->rings);
	w->tx_copy = malloc(KN_FRAME_HEADROOM + KN_SUPER_MAX);
	w->tx_long = malloc(KN_FRAGMENT_TOTAL_MAX);
	w->flows = calloc(1, sizeof(*w->flows));
	w->questions = kn_questions_new(e);
	w->aead = e->aead->ctx_new(slot);
	int err = kn_mac_new(e->net_keys.mac1, &w->mac1);

	if (err == 0 && (w->tx_copy == NULL || w->tx_long == NULL || w->flows == NULL ||
			 w->questions == NULL || w->aead == NULL))
		err = -ENOMEM;
	if (err == 0)
		err = kn_pool_init(&w->pool, POOL_CHUNKS, &e->ring_use);
	if (err == 0)
		err = kn_rx_new(w);
	if (err == 0)
		err = kn_msgq_init(&w->reports, REPORT_CNT, sizeof(struct kn_report));
	if (err == 0)
		err = kn_msgq_init(&w->handshakes, HANDSHAKE_CNT, sizeof(struct kn_report));
	if (err != 0)
		kn_worker_fini(w);
	return err;
}

void kn_worker_fini(struct kn_worker *w)
{
	kn_msgq_fini(&w->reports);
	kn_msgq_fini(&w->handshakes);
	kn_mac_free(w->mac1);
	if (w->aead != NULL)
		w->engine->aead->ctx_free(w->aead);
	kn_rx_free(w);
	free(w->tx_long);
	free(w->flows);
	free(w->questions);
	free(w->tx_copy);
	kn_rings_fini(w);
	kn_pool_fini(&w->pool);
	memset(w, 0, sizeof(*w));
}

struct kn_report *kn_worker_report(struct kn_worker *w, struct kn_msgq *q)
{
	struct kn_report *r = kn_msgq_slot(q);

	if (r == NULL)
		kn_count(&w->counters,
			 q == &w->reports ? KN_C_CONTROL_QUEUE_FULL : KN_C_HS_QUEUE_FULL, 1);
	return r;
}

void kn_worker_push(struct kn_worker *w, struct kn_msgq *q)
{
	kn_msgq_push(q);
	w->has_reported = true;
}

void kn_worker_push_waiting(struct kn_worker *w, struct kn_msgq *q)
{
	kn_msgq_push(q);
	if (kn_msgq_is_half_full(q))
		w->has_reported = true;
}

void kn_worker_note_user(struct kn_worker *w, struct kn_host *h, uint64_t now)
{
	uint64_t last = kn_stat_get(&h->user_last_ns);

	/* Another worker may have noted a later time than ours already. */
	if (now <= last)
		return;
	if (now - last <= WAKE_NS) {
		kn_stat_set(&h->user_last_ns, now);
		return;
	}
	struct kn_report *r = kn_worker_report(w, &w->reports);

	if (r == NULL)
		return; /* the next frame tries again */
	/* First the time, then the report: control goes by the time when it reads the report. */
	kn_stat_set(&h->user_last_ns, now);
	*r = (struct kn_report){.type = KN_REPORT_WAKE, .now = now, .host = h->id};
	kn_worker_push(w, &w->reports);
}

static void drain(struct kn_worker *w, struct kn_msgq *q, uint64_t now)
{
	struct kn_report *r;

	while ((r = kn_msgq_front(q)) != NULL) {
		kn_engine_on_report(w->engine, r, now);
		kn_msgq_pop(q);
	}
}

void kn_worker_drain_reports(struct kn_worker *w, uint64_t now)
{
	drain(w, &w->reports, now);
	drain(w, &w->handshakes, now);
}
