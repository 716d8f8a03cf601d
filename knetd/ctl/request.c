// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Commands that run: up to eight per session, each a cursor that emits some rows when it is its
 * turn. They take turns, so that a quick command does not wait behind a list of 64k peers.
 *
 * A request is in the table from its start to its DONE. Whatever way it ends (its last row, an
 * error, CANCEL, the client gone) its handler's close is called exactly once. Control thread only.
 */
#include "knetd/ctl/session_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Commands step only while less than this waits to be sent. */
#define STEP_BYTES_MAX (64 * 1024)

static struct knd_request *slot_free(struct knd_session *s)
{
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++)
		if (!s->requests[i].is_active)
			return &s->requests[i];
	return NULL;
}

bool knd_request_is_full(const struct knd_session *s)
{
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++)
		if (!s->requests[i].is_active)
			return false;
	return true;
}

struct knd_request *knd_request_find(struct knd_session *s, uint32_t req)
{
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++)
		if (s->requests[i].is_active && s->requests[i].req == req)
			return &s->requests[i];
	return NULL;
}

void knd_request_drop(struct knd_request *request)
{
	if (!request->is_active)
		return;
	if (request->run.command->close)
		request->run.command->close(&request->run);
	knd_lang_args_free(request->args);
	free(request->rest);
	free(request->audit);
	memset(request, 0, sizeof(*request));
}

/* What the command wants to become of its session. */
static void move_make(struct knd_session *s, const struct knd_run *run)
{
	const unsigned int depth = knd_lang_depth(s->lang);

	if (run->role != KCP_ROLE_NONE)
		s->who.role = run->role < s->who.role_max ? run->role : s->who.role_max;
	knd_session_move(s, run->command->move);
	knd_session_moved(s, depth);
}

void knd_request_finish(struct knd_session *s, struct knd_request *request, uint32_t status)
{
	struct knd_fault fault;

	if (request->progress.message[0] && status != KCP_CANCELLED) {
		knd_fault_say(&fault, request->progress.status, "%s", request->progress.message);
		knd_session_send_fault(s, request->req, &fault);
	}
	if (request->audit)
		knd_session_audit(s, request->audit, status);
	if (status == KCP_OK)
		move_make(s, &request->run);
	knd_session_refresh(s, request->req);
	knd_session_send_done(s, request->req, status, request->progress.rows);
	knd_request_drop(request);
}

void knd_request_cancel(struct knd_session *s, struct knd_request *request)
{
	if (!request->run.command->is_graceful || request->run.is_cancelled) {
		knd_request_finish(s, request, KCP_CANCELLED);
		return;
	}
	request->run.is_cancelled = true;
	request->is_waiting = false;
}

/* What stands behind the line, for a handler that asks for it. */
static void rest_keep(struct knd_request *request, const struct kcp_frame *frame)
{
	const uint8_t *rest;
	const size_t len = kcp_exec_rest(frame, &rest);

	request->run.wants_bytes = frame->flags & KCP_F_BYTES;
	if (!request->run.wants_bytes || len == 0)
		return;
	request->rest = malloc(len);
	if (!request->rest)
		return;
	memcpy(request->rest, rest, len);
	request->run.rest = request->rest;
	request->run.rest_len = len;
}

void knd_request_start(struct knd_session *s, const struct kcp_frame *frame, struct knd_turn *turn)
{
	const uint32_t req = frame->req;
	const struct knd_command *command = s->ops->command_find(s->daemon, turn->command);
	struct knd_request *request = slot_free(s);
	struct knd_fault fault;
	char words[KCP_LINE_MAX + 1];

	if (!command || !request) {
		knd_fault_say(&fault, KCP_FAILED, "%s is not available in this daemon",
			      turn->command);
		knd_session_send_fault(s, req, &fault);
		knd_session_send_done(s, req, KCP_FAILED, 0);
		knd_lang_args_free(turn->args);
		return;
	}
	*request = (struct knd_request){
		.is_active = true,
		.wants_rows = frame->flags & KCP_F_ROWS,
		.req = req,
		.run = {.command = command,
			.daemon = s->daemon,
			.who = &s->who,
			.args = turn->args},
		.args = turn->args,
	};
	rest_keep(request, frame);
	if (turn->is_audited) {
		knd_lang_args_format(turn->args, words, sizeof(words));
		request->audit = strdup(words);
	}
}

static const struct kcp_schema *schema_of(const struct knd_run *run, bool wants_rows)
{
	if (run->command->choose)
		return run->command->choose(run, wants_rows);
	return run->command->schema;
}

void knd_request_tell_schema(struct knd_session *s, uint32_t req, struct knd_turn *turn)
{
	const struct knd_run run = {.command = s->ops->command_find(s->daemon, turn->command),
				    .daemon = s->daemon,
				    .who = &s->who,
				    .args = turn->args};
	const struct kcp_schema *schema = run.command ? schema_of(&run, true) : NULL;
	struct kcp_buf buf = knd_session_buf(s);

	if (run.command)
		knd_outq_add(&s->q, buf.data,
			     kcp_pack_schema(&buf, req, s->ops->generation(s->daemon),
					     schema ? schema : &knd_text_schema));
	knd_lang_args_free(turn->args);
}

/* The next request in turn that has something to do, or NULL. */
static struct knd_request *request_next(const struct knd_session *s)
{
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++) {
		const unsigned int at = (s->next_request + i) % KCP_REQUESTS_MAX;

		if (s->requests[at].is_active && !s->requests[at].is_waiting)
			return (struct knd_request *)&s->requests[at];
	}
	return NULL;
}

bool knd_session_is_waiting(const struct knd_session *s)
{
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++)
		if (s->requests[i].is_active && s->requests[i].is_waiting)
			return true;
	return false;
}

uint64_t knd_session_wait_ns(const struct knd_session *s, uint64_t most)
{
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++) {
		const struct knd_request *request = &s->requests[i];

		if (request->is_active && request->is_waiting && request->run.wait_ns &&
		    request->run.wait_ns < most)
			most = request->run.wait_ns;
	}
	return most;
}

void knd_session_wake(struct knd_session *s)
{
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++)
		s->requests[i].is_waiting = false;
}

bool knd_session_is_busy(const struct knd_session *s)
{
	return request_next(s) != NULL;
}

bool knd_session_can_step(const struct knd_session *s)
{
	return s->q.bytes < STEP_BYTES_MAX && !s->q.failed && request_next(s) != NULL;
}

void knd_session_step(struct knd_session *s)
{
	struct knd_request *request = request_next(s);
	struct knd_out out = {
		.q = &s->q,
		.progress = &request->progress,
		.schema = schema_of(&request->run, request->wants_rows),
		.run = &request->run,
		.req = request->req,
		.generation = s->ops->generation(s->daemon),
		.wants_rows = request->wants_rows,
	};
	int rc;

	s->next_request = (unsigned int)(request - s->requests + 1) % KCP_REQUESTS_MAX;
	request->run.config = knd_session_config(s);
	knd_out_init(&out, s->scratch);
	rc = request->run.command->next(&request->run, &out);
	knd_out_flush(&out);
	free(out.row);
	request->is_waiting = rc == KND_RUN_WAIT;
	if (rc > 0 && request->progress.status == KCP_OK)
		return;
	if (rc < 0)
		knd_out_error(&out, KCP_FAILED, "%s", strerror(-rc));
	knd_request_finish(s, request,
			   request->run.is_cancelled && request->progress.status == KCP_OK
				   ? KCP_CANCELLED
				   : request->progress.status);
}
