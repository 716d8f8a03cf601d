// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * How often a link has failed in the last hour and in the last day. A total since the start tells
 * nobody whether a link flaps now. Two rings of small counters do, one of ten minutes each and one
 * of hours: 36 bytes, which a link has once it has failed. Control only; `now` is an argument.
 */
#include "live/outages.h"

#include "base/clock.h"

#define TENTH_NS (600 * KN_SEC)

static uint32_t tenth_of(uint64_t now_ns)
{
	return (uint32_t)(now_ns / TENTH_NS);
}

/* Empties the spans of a ring that have begun since `from`. */
static void ring_turn(uint8_t *ring, uint32_t size, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < size && from < to; i++)
		ring[++from % size] = 0;
}

/* As it is when it is counted in at `now_ns`. */
static struct kn_outages turned(const struct kn_outages *o, uint64_t now_ns)
{
	const uint32_t now = tenth_of(now_ns);
	struct kn_outages res = *o;

	ring_turn(res.tenths, KN_OUTAGE_TENTHS, o->tenth, now);
	ring_turn(res.hours, KN_OUTAGE_HOURS, o->tenth / 6, now / 6);
	res.tenth = now;
	return res;
}

static void count(uint8_t *span)
{
	*span = *span == UINT8_MAX ? UINT8_MAX : (uint8_t)(*span + 1);
}

static unsigned int sum(const uint8_t *ring, unsigned int size)
{
	unsigned int all = 0;

	for (unsigned int i = 0; i < size; i++)
		all += ring[i];
	return all;
}

void kn_outages_add(struct kn_outages *o, uint64_t now_ns)
{
	*o = turned(o, now_ns);
	count(&o->tenths[o->tenth % KN_OUTAGE_TENTHS]);
	count(&o->hours[o->tenth / 6 % KN_OUTAGE_HOURS]);
}

unsigned int kn_outages_hour(const struct kn_outages *o, uint64_t now_ns)
{
	const struct kn_outages at = turned(o, now_ns);

	return sum(at.tenths, KN_OUTAGE_TENTHS);
}

unsigned int kn_outages_day(const struct kn_outages *o, uint64_t now_ns)
{
	const struct kn_outages at = turned(o, now_ns);

	return sum(at.hours, KN_OUTAGE_HOURS);
}
