// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Internet checksums, two bytes at a time, as RFC 1071 explains them.
 */
#include "tests/ref/sum.h"

uint16_t ref_sum(const uint8_t *p, uint32_t len, uint32_t sum)
{
	for (uint32_t i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

uint16_t ref_pseudo_sum(const uint8_t *ip, uint32_t l4_len, bool is_tcp)
{
	uint32_t sum = is_tcp ? 6 : 17;

	sum += (l4_len & 0xffff) + (l4_len >> 16);
	return ip[0] >> 4 == 4 ? ref_sum(ip + 12, 8, sum) : ref_sum(ip + 8, 32, sum);
}

void ref_l4_finish(const uint8_t *ip, uint8_t *l4, uint32_t l4_len, bool is_tcp)
{
	uint8_t *field = l4 + (is_tcp ? 16 : 6);

	field[0] = 0;
	field[1] = 0;
	uint16_t sum = (uint16_t)~ref_sum(l4, l4_len, ref_pseudo_sum(ip, l4_len, is_tcp));

	/* 0 would say that there is none (RFC 768); TCP has no such rule. */
	if (sum == 0 && !is_tcp)
		sum = 0xffff;
	field[0] = (uint8_t)(sum >> 8);
	field[1] = (uint8_t)sum;
}
