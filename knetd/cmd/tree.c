// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Compiles commands.def into one tree per mode. Entries that begin alike share nodes; optional
 * parts and sets become branches, so that a walk never has to guess or go back. An item gives
 * three lines: itself, `no` and `default`.
 *
 * The compiler keeps a frontier: the nodes at which a line may stand after what was read of the
 * syntax. A word is added below each of them, `[x]` joins the frontiers with and without x, `{a|b}`
 * joins those of a and b, a set goes through all orders of its members. Mistakes in the table are
 * collected for the unit test; the tree is then still safe to walk.
 *
 * Built at the first use, under pthread_once; const from then on, kept until the end.
 */
#include "knetd/cmd/internal.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX    32768
#define TEXT_MAX     262144
#define FRONTIER_MAX 1024
#define COMPLAIN_MAX 16

/* One word or argument of a syntax string, with its help. */
struct atom {
	const char *text;
	const char *metavar;
	const char *help;
	const struct kcl_type *type;
	uint64_t min, max;
};

struct frontier {
	unsigned int cnt;
	uint16_t at[FRONTIER_MAX];
};

struct compiler {
	const char *pos;
	const struct kcl_entry *entry;
	unsigned int mode;
	const char *help; /* what is left of the entry's help */
};

static struct kcl_node nodes[NODES_MAX];
static unsigned int node_cnt = KCL_MODE_COUNT; /* the first ones are the roots */
static char texts[TEXT_MAX];
static size_t text_used;
static char complaints[COMPLAIN_MAX][160];
static unsigned int complaint_cnt;
static pthread_once_t once = PTHREAD_ONCE_INIT;

__attribute__((format(printf, 2, 3))) static void complain(const struct compiler *c,
							   const char *fmt, ...)
{
	char what[100];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (complaint_cnt < COMPLAIN_MAX)
		snprintf(complaints[complaint_cnt], sizeof(complaints[0]), "%s in %s: %s",
			 c->entry->name, kcl_modes[c->mode].name, what);
	complaint_cnt++;
}

static const char *text_keep(const char *text, size_t len)
{
	char *kept = texts + text_used;

	if (text_used + len + 1 > sizeof(texts))
		abort();
	memcpy(kept, text, len);
	kept[len] = '\0';
	text_used += len + 1;
	return kept;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static bool node_is(const struct kcl_node *node, const struct atom *atom)
{
	return node->type == atom->type && strcmp(node->text, atom->text) == 0 &&
	       node->min == atom->min && node->max == atom->max;
}

/* Keywords by text, then arguments by falling specificity. */
static bool node_is_before(const struct kcl_node *node, const struct atom *atom)
{
	if (!node->type || !atom->type)
		return atom->type ? true : !node->type && strcmp(node->text, atom->text) < 0;
	return node->type->specificity >= atom->type->specificity;
}

static uint16_t node_add(uint16_t parent, const struct atom *atom)
{
	uint16_t *link = &nodes[parent].child;
	struct kcl_node *node;

	for (uint16_t i = *link; i; i = nodes[i].next)
		if (node_is(&nodes[i], atom))
			return i;
	if (node_cnt == NODES_MAX)
		abort();
	while (*link && node_is_before(&nodes[*link], atom))
		link = &nodes[*link].next;
	node = &nodes[node_cnt];
	*node = (struct kcl_node){.text = atom->text,
				  .metavar = atom->metavar,
				  .help = "",
				  .type = atom->type,
				  .min = atom->min,
				  .max = atom->max,
				  .next = *link,
				  .role = UINT8_MAX};
	*link = (uint16_t)node_cnt;
	return (uint16_t)node_cnt++;
}

/* ---- syntax ---------------------------------------------------------------------------------- */

static struct frontier seq_compile(struct compiler *c, struct frontier from);

static void frontier_join(struct frontier *to, const struct frontier *from)
{
	for (unsigned int i = 0; i < from->cnt; i++) {
		unsigned int j = 0;

		while (j < to->cnt && to->at[j] != from->at[i])
			j++;
		if (j < to->cnt)
			continue;
		if (to->cnt == FRONTIER_MAX)
			abort();
		to->at[to->cnt++] = from->at[i];
	}
}

static struct frontier atom_append(const struct compiler *c, const struct frontier *from,
				   const struct atom *atom)
{
	struct frontier to = {0};

	for (unsigned int i = 0; i < from->cnt; i++) {
		const uint16_t at = node_add(from->at[i], atom);
		struct kcl_node *node = &nodes[at];
		const struct frontier one = {.cnt = 1, .at = {at}};

		if (!*node->help)
			node->help = atom->help;
		else if (*atom->help && !node->type && strcmp(node->help, atom->help) != 0)
			complain(c, "'%s' has two helps", atom->text);
		if (node->role > c->entry->role)
			node->role = c->entry->role;
		node->is_full = !node->type && kcl_word_is_full(c->mode, node->text);
		frontier_join(&to, &one);
	}
	return to;
}

/* The next text of the help string; "" at its end. */
static const char *help_next(struct compiler *c)
{
	const size_t len = strcspn(c->help, "|");
	const char *text = len ? text_keep(c->help, len) : "";

	c->help += len + (c->help[len] == '|');
	return text;
}

/* `<name:type>` or `<name:uint 1..9>`; c->pos is after the '<'. */
static void argument_read(struct compiler *c, struct atom *atom)
{
	const size_t name_len = strcspn(c->pos, ":>");
	const char *type = c->pos + name_len + 1;
	const size_t type_len = strcspn(type, " >");
	char metavar[64];

	atom->text = text_keep(c->pos, name_len);
	atom->type = kcl_type_find(type, type_len);
	if (!atom->type) {
		complain(c, "unknown type at '%s'", type);
		atom->type = kcl_type_find("text", 4);
	}
	c->pos = type + type_len;
	if (*c->pos == ' ') {
		char *end;

		atom->min = strtoull(c->pos, &end, 10);
		atom->max = strtoull(end + 2, &end, 10);
		c->pos = end;
		snprintf(metavar, sizeof(metavar), "<%llu-%llu>", (unsigned long long)atom->min,
			 (unsigned long long)atom->max);
		atom->metavar = text_keep(metavar, strlen(metavar));
	} else {
		atom->metavar = atom->type->metavar;
	}
	c->pos++;
}

static struct frontier atom_compile(struct compiler *c, const struct frontier *from)
{
	struct atom atom = {0};

	if (*c->pos == '<') {
		c->pos++;
		argument_read(c, &atom);
	} else {
		const size_t len = strcspn(c->pos, " |[]{}()<");

		if (!len)
			abort();
		atom.text = text_keep(c->pos, len);
		c->pos += len;
	}
	atom.help = help_next(c);
	return atom_append(c, from, &atom);
}

/* `a|b|c` up to `close`. */
static struct frontier choice_compile(struct compiler *c, const struct frontier *from, char close)
{
	struct frontier to = {0};

	for (;;) {
		const struct frontier one = seq_compile(c, *from);

		frontier_join(&to, &one);
		if (*c->pos++ == close)
			return to;
	}
}

struct set {
	unsigned int cnt;
	const char *pos[8];
	const char *help[8];
};

/* Where each member begins, in the syntax and in the help; moves behind the set. */
static void set_read(struct compiler *c, const struct frontier *from, struct set *set)
{
	do {
		if (set->cnt == 8)
			abort();
		set->pos[set->cnt] = c->pos;
		set->help[set->cnt++] = c->help;
		(void)seq_compile(c, *from);
	} while (*c->pos++ == '|');
}

static void set_compile(struct compiler *c, const struct set *set, unsigned int left,
			const struct frontier *from, struct frontier *to)
{
	frontier_join(to, from);
	for (unsigned int i = 0; i < set->cnt; i++) {
		struct frontier after;

		if (!(left & 1u << i))
			continue;
		c->pos = set->pos[i];
		c->help = set->help[i];
		after = seq_compile(c, *from);
		set_compile(c, set, left & ~(1u << i), &after, to);
	}
}

static struct frontier group_compile(struct compiler *c, const struct frontier *from)
{
	const char open = *c->pos++;
	struct frontier to = {0};
	struct set set = {0};
	const char *end, *help;

	if (open == '{')
		return choice_compile(c, from, '}');
	if (open == '[') {
		to = choice_compile(c, from, ']');
		frontier_join(&to, from);
		return to;
	}
	set_read(c, from, &set);
	end = c->pos;
	help = c->help;
	set_compile(c, &set, (1u << set.cnt) - 1, from, &to);
	c->pos = end;
	c->help = help;
	return to;
}

/* Up to the end, or to what ends the group that this sequence stands in. */
static struct frontier seq_compile(struct compiler *c, struct frontier from)
{
	for (;;) {
		while (*c->pos == ' ')
			c->pos++;
		if (!*c->pos || strchr("|]})", *c->pos))
			return from;
		if (strchr("[{(", *c->pos))
			from = group_compile(c, &from);
		else
			from = atom_compile(c, &from);
	}
}

/* ---- entries --------------------------------------------------------------------------------- */

static void frontier_end(const struct compiler *c, const struct frontier *at, enum kcl_form form)
{
	for (unsigned int i = 0; i < at->cnt; i++) {
		struct kcl_node *node = &nodes[at->at[i]];

		if (node->entry)
			complain(c, "the same line as %s", node->entry->name);
		node->entry = c->entry;
		node->form = (uint8_t)form;
	}
}

static void form_compile(struct compiler *c, enum kcl_form form)
{
	static const struct atom words[] = {
		[KCL_FORM_NO] = {.text = "no", .help = "Take a line back"},
		[KCL_FORM_DEFAULT] = {.text = "default", .help = "Go back to the default"},
	};
	struct frontier at = {.cnt = 1, .at = {(uint16_t)c->mode}};
	struct frontier value;

	c->help = c->entry->help;
	if (form != KCL_FORM_SET)
		at = atom_append(c, &at, &words[form]);
	c->pos = c->entry->syntax;
	at = seq_compile(c, at);
	if (c->entry->value && *c->entry->value) {
		c->pos = c->entry->value;
		value = seq_compile(c, at);
		if (form == KCL_FORM_SET)
			at = value;
		else
			frontier_join(&at, &value);
	}
	if (*c->help)
		complain(c, "more help than words: '%s'", c->help);
	frontier_end(c, &at, form);
}

static bool has_live_names(uint16_t first)
{
	for (uint16_t i = first; i; i = nodes[i].next)
		if (nodes[i].type && nodes[i].type->flags & (KCL_TYPE_PEERS | KCL_TYPE_IFACES))
			return true;
	return false;
}

/* Keywords that stand where the name of a peer or an interface may stand. */
static void reserved_mark(void)
{
	for (unsigned int i = 0; i < node_cnt; i++) {
		if (!has_live_names(nodes[i].child))
			continue;
		for (uint16_t k = nodes[i].child; k; k = nodes[k].next)
			nodes[k].is_reserved = !nodes[k].type;
	}
}

static void tree_compile(void)
{
	for (unsigned int mode = 0; mode < KCL_MODE_COUNT; mode++)
		nodes[mode] = (struct kcl_node){.text = "", .help = "", .role = UINT8_MAX};
	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		for (unsigned int mode = 0; mode < KCL_MODE_COUNT; mode++) {
			struct compiler c = {.entry = &kcl_entries[i], .mode = mode};

			if (!(c.entry->modes & 1u << mode) || mode == KCL_MODE_RANGE)
				continue;
			form_compile(&c, KCL_FORM_SET);
			if (!c.entry->ops)
				continue;
			form_compile(&c, KCL_FORM_NO);
			form_compile(&c, KCL_FORM_DEFAULT);
		}
	}
	for (unsigned int i = KCL_MODE_COUNT; i < node_cnt; i++) {
		struct compiler c = {.entry = &kcl_entries[0]};

		if (!*nodes[i].help)
			complain(&c, "'%s' has no help", nodes[i].text);
	}
	reserved_mark();
}

const struct kcl_node *kcl_tree(unsigned int mode)
{
	pthread_once(&once, tree_compile);
	return &nodes[mode == KCL_MODE_RANGE ? KCL_MODE_PEER : mode];
}

const struct kcl_node *kcl_node_child(const struct kcl_node *node)
{
	return node->child ? &nodes[node->child] : NULL;
}

const struct kcl_node *kcl_node_next(const struct kcl_node *node)
{
	return node->next ? &nodes[node->next] : NULL;
}

bool kcl_name_is_reserved(const char *name)
{
	(void)kcl_tree(KCL_MODE_EXEC);
	for (unsigned int i = 0; i < node_cnt; i++)
		if (nodes[i].is_reserved && strcmp(nodes[i].text, name) == 0)
			return true;
	return false;
}

unsigned int kcl_tree_complaints(void (*report)(void *arg, const char *message), void *arg)
{
	(void)kcl_tree(KCL_MODE_EXEC);
	for (unsigned int i = 0; i < complaint_cnt && i < COMPLAIN_MAX; i++)
		report(arg, complaints[i]);
	return complaint_cnt;
}
