/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Who is at the other end of a connection, and what may they do. */
#ifndef KNETD_CTL_CRED_H
#define KNETD_CTL_CRED_H

#include <stdbool.h>
#include <sys/types.h>

#include "knetd/ctl/output.h"

/* The groups that give a role, looked up once at start; a group that does not exist is -1. */
struct knd_groups {
	gid_t admin; /* knetadm */
	gid_t watch; /* knet */
};

void knd_groups_find(struct knd_groups *groups);
/*
 * Asks the kernel who connected `fd` and fills `who`, role included (KCP_ROLE_NONE: refuse).
 * Returns 0 or -errno.
 */
__attribute__((warn_unused_result)) int knd_cred_get(int fd, const struct knd_groups *groups,
						     struct knd_who *who);

#endif
