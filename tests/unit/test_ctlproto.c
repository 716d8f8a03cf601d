// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The frames of the control socket: what is packed comes back the same, and no cut, no foreign
 * length and no stray NUL gets through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "knetd/ctlproto/ctlproto.h"

static uint8_t mem[KCP_FRAME_MAX];

static struct kcp_buf buf_new(void)
{
	return (struct kcp_buf){.data = mem, .cap = sizeof(mem)};
}

static struct kcp_frame frame_of(int len)
{
	struct kcp_frame frame;

	assert_true(len >= KCP_HEADER_LEN);
	assert_int_equal(kcp_frame_unpack(mem, (size_t)len, &frame), 0);
	return frame;
}

static void test_header(void **state)
{
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame;
	int len;

	(void)state;
	kcp_frame_begin(&buf, KCP_DONE, 0x1234, 77);
	kcp_frame_status(&buf, KCP_COMMIT);
	kcp_put_u8(&buf, 9);
	len = kcp_frame_end(&buf);
	assert_int_equal(len, KCP_HEADER_LEN + 1);
	frame = frame_of(len);
	assert_int_equal(frame.type, KCP_DONE);
	assert_int_equal(frame.flags, 0x1234);
	assert_int_equal(frame.req, 77);
	assert_int_equal(frame.status, KCP_COMMIT);
	assert_int_equal(frame.body_len, 1);
	assert_int_equal(frame.body[0], 9);
}

static void test_header_lies(void **state)
{
	struct kcp_buf buf = buf_new();
	static uint8_t large[KCP_FRAME_MAX + 1];
	const uint32_t large_len = sizeof(large);
	struct kcp_frame frame;
	const int len = kcp_pack_exec(&buf, 1, 0, "show peers");

	(void)state;
	assert_int_equal(kcp_frame_unpack(mem, (size_t)len - 1, &frame), -EBADMSG);
	assert_int_equal(kcp_frame_unpack(mem, (size_t)len + 1, &frame), -EBADMSG);
	assert_int_equal(kcp_frame_unpack(mem, KCP_HEADER_LEN - 1, &frame), -EBADMSG);
	assert_int_equal(kcp_frame_unpack(mem, 0, &frame), -EBADMSG);
	memcpy(large, &large_len, sizeof(large_len));
	assert_int_equal(kcp_frame_unpack(large, sizeof(large), &frame), -EBADMSG);
}

static void test_overflow_sticks(void **state)
{
	struct kcp_buf buf = {.data = mem, .cap = KCP_HEADER_LEN + 6};

	(void)state;
	kcp_frame_begin(&buf, KCP_TEXT, 0, 1);
	kcp_put_str(&buf, "more than six");
	assert_true(buf.overflow);
	kcp_put_u8(&buf, 1); /* would fit, but the frame is lost already */
	assert_int_equal(kcp_frame_end(&buf), -EMSGSIZE);
	kcp_frame_begin(&buf, KCP_TEXT, 0, 1);
	kcp_put_str(&buf, "six");
	assert_int_equal(kcp_frame_end(&buf), KCP_HEADER_LEN + 6);
}

static void test_strings(void **state)
{
	struct kcp_buf buf = buf_new();
	struct kcp_reader rd;
	struct kcp_frame frame;
	int len;

	(void)state;
	kcp_frame_begin(&buf, KCP_LINES, 0, 1);
	kcp_put_str(&buf, "");
	kcp_put_str(&buf, "two");
	kcp_put_str(&buf, NULL);
	len = kcp_frame_end(&buf);
	frame = frame_of(len);
	kcp_reader_init(&rd, &frame);
	assert_string_equal(kcp_get_str(&rd), "");
	assert_string_equal(kcp_get_str(&rd), "two");
	assert_true(kcp_reader_more(&rd));
	assert_string_equal(kcp_get_str(&rd), "");
	assert_false(kcp_reader_more(&rd));
	assert_false(rd.bad);
	assert_string_equal(kcp_get_str(&rd), "");
	assert_true(rd.bad);
}

/* What stands behind the line comes as it is; without it there is nothing. */
static void test_exec_with_filter(void **state)
{
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame;
	const uint8_t *rest;
	const char *line;

	(void)state;
	kcp_exec_begin(&buf, 1, KCP_F_BYTES, "capture");
	kcp_put_filter(&buf, "0123456789abcdef", 2);
	kcp_put_filter(&buf, NULL, 0);
	frame = frame_of(kcp_frame_end(&buf));
	assert_int_equal(kcp_unpack_exec(&frame, &line), 0);
	assert_string_equal(line, "capture");
	assert_int_equal(kcp_exec_rest(&frame, &rest), 20);
	assert_memory_equal(rest, (const uint16_t[]){2}, 2);
	assert_memory_equal(rest + 2, "0123456789abcdef\0\0", 18);
	buf = buf_new();
	frame = frame_of(kcp_pack_exec(&buf, 1, 0, "show peers"));
	assert_int_equal(kcp_exec_rest(&frame, &rest), 0);
	/* The longest filters and the longest line fit. */
	static const uint8_t long_filter[KCP_FILTER_MAX * 8];
	char long_line[KCP_LINE_MAX + 1] = "";

	memset(long_line, 'x', KCP_LINE_MAX);
	buf = buf_new();
	kcp_exec_begin(&buf, 1, KCP_F_BYTES, long_line);
	kcp_put_filter(&buf, long_filter, KCP_FILTER_MAX);
	kcp_put_filter(&buf, long_filter, KCP_FILTER_MAX);
	assert_true(kcp_frame_end(&buf) > 0);
}

/* A string with a NUL inside, and one without its NUL at the end. */
static void test_strings_malformed(void **state)
{
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame;
	const char *line;
	int len;

	(void)state;
	kcp_frame_begin(&buf, KCP_EXEC, 0, 1);
	kcp_put_u16(&buf, 3);
	kcp_put_raw(&buf, "a\0b\0", 4);
	len = kcp_frame_end(&buf);
	frame = frame_of(len);
	assert_int_equal(kcp_unpack_exec(&frame, &line), -EBADMSG);
	kcp_frame_begin(&buf, KCP_EXEC, 0, 1);
	kcp_put_u16(&buf, 3);
	kcp_put_raw(&buf, "abcd", 4);
	len = kcp_frame_end(&buf);
	frame = frame_of(len);
	assert_int_equal(kcp_unpack_exec(&frame, &line), -EBADMSG);
	kcp_frame_begin(&buf, KCP_EXEC, 0, 1);
	kcp_put_u16(&buf, 65535);
	kcp_put_raw(&buf, "abc", 4);
	len = kcp_frame_end(&buf);
	frame = frame_of(len);
	assert_int_equal(kcp_unpack_exec(&frame, &line), -EBADMSG);
}

static void test_line_limit(void **state)
{
	static char line[KCP_LINE_MAX + 2];
	struct kcp_complete msg = {.line = line};
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame;
	const char *got;

	(void)state;
	memset(line, 'x', KCP_LINE_MAX);
	frame = frame_of(kcp_pack_exec(&buf, 1, 0, line));
	assert_int_equal(kcp_unpack_exec(&frame, &got), 0);
	line[KCP_LINE_MAX] = 'x';
	frame = frame_of(kcp_pack_exec(&buf, 1, 0, line));
	assert_int_equal(kcp_unpack_exec(&frame, &got), -EBADMSG);
	frame = frame_of(kcp_pack_complete(&buf, 1, &msg));
	assert_int_equal(kcp_unpack_complete(&frame, &msg), -EBADMSG);
	msg = (struct kcp_complete){.line = "show", .cursor = 5};
	frame = frame_of(kcp_pack_complete(&buf, 1, &msg));
	assert_int_equal(kcp_unpack_complete(&frame, &msg), -EBADMSG);
	msg = (struct kcp_complete){.line = "show", .cursor = 4, .help = true};
	frame = frame_of(kcp_pack_complete(&buf, 1, &msg));
	assert_int_equal(kcp_unpack_complete(&frame, &msg), 0);
	assert_string_equal(msg.line, "show");
	assert_int_equal(msg.cursor, 4);
	assert_true(msg.help);
}

static void test_hello(void **state)
{
	const struct kcp_hello_client ask = {1, 3, KCP_HELLO_TTY, "0.1"};
	const struct kcp_hello_server answer = {.major = 1,
						.role = KCP_ROLE_ADMIN,
						.flags = KCP_HELLO_UNSAVED,
						.grammar_hash = 0xdeadbeef,
						.hostname = "alpha",
						.build = "0.1.0"};
	struct kcp_hello_client ask_got;
	struct kcp_hello_server got;
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame;

	(void)state;
	frame = frame_of(kcp_pack_hello(&buf, &ask));
	assert_int_equal(kcp_unpack_hello(&frame, &ask_got), 0);
	assert_int_equal(ask_got.major_max, 3);
	assert_int_equal(ask_got.flags, KCP_HELLO_TTY);
	assert_string_equal(ask_got.build, "0.1");
	frame = frame_of(kcp_pack_hello_ok(&buf, &answer));
	assert_int_equal(kcp_unpack_hello_ok(&frame, &got), 0);
	assert_int_equal(got.role, KCP_ROLE_ADMIN);
	assert_int_equal(got.flags, KCP_HELLO_UNSAVED);
	assert_int_equal(got.grammar_hash, 0xdeadbeef);
	assert_string_equal(got.hostname, "alpha");
	assert_string_equal(got.build, "0.1.0");
}

static void test_hello_range(void **state)
{
	struct kcp_hello_client ask = {.major_min = 3, .major_max = 2, .build = ""};
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame = frame_of(kcp_pack_hello(&buf, &ask));

	(void)state;
	assert_int_equal(kcp_unpack_hello(&frame, &ask), -EBADMSG);
}

static void test_error(void **state)
{
	struct kcp_error err = {.line = 12,
				.tok_off = 29,
				.tok_len = 5,
				.code = KCP_SYNTAX,
				.message = "Invalid input",
				.expected_cnt = 2,
				.expected = {"group", "<cr>"}};
	struct kcp_error got;
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame = frame_of(kcp_pack_error(&buf, 5, &err));

	(void)state;
	assert_int_equal(kcp_unpack_error(&frame, &got), 0);
	assert_int_equal(got.line, 12);
	assert_int_equal(got.tok_off, 29);
	assert_int_equal(got.tok_len, 5);
	assert_int_equal(got.code, KCP_SYNTAX);
	assert_string_equal(got.message, "Invalid input");
	assert_int_equal(got.expected_cnt, 2);
	assert_string_equal(got.expected[1], "<cr>");
}

/* Counts that would run over the receiver's arrays. */
static void test_counts_too_large(void **state)
{
	struct kcp_buf buf = buf_new();
	struct kcp_schema schema;
	struct kcp_error err;
	struct kcp_frame frame;
	uint64_t generation;
	int len;

	(void)state;
	kcp_frame_begin(&buf, KCP_ERR, 0, 1);
	kcp_put_u32(&buf, 0);
	kcp_put_u16(&buf, 0);
	kcp_put_u16(&buf, 0);
	kcp_put_u16(&buf, KCP_FAILED);
	kcp_put_str(&buf, "");
	kcp_put_u16(&buf, KCP_EXPECTED_MAX + 1);
	for (int i = 0; i <= KCP_EXPECTED_MAX; i++)
		kcp_put_str(&buf, "x");
	len = kcp_frame_end(&buf);
	frame = frame_of(len);
	assert_int_equal(kcp_unpack_error(&frame, &err), -EBADMSG);
	kcp_frame_begin(&buf, KCP_SCHEMA, 0, 1);
	kcp_put_u64(&buf, 1);
	kcp_put_str(&buf, "peers/1");
	kcp_put_str(&buf, "");
	kcp_put_u16(&buf, KCP_COLUMNS_MAX + 1);
	len = kcp_frame_end(&buf);
	frame = frame_of(len);
	assert_int_equal(kcp_unpack_schema(&frame, &generation, &schema), -EBADMSG);
}

static void test_schema(void **state)
{
	const struct kcp_schema schema = {
		.id = "peers/1",
		.legend = "Flags",
		.column_cnt = 2,
		.columns = {{"peer", "Peer", KCP_FMT_TEXT},
			    {"links_up/links", "Links", KCP_FMT_RATIO}},
	};
	struct kcp_schema got;
	struct kcp_buf buf = buf_new();
	struct kcp_frame frame = frame_of(kcp_pack_schema(&buf, 5, 57, &schema));
	uint64_t generation;

	(void)state;
	assert_int_equal(kcp_unpack_schema(&frame, &generation, &got), 0);
	assert_int_equal(generation, 57);
	assert_string_equal(got.id, "peers/1");
	assert_string_equal(got.legend, "Flags");
	assert_int_equal(got.column_cnt, 2);
	assert_string_equal(got.columns[1].key, "links_up/links");
	assert_int_equal(got.columns[1].fmt, KCP_FMT_RATIO);
}

static void test_candidates(void **state)
{
	struct kcp_buf buf = buf_new();
	struct kcp_reader rd;
	struct kcp_frame frame;
	struct kcp_cand cand;
	int len;

	(void)state;
	kcp_cand_begin(&buf, 4, 5);
	kcp_put_cand(&buf, &(struct kcp_cand){KCP_CAND_WORD, "peers", "All"});
	kcp_put_cand(&buf, &(struct kcp_cand){KCP_CAND_CR, "<cr>", ""});
	len = kcp_frame_end(&buf);
	frame = frame_of(len);
	kcp_reader_init(&rd, &frame);
	assert_int_equal(kcp_get_u16(&rd), 5);
	kcp_get_cand(&rd, &cand);
	assert_int_equal(cand.kind, KCP_CAND_WORD);
	assert_string_equal(cand.text, "peers");
	assert_string_equal(cand.help, "All");
	kcp_get_cand(&rd, &cand);
	assert_int_equal(cand.kind, KCP_CAND_CR);
	assert_false(kcp_reader_more(&rd));
	assert_false(rd.bad);
}

/* Every proper prefix of a message is refused, whatever it cuts. */
static void test_every_cut(void **state)
{
	const struct kcp_mode mode = {2, KCP_MODE_CLOSED, KCP_ROLE_ADMIN, "alpha", "config"};
	struct kcp_buf buf = buf_new();
	const int full = kcp_pack_mode(&buf, 3, &mode);
	struct kcp_mode got;

	(void)state;
	for (uint32_t len = KCP_HEADER_LEN; len < (uint32_t)full; len++) {
		struct kcp_frame frame;

		memcpy(mem, &len, sizeof(len)); /* the header agrees with the cut */
		assert_int_equal(kcp_frame_unpack(mem, len, &frame), 0);
		assert_int_equal(kcp_unpack_mode(&frame, &got), -EBADMSG);
	}
}

static void test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(kcp_exit_code(KCP_OK), 0);
	assert_int_equal(kcp_exit_code(KCP_FAILED), 1);
	assert_int_equal(kcp_exit_code(KCP_AMBIGUOUS), 2);
	assert_int_equal(kcp_exit_code(KCP_PERMISSION), 4);
	assert_int_equal(kcp_exit_code(KCP_COMMIT), 5);
	assert_int_equal(kcp_exit_code(KCP_CANCELLED), 130);
	assert_int_equal(kcp_exit_code(99), 1);
	assert_string_equal(kcp_status_name(KCP_INCOMPLETE), "incomplete");
	assert_string_equal(kcp_status_name(99), "failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_header_lies),
		cmocka_unit_test(test_overflow_sticks),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_strings_malformed),
		cmocka_unit_test(test_exec_with_filter),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_hello_range),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_counts_too_large),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
