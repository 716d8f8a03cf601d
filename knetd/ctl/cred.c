// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Authorisation at accept. The kernel says who connected (SO_PEERCRED) and which groups they had
 * at that moment (SO_PEERGROUPS). root, the daemon's own user and group knetadm are administrators,
 * group knet may look, further groups are as the configuration says, everybody else is refused. A
 * group is found by its name in /etc/group.
 *
 * Control thread only.
 */
#include "knetd/ctl/cred.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "knetd/cmd/config.h"

/* The role that a group of this name gives. */
static uint8_t name_role(const struct kcl_managers *managers, const char *name)
{
	uint8_t role = KCP_ROLE_NONE;

	if (strcmp(name, "knetadm") == 0)
		return KCP_ROLE_ADMIN;
	if (strcmp(name, "knet") == 0)
		role = KCP_ROLE_OPERATOR;
	for (uint32_t i = 0; managers && i < managers->cnt; i++) {
		const struct kcl_manager *manager = &managers->manager[i];
		const uint8_t given = manager->is_admin ? KCP_ROLE_ADMIN : KCP_ROLE_OPERATOR;

		if (strcmp(manager->group, name) == 0 && given > role)
			role = given;
	}
	return role;
}

void knd_groups_find(struct knd_groups *groups, const struct kcl_managers *managers)
{
	FILE *file = fopen("/etc/group", "re");
	const struct group *grp;

	groups->cnt = 0;
	while (file && groups->cnt < KND_GROUPS_MAX && (grp = fgetgrent(file)) != NULL) {
		const uint8_t role = name_role(managers, grp->gr_name);

		if (role == KCP_ROLE_NONE)
			continue;
		groups->group[groups->cnt].gid = grp->gr_gid;
		groups->group[groups->cnt++].role = role;
	}
	if (file)
		fclose(file);
}

/* ---- who may connect ------------------------------------------------------------------------- */

/* As the kernel has it: linux/posix_acl_xattr.h, all little-endian. */
struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entry[KND_GROUPS_MAX + 4];
};

enum {
	ACL_USER_OBJ = 0x01,
	ACL_GROUP_OBJ = 0x04,
	ACL_GROUP = 0x08,
	ACL_MASK = 0x10,
	ACL_OTHER = 0x20
};

static void acl_add(struct acl *acl, unsigned int *cnt, unsigned int tag, unsigned int perm,
		    uint32_t id)
{
	acl->entry[(*cnt)++] = (struct acl_entry){
		.tag = htole16((uint16_t)tag), .perm = htole16((uint16_t)perm), .id = htole32(id)};
}

static int gid_compare(const void *a, const void *b)
{
	const gid_t one = *(const gid_t *)a, two = *(const gid_t *)b;

	return one < two ? -1 : one > two;
}

/* Entries of one tag must be sorted. */
static int acl_set(const struct knd_groups *groups, const char *path)
{
	struct acl acl = {.version = htole32(2)};
	gid_t gids[KND_GROUPS_MAX] = {0};
	unsigned int cnt = 0;
	size_t size;

	for (unsigned int i = 0; i < groups->cnt; i++)
		gids[i] = groups->group[i].gid;
	qsort(gids, groups->cnt, sizeof(gids[0]), gid_compare);
	acl_add(&acl, &cnt, ACL_USER_OBJ, 6, UINT32_MAX);
	acl_add(&acl, &cnt, ACL_GROUP_OBJ, 0, UINT32_MAX);
	for (unsigned int i = 0; i < groups->cnt; i++)
		if (i == 0 || gids[i] != gids[i - 1])
			acl_add(&acl, &cnt, ACL_GROUP, 6, gids[i]);
	acl_add(&acl, &cnt, ACL_MASK, 6, UINT32_MAX);
	acl_add(&acl, &cnt, ACL_OTHER, 0, UINT32_MAX);
	size = offsetof(struct acl, entry) + cnt * sizeof(acl.entry[0]);
	return setxattr(path, "system.posix_acl_access", &acl, size, 0) < 0 ? -errno : 0;
}

int knd_groups_admit(const struct knd_groups *groups, const char *path)
{
	int rc = groups->cnt ? acl_set(groups, path) : 0;

	if (groups->cnt && rc == 0)
		return 0;
	/* A file system without such lists: the group of the file must do, and there is but one. */
	(void)removexattr(path, "system.posix_acl_access");
	if (groups->cnt && chown(path, (uid_t)-1, groups->group[0].gid) < 0)
		return -errno;
	return chmod(path, 0660) < 0 ? -errno : 0;
}

/* ---- who has connected ------------------------------------------------------------------------
 */

static bool list_has(const gid_t *list, size_t cnt, gid_t gid)
{
	for (size_t i = 0; i < cnt; i++)
		if (list[i] == gid)
			return true;
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
	for (unsigned int i = 0; i < groups->cnt; i++)
		if (groups->group[i].role > role && (list_has(list, cnt, groups->group[i].gid) ||
						     cred->gid == groups->group[i].gid))
			role = groups->group[i].role;
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

/* The controlling terminal of a process, "pts/1"; "" if it has none. */
static void tty_read(pid_t pid, char *out, size_t size)
{
	char path[64], text[512] = "";
	const char *at;
	unsigned int dev = 0;
	ssize_t len;
	int fd;

	out[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	at = len > 0 ? strrchr(text, ')') : NULL; /* the name may hold anything */
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %u", &dev) != 1 || !dev)
		return;
	if (major(dev) >= 136 && major(dev) <= 143)
		snprintf(out, size, "pts/%u", (major(dev) - 136) * 256 + minor(dev));
	else
		snprintf(out, size, "tty%u", minor(dev));
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
	tty_read(cred.pid, who->tty, sizeof(who->tty));
	if (cred.uid == 0)
		snprintf(who->user, sizeof(who->user), "root");
	else
		snprintf(who->user, sizeof(who->user), "uid %u", cred.uid);
	return 0;
}
