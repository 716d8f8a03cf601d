// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The daemon at work: one libqb loop in one thread, the control thread, which polls the handles of
 * the engine, netlink, the control socket and signals. Every change of the configuration, from a
 * client, at the start or by SIGHUP, goes through its transactions (daemon_ctl.c).
 *
 * An interface whose TAP was taken away, or whose handle has failed, is made anew after a moment;
 * the others go on.
 */
#include "knetd/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <qb/qblog.h>

#include "knetd/apply.h"
#include "knetd/audit.h"
#include "knetd/clock.h"
#include "knetd/cmd/kcl.h"
#include "knetd/log.h"
#include "knetd/notify.h"
#include "knetd/priv.h"
#include "knetd/startup.h"

#define EVENTS_ROOM      4096
#define SECOND_NS        1000000000ULL
#define REVIVAL_NS       (1000000000ULL / 10)
#define REVIVAL_AGAIN_NS (5 * 1000000000ULL)

/* ---- events ---------------------------------------------------------------------------------- */

static void event_take(struct knd_daemon *d, const struct knd_iface *iface,
		       const struct knet_event *ev)
{
	struct knd_event event = {
		.realtime_ns = ev->realtime_ns, .level = (uint8_t)ev->level, .link = ev->link};
	struct knet_peer_info peer;

	snprintf(event.kind, sizeof(event.kind), "%s", knet_event_kind_name(ev->kind));
	snprintf(event.iface, sizeof(event.iface), "%s", iface->name);
	snprintf(event.text, sizeof(event.text), "%s", ev->text);
	if (ev->peer != 0 && knet_peer_info_get(iface->handle, ev->peer, &peer) == 0)
		snprintf(event.peer, sizeof(event.peer), "%s", peer.name);
	knd_ring_add(d->events, &event);
}

static void iface_collect(struct knd_daemon *d, struct knd_iface *iface)
{
	const uint64_t before = iface->event_seq;
	struct knet_event ev;

	while (knet_event_next(iface->handle, iface->event_seq, &ev) == 1) {
		event_take(d, iface, &ev);
		iface->event_seq = ev.seq;
	}
	/* A capture is read by its client's command. */
	if (d->server && (iface->event_seq != before || knet_capture_is_filling(iface->handle)))
		knd_server_wake(d->server);
}

void knd_daemon_collect(struct knd_daemon *d)
{
	for (struct knd_iface *iface = d->ifaces.first; iface; iface = iface->next)
		iface_collect(d, iface);
}

/* struct knd_log: a line was written. */
static void on_log_line(void *arg)
{
	struct knd_daemon *d = arg;

	if (d->server)
		knd_server_wake(d->server);
}

/* ---- lost interfaces ------------------------------------------------------------------------- */

static void revive(void *data);

static void revival_schedule(struct knd_daemon *d, uint64_t delay_ns)
{
	if (d->revival)
		return;
	if (qb_loop_timer_add(d->loop, QB_LOOP_MED, delay_ns, d, revive, &d->revival) < 0)
		qb_log(LOG_ERR, "daemon: no timer to make a lost interface anew");
}

static void revive(void *data)
{
	struct knd_daemon *d = data;
	const struct kcl_config *running = knd_txn_running(d->txn);
	struct knd_iface *iface = d->ifaces.first;
	struct knd_why why;

	d->revival = 0;
	while (iface) {
		struct knd_iface *next = iface->next;

		if (iface->is_lost)
			knd_iface_down(&d->ifaces, iface);
		iface = next;
	}
	if (knd_apply(&d->ifaces, running, running, false, &why) < 0) {
		qb_log(LOG_ERR, "daemon: a lost interface cannot be made anew: %s", why.text);
		revival_schedule(d, REVIVAL_AGAIN_NS);
	}
}

static void iface_lose(struct knd_daemon *d, struct knd_iface *iface, const char *reason)
{
	if (iface->is_lost)
		return;
	iface->is_lost = true;
	qb_log(LOG_ERR, "daemon: interface %s: %s: it is made anew", iface->name, reason);
	revival_schedule(d, REVIVAL_NS);
}

static void iface_follow(struct knd_daemon *d, struct knd_iface *iface)
{
	const struct kcl_iface *cfg = kcl_iface_find(knd_txn_running(d->txn), iface->name);
	struct knd_why why;
	struct knd_dev dev;

	if (knd_net_dev_find(d->net, iface->index, &dev))
		iface->is_seen = true;
	else if (iface->is_seen)
		iface_lose(d, iface, "its TAP is gone");
	if (iface->is_lost)
		return;
	if (knd_iface_follow(&d->ifaces, iface, cfg, &why) < 0)
		qb_log(LOG_WARNING, "daemon: %s", why.text);
}

/* ---- what the loop calls --------------------------------------------------------------------- */

static int32_t on_engine(int32_t fd, int32_t revents, void *data)
{
	struct knd_daemon *d = data;
	const uint64_t began_ns = knd_now_ns();

	(void)revents;
	for (struct knd_iface *iface = d->ifaces.first; iface; iface = iface->next) {
		int rc;

		if (knet_fd(iface->handle) != fd || iface->is_lost)
			continue;
		rc = knet_dispatch(iface->handle);
		iface_collect(d, iface);
		if (rc < 0)
			iface_lose(d, iface, strerror(-rc));
		else if (knet_mtu_narrowest(iface->handle) != iface->narrowest)
			iface_follow(d, iface);
		break;
	}
	knd_urgent_worked(&d->urgent, began_ns, knd_now_ns());
	return 0;
}

/* struct knd_ifaces: a handle comes or goes. */
static void on_handle(void *arg, struct knd_iface *iface, bool is_there)
{
	struct knd_daemon *d = arg;
	const int fd = knet_fd(iface->handle);

	if (!is_there) {
		iface_collect(d, iface);
		qb_loop_poll_del(d->loop, fd);
	} else if (qb_loop_poll_add(d->loop, QB_LOOP_HIGH, fd, POLLIN, d, on_engine) < 0)
		iface_lose(d, iface, "cannot be polled");
	qb_log(LOG_NOTICE, "daemon: interface %s %s", iface->name,
	       is_there ? "is live" : "has ended");
}

static int32_t on_net(int32_t fd, int32_t revents, void *data)
{
	struct knd_daemon *d = data;
	const int rc = knd_net_dispatch(d->net);

	(void)fd;
	(void)revents;
	if (rc < 0)
		qb_log(LOG_ERR, "netlink: %s", strerror(-rc));
	for (struct knd_iface *iface = d->ifaces.first; iface && rc > 0; iface = iface->next)
		iface_follow(d, iface);
	return 0;
}

static int32_t on_end(int32_t sig, void *data)
{
	struct knd_daemon *d = data;

	qb_log(LOG_NOTICE, "daemon: ends by signal %d", sig);
	qb_loop_stop(d->loop);
	return 0;
}

/* SIGHUP: what differs between the startup configuration and the running one takes effect. */
static int32_t on_reload(int32_t sig, void *data)
{
	struct knd_daemon *d = data;
	const struct knd_who self = {.user = "knetd"};
	struct knd_why why = {""};

	(void)sig;
	knd_notify_reloading();
	knd_urgent_pause(&d->urgent);
	if (knd_daemon_reload(d, &self, &why) < 0)
		qb_log(LOG_ERR, "config: %s is not loaded: %s", d->opt->config_path, why.text);
	knd_urgent_resume(&d->urgent);
	knd_notify_ready();
	return 0;
}

static void on_watchdog(void *data)
{
	struct knd_daemon *d = data;

	knd_notify_watchdog();
	qb_loop_timer_add(d->loop, QB_LOOP_MED, knd_notify_watchdog_ns() / 2, d, on_watchdog,
			  &d->watchdog);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Returns how many frames have passed so far. */
static uint64_t iface_load_step(struct knd_iface *iface, const struct kcl_iface *cfg)
{
	struct knet_counter counter[KND_HANDLE_COUNTERS_MAX];
	const struct knd_counters from = {.handle = iface->handle};
	const size_t cnt = knd_handle_counters(&from, counter);
	uint64_t value[KND_LOAD_COUNT] = {0};
	struct knet_handle_info info;

	knet_handle_info_get(iface->handle, &info);
	value[KND_LOAD_RX_BYTES] = info.rx_bytes;
	value[KND_LOAD_TX_BYTES] = info.tx_bytes;
	value[KND_LOAD_RX_FRAMES] = info.rx_frames;
	value[KND_LOAD_TX_FRAMES] = info.tx_frames;
	for (size_t i = 0; i < cnt; i++)
		value[KND_LOAD_COUNTERS + i] = counter[i].value;
	knd_load_step(&iface->load, knd_now_ns(), value, cfg->load_interval_s);
	return info.rx_frames + info.tx_frames;
}

/* `debug` ends by itself; what the disk refused is told; and how much passes is looked at. */
static void on_second(void *data)
{
	struct knd_daemon *d = data;
	qb_loop_timer_handle handle;
	uint64_t frame_cnt = 0;

	knd_log_expire();
	knd_txn_mind(d->txn);
	for (struct knd_iface *iface = d->ifaces.first; iface; iface = iface->next)
		frame_cnt += iface_load_step(iface,
					     kcl_iface_find(knd_txn_running(d->txn), iface->name));
	knd_urgent_users(&d->urgent, frame_cnt);
	qb_loop_timer_add(d->loop, QB_LOOP_LOW, SECOND_NS, d, on_second, &handle);
}

static int loop_start(struct knd_daemon *d)
{
	qb_loop_signal_handle handle;
	int rc = 0;

	signal(SIGPIPE, SIG_IGN);
	rc |= qb_loop_signal_add(d->loop, QB_LOOP_HIGH, SIGTERM, d, on_end, &handle);
	rc |= qb_loop_signal_add(d->loop, QB_LOOP_HIGH, SIGINT, d, on_end, &handle);
	rc |= qb_loop_signal_add(d->loop, QB_LOOP_HIGH, SIGHUP, d, on_reload, &handle);
	rc |= qb_loop_poll_add(d->loop, QB_LOOP_HIGH, knd_net_fd(d->net), POLLIN, d, on_net);
	return rc < 0 ? -EIO : 0;
}

static int parts_start(struct knd_daemon *d, struct knd_why *why)
{
	int rc = knd_net_new(&d->net);

	if (rc < 0)
		return knd_why_say(why, rc, "netlink: %s", strerror(-rc));
	d->ifaces.net = d->net;
	rc = knd_server_new(d->loop, d->opt->socket_path, &knd_ctl_ops, d, &d->server);
	if (rc == -EADDRINUSE)
		return knd_why_say(why, rc, "%s: another daemon serves this socket",
				   d->opt->socket_path);
	if (rc < 0)
		return knd_why_say(why, rc, "%s: %s", d->opt->socket_path, strerror(-rc));
	rc = knd_priv_drop();
	if (rc < 0)
		return knd_why_say(why, rc, "cannot give up rights: %s", strerror(-rc));
	rc = loop_start(d);
	return rc < 0 ? knd_why_say(why, rc, "the main loop cannot be set up") : 0;
}

int knd_daemon_start(struct knd_daemon *d, const struct knd_options *opt, struct knd_why *why)
{
	struct kcl_config *config = NULL;
	bool is_whole;
	int rc = -ENOMEM;

	*d = (struct knd_daemon){
		.opt = opt,
		.loop = qb_loop_create(),
		.audit = knd_audit_new(),
		.ifaces = {.log = knd_log_engine,
			   .without = opt->without,
			   .on_handle = on_handle,
			   .arg = d},
		.started_ns = knd_now_ns(),
		.events = knd_ring_new(EVENTS_ROOM),
	};
	d->txn = knd_txn_new(&knd_daemon_txn_ops, d, opt->config_path);
	knd_why_say(why, rc, "out of memory");
	if (d->loop && d->txn && d->audit && d->events)
		rc = knd_startup_read(opt->config_path, &config, &is_whole);
	if (rc < 0)
		return knd_why_say(why, rc, "%s: %s", opt->config_path, strerror(-rc));
	if (!is_whole && !opt->is_foreground)
		fprintf(stderr,
			"knetd: %s has errors: the daemon starts without what is wrong, see the "
			"log and %s.rejected\n",
			opt->config_path, opt->config_path);
	rc = parts_start(d, why);
	if (rc == 0)
		rc = knd_txn_start(d->txn, config, is_whole, why);
	if (rc < 0) {
		kcl_config_free(config);
		return rc;
	}
	knd_log_watch(on_log_line, d);
	on_second(d);
	if (knd_notify_watchdog_ns())
		on_watchdog(d);
	return 0;
}

void knd_daemon_run(struct knd_daemon *d)
{
	knd_notify_ready();
	knd_urgent_begin(&d->urgent);
	qb_loop_run(d->loop);
	knd_notify_stopping();
}

void knd_daemon_stop(struct knd_daemon *d)
{
	knd_log_watch(NULL, NULL);
	d->is_ending = true;
	knd_server_free(d->server);
	d->server = NULL;
	while (d->ifaces.first)
		knd_iface_down(&d->ifaces, d->ifaces.first);
	knd_txn_free(d->txn);
	knd_audit_free(d->audit);
	knd_net_free(d->net);
	knd_ring_free(d->events);
	if (d->loop)
		qb_loop_destroy(d->loop);
}
