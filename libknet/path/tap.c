// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* The TAP device: opening it, and one system call per frame. Any thread; the fd has no state. */
#include "path/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int mac_set(int fd, const char *name, const uint8_t mac[6])
{
	struct ifreq ifr = {.ifr_hwaddr.sa_family = ARPHRD_ETHER};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	memcpy(ifr.ifr_hwaddr.sa_data, mac, 6);
	return ioctl(fd, SIOCSIFHWADDR, &ifr) != 0 ? -errno : 0;
}

int kn_tap_open(struct kn_tap *tap, const char *name, const uint8_t mac[6])
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL};
	int err;

	if (strlen(name) >= sizeof(ifr.ifr_name))
		return -EINVAL;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	tap->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	err = ioctl(tap->fd, TUNSETIFF, &ifr) != 0 ? -errno : 0;
	if (err == 0) {
		snprintf(tap->name, sizeof(tap->name), "%s", ifr.ifr_name);
		err = mac_set(tap->fd, tap->name, mac);
	}
	if (err != 0)
		kn_tap_close(tap);
	return err;
}

void kn_tap_close(struct kn_tap *tap)
{
	if (tap->fd >= 0)
		close(tap->fd);
	tap->fd = -1;
}

int kn_tap_read(const struct kn_tap *tap, uint8_t *buf, size_t size)
{
	ssize_t n = read(tap->fd, buf, size);

	return n < 0 ? -errno : (int)n;
}

int kn_tap_write(const struct kn_tap *tap, const uint8_t *frame, size_t len)
{
	return write(tap->fd, frame, len) < 0 ? -errno : 0;
}
