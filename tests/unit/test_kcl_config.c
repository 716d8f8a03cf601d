// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The configuration model: what is written is read back the same, copies do not disturb each
 * other, differences are complete and no larger than they must be, files are taken whole or not at
 * all, and 65,534 peers are no burden.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "tests/unit/kcl_lines.h"

/* Sanitizers and a busy machine take their share of the time. */
#define KCL_TEST_SLOWNESS 5

/* ---- texts ----------------------------------------------------------------------------------- */

struct text {
	char *data;
	size_t len, room;
};

static void text_line(void *arg, const char *line)
{
	struct text *text = arg;
	const size_t len = strlen(line);

	if (text->len + len + 2 > text->room) {
		text->room = 2 * text->room + len + 4096;
		text->data = realloc(text->data, text->room);
		assert_non_null(text->data);
	}
	memcpy(text->data + text->len, line, len);
	memcpy(text->data + text->len + len, "\n", 2);
	text->len += len + 1;
}

static void error_print(void *arg, unsigned int number, const char *line,
			const struct kcl_error *err)
{
	(void)arg;
	print_error("%u: %s (%s)\n", number, err->message, line ? line : "");
}

static struct kcl_config *load(const char *text)
{
	struct kcl_config *config;

	assert_int_equal(kcl_config_load(text, strlen(text), error_print, NULL, &config), 0);
	return config;
}

static int diff_count(void *arg, const struct kcl_diff *diff)
{
	unsigned int *cnt = arg;

	assert_true(!diff->is_added || !diff->is_removed);
	cnt[diff->kind]++;
	return 0;
}

/* Differences from a to b, by kind in `cnt`, in all as the result. */
static unsigned int diffs(const struct kcl_config *a, const struct kcl_config *b, unsigned int *cnt)
{
	unsigned int all = 0;

	memset(cnt, 0, 6 * sizeof(*cnt));
	assert_int_equal(kcl_config_diff(a, b, diff_count, cnt), 0);
	for (unsigned int i = 0; i < 6; i++)
		all += cnt[i];
	return all;
}

static const char sample[] = "hostname alpha\n"
			     "logging level debug\n"
			     "alias spd show peers down\n"
			     "peer-group core\n"
			     " description \"the \\\"core\\\"\"\n"
			     " policy active\n"
			     " link 0 priority 7\n"
			     " link 1 timers ping 50 timeout 200\n"
			     " link 1 pong-count 4\n"
			     " shutdown\n"
			     "exit\n"
			     "interface knet0\n"
			     " description campus \"east\"\n"
			     " node-id 1\n"
			     " address 10.99.0.1/24\n"
			     " address fd00::1/64\n"
			     " mtu 1400\n"
			     " mac-address 52:54:00:00:00:01\n"
			     " network-secret file /etc/kronosnet/knet0.secret\n"
			     " key file /etc/kronosnet/key\n"
			     " suite chacha20-poly1305\n"
			     " port 50010\n"
			     " policy active\n"
			     " timers ping 50 timeout 250\n"
			     " pong-count 5\n"
			     " failover hold 7\n"
			     " failover buffer off\n"
			     " rekey seconds 60\n"
			     " rekey bytes 1073741824\n"
			     " dscp 46\n"
			     " mac-table aging 0\n"
			     " mac-table limit 1000\n"
			     " storm-guard off\n"
			     " workers 3\n"
			     " link 0 local 10.66.0.1\n"
			     " link 1 local 10.67.0.1:7000 priority 10 name backup\n"
			     " link 2 local auto\n"
			     " link 1 shutdown\n"
			     " peer beta 2 10.66.0.2 10.67.0.2:7000\n"
			     " peer delta 4 10.66.0.4 group core\n"
			     " peer gamma 3\n"
			     "  description rack 7\n"
			     "  group core\n"
			     "  policy passive\n"
			     "  link 0 remote 10.66.0.3 priority 9\n"
			     "  link 3 remote [fd01::3]:9 local fd01::1\n"
			     "  link 1 dynamic\n"
			     "  link 0 timers ping 20 timeout 100\n"
			     "  link 3 pong-count 9\n"
			     "  link 3 description over the hill\n"
			     "  link 1 shutdown\n"
			     "  shutdown\n"
			     " exit\n"
			     " mac-table static 52:54:00:00:00:09 peer gamma\n"
			     "exit\n";

static void canonical_text_is_kept(void **state)
{
	struct kcl_config *config, *again;
	struct text text = {0};
	unsigned int cnt[6];

	(void)state;
	/* the writer quotes what would end a command or a word */
	config = load(sample);
	kcl_config_write(config, text_line, &text);
	again = load(text.data);
	assert_int_equal(diffs(config, again, cnt), 0);
	assert_non_null(strstr(text.data, " description \"campus \\\"east\\\"\"\n"));
	for (const char *line = sample; *line; line = strchr(line, '\n') + 1) {
		char one[256];

		snprintf(one, sizeof(one), "%.*s", (int)(strchr(line, '\n') + 1 - line), line);
		if (!strstr(one, "campus") && !strstr(text.data, one))
			fail_msg("lost: %s", one);
	}
	free(text.data);
	kcl_config_free(again);
	kcl_config_free(config);
}

/*
 * A line, then the same after `no` or `default`: nothing may be left, but of objects, which
 * `default` only empties.
 */
static void undo_check(const struct kcl_config *base, enum kcl_mode mode, const char *undo,
		       const char *line)
{
	const struct kcl_place start = {
		.mode = (uint8_t)mode, .peer_id = 2, .iface = "knet0", .name = "g"};
	struct kcl_env env = {.running = base, .role = KCL_ROLE_ADMIN};
	struct kcl_place place = start;
	struct kcl_error err;
	struct kcl_turn turn;
	unsigned int cnt[6];
	char again[256];

	assert_int_equal(kcl_line(&place, &env, line, &turn, &err), 0);
	assert_int_not_equal(diffs(base, env.candidate, cnt), 0);
	place = start;
	snprintf(again, sizeof(again), "%s %s", undo, line);
	assert_int_equal(kcl_line(&place, &env, again, &turn, &err), 0);
	if (diffs(base, env.candidate, cnt))
		fail_msg("not undone: %s", again);
	kcl_config_free(env.candidate);
}

static bool is_object(const char *line)
{
	return strncmp(line, "interface ", strlen("interface ")) == 0 ||
	       strncmp(line, "peer ", strlen("peer ")) == 0 ||
	       strncmp(line, "peer-group ", strlen("peer-group ")) == 0;
}

static void no_restores_default(void **state)
{
	static const struct {
		enum kcl_mode mode;
		const char *line;
	} lines[] = {
		{KCL_MODE_CONFIG, "hostname x"},
		{KCL_MODE_CONFIG, "logging level debug"},
		{KCL_MODE_CONFIG, "logging level all debug"},
		{KCL_MODE_CONFIG, "interface other node-id 3"},
		{KCL_MODE_CONFIG, "alias x show peers"},
		{KCL_MODE_CONFIG, "peer-group other"},
		{KCL_MODE_IFACE, "description x"},
		{KCL_MODE_IFACE, "mtu 1400"},
		{KCL_MODE_IFACE, "mac-address 52:54:00:00:00:01"},
		{KCL_MODE_IFACE, "key file /k"},
		{KCL_MODE_IFACE, "suite aes128-gcm"},
		{KCL_MODE_IFACE, "port 7"},
		{KCL_MODE_IFACE, "policy active"},
		{KCL_MODE_IFACE, "timers ping 50 timeout 250"},
		{KCL_MODE_IFACE, "pong-count 5"},
		{KCL_MODE_IFACE, "failover hold 0"},
		{KCL_MODE_IFACE, "failover buffer off"},
		{KCL_MODE_IFACE, "failover buffer 1048576"},
		{KCL_MODE_IFACE, "rekey seconds 60"},
		{KCL_MODE_IFACE, "rekey bytes 1048576"},
		{KCL_MODE_IFACE, "mac-table aging 1"},
		{KCL_MODE_IFACE, "mac-table limit 7"},
		{KCL_MODE_IFACE, "storm-guard 100"},
		{KCL_MODE_IFACE, "storm-guard off"},
		{KCL_MODE_IFACE, "workers 2"},
		{KCL_MODE_IFACE, "mac-table static 52:54:00:00:00:01 peer beta"},
		{KCL_MODE_IFACE, "link 4 local 10.0.0.1 priority 3 name x"},
		{KCL_MODE_IFACE, "link 4 local auto weight 7"},
		{KCL_MODE_IFACE, "policy balance"},
		{KCL_MODE_IFACE, "link 5 shutdown"},
		{KCL_MODE_IFACE, "address 10.1.1.1/24"},
		{KCL_MODE_IFACE, "shutdown"},
		{KCL_MODE_IFACE, "peer delta 9 10.0.0.9"},
		{KCL_MODE_PEER, "description x"},
		{KCL_MODE_PEER, "public-key vJ0nq5xkV3mS7mUQ7o0W9wq0y1y8bJt0c3Q4m3wq2xk="},
		{KCL_MODE_PEER, "policy active"},
		{KCL_MODE_PEER, "group g"},
		{KCL_MODE_GROUP, "description x"},
		{KCL_MODE_GROUP, "policy active"},
		{KCL_MODE_GROUP, "link 0 priority 3"},
		{KCL_MODE_GROUP, "link 7 timers ping 5 timeout 20"},
		{KCL_MODE_GROUP, "link 3 pong-count 9"},
		{KCL_MODE_GROUP, "shutdown"},
		{KCL_MODE_PEER, "shutdown"},
		{KCL_MODE_PEER, "link 3"},
		{KCL_MODE_PEER, "link 3 remote 10.0.0.1 ping 5 timeout 20 priority 2"},
		{KCL_MODE_PEER, "link 3 dynamic local 10.0.0.1"},
		{KCL_MODE_PEER, "link 0 timers ping 5 timeout 20"},
		{KCL_MODE_PEER, "link 0 pong-count 9"},
		{KCL_MODE_PEER, "link 0 roaming nat"},
		{KCL_MODE_PEER, "link 0 shutdown"},
		{KCL_MODE_PEER, "link 0 description x"},
		{KCL_MODE_LINK, "description x"},
		{KCL_MODE_LINK, "local 192.0.2.9"},
		{KCL_MODE_LINK, "priority 7"},
		{KCL_MODE_LINK, "timers ping 5 timeout 20"},
		{KCL_MODE_LINK, "pong-count 9"},
		{KCL_MODE_LINK, "roaming roam"},
		{KCL_MODE_LINK, "roaming pinned"},
		{KCL_MODE_LINK, "shutdown"},
	};
	struct kcl_config *base =
		load("peer-group g\ninterface knet0\n node-id 1\n network-secret file /s\n"
		     " peer beta 2 192.0.2.2\n");

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		undo_check(base, lines[i].mode, "no", lines[i].line);
		if (!is_object(lines[i].line))
			undo_check(base, lines[i].mode, "default", lines[i].line);
	}
	kcl_config_free(base);
}

/* ---- random configurations ------------------------------------------------------------------- */

static uint32_t seed;

static unsigned int chance(unsigned int below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* A random line of a mode; false if it is no configuration line. */
static bool random_line(unsigned int mode, char *line, size_t size)
{
	const struct kcl_node *node = kcl_tree(mode);
	size_t used = 0;

	while (!node->entry || (node->child && chance(4))) {
		const struct kcl_node *k = kcl_node_child(node);
		unsigned int cnt = 0;
		char word[512];

		for (; k; k = kcl_node_next(k))
			cnt++;
		cnt = chance(cnt);
		for (k = kcl_node_child(node); cnt; cnt--)
			k = kcl_node_next(k);
		if (k->type && k->type->flags & KCL_TYPE_COMMAND)
			return false;
		snprintf(word, sizeof(word), "%s", k->text);
		if (k->type)
			kcl_lines_value(k, chance(1000), word, sizeof(word));
		used += (size_t)snprintf(line + used, size - used, "%s%s", used ? " " : "", word);
		node = k;
	}
	return node->entry->ops != NULL;
}

static struct kcl_config *random_config(const struct kcl_config *base, unsigned int lines)
{
	struct kcl_env env = {.candidate = kcl_config_copy(base), .role = KCL_ROLE_ADMIN};
	struct kcl_place place = {.mode = KCL_MODE_CONFIG};

	assert_non_null(env.candidate);
	while (lines--) {
		char line[2048];
		struct kcl_error err;
		struct kcl_turn turn;

		if (!random_line(place.mode, line, sizeof(line)))
			continue;
		if (kcl_line(&place, &env, line, &turn, &err) < 0)
			assert_int_equal(err.code, KCL_REFUSED);
		if (!chance(30)) {
			snprintf(line, sizeof(line), "interface if%u", chance(3));
			place.mode = KCL_MODE_CONFIG;
			assert_int_equal(kcl_line(&place, &env, line, &turn, &err), 0);
		}
	}
	/* unfinished interfaces are allowed while they are shut down */
	for (unsigned int i = 0; i < env.candidate->iface_cnt; i++)
		kcl_iface_edit(env.candidate, env.candidate->iface[i]->name)->is_shutdown = true;
	return env.candidate;
}

static void random_texts_round_trip(void **state)
{
	struct kcl_config *base = kcl_config_new();
	unsigned int cnt[6], peers = 0;

	(void)state;
	for (unsigned int round = 1; round < 200; round++) {
		struct kcl_config *config, *again, *before;
		struct text text = {0}, text_before = {0};

		seed = round * 7919;
		config = random_config(base, 300);

		kcl_config_write(config, text_line, &text);
		again = load(text.data ? text.data : "");
		assert_int_equal(diffs(config, again, cnt), 0);
		/* edits of a copy leave the original alone */
		before = random_config(config, 300);
		kcl_config_write(config, text_line, &text_before);
		assert_string_equal(text.data ? text.data : "",
				    text_before.data ? text_before.data : "");
		for (unsigned int i = 0; i < config->iface_cnt; i++)
			peers += config->iface[i]->peer_cnt;
		free(text.data);
		free(text_before.data);
		kcl_config_free(before);
		kcl_config_free(again);
		kcl_config_free(config);
	}
	assert_true(peers > 100);
	kcl_config_free(base);
}

/* ---- differences ----------------------------------------------------------------------------- */

/* What is typed in other ways is written in one. */
static void forms_of_values(void **state)
{
	static const char head[] = "interface knet0\n node-id 1\n network-secret file /s\n";
	static const char *const same[][2] = {
		{"mac-address 5254.0000.00Fe", "mac-address 52:54:00:00:00:fe"},
		{"mac-address 52-54-00-00-00-FE", "mac-address 52:54:00:00:00:fe"},
		{"failover buffer 128m", "failover buffer 134217728"},
		{"failover buffer 1G", "failover buffer 1073741824"},
		{"rekey bytes 1t", "rekey bytes 1099511627776"},
		{"rekey bytes 1024k", "rekey bytes 1048576"},
	};
	static const char *const bad[] = {
		"mac-address 5254.0000.00f",   "mac-address 52:54-00:00:00:fe",
		"mac-address 5254:0000:00fe",  "mac-address 525400.000.0fe",
		"mac-address 52:54:00:00:00:", "failover buffer 2g",
		"failover buffer m",           "failover buffer 63k",
		"failover buffer 1mb",         "rekey bytes 18014398509481984k",
		"failover buffer 64 m"};
	struct kcl_config *config;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct text out = {0};

		snprintf(text, sizeof(text), "%s %s\n", head, same[i][0]);
		config = load(text);
		kcl_config_write(config, text_line, &out);
		assert_non_null(strstr(out.data, same[i][1]));
		kcl_config_free(config);
		free(out.data);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s %s\n", head, bad[i]);
		assert_true(kcl_config_load(text, strlen(text), kcl_lines_ignore, NULL, &config) <
			    0);
	}
}

static void differences_are_minimal(void **state)
{
	struct kcl_config *a = load(sample), *b = kcl_config_copy(a);
	struct kcl_iface *iface;
	unsigned int cnt[6];

	(void)state;
	assert_int_equal(diffs(a, b, cnt), 0);
	iface = kcl_iface_edit(b, "knet0");
	assert_int_equal(diffs(a, b, cnt), 0);
	kcl_peer_link_edit(iface, 3, 0)->priority = 1;
	assert_int_equal(diffs(a, b, cnt), 1);
	assert_int_equal(cnt[KCL_DIFF_PEER_LINK], 1);
	assert_int_equal(kcl_peer_del(iface, 2), 0);
	assert_int_equal(diffs(a, b, cnt), 4); /* and the peer with its two links */
	assert_int_equal(cnt[KCL_DIFF_PEER], 1);
	assert_int_equal(diffs(b, a, cnt), 4);
	iface->link[1].priority = 11;
	iface->mtu = 1300;
	assert_int_equal(diffs(a, b, cnt), 6);
	assert_int_equal(cnt[KCL_DIFF_IFACE], 1);
	assert_int_equal(cnt[KCL_DIFF_LINK], 1);
	diffs(NULL, a, cnt);
	assert_int_equal(cnt[KCL_DIFF_GLOBAL], 1);
	assert_int_equal(cnt[KCL_DIFF_IFACE], 1);
	assert_int_equal(cnt[KCL_DIFF_LINK], 3);
	assert_int_equal(cnt[KCL_DIFF_STATIC], 1);
	assert_int_equal(cnt[KCL_DIFF_PEER], 3);
	assert_int_equal(cnt[KCL_DIFF_PEER_LINK], 6);
	kcl_config_free(a);
	kcl_config_free(b);
}

static void links_inherit(void **state)
{
	struct kcl_config *config = load(sample);
	const struct kcl_iface *iface = kcl_iface_find(config, "knet0");
	struct kcl_link_params p;

	(void)state;
	assert_true(kcl_link_params(iface, kcl_peer_find_name(iface, "beta"), 0, &p));
	assert_int_equal(p.remote.port, 50010);
	assert_int_equal(p.timers.ping_ms, 50);
	assert_int_equal(p.pong_count, 5);
	assert_int_equal(p.hold_s, 7);
	assert_true(p.is_enabled);
	assert_true(kcl_link_params(iface, kcl_peer_find(iface, 2), 1, &p));
	assert_int_equal(p.remote.port, 7000);
	assert_int_equal(p.priority, 10);
	assert_int_equal(p.local.port, 7000);
	assert_false(p.is_enabled);
	assert_false(kcl_link_params(iface, kcl_peer_find(iface, 2), 2, &p));
	assert_int_equal(kcl_link_port(iface, 2), 50012);
	assert_int_equal(kcl_iface_links(iface), 0x0f);
	kcl_config_free(config);
}

/* ---- files ----------------------------------------------------------------------------------- */

struct seen {
	unsigned int cnt;
	unsigned int line[32], off[32];
};

static void error_note(void *arg, unsigned int number, const char *line,
		       const struct kcl_error *err)
{
	struct seen *seen = arg;

	(void)line;
	assert_true(seen->cnt < 32);
	seen->line[seen->cnt] = number;
	seen->off[seen->cnt++] = err->off;
}

static void all_errors_are_reported(void **state)
{
	static const char text[] = "hostname alpha\n"
				   "interface knet0\n"
				   " node-id 70000\n"
				   " # comment\n"
				   " port 1 2\n"
				   " peer a 1 10.0.0.1\n"
				   "show version\n"
				   " peer b 1 10.0.0.2\n";
	struct kcl_config *config;
	struct seen seen = {0};

	(void)state;
	assert_int_equal(kcl_config_load(text, strlen(text), error_note, &seen, &config), -EINVAL);
	assert_null(config);
	assert_int_equal(seen.cnt, 4);
	assert_int_equal(seen.line[0], 3);
	assert_int_equal(seen.off[0], 9);
	assert_int_equal(seen.line[1], 5);
	assert_int_equal(seen.off[1], 8);
	assert_int_equal(seen.line[2], 7);
	assert_int_equal(seen.line[3], 8);
	assert_int_equal(seen.off[3], 8);
}

static void rules_are_checked(void **state)
{
	static const char *const bad[] = {
		"interface a\n node-id 1\n",
		"interface a\n network-secret file /s\n",
		"interface a\n network-secret file /s\n peer b 2 10.0.0.1\n node-id 2\n",
		"interface a\n node-id 1\n network-secret file /s\n port 65535\n link 1 local "
		"auto\n",
		"interface a\n node-id 1\n network-secret file /s\n link 0 local fd00::1\n"
		" peer b 2 10.0.0.1\n",
		"interface a\n node-id 1\n network-secret file /s\n address 10.0.0.1/24\n"
		"interface b\n node-id 1\n network-secret file /s\n address 10.0.0.1/16\n",
		"interface a\n node-id 1\n network-secret file /s\n link 0 local 10.0.0.1:7\n"
		" link 1 local 10.0.0.1:7\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct kcl_config *config;
		struct seen seen = {0};

		assert_int_equal(
			kcl_config_load(bad[i], strlen(bad[i]), error_note, &seen, &config),
			-EINVAL);
		assert_int_equal(seen.cnt, 1);
		assert_int_not_equal(seen.line[0], 0);
	}
}

/* ---- scale ----------------------------------------------------------------------------------- */

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void name_count(void *arg, size_t off, const struct kcl_cand *cand)
{
	unsigned int *cnt = arg;

	(void)off;
	*cnt += cand->kind == KCL_CAND_WORD;
}

/* TAB after the beginning of a name, as on a host with as many peers as there can be. */
static void complete_many(const struct kcl_config *config)
{
	static const char line[] = "clear peer node6553";
	const struct kcl_env env = {.running = config, .role = KCL_ROLE_ADMIN};
	const struct kcl_place place = {0};
	const double start = now_s();
	unsigned int cnt = 0;

	kcl_complete(&place, &env, line, strlen(line), name_count, &cnt);
	assert_int_equal(cnt, 7); /* 6553, 65530 to 65535 */
	print_message("# completing a name %.2f ms\n", (now_s() - start) * 1e3);
	assert_true(now_s() - start < 0.01 * KCL_TEST_SLOWNESS);
}

static void many_peers_are_no_burden(void **state)
{
	struct kcl_config *config;
	struct text text = {0};
	unsigned int cnt[6];
	double start, loaded, edited;

	(void)state;
	text_line(&text, "interface knet0\n node-id 1\n network-secret file /s");
	for (unsigned int id = 2; id <= KCL_PEER_ID_MAX; id++) {
		char line[128];

		snprintf(line, sizeof(line), " peer node%u %u 10.%u.%u.1 10.%u.%u.2", id, id,
			 id >> 8, id & 255, id >> 8, id & 255);
		text_line(&text, line);
	}
	start = now_s();
	config = load(text.data);
	loaded = now_s();
	assert_int_equal(kcl_iface_find(config, "knet0")->peer_cnt, 65534);
	for (unsigned int i = 0; i < 1000; i++) {
		struct kcl_place place = {.mode = KCL_MODE_IFACE, .iface = "knet0"};
		struct kcl_env env = {.running = config, .role = KCL_ROLE_ADMIN};
		struct kcl_error err;
		struct kcl_turn turn;
		char line[64];

		snprintf(line, sizeof(line), "no peer node%u", 2 + chance(65534));
		assert_int_equal(kcl_line(&place, &env, line, &turn, &err), 0);
		assert_int_equal(diffs(config, env.candidate, cnt), 3);
		kcl_config_free(env.candidate);
	}
	edited = now_s();
	complete_many(config);
	print_message("# load %.2f s, a line's transaction %.1f us\n", loaded - start,
		      (edited - loaded) * 1e3);
	assert_true(loaded - start < 2 * KCL_TEST_SLOWNESS);
	assert_true(edited - loaded < 1 * KCL_TEST_SLOWNESS);
	kcl_config_free(config);
	free(text.data);
}

/* Names are found after any order of adding and removing. */
static void names_survive_removal(void **state)
{
	struct kcl_config *config = kcl_config_new();
	struct kcl_iface *iface;
	static bool is_there[3000];

	(void)state;
	assert_int_equal(kcl_iface_add(config, "a"), 0);
	iface = kcl_iface_edit(config, "a");
	for (unsigned int i = 0; i < 20000; i++) {
		const unsigned int id = 1 + chance(2999);
		char name[32];

		snprintf(name, sizeof(name), "n%u", id);
		if (is_there[id])
			assert_int_equal(kcl_peer_del(iface, (uint16_t)id), 0);
		else
			assert_int_equal(kcl_peer_add(iface, (uint16_t)id, name), 0);
		is_there[id] = !is_there[id];
	}
	for (unsigned int id = 1; id < 3000; id++) {
		const struct kcl_peer *peer;
		char name[32];

		snprintf(name, sizeof(name), "n%u", id);
		peer = kcl_peer_find_name(iface, name);
		assert_int_equal(peer != NULL, is_there[id]);
		assert_true(!peer || peer->id == id);
	}
	kcl_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_text_is_kept),   cmocka_unit_test(no_restores_default),
		cmocka_unit_test(random_texts_round_trip),  cmocka_unit_test(forms_of_values),
		cmocka_unit_test(differences_are_minimal),  cmocka_unit_test(links_inherit),
		cmocka_unit_test(all_errors_are_reported),  cmocka_unit_test(rules_are_checked),
		cmocka_unit_test(many_peers_are_no_burden), cmocka_unit_test(names_survive_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
