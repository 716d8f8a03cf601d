// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The anti-replay window of a lane, after RFC 6479.
 *
 * The bit of counter c is bit c mod 64 of word (c / 64) mod words. Moving forward clears whole
 * words, never shifts. The word that holds the highest counter is only partly of the present round,
 * so one word less than the ring is usable as window: bits - 64 counters. `next` is the highest
 * counter plus one, so that a fresh window (next = 0) needs no flag. Pure memory, no thread of its
 * own.
 *
 * Threads may ask while another marks: words are cleared before `next` moves on, and what an asker
 * sees of the one is never older than what it sees of the other. It may take a counter for new that
 * is being marked, which its own attempt to mark it will tell, and may refuse one that is about to
 * fall out of the window.
 */
#include "crypto/window.h"

#include <stdlib.h>

#define WORD_BITS 64
#define BITS_MIN  128
#define BITS_MAX  (1U << 20)

struct kn_window *kn_window_new(uint32_t bits)
{
	if (bits < BITS_MIN || bits > BITS_MAX || (bits & (bits - 1)))
		return NULL;
	struct kn_window *w = calloc(1, sizeof(*w) + bits / 8);
	if (w)
		w->word_mask = bits / WORD_BITS - 1;
	return w;
}

void kn_window_free(struct kn_window *w)
{
	free(w);
}

static uint64_t bit_of(uint64_t ctr)
{
	return 1ULL << (ctr % WORD_BITS);
}

bool kn_window_check(const struct kn_window *w, uint64_t ctr)
{
	uint64_t next = __atomic_load_n(&w->next, __ATOMIC_ACQUIRE);

	if (ctr >= next)
		return ctr <= KN_WINDOW_COUNTER_MAX;
	/* word_mask * 64 is the usable window. */
	if (next - 1 - ctr >= (uint64_t)w->word_mask * WORD_BITS)
		return false;
	return !(__atomic_load_n(&w->words[(ctr / WORD_BITS) & w->word_mask], __ATOMIC_RELAXED) &
		 bit_of(ctr));
}

/* Clear the words between the one of the highest counter (exclusive) and that of ctr (inclusive).
 */
static void window_advance(struct kn_window *w, uint64_t ctr)
{
	uint64_t to = ctr / WORD_BITS;
	uint64_t from = w->next ? (w->next - 1) / WORD_BITS : 0;

	if (to - from > w->word_mask)
		from = to - w->word_mask - 1;
	for (uint64_t word = from + 1; word <= to; word++)
		__atomic_store_n(&w->words[word & w->word_mask], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&w->next, ctr + 1, __ATOMIC_RELEASE);
}

bool kn_window_commit(struct kn_window *w, uint64_t ctr)
{
	if (!kn_window_check(w, ctr))
		return false;
	if (ctr >= w->next)
		window_advance(w, ctr);
	uint64_t *word = &w->words[(ctr / WORD_BITS) & w->word_mask];

	__atomic_store_n(word, *word | bit_of(ctr), __ATOMIC_RELAXED);
	return true;
}
