// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The packet thread: waits for the TAP and the sockets, reads batches, and hands them to rx.c and
 * tx.c. It reads the clock once per batch. In RCU terms it is offline while it waits, so control's
 * changes take effect at once even if no packet comes.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "path/handle.h"

#define ROUNDS 4 /* batches of one descriptor before the others have their turn */

/* epoll tags: 0..7 are links. */
enum { TAG_TAP = KNET_MAX_LINKS, TAG_STOP };

static void io_send(void *ctx, struct kn_out *out, size_t cnt)
{
	struct knet_handle *h = ctx;

	/* Runs of one link go out together; order is kept within a link. */
	for (size_t at = 0, end; at < cnt; at = end) {
		struct kn_udp *u = kn_rcu_read(&h->udp[out[at].link->idx]);

		for (end = at + 1; end < cnt && out[end].link->idx == out[at].link->idx; end++)
			;
		if (u != NULL) {
			kn_udp_send(u, out + at, end - at);
			continue;
		}
		for (size_t i = at; i < end; i++)
			out[i].err = -ENETDOWN;
	}
}

static int io_tap_write(void *ctx, struct kn_frame *f)
{
	struct knet_handle *h = ctx;

	return kn_tap_write(&h->tap, 0, f);
}

static void io_wake(void *ctx)
{
	struct knet_handle *h = ctx;
	uint64_t one = 1;

	(void)!write(h->report_fd, &one, sizeof(one));
}

static const struct kn_worker_io worker_io = {
	.send = io_send, .tap_write = io_tap_write, .wake = io_wake};

static void read_tap(struct knet_handle *h)
{
	struct kn_worker *w = &h->packet.worker;
	uint64_t now = kn_clock_mono_ns();

	for (unsigned int i = 0; i < KN_BATCH; i++) {
		struct kn_frame f;
		int err = kn_tap_read(&h->tap, 0, h->packet.frame, &f);

		if (err == -EBADMSG)
			kn_count(&w->counters, KN_C_TX_BAD_OFFLOAD, 1);
		else if (err != 0)
			break;
		else
			kn_tx_frame(w, &f, now);
	}
	kn_tx_flush(w);
}

static void read_link(struct knet_handle *h, unsigned int link)
{
	struct kn_packet_thread *p = &h->packet;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct kn_udp *u = kn_rcu_read(&h->udp[link]);
		struct kn_in *in;
		size_t cnt;
		int n = u == NULL ? -ENOENT : kn_udp_recv(u, p->batch, link, &in, &cnt);

		if (n <= 0)
			return;
		kn_rx_datagrams(&p->worker, in, cnt, kn_clock_mono_ns());
		kn_tx_flush(&p->worker);
		if (n < KN_RECV_CNT)
			return;
	}
}

static void *thread_main(void *arg)
{
	struct knet_handle *h = arg;
	struct epoll_event ev[KNET_MAX_LINKS + 2];
	bool is_ending = false;

	rcu_register_thread();
	while (!is_ending) {
		kn_rcu_offline();
		int n = epoll_wait(h->packet.epoll_fd, ev, KNET_MAX_LINKS + 2, -1);

		kn_rcu_online();
		for (int i = 0; i < n; i++) {
			if (ev[i].data.u32 == TAG_STOP)
				is_ending = true;
			else if (ev[i].data.u32 == TAG_TAP)
				read_tap(h);
			else
				read_link(h, ev[i].data.u32);
		}
	}
	rcu_unregister_thread();
	return NULL;
}

static int epoll_add(int epoll_fd, int fd, uint32_t tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = tag};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0 ? -errno : 0;
}

static int thread_run(struct knet_handle *h)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&h->packet.thread, NULL, thread_main, h);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err != 0)
		return -err;
	pthread_setname_np(h->packet.thread, "knet-worker-0");
	h->packet.is_running = true;
	return 0;
}

int kn_packet_thread_start(struct knet_handle *h)
{
	struct kn_packet_thread *p = &h->packet;

	p->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->stop_fd < 0 || p->epoll_fd < 0)
		return -errno;
	int err = kn_worker_init(&p->worker, h->engine, 0);

	if (err != 0)
		return err;
	p->worker.io = &worker_io;
	p->worker.io_ctx = h;
	p->worker.takes =
		(struct kn_takes){.csum = h->tap.has.has_vnet_hdr, .uso = h->tap.has.takes_uso};
	p->batch = kn_udp_batch_new();
	p->frame = malloc(KN_FRAME_HEADROOM + KN_SUPER_MAX);
	if (p->batch == NULL || p->frame == NULL)
		return -ENOMEM;
	err = epoll_add(p->epoll_fd, p->stop_fd, TAG_STOP);
	if (err == 0)
		err = epoll_add(p->epoll_fd, h->tap.fd[0], TAG_TAP);
	return err == 0 ? thread_run(h) : err;
}

void kn_packet_thread_stop(struct knet_handle *h)
{
	struct kn_packet_thread *p = &h->packet;
	uint64_t one = 1;

	if (p->is_running) {
		(void)!write(p->stop_fd, &one, sizeof(one));
		pthread_join(p->thread, NULL);
		p->is_running = false;
	}
	if (p->worker.engine != NULL)
		kn_worker_fini(&p->worker);
	kn_udp_batch_free(p->batch);
	free(p->frame);
	p->batch = NULL;
	p->frame = NULL;
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	if (p->stop_fd >= 0)
		close(p->stop_fd);
	p->epoll_fd = -1;
	p->stop_fd = -1;
}
