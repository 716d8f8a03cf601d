/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Reads what tcpdump has recorded: classic pcap files of Ethernet frames in the byte order of the
 * machine. Only UDP over IPv4 is of interest here; other frames are passed over.
 */
#ifndef TESTS_TOOLS_PCAP_H
#define TESTS_TOOLS_PCAP_H

#include <stddef.h>
#include <stdint.h>

/* One recorded frame; offsets are those of its parts in `frame`. */
struct pcap_frame {
	const uint8_t *frame; /* borrowed from the file */
	size_t len;
	size_t ip_off, udp_off, data_off;
	size_t data_len;
};

struct pcap_file {
	uint8_t *bytes; /* owned */
	size_t len, at;
};

/* Reads the whole file. 0 or -errno; -EINVAL if it is not such a file. */
__attribute__((warn_unused_result)) int pcap_open(struct pcap_file *file, const char *path);
/* 1 and the next UDP frame, or 0 at the end (or at a torn record). */
int pcap_next(struct pcap_file *file, struct pcap_frame *out);
/* Starts again at the first frame. */
void pcap_rewind(struct pcap_file *file);
void pcap_close(struct pcap_file *file);

#endif
