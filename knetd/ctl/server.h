/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The control socket's server: listens, decides who may enter, runs one session per connection.
 *
 * Everything that knows the engine or the running configuration is behind struct knd_ctl_ops, so
 * that tests run the server with handlers of their own. All calls happen in the control thread,
 * from the libqb loop given to knd_server_new().
 */
#ifndef KNETD_CTL_SERVER_H
#define KNETD_CTL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <qb/qbloop.h>

#include "knetd/ctl/output.h"

struct kcl_config;

struct knd_ctl_ops {
	/* The EXEC command with this name in commands.def, or NULL. The result is static. */
	const struct knd_command *(*command_find)(void *daemon, const char *name);
	/* The running configuration; borrowed, valid until the next commit. */
	const struct kcl_config *(*running)(void *daemon);
	/*
	 * Makes `candidate` the running configuration: validates, applies, counts the generation
	 * up. Consumes the candidate if it returns 0. Otherwise nothing has changed, the candidate
	 * is still the caller's, the result is -errno and `why` holds a sentence for the user.
	 */
	int (*commit)(void *daemon, const struct knd_who *who, struct kcl_config *candidate,
		      char *why, size_t why_size);
	/* Generation of the running configuration. */
	uint64_t (*generation)(void *daemon);
	/* True if the running configuration has not been saved. */
	bool (*is_unsaved)(void *daemon);
	/* Calls `line` for each line that a terminal is greeted with. NULL: there is none. */
	void (*banner)(void *daemon, void (*line)(void *arg, const char *text), void *arg);
	/* Time after which a session that does nothing is ended, 0: never. NULL: never. */
	uint64_t (*idle_ns)(void *daemon);
};

struct knd_server;

/*
 * Listens on `path` (a stale socket of a daemon that is gone is replaced; a live one is not:
 * -EADDRINUSE). Mode 0660, owner root:knet where that group exists. Returns 0 or -errno.
 */
__attribute__((warn_unused_result)) int knd_server_new(qb_loop_t *loop, const char *path,
						       const struct knd_ctl_ops *ops, void *daemon,
						       struct knd_server **out);
/* Ends all sessions with a notice, closes and removes the socket. NULL is allowed. */
void knd_server_free(struct knd_server *server);

/* Sends one line to every client that is a person at a terminal. */
void knd_server_notice(struct knd_server *server, const char *text);
/* Something has happened that commands may wait for. Cheap if none does. */
void knd_server_wake(struct knd_server *server);
/* Calls `emit` for each session, for `show sessions`. */
void knd_server_each(const struct knd_server *server,
		     void (*emit)(const struct knd_who *who, void *arg), void *arg);

#endif
