// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What moves between modes and speaks for many: peer groups and what their members take from
 * them, ranges of peers, aliases, `top`.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "knetd/cmd/internal.h"

struct desk {
	struct kcl_env env;
	struct kcl_place place;
	struct kcl_error err;
	struct kcl_turn turn;
};

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

static const char sample[] = "peer-group core\n policy active\n link 0 priority 7\n"
			     " link 0 timers ping 20 timeout 90\n link 1 pong-count 9\nexit\n"
			     "interface knet0\n node-id 1\n network-secret file /s\n"
			     " peer b1 2 192.0.2.2 198.51.100.2 group core\n"
			     " peer b2 3 192.0.2.3 198.51.100.3\n"
			     " peer c1 4 192.0.2.4\n";

static void desk_open(struct desk *desk, enum kcl_mode mode)
{
	*desk = (struct desk){
		.env = {.candidate = load(sample), .role = KCL_ROLE_ADMIN},
		.place = {.mode = (uint8_t)mode, .iface = "knet0"},
	};
}

static int type(struct desk *desk, const char *line)
{
	return kcl_line(&desk->place, &desk->env, line, &desk->turn, &desk->err);
}

static void must(struct desk *desk, const char *line)
{
	if (type(desk, line) < 0)
		fail_msg("%s: %s", line, desk->err.message);
}

static void refused(struct desk *desk, const char *line, const char *message)
{
	struct kcl_config *before = kcl_config_copy(desk->env.candidate);
	const struct kcl_place place = desk->place;

	assert_true(type(desk, line) < 0);
	if (!strstr(desk->err.message, message))
		fail_msg("%s: %s", line, desk->err.message);
	assert_memory_equal(&place, &desk->place, sizeof(place));
	kcl_config_free(before);
}

static const struct kcl_iface *iface_of(const struct desk *desk)
{
	return kcl_iface_find(desk->env.candidate, "knet0");
}

static const struct kcl_peer *peer_of(const struct desk *desk, const char *name)
{
	return kcl_peer_find_name(iface_of(desk), name);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void members_take_from_their_group(void **state)
{
	struct kcl_link_params p;
	struct desk desk;

	(void)state;
	desk_open(&desk, KCL_MODE_CONFIG);
	assert_true(kcl_link_params(iface_of(&desk), peer_of(&desk, "b1"), 0, &p));
	assert_int_equal(p.priority, 7);
	assert_int_equal(p.timers.ping_ms, 20);
	assert_true(p.has_timers);
	assert_true(kcl_link_params(iface_of(&desk), peer_of(&desk, "b1"), 1, &p));
	assert_int_equal(p.pong_count, 9);
	assert_int_equal(p.timers.ping_ms, KCL_PING_DEFAULT_MS);
	assert_int_equal(kcl_peer_policy(iface_of(&desk), peer_of(&desk, "b1")), KCL_POLICY_ACTIVE);
	/* one that is in no group takes nothing */
	assert_true(kcl_link_params(iface_of(&desk), peer_of(&desk, "b2"), 0, &p));
	assert_int_equal(p.priority, 0);
	assert_false(p.has_timers);
	/* what the peer says itself goes first */
	must(&desk, "interface knet0");
	must(&desk, "peer b1");
	must(&desk, "policy passive");
	must(&desk, "link 0 remote 192.0.2.2 priority 1");
	assert_true(kcl_link_params(iface_of(&desk), peer_of(&desk, "b1"), 0, &p));
	assert_int_equal(p.priority, 1);
	assert_int_equal(kcl_peer_policy(iface_of(&desk), peer_of(&desk, "b1")),
			 KCL_POLICY_PASSIVE);
	/* a group that is shut down takes its members along */
	must(&desk, "peer-group core");
	must(&desk, "shutdown");
	assert_true(kcl_peer_is_shutdown(iface_of(&desk), peer_of(&desk, "b1")));
	assert_false(kcl_peer_is_shutdown(iface_of(&desk), peer_of(&desk, "b2")));
	kcl_config_free(desk.env.candidate);
}

static int diff_count(void *arg, const struct kcl_diff *diff)
{
	unsigned int *cnt = arg;

	cnt[diff->kind]++;
	if (diff->kind >= KCL_DIFF_PEER)
		assert_int_equal(diff->peer_new->id, 2);
	return 0;
}

/* A changed group shows at its members and nowhere else. */
static void group_changes_reach_members(void **state)
{
	struct kcl_config *before;
	unsigned int cnt[KCL_DIFF_PEER_LINK + 1] = {0};
	struct desk desk;

	(void)state;
	desk_open(&desk, KCL_MODE_CONFIG);
	before = kcl_config_copy(desk.env.candidate);
	must(&desk, "peer-group core");
	must(&desk, "link 0 priority 8");
	assert_int_equal(kcl_config_diff(before, desk.env.candidate, diff_count, cnt), 0);
	assert_int_equal(cnt[KCL_DIFF_PEER_LINK], 1);
	assert_int_equal(cnt[KCL_DIFF_PEER], 0);
	must(&desk, "policy passive");
	memset(cnt, 0, sizeof(cnt));
	assert_int_equal(kcl_config_diff(before, desk.env.candidate, diff_count, cnt), 0);
	assert_int_equal(cnt[KCL_DIFF_PEER], 1);
	/* the description is of no concern to peers */
	kcl_config_free(before);
	before = kcl_config_copy(desk.env.candidate);
	must(&desk, "description x");
	memset(cnt, 0, sizeof(cnt));
	assert_int_equal(kcl_config_diff(before, desk.env.candidate, diff_count, cnt), 0);
	assert_int_equal(cnt[KCL_DIFF_GLOBAL], 1);
	assert_int_equal(cnt[KCL_DIFF_PEER] + cnt[KCL_DIFF_PEER_LINK], 0);
	kcl_config_free(before);
	kcl_config_free(desk.env.candidate);
}

static void groups_are_guarded(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, KCL_MODE_IFACE);
	refused(&desk, "peer b2 3 group nowhere", "There is no peer-group nowhere");
	refused(&desk, "peer new 9 192.0.2.9 group nowhere", "There is no peer-group");
	refused(&desk, "no peer-group core", "Peer b1 is still in the group");
	must(&desk, "no peer b1");
	must(&desk, "no peer-group core");
	assert_int_equal(desk.place.mode, KCL_MODE_CONFIG);
	kcl_config_free(desk.env.candidate);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static void ranges_speak_for_all(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, KCL_MODE_IFACE);
	must(&desk, "peer range b*");
	assert_int_equal(desk.place.mode, KCL_MODE_RANGE);
	must(&desk, "description rack 7");
	assert_string_equal(peer_of(&desk, "b1")->description, "rack 7");
	assert_string_equal(peer_of(&desk, "b2")->description, "rack 7");
	assert_null(peer_of(&desk, "c1")->description);
	must(&desk, "no description");
	assert_null(peer_of(&desk, "b2")->description);
	must(&desk, "exit");
	must(&desk, "peer range 2-3,4");
	must(&desk, "link 0 pong-count 5");
	assert_int_equal(kcl_peer_link_find(peer_of(&desk, "c1"), 0)->pong_count, 5);
	/* c1 has no link 1: nobody's is changed */
	refused(&desk, "link 1 pong-count 6", "Peer c1 of the range: Peer c1 has no link 1");
	assert_int_equal(kcl_peer_link_find(peer_of(&desk, "b1"), 1)->pong_count, 0);
	refused(&desk, "link 0", "A range has no mode of its links");
	/* a line of the mode above is taken there */
	must(&desk, "mtu 1400");
	assert_int_equal(desk.place.mode, KCL_MODE_IFACE);
	refused(&desk, "peer range x*", "No peer of interface knet0 is in the range x*");
	refused(&desk, "peer range 5-2", "Invalid input");
	refused(&desk, "peer range 1,,2", "Invalid input");
	refused(&desk, "peer range 70000", "Invalid input");
	/* `range` is a word now, but what it begins with is a name like any other */
	must(&desk, "peer ra 77 192.0.2.77");
	assert_non_null(peer_of(&desk, "ra"));
	refused(&desk, "peer range 9 192.0.2.9", "Invalid input");
	kcl_config_free(desk.env.candidate);
}

/* ---- aliases --------------------------------------------------------------------------------- */

static void cand_seek(void *arg, size_t off, const struct kcl_cand *cand)
{
	unsigned int *seen = arg;

	(void)off;
	*seen += cand->kind == KCL_CAND_WORD && strcmp(cand->text, "spd") == 0;
}

static void aliases_are_words(void **state)
{
	unsigned int seen = 0;
	struct desk desk;

	(void)state;
	desk_open(&desk, KCL_MODE_CONFIG);
	refused(&desk, "alias show show peers", "'show' is a word of the language");
	refused(&desk, "alias x shwo peers", "'shwo peers' is not a command");
	refused(&desk, "alias x \"show peers | count\"",
		"expected `alias WORD COMMAND`, without pipes");
	must(&desk, "alias spd show peers");
	must(&desk, "do spd down");
	assert_string_equal(desk.turn.command, "show_peers");
	assert_true(kcl_args_has(desk.turn.args, "down"));
	kcl_args_free(desk.turn.args);
	must(&desk, "end");
	must(&desk, "spd");
	assert_string_equal(desk.turn.command, "show_peers");
	kcl_args_free(desk.turn.args);
	/* errors stand where they were typed */
	assert_true(type(&desk, "  spd nobody extra") < 0);
	assert_int_equal(desk.err.off, 13);
	kcl_complete(&desk.place, &desk.env, "sp", 2, cand_seek, &seen);
	assert_int_equal(seen, 1);
	/* the role is that of who types */
	must(&desk, "configure");
	must(&desk, "alias wipe clear counters");
	must(&desk, "end");
	desk.env.role = KCL_ROLE_OPERATOR;
	assert_int_equal(type(&desk, "wipe"), -EPERM);
	/* an alias of an alias is none */
	desk.env.role = KCL_ROLE_ADMIN;
	must(&desk, "configure");
	refused(&desk, "alias again again", "is not a command");
	must(&desk, "no alias spd");
	refused(&desk, "do spd", "Invalid input");
	kcl_config_free(desk.env.candidate);
}

/* ---- modes ----------------------------------------------------------------------------------- */

static void top_and_tags(void **state)
{
	struct desk desk;
	char tag[128];

	(void)state;
	desk_open(&desk, KCL_MODE_IFACE);
	must(&desk, "peer b1");
	must(&desk, "link 0");
	must(&desk, "top");
	assert_int_equal(desk.place.mode, KCL_MODE_CONFIG);
	must(&desk, "peer-group core");
	kcl_place_tag(&desk.place, desk.env.candidate, tag, sizeof(tag));
	assert_string_equal(tag, "config-pg-core");
	must(&desk, "exit");
	assert_int_equal(desk.place.mode, KCL_MODE_CONFIG);
	must(&desk, "interface knet0");
	must(&desk, "peer range *");
	kcl_place_tag(&desk.place, desk.env.candidate, tag, sizeof(tag));
	assert_string_equal(tag, "config-peer-range");
	assert_int_equal(kcl_place_depth(&desk.place), 3);
	must(&desk, "exit");
	assert_int_equal(desk.place.mode, KCL_MODE_IFACE);
	must(&desk, "peer-group gone");
	must(&desk, "no peer-group gone");
	desk.place = (struct kcl_place){.mode = KCL_MODE_GROUP, .name = "gone"};
	assert_true(kcl_place_repair(&desk.place, desk.env.candidate));
	assert_int_equal(desk.place.mode, KCL_MODE_CONFIG);
	/* What was meant for a peer that is gone must not come to its interface. */
	desk.place = (struct kcl_place){.mode = KCL_MODE_PEER, .iface = "knet0", .peer_id = 9};
	assert_true(kcl_place_repair(&desk.place, desk.env.candidate));
	refused(&desk, "shutdown", "'shutdown' belongs into an interface");
	kcl_config_free(desk.env.candidate);
}

/* ---- what somebody meant ----------------------------------------------------------------------
 */

static void assert_hint(const char *where, const char *line, const char *hint)
{
	struct kcl_config *config = load("interface knet0\n node-id 1\n network-secret file /s\n"
					 " peer beta 2 192.0.2.2\n");
	struct kcl_env env = {.running = config, .role = KCL_ROLE_ADMIN};
	struct kcl_place place = {0};
	struct kcl_error err;
	struct kcl_turn turn;

	for (; *where; where += strlen(where) + 1)
		assert_int_equal(kcl_line(&place, &env, where, &turn, &err), 0);
	assert_int_equal(kcl_line(&place, &env, line, &turn, &err), -EINVAL);
	if (!strstr(err.message, hint))
		fail_msg("'%s' is answered by: %s", line, err.message);
	kcl_config_free(env.candidate);
	kcl_config_free(config);
}

/* The command that a line of a mode comes to. */
static void assert_means(enum kcl_mode mode, const char *line, const char *command)
{
	struct kcl_config *config = kcl_config_new();
	struct kcl_env env = {.role = KCL_ROLE_ADMIN, .running = config};
	struct kcl_place place = {.mode = (uint8_t)mode, .iface = "knet0"};
	struct kcl_error err;
	struct kcl_turn turn;

	if (kcl_line(&place, &env, line, &turn, &err) < 0)
		fail_msg("'%s' is answered by: %s", line, err.message);
	assert_string_equal(turn.command, command);
	kcl_args_free(turn.args);
	kcl_config_free(env.candidate);
	kcl_config_free(config);
}

/* What several words begin with is known by the next one; and some words are not shortened. */
static void the_next_word_decides(void **state)
{
	(void)state;
	assert_means(KCL_MODE_EXEC, "en", "enable");
	assert_means(KCL_MODE_EXEC, "end", "end");
	assert_means(KCL_MODE_EXEC, "s ver", "show_version");
	assert_means(KCL_MODE_EXEC, "show co errors", "show_counters");
	assert_means(KCL_MODE_CONFIG, "sh run", "show_running_config");
	assert_means(KCL_MODE_IFACE, "sh run int knet0", "show_running_config");
	assert_means(KCL_MODE_LINK, "sh peers", "show_peers");
	assert_means(KCL_MODE_RANGE, "sh this", "show_this");
}

static void assert_ambiguous(enum kcl_mode mode, const char *line)
{
	struct kcl_env env = {.role = KCL_ROLE_ADMIN};
	struct kcl_place place = {.mode = (uint8_t)mode, .iface = "knet0"};
	struct kcl_error err;
	struct kcl_turn turn;

	assert_int_equal(kcl_line(&place, &env, line, &turn, &err), -EINVAL);
	assert_int_equal(err.code, KCL_AMBIGUOUS);
}

static void fault_take(void *arg, size_t off, const struct kcl_cand *cand)
{
	char *said = arg;

	assert_int_equal(cand->kind, KCL_CAND_FAULT);
	assert_int_equal(off, 0);
	snprintf(said, 128, "%s", cand->text);
}

/* Behind a word that could be several, or is none, help says so. */
static void ambiguity_is_told_in_help(void **state)
{
	const struct kcl_place place = {.mode = KCL_MODE_IFACE, .iface = "knet0"};
	const struct kcl_env env = {.role = KCL_ROLE_ADMIN};
	char said[128] = "";

	(void)state;
	kcl_complete(&place, &env, "sh ", 3, fault_take, said);
	assert_string_equal(said, "Ambiguous command: 'sh' could be: show | shutdown");
	kcl_complete(&place, &env, "hostname ", 9, fault_take, said);
	assert_string_equal(said, "Ambiguous command: 'sh' could be: show | shutdown");
	kcl_complete(&place, &env, "nonsense ", 9, fault_take, said);
	assert_string_equal(said, "Invalid input detected at '^' marker: 'nonsense'");
}

static void the_next_word_decides_only_alone(void **state)
{
	(void)state;
	assert_ambiguous(KCL_MODE_IFACE, "sh");
	assert_ambiguous(KCL_MODE_IFACE, "sh bogus");
	assert_ambiguous(KCL_MODE_EXEC, "c c");
	assert_ambiguous(KCL_MODE_EXEC, "show co 1");
}

/* Words of other routers, masks, and lines that are right in another place. */
static void hints_are_given(void **state)
{
	static const char exec[] = "", config[] = "configure\0",
			  iface[] = "configure\0interface knet0\0";

	(void)state;
	assert_hint(exec, "who", "Did you mean 'show sessions'?");
	assert_hint(exec, "sh ip int br", "Did you mean 'show interfaces brief'?");
	assert_hint(exec, "sh mac address-table", "Did you mean 'show mac-table'?");
	assert_hint(exec, "shwo peers", "Did you mean 'show'?");
	assert_hint(exec, "hostname x", "expected `configure` first");
	assert_hint(exec, "int knet0", "'int' belongs into the configuration");
	assert_hint(config, "ping peer x ", "'ping'. Did you mean 'do ping peer x'?");
	assert_hint(config, "peer beta 2 10.0.0.2", "'peer' belongs into an interface: expected");
	assert_hint(config, "no peer beta", "'peer' belongs into an interface");
	assert_hint(config, "mtu 9000", "expected `interface NAME` first");
	assert_hint(exec, "group x", "'group' belongs into a peer");
	/* also if more is wrong with it */
	assert_hint(config, "mtu", "'mtu' belongs into an interface");
	assert_hint(config, "link 9 local 1.2.3.4", "'link' belongs into an interface");
	assert_hint(exec, "no shut", "'shut' belongs into an interface");
	assert_hint(config, "ping 10.0.0.300", "Did you mean 'do ping 10.0.0.300'?");
	assert_hint(iface, "secret x", "Did you mean 'network-secret file PATH'?");
	assert_hint(iface, "roaming nat", "'roaming' belongs into a link of a peer");
	assert_hint(exec, "u all", "Did you mean 'no debug all'?");
	assert_hint(exec, "show proc cpu", "Did you mean 'show threads'?");
	assert_hint(exec, "copy run tftp:", "'tftp:': expected a file of this host");
	assert_hint(exec, "crypto key generate rsa", "Did you mean 'crypto generate key FILE'?");
	assert_hint(exec, "ping gamma", "Did you mean 'ping host gamma'?");
	assert_hint(exec, "ping 10.0.0.1 repeat 3", "Did you mean 'count'?");
	assert_hint(exec, "sh ip route", "routes and addresses are the kernel's");
	assert_hint(exec, "sh ip interface brief", "Did you mean 'show interfaces brief'?");
	assert_hint(exec, "sh mac-address-table", "Did you mean 'show mac-table'?");
	assert_hint(exec, "sh debugging", "Did you mean 'debug'?");
	assert_hint(exec, "reload in 5", "Did you mean 'configure revert-in MINUTES'?");
	assert_hint(exec, "set system host-name x", "expected `configure`, then the line without");
	assert_hint(exec, "clear counters beta", "Did you mean 'peer beta'?");
	assert_hint(exec, "sh run knet0", "Did you mean 'interface knet0'?");
	assert_hint(exec, "clear mac 02:00:00:00:00:01", "Did you mean 'address 02:00:");
	assert_hint(exec, "SHOW clock", "Did you mean 'show'?");
	assert_hint(exec, "\"show\" clock", "expected it without quotes");
	assert_hint(exec, "show clock && reboot", "expected one command a line");
	assert_hint(exec, "show clock > /tmp/x", "Did you mean '| save FILE'?");
	assert_hint(exec, "show version include x", "Did you mean '| include'?");
	assert_hint(exec, "copy running-config ?", "marker: '?'");
	assert_hint(config, "hostname bad_name!", "expected letters, digits, and . _ -");
	assert_hint(config, "conf t", "this is the configuration already");
	assert_hint(config, "do conf t", "without `do`, behind `end`");
	assert_hint(config, "do exit", "expected it without `do`");
	assert_hint(config, "delete interfaces", "expected `no`, then the line");
	assert_hint(config, "commit and-quit", "expected `commit`, then `end`");
	assert_hint(config, "no logging console", "Did you mean 'terminal no monitor'?");
	assert_hint(iface, "tunnel destination 10.0.0.1", "Did you mean 'peer NAME ID ADDRESS'?");
	assert_hint(iface, "speed 1000", "plain Ethernet to the host");
	assert_hint(exec, "clear mac address-table dynamic", "Did you mean 'clear mac-table'?");
	assert_hint(iface, "no ip address", "Did you mean 'no address'?");
	assert_hint(iface, "ip address 10.1.1.1 255.255.255.0", "'address ADDRESS/LENGTH'");
	assert_hint(iface, "address 10.1.1.1 255.255.240.0", "Did you mean '10.1.1.1/20'?");
	assert_hint(iface, "address 10.1.1.1 255.0.255.0", "marker: '10.1.1.1'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_take_from_their_group),
		cmocka_unit_test(group_changes_reach_members),
		cmocka_unit_test(groups_are_guarded),
		cmocka_unit_test(ranges_speak_for_all),
		cmocka_unit_test(aliases_are_words),
		cmocka_unit_test(hints_are_given),
		cmocka_unit_test(the_next_word_decides),
		cmocka_unit_test(ambiguity_is_told_in_help),
		cmocka_unit_test(the_next_word_decides_only_alone),
		cmocka_unit_test(top_and_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
