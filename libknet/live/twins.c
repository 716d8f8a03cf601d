// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Two hosts with the same node-id, as after a copy of a virtual machine: each takes the session
 * from the other as soon as it notices that its own is gone, or is asked by us. That is seen here:
 * new keys come on one link from one address, from another, and from the first again, each soon
 * after the last, whoever began. A peer that moves does not come back at once, one with several
 * links is looked at link by link, and one behind a NAT may change its port as it likes. Control
 * only.
 */
#include "live/twins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/session.h"
#include "live/hs_attempt.h"

#define WINDOW_NS   (10 * KN_SEC)
#define AGAIN_NS    (60 * KN_SEC)
#define ORIGIN_CNT  8
#define SUSPECT_CNT 32

struct origin {
	uint64_t at_ns; /* 0: none */
	union kn_addr from;
	uint8_t link;
};

/* Of a peer whose keys were replaced young. */
struct suspect {
	struct origin origin[ORIGIN_CNT]; /* the newest first */
	uint64_t told_ns;                 /* 0: never */
	uint16_t host;
};

/* The last ones. */
struct kn_twins {
	struct suspect suspect[SUSPECT_CNT];
};

static bool is_young(const struct kn_engine *e, const struct kn_host *h)
{
	const struct kn_session *s = h->next != NULL ? h->next : h->current;

	return s != NULL && e->now - s->born_ns < WINDOW_NS;
}

/* The place of a peer, or else the one that has been quiet for the longest time. NULL: no memory.
 */
static struct suspect *suspect_of(struct kn_engine *e, const struct kn_host *h)
{
	if (e->twins == NULL)
		e->twins = calloc(1, sizeof(*e->twins));
	if (e->twins == NULL)
		return NULL;
	struct suspect *best = &e->twins->suspect[0];

	for (unsigned int i = 0; i < SUSPECT_CNT; i++) {
		struct suspect *s = &e->twins->suspect[i];

		if (s->host == h->id)
			return s;
		if (s->origin[0].at_ns < best->origin[0].at_ns)
			best = s;
	}
	*best = (struct suspect){.host = h->id};
	return best;
}

static void origin_add(struct suspect *s, const struct origin *o)
{
	memmove(&s->origin[1], &s->origin[0], sizeof(s->origin[0]) * (ORIGIN_CNT - 1));
	s->origin[0] = *o;
}

/* The other address, from which keys came on the link of the newest ones, if before that they came
 * from where the newest are from. NULL: they did not. */
static const struct origin *other_of(const struct suspect *s)
{
	const struct origin *newest = &s->origin[0], *other = NULL;

	for (unsigned int i = 1; i < ORIGIN_CNT; i++) {
		const struct origin *o = &s->origin[i];

		if (o->at_ns == 0 || newest->at_ns - o->at_ns >= WINDOW_NS)
			return NULL;
		if (o->link != newest->link)
			continue;
		if (!kn_addr_is_same_host(&o->from, &newest->from))
			other = o;
		else if (other != NULL)
			return other;
	}
	return NULL;
}

void kn_twins_note(struct kn_engine *e, struct kn_host *h, unsigned int link,
		   const union kn_addr *from)
{
	struct origin newest = {.at_ns = e->now, .from = *from, .link = (uint8_t)link};
	char a[KN_ADDR_TEXT_LEN], b[KN_ADDR_TEXT_LEN], text[2 * KN_ADDR_TEXT_LEN + 80];
	const struct origin *other;

	if (!is_young(e, h))
		return;
	struct suspect *s = suspect_of(e, h);

	if (s == NULL)
		return;
	origin_add(s, &newest);
	other = other_of(s);
	if (other == NULL || (s->told_ns != 0 && e->now - s->told_ns < AGAIN_NS))
		return;
	s->told_ns = e->now;
	h->complained = false;
	snprintf(text, sizeof(text),
		 "new keys from %s and from %s in turn: is node-id %u used twice?",
		 kn_addr_format(from, a), kn_addr_format(&other->from, b), h->id);
	kn_handshake_complain(e, h, text);
}
