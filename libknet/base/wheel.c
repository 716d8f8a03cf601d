// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A hierarchical timer wheel. Level 0 has one slot per millisecond, each level above 64 times the
 * span. A timer sits on the level on which its distance fits; when the hand of a lower level has
 * gone round, one slot of the level above is spread over it. A bitmap per level finds the next
 * occupied slot without walking empty ones, so that an idle hub may sleep for seconds. Whoever asks
 * when to come back need not come for the spreading of a few: the next run sees to it.
 *
 * What is overdue when it is set waits in a list of its own for the next run, so that a timer that
 * is behind and sets itself again cannot keep control from everything else.
 */
#include "base/wheel.h"

#include "base/clock.h"

#define SLOT_BITS 6
#define SLOT_MASK (KN_WHEEL_SLOTS - 1)
#define MAX_SPAN  (1ULL << (SLOT_BITS * KN_WHEEL_LEVELS))
#define LOOK_MAX  16 /* timers of a slot that are looked at for the first of them */

void kn_wheel_init(struct kn_wheel *w, uint64_t now)
{
	w->tick = now / KN_WHEEL_TICK_NS;
	w->first = w->tick;
	w->set_cnt = 0;
	CDS_INIT_LIST_HEAD(&w->overdue);
	for (int l = 0; l < KN_WHEEL_LEVELS; l++) {
		w->occupied[l] = 0;
		for (int s = 0; s < KN_WHEEL_SLOTS; s++)
			CDS_INIT_LIST_HEAD(&w->slots[l][s]);
	}
}

/* The level whose slots, seen from `tick`, tell `due` apart. */
static int level_of(uint64_t tick, uint64_t due)
{
	uint64_t diff = tick ^ due;

	for (int l = 0; l < KN_WHEEL_LEVELS - 1; l++)
		if (diff >> (SLOT_BITS * (l + 1)) == 0)
			return l;
	return KN_WHEEL_LEVELS - 1;
}

/* Rounded up: a timer is never early. */
static uint64_t tick_of(uint64_t deadline)
{
	return deadline / KN_WHEEL_TICK_NS + (deadline % KN_WHEEL_TICK_NS != 0);
}

static void place(struct kn_wheel *w, struct kn_timer *t)
{
	uint64_t due = tick_of(t->deadline);

	/* Farther than the wheel is round: it comes by here again, and is placed anew. */
	if (due - w->tick >= MAX_SPAN - MAX_SPAN / KN_WHEEL_SLOTS)
		due = w->tick + MAX_SPAN - MAX_SPAN / KN_WHEEL_SLOTS - 1;

	int l = level_of(w->tick, due);
	unsigned int s = (due >> (SLOT_BITS * l)) & SLOT_MASK;

	cds_list_add_tail(&t->node, &w->slots[l][s]);
	w->occupied[l] |= 1ULL << s;
}

void kn_wheel_set(struct kn_wheel *w, struct kn_timer *t, uint64_t deadline)
{
	kn_wheel_cancel(w, t);
	t->deadline = deadline;
	w->set_cnt++;
	if (tick_of(deadline) < w->first)
		cds_list_add_tail(&t->node, &w->overdue);
	else
		place(w, t);
}

static void off(struct kn_wheel *w, struct kn_timer *t)
{
	cds_list_del(&t->node);
	t->node.next = NULL;
	w->set_cnt--;
}

/* If `head` is a slot: lists that are being fired, and what is overdue, are none. */
static void slot_vacate(struct kn_wheel *w, const struct cds_list_head *head)
{
	uintptr_t at = (uintptr_t)head - (uintptr_t)w->slots;

	if (at >= sizeof(w->slots))
		return;
	at /= sizeof(*head);
	w->occupied[at / KN_WHEEL_SLOTS] &= ~(1ULL << at % KN_WHEEL_SLOTS);
}

void kn_wheel_cancel(struct kn_wheel *w, struct kn_timer *t)
{
	const struct cds_list_head *head = t->node.next;

	if (!kn_timer_is_set(t))
		return;
	/* An empty slot must wake nobody. */
	if (head == t->node.prev)
		slot_vacate(w, head);
	off(w, t);
}

static void take_list(struct cds_list_head *from, struct cds_list_head *out)
{
	CDS_INIT_LIST_HEAD(out);
	cds_list_splice(from, out);
	CDS_INIT_LIST_HEAD(from);
}

static void take_slot(struct kn_wheel *w, int level, unsigned int slot, struct cds_list_head *out)
{
	take_list(&w->slots[level][slot], out);
	w->occupied[level] &= ~(1ULL << slot);
}

/* The hand of level l - 1 went round: spread the slot it now points to on level l. */
static void cascade(struct kn_wheel *w)
{
	for (int l = 1; l < KN_WHEEL_LEVELS; l++) {
		if ((w->tick & ((1ULL << (SLOT_BITS * l)) - 1)) != 0)
			return;

		struct cds_list_head list;
		struct kn_timer *t, *tmp;

		take_slot(w, l, (w->tick >> (SLOT_BITS * l)) & SLOT_MASK, &list);
		cds_list_for_each_entry_safe(t, tmp, &list, node)
			place(w, t);
	}
}

static void fire(struct kn_wheel *w, struct cds_list_head *list, void *ctx, uint64_t now)
{
	while (!cds_list_empty(list)) {
		struct kn_timer *t = cds_list_entry(list->next, struct kn_timer, node);

		off(w, t);
		t->fn(t, ctx, now);
	}
}

/* The beginning of the next occupied slot of a level, counted in slots of that level. */
static uint64_t next_slot(const struct kn_wheel *w, int level)
{
	/* On upper levels the slot under the hand has been spread already, unless the hand stands
	 * exactly at its beginning. */
	uint64_t hand = w->tick >> (SLOT_BITS * level);
	unsigned int first = hand & SLOT_MASK;
	uint64_t mask = w->occupied[level];

	if (mask == 0)
		return KN_NEVER;
	if (first != 0)
		mask = (mask >> first) | (mask << (KN_WHEEL_SLOTS - first));
	return hand + (uint64_t)__builtin_ctzll(mask);
}

/* The tick of the first of a slot's timers, or of its beginning if there are many. What has been
 * placed nearer than it is due is to be placed anew before the slot is over. */
static uint64_t first_of(const struct cds_list_head *list, uint64_t begin, uint64_t end)
{
	const struct kn_timer *t;
	uint64_t best = end;
	unsigned int cnt = 0;

	if (begin == end)
		return begin;
	cds_list_for_each_entry(t, list, node) {
		uint64_t due = tick_of(t->deadline);

		if (++cnt > LOOK_MAX)
			return begin;
		best = due < best ? due : best;
	}
	return best < begin ? begin : best;
}

/* The next tick, at most `limit`, at which something has to be done; or, if slots of upper levels
 * may wait to be spread until one of their timers is due, that of the first timer. */
static uint64_t next_tick(const struct kn_wheel *w, uint64_t limit, bool may_wait)
{
	uint64_t best = limit;

	for (int l = 0; l < KN_WHEEL_LEVELS; l++) {
		uint64_t slot = next_slot(w, l);

		if (slot == KN_NEVER)
			continue;
		uint64_t begin = slot << (SLOT_BITS * l);
		uint64_t end = begin + (1ULL << (SLOT_BITS * l)) - 1;
		uint64_t at =
			may_wait ? first_of(&w->slots[l][slot & SLOT_MASK], begin, end) : begin;

		if (at < w->tick)
			at = w->tick;
		if (at < best)
			best = at;
	}
	return best;
}

void kn_wheel_run(struct kn_wheel *w, void *ctx, uint64_t now)
{
	uint64_t end = now / KN_WHEEL_TICK_NS;
	struct cds_list_head list;

	if (end < w->tick)
		return;
	w->first = end + 1;
	take_list(&w->overdue, &list);
	fire(w, &list, ctx, now);
	while (w->tick <= end) {
		cascade(w);
		take_slot(w, 0, w->tick & SLOT_MASK, &list);
		fire(w, &list, ctx, now);
		w->tick++;
		if (w->tick <= end)
			w->tick = next_tick(w, end, false);
	}
}

uint64_t kn_wheel_next(const struct kn_wheel *w)
{
	if (w->set_cnt == 0)
		return KN_NEVER;
	if (w->overdue.next != &w->overdue)
		return w->first * KN_WHEEL_TICK_NS;
	return next_tick(w, w->tick + MAX_SPAN, true) * KN_WHEEL_TICK_NS;
}
