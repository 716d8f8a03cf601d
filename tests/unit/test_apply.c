// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Applying configurations: what calls of the engine a difference becomes, that a failure at any
 * step leaves everything as it was, and how links follow the machine. Engine and machine are those
 * of fake_engine.c.
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
#include <sys/stat.h>
#include <unistd.h>

#include "knetd/apply.h"
#include "knetd/cmd/kcl.h"
#include "tests/unit/fake_engine.h"

#define HEAD      "interface knet0\n node-id 1\n network-secret file %s\n"
#define TWO_LINKS " link 0 local 10.66.0.1\n link 1 local 10.67.0.1 priority 10\n"
#define BETA      " peer beta 2 10.66.0.2 10.67.0.2\n"

struct fixture {
	struct knd_ifaces all;
	struct kcl_config *running;
	struct knd_why why;
	char secret[64];
	int watched; /* handles that the main loop would poll */
};

static void on_handle(void *arg, struct knd_iface *iface, bool is_there)
{
	struct fixture *f = arg;

	assert_non_null(iface->handle);
	f->watched += is_there ? 1 : -1;
}

static void secret_write(const char *path, char what)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 0; i < KNET_KEY_TEXT_LEN; i++)
		fputc(what, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fd;

	assert_non_null(f);
	fake_reset();
	f->all = (struct knd_ifaces){.on_handle = on_handle, .arg = f};
	snprintf(f->secret, sizeof(f->secret), "/tmp/knet-test-apply.XXXXXX");
	fd = mkstemp(f->secret);
	assert_true(fd >= 0);
	close(fd);
	secret_write(f->secret, 'A');
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	while (f->all.first)
		knd_iface_down(&f->all, f->all.first);
	assert_int_equal(f->watched, 0);
	kcl_config_free(f->running);
	unlink(f->secret);
	free(f);
	fake_reset();
	return 0;
}

static void load_report(void *arg, unsigned int number, const char *line,
			const struct kcl_error *err)
{
	(void)arg;
	fail_msg("line %u (%s): %s", number, line ? line : "", err->message);
}

/* `text` has %s where the path of the secret is to be. */
static struct kcl_config *config_of(const struct fixture *f, const char *text)
{
	struct kcl_config *config;
	char whole[4096] = "";
	const char *at;

	while ((at = strstr(text, "%s"))) {
		snprintf(whole + strlen(whole), sizeof(whole) - strlen(whole), "%.*s%s",
			 (int)(at - text), text, f->secret);
		text = at + 2;
	}
	strncat(whole, text, sizeof(whole) - strlen(whole) - 1);
	assert_int_equal(kcl_config_load(whole, strlen(whole), load_report, NULL, &config), 0);
	return config;
}

/* Applies a text; the calls it took are in fake_calls(). Returns what knd_apply() does. */
static int apply(struct fixture *f, const char *text)
{
	struct kcl_config *config = config_of(f, text);
	int rc;

	fake_calls_clear();
	rc = knd_apply(&f->all, f->running, config, false, &f->why);
	if (rc == 0) {
		kcl_config_free(f->running);
		f->running = config;
	} else {
		kcl_config_free(config);
	}
	return rc;
}

/* After news of the machine. */
static int follow(struct fixture *f)
{
	fake_calls_clear();
	return knd_iface_follow(&f->all, f->all.first, f->running->iface[0], &f->why);
}

/* ---- what becomes of a difference ------------------------------------------------------------ */

static void test_comes_with_all_it_has(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD " description home\n address 10.99.0.1/24\n"
				       " address fd99::1/64\n" TWO_LINKS BETA "exit\n"),
			 0);
	assert_string_equal(fake_calls(),
			    "new knet0 1\n"
			    "set knet0 timers=100/500/3/3000\n"
			    "set knet0 policy=0\n"
			    "set knet0 rekey=600/274877906944\n"
			    "set knet0 pmtud=60\n"
			    "set knet0 storm=4294967295\n"
			    "set knet0 dscp=0\n"
			    "set knet0 failover-buffer=67108864\n"
			    "set knet0 fdb=300/65536\n"
			    "set knet0 workers=0\n"
			    "peer knet0/2 add beta\n"
			    "peer knet0/2 link 0 10.66.0.2:50000 priority -1 enabled 1\n"
			    "peer knet0/2 link 1 10.67.0.2:50001 priority -1 enabled 1\n"
			    "open knet0/0 10.66.0.1:50000 priority 0\n"
			    "open knet0/1 10.67.0.1:50001 priority 10\n"
			    "tap knet0 mtu 1420 alias home\n"
			    "addr knet0 add 10.99.0.1/24\n"
			    "addr knet0 add fd99::1/64\n");
	assert_int_equal(f->watched, 1);
}

static void test_waits_until_complete(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD " address 10.99.0.1/24\nexit\n"), 0);
	assert_string_equal(fake_calls(), "");
	assert_null(f->all.first);
	assert_string_equal(knd_iface_missing(f->running->iface[0]), "waiting: no peers");
	assert_int_equal(apply(f, HEAD " address 10.99.0.1/24\n" BETA "exit\n"), 0);
	assert_non_null(f->all.first);
	assert_int_equal(apply(f, HEAD " address 10.99.0.1/24\n shutdown\n" BETA "exit\n"), 0);
	assert_string_equal(fake_calls(), "free knet0\n");
	assert_null(f->all.first);
}

static void test_same_again_is_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_string_equal(fake_calls(), "");
}

static void test_only_the_changed_peer(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA " peer gamma 3 10.66.0.3\nexit\n"), 0);
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA " peer gamma 3 10.66.0.33\nexit\n"), 0);
	assert_string_equal(fake_calls(),
			    "peer knet0/3 link 0 10.66.0.33:50000 priority -1 enabled 1\n");
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA " peer delta 3 10.66.0.33\nexit\n"), 0);
	assert_string_equal(fake_calls(), "peer knet0/3 rename delta\n");
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_string_equal(fake_calls(), "peer knet0/3 link 0 del\n"
					  "peer knet0/3 del\n");
}

static void test_peer_of_its_own_kind(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA
			       " peer gamma 3\n"
			       "  public-key vJ0nq5xkV3mS7mUQ7o0W9wq0y1y8bJt0c3Q4m3wq2xk=\n"
			       "  policy active\n"
			       "  link 0 dynamic priority 7\n"
			       "  link 1 remote 10.67.0.3:4000 ping 20 timeout 90\n"
			       "  shutdown\n"
			       " exit\n"
			       " mac-table static 52:54:00:00:00:01 peer gamma\n"
			       "exit\n"),
			 0);
	assert_string_equal(fake_calls(),
			    "peer knet0/3 add gamma\n"
			    "peer knet0/3 policy\n"
			    "peer knet0/3 enable 0\n"
			    "peer knet0/3 link 0 dynamic priority 7 enabled 1\n"
			    "peer knet0/3 link 1 10.67.0.3:4000 priority -1 enabled 1 "
			    "timers 20/90/3/3000\n"
			    "static knet0 add 52:54:00:00:00:01 vlan 0 peer 3\n");
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_string_equal(fake_calls(), "static knet0 del 52:54:00:00:00:01 vlan 0\n"
					  "peer knet0/3 link 0 del\n"
					  "peer knet0/3 link 1 del\n"
					  "peer knet0/3 del\n");
}

static void test_links_inherit_what_they_do_not_have(void **state)
{
	struct fixture *f = *state;
	static const char peers[] = BETA " peer gamma 3\n"
					 "  link 0 remote 10.66.0.3 ping 20 timeout 90\n"
					 " exit\nexit\n";
	char text[1024];

	snprintf(text, sizeof(text), "%s%s%s", HEAD, TWO_LINKS, peers);
	assert_int_equal(apply(f, text), 0);
	snprintf(text, sizeof(text), "%s%s%s%s", HEAD, " pong-count 5\n", TWO_LINKS, peers);
	assert_int_equal(apply(f, text), 0);
	assert_string_equal(fake_calls(), "set knet0 timers=100/500/5/3000\n"
					  "set knet0 policy=0\n"
					  "set knet0 rekey=600/274877906944\n"
					  "set knet0 pmtud=60\n"
					  "set knet0 storm=4294967295\n"
					  "set knet0 dscp=0\n"
					  "set knet0 failover-buffer=67108864\n"
					  "set knet0 fdb=300/65536\n"
					  "set knet0 workers=0\n"
					  "peer knet0/3 link 0 10.66.0.3:50000 priority -1 enabled "
					  "1 timers 20/90/5/3000\n");
}

static void test_own_link_shut_down(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(apply(f, HEAD TWO_LINKS " link 1 shutdown\n" BETA "exit\n"), 0);
	assert_string_equal(fake_calls(),
			    "peer knet0/2 link 1 10.67.0.2:50001 priority -1 enabled 0\n"
			    "close knet0/1\n");
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_string_equal(fake_calls(),
			    "peer knet0/2 link 1 10.67.0.2:50001 priority -1 enabled 1\n"
			    "open knet0/1 10.67.0.1:50001 priority 10\n");
}

static void test_what_a_handle_cannot_change(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(apply(f, HEAD " suite aes128-gcm\n" TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(strncmp(fake_calls(), "free knet0\nnew knet0 1\n", 23), 0);
	assert_int_equal(f->watched, 1);
	assert_int_equal(apply(f, "hostname x\n"), 0);
	assert_string_equal(fake_calls(), "free knet0\n");
}

static void test_secret_read_again(void **state)
{
	struct fixture *f = *state;
	char before[4096], after[4096];

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	fake_state(before, sizeof(before));
	fake_calls_clear();
	assert_int_equal(knd_apply(&f->all, f->running, f->running, true, &f->why), 0);
	assert_string_equal(fake_calls(), "");
	secret_write(f->secret, 'B');
	assert_int_equal(knd_apply(&f->all, f->running, f->running, true, &f->why), 0);
	assert_int_equal(strncmp(fake_calls(), "free knet0\nnew knet0 1\n", 23), 0);
	assert_string_not_equal(before, fake_state(after, sizeof(after)));
}

/* ---- failures -------------------------------------------------------------------------------- */

static const char *const many_changes[] = {
	"hostname a\n" HEAD
	" address 10.99.0.1/24\n address 10.98.0.1/24\n description one\n" TWO_LINKS BETA
	" peer gamma 3 10.66.0.3\n peer delta 4 10.66.0.4\n"
	" mac-table static 52:54:00:00:00:01 peer gamma\n"
	"exit\n"
	"interface knet1\n node-id 7\n port 51000\n network-secret file %s\n"
	" peer other 8 10.66.0.8\nexit\n",

	"hostname b\n" HEAD " address 10.98.0.1/24\n address 10.97.0.1/24\n policy active\n"
	" timers ping 20 timeout 100\n link 0 local 10.66.0.1 priority 3\n"
	" link 1 local 10.67.0.1:52000 priority 10\n" BETA
	" peer delta2 4 10.66.0.4 10.67.0.4\n peer epsilon 5 10.66.0.5\n"
	" mac-table static 52:54:00:00:00:02 peer beta\n"
	"exit\n"
	"interface knet1\n node-id 9\n port 51000\n network-secret file %s\n"
	" peer other 8 10.66.0.8\nexit\n"
	"interface knet2\n node-id 1\n port 53000\n network-secret file %s\n"
	" address 10.96.0.1/24\n peer third 2 10.66.0.9\nexit\n",
};

/* Whatever step fails, what was before is there again, and the next try succeeds. */
static void undo_from(struct fixture *f, const char *from, const char *to)
{
	char before[8192], after[8192];
	unsigned int n = 1;

	assert_int_equal(apply(f, from), 0);
	fake_state(before, sizeof(before));
	for (;; n++) {
		fake_fail_at(n);
		if (apply(f, to) == 0)
			break;
		assert_false(fake_fail_is_pending());
		assert_string_not_equal(f->why.text, "");
		assert_string_equal(fake_state(after, sizeof(after)), before);
	}
	assert_true(fake_fail_is_pending());
	assert_true(n > 10);
	fake_fail_at(0);
}

static void test_failure_undoes_all(void **state)
{
	undo_from(*state, many_changes[0], many_changes[1]);
}

static void test_failure_undoes_all_the_other_way(void **state)
{
	undo_from(*state, many_changes[1], many_changes[0]);
}

static void test_unreadable_secret_touches_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(chmod(f->secret, 0640), 0);
	assert_int_equal(apply(f, "interface knet0\n node-id 2\n network-secret file %s\n" TWO_LINKS
				  " peer beta 3 10.66.0.2\nexit\n"),
			 -EACCES);
	assert_string_equal(fake_calls(), "");
	assert_non_null(strstr(f->why.text, "0600"));
	assert_non_null(strstr(f->why.text, "interface knet0: network-secret"));
}

static void test_tunnel_through_itself(void **state)
{
	struct fixture *f = *state;
	char before[4096], after[4096];

	assert_int_equal(apply(f, HEAD " address 10.99.0.1/24\n" TWO_LINKS BETA "exit\n"), 0);
	fake_state(before, sizeof(before));
	assert_int_equal(apply(f, HEAD " address 10.99.0.1/24\n" TWO_LINKS BETA
				       " peer gamma 3 10.99.0.3\nexit\n"),
			 -ELOOP);
	assert_non_null(strstr(f->why.text, "peer gamma link 0: remote 10.99.0.3"));
	assert_int_equal(apply(f, HEAD " address 10.66.0.7/24\n" TWO_LINKS BETA "exit\n"), -ELOOP);
	assert_int_equal(apply(f, HEAD
			       " address 10.99.0.1/24\n link 2 local 10.99.0.1\n" TWO_LINKS BETA
			       "exit\n"),
			 -ELOOP);
	assert_string_equal(fake_state(after, sizeof(after)), before);
	fake_route_by(2);
	assert_int_equal(apply(f, HEAD " address 10.99.0.1/24\n" TWO_LINKS BETA
				       " peer gamma 3\n  link 2 remote 10.1.0.1\n exit\nexit\n"),
			 -ELOOP);
	assert_non_null(strstr(f->why.text, "leads into the tunnel itself"));
	assert_string_equal(fake_state(after, sizeof(after)), before);
}

static void test_one_local_address_for_all_peers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD " peer beta 2\n  link 0 remote 10.66.0.2 local 10.67.0.1\n"
				       " exit\nexit\n"),
			 0);
	assert_non_null(strstr(fake_calls(), "open knet0/0 10.67.0.1:50000 priority 0\n"));
	assert_int_equal(apply(f, HEAD " peer beta 2\n  link 0 remote 10.66.0.2 local 10.67.0.1\n"
				       " exit\n peer gamma 3\n"
				       "  link 0 remote 10.66.0.3 local 10.66.0.1\n exit\nexit\n"),
			 -EINVAL);
	assert_non_null(strstr(f->why.text, "peer gamma link 0: local 10.66.0.1"));
}

/* At once, and back when it fails; also where one takes the place of another that goes. */
static void test_links_change_places(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(apply(f, HEAD " link 0 local 10.67.0.1:50001\n"
				       " link 1 local 10.66.0.1:50000 priority 10\n" BETA "exit\n"),
			 0);
	assert_string_equal(fake_calls(), "close knet0/0\nclose knet0/1\n"
					  "open knet0/0 10.67.0.1:50001 priority 0\n"
					  "open knet0/1 10.66.0.1:50000 priority 10\n");
	assert_int_equal(apply(f, HEAD " link 0 local 10.66.0.1:50000\n"
				       " peer beta 2 10.66.0.2\nexit\n"),
			 0);
	assert_non_null(strstr(fake_calls(), "open knet0/0 10.66.0.1:50000 priority 0\n"));
	/* what stays where it is, stays open */
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_null(strstr(fake_calls(), "knet0/0"));
}

/* ---- the machine ----------------------------------------------------------------------------- */

static void test_waits_for_its_address(void **state)
{
	struct fixture *f = *state;

	fake_dev_addr(0, NULL);
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_null(strstr(fake_calls(), "open knet0/0"));
	assert_non_null(strstr(fake_calls(), "open knet0/1"));
	assert_string_equal(f->all.first->link[0].trouble, "waiting for address 10.66.0.1");
	fake_dev_addr(0, "10.66.0.1");
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "open knet0/0 10.66.0.1:50000 priority 0\n");
	assert_string_equal(f->all.first->link[0].trouble, "");
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "");
}

static void test_carrier_comes_and_goes(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	fake_dev_set(1, true, false, 1500);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "usable knet0/1 0: eth1 has no carrier\n");
	fake_dev_set(1, false, false, 1500);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "");
	fake_dev_addr(1, NULL);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "");
	assert_string_equal(f->all.first->link[1].trouble, "address 10.67.0.1 is gone");
	fake_dev_addr(1, "10.67.0.1");
	fake_dev_set(1, true, true, 1500);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "neighbours of 2 anew\n"
					  "usable knet0/1 1: it has carrier and address\n");
}

static void test_comes_up_without_carrier(void **state)
{
	struct fixture *f = *state;

	fake_dev_set(0, true, false, 1500);
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_non_null(strstr(fake_calls(), "usable knet0/0 0: eth0 has no carrier\n"));
}

static void test_mtu_follows_the_narrowest(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(f->all.first->mtu, 1420);
	fake_dev_set(1, true, true, 1400);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "tap knet0 mtu 1320 alias -\n");
	fake_dev_addr(1, NULL); /* it may come back as narrow as it was */
	assert_int_equal(follow(f), 0);
	assert_int_equal(f->all.first->mtu, 1320);
	assert_int_equal(apply(f, HEAD " mtu 1234\n" TWO_LINKS BETA "exit\n"), 0);
	assert_non_null(strstr(fake_calls(), "tap knet0 mtu 1234 alias -\n"));
}

/* What paths carry counts only below what the interfaces do, above 1280, and without a bridge. */
static void test_mtu_follows_the_narrowest_path(void **state)
{
	static const struct {
		unsigned int path, want;
	} cases[] = {{1318, 1318}, {1500, 1420}, {0, 1420}, {700, 1280}};
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake_narrowest_set(cases[i].path);
		assert_int_equal(follow(f), 0);
		assert_int_equal(f->all.first->mtu, cases[i].want);
	}
	fake_tap_bridge(77);
	assert_int_equal(follow(f), 0);
	assert_int_equal(f->all.first->mtu, 1420);
	fake_tap_bridge(0);
	assert_int_equal(apply(f, HEAD " mtu 1400\n" TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(f->all.first->mtu, 1400);
}

static void test_engine_knows_the_mtu_below(void **state)
{
	struct fixture *f = *state;

	fake_dev_set(0, true, true, 9000);
	assert_int_equal(apply(f, HEAD TWO_LINKS BETA "exit\n"), 0);
	assert_int_equal(fake_link_mtu(0), 9000);
	assert_int_equal(fake_link_mtu(1), 1500);
	fake_dev_set(0, true, true, 65536); /* loopback */
	fake_dev_set(1, true, true, 500);   /* too narrow to be told */
	assert_int_equal(follow(f), 0);
	assert_int_equal(fake_link_mtu(0), 65535);
	assert_int_equal(fake_link_mtu(1), 1500);
}

static void test_auto_keeps_its_address(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD " peer beta 2 10.66.0.2\nexit\n"), 0);
	assert_non_null(strstr(fake_calls(), "open knet0/0 10.66.0.1:50000"));
	fake_route_by(1); /* the cable is out, the route goes another way */
	fake_dev_set(0, true, false, 1500);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "usable knet0/0 0: eth0 has no carrier\n");
	fake_dev_addr(0, NULL); /* the address has really gone: follow the route */
	assert_int_equal(follow(f), 0);
	assert_non_null(strstr(fake_calls(), "open knet0/0 10.67.0.1:50000"));
}

static void test_auto_leaves_a_shared_address(void **state)
{
	struct fixture *f = *state;

	fake_dev_addr(1, NULL);
	assert_int_equal(apply(f, HEAD " link 0 local 10.66.0.1\n"
				       " peer beta 2 10.66.0.2 10.67.0.2\nexit\n"),
			 0);
	assert_non_null(strstr(fake_calls(), "open knet0/1 10.66.0.1:50001"));
	fake_dev_addr(1, "10.67.0.1");
	fake_route_by(1);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "open knet0/1 10.67.0.1:50001 priority 0\n");
	fake_route_by(0); /* and does not go back to where link 0 is */
	fake_dev_addr(1, NULL);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "usable knet0/1 0: address 10.67.0.1 is gone\n");
}

static void test_auto_without_route(void **state)
{
	struct fixture *f = *state;

	fake_route_by(-1);
	assert_int_equal(apply(f, HEAD " peer beta 2 10.66.0.2\nexit\n"), 0);
	assert_null(strstr(fake_calls(), "open"));
	assert_string_equal(f->all.first->link[0].trouble, "no route to 10.66.0.2");
	fake_route_by(0);
	assert_int_equal(follow(f), 0);
	assert_string_equal(fake_calls(), "open knet0/0 10.66.0.1:50000 priority 0\n"
					  "tap knet0 mtu 1420 alias -\n");
}

static void test_all_peers_come_to_us(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, HEAD " peer beta 2\n  link 0 dynamic\n exit\nexit\n"), 0);
	assert_non_null(strstr(fake_calls(), "open knet0/0 0.0.0.0:50000 priority 0\n"));
	assert_true(f->all.first->link[0].is_usable);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_comes_with_all_it_has),
		CASE(test_waits_until_complete),
		CASE(test_same_again_is_nothing),
		CASE(test_only_the_changed_peer),
		CASE(test_peer_of_its_own_kind),
		CASE(test_links_inherit_what_they_do_not_have),
		CASE(test_own_link_shut_down),
		CASE(test_what_a_handle_cannot_change),
		CASE(test_secret_read_again),
		CASE(test_failure_undoes_all),
		CASE(test_failure_undoes_all_the_other_way),
		CASE(test_unreadable_secret_touches_nothing),
		CASE(test_tunnel_through_itself),
		CASE(test_one_local_address_for_all_peers),
		CASE(test_links_change_places),
		CASE(test_waits_for_its_address),
		CASE(test_carrier_comes_and_goes),
		CASE(test_comes_up_without_carrier),
		CASE(test_mtu_follows_the_narrowest),
		CASE(test_mtu_follows_the_narrowest_path),
		CASE(test_engine_knows_the_mtu_below),
		CASE(test_auto_keeps_its_address),
		CASE(test_auto_leaves_a_shared_address),
		CASE(test_auto_without_route),
		CASE(test_all_peers_come_to_us),
	};

	return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
