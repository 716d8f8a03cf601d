/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Filters of captures: programs of the classic BPF that a client has compiled. They are checked
 * when they are read, so running one ends and reads nothing but the packet. Loops are refused.
 * Pure, any thread.
 */
#ifndef KNETD_BPF_H
#define KNETD_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a program in the form of kcp_filter_put() and moves *at and *left behind it. *program is
 * the caller's to free; NULL, of *len 0, for the one that wants everything. 0, -EBADMSG, -ENOMEM */
__attribute__((warn_unused_result)) int knd_bpf_read(const uint8_t **at, size_t *left,
						     void **program, size_t *len);

/* What such a program says of a packet; for struct knet_capture_filter. */
bool knd_bpf_match(const void *program, bool is_out, const uint8_t *data, uint32_t len,
		   uint32_t wire_len);

#endif
