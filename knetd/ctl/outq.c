// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A client's outgoing frames, in a plain list.
 *
 * Its length is bounded by those who fill it: a session steps its commands only while the queue is
 * short and the server reads no further request while it is long. A stalled client therefore
 * costs a fixed amount of memory. Control thread only.
 */
#include "knetd/ctl/outq.h"

#include <stdlib.h>
#include <string.h>

void knd_outq_init(struct knd_outq *q)
{
	*q = (struct knd_outq){.tail = &q->head};
}

void knd_outq_fini(struct knd_outq *q)
{
	while (q->head)
		knd_outq_pop(q);
}

void knd_outq_add(struct knd_outq *q, const void *data, int len)
{
	struct knd_outframe *frame = NULL;

	if (len > 0)
		frame = malloc(sizeof(*frame) + (size_t)len);
	if (!frame) {
		q->failed = true;
		return;
	}
	frame->next = NULL;
	frame->len = (size_t)len;
	memcpy(frame->data, data, frame->len);
	*q->tail = frame;
	q->tail = &frame->next;
	q->bytes += frame->len;
}

void knd_outq_pop(struct knd_outq *q)
{
	struct knd_outframe *frame = q->head;

	q->head = frame->next;
	if (!q->head)
		q->tail = &q->head;
	q->bytes -= frame->len;
	free(frame);
}
