/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_RNG_H
#define KN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* A source of randomness, given to protocol code as an argument: the operating system's in
 * production, a seeded generator in the simulation. fill cannot fail. */
struct kn_rng {
	void (*fill)(void *ctx, void *out, size_t len);
	void *ctx;
};

static inline uint64_t kn_rng_u64(const struct kn_rng *rng)
{
	uint64_t v;

	rng->fill(rng->ctx, &v, sizeof(v));
	return v;
}

/* Uniform enough in [0, bound); bound > 0. */
static inline uint64_t kn_rng_below(const struct kn_rng *rng, uint64_t bound)
{
	return kn_rng_u64(rng) % bound;
}

#endif
