// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The language as a list, for `list`, `show commands` and whoever writes it down: the syntax of
 * each entry, or every line that the tree of a mode leads to.
 */
#include "knetd/cmd/internal.h"

#include <string.h>

void kcl_syntax_each(unsigned int mode, uint8_t role, kcl_list_fn emit, void *arg)
{
	const unsigned int tree = mode == KCL_MODE_RANGE ? KCL_MODE_PEER : mode;
	char syntax[1024];

	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];

		if (!(entry->modes & 1u << tree) || entry->role > role)
			continue;
		snprintf(syntax, sizeof(syntax), "%s%s%s", entry->syntax,
			 entry->value && *entry->value ? " " : "",
			 entry->value ? entry->value : "");
		emit(arg, syntax);
	}
}

struct lister {
	uint8_t role;
	kcl_list_fn emit;
	void *arg;
	char line[1024];
};

/* Depth is that of the grammar. */
static void node_list(struct lister *l, const struct kcl_node *node, size_t len)
{
	const struct kcl_node *k;

	if (node->entry && node->entry->role <= l->role)
		l->emit(l->arg, l->line);
	for (k = kcl_node_child(node); k; k = kcl_node_next(k)) {
		const char *word = k->type ? k->metavar : k->text;
		int n;

		if (k->role > l->role)
			continue;
		n = snprintf(l->line + len, sizeof(l->line) - len, "%s%s", len ? " " : "", word);
		if (k->type && k->type->flags & KCL_TYPE_COMMAND)
			l->emit(l->arg, l->line); /* what follows is listed at home */
		else if (n > 0 && len + (size_t)n < sizeof(l->line))
			node_list(l, k, len + (size_t)n);
		l->line[len] = '\0';
	}
}

void kcl_permutations_each(unsigned int mode, uint8_t role, kcl_list_fn emit, void *arg)
{
	struct lister lister = {.role = role, .emit = emit, .arg = arg};

	node_list(&lister, kcl_tree(mode), 0);
}

const char *kcl_mode_name(unsigned int mode)
{
	return mode < KCL_MODE_COUNT ? kcl_modes[mode].name : "?";
}
