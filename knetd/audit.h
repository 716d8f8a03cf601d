/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The last commands that changed something, or tried to. Control thread only. */
#ifndef KNETD_AUDIT_H
#define KNETD_AUDIT_H

#include <stdint.h>

#include "knetd/ctl/output.h"

#define KND_AUDIT_MAX 1024

struct knd_audit;

struct knd_audit_entry {
	uint64_t seq; /* from 1 */
	uint64_t real_ns;
	uint32_t session, uid, loginuid;
	int32_t pid;
	char tty[16];
	char user[32];
	char result[16];
	char *words; /* owned */
};

/* NULL without memory. */
struct knd_audit *knd_audit_new(void);
void knd_audit_free(struct knd_audit *audit);
/* Remembers one; forgets the oldest one if need be. */
void knd_audit_add(struct knd_audit *audit, const struct knd_who *who, uint64_t real_ns,
		   const char *words, const char *result);
/* The oldest one that is not older than `seq`, or NULL. Borrowed until the next one is added. */
const struct knd_audit_entry *knd_audit_at(const struct knd_audit *audit, uint64_t seq);
/* Number of the newest one, 0: none. */
uint64_t knd_audit_last(const struct knd_audit *audit);

#endif
