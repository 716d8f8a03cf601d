// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Pipes that work on rows, and those that need all lines: frames go in, lines come out, with the
 * real view and stages between. The last stage is the test's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kronosnetd-cli/column.h"
#include "kronosnetd-cli/diff.h"
#include "kronosnetd-cli/view.h"

static char collected[65536];

static bool collect_line(struct cli_stage *stage, const struct cli_line *line)
{
	(void)stage;
	assert_true(strlen(collected) + strlen(line->text) + 2 < sizeof(collected));
	strcat(collected, line->text);
	strcat(collected, "\n");
	return true;
}

static const struct cli_stage_ops collect_ops = {.name = "collect", .line = collect_line};

static struct kcp_schema links = {
	.id = "links/1",
	.legend = "",
	.column_cnt = 6,
	.columns = {{"peer", "Peer", KCP_FMT_TEXT},
		    {"up/all", "Links", KCP_FMT_RATIO},
		    {"active", "Active", KCP_FMT_TEXT},
		    {"rtt_us", "RTT", KCP_FMT_US},
		    {"since_s", "Since", KCP_FMT_SECONDS | KCP_FMT_HIDDEN},
		    {"on", "On", KCP_FMT_TEXT | KCP_FMT_HIDDEN}},
};

static const char rows[] =
	"{\"peer\":\"web-10\",\"up\":2,\"all\":2,\"active\":[0,1],\"rtt_us\":9100,\"since_s\":60,"
	"\"on\":true}\n"
	"{\"peer\":\"db\",\"up\":0,\"all\":1,\"active\":[],\"rtt_us\":null,\"since_s\":7200,"
	"\"on\":false}\n"
	"{\"peer\":\"a \\\"b\\\", c\",\"up\":1,\"all\":2,\"active\":[1],\"rtt_us\":10500,"
	"\"since_s\":90000,\"on\":true}\n";

struct run {
	struct cli_stage sink;
	struct cli_stage *first;
	struct cli_pipe pipe;
	struct cli_view view;
};

static int run_begin(struct run *run, const char *line, size_t width)
{
	uint8_t mem[4096];
	struct kcp_buf buf = {.data = mem, .cap = sizeof(mem)};
	struct kcp_frame frame;
	struct cli_why why;
	size_t off;
	int len;

	collected[0] = '\0';
	run->sink = (struct cli_stage){.ops = &collect_ops};
	assert_int_equal(cli_pipe_parse(line, &run->pipe, &off, &why), 0);
	run->first = cli_pipe_connect(&run->pipe, &run->sink);
	cli_view_init(&run->view, &run->pipe, run->first, width, false);
	len = kcp_pack_schema(&buf, 1, 57, &links);
	assert_int_equal(kcp_frame_unpack(mem, (size_t)len, &frame), 0);
	return cli_view_schema(&run->view, &frame);
}

static int run_rows(struct run *run, const char *text)
{
	const struct kcp_frame frame = {
		.type = KCP_ROWS, .body = (const uint8_t *)text, .body_len = strlen(text)};

	return cli_view_rows(&run->view, &frame);
}

static void run_end(struct run *run)
{
	struct cli_why why;

	cli_view_end(&run->view, 57, true);
	assert_int_equal(cli_pipe_end(&run->pipe, run->first, &why), 0);
	cli_view_fini(&run->view);
	cli_pipe_fini(&run->pipe);
}

/* Leaves what the line shows of the rows in `collected`. */
static void show(const char *line)
{
	struct run run;

	assert_int_equal(run_begin(&run, line, 0), 0);
	assert_true(run_rows(&run, rows) >= 0);
	run_end(&run);
}

static void shows(const char *line, const char *expected)
{
	show(line);
	assert_string_equal(collected, expected);
}

/* The peers that `where` lets through, one a line. */
static void test_where(void **state)
{
	static const struct {
		const char *where, *peers;
	} cases[] = {
		{"rtt_us > 9.5ms", "a \"b\", c\n"},
		{"rtt < 10ms", "web-10\n"},
		{"RTT>=9100", "web-10\na \"b\", c\n"},
		{"rtt_us = -", "db\n"},
		{"rtt_us != -", "web-10\na \"b\", c\n"},
		{"since >= 2h", "db\na \"b\", c\n"},
		{"active = 0", "web-10\n"},
		{"active = -", "db\n"},
		{"active != 1", "db\n"},
		{"peer ~ ^web", "web-10\n"},
		{"peer !~ ^web", "db\na \"b\", c\n"},
		{"peer = db", "db\n"},
		{"on = no", "db\n"},
		{"on = true", "web-10\na \"b\", c\n"},
		{"up < 1", "db\n"},
		{"all = 1", "db\n"},
		{"links = 2", "web-10\n"},
		{"peer = \"a \\\"b\\\", c\"", "a \"b\", c\n"},
	};
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(line, sizeof(line), "x | where %s | columns peer | exclude ^Peer$",
			 cases[i].where);
		show(line);
		if (strcmp(collected, cases[i].peers) != 0)
			fail_msg("where %s: %s", cases[i].where, collected);
	}
}

static void test_sort(void **state)
{
	(void)state;
	shows("x | sort rtt | columns peer", "Peer\nweb-10\na \"b\", c\ndb\n");
	shows("x | sort rtt_us reverse | columns peer", "Peer\na \"b\", c\nweb-10\ndb\n");
	shows("x | sort peer | first 2 | columns peer", "Peer\na \"b\", c\ndb\n");
	shows("x | sort active | last 1 | columns peer", "Peer\ndb\n");
}

static void test_columns(void **state)
{
	(void)state;
	shows("x | columns since,peer",
	      "   Since  Peer\n   01:00  web-10\n02:00:00  db\n   1d01h  a \"b\", c\n");
}

static void test_csv(void **state)
{
	(void)state;
	shows("x | csv", "peer,up,all,active,rtt_us,since_s,on\n"
			 "web-10,2,2,0 1,9100,60,true\n"
			 "db,0,1,,,7200,false\n"
			 "\"a \"\"b\"\", c\",1,2,1,10500,90000,true\n");
	shows("x | where up = 9 | csv", "peer,up,all,active,rtt_us,since_s,on\n");
}

static void test_json_of_chosen_rows(void **state)
{
	(void)state;
	shows("x | where up = 0 | columns links,peer | json",
	      "{\"schema\":\"links/1\",\"generation\":57,\"rows\":[\n"
	      "{\"up\":0,\"all\":1,\"peer\":\"db\"}\n]}\n");
	shows("x | first 1 | columns peer | json lines", "{\"peer\":\"web-10\"}\n");
	shows("show x json | where up > 1 | columns peer",
	      "{\"schema\":\"links/1\",\"generation\":57,\"rows\":[\n{\"peer\":\"web-10\"}\n]}\n");
}

/* `json` as the last word of a show, but nowhere else. */
static void test_json_word(void **state)
{
	static const struct {
		const char *line, *command;
		enum cli_form form;
	} cases[] = {
		{"show peers json", "show peers", CLI_FORM_JSON},
		{"sh peers  json ", "sh peers ", CLI_FORM_JSON},
		{"do sho peers json | count", "do sho peers", CLI_FORM_JSON},
		{"show peers \"json\"", "show peers \"json\"", CLI_FORM_TABLE},
		{"show json", "show", CLI_FORM_JSON},
		{"hostname json", "hostname json", CLI_FORM_TABLE},
		{"description show json", "description show json", CLI_FORM_TABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cli_pipe pipe;
		struct cli_why why;
		size_t off;

		assert_int_equal(cli_pipe_parse(cases[i].line, &pipe, &off, &why), 0);
		assert_int_equal(strncmp(pipe.command, cases[i].command, strlen(cases[i].command)),
				 0);
		assert_int_equal(pipe.form, cases[i].form);
		cli_pipe_fini(&pipe);
	}
}

/* A wrong column is an error when the schema is known, and nothing is drawn. */
static void test_unknown_column(void **state)
{
	static const char *const lines[] = {"x | where nothing = 1", "x | sort nothing",
					    "x | columns peer,nothing",
					    "x | columns peer | sort up"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct run run;

		assert_true(run_begin(&run, lines[i], 0) < 0);
		assert_non_null(strstr(run.view.why.text, "there are: peer"));
		run_end(&run);
		assert_string_equal(collected, "");
	}
}

static void test_refused(void **state)
{
	static const char *const lines[] = {
		"x | include a | where b = 1",
		"x | count | json",
		"x | json | sort a",
		"x | json | csv",
		"x | where a",
		"x | where = 1",
		"x | sort",
		"x | sort a backwards",
		"x | columns",
		"x | refresh 0",
		"x | refresh x",
		"x | tee",
		"x | diff a b",
		"x | diff /no/such",
		"x | csv now",
		"x | where a ~ (",
		"x | save /no/such/x",
		"x | co",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cli_pipe pipe;
		struct cli_why why = {""};
		size_t off = 0;

		if (cli_pipe_parse(lines[i], &pipe, &off, &why) == 0)
			fail_msg("taken: %s", lines[i]);
		assert_true(why.text[0] != '\0');
		assert_true(off >= 4);
	}
}

/* Rows beyond the first frame do not change the widths; on a terminal they go on below. */
static void test_widths_are_of_the_first_rows(void **state)
{
	struct run run;

	(void)state;
	assert_int_equal(run_begin(&run, "x | columns peer,on", 80), 0);
	for (int i = 0; i < KCP_ROWS_MAX; i++)
		assert_int_equal(run_rows(&run, "{\"peer\":\"short\",\"on\":true}\n"), 1);
	collected[0] = '\0';
	assert_int_equal(run_rows(&run, "{\"peer\":\"rather long\",\"on\":true}\n"), 1);
	assert_string_equal(collected, "rathe  yes\nr\nlong\n");
	run_end(&run);
}

/* What does not fit is left out from the right, but not a text at the end; it is said. */
static void test_narrow(void **state)
{
	struct run run;

	(void)state;
	assert_int_equal(run_begin(&run, "x", 20), 0);
	assert_int_equal(run_rows(&run, rows), 1);
	run_end(&run);
	assert_string_equal(collected, "(not shown: Active,~\n"
				       "Peer      Links\n"
				       "web-10    2/2\n"
				       "db        0/1\n"
				       "a \"b\", c  1/2\n");
}

/* A stream draws each row at once, lets columns grow, and is never a JSON object. */
static void test_stream(void **state)
{
	struct run run;

	(void)state;
	links.flags = KCP_SCHEMA_STREAM;
	assert_int_equal(run_begin(&run, "x | columns peer,on", 0), 0);
	assert_int_equal(run_rows(&run, "{\"peer\":\"a\",\"on\":true}\n"), 1);
	assert_string_equal(collected, "Peer  On\na     yes\n");
	assert_int_equal(run_rows(&run, "{\"peer\":\"longer\",\"on\":true}\n"), 1);
	assert_string_equal(collected, "Peer  On\na     yes\nlonger  yes\n");
	run_end(&run);
	assert_int_equal(run_begin(&run, "x | json", 0), 0);
	assert_int_equal(run_rows(&run, "{\"peer\":\"a\"}\n"), 1);
	assert_string_equal(collected, "{\"peer\":\"a\"}\n");
	run_end(&run);
	links.flags = 0;
}

static const char config[] = "hostname alpha\ninterface knet0\n node-id 1\n peer beta 2\n"
			     "  link 0\n exit\n port 5\nexit\ninterface knet1\nexit\n";

static void text_shows(const char *line, const char *expected)
{
	const struct kcp_frame frame = {
		.type = KCP_TEXT, .body = (const uint8_t *)config, .body_len = strlen(config)};
	struct run run;

	assert_int_equal(run_begin(&run, line, 0), 0);
	assert_true(cli_view_text(&run.view, &frame) >= 0);
	run_end(&run);
	assert_string_equal(collected, expected);
}

static void test_section_and_until(void **state)
{
	(void)state;
	text_shows("x | section knet0", "interface knet0\n node-id 1\n peer beta 2\n  link 0\n"
					" exit\n port 5\nexit\n");
	text_shows("x | section beta", " peer beta 2\n  link 0\n exit\n");
	text_shows("x | section hostname", "hostname alpha\n");
	text_shows("x | until node", "hostname alpha\ninterface knet0\n node-id 1\n");
	text_shows("x | until node | count", "3\n");
}

static void test_tee(void **state)
{
	char path[] = "/tmp/knet-test-XXXXXX";
	char line[128], text[64] = "";
	const int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	snprintf(line, sizeof(line), "x | include host | tee %s", path);
	text_shows(line, "hostname alpha\n");
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "hostname alpha\n");
	snprintf(line, sizeof(line), "x | include \"host|port\" | diff %s", path);
	text_shows(line, "@@ -1,1 +1,2 @@\n hostname alpha\n+ port 5\n");
	snprintf(line, sizeof(line), "x | include host | diff %s", path);
	text_shows(line, "");
	close(fd);
	unlink(path);
}

/* ---- differences ----------------------------------------------------------------------------- */

/* Applies a unified difference to `a`, checking all that stands in it. */
struct patch {
	const struct cli_lines *a;
	struct cli_lines *out;
	size_t at;
	unsigned int edits;
};

static bool patch_line(void *arg, const char *line)
{
	struct patch *p = arg;
	size_t from, cnt;

	if (sscanf(line, "@@ -%zu,%zu", &from, &cnt) == 2) {
		while (p->at + (cnt > 0) < from)
			assert_int_equal(cli_lines_add(p->out, p->a->text[p->at++]), 0);
		return true;
	}
	p->edits += line[0] != ' ';
	if (line[0] != '+') {
		assert_true(p->at < p->a->cnt);
		assert_string_equal(p->a->text[p->at++], line + 1);
	}
	if (line[0] != '-')
		assert_int_equal(cli_lines_add(p->out, line + 1), 0);
	return true;
}

/* Random texts of few different lines: the difference applied to the one gives the other. */
static void test_diff_is_a_patch(void **state)
{
	unsigned int seed = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct cli_lines a = {0}, b = {0}, out = {0};
		struct patch patch = {.a = &a, .out = &out};
		struct cli_lines *both[] = {&a, &b};
		const int variety = 2 + round % 5;

		for (int i = 0; i < 2; i++)
			for (int n = rand_r(&seed) % 30; n > 0; n--) {
				const char text[2] = {(char)('a' + rand_r(&seed) % variety), 0};

				assert_int_equal(cli_lines_add(both[i], text), 0);
			}
		assert_int_equal(cli_diff(&a, &b, patch_line, &patch), 0);
		while (patch.at < a.cnt)
			assert_int_equal(cli_lines_add(&out, a.text[patch.at++]), 0);
		assert_int_equal(out.cnt, b.cnt);
		for (size_t i = 0; i < b.cnt; i++)
			assert_string_equal(out.text[i], b.text[i]);
		cli_lines_fini(&a);
		cli_lines_fini(&b);
		cli_lines_fini(&out);
	}
}

/* It is the shortest one, and beyond the limit of edits still a right one. */
static void test_diff_sizes(void **state)
{
	struct cli_lines a = {0}, b = {0}, out = {0};
	struct patch patch = {.a = &a, .out = &out};
	char text[16];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_int_equal(cli_lines_add(&a, text), 0);
		if (i != 1500)
			assert_int_equal(cli_lines_add(&b, text), 0);
	}
	assert_int_equal(cli_diff(&a, &b, patch_line, &patch), 0);
	assert_int_equal(patch.edits, 1);
	cli_lines_fini(&b);
	cli_lines_fini(&out);
	patch = (struct patch){.a = &a, .out = &out};
	for (int i = 0; i < 3000; i++)
		assert_int_equal(cli_lines_add(&b, "x"), 0);
	assert_int_equal(cli_diff(&a, &b, patch_line, &patch), 0);
	assert_int_equal(patch.edits, 6000);
	assert_int_equal(out.cnt, 3000);
	cli_lines_fini(&a);
	cli_lines_fini(&b);
	cli_lines_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_json_of_chosen_rows),
		cmocka_unit_test(test_json_word),
		cmocka_unit_test(test_unknown_column),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_widths_are_of_the_first_rows),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_section_and_until),
		cmocka_unit_test(test_tee),
		cmocka_unit_test(test_diff_is_a_patch),
		cmocka_unit_test(test_diff_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
