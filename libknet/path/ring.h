/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_RING_H
#define KN_PATH_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "knet.h"

struct kn_burst;
struct kn_host;
struct kn_session;
struct kn_worker;

/* How long a burst is kept without being confirmed. */
#define KN_RING_AGE_NS (2 * KN_SEC)

/* The unconfirmed bursts of one lane, in the order of their counters. */
struct kn_ring_lane {
	struct kn_burst *first, *last;
};

/* The failover ring of one host and worker: what was sent and is not confirmed. There is one as
 * long as there is such a burst. */
struct kn_ring {
	struct cds_list_head node; /* among the worker's, or the spare ones */
	struct kn_ring_lane lane[KNET_MAX_LINKS];
	struct cds_list_head pending;      /* bursts to be sent, or sent again, in order */
	struct cds_list_head doubtful;     /* likewise, but when there is time */
	struct cds_list_head pending_node; /* among the worker's rings that have any of these */
	uint64_t resent_at;                /* when replaying last went on */
	uint64_t doubted_at;               /* when some of the doubtful were last taken */
	uint32_t resent_len;               /* sent again and not yet confirmed */
	uint32_t pace_len;                 /* how much is sent again in the next step */
	uint32_t burst_cnt;
	uint32_t doubtful_cnt; /* since bursts were last looked at */
	uint32_t ticket;       /* of the host */
	uint16_t host;
	/* Of the host, when bursts were last looked at. */
	uint8_t good;    /* its good links */
	uint8_t reviews; /* likewise */
};

/* The rings of a worker. */
struct kn_rings {
	struct kn_ring **page[256];  /* by host id; pages are made when needed */
	struct cds_list_head bursts; /* of all rings, oldest first */
	struct cds_list_head rings;
	struct cds_list_head pending; /* those with pending bursts */
	struct cds_list_head spare;
	uint32_t spare_cnt;
	uint32_t seq; /* of the next burst */
};

void kn_rings_init(struct kn_rings *r);
/* Control, when the worker's thread has ended: lets go of everything. */
void kn_rings_fini(struct kn_worker *w);

/* The ring of a host; NULL if nothing of it is kept. */
struct kn_ring *kn_ring_find(const struct kn_worker *w, const struct kn_host *h);
/* A burst that begins with a counter of a session's lane is to be kept. False: it cannot be, by
 * configuration or for want of memory. */
bool kn_ring_add(struct kn_worker *w, struct kn_host *h, const struct kn_session *s,
		 struct kn_burst *b);
/* The burst has all its datagrams: keeps the host within its bound. */
void kn_ring_count(struct kn_worker *w, struct kn_host *h, struct kn_burst *b);
/* Frees what the peer has confirmed of a lane; the ring may be gone then. s is the session whose
 * lane it is now. */
void kn_ring_confirmed(struct kn_worker *w, struct kn_ring *ring, const struct kn_session *s,
		       unsigned int link);
/* The same for all lanes and whatever sessions their bursts are of. False: the ring is gone. */
bool kn_ring_check(struct kn_worker *w, struct kn_ring *ring);
/* Under which lane of the worker's something is sealed that waits for nobody and leaves on `link`:
 * the link's own, or, while bursts wait, one of which none is kept. Else the receiver's window
 * would move past those that wait. */
unsigned int kn_ring_lane_beside(const struct kn_worker *w, const struct kn_host *h,
				 unsigned int link);
/* Gives up the oldest burst of all that is not about to be sent. False: there is none. */
bool kn_ring_give_up_oldest(struct kn_worker *w);
/* Whether a burst that was confirmed has arrived: the counts of its link tell. */
bool kn_ring_has_arrived(const struct kn_host *h, const struct kn_burst *b);
/* Whether it was sent while its link lost datagrams. */
bool kn_ring_is_likely_lost(const struct kn_host *h, const struct kn_burst *b);
/* Frees what is confirmed or too old, from the oldest on. */
void kn_ring_sweep(struct kn_worker *w, uint64_t now);

/* The burst is to be sent, in its turn. */
void kn_ring_pend(struct kn_worker *w, struct kn_ring *ring, struct kn_burst *b);
/* The burst was confirmed, but is to be sent again, when there is time. */
void kn_ring_doubt(struct kn_worker *w, struct kn_ring *ring, struct kn_burst *b);
/* It was sent, or need not be. */
void kn_ring_unpend(struct kn_ring *ring, struct kn_burst *b);

#endif
