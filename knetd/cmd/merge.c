// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Three-way merge of configurations, for a commit whose base is not what is running any more.
 *
 * What may be changed by one side only is one thing: a peer with all that is in it, or what a line
 * of an interface or of the top is about. Two sides that have changed different things are merged;
 * the same thing changed to the same is fine; anything else is a conflict, and so is a line that
 * one side put into a block which the other one has removed.
 *
 * The result is put together as text, from the lines of the three, and read: a configuration that
 * cannot be written by hand cannot come out of it.
 */
#include "knetd/cmd/lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CONFLICTS_MAX 20

struct merge {
	const struct kcl_config *base, *ours, *theirs;
	kcl_write_fn conflict;
	void *arg;
	unsigned int conflicts;
	FILE *text;
	const char *where; /* name of the interface, or NULL */
};

__attribute__((format(printf, 2, 3))) static void conflict_report(struct merge *m, const char *fmt,
								  ...)
{
	char line[KCL_LINE_MAX + 64];
	va_list ap;
	int used = 0;

	if (m->conflicts++ >= CONFLICTS_MAX)
		return;
	if (m->where)
		used = snprintf(line, sizeof(line), "interface %s: ", m->where);
	va_start(ap, fmt);
	vsnprintf(line + used, sizeof(line) - (size_t)used, fmt, ap);
	va_end(ap);
	m->conflict(m->arg, line);
}

/* ---- lists of lines -------------------------------------------------------------------------- */

struct trio {
	struct kcl_lines base, ours, theirs;
};

/* True if both have the same lines about this. */
static bool key_is_equal(const struct kcl_lines *a, const struct kcl_lines *b, uint64_t key)
{
	unsigned int in_a = 0, in_b = 0;

	for (uint32_t i = kcl_lines_of_key(a, key); i; i = a->line[i - 1].next_of_key, in_a++)
		if (!kcl_lines_find(b, &a->line[i - 1]))
			return false;
	for (uint32_t i = kcl_lines_of_key(b, key); i; i = b->line[i - 1].next_of_key)
		in_b++;
	return in_a == in_b;
}

static const char *key_text(const struct kcl_lines *of, uint64_t key)
{
	const uint32_t number = kcl_lines_of_key(of, key);

	return number ? of->line[number - 1].text : NULL;
}

static void key_check(struct merge *m, const struct trio *t, uint64_t key)
{
	const char *ours, *theirs;

	if (key_is_equal(&t->base, &t->theirs, key) || key_is_equal(&t->base, &t->ours, key) ||
	    key_is_equal(&t->ours, &t->theirs, key))
		return;
	ours = key_text(&t->ours, key);
	theirs = key_text(&t->theirs, key);
	conflict_report(m, "here `%s`, meanwhile `%s`", theirs ? theirs : "(removed)",
			ours ? ours : "(removed)");
}

/* Each thing once: those of `theirs` that are in `base`, too, are said by then. */
static void keys_check(struct merge *m, const struct trio *t, const struct kcl_lines *of)
{
	const bool is_second = of != &t->base;

	for (uint32_t i = 0; i < of->cnt; i++) {
		const struct kcl_line *line = &of->line[i];

		/* At the first line about it. */
		if (kcl_lines_of_key(of, line->key) == i + 1 &&
		    !(is_second && kcl_lines_of_key(&t->base, line->key)))
			key_check(m, t, line->key);
	}
}

static bool line_is_kept(const struct trio *t, const struct kcl_line *ours)
{
	return !kcl_lines_find(&t->base, ours) || kcl_lines_find(&t->theirs, ours);
}

static bool line_is_new(const struct trio *t, const struct kcl_line *theirs)
{
	return !kcl_lines_find(&t->base, theirs) && !kcl_lines_find(&t->ours, theirs);
}

static void line_put(struct merge *m, const struct kcl_line *line)
{
	fprintf(m->text, "%*s%s\n", line->depth, "", line->text);
}

/* True if the block that a line of `of` stands in is not in the result. */
static bool block_is_gone(const struct trio *t, const struct kcl_lines *of,
			  const struct kcl_line *line)
{
	const struct kcl_line *block = line->parent ? &of->line[line->parent - 1] : NULL;
	const struct kcl_line *ours;

	if (!block)
		return false;
	ours = kcl_lines_find(&t->ours, block);
	return ours ? !line_is_kept(t, ours) : !line_is_new(t, block);
}

static void block_put(struct merge *m, const struct trio *t, const struct kcl_line *block);

/* One line that is in the result, and the block that it begins. */
static void entry_put(struct merge *m, const struct trio *t, const struct kcl_line *line)
{
	line_put(m, line);
	block_put(m, t, line);
	if (line->has_exit)
		fprintf(m->text, "%*sexit\n", line->depth, "");
}

/* The lines of a block, NULL: the outermost. Blocks nest no deeper than modes do. */
static void block_put(struct merge *m, const struct trio *t, const struct kcl_line *block)
{
	const struct kcl_line *ours = block ? kcl_lines_find(&t->ours, block) : NULL;
	const struct kcl_line *theirs = block ? kcl_lines_find(&t->theirs, block) : NULL;
	const uint32_t in_ours = ours ? (uint32_t)(ours - t->ours.line) + 1 : 0;
	const uint32_t in_theirs = theirs ? (uint32_t)(theirs - t->theirs.line) + 1 : 0;

	for (uint32_t i = in_ours; (!block || ours) && i < t->ours.cnt; i++)
		if (t->ours.line[i].parent == in_ours && line_is_kept(t, &t->ours.line[i]))
			entry_put(m, t, &t->ours.line[i]);
	for (uint32_t i = in_theirs; (!block || theirs) && i < t->theirs.cnt; i++)
		if (t->theirs.line[i].parent == in_theirs && line_is_new(t, &t->theirs.line[i]))
			entry_put(m, t, &t->theirs.line[i]);
}

static void orphans_check(struct merge *m, const struct trio *t)
{
	for (uint32_t i = 0; i < t->ours.cnt; i++)
		if (!kcl_lines_find(&t->base, &t->ours.line[i]) &&
		    block_is_gone(t, &t->ours, &t->ours.line[i]))
			conflict_report(m, "here (removed), meanwhile `%s`", t->ours.line[i].text);
	for (uint32_t i = 0; i < t->theirs.cnt; i++)
		if (!kcl_lines_find(&t->base, &t->theirs.line[i]) &&
		    block_is_gone(t, &t->theirs, &t->theirs.line[i]))
			conflict_report(m, "here `%s`, meanwhile (removed)",
					t->theirs.line[i].text);
}

static void trio_merge(struct merge *m, const struct trio *t)
{
	keys_check(m, t, &t->base);
	keys_check(m, t, &t->theirs);
	orphans_check(m, t);
	block_put(m, t, NULL);
}

static void trio_free(struct trio *t)
{
	kcl_lines_free(&t->base);
	kcl_lines_free(&t->ours);
	kcl_lines_free(&t->theirs);
}

/* ---- interfaces ------------------------------------------------------------------------------ */

struct sides {
	const struct kcl_iface *base, *ours, *theirs; /* NULL: not there */
};

static int section_merge(struct merge *m, const struct sides *s, bool tail)
{
	struct trio t = {0};
	int rc = kcl_lines_of_iface(&t.base, s->base, tail);

	if (rc == 0)
		rc = kcl_lines_of_iface(&t.ours, s->ours, tail);
	if (rc == 0)
		rc = kcl_lines_of_iface(&t.theirs, s->theirs, tail);
	if (rc == 0)
		trio_merge(m, &t);
	trio_free(&t);
	return rc;
}

static void text_put(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

/* True, false, or -ENOMEM. */
static int peer_equal(const struct kcl_iface *in_a, const struct kcl_iface *in_b, uint16_t id)
{
	const struct kcl_peer *a = in_a ? kcl_peer_find(in_a, id) : NULL;
	const struct kcl_peer *b = in_b ? kcl_peer_find(in_b, id) : NULL;
	struct kcl_lines la = {0}, lb = {0};
	int rc;

	if (a == b || !a || !b)
		return a == b;
	rc = kcl_lines_of_peer(&la, in_a, a);
	if (rc == 0)
		rc = kcl_lines_of_peer(&lb, in_b, b);
	if (rc == 0)
		rc = kcl_lines_equal(&la, &lb);
	kcl_lines_free(&la);
	kcl_lines_free(&lb);
	return rc;
}

static int peer_merge(struct merge *m, const struct sides *s, uint16_t id)
{
	const struct kcl_iface *from = s->theirs;
	const struct kcl_peer *peer;
	int is_same = peer_equal(s->base, s->theirs, id);

	if (is_same == 1)
		from = s->ours;
	else if (is_same == 0)
		is_same = peer_equal(s->base, s->ours, id);
	if (is_same == 0)
		is_same = peer_equal(s->ours, s->theirs, id);
	if (is_same < 0)
		return is_same;
	if (is_same == 0) {
		peer = s->ours ? kcl_peer_find(s->ours, id) : NULL;
		if (!peer && s->theirs)
			peer = kcl_peer_find(s->theirs, id);
		conflict_report(m, "peer %s %u was changed on both sides", peer ? peer->name : "?",
				id);
		return 0;
	}
	peer = from ? kcl_peer_find(from, id) : NULL;
	if (peer)
		kcl_peer_write(from, peer, text_put, m->text);
	return 0;
}

static int peers_merge(struct merge *m, const struct sides *s)
{
	const struct kcl_iface *const all[] = {s->base, s->ours, s->theirs};
	uint16_t id = 0;
	int rc = 0;

	do {
		const struct kcl_peer *next = NULL; /* the lowest id of any side */

		for (unsigned int i = 0; i < 3; i++) {
			const struct kcl_peer *own = all[i] ? kcl_peer_next(all[i], id) : NULL;

			if (own && (!next || own->id < next->id))
				next = own;
		}
		id = next ? next->id : 0;
		if (id)
			rc = peer_merge(m, s, id);
	} while (id && rc == 0);
	return rc;
}

static void change_count(void *arg, const char *line)
{
	unsigned int *cnt = arg;

	(void)line;
	(*cnt)++;
}

/* The interface by itself, in a configuration of its own. 1: the same, 0: not, or -ENOMEM. */
static int iface_equal(const struct kcl_iface *a, const struct kcl_iface *b)
{
	struct kcl_config one = {.iface_cnt = a != NULL, .iface = {(struct kcl_iface *)a}};
	struct kcl_config two = {.iface_cnt = b != NULL, .iface = {(struct kcl_iface *)b}};
	unsigned int cnt = 0;
	struct kcl_delta d = {.a = &one, .b = &two, .emit = change_count, .arg = &cnt, .part = 1};
	int rc;

	do
		rc = kcl_delta_next(&d);
	while (rc > 0);
	return rc < 0 ? rc : cnt == 0;
}

static int iface_write_merged(struct merge *m, const struct sides *s)
{
	int rc;

	fprintf(m->text, "interface %s\n", m->where);
	rc = section_merge(m, s, false);
	if (rc == 0)
		rc = peers_merge(m, s);
	if (rc == 0)
		rc = section_merge(m, s, true);
	fputs("exit\n", m->text);
	return rc;
}

static int iface_merge(struct merge *m, const char *name)
{
	const struct sides s = {.base = kcl_iface_find(m->base, name),
				.ours = kcl_iface_find(m->ours, name),
				.theirs = kcl_iface_find(m->theirs, name)};
	int is_same = 1;

	m->where = name;
	if (s.ours && s.theirs)
		return iface_write_merged(m, &s);
	if (!s.ours && s.theirs && s.base) /* gone meanwhile: fine, if not touched here */
		is_same = iface_equal(s.base, s.theirs);
	else if (s.ours && !s.theirs && s.base) /* gone here: fine, if not touched meanwhile */
		is_same = iface_equal(s.base, s.ours);
	else if (s.ours || s.theirs)
		return iface_write_merged(m, &s);
	if (is_same == 0)
		conflict_report(m, "removed on one side, changed on the other");
	return is_same < 0 ? is_same : 0;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int top_merge(struct merge *m)
{
	struct trio t = {0};
	int rc = kcl_lines_of_head(&t.base, m->base);

	if (rc == 0)
		rc = kcl_lines_of_head(&t.ours, m->ours);
	if (rc == 0)
		rc = kcl_lines_of_head(&t.theirs, m->theirs);
	if (rc == 0)
		trio_merge(m, &t);
	trio_free(&t);
	return rc;
}

static int all_merge(struct merge *m)
{
	int rc = top_merge(m);

	for (uint32_t i = 0; i < m->ours->iface_cnt && rc == 0; i++)
		rc = iface_merge(m, m->ours->iface[i]->name);
	for (uint32_t i = 0; i < m->theirs->iface_cnt && rc == 0; i++)
		if (!kcl_iface_find(m->ours, m->theirs->iface[i]->name))
			rc = iface_merge(m, m->theirs->iface[i]->name);
	m->where = NULL;
	return rc;
}

static void unreadable_report(void *arg, unsigned int number, const char *line,
			      const struct kcl_error *err)
{
	struct merge *m = arg;

	(void)number;
	conflict_report(m, "together with what was changed meanwhile, `%s`: %s", line ? line : "",
			err->message);
}

int kcl_config_merge(const struct kcl_config *base, const struct kcl_config *ours,
		     const struct kcl_config *theirs, kcl_write_fn conflict, void *arg,
		     struct kcl_config **out)
{
	struct merge m = {
		.base = base, .ours = ours, .theirs = theirs, .conflict = conflict, .arg = arg};
	const struct kcl_load how = {.is_unchecked = true, .report = unreadable_report, .arg = &m};
	char *text = NULL;
	size_t len = 0;
	int rc;

	*out = NULL;
	m.text = open_memstream(&text, &len);
	if (!m.text)
		return -ENOMEM;
	rc = all_merge(&m);
	if (fclose(m.text) != 0 && rc == 0)
		rc = -ENOMEM;
	if (rc == 0 && m.conflicts)
		rc = -EBUSY;
	if (rc == 0)
		rc = kcl_config_read(&how, text, len, out);
	free(text);
	return rc == -EINVAL ? -EBUSY : rc;
}
