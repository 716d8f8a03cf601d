// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The Internet checksum. It does not depend on the order of bytes in a word as long as the result
 * is read in the same order (RFC 1071, section 2), so the machine's own words of 64 bits are added,
 * in halves, which leaves the carries in the upper half of the accumulator.
 *
 * Pure functions, any thread.
 */
#include "path/sum.h"

#include <arpa/inet.h>
#include <string.h>

#define IP4_ADDR_OFF 12
#define IP6_ADDR_OFF 8

static inline uint64_t halves(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return (word & 0xffffffff) + (word >> 32);
}

uint16_t kn_sum(const uint8_t *p, uint32_t len, uint32_t sum)
{
	uint64_t even = 0, odd = 0;
	uint8_t rest[8] = {0};

	for (; len >= 32; p += 32, len -= 32) {
		even += halves(p) + halves(p + 8);
		odd += halves(p + 16) + halves(p + 24);
	}
	for (; len >= 8; p += 8, len -= 8)
		even += halves(p);
	memcpy(rest, p, len);
	even += odd + halves(rest);
	even = (even & 0xffffffff) + (even >> 32);
	even = (even & 0xffffffff) + (even >> 32);
	return kn_sum_fold((uint32_t)ntohs(kn_sum_fold((uint32_t)even)) + kn_sum_fold(sum));
}

uint16_t kn_sum_pseudo(const uint8_t *ip, bool is_ip4, uint8_t proto)
{
	return is_ip4 ? kn_sum(ip + IP4_ADDR_OFF, 8, proto) : kn_sum(ip + IP6_ADDR_OFF, 32, proto);
}
