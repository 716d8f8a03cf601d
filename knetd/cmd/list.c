// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The language as a list, for `list`, `show commands` and whoever writes it down: the syntax of
 * each entry, or every line that the tree of a mode leads to.
 */
#include "knetd/cmd/internal.h"

#include <string.h>

const char *kcl_argument_format(const char *syntax, char *out, size_t size)
{
	const char *colon = strchr(syntax, ':'), *end = strchr(syntax, '>');
	const char *range = memchr(colon, ' ', (size_t)(end - colon));
	const struct kcl_type *type =
		kcl_type_find(colon + 1, (size_t)((range ? range : end) - colon - 1));

	if (type && type->metavar && !range)
		snprintf(out, size, "%s", type->metavar);
	else if (range && strstr(range, ".."))
		snprintf(out, size, "<%.*s-%.*s>", (int)(strstr(range, "..") - range - 1),
			 range + 1, (int)(end - strstr(range, "..") - 2), strstr(range, "..") + 2);
	else
		snprintf(out, size, "<%.*s>", (int)(colon - syntax - 1), syntax + 1);
	return end + 1;
}

void kcl_syntax_format(const struct kcl_entry *entry, char *out, size_t size)
{
	const char *parts[] = {entry->syntax, entry->value ? entry->value : ""};
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		if (i && *parts[i] && used + 1 < size)
			out[used++] = ' ';
		for (const char *at = parts[i]; *at && used + 1 < size;) {
			if (*at == '<') {
				at = kcl_argument_format(at, out + used, size - used);
				used += strlen(out + used);
				continue;
			}
			out[used++] = *at++;
			out[used] = '\0';
		}
	}
}

void kcl_syntax_each(unsigned int mode, uint8_t role, kcl_list_fn emit, void *arg)
{
	const unsigned int tree = mode == KCL_MODE_RANGE ? KCL_MODE_PEER : mode;
	char syntax[1024];

	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];

		if (!(entry->modes & 1u << tree) || entry->role > role)
			continue;
		kcl_syntax_format(entry, syntax, sizeof(syntax));
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
