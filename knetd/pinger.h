/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* A series of pings to a peer, for commands that wait. Control thread only. */
#ifndef KNETD_PINGER_H
#define KNETD_PINGER_H

#include "knetd/view.h"

#define KND_PINGER_MAX 256 /* pings on their way */

struct knd_pinger {
	char iface[16], peer[KNET_NAME_LEN]; /* both are looked up each time: they may go */
	unsigned int link;                   /* KNET_LINK_NONE: the one in use */
	unsigned int size;
	bool whole; /* not in fragments */
	uint64_t interval_ns;
	uint64_t wanted; /* how many to send */
	uint64_t next_ns;
	uint64_t sent, answered, lost;
	struct {
		bool is_used;
		uint64_t seq, sent_ns;
		struct knet_ping ping;
	} under_way[KND_PINGER_MAX];
};

/* What became of one. */
struct knd_pong {
	uint64_t seq; /* from 1 */
	uint64_t sent_ns;
	unsigned int link; /* KNET_LINK_NONE: it was not sent */
	int64_t rtt_us;    /* -1: no answer */
	const char *why;   /* it was not sent; NULL: it was */
};

typedef void (*knd_pong_fn)(void *ctx, const struct knd_pong *pong);

/* The first live interface that has the peer of this name; its number in *at. */
bool knd_pinger_find(void *daemon, const char *name, struct knd_iface_view *iface, size_t *at);
/* Sends what is due and tells what came. False: the peer is gone. */
bool knd_pinger_step(struct knd_pinger *p, void *daemon, knd_pong_fn fn, void *ctx);
/* All were sent, and none is waited for. */
bool knd_pinger_is_done(const struct knd_pinger *p);
/* When to step again, from now. */
uint64_t knd_pinger_wait_ns(const struct knd_pinger *p);

#endif
