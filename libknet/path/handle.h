/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_HANDLE_H
#define KN_PATH_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/engine.h"
#include "path/hs_thread.h"
#include "path/tap.h"
#include "path/udp.h"
#include "path/worker.h"

/* The packet thread: its worker, and the descriptors it waits for. */
struct kn_packet_thread {
	pthread_t thread;
	bool is_running;
	struct kn_worker worker;
	struct kn_udp_batch *batch;
	uint8_t *frame; /* for reading the TAP */
	int epoll_fd;
	int stop_fd; /* readable: end */
};

/* What stands behind the public header: an engine, and its threads and descriptors. */
struct knet_handle {
	struct kn_engine *engine;
	struct kn_tap tap;
	struct kn_udp *udp[KNET_MAX_LINKS]; /* control: wo, worker: ro, under RCU */
	struct kn_packet_thread packet;
	struct kn_hs_thread *hs;
	int epoll_fd;  /* what knet_fd() gives out */
	int timer_fd;  /* the engine's next timer */
	int report_fd; /* the worker has reported */
	uint64_t timer_at;
	char aead_name[64];
};

/* Start and end the packet thread (packet_thread.c). 0 or -errno. */
int kn_packet_thread_start(struct knet_handle *h) __attribute__((warn_unused_result));
void kn_packet_thread_stop(struct knet_handle *h);

/* Every public call is between these two: the calling thread is control, and online in RCU terms
 * only in between (handle.c). */
uint64_t kn_handle_enter(struct knet_handle *h);
void kn_handle_leave(struct knet_handle *h);

#endif
