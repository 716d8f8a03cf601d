// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Reading and writing the files of network secrets and private keys, for the daemon and for
 * knet-keygen. A file holds 32 bytes as one line of base64. Whoever can read it owns the network,
 * so a file that others may read is refused rather than warned about: nobody reads warnings. No
 * copy is left in memory but the caller's.
 */
#include "knetd/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "knetd/disk.h"

static int access_check(int fd, const char *path, struct knd_why *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return knd_why_say(why, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return knd_why_say(why, -EINVAL, "%s is not a regular file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return knd_why_say(why, -EACCES,
				   "%s may be used by others than its owner (mode %04o): its mode "
				   "must be 0600",
				   path, (unsigned int)(st.st_mode & 07777));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return knd_why_say(why, -EACCES, "%s belongs to uid %u: it must belong to root",
				   path, (unsigned int)st.st_uid);
	return 0;
}

/* One line; the newline may be missing. */
static int line_parse(char *text, size_t len, uint8_t out[KNET_KEY_LEN])
{
	if (len > 0 && text[len - 1] == '\n')
		len--;
	text[len] = '\0';
	return strlen(text) == len ? knet_key_parse(text, out) : -EINVAL;
}

static int content_read(int fd, const char *path, uint8_t out[KNET_KEY_LEN], struct knd_why *why)
{
	char text[KNET_KEY_TEXT_LEN + 8];
	const ssize_t len = read(fd, text, sizeof(text) - 1);
	int rc;

	if (len < 0)
		return knd_why_say(why, -errno, "%s: %s", path, strerror(errno));
	rc = line_parse(text, (size_t)len, out);
	explicit_bzero(text, sizeof(text));
	if (rc < 0)
		return knd_why_say(why, rc,
				   "%s does not hold a key: expected one line of 44 characters of "
				   "base64, as knet-keygen writes it",
				   path);
	return 0;
}

int knd_secret_read(const char *path, uint8_t out[KNET_KEY_LEN], struct knd_why *why)
{
	/* O_NONBLOCK: a pipe must not hold us up */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return knd_why_say(why, -errno, "%s: %s", path, strerror(errno));
	rc = access_check(fd, path, why);
	if (rc == 0)
		rc = content_read(fd, path, out, why);
	close(fd);
	return rc;
}

int knd_secret_write(const char *path, const uint8_t key[KNET_KEY_LEN])
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	char text[KNET_KEY_TEXT_LEN + 1];
	int rc;

	if (fd < 0)
		return -errno;
	knet_key_format(key, text);
	text[KNET_KEY_TEXT_LEN] = '\n';
	rc = fchmod(fd, 0600) < 0 ? -errno : knd_disk_write(fd, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc < 0)
		unlink(path);
	return rc;
}
