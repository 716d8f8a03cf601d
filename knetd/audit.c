// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A ring of the last commands that changed something, for `show audit`; the log has all of them.
 * Entries are numbered without end, so that a reader in steps notices what it has missed. Control
 * thread only.
 */
#include "knetd/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct knd_audit {
	uint64_t last;
	struct knd_audit_entry entry[KND_AUDIT_MAX]; /* number n is at n % KND_AUDIT_MAX */
};

struct knd_audit *knd_audit_new(void)
{
	return calloc(1, sizeof(struct knd_audit));
}

void knd_audit_free(struct knd_audit *audit)
{
	for (size_t i = 0; audit && i < KND_AUDIT_MAX; i++)
		free(audit->entry[i].words);
	free(audit);
}

void knd_audit_add(struct knd_audit *audit, const struct knd_who *who, uint64_t real_ns,
		   const char *words, const char *result)
{
	const uint64_t seq = audit->last + 1;
	struct knd_audit_entry *entry = &audit->entry[seq % KND_AUDIT_MAX];
	char *copy = strdup(words);

	if (!copy)
		return; /* the log has it */
	free(entry->words);
	*entry = (struct knd_audit_entry){
		.seq = seq,
		.real_ns = real_ns,
		.session = who->session,
		.uid = who->uid,
		.loginuid = who->loginuid,
		.pid = who->pid,
		.words = copy,
	};
	memcpy(entry->tty, who->tty, sizeof(entry->tty));
	memcpy(entry->user, who->user, sizeof(entry->user));
	snprintf(entry->result, sizeof(entry->result), "%s", result);
	audit->last = seq;
}

const struct knd_audit_entry *knd_audit_at(const struct knd_audit *audit, uint64_t seq)
{
	const uint64_t oldest = audit->last < KND_AUDIT_MAX ? 1 : audit->last - KND_AUDIT_MAX + 1;

	if (seq < oldest)
		seq = oldest;
	return seq <= audit->last ? &audit->entry[seq % KND_AUDIT_MAX] : NULL;
}

uint64_t knd_audit_last(const struct knd_audit *audit)
{
	return audit->last;
}
