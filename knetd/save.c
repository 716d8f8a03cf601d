// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Saving: into a new file beside the old one, to the disk, renamed over the old one, the directory
 * to the disk. A symbolic link is followed first, so that a configuration kept elsewhere stays
 * there. Control thread only.
 */
#include "knetd/save.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void line_write(void *arg, const char *line)
{
	fputs(line, arg);
	fputc('\n', arg);
}

/* Consumes fd. */
static int content_write(int fd, const struct kcl_config *config, const char *remark)
{
	FILE *file = fdopen(fd, "w");
	int rc = 0;

	if (!file) {
		rc = -errno;
		close(fd);
		return rc;
	}
	errno = 0;
	line_write(file, "! knet-config 1");
	if (remark)
		line_write(file, remark);
	kcl_config_write(config, line_write, file);
	if (fflush(file) != 0 || ferror(file))
		rc = errno ? -errno : -EIO;
	else if (fsync(fd) < 0)
		rc = -errno;
	if (fclose(file) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

int knd_directory_sync(const char *path)
{
	char dir[PATH_MAX];
	int fd, rc;

	snprintf(dir, sizeof(dir), "%s", path);
	fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static int file_replace(const char *path, const struct kcl_config *config, const char *remark)
{
	char temp[PATH_MAX + 16];
	int fd, rc;

	snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
	fd = mkostemp(temp, O_CLOEXEC); /* of mode 0600 */
	if (fd < 0)
		return -errno;
	rc = content_write(fd, config, remark);
	if (rc == 0 && rename(temp, path) < 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp);
		return rc;
	}
	return knd_directory_sync(path);
}

int knd_save(const struct kcl_config *config, const char *path, const char *remark,
	     struct knd_why *why)
{
	char *real = realpath(path, NULL);
	const int rc = file_replace(real ? real : path, config, remark);

	free(real);
	return rc < 0 ? knd_why_say(why, rc, "%s: %s", path, strerror(-rc)) : 0;
}
