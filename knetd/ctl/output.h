/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * What a command handler writes to: rows, lines of text, or an error.
 *
 * A handler never knows the socket. It emits typed rows (the client draws them as a table or
 * passes them on as JSON) or plain lines, and stops when knd_out_full() says so; it is called
 * again once the client has taken what is there. Handlers run in the control thread only.
 *
 * Rows are the normal answer. Lines are for texts such as a configuration or a detail page; if the
 * user asked for rows (`| json`), a line becomes a row {"line": "..."} by itself, so every command
 * has a JSON form. A handler with something better checks knd_out_wants_rows() and emits rows then.
 */
#ifndef KNETD_CTL_OUTPUT_H
#define KNETD_CTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "knetd/ctlproto/ctlproto.h"

struct knd_out;
struct kcl_args;

enum knd_move {
	KND_MOVE_NONE,
	KND_MOVE_CONFIG, /* to the top of the configuration */
	KND_MOVE_EXEC,
};

/*
 * One run of one command. Made by the session, given to the handler at every call; freed after
 * `close`. The handler keeps its place in `key` (the id of the last row is the natural choice: a
 * row deleted meanwhile then does no harm) or, if it needs more, in `state`.
 */
struct knd_run {
	const struct knd_command *command;
	void *daemon;                /* the daemon room's context, as given to knd_server_new() */
	const struct knd_who *who;   /* who asks; borrowed */
	const struct kcl_args *args; /* parsed arguments; borrowed, alive until close */
	const struct kcl_config *config; /* that the session sees; borrowed for the call */
	/* KCP_F_BYTES: the answer is to be given by knd_out_bytes(), and what stood behind the
	 * line.
	 */
	bool wants_bytes;
	const uint8_t *rest; /* borrowed, alive until close */
	size_t rest_len;
	bool is_cancelled; /* of a command that is `graceful`: it is to come to an end */
	uint64_t key;      /* handler's place, starts at 0 */
	uint64_t wait_ns;  /* KND_RUN_WAIT: for so long at most; 0: a second */
	void *state;       /* handler's, starts NULL, released by close */
	uint8_t role;      /* enum kcp_role that the session takes when the command is done;
			      KCP_ROLE_NONE: its own */
};

/* Who is behind a connection; fixed at accept except for a lowered role. */
struct knd_who {
	uint32_t uid;
	uint32_t gid;
	int32_t pid;
	uint32_t loginuid; /* UINT32_MAX: none */
	uint8_t role;      /* enum kcp_role */
	uint8_t role_max;  /* that credentials give; `disable` lowers the other */
	uint32_t session;  /* number of the connection, from 1 */
	uint64_t since_ns; /* CLOCK_REALTIME of its beginning */
	char tty[16];      /* "pts/1"; "": none */
	char user[32];     /* for texts only: "root" or "uid 1000" */
};

/*
 * A command of EXEC mode: a show, or an action such as `write`, which is a show that acts at its
 * first call and has a line or nothing to say.
 *
 * next: emits until knd_out_full() or the end. Returns 1 if there is more, 0 at the end,
 *       KND_RUN_WAIT if there will be more when something has happened (it is called again after
 *       knd_server_wake(), and every second, or sooner: run->wait_ns), or -errno; unless it
 * explained itself by knd_out_error(), the user then sees strerror(). close: optional; releases
 * run->state. Called exactly once, also when the client goes away.
 */
#define KND_RUN_WAIT 2

struct knd_command {
	const char *name;   /* the entry's name in commands.def, e.g. "show_peers" */
	bool is_graceful;   /* CANCEL only sets run->is_cancelled; what is still emitted counts */
	enum knd_move move; /* what becomes of the session when the command has succeeded */
	const struct kcp_schema *schema; /* NULL: lines only, schema "text/1" in JSON */
	/*
	 * Optional: the schema of this run instead, for commands whose arguments decide; all that
	 * it may return are in `schemas`, NULL at the end, so that they can be documented.
	 */
	const struct kcp_schema *const *schemas;
	const struct kcp_schema *(*choose)(const struct knd_run *run, bool wants_rows);
	/*
	 * Optional: a line above the table, such as counts; false: none. It is no part of the rows.
	 */
	bool (*legend)(const struct knd_run *run, char *out, size_t size);
	int (*next)(struct knd_run *run, struct knd_out *out);
	void (*close)(struct knd_run *run);
};

/* True if the user wants rows even where a text would be the default. */
bool knd_out_wants_rows(const struct knd_out *out);
/* True when a handler should return 1 and wait to be called again. */
bool knd_out_full(const struct knd_out *out);
/* One line of text, without the newline. */
__attribute__((format(printf, 2, 3))) void knd_out_line(struct knd_out *out, const char *fmt, ...);
/* The command failed; `status` decides the client's exit code. The first error stays. */
__attribute__((format(printf, 3, 4))) void
knd_out_error(struct knd_out *out, enum kcp_status status, const char *fmt, ...);

/* Bytes of a file, of any number; a step should end after about 64 KiB. */
void knd_out_bytes(struct knd_out *out, const void *data, size_t len);

/* The client is to run the command itself, with these arguments. */
void knd_out_local(struct knd_out *out, const struct kcp_local *msg);

/* Starts a row. Keys are those of the schema, plus any that only JSON users see. */
void knd_row_begin(struct knd_out *out);
/* Strings that are not UTF-8 have the offending bytes replaced by '?'. NULL becomes null. */
void knd_row_str(struct knd_out *out, const char *key, const char *value);
void knd_row_int(struct knd_out *out, const char *key, int64_t value);
void knd_row_real(struct knd_out *out, const char *key, double value);
void knd_row_bool(struct knd_out *out, const char *key, bool value);
void knd_row_null(struct knd_out *out, const char *key);
/* The set bits of `mask` as a list of numbers: 0b101 becomes [0,2]. */
void knd_row_bits(struct knd_out *out, const char *key, uint32_t mask);
/* Any JSON value; consumes it. */
void knd_row_json(struct knd_out *out, const char *key, json_t *value);
/* Ends the row and sends it on. */
void knd_row_end(struct knd_out *out);

#endif
