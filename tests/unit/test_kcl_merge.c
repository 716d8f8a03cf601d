// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Differences as lines, three-way merges, and texts of which a part cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"

#define BASE                                               \
	"hostname alpha\n"                                 \
	"interface knet0\n"                                \
	" node-id 1\n"                                     \
	" address 10.9.0.1/24\n"                           \
	" network-secret file /etc/kronosnet/k\n"          \
	" link 0 local 192.0.2.1\n"                        \
	" peer nodeB 2 192.0.2.2 198.51.100.2\n"           \
	" peer nodeC 3 192.0.2.3\n"                        \
	" mac-table static 02:00:00:00:00:02 peer nodeB\n" \
	"exit\n"

static void error_print(void *arg, unsigned int number, const char *line,
			const struct kcl_error *err)
{
	(void)arg;
	print_error("line %u: %s: %s\n", number, line ? line : "", err->message);
}

static struct kcl_config *load(const char *text)
{
	struct kcl_config *config;

	assert_int_equal(kcl_config_load(text, strlen(text), error_print, NULL, &config), 0);
	return config;
}

static void lines_on(struct kcl_config **config, const char *lines)
{
	const struct kcl_load how = {.base = *config, .report = error_print};
	struct kcl_config *next;

	assert_int_equal(kcl_config_read(&how, lines, strlen(lines), &next), 0);
	kcl_config_free(*config);
	*config = next;
}

static void line_add(void *arg, const char *line)
{
	char *text = arg;

	assert_true(strlen(text) + strlen(line) + 2 < 4096);
	strcat(text, line);
	strcat(text, "\n");
}

static const char *written(const struct kcl_config *config)
{
	static char text[4096];

	text[0] = '\0';
	kcl_config_write(config, line_add, text);
	return text;
}

/* From BASE to BASE with `lines`: what is shown, and the counts. */
static void expect_delta(const char *lines, const char *shown, const char *counts)
{
	struct kcl_config *a = load(BASE), *b = kcl_config_copy(a);
	char text[4096] = "", got[64];
	struct kcl_delta d;

	lines_on(&b, lines);
	assert_int_equal(kcl_config_delta(a, b, line_add, text, &d), 0);
	snprintf(got, sizeof(got), "~%u +%u -%u", d.changed, d.added, d.removed);
	assert_string_equal(text, shown);
	assert_string_equal(got, counts);
	kcl_config_free(a);
	kcl_config_free(b);
}

static void test_delta_shows_lines_where_they_stand(void **state)
{
	(void)state;
	expect_delta("", "", "~0 +0 -0");
	expect_delta("interface knet0\n timers ping 50 timeout 250\n peer nodeE 5 192.0.2.5\n",
		     " interface knet0\n"
		     "- timers ping 100 timeout 500            (default)\n"
		     "+ timers ping 50 timeout 250\n"
		     "+ peer nodeE 5 192.0.2.5\n",
		     "~1 +1 -0");
	expect_delta("hostname beta\n", "-hostname alpha\n+hostname beta\n", "~1 +0 -0");
	expect_delta("interface knet0\n no peer nodeC\n no address 10.9.0.1/24\n",
		     " interface knet0\n"
		     "- address 10.9.0.1/24\n"
		     "- peer nodeC 3 192.0.2.3\n",
		     "~0 +0 -2");
	expect_delta("interface knet1\n node-id 9\n network-secret file /k\n",
		     "+interface knet1\n"
		     "+ node-id 9\n"
		     "+ network-secret file /k\n",
		     "~0 +1 -0");
	expect_delta("no interface knet0\n",
		     "-interface knet0\n"
		     "- node-id 1\n"
		     "- address 10.9.0.1/24\n"
		     "- network-secret file /etc/kronosnet/k\n"
		     "- link 0 local 192.0.2.1\n"
		     "- peer nodeB 2 192.0.2.2 198.51.100.2\n"
		     "- peer nodeC 3 192.0.2.3\n"
		     "- mac-table static 02:00:00:00:00:02 peer nodeB\n",
		     "~0 +0 -1");
}

static void test_delta_of_a_peer_is_one_change(void **state)
{
	(void)state;
	expect_delta("interface knet0\n peer nodeB\n  policy active\n  description x\n",
		     " interface knet0\n"
		     "- peer nodeB 2 192.0.2.2 198.51.100.2\n"
		     "+ peer nodeB 2\n"
		     "+  description x\n"
		     "+  policy active\n"
		     "+  link 0 remote 192.0.2.2\n"
		     "+  link 1 remote 198.51.100.2\n",
		     "~1 +0 -0");
}

static void test_delta_in_pieces_is_the_whole(void **state)
{
	struct kcl_config *a = load(BASE), *b = kcl_config_copy(a);
	char whole[4096] = "", pieces[4096] = "";
	unsigned int steps = 0;
	struct kcl_delta d;
	int rc;

	(void)state;
	lines_on(&b, "hostname x\ninterface knet0\n no peer nodeB\n peer nodeX 77 192.0.2.77\n"
		     "interface knet9\n node-id 4\n network-secret file /k\n");
	assert_int_equal(kcl_config_delta(a, b, line_add, whole, &d), 0);
	d = (struct kcl_delta){.a = a, .b = b, .emit = line_add, .arg = pieces};
	while ((rc = kcl_delta_next(&d)) > 0)
		steps++;
	assert_int_equal(rc, 0);
	assert_true(steps > 5);
	assert_string_equal(whole, pieces);
	kcl_config_free(a);
	kcl_config_free(b);
}

static void conflict_note(void *arg, const char *line)
{
	line_add(arg, line);
}

/* Both sides change BASE; returns the merged text, or NULL with the conflicts in `said`. */
static const char *merged(const char *ours, const char *theirs, char said[4096])
{
	struct kcl_config *base = load(BASE), *a = kcl_config_copy(base),
			  *b = kcl_config_copy(base), *out;
	const char *text = NULL;
	int rc;

	said[0] = '\0';
	lines_on(&a, ours);
	lines_on(&b, theirs);
	rc = kcl_config_merge(base, a, b, conflict_note, said, &out);
	assert_true(rc == 0 || rc == -EBUSY);
	if (rc == 0)
		text = written(out);
	kcl_config_free(out);
	kcl_config_free(base);
	kcl_config_free(a);
	kcl_config_free(b);
	return text;
}

/* What comes out must not depend on who was first, and must be both sides' lines on BASE. */
static void expect_merged(const char *ours, const char *theirs)
{
	struct kcl_config *both = load(BASE);
	char said[4096], want[4096];
	const char *text;

	lines_on(&both, ours);
	lines_on(&both, theirs);
	snprintf(want, sizeof(want), "%s", written(both));
	text = merged(ours, theirs, said);
	assert_string_equal(said, "");
	assert_string_equal(text, want);
	text = merged(theirs, ours, said);
	assert_string_equal(said, "");
	assert_string_equal(text, want);
	kcl_config_free(both);
}

static void test_merge_of_different_things(void **state)
{
	(void)state;
	expect_merged("hostname beta\n", "logging level debug\n");
	expect_merged("interface knet0\n mtu 1300\n", "interface knet0\n port 4000\n");
	expect_merged("interface knet0\n peer nodeD 4 192.0.2.4\n",
		      "interface knet0\n peer nodeE 5 192.0.2.5\n");
	expect_merged("interface knet0\n no peer nodeC\n",
		      "interface knet0\n peer nodeB\n policy active\n");
	expect_merged("interface knet1\n node-id 2\n network-secret file /k\n",
		      "interface knet2\n node-id 3\n network-secret file /k\n");
	expect_merged("no interface knet0\n", "hostname gamma\n");
	expect_merged("interface knet0\n mac-table static 02:00:00:00:00:09 peer nodeC\n",
		      "interface knet0\n no mac-table static 02:00:00:00:00:02\n");
}

static void test_merge_of_the_same_done_twice(void **state)
{
	(void)state;
	expect_merged("interface knet0\n mtu 1300\n", "interface knet0\n mtu 1300\n");
	expect_merged("interface knet0\n peer nodeD 4 192.0.2.4\n",
		      "interface knet0\n peer nodeD 4 192.0.2.4\n");
	expect_merged("", "interface knet0\n mtu 1300\n");
}

static void expect_conflict(const char *ours, const char *theirs, const char *word)
{
	char said[4096];

	assert_null(merged(ours, theirs, said));
	assert_non_null(strstr(said, word));
	/* no conflict is told twice */
	for (const char *line = said; *line; line = strchr(line, '\n') + 1) {
		char one[512];

		snprintf(one, sizeof(one), "%.*s", (int)(strchr(line, '\n') + 1 - line), line);
		assert_null(strstr(line + strlen(one), one));
	}
	assert_null(merged(theirs, ours, said));
}

static void test_merge_refuses_conflicts(void **state)
{
	(void)state;
	expect_conflict("hostname beta\n", "hostname gamma\n", "here `hostname gamma`");
	expect_conflict("interface knet0\n mtu 1300\n", "interface knet0\n mtu 1400\n",
			"interface knet0: here `mtu 1400`, meanwhile `mtu 1300`");
	expect_conflict("interface knet0\n no peer nodeC\n",
			"interface knet0\n peer nodeC\n policy active\n", "peer nodeC 3");
	expect_conflict("no interface knet0\n", "interface knet0\n mtu 1300\n", "removed");
	expect_conflict("interface knet0\n peer nodeD 4 192.0.2.4\n",
			"interface knet0\n peer nodeX 4 192.0.2.4\n", "peer nodeD 4");
	/* Different things, which cannot be together: one name twice. */
	expect_conflict("interface knet0\n peer nodeD 4 192.0.2.4\n",
			"interface knet0\n peer nodeD 5 192.0.2.5\n", "nodeD");
}

struct rejects {
	unsigned int cnt;
	unsigned int line[16];
};

static void reject_note(void *arg, unsigned int number, const char *line,
			const struct kcl_error *err)
{
	struct rejects *rejects = arg;

	(void)line;
	(void)err;
	assert_true(rejects->cnt < 16);
	rejects->line[rejects->cnt++] = number;
}

static void test_lenient_reading(void **state)
{
	static const char text[] = "hostname alpha\n"
				   "no-such-thing 1\n" /* 2 */
				   "interface knet0\n"
				   " node-id 1\n"
				   " network-secret file /k\n"
				   " peer bad id 192.0.2.9\n" /* 6, and its block: */
				   "  shutdown\n"             /* 7 */
				   "  policy active\n"        /* 8 */
				   " exit\n"
				   " peer nodeB 2 192.0.2.2\n"
				   " peer nodeC 3\n"
				   "  public-key tooshort\n" /* 12 */
				   "  link 0 remote 192.0.2.3\n"
				   " exit\n"
				   "exit\n";
	static const unsigned int want[] = {2, 6, 7, 8, 12};
	struct rejects rejects = {0};
	const struct kcl_load how = {.is_lenient = true, .report = reject_note, .arg = &rejects};
	const struct kcl_iface *iface;
	struct kcl_config *config;

	(void)state;
	assert_int_equal(kcl_config_read(&how, text, sizeof(text) - 1, &config), 0);
	assert_int_equal(rejects.cnt, 5);
	assert_memory_equal(rejects.line, want, sizeof(want));
	iface = kcl_iface_find(config, "knet0");
	assert_non_null(iface);
	assert_false(iface->is_shutdown);
	assert_int_equal(iface->peer_cnt, 2);
	assert_false(kcl_peer_find(iface, 2)->is_shutdown);
	/* Without the key that was to pin it, this peer must not come up. */
	assert_true(kcl_peer_find(iface, 3)->is_shutdown);
	kcl_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delta_shows_lines_where_they_stand),
		cmocka_unit_test(test_delta_of_a_peer_is_one_change),
		cmocka_unit_test(test_delta_in_pieces_is_the_whole),
		cmocka_unit_test(test_merge_of_different_things),
		cmocka_unit_test(test_merge_of_the_same_done_twice),
		cmocka_unit_test(test_merge_refuses_conflicts),
		cmocka_unit_test(test_lenient_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
