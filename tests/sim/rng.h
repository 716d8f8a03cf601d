/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SplitMix64 (public domain, Sebastiano Vigna): small, seedable by any number, good enough to
 * choose faults with. A run takes all its chance from generators seeded by the run's seed. */
struct sim_rng {
	uint64_t state;
};

static inline uint64_t sim_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static inline uint64_t sim_rng_u64(struct sim_rng *r)
{
	r->state += 0x9e3779b97f4a7c15ULL;
	return sim_mix(r->state);
}

/* Uniform enough in [low, high], both included. */
static inline uint64_t sim_rng_range(struct sim_rng *r, uint64_t low, uint64_t high)
{
	return low + sim_rng_u64(r) % (high - low + 1);
}

static inline bool sim_rng_chance(struct sim_rng *r, unsigned int permille)
{
	return sim_rng_u64(r) % 1000 < permille;
}

/* A generator for a purpose of its own, so that using it more or less leaves others alone. */
static inline struct sim_rng sim_rng_fork(uint64_t seed, uint64_t purpose)
{
	return (struct sim_rng){.state = sim_mix(seed + sim_mix(purpose + 1))};
}

static inline void sim_rng_fill(struct sim_rng *r, void *out, size_t len)
{
	uint8_t *at = out;

	for (size_t i = 0; i < len;) {
		uint64_t v = sim_rng_u64(r);

		for (unsigned int b = 0; b < 8 && i < len; b++, i++)
			at[i] = (uint8_t)(v >> (8 * b));
	}
}

#endif
