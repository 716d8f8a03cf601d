// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The difference between two configurations as lines for a reader: `-` what goes, `+` what comes,
 * below the lines of the blocks that they stand in. A line that comes in place of one about the
 * same thing counts as one change; if what goes is a default, which no line says, it is shown all
 * the same.
 *
 * In pieces, so that the difference of 65,535 peers is written while the reader takes it: the lines
 * before the interfaces, then of each interface those before its peers, one peer at a time, those
 * behind them. What both configurations share costs next to nothing.
 */
#include "knetd/cmd/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum part { PART_TOP, PART_HEAD, PART_PEERS, PART_TAIL };

/* ---- one line out ---------------------------------------------------------------------------- */

static void text_emit(struct kcl_delta *d, char sign, unsigned int depth, const char *text,
		      const char *note)
{
	char line[KCL_LINE_MAX + 64];

	if (!d->emit)
		return;
	snprintf(line, sizeof(line), "%c%*s%s%s", sign, (int)depth, "", text, note);
	d->emit(d->arg, line);
}

/* `interface X`, before the first line of it. */
static void iface_announce(struct kcl_delta *d, const struct kcl_iface *a,
			   const struct kcl_iface *b)
{
	char text[KCL_IFNAME_MAX + 16];
	char sign = ' ';

	if (d->is_announced)
		return;
	d->is_announced = true;
	if (!a)
		sign = '+';
	else if (!b)
		sign = '-';
	snprintf(text, sizeof(text), "interface %s", a ? a->name : b->name);
	text_emit(d, sign, 0, text, "");
	d->added += !a;
	d->removed += !b;
}

/*
 * The line that would say an entry's default, if the table tells it: the preset's words in place
 * of the arguments.
 */
static bool line_default(const struct kcl_line *line, char *out, size_t size)
{
	const char *value = line->entry ? line->entry->value : NULL;
	const char *preset = value && *value ? line->entry->preset : "";
	size_t used;

	if (!*preset)
		return false;
	used = (size_t)snprintf(out, size, "%.*s", line->key_len, line->text);
	while (used && out[used - 1] == ' ')
		out[--used] = '\0';
	if (*value == '{') {
		const bool is_auto = strcmp(preset, "0") == 0 && strstr(value, "auto");

		snprintf(out + used, size - used, " %s", is_auto ? "auto" : preset);
		return true;
	}
	while (*value) {
		const bool is_argument = *value == '<';
		const size_t word = is_argument ? strcspn(value, ">") + 1 : strcspn(value, " ");
		const char *from = is_argument ? preset : value;
		const size_t len = is_argument ? strcspn(preset, " ") : word;

		if (!len || strchr("[{(", *value) || used + len + 2 > size)
			return false;
		used += (size_t)snprintf(out + used, size - used, " %.*s", (int)len, from);
		preset += is_argument ? len + (preset[len] == ' ') : 0;
		value += word;
		value += *value == ' ';
	}
	return true;
}

/* ---- lists of lines -------------------------------------------------------------------------- */

struct sides {
	struct kcl_delta *d;
	const struct kcl_lines *a, *b;
	bool *done_a;       /* shown together with what replaces it */
	uint64_t announced; /* hash of the block whose line was shown last */
};

static bool parent_is_shared(const struct kcl_lines *of, const struct kcl_lines *other,
			     const struct kcl_line *line)
{
	return !line->parent || kcl_lines_find(other, &of->line[line->parent - 1]);
}

/* Lines of the blocks around, as far as they are the same on both sides. */
static void blocks_announce(struct sides *s, const struct kcl_lines *of,
			    const struct kcl_line *line)
{
	const struct kcl_line *block = line->parent ? &of->line[line->parent - 1] : NULL;

	if (!block || s->announced == block->hash)
		return;
	blocks_announce(s, of, block);
	text_emit(s->d, ' ', block->depth, block->text, "");
	s->announced = block->hash;
}

static void removed_emit(struct sides *s, const struct kcl_line *line)
{
	const bool is_top = parent_is_shared(s->a, s->b, line);
	char text[KCL_LINE_MAX + 1];

	if (is_top)
		blocks_announce(s, s->a, line);
	text_emit(s->d, '-', line->depth, line->text, "");
	if (!is_top)
		return;
	if (!line_default(line, text, sizeof(text))) {
		s->d->removed++;
		return;
	}
	text_emit(s->d, '+', line->depth, text, "            (default)");
	s->d->changed++;
}

/* What goes for this line to come: 1 if there was something. */
static bool replaced_emit(struct sides *s, const struct kcl_line *line)
{
	char text[KCL_LINE_MAX + 1];

	for (uint32_t i = kcl_lines_of_key(s->a, line->key); i; i = s->a->line[i - 1].next_of_key) {
		const struct kcl_line *old = &s->a->line[i - 1];

		if (s->done_a[i - 1] || kcl_lines_find(s->b, old))
			continue;
		s->done_a[i - 1] = true;
		text_emit(s->d, '-', old->depth, old->text, "");
		return true;
	}
	if (!line_default(line, text, sizeof(text)))
		return false;
	text_emit(s->d, '-', line->depth, text, "            (default)");
	return true;
}

static void added_emit(struct sides *s, const struct kcl_line *line)
{
	const bool is_top = parent_is_shared(s->b, s->a, line);

	if (is_top) {
		blocks_announce(s, s->b, line);
		if (s->a->cnt && replaced_emit(s, line))
			s->d->changed++;
		else
			s->d->added++;
	}
	text_emit(s->d, '+', line->depth, line->text, "");
}

static bool will_be_replaced(const struct sides *s, const struct kcl_line *line)
{
	for (uint32_t i = kcl_lines_of_key(s->b, line->key); i; i = s->b->line[i - 1].next_of_key)
		if (!kcl_lines_find(s->a, &s->b->line[i - 1]))
			return true;
	return false;
}

/* Both lists, which differ. 0 or -ENOMEM. */
static int lines_emit(struct kcl_delta *d, const struct kcl_lines *a, const struct kcl_lines *b)
{
	struct sides s = {.d = d, .a = a, .b = b, .done_a = calloc(a->cnt + 1, sizeof(bool))};

	if (!s.done_a)
		return -ENOMEM;
	for (uint32_t i = 0; i < a->cnt; i++) {
		const struct kcl_line *line = &a->line[i];

		if (!kcl_lines_find(b, line) &&
		    !(parent_is_shared(a, b, line) && will_be_replaced(&s, line)))
			removed_emit(&s, line);
	}
	for (uint32_t i = 0; i < b->cnt; i++)
		if (!kcl_lines_find(a, &b->line[i]))
			added_emit(&s, &b->line[i]);
	for (uint32_t i = 0; i < a->cnt; i++) /* more lines about a thing than there are now */
		if (!s.done_a[i] && !kcl_lines_find(b, &a->line[i]) &&
		    parent_is_shared(a, b, &a->line[i]) && will_be_replaced(&s, &a->line[i])) {
			blocks_announce(&s, a, &a->line[i]);
			text_emit(d, '-', a->line[i].depth, a->line[i].text, "");
			d->removed++;
		}
	free(s.done_a);
	return 0;
}

/* ---- parts of an interface ------------------------------------------------------------------- */

/* All lines of an object that is only on one side. */
static void all_emit(struct kcl_delta *d, char sign, const struct kcl_lines *lines)
{
	for (uint32_t i = 0; i < lines->cnt; i++)
		text_emit(d, sign, lines->line[i].depth, lines->line[i].text, "");
}

static int section_next(struct kcl_delta *d, const struct kcl_iface *a, const struct kcl_iface *b,
			bool tail)
{
	struct kcl_lines la, lb;
	int rc;

	if (!d->emit && (!a || !b)) { /* nobody reads the lines */
		iface_announce(d, a, b);
		return 0;
	}
	/* The lines of static MACs name peers. */
	if (a && b && kcl_iface_settings_equal(a, b) && !(tail && (a->static_cnt || b->static_cnt)))
		return 0;
	rc = kcl_lines_of_iface(&la, a, tail);
	if (rc < 0)
		return rc;
	rc = kcl_lines_of_iface(&lb, b, tail);
	if (rc < 0)
		goto free_a;
	if (!a || !b || !kcl_lines_equal(&la, &lb))
		iface_announce(d, a, b);
	if (!a || !b)
		all_emit(d, a ? '-' : '+', a ? &la : &lb);
	else if (!kcl_lines_equal(&la, &lb))
		rc = lines_emit(d, &la, &lb);
	kcl_lines_free(&lb);
free_a:
	kcl_lines_free(&la);
	return rc;
}

/* A peer that is on both sides, and differs. */
static int peer_change_emit(struct kcl_delta *d, const struct kcl_lines *la,
			    const struct kcl_lines *lb)
{
	const unsigned int changed = d->changed, added = d->added, removed = d->removed;
	int rc = 0;

	if (la->cnt > 1 && lb->cnt > 1 && strcmp(la->line[0].text, lb->line[0].text) == 0) {
		rc = lines_emit(d, la, lb);
	} else {
		all_emit(d, '-', la);
		all_emit(d, '+', lb);
	}
	d->changed = changed + 1;
	d->added = added;
	d->removed = removed;
	return rc;
}

static int peer_emit(struct kcl_delta *d, const struct kcl_iface *a, const struct kcl_iface *b,
		     uint16_t id)
{
	const struct kcl_peer *pa = a ? kcl_peer_find(a, id) : NULL;
	const struct kcl_peer *pb = b ? kcl_peer_find(b, id) : NULL;
	struct kcl_lines la, lb;
	int rc;

	if (!d->emit && (!pa || !pb)) {
		d->added += a && b && !pa;
		d->removed += a && b && !pb;
		return 0;
	}
	rc = kcl_lines_of_peer(&la, a, pa);
	if (rc < 0)
		return rc;
	rc = kcl_lines_of_peer(&lb, b, pb);
	if (rc < 0)
		goto free_a;
	if (!pa || !pb || !kcl_lines_equal(&la, &lb))
		iface_announce(d, a, b);
	if (!pa || !pb) {
		all_emit(d, pa ? '-' : '+', pa ? &la : &lb);
		d->added += a && b && !pa;
		d->removed += a && b && !pb;
	} else if (!kcl_lines_equal(&la, &lb)) {
		rc = peer_change_emit(d, &la, &lb);
	}
	kcl_lines_free(&lb);
free_a:
	kcl_lines_free(&la);
	return rc;
}

/* ---- from piece to piece --------------------------------------------------------------------- */

/* Interface `number` of those that are in either; false behind the last one. */
static bool iface_at(const struct kcl_delta *d, unsigned int number, const struct kcl_iface **a,
		     const struct kcl_iface **b)
{
	unsigned int i = 0, k = 0;

	for (;;) {
		const struct kcl_iface *one = d->a && i < d->a->iface_cnt ? d->a->iface[i] : NULL;
		const struct kcl_iface *two = d->b && k < d->b->iface_cnt ? d->b->iface[k] : NULL;
		int order = 0;

		if (!one && !two)
			return false;
		if (one && two)
			order = strcmp(one->name, two->name);
		*a = !two || order <= 0 ? one : NULL;
		*b = !one || order >= 0 ? two : NULL;
		i += *a != NULL;
		k += *b != NULL;
		if (!number--)
			return true;
	}
}

static int top_next(struct kcl_delta *d)
{
	struct kcl_lines la, lb;
	int rc;

	if (d->a && d->b && kcl_globals_equal(d->a, d->b))
		return 0;
	rc = kcl_lines_of_head(&la, d->a);
	if (rc < 0)
		return rc;
	rc = kcl_lines_of_head(&lb, d->b);
	if (rc == 0 && !kcl_lines_equal(&la, &lb))
		rc = lines_emit(d, &la, &lb);
	if (rc == 0)
		kcl_lines_free(&lb);
	kcl_lines_free(&la);
	return rc;
}

static int iface_next(struct kcl_delta *d, const struct kcl_iface *a, const struct kcl_iface *b)
{
	int rc = 0;

	if (d->part == PART_PEERS) {
		d->peer_id = kcl_peer_differing(a, b, d->peer_id);
		if (d->peer_id)
			return peer_emit(d, a, b, d->peer_id);
		d->part = PART_TAIL;
		return 0;
	}
	rc = section_next(d, a, b, d->part == PART_TAIL);
	d->peer_id = 0;
	if (d->part++ == PART_TAIL) {
		d->part = PART_HEAD;
		d->iface++;
		d->is_announced = false;
	}
	return rc;
}

int kcl_delta_next(struct kcl_delta *d)
{
	const struct kcl_iface *a, *b;
	int rc = 0;

	if (d->part == PART_TOP) {
		rc = top_next(d);
		d->part = PART_HEAD;
		return rc < 0 ? rc : 1;
	}
	if (!iface_at(d, d->iface, &a, &b))
		return 0;
	if (a == b) {
		d->iface++;
		return 1;
	}
	rc = iface_next(d, a, b);
	return rc < 0 ? rc : 1;
}

int kcl_config_delta(const struct kcl_config *a, const struct kcl_config *b, kcl_write_fn emit,
		     void *arg, struct kcl_delta *d)
{
	int rc;

	*d = (struct kcl_delta){.a = a, .b = b, .emit = emit, .arg = arg};
	do
		rc = kcl_delta_next(d);
	while (rc > 0);
	return rc;
}
