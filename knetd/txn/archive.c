// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The archive: the last configurations, with who made them, when, and why. Entries share with each
 * other and with the running configuration whatever did not change between them, so that one more
 * costs what its change is large. Those from before the daemon's start are on the disk, where all
 * of them go (shelf.c). Control thread only.
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

/* What the newest entry was, or nothing; owned by the caller. */
static struct kcl_config *newest_get(const struct knd_txn *txn)
{
	struct knd_why why;

	if (!txn->entry_cnt)
		return kcl_config_new();
	return knd_txn_entry_config(txn, &txn->entry[txn->entry_cnt - 1], &why);
}

static int delta_make(const struct knd_txn *txn, const struct kcl_config *before,
		      struct kcl_delta *d)
{
	struct kcl_config *newest = before ? NULL : newest_get(txn);
	int rc = 0;

	*d = (struct kcl_delta){0};
	if (before || newest)
		rc = kcl_config_delta(before ? before : newest, txn->running, NULL, NULL, d);
	kcl_config_free(newest);
	return rc;
}

int knd_archive_add(struct knd_txn *txn, const struct knd_who *who, const struct knd_txn_how *how,
		    const struct kcl_config *before)
{
	const char *via = how->via ? how->via : who->tty[0] ? who->tty : "-";
	struct knd_txn_entry entry = {.generation = txn->generation,
				      .real_ns = txn->ops->real_ns(txn->arg)};
	struct kcl_delta d;

	if (!txn->running->archive_max)
		return 0;
	if (room_make(txn) < 0 || delta_make(txn, before, &d) < 0)
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
	knd_shelf_put(txn, &entry);
	return 0;
}

void knd_archive_trim(struct knd_txn *txn)
{
	const size_t max = txn->running->archive_max;
	const size_t excess = txn->entry_cnt > max ? txn->entry_cnt - max : 0;

	for (size_t i = 0; i < excess; i++) {
		knd_shelf_drop(txn, txn->entry[i].generation);
		entry_fini(&txn->entry[i]);
	}
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

struct kcl_config *knd_txn_entry_config(const struct knd_txn *txn,
					const struct knd_txn_entry *entry, struct knd_why *why)
{
	struct kcl_config *config;

	if (!entry->config)
		return knd_shelf_get(txn, entry->generation, why);
	config = kcl_config_copy(entry->config);
	if (!config)
		knd_why_say(why, 0, "out of memory");
	return config;
}

bool knd_archive_resume(struct knd_txn *txn, const struct kcl_config *config)
{
	struct knd_txn_entry *newest = txn->entry_cnt ? &txn->entry[txn->entry_cnt - 1] : NULL;

	if (!newest || newest->generation != txn->generation ||
	    !knd_shelf_has(txn, newest->generation, config))
		return false;
	newest->config = kcl_config_copy(config);
	return newest->config != NULL;
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
