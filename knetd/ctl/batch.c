// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A block of lines as one transaction: all of them take effect or none.
 *
 * Lines edit a candidate as they arrive, nothing is stored but that. An error is reported with its
 * line number and the rest is still read, to report the next one; at the end a block with errors
 * is dropped and the session stands where it stood. A block that leaves configuration mode ends
 * there, and one that meets a command (`do write`) before it: DONE says how many lines it took, the
 * client runs the others by themselves.
 *
 * A rehearsal (`knet -n` of a script) reads a session's lines, commands too, and does nothing but
 * go where they lead: what would be in error is reported, nothing is run or kept. Control thread
 * only.
 */
#include "knetd/ctl/session_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "knetd/cmd/plural.h"

#define FAULTS_SHOWN_MAX 20

int knd_batch_begin(struct knd_session *s, const struct kcp_frame *frame)
{
	struct knd_batch *batch = &s->batch;
	struct kcl_config *empty = NULL;
	struct knd_lang *before;

	if (batch->is_open)
		return -EPROTO;
	if (frame->flags & KCP_F_REPLACE && !(empty = knd_lang_config_new()))
		return -ENOMEM;
	before = knd_lang_new();
	if (!before) {
		knd_lang_config_free(empty);
		return -ENOMEM;
	}
	knd_lang_copy(before, s->lang);
	*batch = (struct knd_batch){
		.is_open = true,
		.from_top = frame->flags & (KCP_F_CONFIG | KCP_F_REPLACE),
		.check_only = frame->flags & KCP_F_CHECK,
		.rehearses = (frame->flags & (KCP_F_CHECK | KCP_F_CONFIG | KCP_F_REPLACE)) ==
			     KCP_F_CHECK,
		.req = frame->req,
		.generation = s->ops->generation(s->daemon),
		.before = before,
		.env = {.running = knd_session_config(s),
			.candidate = empty,
			.role = s->who.role,
			.strict = frame->flags & KCP_F_STRICT},
	};
	if (batch->from_top)
		knd_lang_enter_config(s->lang);
	return 0;
}

void knd_batch_drop(struct knd_session *s)
{
	struct knd_batch *batch = &s->batch;

	if (!batch->is_open)
		return;
	knd_lang_copy(s->lang, batch->before);
	knd_lang_free(batch->before);
	knd_lang_config_free(batch->env.candidate);
	memset(batch, 0, sizeof(*batch));
}

static void fault_report(struct knd_session *s, uint32_t line, struct knd_fault *fault)
{
	struct knd_batch *batch = &s->batch;

	if (batch->faults++ == 0)
		batch->status = fault->err.code;
	if (batch->faults > FAULTS_SHOWN_MAX)
		return;
	fault->err.line = line;
	knd_session_send_fault(s, batch->req, fault);
}

/*
 * Looks at the first line that says something: a script, or configuration? The line is read as if
 * it were typed in EXEC mode; nothing comes of it.
 */
static void first_line_judge(struct knd_session *s, const char *line)
{
	struct knd_batch *batch = &s->batch;
	struct knd_lang_env env = batch->env;
	struct knd_lang *lang = knd_lang_new();
	struct knd_turn turn = {0};
	struct knd_fault fault;

	env.candidate = NULL;
	if (!lang)
		return;
	if (knd_lang_line(lang, &env, line, &turn, &fault) < 0)
		batch->has_begun = true;
	else if (turn.kind != KND_TURN_NONE || knd_lang_depth(lang) > 0)
		batch->has_begun = batch->is_script = true;
	knd_lang_args_free(turn.args);
	knd_lang_config_free(env.candidate);
	knd_lang_free(lang);
}

/*
 * A command among the lines: the transaction ends before it. In a file of configuration, which is
 * one transaction by definition, it is out of place.
 */
static void command_meet(struct knd_session *s, uint32_t number)
{
	struct knd_batch *batch = &s->batch;
	struct knd_fault fault;

	if (!batch->from_top) {
		batch->taken--;
		batch->has_left = true;
		return;
	}
	knd_fault_say(&fault, KCP_SYNTAX,
		      "A command cannot be part of a configuration: expected it behind `end`, or "
		      "`configure terminal` as the first line");
	fault_report(s, number, &fault);
}

/* Where a command would lead. */
static void command_rehearse(struct knd_session *s, const struct knd_turn *turn)
{
	const struct knd_command *command = turn->kind == KND_TURN_COMMAND
						    ? s->ops->command_find(s->daemon, turn->command)
						    : NULL;

	if (turn->kind == KND_TURN_LEAVE)
		s->batch.has_left = true;
	else if (command)
		knd_session_move(s, command->move);
}

static void line_take(struct knd_session *s, uint32_t number, const char *line)
{
	struct knd_batch *batch = &s->batch;
	struct knd_turn turn = {0};
	struct knd_fault fault;

	if (batch->from_top && !batch->has_begun)
		first_line_judge(s, line);
	if (batch->is_script)
		return;
	batch->taken++;
	if (s->who.role != KCP_ROLE_ADMIN && !batch->rehearses) {
		knd_fault_say(&fault, KCP_PERMISSION, "Permission denied");
		fault_report(s, number, &fault);
		batch->has_left = true; /* the same answer for all lines: once is enough */
		return;
	}
	/* The running configuration may have been replaced since the last frame. */
	batch->env.running = knd_session_config(s);
	if (knd_lang_line(s->lang, &batch->env, line, &turn, &fault) < 0) {
		fault_report(s, number, &fault);
		/* Behind what the role forbids nothing is as it is meant. */
		batch->has_left = batch->rehearses && fault.err.code == KCP_PERMISSION;
		return;
	}
	knd_lang_args_free(turn.args);
	if (batch->rehearses)
		command_rehearse(s, &turn);
	else if (turn.kind == KND_TURN_NONE)
		batch->has_left = knd_lang_depth(s->lang) == 0;
	else
		command_meet(s, number);
}

int knd_batch_lines(struct knd_session *s, const struct kcp_frame *frame)
{
	struct knd_batch *batch = &s->batch;
	struct kcp_reader rd;
	uint32_t number;

	if (!batch->is_open || batch->req != frame->req)
		return -EPROTO;
	kcp_reader_init(&rd, frame);
	number = kcp_get_u32(&rd);
	while (kcp_reader_more(&rd)) {
		const char *line = kcp_get_str(&rd);

		if (rd.bad || strlen(line) > KCP_LINE_MAX)
			return -EPROTO;
		if (!batch->has_left)
			line_take(s, number, line);
		number++;
	}
	return rd.bad ? -EPROTO : 0;
}

/* What a commit would say of a rehearsed configuration. Returns its status. */
static uint32_t rehearsal_judge(struct knd_session *s)
{
	struct knd_fault fault;
	char why[512] = "";

	if (!s->batch.env.candidate || !s->ops->judge ||
	    s->ops->judge(s->daemon, s->batch.env.candidate, why, sizeof(why)) == 0)
		return KCP_OK;
	knd_fault_say(&fault, KCP_COMMIT, "%s", why);
	knd_session_send_fault(s, s->batch.req, &fault);
	return KCP_COMMIT;
}

/*
 * Commits a block without faults. Returns its status. Frames of a block arrive over a while; if
 * somebody else has committed since, the candidate is made of an old configuration and would undo
 * that: refused.
 */
static uint32_t batch_commit(struct knd_session *s)
{
	const bool is_candidate = knd_session_config(s) != s->ops->running(s->daemon);
	struct knd_fault fault;
	int rc = -ESTALE;

	if (s->batch.rehearses)
		return rehearsal_judge(s);
	/* From the top, what says nothing has no effect: not even that of replacing all. */
	if (s->batch.check_only || s->batch.is_script || (s->batch.from_top && !s->batch.has_begun))
		return KCP_OK;
	if (!s->batch.env.candidate || is_candidate ||
	    s->batch.generation == s->ops->generation(s->daemon))
		rc = knd_session_commit(s, &s->batch.env, &fault);
	else
		knd_fault_say(&fault, KCP_COMMIT,
			      "The configuration was changed by another session meanwhile");
	if (rc < 0) {
		knd_session_send_fault(s, s->batch.req, &fault);
		return fault.err.code;
	}
	/* The block's lines have moved the session; that stays, unless it came from the top. */
	if (!s->batch.from_top)
		knd_lang_copy(s->batch.before, s->lang);
	return KCP_OK;
}

int knd_batch_end(struct knd_session *s, const struct kcp_frame *frame)
{
	struct knd_batch *batch = &s->batch;
	const unsigned int depth = batch->is_open ? knd_lang_depth(batch->before) : 0;
	uint32_t status = batch->status;
	const uint32_t taken = batch->is_script ? 0 : batch->taken;
	char what[64];

	if (!batch->is_open || batch->req != frame->req)
		return -EPROTO;
	if (batch->faults == 0)
		status = batch_commit(s);
	snprintf(what, sizeof(what), "configuration block of %u line%s", taken, knd_plural(taken));
	if (taken > 0 && !batch->check_only)
		knd_session_audit(s, what, status);
	knd_batch_drop(s);
	knd_session_moved(s, depth);
	knd_session_send_mode(s, frame->req, 0);
	knd_session_send_done(s, frame->req, status, taken);
	return 0;
}
