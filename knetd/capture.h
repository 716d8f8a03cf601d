/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The captures of one run of `capture`, one for each interface, and the file that they become.
 * Control thread only.
 */
#ifndef KNETD_CAPTURE_H
#define KNETD_CAPTURE_H

#include "knetd/ctl/output.h"
#include "knetd/pcapng.h"
#include "knetd/view.h"

#define KND_CAPTURE_BLOCK_MAX (320 * 1024) /* the longest packet, with what is told of it */

/* The capture of one interface. */
struct knd_capture_source {
	char iface[16];  /* looked up each time: it may go */
	uint64_t id;     /* of the engine */
	bool is_gone;    /* with its interface */
	bool is_stopped; /* may still hold packets */
	struct {
		int64_t number; /* of the interface in the file, -1: not there yet */
		uint64_t delivered;
	} place[KNET_CAPTURE_PLACES];
};

struct knd_capture {
	struct knd_capture_source *sources;
	size_t source_cnt;
	const char *filter; /* as typed; borrowed */
	uint32_t snaplen;
	uint64_t begin_ns;               /* since 1970 */
	uint64_t packets_max, bytes_max; /* UINT64_MAX: no limit */
	uint64_t packets, bytes;         /* in the file so far */
	uint64_t dropped;                /* at the end */
	uint32_t iface_cnt;              /* in the file */
	bool is_full;                    /* a limit was reached */
	struct knd_pcapng block;         /* over mem */
	uint8_t mem[KND_CAPTURE_BLOCK_MAX];
};

/* What the file begins with: `words` is the command. */
void knd_capture_begin(struct knd_capture *c, struct knd_out *out, const char *words);
/* What there is of an interface, to a file that still has room: the interfaces of the places in
 * `places`, or packets that wait. */
void knd_capture_ifaces(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
			const struct knd_iface_view *view, unsigned int places);
/* Writes packets of a source until nothing waits, a limit is reached or it is enough for a step.
 * True: more may be waiting. */
bool knd_capture_packets(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
			 const struct knd_iface_view *view);
/* The statistics of a source's interfaces, at the end of the file. */
void knd_capture_stats(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
		       struct knet_handle *handle);

#endif
