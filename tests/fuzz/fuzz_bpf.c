// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Filters of captures as a client could send them: what is accepted can be run on any packet, and
 * ends. Input: a packet's length, the packet, and the rest as the programs.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "knetd/bpf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	const uint32_t packet_len = data[0] < len - 1 ? data[0] : (uint32_t)(len - 1);
	const uint8_t *packet = data + 1, *at = packet + packet_len;
	size_t left = len - 1 - packet_len;
	void *program;
	size_t program_len;

	while (knd_bpf_read(&at, &left, &program, &program_len) == 0) {
		if ((program == NULL) != (program_len == 0))
			abort();
		if (program) {
			(void)knd_bpf_match(program, false, packet, packet_len, packet_len);
			(void)knd_bpf_match(program, true, packet, packet_len, packet_len + 9);
		}
		free(program);
	}
	return 0;
}
