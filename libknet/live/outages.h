/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* How often a link has failed lately. */
#ifndef KN_LIVE_OUTAGES_H
#define KN_LIVE_OUTAGES_H

#include <stdint.h>

#define KN_OUTAGE_TENTHS 6 /* ten minutes each */
#define KN_OUTAGE_HOURS  24

/* Counts of the last ten-minute spans and hours, in rings. All zero: none yet. */
struct kn_outages {
	uint32_t tenth; /* number of the ten minutes that were last counted in */
	uint8_t tenths[KN_OUTAGE_TENTHS];
	uint8_t hours[KN_OUTAGE_HOURS];
};

/* One more now. No span holds more than 255. */
void kn_outages_add(struct kn_outages *o, uint64_t now_ns);
/* Those of the last hour (of the last 50 to 60 minutes) and of the last day (of 23 to 24 hours). */
unsigned int kn_outages_hour(const struct kn_outages *o, uint64_t now_ns);
unsigned int kn_outages_day(const struct kn_outages *o, uint64_t now_ns);

#endif
