/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_PMTU_H
#define KN_LIVE_PMTU_H

#include <stdbool.h>
#include <stdint.h>

enum kn_pmtu_phase {
	KN_PMTU_OFF,     /* the link does not work */
	KN_PMTU_SEARCH,  /* sizes are tried; `current` rises with each answer */
	KN_PMTU_SETTLED, /* `current` holds, and is looked at again while there is traffic */
	KN_PMTU_CHECK,   /* that is under way */
};

/* What the search for the path MTU of one link knows . Sizes are those
 * of IP packets. Times in ns of the engine's clock, 0: never. */
struct kn_pmtu {
	uint64_t sent_ns;    /* when the last size probe left */
	uint64_t first_ns;   /* when the first of the present size did */
	uint64_t proven_ns;  /* when `current` was last answered */
	uint64_t check_ns;   /* when to look at it again, while there is traffic */
	uint64_t settled_ns; /* when the last search ended */
	uint32_t token;      /* of the last probe */
	uint32_t first_token;
	uint16_t floor, base,
		max;        /* what is taken for granted, tried without proof, and hoped for */
	uint16_t current;   /* in force */
	uint16_t settled;   /* result of the last search, 0: none yet */
	uint16_t low, high; /* of the search: low passes, high does not */
	uint16_t size;      /* of the probes under way, 0: none */
	uint8_t tries;      /* probes of that size so far */
	uint8_t phase;      /* enum kn_pmtu_phase */
	bool is_base_proven;
	bool is_doubted;     /* the check is urgent */
	bool is_interrupted; /* the search goes on after it */
	bool has_shrunk;     /* what was `settled` does not pass any more */
};

/* What the search asks of its surroundings. */
struct kn_pmtu_env {
	uint64_t now;
	uint64_t wait_ns;       /* how long an answer may take */
	uint64_t raise_ns;      /* after a search, when to look for more; 0: never */
	uint64_t last_reply_ns; /* when an ordinary probe was last answered */
	bool is_lossy;
	bool has_users;
};

/* The bounds of a search, sizes of IP packets: `floor` passes everywhere, `base` nearly so, `max`
 * is what the local interface sends. */
struct kn_pmtu_bounds {
	uint16_t floor, base, max;
};

/* The link works: begin, with the largest size. */
void kn_pmtu_start(struct kn_pmtu *q, const struct kn_pmtu_bounds *b);
/* It does not any more: what was found is forgotten. */
void kn_pmtu_stop(struct kn_pmtu *q);
/* The local interface sends other sizes now. */
void kn_pmtu_limit(struct kn_pmtu *q, const struct kn_pmtu_bounds *b);
/* Traffic was lost, or refused by the kernel for its size: look at the present one now, unless that
 * was just done. */
void kn_pmtu_doubt(struct kn_pmtu *q, uint64_t now);

/* Does what is due. Returns the size of the probe to send now, with q->token; 0: none. */
uint16_t kn_pmtu_step(struct kn_pmtu *q, const struct kn_pmtu_env *env);
/* When the next step is due; KN_NEVER without one. */
uint64_t kn_pmtu_next(const struct kn_pmtu *q, const struct kn_pmtu_env *env);
/* A probe was answered: a packet of `size` arrived. */
void kn_pmtu_on_answer(struct kn_pmtu *q, uint32_t token, uint16_t size, uint64_t now);
/* The probe that was to be sent is too long for the interface. */
void kn_pmtu_refused(struct kn_pmtu *q);

#endif
