// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The archive: the last configurations, with who made them, when, and why. Entries share with each
 * other and with the running configuration whatever did not change between them, so that one more
 * costs what its change is large. Control thread only.
 */
#include "knetd/txn/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void entry_fini(struct knd_txn_entry *entry)
{
	kcl_config_free(entry->config);
}

static int room_make(struct knd_txn *txn)
{
	struct knd_txn_entry *grown;
	size_t cap;

	if (txn->entry_cnt < txn->entry_cap)
		return 0;
	cap = txn->entry_cap ? 2 * txn->entry_cap : 16;
	grown = reallocarray(txn->entry, cap, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	txn->entry = grown;
	txn->entry_cap = cap;
	return 0;
}

int knd_archive_add(struct knd_txn *txn, const struct knd_who *who, const struct knd_txn_how *how,
		    const struct kcl_config *before)
{
	const char *via = how->via ? how->via : who->tty[0] ? who->tty : "-";
	struct knd_txn_entry entry = {.generation = txn->generation,
				      .real_ns = txn->ops->real_ns(txn->arg)};
	struct kcl_delta d;

	if (!before && txn->entry_cnt)
		before = txn->entry[txn->entry_cnt - 1].config;
	if (room_make(txn) < 0 || kcl_config_delta(before, txn->running, NULL, NULL, &d) < 0)
		return -ENOMEM;
	entry.config = kcl_config_copy(txn->running);
	if (!entry.config)
		return -ENOMEM;
	entry.changed = d.changed;
	entry.added = d.added;
	entry.removed = d.removed;
	snprintf(entry.user, sizeof(entry.user), "%s", who->user);
	snprintf(entry.via, sizeof(entry.via), "%s", via);
	snprintf(entry.comment, sizeof(entry.comment), "%s", how->comment ? how->comment : "");
	txn->entry[txn->entry_cnt++] = entry;
	return 0;
}

void knd_archive_trim(struct knd_txn *txn)
{
	const size_t max = txn->running->archive_max;
	const size_t excess = txn->entry_cnt > max ? txn->entry_cnt - max : 0;

	for (size_t i = 0; i < excess; i++)
		entry_fini(&txn->entry[i]);
	txn->entry_cnt -= excess;
	if (excess)
		memmove(txn->entry, txn->entry + excess, txn->entry_cnt * sizeof(*txn->entry));
}

void knd_archive_free(struct knd_txn *txn)
{
	for (size_t i = 0; i < txn->entry_cnt; i++)
		entry_fini(&txn->entry[i]);
	free(txn->entry);
}

const struct knd_txn_entry *knd_txn_entry_at(const struct knd_txn *txn, size_t i)
{
	return i < txn->entry_cnt ? &txn->entry[txn->entry_cnt - 1 - i] : NULL;
}

const struct knd_txn_entry *knd_txn_entry_find(const struct knd_txn *txn, uint64_t generation,
					       struct knd_why *why)
{
	for (size_t i = 0; i < txn->entry_cnt; i++)
		if (txn->entry[i].generation == generation)
			return &txn->entry[i];
	if (txn->entry_cnt)
		knd_why_say(why, 0,
			    "There is no generation %llu in the archive, which has %llu to %llu: "
			    "expected one of `show configuration history`",
			    (unsigned long long)generation,
			    (unsigned long long)txn->entry[0].generation,
			    (unsigned long long)txn->entry[txn->entry_cnt - 1].generation);
	else
		knd_why_say(why, 0, "There is no generation in the archive");
	return NULL;
}
