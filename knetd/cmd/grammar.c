// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The table's check of itself: what the compiler of the tree noticed (words without help, two
 * entries with the same line, unknown types), and items that lack a part. Run by the unit test, so
 * that a mistake in commands.def never leaves the developer's machine.
 */
#include "knetd/cmd/internal.h"

#include <string.h>

/* Items whose lines others write: those with a mode of their own, and those of links. */
static bool is_written_elsewhere(const struct kcl_entry *entry)
{
	return entry->ops->enter || entry->modes == 1u << KCL_MODE_LINK;
}

static const char *item_flaw(const struct kcl_entry *entry)
{
	const struct kcl_field *field = &entry->ops->field;

	if (field->kind == KCL_FIELD_NONE) {
		if (!entry->ops->set)
			return "cannot be set";
		if (!entry->ops->unset)
			return "has no `no`";
		if (!entry->ops->write && !is_written_elsewhere(entry))
			return "is not written";
		return NULL;
	}
	if (field->kind == KCL_FIELD_ENUM && kcl_field_preset(entry) > UINT8_MAX)
		return "has no such default";
	if (field->kind == KCL_FIELD_UINT && !*entry->preset)
		return "has no default";
	return NULL;
}

unsigned int kcl_grammar_check(void (*report)(void *arg, const char *message), void *arg)
{
	unsigned int cnt = kcl_tree_complaints(report, arg);
	char message[160];

	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];
		const char *flaw = entry->ops ? item_flaw(entry) : NULL;

		if (!flaw)
			continue;
		snprintf(message, sizeof(message), "item %s %s", entry->name, flaw);
		report(arg, message);
		cnt++;
	}
	return cnt;
}
