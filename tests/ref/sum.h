/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef REF_SUM_H
#define REF_SUM_H

#include <stdbool.h>
#include <stdint.h>

/* The one's complement sum of 16-bit words (RFC 1071), begun with `sum`; not complemented. */
uint16_t ref_sum(const uint8_t *p, uint32_t len, uint32_t sum);
/* Of the pseudo-header of an IPv4 or IPv6 header, for l4_len bytes of TCP or UDP. */
uint16_t ref_pseudo_sum(const uint8_t *ip, uint32_t l4_len, bool is_tcp);
/* Puts the right checksum into the TCP or UDP header at l4. */
void ref_l4_finish(const uint8_t *ip, uint8_t *l4, uint32_t l4_len, bool is_tcp);

#endif
