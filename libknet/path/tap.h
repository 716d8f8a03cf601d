/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_TAP_H
#define KN_PATH_TAP_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/* The virtual Ethernet device. */
struct kn_tap {
	int fd; /* non-blocking */
	char name[IFNAMSIZ];
};

/* Creates the device: down, without address. 0, -EPERM, -EBUSY (name in use), -ENODEV (no
 * /dev/net/tun) or another -errno. */
int kn_tap_open(struct kn_tap *tap, const char *name, const uint8_t mac[6])
	__attribute__((warn_unused_result));
/* The device disappears. */
void kn_tap_close(struct kn_tap *tap);

/* The next frame; its length, or -EAGAIN if there is none, or another -errno. */
int kn_tap_read(const struct kn_tap *tap, uint8_t *buf, size_t size);
/* 0, or -EAGAIN (queue full), -EIO (device is down) or another -errno. */
int kn_tap_write(const struct kn_tap *tap, const uint8_t *frame, size_t len);

#endif
