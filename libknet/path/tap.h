/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_TAP_H
#define KN_PATH_TAP_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/kdf.h"
#include "knet.h"
#include "path/frame.h"

#define KN_TAP_QUEUES_MAX KNET_MAX_WORKERS

/* What the kernel was found to do for us; each may be missing, on old kernels or by wish. */
struct kn_tap_features {
	bool has_vnet_hdr; /* offload data comes with every frame */
	bool gives_csum;   /* frames with checksums to be completed, and so super-frames of TCP */
	bool gives_uso;    /* super-frames of UDP */
	bool takes_uso;    /* found out by the first that it refuses */
};

/* The virtual Ethernet device: one descriptor, non-blocking, per worker. */
struct kn_tap {
	int fd[KN_TAP_QUEUES_MAX];
	unsigned int queue_cnt;
	char name[IFNAMSIZ];
	unsigned int index; /* of the interface; its name may change */
	bool no_vnet_hdr;   /* by wish */
	struct kn_tap_features has;
};

struct kn_tap_setup {
	const char *name;
	const uint8_t *mac;     /* 6 bytes */
	unsigned int queue_len; /* of the device, in frames; a super-frame is one */
	bool no_vnet_hdr, no_offload, no_uso;
};

/* Creates the device: down, without address. 0, -EPERM, -EBUSY (name in use), -ENODEV (no
 * /dev/net/tun) or another -errno. */
int kn_tap_open(struct kn_tap *tap, const struct kn_tap_setup *setup)
	__attribute__((warn_unused_result));
/* One queue more, or the last one less: what it holds is lost. The kernel keeps a flow on a queue,
 * in both directions. 0 or -errno */
int kn_tap_queue_add(struct kn_tap *tap) __attribute__((warn_unused_result));
void kn_tap_queue_del(struct kn_tap *tap);
/* Frames that the kernel has dropped because the queues were full, since the device was made. */
uint64_t kn_tap_drops(const struct kn_tap *tap);
/* The device disappears. */
void kn_tap_close(struct kn_tap *tap);

/* The next frame of a queue into buf, of KN_FRAME_HEADROOM + KN_SUPER_MAX bytes: 0, or -EAGAIN if
 * there is none, -EBADMSG if it makes no sense, or another -errno. */
int kn_tap_read(const struct kn_tap *tap, unsigned int queue, uint8_t *buf, struct kn_frame *f);
/* Hands a frame to the kernel. What the kernel does not take whole must have been finished before
 * (path/deliver.c). 0, or -EAGAIN (queue full), -EIO (device is down), -EINVAL (not understood) or
 * another -errno. Overwrites headroom. */
int kn_tap_write(const struct kn_tap *tap, unsigned int queue, struct kn_frame *f);
/* The frame as a queue of the TAP is to be given it: that is all kn_tap_write() writes. Overwrites
 * headroom. */
struct kn_bytes kn_tap_form(const struct kn_tap *tap, struct kn_frame *f);
/* How much longer than the frame that is. */
size_t kn_tap_form_extra(const struct kn_tap *tap);

#endif
