// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Filters are compiled here and not in the daemon: libpcap reads what somebody has typed, and asks
 * for addresses of names, with that user's rights and time. It is loaded when it is needed; most
 * runs of the client are over sooner than it and what it needs would be loaded.
 */
#include "config.h"

#include "kronosnetd-cli/filter.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <pcap/pcap.h>

#define SNAPLEN 262144

_Static_assert(sizeof(struct bpf_insn) == CLI_FILTER_INSN_LEN, "instructions as they are sent");

static struct {
	__typeof__(pcap_open_dead) *open;
	__typeof__(pcap_compile) *compile;
	__typeof__(pcap_freecode) *freecode;
	__typeof__(pcap_geterr) *geterr;
	__typeof__(pcap_close) *close;
} lib;

static int symbol_find(void *library, const char *name, void *out)
{
	void *symbol = dlsym(library, name);

	memcpy(out, &symbol, sizeof(symbol));
	return symbol ? 0 : -ENOSYS;
}

static int library_load(struct cli_why *why)
{
	void *library = lib.open ? NULL : dlopen(PCAP_SONAME, RTLD_NOW | RTLD_LOCAL);

	if (lib.open)
		return 0;
	if (!library || symbol_find(library, "pcap_compile", &lib.compile) < 0 ||
	    symbol_find(library, "pcap_freecode", &lib.freecode) < 0 ||
	    symbol_find(library, "pcap_geterr", &lib.geterr) < 0 ||
	    symbol_find(library, "pcap_close", &lib.close) < 0 ||
	    symbol_find(library, "pcap_open_dead", &lib.open) < 0)
		return cli_why_say(why, "filters need libpcap: %s", dlerror());
	return 0;
}

static void program_none(struct cli_filter_program *program)
{
	static const struct bpf_insn none = {.code = BPF_RET | BPF_K, .k = 0};

	program->cnt = 1;
	memcpy(program->insns, &none, sizeof(none));
}

/* Returns 0 or -EINVAL with `why`. */
static int program_compile(int linktype, const char *text, struct cli_filter_program *program,
			   struct cli_why *why)
{
	pcap_t *pcap = lib.open(linktype, SNAPLEN);
	struct bpf_program code;
	int rc = 0;

	if (!pcap)
		return cli_why_say(why, "out of memory");
	if (lib.compile(pcap, &code, text, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		rc = cli_why_say(why, "filter: %s", lib.geterr(pcap));
		lib.close(pcap);
		return rc;
	}
	if (code.bf_len > KCP_FILTER_MAX) {
		rc = cli_why_say(why, "the filter is too long: %u instructions, of at most %d",
				 code.bf_len, KCP_FILTER_MAX);
	} else {
		program->cnt = (uint16_t)code.bf_len;
		memcpy(program->insns, code.bf_insns, code.bf_len * sizeof(*code.bf_insns));
	}
	lib.freecode(&code);
	lib.close(pcap);
	return rc;
}

int cli_filter_compile(struct cli_filter *filter, const char *text, struct cli_why *why)
{
	struct cli_why why_datagrams;
	int frames, datagrams;

	if (library_load(why) < 0)
		return -EINVAL;
	datagrams = program_compile(DLT_RAW, text, &filter->datagrams, &why_datagrams);
	frames = program_compile(DLT_EN10MB, text, &filter->frames, why);
	if (datagrams < 0)
		program_none(&filter->datagrams);
	if (frames < 0)
		program_none(&filter->frames);
	if ((filter->wants_frames && frames == 0) || (filter->wants_datagrams && datagrams == 0))
		return 0;
	if (!filter->wants_frames)
		*why = why_datagrams;
	return -EINVAL;
}
