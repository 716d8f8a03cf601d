/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KNETD_DISK_H
#define KNETD_DISK_H

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

/* Writes all of a text, and has it on the disk. 0 or -errno. */
static inline int knd_disk_write(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

#endif
