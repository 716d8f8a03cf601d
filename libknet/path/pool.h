/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_POOL_H
#define KN_PATH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <urcu/list.h>

#include "core/engine.h"

struct kn_ring;

#define KN_CHUNK_LEN (128U * 1024)

/* What the kernel cuts in one call at most: datagrams, and their bytes in all. */
#define KN_BURST_CNT 64
#define KN_BURST_LEN 65000

/* Sealed datagrams to one host, one behind the other: all of seg_len bytes but the last, which may
 * be shorter. They are sent from here, and stay here until the burst is freed. Not aligned more
 * than a list's head is: walking a list ends with a pointer to where a burst around the head would
 * be. */
struct kn_burst {
	uint32_t chunk; /* where it lies; the pool's */
	uint32_t len;   /* of all */
	uint16_t seg_len;
	uint16_t cnt;
	uint8_t links; /* on which it was sent, or is about to be; a bit each */
	uint8_t lane;
	bool is_closed;
	bool is_control; /* not users' traffic: it does not wait for theirs */
	/* What follows is for bursts that are kept (ring.h). */
	bool is_queued;            /* about to be sent for the first time */
	bool is_sent;              /* has been */
	bool is_resent;            /* has been again */
	bool is_doubtful;          /* confirmed, but perhaps lost: to be sent again all the same */
	struct kn_ring *ring;      /* whose it is, NULL: not kept */
	struct kn_burst *next;     /* in its lane */
	struct cds_list_head age;  /* among all that the worker keeps */
	struct cds_list_head pend; /* in the ring's list of those to be sent; empty: not in it */
	uint64_t last;             /* highest counter */
	uint64_t at_ns;            /* when it was sealed */
	uint32_t sent_ms;          /* when it was last sent, or is about to be; modulo 2^32 */
	uint32_t session;          /* local index */
	uint32_t seq;
	uint32_t counted; /* bytes of it that the host's sum has */
	uint8_t data[];
};

/* Whether a burst that is kept is yet to leave, for the first time or once more: it is on no link.
 */
static inline bool kn_burst_waits(const struct kn_burst *b)
{
	return b->links == 0;
}

struct kn_chunk {
	uint32_t burst_cnt; /* that are not freed */
	bool is_touched;    /* takes memory of the system */
};

/*
 * Send buffers of one worker: chunks, which bursts are laid down in one behind the other. A chunk
 * is used again when all of its bursts are freed, the one freed last first, so that a little of
 * memory, which is in the cache, serves all traffic as long as bursts are freed soon.
 */
struct kn_pool {
	uint8_t *area; /* reserved, not touched */
	uint32_t chunk_cnt;
	struct kn_chunk *chunks;
	uint32_t *free; /* a stack of those without a burst */
	uint32_t free_cnt;
	uint32_t free_low;       /* the smallest free_cnt since the last trim */
	uint32_t current;        /* the chunk that is being filled */
	uint32_t used;           /* bytes of it */
	struct kn_burst *newest; /* may grow */
	struct kn_ring_use *use;
};

#define KN_POOL_MIN 8

/* A pool of that many chunks, KN_POOL_MIN at least: these it may use whatever other pools that
 * share `use` do. 0 or -ENOMEM. */
int kn_pool_init(struct kn_pool *p, uint32_t chunk_cnt, struct kn_ring_use *use)
	__attribute__((warn_unused_result));
void kn_pool_fini(struct kn_pool *p);

/* An empty burst with room for one datagram of seg_len bytes, KN_BURST_LEN at most. NULL: there is
 * no chunk that may be used. */
struct kn_burst *kn_pool_burst_new(struct kn_pool *p, uint16_t seg_len)
	__attribute__((warn_unused_result));
/* Whether the newest burst can take a datagram of that length. */
bool kn_pool_takes(const struct kn_pool *p, size_t len);
/* A datagram of that length was laid down behind the others of the newest burst. */
void kn_pool_add(struct kn_pool *p, size_t len);
void kn_pool_burst_free(struct kn_pool *p, struct kn_burst *b);
/* Gives memory back to the system, at most so many chunks, that was not needed since the last call.
 * False: nothing is left to give back, now or at a later call without bursts in between. */
bool kn_pool_trim(struct kn_pool *p, uint32_t most);

#endif
