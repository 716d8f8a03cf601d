/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_BYTEQ_H
#define KN_BASE_BYTEQ_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A wait-free queue of messages of any size from one thread to one other. Memory is fixed at
 * creation, and not touched before it is used; a full queue refuses, it never blocks and never
 * grows. Messages are aligned to 8 bytes and never wrap.
 */
struct kn_byteq {
	_Alignas(64) _Atomic uint32_t head; /* consumer: wo; bytes taken so far */
	_Alignas(64) _Atomic uint32_t tail; /* producer: wo; bytes given so far */
	_Alignas(64) uint32_t size;
	uint8_t *area;
	uint32_t next; /* producer: tail after the slot in hand */
};

/* size is a power of two, 2^30 at most. 0 or -ENOMEM. */
int kn_byteq_init(struct kn_byteq *q, uint32_t size) __attribute__((warn_unused_result));
void kn_byteq_fini(struct kn_byteq *q);

/* Producer: room for a message of len bytes, NULL if there is none; push publishes it. */
void *kn_byteq_slot(struct kn_byteq *q, uint32_t len);
void kn_byteq_push(struct kn_byteq *q);

/* Consumer: the oldest message and its length, or NULL; pop gives its room back. The consumer may
 * change the message. */
void *kn_byteq_front(struct kn_byteq *q, uint32_t *len);
void kn_byteq_pop(struct kn_byteq *q);

/* Bytes that are taken, of what was given when it is asked. Any thread. */
uint32_t kn_byteq_used(const struct kn_byteq *q);

#endif
