/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_INTAKE_H
#define KN_PATH_INTAKE_H

#include "core/counters.h"
#include "path/tap.h"

#define KN_INTAKE_CNT 128 /* frames that are read in one go */

/* What was read from a queue of the TAP and is not yet on its way. */
struct kn_intake {
	struct kn_frame frame[KN_INTAKE_CNT];
	unsigned int cnt, at; /* frame[at .. cnt) are left */
	uint32_t used;
	uint32_t unsounded; /* bytes read since it was last known how many waited */
	uint8_t *area;
};

int kn_intake_init(struct kn_intake *q) __attribute__((warn_unused_result)); /* 0 or -ENOMEM */
void kn_intake_fini(struct kn_intake *q);

/* Reads some of what waits, if nothing is left. Counts what is not kept. False: nothing waits any
 * more. */
bool kn_intake_fill(struct kn_intake *q, const struct kn_tap *tap, unsigned int queue,
		    struct kn_counters *counters);
/* The next frame, in order, to be overwritten at will; NULL if none is left. */
struct kn_frame *kn_intake_next(struct kn_intake *q);

static inline bool kn_intake_is_empty(const struct kn_intake *q)
{
	return q->at == q->cnt;
}

#endif
