/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_HANDLE_H
#define KN_PATH_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/engine.h"
#include "path/hs_thread.h"
#include "path/intake.h"
#include "path/place.h"
#include "path/tap.h"
#include "path/tap_batch.h"
#include "path/udp.h"
#include "path/worker.h"

/* A packet thread: its worker, and the descriptors it waits for. */
struct kn_packet_thread {
	struct knet_handle *handle;
	pthread_t thread;
	bool is_running;
	bool may_wait; /* for room in a send buffer: once each time that the TAP is read */
	struct kn_worker worker;
	struct kn_udp *udp[KNET_MAX_LINKS]; /* control: wo, worker: ro, under RCU */
	struct kn_udp_batch *batch;
	struct kn_intake intake;
	struct kn_place place;          /* the thread: rw */
	struct kn_tap_batch *tap_batch; /* NULL: each frame is written by itself */
	int epoll_fd;
	int stop_fd; /* readable: end */
	int kick_fd; /* readable: links have changed */
};

/* What stands behind the public header: an engine, and its threads and descriptors. */
struct knet_handle {
	struct kn_engine *engine;
	struct kn_tap tap; /* a queue for each worker */
	uint8_t dscp;      /* of all sockets */
	struct kn_packet_thread *packet[KNET_MAX_WORKERS];
	unsigned int packet_cnt;
	bool is_steered;             /* the kernel gives each worker its lanes */
	struct kn_capture *captures; /* running or stopped */
	struct kn_hs_thread *hs;
	int epoll_fd;  /* what knet_fd() gives out */
	int timer_fd;  /* the engine's next timer */
	int report_fd; /* counts how often a worker has reported; watched for edges */
	uint64_t timer_at;
	uint64_t tap_drops;    /* of the kernel's count, already in ours */
	unsigned int without;  /* bits of enum knet_offload: not to be used */
	unsigned int offloads; /* and those in force when they were last looked at */
	uint64_t offloads_ns;  /* when to look again */
	char aead_name[64];
};

/* What the kernel does for us (offload.c). Control. */
struct kn_udp_setup kn_offload_udp_setup(const struct knet_handle *h);
struct kn_tap_batch *kn_offload_tap_batch(const struct knet_handle *h, unsigned int slot)
	__attribute__((warn_unused_result)); /* NULL: none */
void kn_offload_tap_setup(unsigned int without, struct kn_tap_setup *setup);
unsigned int kn_offload_in_force(const struct knet_handle *h);
/* Logs what is no longer in force. */
void kn_offload_watch(struct knet_handle *h);

/* The packet threads have ended: all captures are freed (api_capture.c). Control. */
void kn_captures_end(struct knet_handle *h);

/* A packet thread (packet_thread.c): made, with the TAP queue of its slot, but not running. Its
 * sockets are published to it before it runs, or any time later. 0, or -errno and *out NULL. */
int kn_packet_thread_new(struct knet_handle *h, unsigned int slot, struct kn_packet_thread **out)
	__attribute__((warn_unused_result));
int kn_packet_thread_run(struct kn_packet_thread *p) __attribute__((warn_unused_result));
/* Ends it, after it has read what waits, and frees it; not its sockets. Its counts go to control's,
 * its last reports are acted on. NULL is allowed. */
void kn_packet_thread_free(struct kn_packet_thread *p);
/* The socket it receives from on a link, and sends on. NULL: none. The one before is returned, not
 * closed, and may be in use until a grace period is over. Control. */
struct kn_udp *kn_packet_thread_udp(struct kn_packet_thread *p, unsigned int link, struct kn_udp *u)
	__attribute__((warn_unused_result));
/* Control: links have changed, and something may have to be sent again. */
void kn_packet_thread_kick(struct kn_packet_thread *p);

/*
 * All packet threads of a handle, and their sockets (workers.c). Control.
 */
/* How many there are to be for a wish, where 0 means one per CPU that the process may use. */
unsigned int kn_workers_wanted(unsigned int wish);
/* More or fewer, at any time. 0 or -errno: as many as before. */
int kn_workers_set(struct knet_handle *h, unsigned int cnt) __attribute__((warn_unused_result));
/* For the end: none are left, nor their sockets. */
void kn_workers_stop(struct knet_handle *h);
/* A socket for each worker, in place of those the link has. 0 or -errno: nothing has changed. */
int kn_workers_link_open(struct knet_handle *h, unsigned int link, const union kn_addr *local)
	__attribute__((warn_unused_result));
void kn_workers_link_close(struct knet_handle *h, unsigned int link);
/* Marks what leaves from now on, also by sockets yet to come. 0, or the first -errno. */
int kn_workers_dscp_set(struct knet_handle *h, uint8_t dscp) __attribute__((warn_unused_result));
/* What the kernel has dropped is counted now, too. */
void kn_workers_count_drops(struct knet_handle *h);

/* Every public call is between these two: the calling thread is control, and online in RCU terms
 * only in between (handle.c). */
uint64_t kn_handle_enter(struct knet_handle *h);
void kn_handle_leave(struct knet_handle *h);

#endif
