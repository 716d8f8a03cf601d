/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Expressions of pcap-filter(7), compiled by libpcap. */
#ifndef KRONOSNETD_CLI_FILTER_H
#define KRONOSNETD_CLI_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knetd/ctlproto/ctlproto.h"
#include "kronosnetd-cli/pipe.h"

#define CLI_FILTER_INSN_LEN 8

struct cli_filter_program {
	uint16_t cnt; /* of instructions, 0: everything is wanted */
	uint8_t insns[KCP_FILTER_MAX * CLI_FILTER_INSN_LEN];
};

struct cli_filter {
	bool wants_frames, wants_datagrams; /* what the filter is for; set by the caller */
	struct cli_filter_program frames, datagrams;
};

/*
 * Compiles an expression for frames of Ethernet and for datagrams with their headers of IP. What
 * makes sense for one of them only, such as `arp`, is true of nothing of the other. 0, or -EINVAL
 * with a sentence in `why`.
 */
__attribute__((warn_unused_result)) int cli_filter_compile(struct cli_filter *filter,
							   const char *text, struct cli_why *why);

#endif
