/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_SUM_H
#define KN_PATH_SUM_H

#include <stdbool.h>
#include <stdint.h>

/* The one's complement sum of 16-bit words in network order, an odd byte being the high half of
 * its word, begun with `sum`; not complemented. RFC 1071. */
uint16_t kn_sum(const uint8_t *p, uint32_t len, uint32_t sum);

/* Any sum of less than 2^32, in 16 bits. */
static inline uint16_t kn_sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* The sum of the pseudo-header of an IPv4 (is_ip4) or IPv6 header, without the length. RFC 9293,
 * 768, 8200. */
uint16_t kn_sum_pseudo(const uint8_t *ip, bool is_ip4, uint8_t proto);

#endif
