// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Parts of a configuration as lists of their lines, for what compares and merges configurations.
 * Lines come from the writer, so whatever it can write can be compared: nobody has to say twice
 * what an object consists of.
 *
 * Each line knows the line of the block that it stands in, and two hashes: of itself with its
 * block, and of what it is about with its block, that is, of the words that are the key of its
 * entry in commands.def. `timers ping 50 timeout 250` is about `timers`.
 */
#include "knetd/cmd/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_START 14695981039346656037ULL

static uint64_t hash_text(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 1099511628211ULL;
	return (hash ^ 0xff) * 1099511628211ULL;
}

/* ---- which entry a line is of ---------------------------------------------------------------- */

/* Compares a line with the key of an entry, word by word. Bytes of the line that are the key. */
static size_t key_match(const char *syntax, const char *line)
{
	const char *at = line;

	while (*syntax) {
		const size_t want =
			*syntax == '<' ? strcspn(syntax, ">") + 1 : strcspn(syntax, " ");
		const size_t got = strcspn(at, " ");

		if (strchr("[{(", *syntax))
			break;
		if (!got || (*syntax != '<' && (got != want || memcmp(syntax, at, got) != 0)))
			return 0;
		at += got;
		at += *at == ' ';
		syntax += want;
		syntax += *syntax == ' ';
	}
	return (size_t)(at - line);
}

/*
 * The entry that a line of this mode, or of a block in it, is of, or NULL; and how many of its
 * bytes are the key.
 */
static const struct kcl_entry *entry_find(unsigned int mode, bool in_block, const char *line,
					  size_t *key_len)
{
	const struct kcl_entry *best = NULL;

	*key_len = 0;
	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];
		unsigned int own;
		size_t len;

		if (!entry->ops || entry->modes & (entry->modes - 1))
			continue;
		own = (unsigned int)__builtin_ctz(entry->modes);
		if ((in_block ? kcl_modes[own].parent : own) != mode)
			continue;
		len = key_match(entry->syntax, line);
		if (len <= *key_len)
			continue;
		best = entry;
		*key_len = len;
	}
	return best;
}

/* ---- collecting ------------------------------------------------------------------------------ */

static struct kcl_line *line_append(struct kcl_lines *lines)
{
	if (lines->cnt == lines->cap) {
		const uint32_t cap = lines->cap ? 2 * lines->cap : 32;
		struct kcl_line *grown = reallocarray(lines->line, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		lines->line = grown;
		lines->cap = cap;
	}
	return &lines->line[lines->cnt];
}

/* The line of the block at `depth` that is open now; 0: none. One more than its index. */
static uint32_t block_open(const struct kcl_lines *lines, unsigned int depth)
{
	for (uint32_t i = lines->cnt; depth > lines->depth && i > 0; i--)
		if (lines->line[i - 1].depth < depth)
			return i;
	return 0;
}

static void line_take(void *arg, const char *text)
{
	struct kcl_lines *lines = arg;
	const unsigned int depth = (unsigned int)strspn(text, " ");
	struct kcl_line *line;
	uint64_t path;
	size_t key_len;

	text += depth;
	if (depth < lines->depth)
		return;
	if (strcmp(text, "exit") == 0) {
		const uint32_t open = block_open(lines, depth + 1);

		if (open)
			lines->line[open - 1].has_exit = true;
		return;
	}
	line = line_append(lines);
	if (!line || !(line->text = strdup(text))) {
		lines->failed = true;
		return;
	}
	*line = (struct kcl_line){.text = line->text, .depth = (uint16_t)depth};
	line->parent = block_open(lines, depth);
	line->entry = entry_find(lines->mode, depth > lines->depth, text, &key_len);
	line->key_len = (uint16_t)key_len;
	path = line->parent ? lines->line[line->parent - 1].hash : HASH_START;
	line->path = path;
	line->hash = hash_text(path, text, strlen(text));
	line->key = hash_text(path + 1, text, key_len ? key_len : strlen(text));
	lines->cnt++;
}

/* Puts the last line in front of those about the same thing. */
static void key_index(struct kcl_lines *lines, uint32_t number)
{
	struct kcl_line *line = &lines->line[number - 1];
	uint32_t at = (uint32_t)line->key & lines->slot_mask;

	while (lines->key_slot[at] && lines->line[lines->key_slot[at] - 1].key != line->key)
		at = (at + 1) & lines->slot_mask;
	line->next_of_key = lines->key_slot[at];
	lines->key_slot[at] = number;
}

/* Tables from hashes and keys to lines, half full at most. */
static void index_make(struct kcl_lines *lines)
{
	uint32_t size = 16;

	while (size < 2 * lines->cnt)
		size *= 2;
	lines->slot = calloc(size, sizeof(*lines->slot));
	lines->key_slot = calloc(size, sizeof(*lines->key_slot));
	lines->failed = !lines->slot || !lines->key_slot;
	lines->slot_mask = size - 1;
	for (uint32_t i = lines->cnt; i > 0 && !lines->failed; i--) {
		uint32_t at = (uint32_t)lines->line[i - 1].hash & lines->slot_mask;

		while (lines->slot[at])
			at = (at + 1) & lines->slot_mask;
		lines->slot[at] = i;
		key_index(lines, i);
	}
}

uint32_t kcl_lines_of_key(const struct kcl_lines *lines, uint64_t key)
{
	uint32_t at = (uint32_t)key & lines->slot_mask;

	while (lines->key_slot[at] && lines->line[lines->key_slot[at] - 1].key != key)
		at = (at + 1) & lines->slot_mask;
	return lines->key_slot[at];
}

const struct kcl_line *kcl_lines_find(const struct kcl_lines *lines, const struct kcl_line *line)
{
	for (uint32_t at = (uint32_t)line->hash & lines->slot_mask; lines->slot[at];
	     at = (at + 1) & lines->slot_mask) {
		const struct kcl_line *found = &lines->line[lines->slot[at] - 1];

		if (found->hash == line->hash && strcmp(found->text, line->text) == 0)
			return found;
	}
	return NULL;
}

static int lines_finish(struct kcl_lines *lines)
{
	if (!lines->failed)
		index_make(lines);
	if (!lines->failed)
		return 0;
	kcl_lines_free(lines);
	return -ENOMEM;
}

int kcl_lines_of_head(struct kcl_lines *lines, const struct kcl_config *config)
{
	*lines = (struct kcl_lines){.mode = KCL_MODE_CONFIG};
	if (config)
		kcl_config_write_head(config, line_take, lines);
	return lines_finish(lines);
}

int kcl_lines_of_iface(struct kcl_lines *lines, const struct kcl_iface *iface, bool tail)
{
	*lines = (struct kcl_lines){.mode = KCL_MODE_IFACE, .depth = 1};
	if (iface && tail)
		kcl_iface_write_tail(iface, line_take, lines);
	else if (iface)
		kcl_iface_write_head(iface, line_take, lines);
	return lines_finish(lines);
}

int kcl_lines_of_peer(struct kcl_lines *lines, const struct kcl_iface *iface,
		      const struct kcl_peer *peer)
{
	*lines = (struct kcl_lines){.mode = KCL_MODE_IFACE, .depth = 1};
	if (peer)
		kcl_peer_write(iface, peer, line_take, lines);
	return lines_finish(lines);
}

bool kcl_lines_equal(const struct kcl_lines *a, const struct kcl_lines *b)
{
	if (a->cnt != b->cnt)
		return false;
	for (uint32_t i = 0; i < a->cnt; i++)
		if (a->line[i].hash != b->line[i].hash ||
		    strcmp(a->line[i].text, b->line[i].text) != 0)
			return false;
	return true;
}

void kcl_lines_free(struct kcl_lines *lines)
{
	for (uint32_t i = 0; i < lines->cnt; i++)
		free(lines->line[i].text);
	free(lines->line);
	free(lines->slot);
	free(lines->key_slot);
	*lines = (struct kcl_lines){0};
}
