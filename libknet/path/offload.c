// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the kernel does for us: what is in force, for whoever asks, and a line in the log when that
 * changes. Features are found by trying: most when a descriptor is opened, UDP_SEGMENT and super-
 * frames of UDP when the kernel refuses the first. Workers find that out, and may not log; control
 * looks after them.
 *
 * Control thread only.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "path/handle.h"

#define BIT(offload) (1U << (offload))
#define WATCH_NS     (100 * KN_MS)

struct kn_udp_setup kn_offload_udp_setup(const struct knet_handle *h)
{
	return (struct kn_udp_setup){
		.no_segment = (h->without & BIT(KNET_OFFLOAD_UDP_SEGMENT)) != 0,
		.no_gro = (h->without & BIT(KNET_OFFLOAD_UDP_GRO)) != 0,
		.dscp = h->dscp,
	};
}

void kn_offload_tap_setup(unsigned int without, struct kn_tap_setup *setup)
{
	setup->no_vnet_hdr = (without & BIT(KNET_OFFLOAD_VNET_HDR)) != 0;
	setup->no_offload = (without & BIT(KNET_OFFLOAD_TAP_TSO)) != 0;
	setup->no_uso = (without & BIT(KNET_OFFLOAD_TAP_USO)) != 0;
}

struct kn_tap_batch *kn_offload_tap_batch(const struct knet_handle *h, unsigned int slot)
{
	return h->without & BIT(KNET_OFFLOAD_TAP_BATCH) ? NULL : kn_tap_batch_new(h->tap.fd[slot]);
}

static bool is_batch_on(const struct knet_handle *h)
{
	bool is_on = (h->without & BIT(KNET_OFFLOAD_TAP_BATCH)) == 0;

	for (unsigned int i = 0; i < h->packet_cnt; i++)
		is_on &= h->packet[i]->tap_batch != NULL &&
			 kn_tap_batch_is_on(h->packet[i]->tap_batch);
	return is_on;
}

static unsigned int of_tap(const struct knet_handle *h)
{
	const struct kn_tap_features *has = &h->tap.has;
	bool takes_uso = has->takes_uso;

	for (unsigned int i = 0; i < h->packet_cnt; i++)
		takes_uso &= __atomic_load_n(&h->packet[i]->worker.takes.uso, __ATOMIC_RELAXED);
	return (has->has_vnet_hdr ? BIT(KNET_OFFLOAD_VNET_HDR) : 0) |
	       (has->gives_csum ? BIT(KNET_OFFLOAD_TAP_TSO) : 0) |
	       (has->gives_uso && takes_uso ? BIT(KNET_OFFLOAD_TAP_USO) : 0) |
	       (is_batch_on(h) ? BIT(KNET_OFFLOAD_TAP_BATCH) : 0);
}

static unsigned int of_socket(const struct kn_udp *u)
{
	bool has_segment = __atomic_load_n(&u->has_segment, __ATOMIC_RELAXED);

	return (has_segment ? BIT(KNET_OFFLOAD_UDP_SEGMENT) : 0) |
	       (u->has_gro ? BIT(KNET_OFFLOAD_UDP_GRO) : 0);
}

unsigned int kn_offload_in_force(const struct knet_handle *h)
{
	unsigned int sockets =
		(BIT(KNET_OFFLOAD_UDP_SEGMENT) | BIT(KNET_OFFLOAD_UDP_GRO)) & ~h->without;

	for (unsigned int i = 0; i < h->packet_cnt; i++)
		for (unsigned int link = 0; link < KNET_MAX_LINKS; link++)
			if (h->packet[i]->udp[link] != NULL)
				sockets &= of_socket(h->packet[i]->udp[link]);
	return of_tap(h) | sockets;
}

void kn_offload_watch(struct knet_handle *h)
{
	/* There may be hundreds of sockets, and nobody waits for the news. */
	if (h->engine->now < h->offloads_ns)
		return;
	unsigned int now = kn_offload_in_force(h), lost = h->offloads & ~now;

	h->offloads = now;
	h->offloads_ns = h->engine->now + WATCH_NS;
	for (unsigned int i = 0; i < KNET_OFFLOAD_COUNT; i++)
		if (lost & BIT(i))
			kn_log_printf(
				&h->engine->log, KNET_LOG_WARNING, "local",
				"the kernel does not do %s for us: the data path is slower without",
				knet_offload_name((enum knet_offload)i));
}
