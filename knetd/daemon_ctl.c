// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The daemon between its control socket and its transactions: what a session edits is committed,
 * what is committed is applied to the engine, and what happens to a transaction is told to the
 * sessions. Control thread only.
 */
#include "knetd/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include <qb/qblog.h>

#include "knetd/apply.h"
#include "knetd/audit.h"
#include "knetd/banner.h"
#include "knetd/clock.h"
#include "knetd/commands.h"
#include "knetd/log.h"
#include "knetd/startup.h"

/* ---- for transactions --------------------------------------------------------------------------
 */

static int events_resize(struct knd_daemon *d, size_t room, struct knd_why *why)
{
	struct knd_ring *ring;

	if (knd_ring_room(d->events) == room)
		return 0;
	ring = knd_ring_resize(d->events, room);
	if (!ring)
		return knd_why_say(why, -ENOMEM, "events buffer %zu: out of memory", room);
	d->events = ring;
	return 0;
}

static int txn_apply(void *arg, const struct kcl_config *from, const struct kcl_config *to,
		     bool reread, struct knd_why *why)
{
	struct knd_daemon *d = arg;
	int rc = knd_log_set(to, why);

	if (rc == 0)
		rc = events_resize(d, to->events_buffer, why);
	if (rc == 0)
		rc = knd_apply(&d->ifaces, from, to, reread, why);
	if (rc < 0) {
		/* Both were as they are there; what they were is there to be had again. */
		(void)!knd_log_set(from, &(struct knd_why){""});
		(void)!events_resize(d, from->events_buffer, &(struct knd_why){""});
		return rc;
	}
	d->must_regroup |= from->managers != to->managers;
	return 0;
}

static void warning_tell(void *arg, const char *text)
{
	struct knd_daemon *d = arg;

	knd_server_notice(d->server, 0, text);
}

/* Commits are events, too. */
static void txn_committed(void *arg, const struct knd_who *who)
{
	struct knd_daemon *d = arg;
	struct knd_event event = {
		.realtime_ns = knd_real_ns(), .level = KCL_LOG_INFO, .link = KNET_LINK_NONE};

	snprintf(event.kind, sizeof(event.kind), "config");
	snprintf(event.text, sizeof(event.text), "generation %llu by %s",
		 (unsigned long long)knd_txn_generation(d->txn), who->user);
	knd_ring_add(d->events, &event);
	if (!d->server)
		return;
	knd_server_wake(d->server);
	if (who->session)
		knd_ifaces_warn(&d->ifaces, warning_tell, d);
}

static void txn_notice(void *arg, uint32_t session, const char *text)
{
	struct knd_daemon *d = arg;

	if (d->server)
		knd_server_notice(d->server, session, text);
}

static void txn_refresh(void *arg)
{
	struct knd_daemon *d = arg;

	if (!d->server)
		return;
	if (d->must_regroup)
		knd_server_regroup(d->server);
	d->must_regroup = false;
	knd_server_refresh(d->server);
}

static void on_trial(void *data)
{
	struct knd_daemon *d = data;

	d->trial = 0;
	knd_urgent_pause(&d->urgent);
	knd_txn_on_timer(d->txn);
	knd_urgent_resume(&d->urgent);
}

static void txn_timer(void *arg, uint64_t delay_ns)
{
	struct knd_daemon *d = arg;

	if (d->trial)
		qb_loop_timer_del(d->loop, d->trial);
	d->trial = 0;
	if (delay_ns == UINT64_MAX)
		return;
	if (qb_loop_timer_add(d->loop, QB_LOOP_MED, delay_ns, d, on_trial, &d->trial) < 0)
		qb_log(LOG_ERR, "config: no timer for the trial: undo it by `commit cancel`");
}

static uint64_t txn_now(void *arg)
{
	(void)arg;
	return knd_now_ns();
}

static uint64_t txn_real(void *arg)
{
	(void)arg;
	return knd_real_ns();
}

const struct knd_txn_ops knd_daemon_txn_ops = {
	.apply = txn_apply,
	.committed = txn_committed,
	.notice = txn_notice,
	.refresh = txn_refresh,
	.timer = txn_timer,
	.now_ns = txn_now,
	.real_ns = txn_real,
};

int knd_daemon_reload(struct knd_daemon *d, const struct knd_who *who, struct knd_why *why)
{
	const struct knd_txn_how how = {
		.via = "reload", .comment = "the startup configuration", .reread = true};
	struct kcl_config *config;
	int rc = knd_startup_read_strict(d->opt->config_path, &config);

	if (rc == -EINVAL)
		return knd_why_say(why, rc, "%s has errors, see the log: nothing is changed",
				   d->opt->config_path);
	if (rc < 0)
		return knd_why_say(why, rc, "%s: %s", d->opt->config_path, strerror(-rc));
	rc = knd_txn_replace(d->txn, who, config, &how, why);
	if (rc < 0) {
		kcl_config_free(config);
		return rc;
	}
	knd_txn_saved_note(d->txn);
	qb_log(LOG_NOTICE, "config: %s is loaded", d->opt->config_path);
	return 0;
}

/* ---- for sessions ------------------------------------------------------------------------------
 */

static const struct kcl_config *ops_running(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_running(d->txn);
}

static const struct kcl_config *ops_config(void *daemon, const struct knd_who *who)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_config(d->txn, who->session);
}

static int why_copy(int rc, const struct knd_why *why, char *text, size_t size)
{
	snprintf(text, size, "%s", rc < 0 ? why->text : "");
	return rc;
}

static int ops_commit(void *daemon, const struct knd_who *who, struct kcl_config *candidate,
		      char *text, size_t size)
{
	struct knd_daemon *d = daemon;
	const struct knd_txn_how how = {0};
	struct knd_why why = {""};

	return why_copy(knd_txn_edit(d->txn, who, candidate, &how, &why), &why, text, size);
}

static int ops_judge(void *daemon, const struct kcl_config *candidate, char *text, size_t size)
{
	struct knd_why why = {""};

	(void)daemon;
	return why_copy(knd_txn_judge(candidate, &why), &why, text, size);
}

static uint64_t ops_generation(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_generation(d->txn);
}

static bool ops_is_unsaved(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_is_unsaved(d->txn);
}

static void ops_banner(void *daemon, void (*emit)(void *arg, const char *text), void *arg)
{
	const struct knd_daemon *d = daemon;

	knd_banner_emit(knd_txn_running(d->txn), emit, arg);
}

static uint64_t ops_idle_ns(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_running(d->txn)->idle_s * 1000000000ULL;
}

static void ops_mark(void *daemon, const struct knd_who *who, char *out, size_t size)
{
	const struct knd_daemon *d = daemon;

	knd_txn_mark(d->txn, who->session, out, size);
}

static int ops_enter(void *daemon, const struct knd_who *who, char *text, size_t size)
{
	struct knd_daemon *d = daemon;
	struct knd_why why = {""};

	return why_copy(knd_txn_enter(d->txn, who, &why), &why, text, size);
}

static void ops_leave(void *daemon, const struct knd_who *who)
{
	struct knd_daemon *d = daemon;

	knd_txn_leave(d->txn, who);
}

static void ops_gone(void *daemon, const struct knd_who *who)
{
	struct knd_daemon *d = daemon;

	if (d->is_ending)
		return;
	knd_txn_gone(d->txn, who);
	for (struct knd_iface *iface = d->ifaces.first; iface; iface = iface->next)
		knd_iface_zeros_drop(iface, who->session);
}

static void ops_audit(void *daemon, const struct knd_who *who, const char *words,
		      const char *result)
{
	struct knd_daemon *d = daemon;

	knd_audit_add(d->audit, who, knd_real_ns(), words, result);
}

static const struct kcl_managers *ops_managers(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_running(d->txn)->managers;
}

static unsigned int ops_sessions_max(void *daemon)
{
	const struct knd_daemon *d = daemon;

	return knd_txn_running(d->txn)->max_sessions;
}

static void ops_serve(void *daemon, bool begins)
{
	struct knd_daemon *d = daemon;

	if (begins)
		knd_urgent_pause(&d->urgent);
	else
		knd_urgent_resume(&d->urgent);
}

const struct knd_ctl_ops knd_ctl_ops = {
	.command_find = knd_command_find,
	.running = ops_running,
	.config = ops_config,
	.commit = ops_commit,
	.judge = ops_judge,
	.generation = ops_generation,
	.is_unsaved = ops_is_unsaved,
	.banner = ops_banner,
	.idle_ns = ops_idle_ns,
	.mark = ops_mark,
	.enter = ops_enter,
	.leave = ops_leave,
	.gone = ops_gone,
	.audit = ops_audit,
	.managers = ops_managers,
	.serve = ops_serve,
	.sessions_max = ops_sessions_max,
};
