/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The running daemon: what main.c starts and what handlers of commands look at. Control thread. */
#ifndef KNETD_DAEMON_H
#define KNETD_DAEMON_H

#include <qb/qbloop.h>

#include "knetd/ctl/server.h"
#include "knetd/iface.h"
#include "knetd/options.h"
#include "knetd/ring.h"
#include "knetd/txn/txn.h"
#include "knetd/urgent.h"

struct knd_audit;

struct knd_daemon {
	const struct knd_options *opt;
	qb_loop_t *loop;
	struct knd_net *net;
	struct knd_ifaces ifaces;
	struct knd_server *server;
	struct knd_ring *events; /* of all interfaces, and of the configuration */
	struct knd_txn *txn;
	struct knd_audit *audit;
	bool must_regroup; /* who may use the socket has changed */
	bool is_ending;
	uint64_t started_ns;        /* CLOCK_MONOTONIC */
	qb_loop_timer_handle trial; /* 0: none is due */
	qb_loop_timer_handle watchdog;
	qb_loop_timer_handle revival; /* 0: none is due */
	struct knd_urgent urgent;
};

/* daemon_ctl.c */
extern const struct knd_ctl_ops knd_ctl_ops;
extern const struct knd_txn_ops knd_daemon_txn_ops;

/*
 * Starts: startup configuration, netlink, control socket, rights, interfaces. Returns 0, or -errno
 * with `why`; call knd_daemon_stop() in either case.
 */
__attribute__((warn_unused_result)) int
knd_daemon_start(struct knd_daemon *d, const struct knd_options *opt, struct knd_why *why);
/* Runs until it is told to end by a signal. */
void knd_daemon_run(struct knd_daemon *d);
/* Ends everything that was started. */
void knd_daemon_stop(struct knd_daemon *d);

/*
 * Reads the startup configuration again and commits it for `who`: what is the same as before is not
 * touched, keys that have changed are read. 0, or -errno with `why`; then nothing has changed.
 */
__attribute__((warn_unused_result)) int
knd_daemon_reload(struct knd_daemon *d, const struct knd_who *who, struct knd_why *why);

/* Takes what the engines have to tell into the ring of events. */
void knd_daemon_collect(struct knd_daemon *d);

#endif
