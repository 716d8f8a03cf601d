// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers
/*
 * pcap files, for the tools that send recorded datagrams again. The file is read whole, so frames
 * are borrowed from it. A file header has 24 bytes, a record header 16 with the recorded length in
 * its third word; lengths are checked against the file once, here.
 */
#include "tests/tools/pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_HEADER   24u
#define RECORD_HEADER 16u
#define MAGIC_US      0xa1b2c3d4u
#define MAGIC_NS      0xa1b23c4du
#define LINK_ETHERNET 1u
#define ETH_HEADER    14u
#define UDP_HEADER    8u
#define ETH_P_IPV4    0x0800u
#define PROTO_UDP     17u
#define FILE_MAX      (256l << 20)

static uint32_t word_at(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static uint16_t big16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static int file_read(struct pcap_file *file, FILE *from)
{
	long size;

	if (fseek(from, 0, SEEK_END) < 0 || (size = ftell(from)) < 0 || size > FILE_MAX)
		return -EFBIG;
	rewind(from);
	file->bytes = malloc((size_t)size + 1);
	if (!file->bytes)
		return -ENOMEM;
	file->len = fread(file->bytes, 1, (size_t)size, from);
	return ferror(from) ? -EIO : 0;
}

int pcap_open(struct pcap_file *file, const char *path)
{
	FILE *from = fopen(path, "rb");
	int ret;

	memset(file, 0, sizeof(*file));
	if (!from)
		return -errno;
	ret = file_read(file, from);
	fclose(from);
	if (ret == 0 && (file->len < FILE_HEADER ||
			 (word_at(file->bytes) != MAGIC_US && word_at(file->bytes) != MAGIC_NS) ||
			 word_at(file->bytes + 20) != LINK_ETHERNET))
		ret = -EINVAL;
	if (ret < 0)
		pcap_close(file);
	pcap_rewind(file);
	return ret;
}

static int frame_parse(struct pcap_frame *out, const uint8_t *frame, size_t len)
{
	size_t ip_len, udp_len;

	*out = (struct pcap_frame){.frame = frame, .len = len, .ip_off = ETH_HEADER};
	if (len < ETH_HEADER + 20 + UDP_HEADER || big16_at(frame + 12) != ETH_P_IPV4)
		return 0;
	ip_len = (size_t)(frame[ETH_HEADER] & 15) * 4;
	if (ip_len < 20 || frame[ETH_HEADER + 9] != PROTO_UDP ||
	    len < ETH_HEADER + ip_len + UDP_HEADER)
		return 0;
	out->udp_off = ETH_HEADER + ip_len;
	out->data_off = out->udp_off + UDP_HEADER;
	udp_len = big16_at(frame + out->udp_off + 4);
	if (udp_len < UDP_HEADER || out->udp_off + udp_len > len)
		return 0;
	out->data_len = udp_len - UDP_HEADER;
	return 1;
}

int pcap_next(struct pcap_file *file, struct pcap_frame *out)
{
	while (file->len - file->at >= RECORD_HEADER) {
		const uint8_t *frame = file->bytes + file->at + RECORD_HEADER;
		size_t len = word_at(file->bytes + file->at + 8);

		if (len > file->len - file->at - RECORD_HEADER)
			return 0;
		file->at += RECORD_HEADER + len;
		if (frame_parse(out, frame, len))
			return 1;
	}
	return 0;
}

void pcap_rewind(struct pcap_file *file)
{
	file->at = file->len < FILE_HEADER ? file->len : FILE_HEADER;
}

void pcap_close(struct pcap_file *file)
{
	free(file->bytes);
	memset(file, 0, sizeof(*file));
}
