// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The packet threads of a handle. Worker n has queue n of the TAP, socket n of each link and slot n
 * of each session; they share nothing that is written for each packet. The kernel decides who gets
 * what: a frame of the TAP goes where its flow went before, a datagram to the worker that its lane
 * names (udp.c). Should it not, two workers may meet at a lane or a flow may lose its order for a
 * moment, but nothing gets lost or comes twice (core/session.c).
 *
 * Their number can change at any time. New ones are complete before anything is steered to them,
 * and what is steered to old ones goes elsewhere before they end. Worker 0 is always there; what
 * control sends leaves by its sockets. Control only.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "path/handle.h"

#define AUTO_MAX KNET_MAX_WORKERS

unsigned int kn_workers_wanted(unsigned int wish)
{
	cpu_set_t cpus;

	if (wish != 0)
		return wish;
	/* Fails on a machine of more CPUs than the set has. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return AUTO_MAX;
	unsigned int cnt = (unsigned int)CPU_COUNT(&cpus);

	return cnt < AUTO_MAX ? cnt : AUTO_MAX;
}

static void drops_count(struct knet_handle *h, struct kn_udp *u)
{
	kn_count(&h->engine->counters, KN_C_UDP_RX_OVERFLOW, kn_udp_drops(u));
}

/* ---- sockets --------------------------------------------------------------------------------- */

static void udp_reclaimed(struct kn_reclaim_item *item, void *ctx)
{
	(void)ctx;
	kn_udp_close(caa_container_of(item, struct kn_udp, reclaim));
}

static void udp_replace(struct knet_handle *h, unsigned int slot, unsigned int link,
			struct kn_udp *u)
{
	struct kn_udp *before = kn_packet_thread_udp(h->packet[slot], link, u);

	if (before == NULL)
		return;
	drops_count(h, before);
	kn_reclaim_later(&h->engine->reclaim, &before->reclaim, udp_reclaimed);
}

/* Lanes to the first cnt workers of a group. */
static bool steer(struct knet_handle *h, const struct kn_udp *first, unsigned int cnt)
{
	int err = kn_udp_steer(first, cnt);

	if (err != 0 && cnt > 1 && h->is_steered)
		kn_log_printf(
			&h->engine->log, KNET_LOG_WARNING, "worker",
			"the kernel does not steer datagrams by lane (%s): a peer's traffic on one "
			"link is received by one worker",
			strerror(-err));
	h->is_steered = err == 0;
	return err == 0;
}

static void links_steer(struct knet_handle *h, unsigned int cnt)
{
	for (unsigned int link = 0; link < KNET_MAX_LINKS; link++) {
		const struct kn_udp *first = h->packet[0]->udp[link];

		/* One that has been united is alone. */
		if (first != NULL && (h->packet_cnt > 1 || !kn_udp_is_united(first)))
			(void)steer(h, first, cnt);
	}
}

static void group_close(struct kn_udp **group, unsigned int cnt)
{
	while (cnt > 0)
		kn_udp_close(group[--cnt]);
}

static int group_open(struct knet_handle *h, const union kn_addr *local, struct kn_udp **group)
{
	const struct kn_udp_setup setup = kn_offload_udp_setup(h);

	for (unsigned int i = 0; i < h->packet_cnt; i++) {
		int err = kn_udp_open(local, &setup, i == 0 ? NULL : group[0], i, &group[i]);

		if (err != 0) {
			group_close(group, i);
			return err;
		}
	}
	return 0;
}

int kn_workers_link_open(struct knet_handle *h, unsigned int link, const union kn_addr *local)
{
	struct kn_udp *group[KNET_MAX_WORKERS];
	int err = group_open(h, local, group);

	/* A link that was closed or moved just now may hold it: its sockets go after a grace
	 * period. */
	if (err == -EADDRINUSE && h->engine->reclaim.pending > 0) {
		kn_reclaim_wait(&h->engine->reclaim);
		err = group_open(h, local, group);
	}
	if (err != 0)
		return err;
	bool is_steered = steer(h, group[0], h->packet_cnt);

	for (unsigned int i = 0; i < h->packet_cnt; i++) {
		if (!is_steered)
			kn_udp_unite(group[i], h->dscp);
		udp_replace(h, i, link, group[i]);
	}
	return 0;
}

void kn_workers_link_close(struct knet_handle *h, unsigned int link)
{
	for (unsigned int i = 0; i < h->packet_cnt; i++)
		udp_replace(h, i, link, NULL);
}

int kn_workers_dscp_set(struct knet_handle *h, uint8_t dscp)
{
	int first = 0;

	h->dscp = dscp;
	for (unsigned int i = 0; i < h->packet_cnt; i++) {
		for (unsigned int link = 0; link < KNET_MAX_LINKS; link++) {
			struct kn_udp *u = h->packet[i]->udp[link];
			int err = u == NULL ? 0 : kn_udp_dscp_set(u, dscp);

			if (first == 0)
				first = err;
		}
	}
	return first;
}

/* The sockets of one more worker, in the groups of those that are there. */
static int sockets_join(struct knet_handle *h, struct kn_packet_thread *p, unsigned int slot)
{
	const struct kn_udp_setup setup = kn_offload_udp_setup(h);

	for (unsigned int link = 0; link < KNET_MAX_LINKS; link++) {
		const struct kn_udp *first = slot == 0 ? NULL : h->packet[0]->udp[link];
		struct kn_udp *u;

		if (first == NULL)
			continue;
		int err = kn_udp_open(&h->engine->local[link].addr, &setup, first, slot, &u);

		if (err != 0)
			return err;
		if (kn_udp_is_united(first))
			kn_udp_unite(u, setup.dscp);
		kn_assert(kn_packet_thread_udp(p, link, u) == NULL);
	}
	return 0;
}

/* ---- workers --------------------------------------------------------------------------------- */

/* Of a thread that never ran or has ended: nobody else uses its sockets. */
static void thread_end(struct knet_handle *h, struct kn_packet_thread *p)
{
	struct kn_udp *udp[KNET_MAX_LINKS];

	for (unsigned int link = 0; p != NULL && link < KNET_MAX_LINKS; link++)
		udp[link] = p->udp[link];
	kn_packet_thread_free(p);
	for (unsigned int link = 0; p != NULL && link < KNET_MAX_LINKS; link++) {
		if (udp[link] == NULL)
			continue;
		drops_count(h, udp[link]);
		kn_udp_close(udp[link]);
	}
}

static int worker_add(struct knet_handle *h)
{
	unsigned int slot = h->packet_cnt;
	int err = slot < h->tap.queue_cnt ? 0 : kn_tap_queue_add(&h->tap);

	if (err != 0)
		return err;
	struct kn_packet_thread *p;

	err = kn_packet_thread_new(h, slot, &p);
	if (err == 0)
		err = sockets_join(h, p, slot);
	if (err == 0)
		err = kn_packet_thread_run(p);
	if (err != 0) {
		thread_end(h, p);
		kn_tap_queue_del(&h->tap);
		return err;
	}
	h->packet[h->packet_cnt++] = p;
	return 0;
}

static void workers_end(struct knet_handle *h, unsigned int left)
{
	if (left > 0)
		links_steer(h, left);
	while (h->packet_cnt > left) {
		struct kn_packet_thread *p = h->packet[--h->packet_cnt];

		h->packet[h->packet_cnt] = NULL;
		thread_end(h, p);
		/* Worker 0's queue is the device. */
		if (h->packet_cnt > 0)
			kn_tap_queue_del(&h->tap);
	}
}

int kn_workers_set(struct knet_handle *h, unsigned int cnt)
{
	unsigned int before = h->packet_cnt;

	while (h->packet_cnt < cnt) {
		int err = worker_add(h);

		if (err != 0) {
			workers_end(h, before);
			return err;
		}
	}
	if (cnt < before)
		workers_end(h, cnt);
	else
		links_steer(h, cnt);
	return 0;
}

void kn_workers_stop(struct knet_handle *h)
{
	workers_end(h, 0);
}

void kn_workers_count_drops(struct knet_handle *h)
{
	uint64_t tap = kn_tap_drops(&h->tap);

	for (unsigned int i = 0; i < h->packet_cnt; i++)
		for (unsigned int link = 0; link < KNET_MAX_LINKS; link++)
			if (h->packet[i]->udp[link] != NULL)
				drops_count(h, h->packet[i]->udp[link]);
	if (tap > h->tap_drops)
		kn_count(&h->engine->counters, KN_C_TAP_RX_DROP, tap - h->tap_drops);
	h->tap_drops = tap;
}
