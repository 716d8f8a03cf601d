/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Parts of a configuration as lists of lines. Inside knetd/cmd only. */
#ifndef KNETD_CMD_LINES_H
#define KNETD_CMD_LINES_H

#include "knetd/cmd/internal.h"

struct kcl_line {
	char *text;                    /* without indentation; owned */
	const struct kcl_entry *entry; /* that it is of, or NULL */
	uint64_t path;                 /* hash of the block that it stands in */
	uint64_t hash;                 /* of block and text */
	uint64_t key;                  /* of block and what it is about */
	uint32_t parent;               /* number of the line of its block, from 1; 0: none */
	uint32_t next_of_key;          /* number of the next line about the same thing; 0: none */
	uint16_t depth;
	uint16_t key_len; /* bytes of the text that say what it is about; 0: all of them */
	bool has_exit;    /* an `exit` ends the block that it begins */
};

struct kcl_lines {
	uint32_t cnt, cap;
	struct kcl_line *line;
	uint32_t *slot, *key_slot; /* numbers of lines by hash and by key */
	uint32_t slot_mask;
	unsigned int mode;  /* enum kcl_mode that the outermost lines are of */
	unsigned int depth; /* of the outermost lines */
	bool failed;
};

/*
 * The lines before the first interface; those of an interface before or behind its peers; those of
 * one peer. NULL for the object gives none. 0 or -ENOMEM; kcl_lines_free() afterwards.
 */
__attribute__((warn_unused_result)) int kcl_lines_of_head(struct kcl_lines *lines,
							  const struct kcl_config *config);
__attribute__((warn_unused_result)) int
kcl_lines_of_iface(struct kcl_lines *lines, const struct kcl_iface *iface, bool tail);
__attribute__((warn_unused_result)) int kcl_lines_of_peer(struct kcl_lines *lines,
							  const struct kcl_iface *iface,
							  const struct kcl_peer *peer);
void kcl_lines_free(struct kcl_lines *lines);
/* The same line in the same block, or NULL. */
const struct kcl_line *kcl_lines_find(const struct kcl_lines *lines, const struct kcl_line *line);
/* The number, from 1, of the first line about this; 0: none. */
uint32_t kcl_lines_of_key(const struct kcl_lines *lines, uint64_t key);
bool kcl_lines_equal(const struct kcl_lines *a, const struct kcl_lines *b);

#endif
