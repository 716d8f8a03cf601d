/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_BYTES_H
#define KN_BASE_BYTES_H

#include <stdint.h>

/* Big endian integers at any alignment. The only arithmetic on wire bytes there is. */
static inline uint16_t kn_get16(const uint8_t *p)
{
	return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t kn_get32(const uint8_t *p)
{
	return ((uint32_t)kn_get16(p) << 16) | kn_get16(p + 2);
}

static inline uint64_t kn_get64(const uint8_t *p)
{
	return ((uint64_t)kn_get32(p) << 32) | kn_get32(p + 4);
}

static inline void kn_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void kn_put32(uint8_t *p, uint32_t v)
{
	kn_put16(p, (uint16_t)(v >> 16));
	kn_put16(p + 2, (uint16_t)v);
}

static inline void kn_put64(uint8_t *p, uint64_t v)
{
	kn_put32(p, (uint32_t)(v >> 32));
	kn_put32(p + 4, (uint32_t)v);
}

#endif
