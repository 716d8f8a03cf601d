// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Authorisation at accept. The kernel says who connected (SO_PEERCRED) and which groups they had
 * at that moment (SO_PEERGROUPS); no name service is asked, because that may hang on a network
 * that this daemon itself is to bring up. root, the daemon's own user and group knetadm are
 * administrators, group knet may look, everybody else is refused.
 *
 * Control thread only.
 */
#include "knetd/ctl/cred.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP_NONE ((gid_t)-1)

static gid_t group_find(const char *name)
{
	const struct group *grp = getgrnam(name);

	return grp ? grp->gr_gid : GROUP_NONE;
}

void knd_groups_find(struct knd_groups *groups)
{
	groups->admin = group_find("knetadm");
	groups->watch = group_find("knet");
}

static bool list_has(const gid_t *list, size_t cnt, gid_t gid)
{
	for (size_t i = 0; i < cnt; i++)
		if (list[i] == gid)
			return gid != GROUP_NONE;
	return false;
}

/* Returns the peer's supplementary groups, owned by the caller, or NULL if there are none. */
static gid_t *peer_groups(int fd, size_t *cnt)
{
	socklen_t len = 0;
	gid_t *list;

	*cnt = 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 || errno != ERANGE)
		return NULL;
	list = malloc(len);
	if (!list)
		return NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) < 0) {
		free(list);
		return NULL;
	}
	*cnt = len / sizeof(*list);
	return list;
}

static uint8_t role_choose(int fd, const struct ucred *cred, const struct knd_groups *groups)
{
	size_t cnt;
	gid_t *list;
	uint8_t role = KCP_ROLE_NONE;

	if (cred->uid == 0 || cred->uid == geteuid())
		return KCP_ROLE_ADMIN;
	list = peer_groups(fd, &cnt);
	if (list_has(list, cnt, groups->admin) || list_has(&cred->gid, 1, groups->admin))
		role = KCP_ROLE_ADMIN;
	else if (list_has(list, cnt, groups->watch) || list_has(&cred->gid, 1, groups->watch))
		role = KCP_ROLE_OPERATOR;
	free(list);
	return role;
}

/* The user who logged in, even behind sudo; for the audit trail. */
static uint32_t loginuid_read(pid_t pid)
{
	char path[64], text[16] = "";
	unsigned long uid;
	char *end;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/loginuid", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return UINT32_MAX;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return UINT32_MAX;
	uid = strtoul(text, &end, 10);
	return end == text || uid > UINT32_MAX ? UINT32_MAX : (uint32_t)uid;
}

int knd_cred_get(int fd, const struct knd_groups *groups, struct knd_who *who)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -errno;
	*who = (struct knd_who){
		.uid = cred.uid,
		.gid = cred.gid,
		.pid = cred.pid,
		.loginuid = loginuid_read(cred.pid),
		.role = role_choose(fd, &cred, groups),
	};
	if (cred.uid == 0)
		snprintf(who->user, sizeof(who->user), "root");
	else
		snprintf(who->user, sizeof(who->user), "uid %u", cred.uid);
	return 0;
}
