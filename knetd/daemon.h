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

struct knd_daemon {
	const struct knd_options *opt;
	qb_loop_t *loop;
	struct knd_net *net;
	struct knd_ifaces ifaces;
	struct knd_server *server;
	struct knd_ring *events; /* of all interfaces, and of the configuration */
	struct kcl_config *running;
	uint64_t generation;
	uint64_t saved_generation; /* what the startup configuration is */
	uint64_t started_ns;       /* CLOCK_MONOTONIC */
	qb_loop_timer_handle watchdog;
	qb_loop_timer_handle revival; /* 0: none is due */
};

extern const struct knd_ctl_ops knd_ctl_ops;

/* CLOCK_MONOTONIC and CLOCK_REALTIME in nanoseconds. */
uint64_t knd_now_ns(void);
uint64_t knd_real_ns(void);

/*
 * Starts with `config`, which it consumes: netlink, control socket, rights, interfaces. Returns 0,
 * or -errno with `why`; call knd_daemon_stop() in either case.
 */
__attribute__((warn_unused_result)) int knd_daemon_start(struct knd_daemon *d,
							 const struct knd_options *opt,
							 struct kcl_config *config,
							 struct knd_why *why);
/* Runs until it is told to end by a signal. */
void knd_daemon_run(struct knd_daemon *d);
/* Ends everything that was started. */
void knd_daemon_stop(struct knd_daemon *d);

/*
 * Makes `config` the running configuration; consumes it if it returns 0. Otherwise nothing has
 * changed, and the result is -errno with `why`. reread: keys too.
 */
__attribute__((warn_unused_result)) int knd_daemon_commit(struct knd_daemon *d,
							  struct kcl_config *config, bool reread,
							  struct knd_why *why);

/* Takes what the engines have to tell into the ring of events. */
void knd_daemon_collect(struct knd_daemon *d);

#endif
