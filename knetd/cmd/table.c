// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * commands.def as arrays. Const, no code but what describes the table to others.
 */
#include "knetd/cmd/item.h"

#include <string.h>

enum {
	ROLE_OPERATOR = KCL_ROLE_OPERATOR,
	ROLE_ADMIN = KCL_ROLE_ADMIN,
};

enum {
	IN_EXEC = 1 << KCL_MODE_EXEC,
	IN_CONFIG = 1 << KCL_MODE_CONFIG,
	IN_IFACE = 1 << KCL_MODE_IFACE,
	IN_PEER = 1 << KCL_MODE_PEER,
	IN_LINK = 1 << KCL_MODE_LINK,
	IN_GROUP = 1 << KCL_MODE_GROUP,
	IN_CONFIGS = IN_CONFIG | IN_IFACE | IN_PEER | IN_LINK | IN_GROUP,
	IN_ALL = IN_EXEC | IN_CONFIGS,
};

enum {
	FLAGS_0 = 0,
	FLAGS_LOCAL = KCL_ENTRY_LOCAL,
	FLAGS_AUDIT = KCL_ENTRY_AUDIT,
};

#define CMD(...)
#define ITEM(...)
#define FULL(...)
#define MODE(id, up, prompt) \
	[KCL_MODE_##id] = {.name = #id, .parent = KCL_MODE_##up, .tag = prompt},
const struct kcl_mode_info kcl_modes[KCL_MODE_COUNT] = {
#include "knetd/cmd/commands.def"
};
#undef MODE
#undef FULL

#define MODE(...)
#define FULL(where, word) {.mode = KCL_MODE_##where, .text = word},
static const struct {
	unsigned int mode;
	const char *text;
} full_words[] = {
#include "knetd/cmd/commands.def"
};
#undef CMD
#undef ITEM
#undef FULL

#define FULL(...)
#define CMD(id, where, who, what, words, texts) \
	{.name = #id,                           \
	 .modes = IN_##where,                   \
	 .role = ROLE_##who,                    \
	 .flags = FLAGS_##what,                 \
	 .syntax = words,                       \
	 .help = texts},
#define ITEM(id, where, key, rest, texts, otherwise, operations) \
	{.name = #id,                                            \
	 .modes = IN_##where,                                    \
	 .role = ROLE_ADMIN,                                     \
	 .flags = FLAGS_AUDIT,                                   \
	 .syntax = key,                                          \
	 .value = rest,                                          \
	 .help = texts,                                          \
	 .preset = otherwise,                                    \
	 .ops = &kcl_ops_##operations},
const struct kcl_entry kcl_entries[] = {
#include "knetd/cmd/commands.def"
};
#undef MODE
#undef FULL
#undef CMD
#undef ITEM

bool kcl_word_is_full(unsigned int mode, const char *text)
{
	for (size_t i = 0; i < sizeof(full_words) / sizeof(full_words[0]); i++)
		if (full_words[i].mode == mode && strcmp(full_words[i].text, text) == 0)
			return true;
	return false;
}

const size_t kcl_entry_cnt = sizeof(kcl_entries) / sizeof(kcl_entries[0]);

static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash * 16777619u;
}

uint32_t kcl_grammar_hash(void)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];

		hash = (hash ^ entry->modes ^ (uint32_t)entry->role << 16) * 16777619u;
		hash = hash_text(hash, entry->name);
		hash = hash_text(hash, entry->syntax);
		hash = hash_text(hash, entry->value);
	}
	return hash;
}

void kcl_grammar_each(void (*emit)(void *arg, const char *mode, const char *syntax,
				   const char *help),
		      void *arg)
{
	char syntax[512];

	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];

		snprintf(syntax, sizeof(syntax), "%s%s%s", entry->syntax,
			 entry->value && *entry->value ? " " : "",
			 entry->value ? entry->value : "");
		for (unsigned int mode = 0; mode < KCL_MODE_COUNT; mode++)
			if (entry->modes & 1u << mode)
				emit(arg, kcl_modes[mode].name, syntax, entry->help);
	}
}
