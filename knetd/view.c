// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* The daemon's side of view.h: what handlers of commands may see and do. Control thread only. */
#include "knetd/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <qb/qblog.h>

#include "knetd/clock.h"
#include "knetd/counters.h"
#include "knetd/daemon.h"
#include "knetd/log.h"

#define ZEROS_MAX (64u << 20) /* bytes of `clear counters session`, which readers may do, too */

/* Looks for what is missing only where something is: that takes a look at all peers. */
static const char *state_of(const struct kcl_iface *cfg, const struct knd_iface *live)
{
	const char *missing;

	if (cfg->is_shutdown)
		return "shutdown";
	if (live)
		return live->is_lost ? "down" : "up";
	missing = knd_iface_missing(cfg);
	return *missing ? missing : "down";
}

bool knd_view_iface(void *daemon, size_t i, struct knd_iface_view *out)
{
	const struct knd_daemon *d = daemon;
	const struct kcl_config *running = knd_txn_running(d->txn);
	struct knd_iface *live;

	if (i >= running->iface_cnt)
		return false;
	*out = (struct knd_iface_view){.config = running->iface[i]};
	live = knd_iface_find(&d->ifaces, out->config->name);
	out->state = state_of(out->config, live);
	if (!live)
		return true;
	out->handle = live->handle;
	out->mtu = live->mtu;
	out->warning = live->warning;
	out->zero = &live->zero;
	out->load = &live->load;
	for (unsigned int k = 0; k < KNET_MAX_LINKS; k++) {
		out->link_mtu[k] = live->link[k].mtu;
		out->link_trouble[k] = live->link[k].trouble;
	}
	return true;
}

static struct knd_session_zero *session_zero_find(const struct knd_iface *iface, uint32_t session)
{
	struct knd_session_zero *zero = iface ? iface->zeros : NULL;

	while (zero && zero->session != session)
		zero = zero->next;
	return zero;
}

const struct knd_counters_zero *knd_view_zero(void *daemon, const char *iface, uint32_t session)
{
	const struct knd_daemon *d = daemon;
	const struct knd_iface *live = knd_iface_find(&d->ifaces, iface);
	const struct knd_session_zero *own = session_zero_find(live, session);

	if (own)
		return own->zero;
	return live ? live->zero : NULL;
}

/* What all sessions have, in bytes. */
static size_t zeros_size(const struct knd_daemon *d)
{
	size_t size = 0;

	for (const struct knd_iface *iface = d->ifaces.first; iface; iface = iface->next)
		for (const struct knd_session_zero *z = iface->zeros; z; z = z->next)
			size += knd_counters_zero_size(z->zero);
	return size;
}

int knd_view_zero_set(void *daemon, const char *iface, uint32_t session,
		      struct knd_counters_zero *zero)
{
	struct knd_daemon *d = daemon;
	struct knd_iface *live = knd_iface_find(&d->ifaces, iface);
	struct knd_session_zero *own = session_zero_find(live, session);
	int rc = -ENOENT;

	if (live && !own) {
		rc = -ENOSPC;
		if (zeros_size(d) + knd_counters_zero_size(zero) <= ZEROS_MAX) {
			own = calloc(1, sizeof(*own));
			rc = -ENOMEM;
		}
	}
	if (!own) {
		free(zero);
		return rc;
	}
	if (!own->zero) {
		own->session = session;
		own->next = live->zeros;
		live->zeros = own;
	}
	free(own->zero);
	own->zero = zero;
	return 0;
}

const struct kcl_config *knd_view_config(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_running(d->txn);
}

uint64_t knd_view_generation(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_generation(d->txn);
}

bool knd_view_is_unsaved(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_is_unsaved(d->txn);
}

uint64_t knd_view_started_ns(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return d->started_ns;
}

const char *knd_view_startup_path(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return d->opt->config_path;
}

const struct knd_ring *knd_view_events(void *daemon)
{
	struct knd_daemon *d = daemon;

	knd_daemon_collect(d);
	return d->events;
}

int knd_view_link_clear(void *daemon, size_t i, const struct kcl_peer *peer, unsigned int link)
{
	const struct knd_daemon *d = daemon;
	const struct kcl_iface *cfg = knd_txn_running(d->txn)->iface[i];
	struct knd_iface *live = knd_iface_find(&d->ifaces, cfg->name);

	if (!live || !kcl_peer_link_find(peer, link))
		return -ENOENT;
	return knd_iface_link_clear(live, cfg, peer, link);
}

int knd_view_link_out(void *daemon, const char *iface, const char *peer, unsigned int link,
		      bool is_out)
{
	const struct knd_daemon *d = daemon;
	const struct kcl_iface *cfg = kcl_iface_find(knd_txn_running(d->txn), iface);
	const struct kcl_peer *to = cfg ? kcl_peer_find_name(cfg, peer) : NULL;
	struct knd_iface *live = cfg ? knd_iface_find(&d->ifaces, iface) : NULL;

	if (!live || !to || !kcl_peer_link_find(to, link))
		return -ENOENT;
	return knd_iface_link_out(live, cfg, to, link, is_out);
}

void knd_view_events_clear(void *daemon)
{
	struct knd_daemon *d = daemon;

	knd_ring_clear(d->events);
}

const struct knd_ring *knd_view_log(void *daemon)
{
	(void)daemon;
	return knd_log_ring();
}

struct knd_log_view knd_view_log_state(void *daemon)
{
	(void)daemon;
	return (struct knd_log_view){.target = knd_log_target(),
				     .level = kcl_log_level_name(knd_log_level())};
}

int knd_view_debug(void *daemon, const char *subsystem, unsigned int level, unsigned int seconds)
{
	(void)daemon;
	return knd_log_debug(subsystem, level, seconds);
}

bool knd_view_debug_state(void *daemon, size_t i, struct knd_debug_view *out)
{
	const struct knd_log_subsystem *sub = knd_log_subsystem(i);
	const uint64_t now = knd_now_ns();

	(void)daemon;
	if (!sub)
		return false;
	*out = (struct knd_debug_view){
		.subsystem = sub->name, .meaning = sub->meaning, .left_s = -1};
	if (sub->until_ns > now) {
		out->level = kcl_log_level_name(sub->level);
		out->left_s = (int64_t)((sub->until_ns - now + 999999999) / 1000000000);
	}
	return true;
}

static void session_count(const struct knd_who *who, void *arg)
{
	unsigned int *cnt = arg;

	(void)who;
	++*cnt;
}

unsigned int knd_view_sessions(void *daemon)
{
	const struct knd_daemon *d = daemon;
	unsigned int cnt = 0;

	knd_server_each(d->server, session_count, &cnt);
	return cnt;
}

int knd_view_save(void *daemon, char *why, size_t why_size)
{
	struct knd_daemon *d = daemon;
	struct knd_why reason = {""};
	const int rc = knd_txn_save(d->txn, &reason);

	if (rc < 0) {
		snprintf(why, why_size, "%s", reason.text);
		return rc;
	}
	qb_log(LOG_INFO, "config: generation %llu is saved to %s",
	       (unsigned long long)knd_txn_generation(d->txn), d->opt->config_path);
	return 0;
}

struct knd_txn *knd_view_txn(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return d->txn;
}

const struct knd_audit *knd_view_audit(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return d->audit;
}

void knd_view_each_session(void *daemon, void (*emit)(const struct knd_who *who, void *arg),
			   void *arg)
{
	const struct knd_daemon *d = daemon;

	knd_server_each(d->server, emit, arg);
}

int knd_view_reload(void *daemon, const struct knd_who *who, struct knd_why *why)
{
	return knd_daemon_reload(daemon, who, why);
}

void knd_view_stop(void *daemon, const struct knd_who *who)
{
	struct knd_daemon *d = daemon;

	qb_log(LOG_NOTICE, "daemon: ends by command of %s", who->user);
	qb_loop_stop(d->loop);
}
