// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The socket's file: there is one daemon behind it at a time, and nobody can connect to it before
 * owner and mode are right. Control thread only.
 */
#include "knetd/ctl/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "knetd/ctl/cred.h"

/* Removes the socket file of a daemon that is gone. Returns 0, or -EADDRINUSE if it lives. */
static int stale_remove(const struct sockaddr_un *addr)
{
	struct stat st;
	int fd, rc;

	if (lstat(addr->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;
	close(fd);
	if (rc != -ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(addr->sun_path) < 0 ? -errno : 0;
}

static int socket_bind(int fd, const struct sockaddr_un *addr, const struct knd_groups *groups,
		       int backlog)
{
	mode_t before;
	int rc;

	/* Nobody but us until owner and mode are right. */
	before = umask(0177);
	rc = bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 ? -errno : 0;
	umask(before);
	if (rc < 0)
		return rc;
	rc = knd_groups_admit(groups, addr->sun_path);
	if (rc < 0)
		qb_log(LOG_WARNING, "control: %s is only for its owner: %s", addr->sun_path,
		       strerror(-rc));
	if (listen(fd, backlog) == 0)
		return 0;
	rc = -errno;
	unlink(addr->sun_path);
	return rc;
}

int knd_socket_open(const char *path, const struct knd_groups *groups, int backlog, int *fd)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	rc = stale_remove(&addr);
	if (rc < 0)
		return rc;
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return -errno;
	rc = socket_bind(*fd, &addr, groups, backlog);
	if (rc < 0)
		close(*fd);
	return rc;
}
