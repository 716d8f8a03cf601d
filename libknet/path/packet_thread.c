// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A packet thread: waits for its TAP queue and its sockets, reads batches, and hands them to rx.c
 * and tx.c. It reads the clock once per batch. In RCU terms it is offline while it waits, so
 * control's changes take effect at once even if no packet comes. Each has all of this for itself;
 * which packets come to which is workers.c's affair.
 *
 * If a link takes no more, it waits for a moment with the frames of that link and then lets the
 * others have their turn before it reads on: the TAP's queue fills, which senders on this machine
 * notice, and nothing stands still for longer than the moment.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "path/capture.h"
#include "path/handle.h"

/* Before the others have their turn. */
#define ROUNDS     4            /* batches of a link */
#define TURN_LEN   (512 * 1024) /* bytes of the TAP */
#define LAST_TURNS 4            /* at the end nobody else waits */

/* epoll tags: 0..7 are links. */
enum { TAG_TAP = KNET_MAX_LINKS, TAG_STOP, TAG_KICK };

static void io_send(void *ctx, struct kn_out *out, size_t cnt)
{
	struct kn_packet_thread *p = ctx;

	/* Runs of one link go out together; order is kept within a link. */
	for (size_t at = 0, end; at < cnt; at = end) {
		struct kn_udp *u = kn_rcu_read(&p->udp[out[at].link->idx]);

		for (end = at + 1; end < cnt && out[end].link->idx == out[at].link->idx; end++)
			;
		if (u != NULL) {
			kn_udp_send(u, out + at, end - at, &p->may_wait);
			if (kn_captures(p->worker.engine) != NULL)
				kn_capture_sent(&p->worker, &u->local, out + at, end - at);
			continue;
		}
		for (size_t i = at; i < end; i++)
			out[i].err = -ENETDOWN;
	}
}

/* Single frames of a batch are written together, and counted then. */
static void tap_flush(struct kn_packet_thread *p)
{
	if (p->tap_batch == NULL)
		return;
	struct kn_tap_written done = kn_tap_batch_flush(p->tap_batch);
	struct kn_counters *c = &p->worker.counters;

	kn_count(c, KN_C_TAP_TX_FRAMES, done.frames);
	kn_count(c, KN_C_TAP_TX_BYTES,
		 done.bytes - done.frames * kn_tap_form_extra(&p->handle->tap));
	kn_count(c, KN_C_TAP_TX_ERRORS, done.errors);
}

static int io_tap_write(void *ctx, struct kn_frame *f)
{
	struct kn_packet_thread *p = ctx;

	if (p->tap_batch != NULL && f->super == KN_SUPER_NONE &&
	    kn_tap_batch_add(p->tap_batch, kn_tap_form(&p->handle->tap, f)))
		return KN_TAP_LATER;
	/* What came before it goes before it. */
	tap_flush(p);
	return kn_tap_write(&p->handle->tap, p->worker.slot, f);
}

static void io_wake(void *ctx)
{
	struct kn_packet_thread *p = ctx;
	uint64_t one = 1;

	(void)!write(p->handle->report_fd, &one, sizeof(one));
}

static const struct kn_worker_io worker_io = {
	.send = io_send, .tap_write = io_tap_write, .wake = io_wake};

/* Until nothing is left there, or the links shall have their turn: then true. */
static bool read_tap(struct kn_packet_thread *p)
{
	struct kn_worker *w = &p->worker;
	uint64_t now = kn_clock_mono_ns();
	unsigned int cnt = 0;
	uint32_t len = 0;
	bool is_more = true;

	p->may_wait = true;
	while (is_more && p->may_wait && cnt < KN_INTAKE_CNT && len < TURN_LEN) {
		is_more = kn_intake_fill(&p->intake, &p->handle->tap, w->slot, &w->counters);
		for (struct kn_frame *f; p->may_wait && (f = kn_intake_next(&p->intake)) != NULL;
		     cnt++) {
			len += f->len;
			kn_tx_frame(w, f, now);
		}
	}
	kn_tx_flush(w);
	p->may_wait = false;
	return is_more;
}

static void read_link(struct kn_packet_thread *p, unsigned int link)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct kn_udp *u = kn_rcu_read(&p->udp[link]);
		struct kn_in *in;
		size_t cnt;
		int n = u == NULL ? -ENOENT : kn_udp_recv(u, p->batch, link, &in, &cnt);

		if (n <= 0)
			return;
		uint64_t now = kn_clock_mono_ns();

		if (kn_captures(p->worker.engine) != NULL)
			kn_capture_arrived(&p->worker, &u->local, in, cnt, now);
		kn_rx_datagrams(&p->worker, in, cnt, now);
		tap_flush(p);
		kn_tx_flush(&p->worker);
		if (n < KN_RECV_CNT)
			return;
	}
}

static void kick_read(struct kn_packet_thread *p)
{
	uint64_t cnt;

	(void)!read(p->kick_fd, &cnt, sizeof(cnt));
}

void kn_packet_thread_kick(struct kn_packet_thread *p)
{
	uint64_t one = 1;

	kn_tx_kick(&p->worker);
	(void)!write(p->kick_fd, &one, sizeof(one));
}

static void *thread_main(void *arg)
{
	struct kn_packet_thread *p = arg;
	struct epoll_event ev[KNET_MAX_LINKS + 3];
	bool is_ending = false;

	rcu_register_thread();
	kn_place_begin(&p->place);
	while (!is_ending) {
		kn_rcu_offline();
		int n = epoll_wait(p->epoll_fd, ev, KNET_MAX_LINKS + 3,
				   kn_intake_is_empty(&p->intake) ? kn_tx_wait_ms(&p->worker) : 0);

		kn_rcu_online();
		for (int i = 0; i < n; i++) {
			if (ev[i].data.u32 == TAG_STOP)
				is_ending = true;
			else if (ev[i].data.u32 == TAG_TAP)
				(void)read_tap(p);
			else if (ev[i].data.u32 == TAG_KICK)
				kick_read(p);
			else
				read_link(p, ev[i].data.u32);
		}
		/* Of these epoll knows nothing. */
		if (!kn_intake_is_empty(&p->intake))
			(void)read_tap(p);
		uint64_t now = kn_clock_mono_ns();

		kn_tx_work(&p->worker, now);
		kn_place_keep(&p->place, now);
	}
	/* What came before it was steered elsewhere, and the TAP's queue, which is closed next. */
	for (unsigned int i = 0; i < LAST_TURNS && read_tap(p); i++)
		;
	for (unsigned int link = 0; link < KNET_MAX_LINKS; link++)
		read_link(p, link);
	kn_place_end(&p->place);
	rcu_unregister_thread();
	return NULL;
}

static int epoll_add(int epoll_fd, int fd, uint32_t tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = tag};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0 ? -errno : 0;
}

static int thread_init(struct kn_packet_thread *p, unsigned int slot)
{
	struct knet_handle *h = p->handle;

	p->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	p->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->stop_fd < 0 || p->kick_fd < 0 || p->epoll_fd < 0)
		return -errno;
	int err = kn_worker_init(&p->worker, h->engine, slot);

	if (err != 0)
		return err;
	p->worker.io = &worker_io;
	p->worker.io_ctx = p;
	p->worker.takes =
		(struct kn_takes){.csum = h->tap.has.has_vnet_hdr, .uso = h->tap.has.takes_uso};
	p->tap_batch = kn_offload_tap_batch(h, slot);
	p->batch = kn_udp_batch_new();
	if (p->batch == NULL || kn_intake_init(&p->intake) != 0)
		return -ENOMEM;
	err = epoll_add(p->epoll_fd, p->stop_fd, TAG_STOP);
	if (err == 0)
		err = epoll_add(p->epoll_fd, p->kick_fd, TAG_KICK);
	return err == 0 ? epoll_add(p->epoll_fd, h->tap.fd[slot], TAG_TAP) : err;
}

int kn_packet_thread_new(struct knet_handle *h, unsigned int slot, struct kn_packet_thread **out)
{
	struct kn_packet_thread *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return -ENOMEM;
	p->handle = h;
	p->epoll_fd = -1;
	p->stop_fd = -1;
	p->kick_fd = -1;
	int err = thread_init(p, slot);

	if (err != 0) {
		kn_packet_thread_free(p);
		return err;
	}
	*out = p;
	return 0;
}

int kn_packet_thread_run(struct kn_packet_thread *p)
{
	sigset_t all, before;
	char name[16];

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&p->thread, NULL, thread_main, p);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err != 0)
		return -err;
	snprintf(name, sizeof(name), "knet-worker-%u", p->worker.slot);
	pthread_setname_np(p->thread, name);
	p->is_running = true;
	return 0;
}

struct kn_udp *kn_packet_thread_udp(struct kn_packet_thread *p, unsigned int link, struct kn_udp *u)
{
	struct kn_udp *before = p->udp[link];

	if (before != NULL)
		epoll_ctl(p->epoll_fd, EPOLL_CTL_DEL, before->fd, NULL);
	kn_rcu_publish(&p->udp[link], u);
	if (u != NULL)
		(void)epoll_add(p->epoll_fd, u->fd, link);
	return before;
}

static void worker_end(struct kn_packet_thread *p)
{
	struct kn_engine *e = p->handle->engine;

	/* At the end of the handle nobody acts on them any more. */
	if (p->handle->packet_cnt > 0)
		kn_worker_drain_reports(&p->worker, e->now);
	for (unsigned int i = 0; i < KN_C_COUNT; i++)
		kn_count(&e->counters, i, p->worker.counters.v[i]);
	kn_worker_fini(&p->worker);
}

void kn_packet_thread_free(struct kn_packet_thread *p)
{
	uint64_t one = 1;

	if (p == NULL)
		return;
	if (p->is_running) {
		(void)!write(p->stop_fd, &one, sizeof(one));
		pthread_join(p->thread, NULL);
	}
	if (p->worker.engine != NULL)
		worker_end(p);
	kn_udp_batch_free(p->batch);
	kn_tap_batch_free(p->tap_batch);
	kn_intake_fini(&p->intake);
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	if (p->stop_fd >= 0)
		close(p->stop_fd);
	if (p->kick_fd >= 0)
		close(p->kick_fd);
	free(p);
}
