/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), in the byte order of this machine. They are
 * appended to a buffer of the caller's; one that does not fit sets `overflow` and leaves the buffer
 * as it was. Pure, any thread.
 */
#ifndef KNETD_PCAPNG_H
#define KNETD_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KND_LINKTYPE_ETHERNET 1
#define KND_LINKTYPE_RAW      101 /* IPv4 or IPv6, as the first four bits say */

#define KND_PCAPNG_STATS_LEN 100 /* of one block of statistics */

struct knd_pcapng {
	uint8_t *data;
	size_t len, cap;
	bool overflow;
};

struct knd_pcapng_section {
	const char *os, *application, *comment; /* "": leave out */
};

struct knd_pcapng_iface {
	const char *name, *description, *filter; /* "": leave out */
	uint16_t linktype;
	uint32_t snaplen; /* 0: no limit */
};

enum knd_pcapng_direction { KND_PCAPNG_IN = 1, KND_PCAPNG_OUT = 2 };
/* To whom a frame is. */
enum knd_pcapng_reception {
	KND_PCAPNG_RECEPTION_UNKNOWN = 0,
	KND_PCAPNG_UNICAST = 1,
	KND_PCAPNG_MULTICAST = 2,
	KND_PCAPNG_BROADCAST = 3
};

struct knd_pcapng_packet {
	uint32_t iface;   /* number: 0 is the first that was written */
	uint64_t time_ns; /* since 1970 */
	const uint8_t *data;
	uint32_t len, wire_len;
	uint8_t direction;   /* enum knd_pcapng_direction */
	uint8_t reception;   /* enum knd_pcapng_reception */
	const char *comment; /* "": leave out */
};

struct knd_pcapng_stats {
	uint32_t iface;
	uint64_t begin_ns, end_ns; /* since 1970 */
	uint64_t received, matched, dropped, delivered;
};

void knd_pcapng_section(struct knd_pcapng *to, const struct knd_pcapng_section *section);
void knd_pcapng_iface(struct knd_pcapng *to, const struct knd_pcapng_iface *iface);
void knd_pcapng_packet(struct knd_pcapng *to, const struct knd_pcapng_packet *packet);
void knd_pcapng_stats(struct knd_pcapng *to, const struct knd_pcapng_stats *stats);

#endif
