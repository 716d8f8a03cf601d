// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * One client's session: decodes its frames, keeps its place in the command language, queues the
 * answers.
 *
 * No sockets and no loop in here: records go in, frames come out of the queue, and the server (or
 * a test) moves them. The order a client may send things in is checked in one place,
 * knd_session_input(): HELLO first, then requests with numbers that are not in use. A client that
 * breaks it is told once and cut off. Control thread only.
 */
#include "config.h"

#include "knetd/ctl/session_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <qb/qblog.h>

/* No further request is read while this much waits to be sent. */
#define READ_BYTES_MAX (256 * 1024)
#define CANDIDATES_MAX 2000

struct kcp_buf knd_session_buf(struct knd_session *s)
{
	return (struct kcp_buf){.data = s->scratch, .cap = sizeof(s->scratch)};
}

void knd_session_send_done(struct knd_session *s, uint32_t req, uint32_t status, uint64_t rows)
{
	const struct kcp_done done = {.rows = rows, .generation = s->ops->generation(s->daemon)};
	struct kcp_buf buf = knd_session_buf(s);

	knd_outq_add(&s->q, buf.data, kcp_pack_done(&buf, req, status, &done));
}

void knd_session_send_fault(struct knd_session *s, uint32_t req, const struct knd_fault *fault)
{
	struct kcp_buf buf = knd_session_buf(s);

	knd_outq_add(&s->q, buf.data, kcp_pack_error(&buf, req, &fault->err));
}

/* The configured name, else the machine's, which `mem` is for. */
static const char *session_hostname(struct knd_session *s, char mem[HOST_NAME_MAX + 1])
{
	const char *name = knd_lang_hostname(s->ops->running(s->daemon));

	if (name[0])
		return name;
	if (gethostname(mem, HOST_NAME_MAX + 1) < 0)
		return "";
	mem[HOST_NAME_MAX] = '\0';
	return mem;
}

const struct kcl_config *knd_session_config(const struct knd_session *s)
{
	return s->ops->config ? s->ops->config(s->daemon, &s->who) : s->ops->running(s->daemon);
}

/* The language's words, `config-if-knet0`, with the daemon's mark: `config-s-NAME*-if-knet0`. */
static void tag_make(const struct knd_session *s, char *out, size_t size)
{
	char tag[256], mark[128] = "";
	const size_t head = strlen("config");

	knd_lang_tag(s->lang, knd_session_config(s), tag, sizeof(tag));
	if (s->ops->mark && strncmp(tag, "config", head) == 0)
		s->ops->mark(s->daemon, &s->who, mark, sizeof(mark));
	if (mark[0])
		snprintf(out, size, "config-%s%s", mark, tag + head);
	else
		snprintf(out, size, "%s", tag);
}

/* All that a prompt consists of, to see whether it has changed. */
static void prompt_make(struct knd_session *s, char out[sizeof(s->prompt)])
{
	char tag[400], host[HOST_NAME_MAX + 1];

	tag_make(s, tag, sizeof(tag));
	snprintf(out, sizeof(s->prompt), "%u %.64s %s", s->who.role, session_hostname(s, host),
		 tag);
}

void knd_session_send_mode(struct knd_session *s, uint32_t req, uint16_t flags)
{
	char tag[400], host[HOST_NAME_MAX + 1];
	struct kcp_mode mode = {
		.flags = flags,
		.role = s->who.role,
		.hostname = session_hostname(s, host),
		.tag = tag,
	};
	struct kcp_buf buf = knd_session_buf(s);

	knd_lang_repair(s->lang, knd_session_config(s));
	tag_make(s, tag, sizeof(tag));
	prompt_make(s, s->prompt);
	mode.depth = (uint16_t)knd_lang_depth(s->lang);
	knd_outq_add(&s->q, buf.data, kcp_pack_mode(&buf, req, &mode));
}

void knd_session_refresh(struct knd_session *s, uint32_t req)
{
	char prompt[sizeof(s->prompt)];

	if (!s->is_greeted)
		return;
	prompt_make(s, prompt);
	if (strcmp(prompt, s->prompt) != 0)
		knd_session_send_mode(s, req, 0);
}

void knd_session_audit(const struct knd_session *s, const char *what, uint32_t status)
{
	char tag[256], words[KCP_LINE_MAX + 300];

	knd_lang_tag(s->lang, knd_session_config(s), tag, sizeof(tag));
	snprintf(words, sizeof(words), "%s%s%s%s", tag[0] ? "(" : "", tag, tag[0] ? ") " : "",
		 what);
	qb_log(LOG_NOTICE, "audit: session %u, %s, uid %u, loginuid %d, pid %d, tty %s: %s: %s",
	       s->who.session, s->who.user, s->who.uid, (int)s->who.loginuid, s->who.pid,
	       s->who.tty[0] ? s->who.tty : "-", words, kcp_status_name(status));
	if (s->ops->audit)
		s->ops->audit(s->daemon, &s->who, words, kcp_status_name(status));
}

void knd_session_move(struct knd_session *s, enum knd_move move)
{
	if (move == KND_MOVE_CONFIG)
		knd_lang_enter_config(s->lang);
	else if (move == KND_MOVE_EXEC)
		knd_lang_leave(s->lang);
}

void knd_session_moved(struct knd_session *s, unsigned int depth_before)
{
	if (depth_before > 0 && knd_lang_depth(s->lang) == 0 && s->ops->leave)
		s->ops->leave(s->daemon, &s->who);
}

int knd_session_commit(struct knd_session *s, struct knd_lang_env *env, struct knd_fault *fault)
{
	struct kcl_config *candidate = env->candidate;
	char why[512] = "";
	int rc;

	if (!candidate)
		return 0;
	env->candidate = NULL;
	rc = s->ops->commit(s->daemon, &s->who, candidate, why, sizeof(why));
	if (rc == 0)
		return 0;
	knd_lang_config_free(candidate);
	knd_fault_say(fault, KCP_COMMIT, "%s", why[0] ? why : strerror(-rc));
	return rc;
}

struct knd_session *knd_session_new(const struct knd_ctl_ops *ops, void *daemon,
				    const struct knd_who *who)
{
	struct knd_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ops = ops;
	s->daemon = daemon;
	s->who = *who;
	s->who.role_max = who->role;
	knd_outq_init(&s->q);
	s->lang = knd_lang_new();
	if (s->lang)
		return s;
	free(s);
	return NULL;
}

void knd_session_free(struct knd_session *s)
{
	if (!s)
		return;
	for (unsigned int i = 0; i < KCP_REQUESTS_MAX; i++)
		knd_request_drop(&s->requests[i]);
	knd_batch_drop(s);
	if (s->ops->gone)
		s->ops->gone(s->daemon, &s->who);
	knd_lang_free(s->lang);
	knd_outq_fini(&s->q);
	free(s);
}

static int on_hello(struct knd_session *s, const struct kcp_frame *frame)
{
	struct kcp_hello_server answer = {.major = KCP_PROTO_MAJOR, .build = PACKAGE_VERSION};
	struct kcp_buf buf = knd_session_buf(s);
	struct kcp_hello_client hello;
	char host[HOST_NAME_MAX + 1];

	if (s->is_greeted || kcp_unpack_hello(frame, &hello) < 0)
		return -EPROTO;
	if (hello.major_min > KCP_PROTO_MAJOR || hello.major_max < KCP_PROTO_MAJOR)
		return -EPROTO;
	s->is_greeted = true;
	s->is_tty = hello.flags & KCP_HELLO_TTY;
	if (hello.flags & KCP_HELLO_OPERATOR)
		s->who.role = s->who.role_max = KCP_ROLE_OPERATOR; /* for good */
	answer.role = s->who.role;
	answer.flags = s->ops->is_unsaved(s->daemon) ? KCP_HELLO_UNSAVED : 0;
	answer.grammar_hash = knd_lang_hash();
	answer.hostname = session_hostname(s, host);
	knd_outq_add(&s->q, buf.data, kcp_pack_hello_ok(&buf, &answer));
	prompt_make(s, s->prompt);
	knd_session_greet(s);
	return 0;
}

/* `configure` was typed: may it be? Otherwise the session stays where it was. */
static int enter_ask(struct knd_session *s, const struct knd_lang *before, struct knd_fault *fault)
{
	char why[512] = "";
	int rc;

	if (!s->ops->enter || knd_lang_depth(before) > 0 || knd_lang_depth(s->lang) == 0)
		return 0;
	rc = s->ops->enter(s->daemon, &s->who, why, sizeof(why));
	if (rc < 0)
		knd_fault_say(fault, KCP_COMMIT, "%s", why[0] ? why : strerror(-rc));
	return rc;
}

/* A line that changed modes or configuration. `words`: the line in full. */
static void edit_finish(struct knd_session *s, uint32_t req, struct knd_lang_env *env,
			const char *words, struct knd_lang *before)
{
	const bool has_change = env->candidate != NULL;
	uint32_t status = KCP_OK;
	struct knd_fault fault;

	if (enter_ask(s, before, &fault) < 0 || knd_session_commit(s, env, &fault) < 0) {
		knd_session_send_fault(s, req, &fault);
		status = fault.err.code;
		knd_lang_copy(s->lang, before);
	}
	if (has_change)
		knd_session_audit(s, words, status);
	knd_session_moved(s, knd_lang_depth(before));
	knd_session_send_mode(s, req, 0);
	knd_session_send_done(s, req, status, 0);
}

static void turn_take(struct knd_session *s, const struct kcp_frame *frame, struct knd_turn *turn)
{
	char words[1024];

	switch (turn->kind) {
	case KND_TURN_COMMAND:
		knd_lang_args_format(turn->args, words, sizeof(words));
		qb_log(LOG_DEBUG, "control: session %u, %s: %s", s->who.session, s->who.user,
		       words);
		knd_request_start(s, frame, turn);
		break;
	case KND_TURN_LEAVE:
		knd_session_send_mode(s, frame->req, KCP_MODE_CLOSED);
		knd_session_send_done(s, frame->req, KCP_OK, 0);
		break;
	case KND_TURN_NONE:
		break;
	}
}

/* KCP_F_SCHEMA: says what the rows would be; whatever else the line did is undone. */
static void schema_tell(struct knd_session *s, const struct kcp_frame *frame,
			struct knd_lang_env *env, struct knd_turn *turn,
			const struct knd_lang *before)
{
	knd_lang_copy(s->lang, before);
	knd_lang_config_free(env->candidate);
	if (turn->kind == KND_TURN_COMMAND)
		knd_request_tell_schema(s, frame->req, turn);
	knd_session_send_done(s, frame->req, KCP_OK, 0);
}

static void line_refuse(struct knd_session *s, const struct kcp_frame *frame, const char *line,
			const struct knd_fault *fault)
{
	/* Whoever tries what the role forbids is written down. */
	if (fault->err.code == KCP_PERMISSION)
		knd_session_audit(s, line, fault->err.code);
	knd_session_send_fault(s, frame->req, fault);
	knd_session_send_done(s, frame->req, fault->err.code, 0);
}

static int exec_line(struct knd_session *s, const struct kcp_frame *frame, const char *line)
{
	struct knd_lang_env env = {.running = knd_session_config(s),
				   .role = s->who.role,
				   .strict = frame->flags & KCP_F_STRICT};
	struct knd_lang *before = knd_lang_new();
	struct knd_turn turn = {0};
	struct knd_fault fault;
	char words[KCP_LINE_MAX + 1];

	if (!before)
		return -ENOMEM;
	/* Another session may have removed what this one's mode is about: the prompt must say so.
	 */
	if (knd_lang_repair(s->lang, env.running))
		knd_session_send_mode(s, frame->req, 0);
	knd_lang_copy(before, s->lang);
	knd_lang_words(before, &env, line, words, sizeof(words));
	if (knd_lang_line(s->lang, &env, line, &turn, &fault) < 0) {
		knd_lang_config_free(env.candidate);
		line_refuse(s, frame, words, &fault);
	} else if (frame->flags & KCP_F_SCHEMA) {
		schema_tell(s, frame, &env, &turn, before);
	} else if (turn.kind == KND_TURN_NONE) {
		edit_finish(s, frame->req, &env, words, before);
	} else {
		turn_take(s, frame, &turn);
	}
	knd_lang_free(before);
	return 0;
}

static int on_exec(struct knd_session *s, const struct kcp_frame *frame)
{
	const char *line;

	if (kcp_unpack_exec(frame, &line) < 0)
		return -EPROTO;
	if (knd_request_is_full(s)) {
		knd_session_send_done(s, frame->req, KCP_BUSY, 0);
		return 0;
	}
	return exec_line(s, frame, line);
}

struct cand_writer {
	struct knd_session *s;
	uint32_t req;
	bool is_begun;
	unsigned int cnt;
	struct kcp_buf buf;
};

static void cand_flush(struct cand_writer *writer)
{
	if (writer->is_begun)
		knd_outq_add(&writer->s->q, writer->buf.data, kcp_frame_end(&writer->buf));
	writer->is_begun = false;
}

static void cand_emit(void *arg, size_t word_off, const struct kcp_cand *cand)
{
	struct cand_writer *writer = arg;
	const size_t need = strlen(cand->text) + strlen(cand->help) + 8;

	if (++writer->cnt > CANDIDATES_MAX)
		return;
	if (writer->is_begun && need > writer->buf.cap - writer->buf.len)
		cand_flush(writer);
	if (!writer->is_begun)
		kcp_cand_begin(&writer->buf, writer->req, (uint16_t)word_off);
	writer->is_begun = true;
	kcp_put_cand(&writer->buf, cand);
}

static int on_complete(struct knd_session *s, const struct kcp_frame *frame)
{
	const struct knd_lang_env env = {.running = knd_session_config(s), .role = s->who.role};
	struct cand_writer writer = {.s = s, .req = frame->req, .buf = knd_session_buf(s)};
	struct kcp_complete at;

	if (kcp_unpack_complete(frame, &at) < 0)
		return -EPROTO;
	knd_lang_complete(s->lang, &env, &at, cand_emit, &writer);
	cand_flush(&writer);
	knd_session_send_done(s, frame->req, KCP_OK, writer.cnt);
	return 0;
}

static int on_cancel(struct knd_session *s, const struct kcp_frame *frame)
{
	struct knd_request *request = knd_request_find(s, frame->req);

	if (request) {
		qb_log(LOG_DEBUG, "control: session %u: request %u cancelled after %llu rows",
		       s->who.session, frame->req, (unsigned long long)request->progress.rows);
		knd_request_cancel(s, request);
	} else if (s->batch.is_open && s->batch.req == frame->req) {
		knd_batch_drop(s);
		knd_session_send_done(s, frame->req, KCP_CANCELLED, 0);
	}
	/* Otherwise it was done already: its DONE and the CANCEL have crossed. */
	return 0;
}

/* True if a new request may have this number. */
static bool req_is_free(struct knd_session *s, uint32_t req)
{
	return !knd_request_find(s, req) && !(s->batch.is_open && s->batch.req == req);
}

static int request_dispatch(struct knd_session *s, const struct kcp_frame *frame)
{
	switch (frame->type) {
	case KCP_LINES:
		return knd_batch_lines(s, frame);
	case KCP_BATCH_END:
		return knd_batch_end(s, frame);
	case KCP_CANCEL:
		return on_cancel(s, frame);
	default:
		break;
	}
	if (!req_is_free(s, frame->req))
		return -EPROTO;
	switch (frame->type) {
	case KCP_EXEC:
		/* Its mode is the batch's while one is open. */
		return s->batch.is_open ? -EPROTO : on_exec(s, frame);
	case KCP_COMPLETE:
		return on_complete(s, frame);
	case KCP_BATCH_BEGIN:
		return knd_batch_begin(s, frame);
	default:
		return 0; /* of a newer minor */
	}
}

int knd_session_input(struct knd_session *s, const void *data, size_t len)
{
	struct knd_fault fault;
	struct kcp_frame frame;
	int rc = kcp_frame_unpack(data, len, &frame);

	if (rc == 0 && frame.type == KCP_HELLO)
		rc = on_hello(s, &frame);
	else if (rc == 0)
		rc = s->is_greeted ? request_dispatch(s, &frame) : -EPROTO;
	if (rc == 0)
		return 0;
	knd_fault_say(&fault, KCP_PROTOCOL, "Protocol error");
	knd_session_send_fault(s, 0, &fault);
	return rc;
}

bool knd_session_can_read(const struct knd_session *s)
{
	return s->q.bytes < READ_BYTES_MAX;
}

bool knd_session_is_greeted(const struct knd_session *s)
{
	return s->is_greeted;
}

bool knd_session_is_tty(const struct knd_session *s)
{
	return s->is_tty;
}

struct knd_outq *knd_session_outq(struct knd_session *s)
{
	return &s->q;
}

const struct knd_who *knd_session_who(const struct knd_session *s)
{
	return &s->who;
}
