/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_MSGQ_H
#define KN_BASE_MSGQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A wait-free queue of messages of one size from one thread to one other. Memory is fixed at
 * creation; a full queue refuses, it never blocks and never grows.
 */
struct kn_msgq {
	_Alignas(64) _Atomic uint32_t head; /* consumer: wo */
	_Alignas(64) _Atomic uint32_t tail; /* producer: wo */
	_Alignas(64) uint32_t mask;
	uint32_t msg_size;
	uint8_t *slots;
};

/* cnt is a power of two. 0 or -ENOMEM. */
int kn_msgq_init(struct kn_msgq *q, uint32_t cnt, uint32_t msg_size)
	__attribute__((warn_unused_result));
void kn_msgq_fini(struct kn_msgq *q);

/* Producer: the slot to fill, or NULL if the queue is full; push publishes it. */
void *kn_msgq_slot(struct kn_msgq *q);
void kn_msgq_push(struct kn_msgq *q);
bool kn_msgq_is_half_full(const struct kn_msgq *q);

/* Consumer: the oldest message, or NULL; pop gives its slot back. */
void *kn_msgq_front(struct kn_msgq *q);
void kn_msgq_pop(struct kn_msgq *q);

#endif
