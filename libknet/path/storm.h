/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_STORM_H
#define KN_PATH_STORM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fdb.h"

#define KN_STORM_SETS 64
#define KN_STORM_WAYS 4

struct kn_storm_source {
	kn_fdb_key key;   /* its MAC; VLAN bits zero */
	uint64_t paid_ns; /* up to this time its frames have used up what it may send */
	uint64_t told_ns; /* when control was last told of it */
};

/* What each source has flooded lately; all zero to begin with. */
struct kn_storm {
	struct kn_storm_source source[KN_STORM_SETS][KN_STORM_WAYS];
};

/* The time that a frame of one source uses up if it goes to so many peers: `configured` is a time,
 * KN_STORM_AUTO, or 0 for no limit; so is the answer. */
uint64_t kn_storm_interval(uint64_t configured, uint32_t peer_cnt);

/* The entry of a source address (its VLAN does not matter). Never NULL: a table that is full of
 * busy sources has a newcomer share the entry of the least busy one. */
struct kn_storm_source *kn_storm_find(struct kn_storm *s, kn_fdb_key key, uint64_t now);

/* Whether `cnt` frames at once may go to all peers; if so they are on the bill. */
bool kn_storm_takes(struct kn_storm_source *src, uint64_t interval, uint32_t cnt, uint64_t now);

/* Whether it is time to tell control that a source is limited; it counts as told then. */
bool kn_storm_is_news(struct kn_storm_source *src, uint64_t now);

#endif
