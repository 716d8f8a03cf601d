/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* A session's inside, shared by session.c, request.c and batch.c. */
#ifndef KNETD_CTL_SESSION_INTERNAL_H
#define KNETD_CTL_SESSION_INTERNAL_H

#include "knetd/ctl/lang.h"
#include "knetd/ctl/output_internal.h"
#include "knetd/ctl/session.h"

/* A command that runs. */
struct knd_request {
	bool is_active;
	bool is_waiting; /* for something to happen */
	bool wants_rows;
	uint32_t req;
	char *audit; /* its words if it is to be audited; owned */
	struct knd_run run;
	struct kcl_args *args; /* owned; run.args borrows it */
	uint8_t *rest;         /* owned; likewise */
	struct knd_out_progress progress;
};

/* The transaction that LINES frames add to. */
struct knd_batch {
	bool is_open;
	bool has_left;   /* configuration mode: what follows is not part of it any more */
	bool from_top;   /* KCP_F_CONFIG, KCP_F_REPLACE */
	bool check_only; /* KCP_F_CHECK */
	bool rehearses;  /* KCP_F_CHECK of a session's lines, commands too */
	bool has_begun;  /* a line that says something was seen */
	bool is_script;  /* from_top, and that line is a command: nothing is taken */
	uint32_t req;
	uint64_t generation;     /* of the running configuration at its begin */
	uint32_t taken;          /* lines that belong to the transaction */
	uint32_t faults;         /* lines in error */
	uint16_t status;         /* of the first of them */
	struct knd_lang *before; /* where to return to; owned */
	struct knd_lang_env env;
};

struct knd_session {
	const struct knd_ctl_ops *ops;
	void *daemon;
	struct knd_who who;
	struct knd_outq q;
	bool is_greeted;
	bool is_tty;
	struct knd_lang *lang;
	struct knd_request requests[KCP_REQUESTS_MAX];
	unsigned int next_request; /* whose turn it is */
	char prompt[600];          /* what the client knows of it */
	struct knd_batch batch;
	uint8_t scratch[KCP_FRAME_MAX];
};

/* A writer over the session's scratch frame. */
struct kcp_buf knd_session_buf(struct knd_session *s);
void knd_session_send_done(struct knd_session *s, uint32_t req, uint32_t status, uint64_t rows);
void knd_session_send_fault(struct knd_session *s, uint32_t req, const struct knd_fault *fault);
/* Tells the client where it stands; `flags` are KCP_MODE_*. */
void knd_session_send_mode(struct knd_session *s, uint32_t req, uint16_t flags);
/*
 * Commits the environment's candidate, if there is one, and clears it. Returns 0, or -errno with
 * `fault`; the candidate is gone either way.
 */
int knd_session_commit(struct knd_session *s, struct knd_lang_env *env, struct knd_fault *fault);
/* Writes the audit line of something that changed, or tried to. */
void knd_session_audit(const struct knd_session *s, const char *what, uint32_t status);
/* What the session sees and edits. */
const struct kcl_config *knd_session_config(const struct knd_session *s);
/* Goes where a command leads. */
void knd_session_move(struct knd_session *s, enum knd_move move);
/* The mode has changed: tells the daemon if the configuration was left or entered. */
void knd_session_moved(struct knd_session *s, unsigned int depth_before);

/* greet.c: the banner, if there is one. */
void knd_session_greet(struct knd_session *s);

/* request.c: consumes the turn's arguments. */
void knd_request_start(struct knd_session *s, const struct kcp_frame *frame, struct knd_turn *turn);
/* Sends the schema of the rows that the turn's command would give; consumes its arguments. */
void knd_request_tell_schema(struct knd_session *s, uint32_t req, struct knd_turn *turn);
/* The active request with this number, or NULL. */
struct knd_request *knd_request_find(struct knd_session *s, uint32_t req);
/* CANCEL: ends a request, or has it come to an end. */
void knd_request_cancel(struct knd_session *s, struct knd_request *request);
/* Ends a request with this status and frees what it holds. */
void knd_request_finish(struct knd_session *s, struct knd_request *request, uint32_t status);
/* Frees without a word, when the connection goes away. */
void knd_request_drop(struct knd_request *request);
/* True if all places are taken. */
bool knd_request_is_full(const struct knd_session *s);

/* batch.c */
int knd_batch_begin(struct knd_session *s, const struct kcp_frame *frame);
int knd_batch_lines(struct knd_session *s, const struct kcp_frame *frame);
int knd_batch_end(struct knd_session *s, const struct kcp_frame *frame);
/* Forgets the transaction and returns to where it began. */
void knd_batch_drop(struct knd_session *s);

#endif
