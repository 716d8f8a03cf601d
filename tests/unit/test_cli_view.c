// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the client makes of an answer: cells, tables, JSON, pipes. The whole way from frames to
 * lines is run with the real code; only the last stage is the test's, which collects the lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kronosnetd-cli/cell.h"
#include "kronosnetd-cli/pipe.h"
#include "kronosnetd-cli/regex.h"
#include "kronosnetd-cli/view.h"

static char collected[16384];

static bool collect_line(struct cli_stage *stage, const struct cli_line *line)
{
	(void)stage;
	assert_true(strlen(collected) + strlen(line->text) + 2 < sizeof(collected));
	strcat(collected, line->text);
	strcat(collected, "\n");
	return true;
}

static const struct cli_stage_ops collect_ops = {.name = "collect", .line = collect_line};

static const struct kcp_schema peers = {
	.id = "peers/1",
	.legend = "",
	.column_cnt = 5,
	.columns = {{"peer", "Peer", KCP_FMT_TEXT},
		    {"id", "Id", KCP_FMT_INT},
		    {"links_up/links", "Links", KCP_FMT_RATIO},
		    {"rtt_us", "RTT", KCP_FMT_US},
		    {"description", "Description", KCP_FMT_TEXT}},
};

static const char peer_rows[] =
	"{\"peer\":\"beta\",\"id\":2,\"links_up\":2,\"links\":2,\"rtt_us\":420,"
	"\"description\":\"rack 7\"}\n"
	"{\"peer\":\"gamma\",\"id\":30,\"links_up\":0,\"links\":1,\"rtt_us\":null,"
	"\"description\":\"the one with a long description in the cellar\"}\n";

static const struct kcp_schema *schema_shown = &peers;
static const char *rows_shown = peer_rows;

static struct cli_why wrong;

/*
 * Runs the rows through the pipes of `line` and leaves the lines in `collected`. Returns like
 * cli_pipe_end(), with the sentence in `wrong`.
 */
static int run(const char *line, size_t width, uint64_t generation_end)
{
	struct cli_stage sink = {.ops = &collect_ops};
	uint8_t mem[4096];
	struct kcp_buf buf = {.data = mem, .cap = sizeof(mem)};
	struct cli_stage *first;
	struct kcp_frame frame;
	struct cli_pipe pipe;
	struct cli_view view;
	size_t off;
	int len, rc;

	collected[0] = '\0';
	assert_int_equal(cli_pipe_parse(line, &pipe, &off, &wrong), 0);
	first = cli_pipe_connect(&pipe, &sink);
	cli_view_init(&view, &pipe, first, width, false);
	len = kcp_pack_schema(&buf, 1, 57, schema_shown);
	assert_int_equal(kcp_frame_unpack(mem, (size_t)len, &frame), 0);
	assert_int_equal(cli_view_schema(&view, &frame), 0);
	kcp_frame_begin(&buf, KCP_ROWS, 0, 1);
	kcp_put_raw(&buf, rows_shown, strlen(rows_shown));
	len = kcp_frame_end(&buf);
	assert_int_equal(kcp_frame_unpack(mem, (size_t)len, &frame), 0);
	assert_true(cli_view_rows(&view, &frame) >= 0);
	cli_view_end(&view, generation_end, true);
	rc = cli_pipe_end(&pipe, first, &wrong);
	cli_view_fini(&view);
	cli_pipe_fini(&pipe);
	return rc;
}

static void show(const char *line, size_t width, uint64_t generation_end)
{
	assert_int_equal(run(line, width, generation_end), 0);
}

static void test_table(void **state)
{
	(void)state;
	show("show peers", 0, 57);
	assert_string_equal(
		collected,
		"Peer   Id  Links     RTT  Description\n"
		"beta    2  2/2    0.42ms  rack 7\n"
		"gamma  30  0/1         -  the one with a long description in the cellar\n");
}

static void test_table_fits_the_terminal(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C");
	show("show peers", 46, 57);
	assert_string_equal(collected, "Peer   Id  Links     RTT  Description\n"
				       "beta    2  2/2    0.42ms  rack 7\n"
				       "gamma  30  0/1         -  the one with a long\n"
				       "                          description in the\n"
				       "                          cellar\n");
	show("show peers", 40, 57);
	assert_string_equal(collected, "Peer   Id  Links     RTT\n"
				       "  Description\n"
				       "beta    2  2/2    0.42ms\n"
				       "  rack 7\n"
				       "gamma  30  0/1         -\n"
				       "  the one with a long description in the\n"
				       "  cellar\n");
	show("show peers", 16, 57);
	assert_string_equal(collected, "(not shown: RTT)\n"
				       "Peer   Id  Links\n"
				       "  Description\n"
				       "beta    2  2/2\n"
				       "  rack 7\n"
				       "gamma  30  0/1\n"
				       "  the one with a\n"
				       "  long\n"
				       "  description in\n"
				       "  the cellar\n");
}

static const struct kcp_schema events = {
	.id = "events/1",
	.legend = "",
	.column_cnt = 6,
	.columns = {{"time", "Time", KCP_FMT_TIME},
		    {"seq", "Number", KCP_FMT_INT | KCP_FMT_MINOR},
		    {"peer", "Peer", KCP_FMT_TEXT},
		    {"note", "Note", KCP_FMT_TEXT},
		    {"text", "Text", KCP_FMT_TEXT},
		    {"more", "More", KCP_FMT_TEXT | KCP_FMT_HIDDEN}},
};

static const char event_rows[] =
	"{\"time\":\"2026-11-23T07:01:15.204Z\",\"seq\":7,\"peer\":\"fd00::1234:5678\",\"note\":"
	"null,"
	"\"text\":\"no probe was answered\",\"more\":1}\n"
	"{\"time\":null,\"seq\":1234,\"peer\":\"b\",\"note\":null,\"text\":\"-\",\"more\":1}\n";

/*
 * What is given up, in this order: fraction and year of instants, columns that are empty, minor
 * ones, the width of the last text, its place; then of the others. The row can always be told.
 */
static void test_what_gives_way_first(void **state)
{
	static const struct {
		size_t width;
		const char *lines;
	} cases[] = {
		{80,
		 "Time                      Number  Peer             Note  Text\n"
		 "2026-11-23 07:01:15.204Z       7  fd00::1234:5678  -     no probe was answered\n"
		 "-                           1234  b                -     -\n"},
		{70, "Time            Number  Peer             Note  Text\n"
		     "11-23 07:01:15       7  fd00::1234:5678  -     no probe was answered\n"
		     "-                 1234  b                -     -\n"},
		{62, "(not shown: Note)\n"
		     "Time            Number  Peer             Text\n"
		     "11-23 07:01:15       7  fd00::1234:5678  no probe was answered\n"
		     "-                 1234  b                -\n"},
		{53, "(not shown: Number, Note)\n"
		     "Time            Peer             Text\n"
		     "11-23 07:01:15  fd00::1234:5678  no probe was\n"
		     "                                 answered\n"
		     "-               b                -\n"},
		{32, "(not shown: Number, Note)\n"
		     "Time            Peer\n"
		     "  Text\n"
		     "11-23 07:01:15  fd00::1234:5678\n"
		     "  no probe was answered\n"
		     "-               b\n"},
		{26, "(not shown: Number, Note)\n"
		     "Time            Peer\n"
		     "  Text\n"
		     "11-23 07:01:15  fd00::1234\n"
		     "                :5678\n"
		     "  no probe was answered\n"
		     "-               b\n"},
	};

	(void)state;
	schema_shown = &events;
	rows_shown = event_rows;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		show("show events", cases[i].width, 57);
		assert_string_equal(collected, cases[i].lines);
	}
	schema_shown = &peers;
	rows_shown = peer_rows;
}

static void test_json(void **state)
{
	(void)state;
	show("show peers | json", 0, 57);
	assert_string_equal(
		collected,
		"{\"schema\":\"peers/1\",\"generation\":57,\"rows\":[\n"
		"{\"peer\":\"beta\",\"id\":2,\"links_up\":2,\"links\":2,\"rtt_us\":420,"
		"\"description\":\"rack 7\"},\n"
		"{\"peer\":\"gamma\",\"id\":30,\"links_up\":0,\"links\":1,\"rtt_us\":null,"
		"\"description\":\"the one with a long description in the cellar\"}\n"
		"]}\n");
}

static void test_json_is_valid(void **state)
{
	static const char *const lines[] = {"x | json", "x | json pretty"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *doc;

		show(lines[i], 0, 58);
		doc = json_loads(collected, 0, NULL);
		assert_non_null(doc);
		assert_string_equal(json_string_value(json_object_get(doc, "schema")), "peers/1");
		assert_int_equal(json_integer_value(json_object_get(doc, "generation")), 57);
		assert_int_equal(json_integer_value(json_object_get(doc, "generation_end")), 58);
		assert_int_equal(json_array_size(json_object_get(doc, "rows")), 2);
		json_decref(doc);
	}
}

static void test_json_lines(void **state)
{
	(void)state;
	show("x | json lines", 0, 57);
	assert_string_equal(collected, peer_rows);
}

static void test_pipes(void **state)
{
	(void)state;
	show("show peers | include beta", 0, 57);
	assert_string_equal(collected, "beta    2  2/2    0.42ms  rack 7\n");
	show("show peers | exclude \"^(gamma|Peer)\"", 0, 57);
	assert_string_equal(collected, "beta    2  2/2    0.42ms  rack 7\n");
	show("show peers | count", 0, 57);
	assert_string_equal(collected, "2\n");
	show("show peers | include 2  2/2 | c", 0, 57);
	assert_string_equal(collected, "0\n");
	show("show peers | include the one with", 0, 57);
	assert_string_equal(
		collected,
		"gamma  30  0/1         -  the one with a long description in the cellar\n");
	show("show peers | s the one | c", 0, 57);
	assert_string_equal(collected, "1\n");
	show("show peers | inc nothing | count", 0, 57);
	assert_string_equal(collected, "0\n");
	show("show peers | first 1", 0, 57);
	assert_string_equal(collected, "Peer   Id  Links     RTT  Description\n"
				       "beta    2  2/2    0.42ms  rack 7\n");
	show("show peers | begin gamma", 0, 57);
	assert_string_equal(
		collected,
		"gamma  30  0/1         -  the one with a long description in the cellar\n");
	show("show peers | exclude Peer | last 1 | count", 0, 57);
	assert_string_equal(collected, "1\n");
	show("show peers | json lines | include beta | count", 0, 57);
	assert_string_equal(collected, "1\n");
}

static void test_save(void **state)
{
	char path[] = "/tmp/knet-test-XXXXXX";
	char line[128], text[256] = "";
	const int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	snprintf(line, sizeof(line), "show peers | include beta | save %s", path);
	show(line, 0, 57);
	assert_string_equal(collected, "");
	snprintf(line, sizeof(line), "show peers | include beta | save %s append", path);
	show(line, 0, 57);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "beta    2  2/2    0.42ms  rack 7\n"
				  "beta    2  2/2    0.42ms  rack 7\n");
	close(fd);
	unlink(path);
}

static void test_pipes_refused(void **state)
{
	static const struct {
		const char *line;
		size_t off;
	} bad[] = {
		{"show peers | nonsense", 13},
		{"show peers |", 12},
		{"show peers | count | json", 21},
		{"show peers | include", 13},
		{"show peers | include \"(\"", 13},
		{"show peers | first 0", 13},
		{"show peers | first x", 13},
		{"show peers | include a b c d e f g h i j k l m n o p q r s t u v w x y z", 13},
		{"show peers | no-more now", 13},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cli_pipe pipe;
		struct cli_why why = {""};
		size_t off;

		assert_true(cli_pipe_parse(bad[i].line, &pipe, &off, &why) < 0);
		assert_int_equal(off, bad[i].off);
		assert_true(why.text[0] != '\0');
	}
}

/* What is wrong with an expression, and where. */
static void test_expressions_that_are_none(void **state)
{
	static const struct {
		const char *line, *reason;
	} bad[] = {
		{"x | include \"a(b\"", "missing closing parenthesis, at character 4 of 'a(b'"},
		{"x | include *",
		 "quantifier does not follow a repeatable item, at character 1 of '*'"},
		{"x | where peer ~ [z-a]",
		 "range out of order in character class, at character 4 of '[z-a]'"},
		{"x | include (((((a{9}){9}){9}){9}){9})",
		 "regular expression is too large, at character 27 of "
		 "'(((((a{9}){9}){9}){9}){9})'"},
		{"x | include ((((((((((((((((((((((((((((((((("
		 ")))))))))))))))))))))))))))))))))",
		 "parentheses are too deeply nested, at character 34 of "
		 "'((((((((((((((((((((((((((((((((()))))))))))))))))))))))))))))))))'"},
		{"x | include (*UTF)a",
		 "using UTF is disabled by the application, at character 7 of '(*UTF)a'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cli_pipe pipe;
		struct cli_why why = {""};
		size_t off;

		assert_true(cli_pipe_parse(bad[i].line, &pipe, &off, &why) < 0);
		assert_string_equal(why.text, bad[i].reason);
	}
}

static void test_expression_of_any_length(void **state)
{
	char text[2048];
	struct cli_why why = {""};
	struct cli_regex *re;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[1024] = '\0';
	re = cli_regex_new(text, &why);
	assert_non_null(re);
	assert_int_equal(cli_regex_match(re, text), 1);
	cli_regex_free(re);
	text[1024] = 'a';
	text[1025] = '\0';
	assert_null(cli_regex_new(text, &why));
	assert_string_equal(why.text, "a regular expression has at most 1024 bytes");
}

static int64_t cpu_time_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* Expressions that take the C library minutes or all memory: in time, right or refused. */
static void test_expressions_that_explode(void **state)
{
	static const struct {
		const char *pattern;
		int short_line, long_line;
	} cases[] = {
		{"(((((a*)*)*)*)*)*", 1, 1},
		{"(((((((((a|)*)*)*)*)*)*)*)*)*$", -E2BIG, -E2BIG},
		{"(a|)(b|)(a|)(b|)(a|)(b|)(a|)(b|)(a|)(b|)(a|)(b|)(a|)(b|)(a|)(b|)!$", 1, -E2BIG},
		{"(a+)+$", -E2BIG, -E2BIG},
		{"((a)|(b))*?$", 1, -E2BIG},
		{"(a|a)*$", -E2BIG, -E2BIG},
		{"(a*)*b", 0, 0},
		{"a*[bc]", 0, 0},
		{"([a!]*)$", 1, 1},
		{"[ab]*!", 1, 1},
		{"\\Qa!", 1, 1},
		{"(?i)A!", 1, 1},
		{"^b", 0, 0},
		/* Those that people type. */
		{"[0-9]{1,3}.[0-9]{1,3}.[0-9]{1,3}.[0-9]{1,3}", 0, 0},
		{"(up|down)+.*[a-z]+[0-9]+-[a-z]+", 0, 0},
	};
	char line[4001];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const int64_t start = cpu_time_us();
		struct cli_why why;
		struct cli_regex *re = cli_regex_new(cases[i].pattern, &why);

		assert_non_null(re);
		memset(line, 'a', sizeof(line));
		memcpy(line + 60, "!", 2);
		if (cli_regex_match(re, line) != cases[i].short_line)
			fail_msg("%s: not %d on the short line", cases[i].pattern,
				 cases[i].short_line);
		memset(line, 'a', sizeof(line));
		memcpy(line + 3999, "!", 2);
		if (cli_regex_match(re, line) != cases[i].long_line)
			fail_msg("%s: not %d on the long line", cases[i].pattern,
				 cases[i].long_line);
		cli_regex_free(re);
		/* Some 20 ms; machines differ. Without limits: years. */
		assert_in_range(cpu_time_us() - start, 0, 500000);
	}
}

/* The output ends at the line that takes too long, and the stage says why. */
static void test_expression_that_takes_too_long(void **state)
{
	static const char *const stages[] = {"include", "exclude", "begin",
					     "until",   "section", "where peer ~"};
	char rows[256], line[64];

	(void)state;
	snprintf(rows, sizeof(rows), "{\"peer\":\"%s!\"}\n%s",
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "{\"peer\":\"b\"}\n");
	rows_shown = rows;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		const char *lines = i < 5 ? "| json lines " : "";

		snprintf(line, sizeof(line), "x %s| %s (a+)+$", lines, stages[i]);
		assert_int_equal(run(line, 0, 57), -EINVAL);
		assert_null(strstr(collected, "b"));
		snprintf(line, sizeof(line), "%.5s", stages[i]);
		assert_memory_equal(wrong.text, line, strlen(line));
		assert_non_null(strstr(wrong.text, "takes too long on a line"));
	}
	rows_shown = peer_rows;
}

static void test_bars_in_quotes(void **state)
{
	struct cli_pipe pipe;
	struct cli_why why;
	size_t off;

	(void)state;
	assert_int_equal(cli_pipe_parse("description \"a | \\\" b\"", &pipe, &off, &why), 0);
	assert_string_equal(pipe.command, "description \"a | \\\" b\"");
	assert_int_equal(pipe.stage_cnt, 0);
	cli_pipe_fini(&pipe);
}

/* Bars within the words of a pattern are its own; elsewhere they begin a stage. */
static void test_bars_in_patterns(void **state)
{
	static const struct {
		const char *line;
		size_t stages;
	} cases[] = {
		{"show run | i peer|link", 1},
		{"show run | include peer|link | count", 2},
		{"show run | exclude a|b|c | begin d|e", 2},
		{"show run | section peer| count", 2},
		{"show run | section peer |count", 2},
		{"show run | count|first 3", 2},
		{"show run|include peer", 1},
		{"show run |include peer", 1},
		{"show run | include \"a b\"|count", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_pipe pipe;
		struct cli_why why;
		size_t off;

		if (cli_pipe_parse(cases[i].line, &pipe, &off, &why) < 0)
			fail_msg("%s: %s", cases[i].line, why.text);
		if (pipe.stage_cnt != cases[i].stages)
			fail_msg("%s: %zu stages", cases[i].line, pipe.stage_cnt);
		cli_pipe_fini(&pipe);
	}
}

/* What a terminal would obey is replaced, wherever in a row it stands; all else is left alone. */
static void test_json_has_no_controls(void **state)
{
	char row[64], wanted[128];

	(void)state;
	rows_shown = row;
	for (size_t at = 0; at < 30; at++) {
		memset(row, 'x', 30);
		memcpy(row + 30, "\xc3\xbc\x7f\n", 5);
		row[at] = at % 2 ? '\x1b' : '\t';
		show("x | json", 0, 57);
		snprintf(wanted, sizeof(wanted), "\"rows\":[\n%.*s?%.*s\xc3\xbc\x7f\n]}\n", (int)at,
			 row, (int)(29 - at), row + at + 1);
		assert_non_null(strstr(collected, wanted));
	}
	rows_shown = peer_rows;
}

static void cell_is(enum kcp_fmt fmt, const char *value, const char *expected)
{
	const struct kcp_column col = {"k", "K", (uint8_t)fmt};
	char text[128];
	char *cell;
	json_t *row;

	snprintf(text, sizeof(text), "{\"k\":%s}", value);
	row = json_loads(text, 0, NULL);
	assert_non_null(row);
	cell = cli_cell_format(row, &col);
	assert_string_equal(cell, expected);
	free(cell);
	json_decref(row);
}

static void test_cells(void **state)
{
	(void)state;
	cell_is(KCP_FMT_TEXT, "\"up\"", "up");
	cell_is(KCP_FMT_TEXT, "\"\"", "-");
	cell_is(KCP_FMT_TEXT, "null", "-");
	cell_is(KCP_FMT_TEXT, "[0,2]", "0,2");
	cell_is(KCP_FMT_TEXT, "[]", "-");
	cell_is(KCP_FMT_TEXT, "true", "yes");
	cell_is(KCP_FMT_TEXT, "\"a\\u001b[2Jb\"", "a?[2Jb");
	cell_is(KCP_FMT_TEXT, "\"a\\u009b2Jb\"", "a??2Jb");
	cell_is(KCP_FMT_INT, "50000", "50000");
	cell_is(KCP_FMT_NUMBER, "1204", "1,204");
	cell_is(KCP_FMT_NUMBER, "-1234567", "-1,234,567");
	cell_is(KCP_FMT_NUMBER, "999", "999");
	cell_is(KCP_FMT_SI, "88", "88");
	cell_is(KCP_FMT_SI, "1200000", "1.20M");
	cell_is(KCP_FMT_BYTES, "0", "0 B");
	cell_is(KCP_FMT_BYTES, "1210000000000", "1.21 TB");
	cell_is(KCP_FMT_BYTES, "999700", "1.00 MB");
	cell_is(KCP_FMT_BYTES, "88104552711", "88.1 GB");
	cell_is(KCP_FMT_US, "420", "0.42ms");
	cell_is(KCP_FMT_US, "81200", "81.20ms");
	cell_is(KCP_FMT_US, "1500000", "1.50s");
	cell_is(KCP_FMT_SECONDS, "12", "00:12");
	cell_is(KCP_FMT_SECONDS, "11575", "03:12:55");
	cell_is(KCP_FMT_SECONDS, "1053000", "12d04h");
	cell_is(KCP_FMT_PERCENT, "100", "100.0 %");
	cell_is(KCP_FMT_STAR, "true", "*");
	cell_is(KCP_FMT_STAR, "false", " ");
	cell_is(KCP_FMT_TIME, "\"2026-11-23T07:01:15.204Z\"", "2026-11-23 07:01:15.204Z");
}

static void test_widths(void **state)
{
	(void)state;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		skip();
	assert_int_equal(cli_text_width("na\u00efve"), 5);
	assert_int_equal(cli_text_width("\u65e5\u672c"), 4);
	assert_int_equal(cli_text_width("\xff\xfe"), 2);
	assert_int_equal(cli_text_fit("\u65e5\u672c", 3), 3);
	setlocale(LC_CTYPE, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_fits_the_terminal),
		cmocka_unit_test(test_what_gives_way_first),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_is_valid),
		cmocka_unit_test(test_json_lines),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_pipes_refused),
		cmocka_unit_test(test_expressions_that_are_none),
		cmocka_unit_test(test_expression_of_any_length),
		cmocka_unit_test(test_expressions_that_explode),
		cmocka_unit_test(test_expression_that_takes_too_long),
		cmocka_unit_test(test_bars_in_quotes),
		cmocka_unit_test(test_bars_in_patterns),
		cmocka_unit_test(test_json_has_no_controls),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_widths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
