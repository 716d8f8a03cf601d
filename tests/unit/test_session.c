// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The session state machine, frame by frame: order, requests and their ends, transactions. The
 * language and the daemon are the small ones of tests/ctl.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/ctl/session.h"
#include "tests/ctl/fake.h"

struct fixture {
	struct fake_daemon daemon;
	struct knd_session *session;
	uint8_t tx[KCP_FRAME_MAX];
	/* What take_all() found, by frame type, and the last of some. */
	unsigned int frames[256];
	uint32_t done_status;
	uint32_t done_req;
	uint64_t done_rows;
	unsigned int rows;
	char tag[64];
	char hostname[64];
	char text[1024];
	uint8_t bytes[64];
	size_t bytes_len;
	char error[512];
	uint32_t error_line;
	uint16_t error_code;
};

static struct kcp_buf buf_of(struct fixture *f)
{
	return (struct kcp_buf){.data = f->tx, .cap = sizeof(f->tx)};
}

static int give(struct fixture *f, int len)
{
	assert_true(len > 0);
	return knd_session_input(f->session, f->tx, (size_t)len);
}

static void frame_note(struct fixture *f, const struct kcp_frame *frame)
{
	struct kcp_mode mode;
	struct kcp_error err;
	struct kcp_done done;

	f->frames[frame->type]++;
	switch (frame->type) {
	case KCP_MODE:
		assert_int_equal(kcp_unpack_mode(frame, &mode), 0);
		snprintf(f->tag, sizeof(f->tag), "%s", mode.tag);
		snprintf(f->hostname, sizeof(f->hostname), "%s", mode.hostname);
		break;
	case KCP_ERR:
		assert_int_equal(kcp_unpack_error(frame, &err), 0);
		snprintf(f->error, sizeof(f->error), "%s", err.message);
		f->error_line = err.line;
		f->error_code = err.code;
		break;
	case KCP_DONE:
		assert_int_equal(kcp_unpack_done(frame, &done), 0);
		f->done_status = frame->status;
		f->done_req = frame->req;
		f->done_rows = done.rows;
		break;
	case KCP_ROWS:
		for (size_t i = 0; i < frame->body_len; i++)
			f->rows += frame->body[i] == '\n';
		break;
	case KCP_BYTES:
		assert_true(f->bytes_len + frame->body_len <= sizeof(f->bytes));
		memcpy(f->bytes + f->bytes_len, frame->body, frame->body_len);
		f->bytes_len += frame->body_len;
		break;
	case KCP_TEXT:
		strncat(f->text, (const char *)frame->body, frame->body_len);
		break;
	default:
		break;
	}
}

/* Takes what is queued now. */
static void take(struct fixture *f)
{
	struct knd_outq *q = knd_session_outq(f->session);

	while (q->head) {
		struct kcp_frame frame;

		assert_int_equal(kcp_frame_unpack(q->head->data, q->head->len, &frame), 0);
		frame_note(f, &frame);
		knd_outq_pop(q);
	}
}

/* Lets all commands run to their ends. */
static void take_all(struct fixture *f)
{
	memset(f->frames, 0, sizeof(f->frames));
	f->rows = 0;
	f->text[0] = '\0';
	take(f);
	while (knd_session_can_step(f->session)) {
		knd_session_step(f->session);
		take(f);
	}
}

static int give_hello(struct fixture *f, uint16_t flags)
{
	const struct kcp_hello_client hello = {KCP_PROTO_MAJOR, KCP_PROTO_MAJOR, flags, "test"};
	struct kcp_buf buf = buf_of(f);

	return give(f, kcp_pack_hello(&buf, &hello));
}

static int give_exec(struct fixture *f, uint32_t req, uint16_t flags, const char *line)
{
	struct kcp_buf buf = buf_of(f);

	return give(f, kcp_pack_exec(&buf, req, flags, line));
}

static int give_plain(struct fixture *f, uint16_t type, uint16_t flags, uint32_t req)
{
	struct kcp_buf buf = buf_of(f);

	return give(f, kcp_pack_plain(&buf, type, flags, req));
}

/* A whole transaction; lines separated by newlines. */
static void give_batch(struct fixture *f, uint32_t req, uint16_t flags, const char *lines)
{
	struct kcp_buf buf;
	char *copy = strdup(lines), *save = NULL;

	assert_int_equal(give_plain(f, KCP_BATCH_BEGIN, flags, req), 0);
	buf = buf_of(f);
	kcp_lines_begin(&buf, req, 1);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		kcp_put_str(&buf, line);
	assert_int_equal(give(f, kcp_frame_end(&buf)), 0);
	assert_int_equal(give_plain(f, KCP_BATCH_END, 0, req), 0);
	free(copy);
	take_all(f);
}

static void run_line(struct fixture *f, uint32_t req, const char *line)
{
	assert_int_equal(give_exec(f, req, 0, line), 0);
	take_all(f);
	assert_int_equal(f->frames[KCP_DONE], 1);
	assert_int_equal(f->done_req, req);
}

static int setup_role(void **state, uint8_t role)
{
	const struct knd_who who = {.role = role, .session = 1, .user = "root"};
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(fake_daemon_init(&f->daemon), 0);
	f->session = knd_session_new(&fake_ops, &f->daemon, &who);
	assert_non_null(f->session);
	*state = f;
	return 0;
}

static int setup(void **state)
{
	return setup_role(state, KCP_ROLE_ADMIN);
}

static int setup_greeted(void **state)
{
	setup(state);
	assert_int_equal(give_hello(*state, 0), 0);
	take_all(*state);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	knd_session_free(f->session);
	assert_int_equal(f->daemon.opened, f->daemon.closed);
	fake_daemon_fini(&f->daemon);
	free(f);
	return 0;
}

static void test_hello_first(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_exec(f, 1, 0, "show 1"), -EPROTO);
	take_all(f);
	assert_int_equal(f->frames[KCP_ERR], 1);
	assert_int_equal(f->error_code, KCP_PROTOCOL);
	assert_false(knd_session_is_greeted(f->session));
}

static void test_hello_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_hello(f, KCP_HELLO_TTY), 0);
	take_all(f);
	assert_int_equal(f->frames[KCP_HELLO_OK], 1);
	assert_true(knd_session_is_greeted(f->session));
	assert_true(knd_session_is_tty(f->session));
	assert_int_equal(give_hello(f, 0), -EPROTO);
}

static void test_other_major(void **state)
{
	struct fixture *f = *state;
	const struct kcp_hello_client hello = {KCP_PROTO_MAJOR + 1, KCP_PROTO_MAJOR + 2, 0, ""};
	struct kcp_buf buf = buf_of(f);

	assert_int_equal(give(f, kcp_pack_hello(&buf, &hello)), -EPROTO);
}

static void test_rows(void **state)
{
	struct fixture *f = *state;

	run_line(f, 7, "show 1000");
	assert_int_equal(f->rows, 1000);
	assert_int_equal(f->done_rows, 1000);
	assert_int_equal(f->frames[KCP_SCHEMA], 1);
	assert_int_equal(f->done_status, KCP_OK);
	run_line(f, 8, "show 0");
	assert_int_equal(f->rows, 0);
	assert_int_equal(f->frames[KCP_SCHEMA], 1);
}

static void test_text_and_its_rows(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "show text");
	assert_string_equal(f->text, "first line\nsecond line\n");
	assert_int_equal(f->frames[KCP_SCHEMA], 0);
	assert_int_equal(give_exec(f, 2, KCP_F_ROWS, "show text"), 0);
	take_all(f);
	assert_int_equal(f->frames[KCP_TEXT], 0);
	assert_int_equal(f->frames[KCP_SCHEMA], 1);
	assert_int_equal(f->rows, 2);
}

static void test_errors(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "show fail");
	assert_int_equal(f->done_status, KCP_FAILED);
	assert_string_equal(f->error, "it failed");
	assert_string_equal(f->text, "before it failed\n");
	run_line(f, 2, "nonsense");
	assert_int_equal(f->done_status, KCP_SYNTAX);
	assert_int_equal(f->error_line, 0);
}

/* A client that reads nothing: the command waits, the queue stays short. */
static void test_back_pressure(void **state)
{
	struct fixture *f = *state;
	size_t most = 0;

	assert_int_equal(give_exec(f, 1, 0, "show 900000"), 0);
	while (knd_session_can_step(f->session))
		knd_session_step(f->session);
	most = knd_session_outq(f->session)->bytes;
	assert_true(most < 128 * 1024);
	assert_true(knd_session_is_busy(f->session));
	assert_true(knd_session_can_read(f->session));
	assert_int_equal(give_plain(f, KCP_CANCEL, 0, 1), 0);
	take_all(f);
	assert_int_equal(f->done_status, KCP_CANCELLED);
	assert_false(knd_session_is_busy(f->session));
	assert_int_equal(f->daemon.closed, 1);
}

static void test_requests_overlap(void **state)
{
	struct fixture *f = *state;

	for (uint32_t req = 1; req <= KCP_REQUESTS_MAX; req++)
		assert_int_equal(give_exec(f, req, 0, "show 600"), 0);
	assert_int_equal(give_exec(f, 99, 0, "show 1"), 0);
	take_all(f);
	assert_int_equal(f->frames[KCP_DONE], KCP_REQUESTS_MAX + 1);
	assert_int_equal(f->rows, KCP_REQUESTS_MAX * 600);
}

static void test_request_number_in_use(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_exec(f, 1, 0, "show 600"), 0);
	assert_int_equal(give_exec(f, 1, 0, "show 600"), -EPROTO);
}

static void test_cancel_of_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_plain(f, KCP_CANCEL, 0, 12), 0);
	take_all(f);
	assert_int_equal(f->frames[KCP_DONE], 0);
}

/* Bytes of a file, and an end that comes by itself once it was asked for; asked twice, at once. */
static void test_bytes_end_whole(void **state)
{
	struct fixture *f = *state;

	for (uint32_t req = 1; req <= 2; req++) {
		struct kcp_buf buf = buf_of(f);

		f->bytes_len = 0;
		kcp_exec_begin(&buf, req, KCP_F_BYTES, "show bytes");
		kcp_put_filter(&buf, "abcdefgh", 1);
		assert_int_equal(give(f, kcp_frame_end(&buf)), 0);
		take_all(f);
		assert_int_equal(f->frames[KCP_DONE], 0);
		assert_true(knd_session_is_waiting(f->session));
		assert_int_equal(give_plain(f, KCP_CANCEL, 0, req), 0);
		assert_true(knd_session_is_busy(f->session));
		if (req == 2)
			assert_int_equal(give_plain(f, KCP_CANCEL, 0, req), 0);
		take_all(f);
		assert_int_equal(f->frames[KCP_DONE], 1);
		assert_int_equal(f->done_status, KCP_CANCELLED);
		assert_int_equal(f->bytes_len, req == 1 ? 12 : 11);
		assert_memory_equal(f->bytes, "\1\0abcdefgh.!", f->bytes_len);
		assert_int_equal(f->daemon.closed, req);
	}
}

static void test_modes(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "configure");
	assert_string_equal(f->tag, "config");
	run_line(f, 2, "interface knet0");
	assert_string_equal(f->tag, "config-if-knet0");
	run_line(f, 3, "value 12");
	assert_int_equal(f->daemon.running->value, 12);
	assert_int_equal(f->daemon.generation, 2);
	run_line(f, 4, "end");
	assert_string_equal(f->tag, "");
}

static void test_line_refused_by_commit(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "configure");
	run_line(f, 2, "value 1001");
	assert_int_equal(f->done_status, KCP_COMMIT);
	assert_string_equal(f->error, "value 1001 is over 1000");
	assert_int_equal(f->daemon.running->value, 0);
	assert_int_equal(f->daemon.generation, 1);
}

static void test_batch(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "configure");
	give_batch(f, 2, 0, "hostname beta\ninterface knet0\nvalue 3");
	assert_int_equal(f->done_status, KCP_OK);
	assert_int_equal(f->done_rows, 3);
	assert_int_equal(f->daemon.generation, 2);
	assert_string_equal(f->tag, "config-if-knet0");
	assert_string_equal(f->hostname, "beta");
	assert_string_equal(f->daemon.running->hostname, "beta");
}

static void test_batch_all_or_nothing(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "configure");
	give_batch(f, 2, 0, "hostname beta\nrubbish\ninterface knet0\nvalue 3\nrubbish");
	assert_int_equal(f->done_status, KCP_SYNTAX);
	assert_int_equal(f->frames[KCP_ERR], 2);
	assert_int_equal(f->error_line, 5);
	assert_int_equal(f->daemon.generation, 1);
	assert_string_equal(f->tag, "config");
	assert_string_equal(f->daemon.running->hostname, "alpha");
	give_batch(f, 3, 0, "hostname beta\nvalue 2000");
	assert_int_equal(f->done_status, KCP_COMMIT);
	assert_string_equal(f->daemon.running->hostname, "alpha");
}

static void test_batch_ends_with_configuration(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "configure");
	give_batch(f, 2, 0, "value 5\nend\nshow 3\nshow 4");
	assert_int_equal(f->done_status, KCP_OK);
	assert_int_equal(f->done_rows, 2);
	assert_string_equal(f->tag, "");
	assert_int_equal(f->daemon.running->value, 5);
}

static void test_batch_from_top(void **state)
{
	struct fixture *f = *state;

	give_batch(f, 2, KCP_F_CONFIG, "hostname beta\ninterface knet0\nvalue 3");
	assert_int_equal(f->done_status, KCP_OK);
	assert_string_equal(f->tag, "");
	assert_string_equal(f->daemon.running->hostname, "beta");
}

/* What is there goes, but not for lines that say nothing, are a script, or have an error. */
static void test_batch_replaces(void **state)
{
	struct fixture *f = *state;

	give_batch(f, 2, KCP_F_REPLACE, "value 3");
	assert_int_equal(f->done_status, KCP_OK);
	assert_string_equal(f->daemon.running->hostname, "");
	assert_int_equal(f->daemon.running->value, 3);
	give_batch(f, 3, KCP_F_REPLACE, "! a comment");
	assert_int_equal(f->done_status, KCP_OK);
	give_batch(f, 4, KCP_F_REPLACE, "show 3\nvalue 4");
	assert_int_equal(f->done_rows, 0);
	give_batch(f, 5, KCP_F_REPLACE, "value 4\nrubbish");
	assert_int_equal(f->done_status, KCP_SYNTAX);
	assert_int_equal(f->daemon.running->value, 3);
	assert_int_equal(f->daemon.generation, 2);
}

/* A script sent as configuration is recognised by its first line and left alone. */
static void test_batch_is_script(void **state)
{
	struct fixture *f = *state;

	give_batch(f, 2, KCP_F_CONFIG, "! a comment\nshow 3\nhostname beta");
	assert_int_equal(f->done_status, KCP_OK);
	assert_int_equal(f->done_rows, 0);
	assert_int_equal(f->rows, 0);
	assert_string_equal(f->daemon.running->hostname, "alpha");
	give_batch(f, 3, KCP_F_CONFIG, "configure\nhostname beta");
	assert_int_equal(f->done_rows, 0);
	assert_string_equal(f->daemon.running->hostname, "alpha");
}

static void test_batch_check(void **state)
{
	struct fixture *f = *state;

	give_batch(f, 2, KCP_F_CONFIG | KCP_F_CHECK, "hostname beta");
	assert_int_equal(f->done_status, KCP_OK);
	assert_int_equal(f->done_rows, 1);
	assert_string_equal(f->daemon.running->hostname, "alpha");
	give_batch(f, 3, KCP_F_CONFIG | KCP_F_CHECK, "rubbish");
	assert_int_equal(f->done_status, KCP_SYNTAX);
}

/* A session's lines are read, with all their modes, and nothing comes of it. */
static void test_batch_rehearsal(void **state)
{
	struct fixture *f = *state;

	give_batch(f, 2, KCP_F_CHECK,
		   "show 3\nconfigure\nhostname beta\nend\nshow 1\nsession\nvalue 7\ndo abort\n"
		   "show text\nexit\nrubbish");
	assert_int_equal(f->done_status, KCP_OK);
	assert_int_equal(f->rows, 0);
	assert_int_equal(f->frames[KCP_ERR], 0);
	assert_string_equal(f->tag, "");
	assert_string_equal(f->daemon.running->hostname, "alpha");
	assert_int_equal(f->daemon.generation, 1);
	assert_false(f->daemon.is_inside);
	give_batch(f, 3, KCP_F_CHECK, "configure\nshow 3\nend\nvalue 7");
	assert_int_equal(f->done_status, KCP_SYNTAX);
	assert_int_equal(f->frames[KCP_ERR], 2);
	assert_int_equal(f->error_line, 4);
	give_batch(f, 4, KCP_F_CHECK, "configure\nvalue 2000\nend\nshow 1");
	assert_int_equal(f->done_status, KCP_COMMIT);
}

static void test_operator_rehearses_what_he_may(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_hello(f, KCP_HELLO_OPERATOR), 0);
	take_all(f);
	give_batch(f, 2, KCP_F_CHECK, "show 3\nshow text");
	assert_int_equal(f->done_status, KCP_OK);
	give_batch(f, 3, KCP_F_CHECK, "show 3\nconfigure\nvalue 3\nrubbish");
	assert_int_equal(f->done_status, KCP_PERMISSION);
	assert_int_equal(f->frames[KCP_ERR], 1);
}

static void test_batch_in_exec_mode(void **state)
{
	struct fixture *f = *state;

	give_batch(f, 2, 0, "show 3");
	assert_int_equal(f->done_status, KCP_OK);
	assert_int_equal(f->done_rows, 0);
	assert_int_equal(f->rows, 0);
}

static void test_batch_ends_before_a_command(void **state)
{
	struct fixture *f = *state;

	run_line(f, 1, "configure");
	give_batch(f, 2, 0, "value 5\nvalue 6\ndo show 3\nvalue 7");
	assert_int_equal(f->done_status, KCP_OK);
	assert_int_equal(f->done_rows, 2);
	assert_int_equal(f->rows, 0);
	assert_int_equal(f->daemon.running->value, 6);
	assert_string_equal(f->tag, "config");
	give_batch(f, 3, KCP_F_CONFIG, "value 8\ndo show 3");
	assert_int_equal(f->done_status, KCP_SYNTAX);
	assert_int_equal(f->error_line, 2);
	assert_int_equal(f->daemon.running->value, 6);
}

/* Somebody else commits between the frames of a transaction: it must not undo that. */
static void test_batch_conflict(void **state)
{
	struct fixture *f = *state;
	struct kcp_buf buf;

	run_line(f, 1, "configure");
	assert_int_equal(give_plain(f, KCP_BATCH_BEGIN, 0, 2), 0);
	buf = buf_of(f);
	kcp_lines_begin(&buf, 2, 1);
	kcp_put_str(&buf, "value 3");
	assert_int_equal(give(f, kcp_frame_end(&buf)), 0);
	f->daemon.generation++;
	assert_int_equal(give_plain(f, KCP_BATCH_END, 0, 2), 0);
	take_all(f);
	assert_int_equal(f->done_status, KCP_COMMIT);
	assert_int_equal(f->daemon.running->value, 0);
}

static void test_batch_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_plain(f, KCP_BATCH_END, 0, 2), -EPROTO);
	assert_int_equal(give_plain(f, KCP_BATCH_BEGIN, KCP_F_CONFIG, 2), 0);
	assert_int_equal(give_plain(f, KCP_BATCH_BEGIN, KCP_F_CONFIG, 3), -EPROTO);
	assert_int_equal(give_exec(f, 4, 0, "show 1"), -EPROTO);
	assert_int_equal(give_plain(f, KCP_BATCH_END, 0, 5), -EPROTO);
	assert_int_equal(give_plain(f, KCP_CANCEL, 0, 2), 0);
	take_all(f);
	assert_int_equal(f->done_status, KCP_CANCELLED);
	assert_string_equal(f->daemon.running->hostname, "alpha");
}

static void test_operator(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_hello(f, KCP_HELLO_OPERATOR), 0);
	take_all(f);
	run_line(f, 1, "configure");
	assert_int_equal(f->done_status, KCP_PERMISSION);
	give_batch(f, 2, KCP_F_CONFIG, "hostname beta");
	assert_int_equal(f->done_status, KCP_PERMISSION);
	assert_string_equal(f->daemon.running->hostname, "alpha");
	run_line(f, 3, "show 3");
	assert_int_equal(f->rows, 3);
}

static void test_unknown_frames_ignored(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(give_plain(f, 0x40, 0, 1), 0);
	run_line(f, 1, "show 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hello_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hello_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_major, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rows, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_text_and_its_rows, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_back_pressure, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_requests_overlap, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_request_number_in_use, setup_greeted,
						teardown),
		cmocka_unit_test_setup_teardown(test_cancel_of_nothing, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_end_whole, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_modes, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_line_refused_by_commit, setup_greeted,
						teardown),
		cmocka_unit_test_setup_teardown(test_batch, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_all_or_nothing, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_ends_with_configuration, setup_greeted,
						teardown),
		cmocka_unit_test_setup_teardown(test_batch_from_top, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_replaces, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_is_script, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_check, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_ends_before_a_command, setup_greeted,
						teardown),
		cmocka_unit_test_setup_teardown(test_batch_rehearsal, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_operator_rehearses_what_he_may, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_batch_in_exec_mode, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_conflict, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_batch_order, setup_greeted, teardown),
		cmocka_unit_test_setup_teardown(test_operator, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_frames_ignored, setup_greeted,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
