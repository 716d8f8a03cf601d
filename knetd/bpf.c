// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * libpcap checks the programs and runs them. Names are looked up, and expressions are read, where
 * they are compiled: in the client, with the user's rights and time.
 *
 * `inbound` and `outbound` become a load of the packet's type from an address that only Linux has.
 * It is replaced by the answer: a program is kept twice, for what comes in and for what leaves.
 */
#include "knetd/bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <pcap/bpf.h>

/* linux/filter.h and pcap/bpf.h agree on these numbers. */
_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter), "one kind of instruction");

#define TYPE_AT ((uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))

struct program {
	uint32_t cnt;
	struct bpf_insn insn[]; /* of what comes in, then of what leaves */
};

static bool is_type_load(const struct bpf_insn *i)
{
	return BPF_CLASS(i->code) == BPF_LD && BPF_MODE(i->code) == BPF_ABS && i->k == TYPE_AT;
}

static void direction_put(struct bpf_insn *insn, uint32_t cnt, uint32_t type)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (is_type_load(&insn[i]))
			insn[i] = (struct bpf_insn){.code = BPF_LD | BPF_IMM, .k = type};
}

/* All that libpcap runs; at anything else it aborts, though bpf_validate() lets some of it pass. */
static const uint16_t known[] = {
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_H | BPF_ABS,
	BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND,
	BPF_LD | BPF_H | BPF_IND,
	BPF_LD | BPF_B | BPF_IND,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LD | BPF_IMM,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_LDX | BPF_IMM,
	BPF_LDX | BPF_MEM,
	BPF_ST,
	BPF_STX,
	BPF_JMP | BPF_JA,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JSET | BPF_X,
	BPF_ALU | BPF_ADD | BPF_K,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_SUB | BPF_K,
	BPF_ALU | BPF_SUB | BPF_X,
	BPF_ALU | BPF_MUL | BPF_K,
	BPF_ALU | BPF_MUL | BPF_X,
	BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_ALU | BPF_MOD | BPF_K,
	BPF_ALU | BPF_MOD | BPF_X,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_OR | BPF_X,
	BPF_ALU | BPF_XOR | BPF_K,
	BPF_ALU | BPF_XOR | BPF_X,
	BPF_ALU | BPF_LSH | BPF_K,
	BPF_ALU | BPF_LSH | BPF_X,
	BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_RSH | BPF_X,
	BPF_ALU | BPF_NEG,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
};

static bool is_known(uint16_t code)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == code)
			return true;
	return false;
}

/* libpcap itself makes loops, for `protochain`, and lets them pass; a packet thread must not run
 * them. Conditions jump forward only. */
static bool is_runnable(const struct bpf_insn *insn, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (!is_known(insn[i].code) ||
		    (insn[i].code == (BPF_JMP | BPF_JA) && insn[i].k >= cnt))
			return false;
	return true;
}

static int program_new(const uint8_t *data, uint16_t cnt, struct program **out)
{
	const size_t size = cnt * sizeof(struct bpf_insn);
	struct program *p = calloc(1, sizeof(*p) + 2 * size);

	if (!p)
		return -ENOMEM;
	p->cnt = cnt;
	memcpy(p->insn, data, size);
	memcpy(p->insn + cnt, data, size);
	if (!bpf_validate(p->insn, cnt) || !is_runnable(p->insn, cnt)) {
		free(p);
		return -EBADMSG;
	}
	direction_put(p->insn, cnt, PACKET_HOST);
	direction_put(p->insn + cnt, cnt, PACKET_OUTGOING);
	*out = p;
	return 0;
}

int knd_bpf_read(const uint8_t **at, size_t *left, void **program, size_t *len)
{
	struct program *p = NULL;
	uint16_t cnt;
	int rc = 0;

	if (*left < sizeof(cnt))
		return -EBADMSG;
	memcpy(&cnt, *at, sizeof(cnt));
	const size_t size = cnt * sizeof(struct bpf_insn);

	if (*left - sizeof(cnt) < size)
		return -EBADMSG;
	if (cnt != 0)
		rc = program_new(*at + sizeof(cnt), cnt, &p);
	if (rc < 0)
		return rc;
	*program = p;
	*len = p ? sizeof(*p) + 2 * size : 0;
	*at += sizeof(cnt) + size;
	*left -= sizeof(cnt) + size;
	return 0;
}

bool knd_bpf_match(const void *program, bool is_out, const uint8_t *data, uint32_t len,
		   uint32_t wire_len)
{
	const struct program *p = program;

	return bpf_filter(p->insn + (is_out ? p->cnt : 0), data, wire_len, len) != 0;
}
