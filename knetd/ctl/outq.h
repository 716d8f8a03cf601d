/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Frames on their way to one client, oldest first. Owned by a session; control thread only.
 */
#ifndef KNETD_CTL_OUTQ_H
#define KNETD_CTL_OUTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct knd_outframe {
	struct knd_outframe *next;
	size_t len;
	uint8_t data[];
};

struct knd_outq {
	struct knd_outframe *head;
	struct knd_outframe **tail;
	size_t bytes;
	bool failed; /* a frame was lost for want of memory: the connection cannot go on */
};

void knd_outq_init(struct knd_outq *q);
/* Frees all frames. */
void knd_outq_fini(struct knd_outq *q);
/* Appends a copy of a frame. `len` < 0 (a failed pack) or no memory marks the queue failed. */
void knd_outq_add(struct knd_outq *q, const void *data, int len);
/* Removes and frees the oldest frame; the queue must not be empty. */
void knd_outq_pop(struct knd_outq *q);

#endif
