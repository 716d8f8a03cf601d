/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * What command handlers see of the daemon. `daemon` is the context that knd_server_new() was given;
 * the functions are the daemon's. Control thread only.
 */
#ifndef KNETD_VIEW_H
#define KNETD_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knet.h"
#include "knetd/cmd/config.h"
#include "knetd/load.h"
#include "knetd/ring.h"
#include "knetd/txn/txn.h"

struct knd_audit;
struct knd_counters_zero;

/* One configured interface. Borrowed, valid until the handler returns. */
struct knd_iface_view {
	const struct kcl_iface *config;
	struct knet_handle *handle;               /* NULL: not live */
	const char *state;                        /* "up", "shutdown", or what it waits for */
	unsigned int mtu;                         /* of the TAP, 0: not live */
	unsigned int link_mtu[KNET_MAX_LINKS];    /* of the device below each link, 0: unknown */
	const char *link_trouble[KNET_MAX_LINKS]; /* why a link is not open or usable; NULL, "" */
	const char *warning;                      /* "", NULL: nothing */
	struct knd_counters_zero **zero;          /* of `clear counters`; NULL: not live */
	const struct knd_load *load;              /* NULL: not live */
};

/* What counts as zero for a session on a live interface: its own, or everybody's; NULL: nothing. */
const struct knd_counters_zero *knd_view_zero(void *daemon, const char *iface, uint32_t session);
/*
 * Gives a session a zero of its own, consumed in any case. 0, -ENOMEM, or -ENOSPC if sessions have
 * too many of them.
 */
__attribute__((warn_unused_result)) int knd_view_zero_set(void *daemon, const char *iface,
							  uint32_t session,
							  struct knd_counters_zero *zero);

/* Interface number i in order of names; false behind the last one. */
bool knd_view_iface(void *daemon, size_t i, struct knd_iface_view *out);
const struct kcl_config *knd_view_config(void *daemon);
/* `clear peer P link N` of interface number i, which is live. 0, or -ENOENT without such a link. */
__attribute__((warn_unused_result)) int
knd_view_link_clear(void *daemon, size_t i, const struct kcl_peer *peer, unsigned int link);
/* Takes a link to a peer out of service for a test, or back to what is configured by now. 0, or
 * -ENOENT without such a link on that live interface. */
__attribute__((warn_unused_result)) int knd_view_link_out(void *daemon, const char *iface,
							  const char *peer, unsigned int link,
							  bool is_out);
/* `clear events` */
void knd_view_events_clear(void *daemon);
uint64_t knd_view_generation(void *daemon);
bool knd_view_is_unsaved(void *daemon);
uint64_t knd_view_started_ns(void *daemon); /* CLOCK_MONOTONIC */
const char *knd_view_startup_path(void *daemon);
/* The events of the last while, with all that the engines had to tell until now. */
const struct knd_ring *knd_view_events(void *daemon);
/* Log lines, and what is done with them; see log.h. */
const struct knd_ring *knd_view_log(void *daemon);
struct knd_log_view {
	const char *target; /* "journal" */
	const char *level;  /* "info" */
};
struct knd_log_view knd_view_log_state(void *daemon);
/* `debug`, see knd_log_debug(). */
__attribute__((warn_unused_result)) int knd_view_debug(void *daemon, const char *subsystem,
						       unsigned int level, unsigned int seconds);
/* The next subsystem of the log, from 0: false behind the last one. */
struct knd_debug_view {
	const char *subsystem, *meaning;
	const char *level; /* what is worth a line, NULL: as everywhere */
	int64_t left_s;    /* until then, -1: `debug` is off */
};
bool knd_view_debug_state(void *daemon, size_t i, struct knd_debug_view *out);
/* Connected clients. */
unsigned int knd_view_sessions(void *daemon);
struct knd_txn *knd_view_txn(void *daemon);
const struct knd_audit *knd_view_audit(void *daemon);
/* Calls `emit` for each session. */
void knd_view_each_session(void *daemon, void (*emit)(const struct knd_who *who, void *arg),
			   void *arg);
/* Reads the startup configuration again. 0 or -errno with why. */
__attribute__((warn_unused_result)) int knd_view_reload(void *daemon, const struct knd_who *who,
							struct knd_why *why);
/* Ends the daemon as soon as answers are on their way. */
void knd_view_stop(void *daemon, const struct knd_who *who);
/* Saves the running configuration as the startup configuration. 0 or -errno with why. */
__attribute__((warn_unused_result)) int knd_view_save(void *daemon, char *why, size_t why_size);

#endif
