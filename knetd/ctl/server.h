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
	/* What this session sees and edits; borrowed as well. NULL: that is the running one. */
	const struct kcl_config *(*config)(void *daemon, const struct knd_who *who);
	/*
	 * The session has made `candidate` of config(). Makes it the running configuration
	 * (validates, applies, counts the generation up), or keeps it for the session to commit.
	 * Consumes the candidate if it returns 0. Otherwise nothing has changed, the candidate
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
	/* The rest may be NULL. */

	/* What the prompt says behind `config-`; "": nothing. */
	void (*mark)(void *daemon, const struct knd_who *who, char *out, size_t size);
	/* `configure` was typed. 0, or -errno with `why`: the session may not. */
	int (*enter)(void *daemon, const struct knd_who *who, char *why, size_t why_size);
	/* What commit would say of a candidate: 0, or -errno with `why`. */
	int (*judge)(void *daemon, const struct kcl_config *candidate, char *why, size_t why_size);
	/* The session is back in EXEC mode. */
	void (*leave)(void *daemon, const struct knd_who *who);
	/* The connection has ended. */
	void (*gone)(void *daemon, const struct knd_who *who);
	/* Something that changes something was done or refused; `words` in full. */
	void (*audit)(void *daemon, const struct knd_who *who, const char *words,
		      const char *result);
	/* Groups of the machine that give a role, besides knet and knetadm. */
	const struct kcl_managers *(*managers)(void *daemon);
	/* A session is served, which may take long; and it has been. */
	void (*serve)(void *daemon, bool begins);
	/* How many sessions there may be; NULL: 32. */
	unsigned int (*sessions_max)(void *daemon);
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

/* Something has happened that commands may wait for. Cheap if none does. */
void knd_server_wake(struct knd_server *server);
/* Sends one line to every client that is a person at a terminal, or to that of one session. */
void knd_server_notice(struct knd_server *server, uint32_t session, const char *text);
/* Something that prompts show has changed: tells those whose prompt it is. */
void knd_server_refresh(struct knd_server *server);
/* Who may use the socket has changed. */
void knd_server_regroup(struct knd_server *server);
/* Calls `emit` for each session, for `show sessions`. */
void knd_server_each(const struct knd_server *server,
		     void (*emit)(const struct knd_who *who, void *arg), void *arg);

#endif
