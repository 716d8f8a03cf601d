// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Behind the public header: a handle's life, and its control side. The program polls one descriptor
 * (an epoll of timer, reports and finished jobs) and calls knet_dispatch(); control runs in
 * whatever thread that is. Reports are acted on before timers, so an answer that has arrived is
 * never called late.
 */
#include "path/handle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "live/engine.h"
#include "live/handshake.h"
#include "live/liveness.h"
#include "path/capture.h"

#define TAP_QUEUE_LEN 1000 /* frames; path/intake.c limits bytes */

/* What control waits for: epoll's tags. */
enum { WAIT_TIMER, WAIT_REPORTS, WAIT_JOBS, WAIT_CNT };

/* Several handles may live in one thread; it registers with RCU once. */
static __thread unsigned int rcu_users;

static void rcu_begin(void)
{
	if (rcu_users++ == 0)
		rcu_register_thread();
}

static void rcu_end(void)
{
	if (--rcu_users == 0)
		rcu_unregister_thread();
}

static int io_send(void *ctx, unsigned int link, const union kn_addr *to, const uint8_t *buf,
		   size_t len)
{
	struct knet_handle *h = ctx;

	const struct kn_udp *u = h->packet[0]->udp[link];
	int err = u == NULL ? -ENETDOWN : kn_udp_send_urgent(u, to, buf, len);

	if (err == 0 && kn_captures(h->engine) != NULL)
		kn_capture_control_sent(h->engine, link,
					&(struct kn_capture_way){.local = &u->local, .remote = to},
					(struct kn_bytes){buf, len});
	return err;
}

static bool io_submit(void *ctx, struct kn_hs_job *job)
{
	struct knet_handle *h = ctx;

	return kn_hs_thread_submit(h->hs, job);
}

static bool io_is_unread(void *ctx, unsigned int link, uint64_t since_ns)
{
	struct knet_handle *h = ctx;

	(void)since_ns;
	/* Control's datagrams and the answers of worker 0, which has the peer's probes, are steered
	 * to worker 0. */
	for (unsigned int i = 0; i < (h->is_steered ? 1 : h->packet_cnt); i++)
		if (h->packet[i]->udp[link] != NULL && kn_udp_is_unread(h->packet[i]->udp[link]))
			return true;
	return false;
}

static uint64_t io_realtime(void *ctx)
{
	(void)ctx;
	return kn_clock_real_ns();
}

static void io_kick(void *ctx)
{
	struct knet_handle *h = ctx;

	for (unsigned int i = 0; i < h->packet_cnt; i++)
		kn_packet_thread_kick(h->packet[i]);
}

static const struct kn_io engine_io = {.send = io_send,
				       .submit = io_submit,
				       .is_unread = io_is_unread,
				       .kick = io_kick,
				       .realtime = io_realtime};

static void rng_fill(void *ctx, void *out, size_t len)
{
	(void)ctx;
	/* A host without randomness must not send a single datagram. */
	if (kn_random_os(out, len) != 0)
		abort();
}

uint64_t kn_handle_enter(struct knet_handle *h)
{
	kn_rcu_online();
	h->engine->now = kn_clock_mono_ns();
	return h->engine->now;
}

static void timer_arm(struct knet_handle *h)
{
	uint64_t at = kn_engine_next(h->engine);
	struct itimerspec its = {0};

	if (at == h->timer_at)
		return;
	h->timer_at = at;
	if (at != KN_NEVER) {
		its.it_value.tv_sec = (time_t)(at / KN_SEC);
		its.it_value.tv_nsec = (long)(at % KN_SEC);
		if (at == 0)
			its.it_value.tv_nsec = 1;
	}
	timerfd_settime(h->timer_fd, TFD_TIMER_ABSTIME, &its, NULL);
}

void kn_handle_leave(struct knet_handle *h)
{
	timer_arm(h);
	kn_rcu_quiescent();
	kn_rcu_offline();
}

/* Takes what the descriptors tell. That asks no more calls of the kernel than there is news: a
 * counter tells each time that it grows, read or not, and a timer that is set anew has not fired.
 */
static struct kn_hs_job *news_take(struct knet_handle *h)
{
	struct epoll_event ev[WAIT_CNT];
	struct kn_hs_job *jobs = NULL;
	int n = epoll_wait(h->epoll_fd, ev, WAIT_CNT, 0);

	for (int i = 0; i < n; i++) {
		if (ev[i].data.u32 == WAIT_TIMER)
			h->timer_at = 0;
		else if (ev[i].data.u32 == WAIT_JOBS)
			jobs = kn_hs_thread_done(h->hs);
	}
	return jobs;
}

int knet_dispatch(struct knet_handle *h)
{
	uint64_t now = kn_handle_enter(h);
	struct kn_hs_job *job = news_take(h);

	for (unsigned int i = 0; i < h->packet_cnt; i++)
		kn_worker_drain_reports(&h->packet[i]->worker, now);
	while (job != NULL) {
		struct kn_hs_job *next = job->next;

		kn_handshake_job_done(h->engine, job, now);
		job = next;
	}
	kn_engine_step(h->engine, now);
	kn_offload_watch(h);
	kn_handle_leave(h);
	return 0;
}

static int control_fd_add(struct knet_handle *h, int fd, uint32_t events, uint32_t tag)
{
	struct epoll_event ev = {.events = events, .data.u32 = tag};

	return epoll_ctl(h->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0 ? -errno : 0;
}

static int fds_open(struct knet_handle *h)
{
	h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	h->report_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (h->epoll_fd < 0 || h->timer_fd < 0 || h->report_fd < 0)
		return -errno;
	int err = kn_hs_thread_new(&h->hs);

	if (err == 0)
		err = control_fd_add(h, h->timer_fd, EPOLLIN, WAIT_TIMER);
	if (err == 0)
		err = control_fd_add(h, h->report_fd, EPOLLIN | EPOLLET, WAIT_REPORTS);
	return err == 0 ? control_fd_add(h, kn_hs_thread_fd(h->hs), EPOLLIN | EPOLLET, WAIT_JOBS)
			: err;
}

/* Locally administered, and the same at every start. */
static int mac_make(const struct knet_params *p, uint8_t mac[6])
{
	uint8_t digest[KN_SHA256_LEN];
	uint8_t id[2] = {(uint8_t)(p->host_id >> 8), (uint8_t)p->host_id};
	const struct kn_bytes part[2] = {{"knet tap address", 16}, {id, sizeof(id)}};

	if (p->mac != NULL) {
		memcpy(mac, p->mac, 6);
		return 0;
	}
	int err = kn_hmac_sha256((struct kn_bytes){p->secret, KNET_SECRET_LEN}, part, 2, digest);

	memcpy(mac, digest, 6);
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
	return err;
}

static int engine_make(struct knet_handle *h, const struct knet_params *p)
{
	struct kn_engine_setup setup = {.params = p,
					.io = &engine_io,
					.io_ctx = h,
					.rng = {.fill = rng_fill},
					.aead = kn_aead_backend_pick(p->aead_backend),
					.now = kn_clock_mono_ns()};

	if (setup.aead == NULL)
		return -ENOSYS;
	snprintf(h->aead_name, sizeof(h->aead_name), "%s", setup.aead->name);
	h->engine = kn_engine_new(&setup);
	return h->engine == NULL ? -ENOMEM : 0;
}

static bool params_are_valid(const struct knet_params *p)
{
	return p->host_id != 0 && p->tap_name != NULL && p->tap_name[0] != '\0' &&
	       p->secret != NULL && p->workers <= KNET_MAX_WORKERS &&
	       (unsigned int)p->suite < KNET_SUITE_COUNT;
}

static struct knet_handle *handle_alloc(void)
{
	struct knet_handle *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->epoll_fd = -1;
	h->timer_fd = -1;
	h->report_fd = -1;
	h->is_steered = true;
	return h;
}

static void fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* In the reverse order of knet_handle_new(), as far as it had come. RCU: online. */
static void handle_undo(struct knet_handle *h)
{
	if (h->engine != NULL) {
		kn_workers_stop(h);
		kn_captures_end(h);
	}
	if (h->hs != NULL)
		kn_hs_thread_free(h->hs);
	if (h->engine != NULL)
		kn_engine_free(h->engine);
	kn_tap_close(&h->tap);
	fd_close(h->report_fd);
	fd_close(h->timer_fd);
	fd_close(h->epoll_fd);
	free(h);
	kn_rcu_offline();
	rcu_end();
	kn_crypto_fini();
}

static int tap_make(struct knet_handle *h, const struct knet_params *params, const uint8_t *mac)
{
	struct kn_tap_setup setup = {
		.name = params->tap_name, .mac = mac, .queue_len = TAP_QUEUE_LEN};

	h->without = params->without;
	kn_offload_tap_setup(params->without, &setup);
	return kn_tap_open(&h->tap, &setup);
}

int knet_handle_new(const struct knet_params *params, struct knet_handle **out)
{
	uint8_t mac[6];

	if (!params_are_valid(params))
		return -EINVAL;
	struct knet_handle *h = handle_alloc();

	if (h == NULL)
		return -ENOMEM;
	int err = kn_crypto_init();

	if (err != 0) {
		free(h);
		return err;
	}
	rcu_begin();
	kn_rcu_online();
	err = engine_make(h, params);
	if (err == 0)
		err = mac_make(params, mac);
	if (err == 0)
		err = tap_make(h, params, mac);
	if (err == 0)
		err = fds_open(h);
	if (err == 0)
		err = kn_workers_set(h, kn_workers_wanted(params->workers));
	if (err != 0) {
		handle_undo(h);
		return err;
	}
	/* What was wished for, or found missing on opening, is news now. */
	h->offloads = (1U << KNET_OFFLOAD_COUNT) - 1;
	kn_offload_watch(h);
	kn_handle_leave(h);
	*out = h;
	return 0;
}

static void leave_all(struct kn_engine *e)
{
	const uint8_t msg[1] = {KN_CONTROL_LEAVE};
	struct kn_host *host;

	cds_list_for_each_entry(host, &e->active, active_node)
		for (unsigned int i = 0; i < KNET_MAX_LINKS; i++)
			if (host->links[i] != NULL && host->links[i]->state == KNET_LINK_UP)
				(void)kn_control_send(e, host, host->links[i], msg, sizeof(msg));
}

void knet_handle_free(struct knet_handle *h)
{
	if (h == NULL)
		return;
	kn_handle_enter(h);
	leave_all(h->engine);
	h->engine->log.fn = NULL; /* what follows is not news */
	handle_undo(h);
}

int knet_fd(const struct knet_handle *h)
{
	return h->epoll_fd;
}

const char *knet_tap_name(const struct knet_handle *h)
{
	return h->tap.name;
}

const char *knet_aead_backend_name(const struct knet_handle *h)
{
	return h->aead_name;
}

void knet_public_key(const struct knet_handle *h, uint8_t out[KNET_KEY_LEN])
{
	memcpy(out, h->engine->pub, KNET_KEY_LEN);
}
