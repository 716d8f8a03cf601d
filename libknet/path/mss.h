/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_MSS_H
#define KN_PATH_MSS_H

#include "path/frame.h"

/* If the frame opens a connection of TCP and promises to take longer segments than fit an MTU,
 * lowers the promise, and mends the checksum. Says whether it did. */
bool kn_mss_clamp(struct kn_frame *f, uint16_t mtu);

#endif
