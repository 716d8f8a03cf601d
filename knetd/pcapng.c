// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A block is its type, its length, its body, a list of options and its length once more; everything
 * is padded to four bytes. A file is a section header, a description of each interface before the
 * first packet of it, packets, and at the end statistics of each interface. Times are in
 * nanoseconds, which the descriptions say.
 */
#include "knetd/pcapng.h"

#include <string.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_IFACE = 1,
	BLOCK_STATS = 5,
	BLOCK_PACKET = 6,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4dU

enum { OPT_END = 0, OPT_COMMENT = 1 };
enum { OPT_SECTION_OS = 3, OPT_SECTION_APPLICATION = 4 };
enum {
	OPT_IFACE_NAME = 2,
	OPT_IFACE_DESCRIPTION = 3,
	OPT_IFACE_TSRESOL = 9,
	OPT_IFACE_FILTER = 11
};
enum { OPT_PACKET_FLAGS = 2 };
enum {
	OPT_STATS_BEGIN = 2,
	OPT_STATS_END = 3,
	OPT_STATS_RECEIVED = 4,
	OPT_STATS_DROPPED = 5,
	OPT_STATS_MATCHED = 6,
	OPT_STATS_DELIVERED = 8,
};

#define RECEPTION_SHIFT 2
#define NANOSECONDS     9 /* 10^-9 */
#define FILTER_TEXT     0 /* as libpcap reads it */

static void put(struct knd_pcapng *to, const void *data, size_t len)
{
	static const uint8_t zeros[4];
	const size_t padding = -len & 3;

	if (to->overflow || len + padding > to->cap - to->len) {
		to->overflow = true;
		return;
	}
	if (len)
		memcpy(to->data + to->len, data, len);
	memcpy(to->data + to->len + len, zeros, padding);
	to->len += len + padding;
}

static void put32(struct knd_pcapng *to, uint32_t v)
{
	put(to, &v, sizeof(v));
}

/* The upper half first, whatever the byte order. */
static void put_time(struct knd_pcapng *to, uint64_t ns)
{
	put32(to, (uint32_t)(ns >> 32));
	put32(to, (uint32_t)ns);
}

static void option(struct knd_pcapng *to, uint16_t code, const void *data, size_t len)
{
	const uint16_t head[2] = {code, (uint16_t)len};

	put(to, head, sizeof(head));
	put(to, data, len);
}

static void option_text(struct knd_pcapng *to, uint16_t code, const char *text)
{
	if (*text)
		option(to, code, text, strnlen(text, UINT16_MAX));
}

static void option_u64(struct knd_pcapng *to, uint16_t code, uint64_t v)
{
	option(to, code, &v, sizeof(v));
}

static void option_time(struct knd_pcapng *to, uint16_t code, uint64_t ns)
{
	const uint32_t halves[2] = {(uint32_t)(ns >> 32), (uint32_t)ns};

	option(to, code, halves, sizeof(halves));
}

/* Returns where the block begins, for block_end(). */
static size_t block_begin(struct knd_pcapng *to, uint32_t type)
{
	const size_t at = to->len;

	put32(to, type);
	put32(to, 0);
	return at;
}

static void block_end(struct knd_pcapng *to, size_t at)
{
	uint32_t len;

	option(to, OPT_END, NULL, 0);
	len = (uint32_t)(to->len - at + sizeof(len));
	put32(to, len);
	if (to->overflow)
		to->len = at;
	else
		memcpy(to->data + at + sizeof(uint32_t), &len, sizeof(len));
}

void knd_pcapng_section(struct knd_pcapng *to, const struct knd_pcapng_section *section)
{
	static const uint16_t version[2] = {1, 0};
	static const uint64_t unknown_len = UINT64_MAX;
	const size_t at = block_begin(to, BLOCK_SECTION);

	put32(to, BYTE_ORDER_MAGIC);
	put(to, version, sizeof(version));
	put(to, &unknown_len, sizeof(unknown_len));
	option_text(to, OPT_SECTION_OS, section->os);
	option_text(to, OPT_SECTION_APPLICATION, section->application);
	option_text(to, OPT_COMMENT, section->comment);
	block_end(to, at);
}

void knd_pcapng_iface(struct knd_pcapng *to, const struct knd_pcapng_iface *iface)
{
	static const uint8_t resolution = NANOSECONDS;
	const uint16_t linktype[2] = {iface->linktype, 0};
	const size_t at = block_begin(to, BLOCK_IFACE);
	char filter[1024] = {FILTER_TEXT};

	put(to, linktype, sizeof(linktype));
	put32(to, iface->snaplen);
	option_text(to, OPT_IFACE_NAME, iface->name);
	option_text(to, OPT_IFACE_DESCRIPTION, iface->description);
	if (*iface->filter) {
		const size_t len = strnlen(iface->filter, sizeof(filter) - 1);

		memcpy(filter + 1, iface->filter, len);
		option(to, OPT_IFACE_FILTER, filter, 1 + len);
	}
	option(to, OPT_IFACE_TSRESOL, &resolution, sizeof(resolution));
	block_end(to, at);
}

void knd_pcapng_packet(struct knd_pcapng *to, const struct knd_pcapng_packet *packet)
{
	const uint32_t flags = packet->direction | (uint32_t)packet->reception << RECEPTION_SHIFT;
	const size_t at = block_begin(to, BLOCK_PACKET);

	put32(to, packet->iface);
	put_time(to, packet->time_ns);
	put32(to, packet->len);
	put32(to, packet->wire_len);
	put(to, packet->data, packet->len);
	option_text(to, OPT_COMMENT, packet->comment);
	option(to, OPT_PACKET_FLAGS, &flags, sizeof(flags));
	block_end(to, at);
}

void knd_pcapng_stats(struct knd_pcapng *to, const struct knd_pcapng_stats *stats)
{
	const size_t at = block_begin(to, BLOCK_STATS);

	put32(to, stats->iface);
	put_time(to, stats->end_ns);
	option_time(to, OPT_STATS_BEGIN, stats->begin_ns);
	option_time(to, OPT_STATS_END, stats->end_ns);
	option_u64(to, OPT_STATS_RECEIVED, stats->received);
	option_u64(to, OPT_STATS_DROPPED, stats->dropped);
	option_u64(to, OPT_STATS_MATCHED, stats->matched);
	option_u64(to, OPT_STATS_DELIVERED, stats->delivered);
	block_end(to, at);
}
