/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Who is at the other end of a connection, and what may they do. */
#ifndef KNETD_CTL_CRED_H
#define KNETD_CTL_CRED_H

#include <stdbool.h>
#include <sys/types.h>

#include "knetd/ctl/output.h"

struct kcl_managers;

#define KND_GROUPS_MAX 20

/* The groups that give a role: those of them that exist on this machine. */
struct knd_groups {
	unsigned int cnt;
	struct {
		gid_t gid;
		uint8_t role;
	} group[KND_GROUPS_MAX];
};

/*
 * knetadm, knet and those that the configuration names (NULL: none), from /etc/group: no name
 * service is asked, because that may hang on a network that this daemon itself is to bring up.
 */
void knd_groups_find(struct knd_groups *groups, const struct kcl_managers *managers);
/*
 * Lets these groups connect to the socket, and nobody else but its owner, by an access control list
 * or, where there is no such thing, by the group of the file. 0 or -errno.
 */
__attribute__((warn_unused_result)) int knd_groups_admit(const struct knd_groups *groups,
							 const char *path);
/*
 * Asks the kernel who connected `fd` and fills `who`, role included (KCP_ROLE_NONE: refuse).
 * Returns 0 or -errno.
 */
__attribute__((warn_unused_result)) int knd_cred_get(int fd, const struct knd_groups *groups,
						     struct knd_who *who);

#endif
