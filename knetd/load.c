// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The average rates of an interface, as routers show them: each second, the rate since the last
 * look moves the average a little, by the share that this second has of the interval. A daemon that
 * came late simply has a longer second. Neither clock nor engine in here. Control thread only.
 */
#include "knetd/load.h"

#include <stdbool.h>

#define SECOND_NS 1000000000ULL

static void look(struct knd_load *load, uint64_t now_ns, const uint64_t value[KND_LOAD_COUNT])
{
	load->at_ns = now_ns;
	for (unsigned int i = 0; i < KND_LOAD_COUNT; i++)
		load->value[i] = value[i];
}

void knd_load_step(struct knd_load *load, uint64_t now_ns, const uint64_t value[KND_LOAD_COUNT],
		   unsigned int interval_s)
{
	const double passed = (double)(now_ns - load->at_ns);
	double window = (double)interval_s * (double)SECOND_NS;

	if (load->since_ns == 0) {
		load->since_ns = now_ns;
		look(load, now_ns, value);
		return;
	}
	if (now_ns <= load->at_ns)
		return;
	if ((double)(now_ns - load->since_ns) < window)
		window = (double)(now_ns - load->since_ns);
	for (unsigned int i = 0; i < KND_LOAD_COUNT; i++) {
		const double rate =
			(double)(value[i] - load->value[i]) * (double)SECOND_NS / passed;

		load->per_s[i] +=
			(rate - load->per_s[i]) * (passed < window ? passed / window : 1.0);
	}
	look(load, now_ns, value);
}

double knd_load_counter_rate(const struct knd_load *load, size_t i)
{
	/* An average falls for long before it is nothing. */
	return (double)(int64_t)(load->per_s[KND_LOAD_COUNTERS + i] * 10 + 0.5) / 10;
}

int64_t knd_load_rate(const struct knd_load *load, enum knd_load_of of)
{
	const bool is_bytes = of == KND_LOAD_RX_BYTES || of == KND_LOAD_TX_BYTES;

	return (int64_t)(load->per_s[of] * (is_bytes ? 8 : 1) + 0.5);
}
