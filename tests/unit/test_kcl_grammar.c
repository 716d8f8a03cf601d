// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The command language against itself: every line that the tree can say is said, every prefix of
 * it is completed, and all that is offered must be taken. Then lines with known answers.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "tests/unit/kcl_lines.h"

static void complaint_print(void *arg, const char *message)
{
	(void)arg;
	print_error("%s\n", message);
}

static void table_has_all_parts(void **state)
{
	(void)state;
	assert_int_equal(kcl_grammar_check(complaint_print, NULL), 0);
	assert_int_not_equal(kcl_grammar_hash(), 0);
}

/* ---- every line of the tree ------------------------------------------------------------------ */

struct tour {
	struct kcl_env env;
	struct kcl_place place;
	unsigned int lines, cands;
};

/* Reads `line` up to its end as far as it goes. */
static int walk_line(const struct tour *tour, const char *line, bool to_cursor,
		     const struct kcl_node **node)
{
	static struct kcl_args args;
	static struct kcl_error err;
	struct kcl_walk walk = {.env = &tour->env,
				.mode = tour->place.mode,
				.line = line,
				.len = strlen(line),
				.to_cursor = to_cursor,
				.args = &args};
	const int rc = kcl_walk(&walk, &err);

	if (rc < 0)
		assert_true(err.off <= strlen(line));
	if (node)
		*node = walk.node;
	return rc;
}

struct offer {
	struct tour *tour;
	const char *line;
};

static void offer_take(void *arg, size_t off, const struct kcl_cand *cand)
{
	struct offer *offer = arg;
	char line[1024];

	assert_non_null(cand->text);
	assert_non_null(cand->help);
	assert_true(off <= strlen(offer->line));
	if (cand->kind == KCL_CAND_WORD || cand->kind == KCL_CAND_VALUE)
		assert_true(strlen(cand->help) > 0);
	offer->tour->cands++;
	if (cand->kind != KCL_CAND_WORD)
		return;
	snprintf(line, sizeof(line), "%.*s%s ", (int)off, offer->line, cand->text);
	if (walk_line(offer->tour, line, true, NULL) < 0)
		fail_msg("offered but not taken: %s", line);
}

static void prefixes_complete(struct tour *tour, const char *line)
{
	struct offer offer = {.tour = tour, .line = line};

	for (size_t cursor = 0; cursor <= strlen(line); cursor++)
		kcl_complete(&tour->place, &tour->env, line, cursor, offer_take, &offer);
}

/* Visits the nodes below `node`; `line` leads to it. Depth is that of the grammar. */
static void tree_visit(struct tour *tour, const struct kcl_node *node, char *line, size_t len)
{
	const struct kcl_node *k;
	unsigned int cnt = 1; /* with the end of the line */

	for (k = kcl_node_child(node); k; k = kcl_node_next(k))
		cnt++;
	assert_true(cnt <= KCL_EXPECTED_MAX);
	if (node->entry) {
		const struct kcl_node *reached;

		tour->lines++;
		if (walk_line(tour, line, false, &reached) < 0 || reached != node)
			fail_msg("means something else: %s", line);
		prefixes_complete(tour, line);
	}
	for (k = kcl_node_child(node); k; k = kcl_node_next(k)) {
		char word[512];

		if (k->type && k->type->flags & KCL_TYPE_COMMAND)
			continue;
		if (k->type)
			kcl_lines_value(k, 3, word, sizeof(word));
		else
			snprintf(word, sizeof(word), "%s", k->text);
		snprintf(line + len, 1024 - len, "%s%s", len ? " " : "", word);
		tree_visit(tour, k, line, strlen(line));
		line[len] = '\0';
	}
}

/* A daemon with so many peers, n1 and so on. */
static struct kcl_config *crowd_make(unsigned int peers)
{
	struct kcl_config *config = kcl_config_new();
	struct kcl_iface *iface;
	char name[16];

	assert_non_null(config);
	assert_int_equal(kcl_iface_add(config, "if0"), 0);
	iface = kcl_iface_edit(config, "if0");
	assert_non_null(iface);
	for (unsigned int id = 1; id <= peers; id++) {
		snprintf(name, sizeof(name), "n%u", id);
		assert_int_equal(kcl_peer_add(iface, (uint16_t)id, name), 0);
	}
	return config;
}

static uint64_t cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* All lines and prefixes of some modes with so many peers, within a time of the CPU. */
static void crowd_tour(unsigned int peers, unsigned int mode_cnt, uint64_t limit_ms)
{
	struct tour tour = {.env = {.role = KCL_ROLE_ADMIN}};
	const uint64_t begun = cpu_ms();
	char line[1024] = "";
	uint64_t took;

	tour.env.candidate = crowd_make(peers);
	for (unsigned int mode = 0; mode < mode_cnt; mode++) {
		tour.place.mode = (uint8_t)mode;
		tree_visit(&tour, kcl_tree(mode), line, 0);
	}
	kcl_config_free(tour.env.candidate);
	took = cpu_ms() - begun;
	print_message("# %u peers: %u lines, %u candidates, %llu ms\n", peers, tour.lines,
		      tour.cands, (unsigned long long)took);
	assert_true(tour.lines > 200);
	if (took > limit_ms)
		fail_msg("%llu ms", (unsigned long long)took);
}

static void offers_are_taken(void **state)
{
	(void)state;
	crowd_tour(0, KCL_MODE_COUNT, 20000);
	crowd_tour(3, KCL_MODE_COUNT, 20000);
}

/*
 * Names are found by their beginning: as many as there can be cost little. Below an interface
 * nothing reads a peer's name that these modes do not read.
 */
static void offers_are_taken_in_a_crowd(void **state)
{
	(void)state;
	crowd_tour(UINT16_MAX, KCL_MODE_IFACE + 1, 20000);
}

/* ---- what operators see ---------------------------------------------------------------------- */

static void cand_no_admin(void *arg, size_t off, const struct kcl_cand *cand)
{
	unsigned int *cnt = arg;

	(void)off;
	++*cnt;
	assert_string_not_equal(cand->text, "configure");
	assert_string_not_equal(cand->text, "copy");
}

static void operators_only_look(void **state)
{
	struct kcl_config *config = kcl_config_new();
	struct kcl_env env = {.running = config, .role = KCL_ROLE_OPERATOR};
	struct kcl_place place = {0};
	struct kcl_error err;
	struct kcl_turn turn;
	unsigned int cnt = 0;

	(void)state;
	kcl_complete(&place, &env, "", 0, cand_no_admin, &cnt);
	assert_true(cnt > 3);
	assert_int_equal(kcl_line(&place, &env, "configure", &turn, &err), -EPERM);
	assert_int_equal(err.code, KCL_DENIED);
	assert_int_equal(kcl_line(&place, &env, "write memory", &turn, &err), -EPERM);
	assert_int_equal(kcl_line(&place, &env, "write terminal", &turn, &err), 0);
	kcl_args_free(turn.args);
	kcl_config_free(config);
}

/* ---- lines with known answers ---------------------------------------------------------------- */

struct fault {
	enum kcl_mode mode;
	const char *line;
	enum kcl_code code;
	unsigned int off;
	const char *message; /* begins so; with a newline, it is all */
};

static const struct fault faults[] = {
	{KCL_MODE_EXEC, "shwo version", KCL_INVALID, 0,
	 "Invalid input detected at '^' marker: 'shwo'. Did you mean 'show'?"},
	{KCL_MODE_EXEC, "c", KCL_AMBIGUOUS, 0, "Ambiguous command: 'c' could be: capture | "},
	{KCL_MODE_EXEC, "show", KCL_INCOMPLETE, 4, "Incomplete command: expected "},
	{KCL_MODE_EXEC, "show peers nobody x", KCL_INVALID, 18, "Invalid input"},
	{KCL_MODE_EXEC, "\"show\" version", KCL_INVALID, 0, "Invalid input"},
	{KCL_MODE_EXEC, "show \"version", KCL_INVALID, 5,
	 "Invalid input detected at '^' marker: the closing quote"},
	{KCL_MODE_EXEC, "show events last 0", KCL_INVALID, 17, "Invalid input"},
	{KCL_MODE_CONFIG, "interface", KCL_INCOMPLETE, 9, "Incomplete command: expected <ifname>"},
	{KCL_MODE_EXEC, "ping 192.0.2.1 size 9 df-bit", KCL_INVALID, 22,
	 "Invalid input detected at '^' marker: 'df-bit': that is done in a shell of this host"},
	{KCL_MODE_EXEC, "ping ip 192.0.2.1", KCL_INVALID, 5,
	 "Invalid input detected at '^' marker: 'ip'. Did you mean 'ping ADDRESS'?"},
	{KCL_MODE_IFACE, "description \x1b[31mred", KCL_INVALID, 12,
	 "Invalid input detected at '^' marker: '?[31mred': expected text without control "
	 "characters"},
	/* Hints of the first mode behind `do`, and for all of `show`. */
	{KCL_MODE_IFACE, "do show users", KCL_INVALID, 8,
	 "Invalid input detected at '^' marker: 'users'. Did you mean 'show sessions'?"},
	{KCL_MODE_IFACE, "show ip int brief", KCL_INVALID, 5,
	 "Invalid input detected at '^' marker: 'ip'. Did you mean 'show interfaces brief'?"},
	/* What is suggested can be typed. */
	{KCL_MODE_CONFIG, "clear counters", KCL_INVALID, 0,
	 "Invalid input detected at '^' marker: 'clear'. Did you mean 'do clear counters'?"},
	{KCL_MODE_CONFIG, "crypto map x", KCL_INVALID, 0,
	 "Invalid input detected at '^' marker: 'crypto'. Did you mean 'network-secret"},
	{KCL_MODE_CONFIG, "crypto generate key /k", KCL_INVALID, 0,
	 "Invalid input detected at '^' marker: 'crypto'. Did you mean 'do crypto generate"},
	{KCL_MODE_CONFIG, "cdp run", KCL_INVALID, 0,
	 "Invalid input detected at '^' marker: 'cdp'\n"},
	{KCL_MODE_IFACE, "policy rubbish", KCL_INVALID, 7, "Invalid input"},
	{KCL_MODE_IFACE, "port 65536", KCL_INVALID, 5, "Invalid input"},
	{KCL_MODE_IFACE, "timers ping 500 timeout 500", KCL_REFUSED, 24, "The timeout must be"},
	{KCL_MODE_IFACE, "peer summary 9", KCL_REFUSED, 5, "'summary' is a word"},
	{KCL_MODE_IFACE, "peer 77 9", KCL_INVALID, 5, "Invalid input"},
	{KCL_MODE_IFACE, "peer beta 3", KCL_REFUSED, 10, "Peer beta has the id 2"},
	{KCL_MODE_IFACE, "peer other 2", KCL_REFUSED, 11, "Id 2 is that of peer beta"},
	{KCL_MODE_IFACE, "peer me 1", KCL_REFUSED, 8, "Id 1 is our own"},
	{KCL_MODE_IFACE, "peer new", KCL_REFUSED, 5, "There is no peer new"},
	{KCL_MODE_IFACE, "no peer new", KCL_REFUSED, 8, "There is no peer new"},
	{KCL_MODE_PEER, "link 8 dynamic", KCL_INVALID, 5, "Invalid input"},
	{KCL_MODE_PEER, "link 3 shutdown", KCL_REFUSED, 5, "Peer beta has no link 3"},
	{KCL_MODE_PEER, "link 0 remote 10.0.0.1 local fd00::1", KCL_REFUSED, 29, "One address is"},
};

static struct kcl_config *sample_config(void)
{
	static const char text[] = "interface knet0\n node-id 1\n network-secret file /s\n"
				   " peer beta 2 192.0.2.2\n";
	struct kcl_config *config;

	assert_int_equal(kcl_config_load(text, strlen(text), NULL, NULL, &config), 0);
	return config;
}

static bool says(const struct kcl_error *err, const char *message)
{
	const size_t len = strcspn(message, "\n");

	return strncmp(err->message, message, len) == 0 && (!message[len] || !err->message[len]);
}

static void faults_are_diagnosed(void **state)
{
	struct kcl_config *config = sample_config();

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const struct kcl_place before = {
			.mode = (uint8_t)faults[i].mode, .peer_id = 2, .iface = "knet0"};
		struct kcl_env env = {.running = config, .role = KCL_ROLE_ADMIN};
		struct kcl_place place = before;
		struct kcl_error err;
		struct kcl_turn turn;

		assert_true(kcl_line(&place, &env, faults[i].line, &turn, &err) < 0);
		assert_int_equal(err.code, faults[i].code);
		assert_int_equal(err.off, faults[i].off);
		if (!says(&err, faults[i].message))
			fail_msg("%s: %s", faults[i].line, err.message);
		assert_int_equal(place.mode, before.mode);
		assert_null(env.candidate);
		assert_null(turn.args);
	}
	kcl_config_free(config);
}

static void expected_is_listed(void **state)
{
	struct kcl_config *config = sample_config();
	struct kcl_env env = {.running = config, .role = KCL_ROLE_ADMIN};
	struct kcl_place place = {.mode = KCL_MODE_IFACE, .iface = "knet0"};
	struct kcl_error err;
	struct kcl_turn turn;

	(void)state;
	assert_true(kcl_line(&place, &env, "policy rubbish", &turn, &err) < 0);
	assert_int_equal(err.expected_cnt, 4);
	assert_string_equal(err.expected[0], "active");
	assert_string_equal(err.expected[1], "balance");
	assert_string_equal(err.expected[2], "passive");
	assert_string_equal(err.expected[3], "round-robin");
	kcl_config_free(config);
}

static void exact_beats_prefix(void **state)
{
	struct kcl_config *config = sample_config();
	struct kcl_env env = {.candidate = config, .role = KCL_ROLE_ADMIN};
	struct kcl_place place = {0};
	struct kcl_error err;
	struct kcl_turn turn;

	(void)state;
	/* `dow` abbreviates `down`, unless there is a peer of that name */
	assert_int_equal(kcl_line(&place, &env, "sh peers dow", &turn, &err), 0);
	assert_true(kcl_args_has(turn.args, "down"));
	kcl_args_free(turn.args);
	assert_int_equal(kcl_peer_add(kcl_iface_edit(config, "knet0"), 9, "dow"), 0);
	assert_int_equal(kcl_line(&place, &env, "sh peers dow", &turn, &err), 0);
	assert_string_equal(turn.command, "show_peers");
	assert_false(kcl_args_has(turn.args, "down"));
	assert_string_equal(kcl_args_text(turn.args, "peer"), "dow");
	kcl_args_free(turn.args);
	env.strict = true;
	assert_int_equal(kcl_line(&place, &env, "sh peers", &turn, &err), -EINVAL);
	kcl_config_free(config);
}

static void modes_are_left(void **state)
{
	struct kcl_config *config = sample_config();
	struct kcl_env env = {.running = config, .role = KCL_ROLE_ADMIN};
	struct kcl_place place = {0};
	struct kcl_error err;
	struct kcl_turn turn;
	char tag[128];

	(void)state;
	assert_int_equal(kcl_line(&place, &env, "configure terminal", &turn, &err), 0);
	assert_int_equal(kcl_line(&place, &env, "interface knet0", &turn, &err), 0);
	assert_int_equal(turn.kind, KCL_TURN_MOVED);
	assert_int_equal(kcl_line(&place, &env, "peer beta", &turn, &err), 0);
	assert_int_equal(kcl_line(&place, &env, "link 0", &turn, &err), 0);
	assert_int_equal(turn.kind, KCL_TURN_MOVED);
	assert_null(env.candidate);
	kcl_place_tag(&place, config, tag, sizeof(tag));
	assert_string_equal(tag, "config-link-beta-0");
	/* a line of a mode above is taken there */
	assert_int_equal(kcl_line(&place, &env, "mtu 1400", &turn, &err), 0);
	assert_int_equal(turn.kind, KCL_TURN_EDITED);
	assert_int_equal(place.mode, KCL_MODE_IFACE);
	assert_int_equal(kcl_iface_find(env.candidate, "knet0")->mtu, 1400);
	assert_int_equal(kcl_iface_find(config, "knet0")->mtu, KCL_MTU_AUTO);
	assert_int_equal(kcl_line(&place, &env, "do show version", &turn, &err), 0);
	assert_int_equal(turn.kind, KCL_TURN_COMMAND);
	assert_string_equal(turn.command, "show_version");
	kcl_args_free(turn.args);
	assert_int_equal(kcl_line(&place, &env, "no interface knet0", &turn, &err), 0);
	assert_int_equal(place.mode, KCL_MODE_CONFIG);
	place = (struct kcl_place){.mode = KCL_MODE_PEER, .peer_id = 2, .iface = "knet0"};
	assert_true(kcl_place_repair(&place, env.candidate));
	assert_int_equal(place.mode, KCL_MODE_CONFIG);
	assert_int_equal(kcl_line(&place, &env, "end", &turn, &err), 0);
	assert_int_equal(kcl_line(&place, &env, "exit", &turn, &err), 0);
	assert_int_equal(turn.kind, KCL_TURN_LEAVE);
	kcl_config_free(env.candidate);
	kcl_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_has_all_parts),
		cmocka_unit_test(offers_are_taken),
		cmocka_unit_test(offers_are_taken_in_a_crowd),
		cmocka_unit_test(operators_only_look),
		cmocka_unit_test(faults_are_diagnosed),
		cmocka_unit_test(expected_is_listed),
		cmocka_unit_test(exact_beats_prefix),
		cmocka_unit_test(modes_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
