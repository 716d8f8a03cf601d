// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Transactions with a clock that the test turns, and an engine that refuses on demand: candidates,
 * merges, the lock, trials and what a killed daemon finds of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "knetd/cmd/kcl.h"
#include "knetd/txn/txn.h"

#define SECOND 1000000000ULL

#define BASE                                      \
	"hostname alpha\n"                        \
	"interface knet0\n"                       \
	" node-id 1\n"                            \
	" network-secret file /etc/kronosnet/k\n" \
	" peer nodeB 2 192.0.2.2\n"               \
	"exit\n"

static const struct knd_who ann = {
	.uid = 0, .pid = 11, .session = 1, .user = "ann", .tty = "pts/1"};
static const struct knd_who bob = {
	.uid = 0, .pid = 22, .session = 2, .user = "bob", .tty = "pts/2"};

struct world {
	struct knd_txn *txn;
	uint64_t now_ns, real_ns;
	uint64_t timer_ns; /* when it is due; UINT64_MAX: not */
	unsigned int applied, refusals;
	unsigned int notices;
	char notice[256];
	char dir[PATH_MAX], path[PATH_MAX + 16];
};

static int on_apply(void *arg, const struct kcl_config *from, const struct kcl_config *to,
		    bool reread, struct knd_why *why)
{
	struct world *w = arg;

	(void)from;
	(void)to;
	(void)reread;
	if (w->refusals) {
		w->refusals--;
		return knd_why_say(why, -EIO, "the engine refuses");
	}
	w->applied++;
	return 0;
}

static void on_committed(void *arg, const struct knd_who *who)
{
	(void)arg;
	(void)who;
}

static void on_notice(void *arg, uint32_t session, const char *text)
{
	struct world *w = arg;

	(void)session;
	w->notices++;
	snprintf(w->notice, sizeof(w->notice), "%s", text);
}

static void on_refresh(void *arg)
{
	(void)arg;
}

static void on_timer(void *arg, uint64_t delay_ns)
{
	struct world *w = arg;

	w->timer_ns = delay_ns == UINT64_MAX ? UINT64_MAX : w->now_ns + delay_ns;
}

static uint64_t on_now(void *arg)
{
	return ((struct world *)arg)->now_ns;
}

static uint64_t on_real(void *arg)
{
	return ((struct world *)arg)->real_ns;
}

static const struct knd_txn_ops ops = {
	.apply = on_apply,
	.committed = on_committed,
	.notice = on_notice,
	.refresh = on_refresh,
	.timer = on_timer,
	.now_ns = on_now,
	.real_ns = on_real,
};

static void error_print(void *arg, unsigned int number, const char *line,
			const struct kcl_error *err)
{
	(void)arg;
	print_error("line %u: %s: %s\n", number, line ? line : "", err->message);
}

static struct kcl_config *read_on(const struct kcl_config *base, const char *lines)
{
	const struct kcl_load how = {.base = base, .is_unchecked = true, .report = error_print};
	struct kcl_config *config;

	assert_int_equal(kcl_config_read(&how, lines, strlen(lines), &config), 0);
	return config;
}

static void world_boot(struct world *w)
{
	struct knd_why why = {""};

	w->timer_ns = UINT64_MAX;
	w->txn = knd_txn_new(&ops, w, w->path);
	assert_non_null(w->txn);
	assert_int_equal(knd_txn_start(w->txn, read_on(NULL, BASE), true, &why), 0);
}

/* As if the process were gone: nothing is undone, nothing removed. */
static void world_kill(struct world *w)
{
	knd_txn_free(w->txn);
	w->timer_ns = UINT64_MAX;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	snprintf(w->dir, sizeof(w->dir), "/tmp/knet-txn-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	snprintf(w->path, sizeof(w->path), "%s/startup", w->dir);
	w->now_ns = 1000 * SECOND;
	w->real_ns = 1700000000 * SECOND;
	world_boot(w);
	*state = w;
	return 0;
}

static void file_remove(const struct world *w, const char *suffix)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s%s", w->path, suffix);
	unlink(path);
}

static bool file_is_there(const struct world *w, const char *suffix)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s%s", w->path, suffix);
	return access(path, F_OK) == 0;
}

static void generation_path(const struct world *w, unsigned int generation, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%.*s.archive/generation-%u", PATH_MAX - 64, w->path, generation);
}

static int teardown(void **state)
{
	struct world *w = *state;
	char path[PATH_MAX + 32];

	knd_txn_free(w->txn);
	for (unsigned int i = 0; i < 32; i++) {
		generation_path(w, i, path);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s.archive", w->path);
	rmdir(path);
	file_remove(w, "");
	file_remove(w, ".revert");
	file_remove(w, ".trial");
	rmdir(w->dir);
	free(w);
	return 0;
}

/* Lets time pass, with the timer that was asked for. */
static void pass(struct world *w, uint64_t seconds)
{
	const uint64_t end = w->now_ns + seconds * SECOND;

	while (w->timer_ns <= end) {
		w->real_ns += w->timer_ns - w->now_ns;
		w->now_ns = w->timer_ns;
		w->timer_ns = UINT64_MAX;
		knd_txn_on_timer(w->txn);
	}
	w->real_ns += end - w->now_ns;
	w->now_ns = end;
}

static int edit(struct world *w, const struct knd_who *who, const char *lines)
{
	const struct knd_txn_how how = {0};
	struct knd_why why = {""};
	struct kcl_config *config = read_on(knd_txn_config(w->txn, who->session), lines);
	const int rc = knd_txn_edit(w->txn, who, config, &how, &why);

	if (rc < 0)
		kcl_config_free(config);
	return rc;
}

static void conflict_count(void *arg, const char *line)
{
	(void)line;
	(*(unsigned int *)arg)++;
}

static int commit(struct world *w, const struct knd_who *who, unsigned int minutes)
{
	const struct knd_txn_how how = {.trial_min = minutes, .comment = "why"};
	struct knd_why why = {""};
	unsigned int conflicts = 0;
	const int rc = knd_txn_commit(w->txn, who, &how, conflict_count, &conflicts, &why);

	assert_int_equal(conflicts > 0, rc == -EBUSY && strstr(why.text, "meanwhile") != NULL);
	return rc;
}

static void enter(struct world *w, const struct knd_who *who, const char *name)
{
	struct knd_why why = {""};

	assert_int_equal(knd_txn_enter_session(w->txn, who, name, &why), 0);
}

static const char *hostname(const struct world *w)
{
	return knd_txn_running(w->txn)->hostname;
}

static const char *mark(const struct world *w, const struct knd_who *who)
{
	static char text[64];

	knd_txn_mark(w->txn, who->session, text, sizeof(text));
	return text;
}

/* ---- candidates ------------------------------------------------------------------------------ */

static void test_candidate_is_not_in_force_until_commit(void **state)
{
	struct world *w = *state;

	enter(w, &ann, "work");
	assert_string_equal(mark(w, &ann), "s-work");
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	assert_string_equal(mark(w, &ann), "s-work*");
	assert_string_equal(hostname(w), "alpha");
	assert_string_equal(mark(w, &bob), "");
	assert_int_equal(commit(w, &ann, 0), 0);
	assert_string_equal(hostname(w), "beta");
	assert_string_equal(mark(w, &ann), "s-work");
	assert_int_equal(knd_txn_generation(w->txn), 2);
	assert_int_equal(commit(w, &ann, 0), 1);
}

static void test_refused_commit_keeps_the_candidate(void **state)
{
	struct world *w = *state;

	enter(w, &ann, NULL);
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	w->refusals = 1;
	assert_int_equal(commit(w, &ann, 5), -EIO);
	assert_string_equal(hostname(w), "alpha");
	assert_int_equal(knd_txn_generation(w->txn), 1);
	assert_string_equal(mark(w, &ann), "s-1*");
	assert_false(file_is_there(w, ".revert"));
	assert_int_equal(commit(w, &ann, 0), 0);
	assert_string_equal(hostname(w), "beta");
}

static void test_named_candidate_outlives_its_session(void **state)
{
	struct world *w = *state;
	struct knd_txn_cand_view cand;
	struct knd_why why;

	enter(w, &ann, "work");
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	assert_int_equal(knd_txn_enter_session(w->txn, &bob, "work", &why), -EBUSY);
	assert_non_null(strstr(why.text, "ann"));
	knd_txn_gone(w->txn, &ann);
	enter(w, &bob, "work");
	assert_int_equal(commit(w, &bob, 0), 0);
	assert_string_equal(hostname(w), "beta");
	/* One without a name, and one without lines, go with their session. */
	knd_txn_leave(w->txn, &bob);
	enter(w, &ann, NULL);
	assert_int_equal(edit(w, &ann, "hostname gamma\n"), 0);
	knd_txn_gone(w->txn, &ann);
	assert_false(knd_txn_cand_at(w->txn, 0, &cand));
}

static void test_left_lines_are_kept_and_said(void **state)
{
	struct world *w = *state;

	enter(w, &ann, "work");
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	knd_txn_leave(w->txn, &ann);
	assert_non_null(strstr(w->notice, "configure session work"));
	assert_string_equal(knd_txn_config(w->txn, 1)->hostname, "alpha");
	enter(w, &ann, "work");
	assert_string_equal(knd_txn_config(w->txn, 1)->hostname, "beta");
	assert_int_equal(knd_txn_abort(w->txn, &ann), 0);
	assert_string_equal(knd_txn_config(w->txn, 1)->hostname, "alpha");
}

static void test_commits_of_two_sessions(void **state)
{
	struct world *w = *state;

	enter(w, &ann, "a");
	enter(w, &bob, "b");
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	assert_int_equal(edit(w, &bob, "interface knet0\n mtu 1300\n"), 0);
	assert_int_equal(commit(w, &ann, 0), 0);
	assert_int_equal(commit(w, &bob, 0), 0); /* merged */
	assert_string_equal(hostname(w), "beta");
	assert_int_equal(kcl_iface_find(knd_txn_running(w->txn), "knet0")->mtu, 1300);
	/* Both from generation 3, the same thing. */
	knd_txn_leave(w->txn, &ann);
	enter(w, &ann, "a");
	assert_int_equal(edit(w, &ann, "interface knet0\n mtu 1400\n"), 0);
	assert_int_equal(edit(w, &bob, "interface knet0\n mtu 1350\n"), 0);
	assert_int_equal(commit(w, &ann, 0), 0);
	assert_int_equal(commit(w, &bob, 0), -EBUSY);
	assert_int_equal(kcl_iface_find(knd_txn_running(w->txn), "knet0")->mtu, 1400);
	assert_int_equal(knd_txn_generation(w->txn), 4);
	assert_string_equal(mark(w, &bob), "s-b*");
}

/* ---- lock ------------------------------------------------------------------------------------ */

static void test_lock_names_its_holder_and_dies_with_him(void **state)
{
	struct world *w = *state;
	struct knd_why why = {""};

	assert_int_equal(knd_txn_enter_exclusive(w->txn, &ann, &why), 0);
	pass(w, 250);
	assert_int_equal(knd_txn_enter(w->txn, &bob, &why), -EBUSY);
	assert_string_equal(why.text, "The configuration is locked by ann (pid 11, pts/1, session "
				      "1) for 00:04:10");
	assert_int_equal(edit(w, &bob, "hostname beta\n"), -EBUSY);
	assert_int_equal(edit(w, &ann, "hostname gamma\n"), 0);
	assert_int_equal(commit(w, &ann, 0), 0);
	assert_string_equal(hostname(w), "gamma");
	knd_txn_gone(w->txn, &ann);
	assert_null(knd_txn_lock(w->txn));
	assert_int_equal(edit(w, &bob, "hostname beta\n"), 0);
	/* An administrator takes it away. */
	assert_int_equal(knd_txn_enter_exclusive(w->txn, &ann, &why), 0);
	assert_int_equal(knd_txn_unlock(w->txn, &bob, &why), 0);
	assert_non_null(strstr(w->notice, "bob"));
	assert_int_equal(edit(w, &bob, "hostname delta\n"), 0);
	assert_int_equal(knd_txn_unlock(w->txn, &bob, &why), -ENOENT);
}

/* ---- trials ---------------------------------------------------------------------------------- */

static void trial_begin(struct world *w, const char *lines, unsigned int minutes)
{
	enter(w, &ann, "t");
	assert_int_equal(edit(w, &ann, lines), 0);
	assert_int_equal(commit(w, &ann, minutes), 0);
	assert_string_equal(mark(w, &ann), "s-t!");
	assert_string_equal(mark(w, &bob), "!");
}

static void test_trial_reverts_on_time(void **state)
{
	struct world *w = *state;

	trial_begin(w, "hostname beta\n", 5);
	assert_true(file_is_there(w, ".revert"));
	pass(w, 239);
	assert_int_equal(w->notices, 0);
	pass(w, 2);
	assert_non_null(strstr(w->notice, "in 60 s"));
	pass(w, 50);
	assert_non_null(strstr(w->notice, "in 10 s"));
	assert_string_equal(hostname(w), "beta");
	pass(w, 9);
	assert_string_equal(hostname(w), "alpha");
	assert_int_equal(w->notices, 3);
	assert_false(file_is_there(w, ".revert"));
	assert_string_equal(mark(w, &bob), "");
	assert_string_equal(knd_txn_entry_at(w->txn, 0)->via, "revert");
	assert_int_equal(knd_txn_entry_at(w->txn, 0)->generation, 3);
}

static void test_trial_is_confirmed(void **state)
{
	struct world *w = *state;
	struct knd_why why;

	trial_begin(w, "hostname beta\n", 1);
	pass(w, 59);
	assert_int_equal(commit(w, &ann, 0), 0);
	pass(w, 1000);
	assert_string_equal(hostname(w), "beta");
	assert_false(file_is_there(w, ".revert"));
	assert_int_equal(knd_txn_confirm(w->txn, &ann, &why), -ENOENT);
	assert_int_equal(knd_txn_cancel(w->txn, &ann, &why), -ENOENT);
}

static void test_trial_keeps_others_out(void **state)
{
	struct world *w = *state;
	struct knd_why why = {""};

	trial_begin(w, "hostname beta\n", 5);
	assert_int_equal(edit(w, &bob, "interface knet0\n mtu 1300\n"), -EBUSY);
	assert_int_equal(knd_txn_save(w->txn, &why), -EBUSY);
	assert_false(file_is_there(w, ""));
	assert_int_equal(knd_txn_cancel(w->txn, &bob, &why), 0);
	assert_string_equal(hostname(w), "alpha");
	assert_int_equal(edit(w, &bob, "interface knet0\n mtu 1300\n"), 0);
	assert_int_equal(knd_txn_save(w->txn, &why), 0);
	assert_true(file_is_there(w, ""));
	assert_false(knd_txn_is_unsaved(w->txn));
}

static void test_killed_in_a_trial_boots_what_was_before(void **state)
{
	struct world *w = *state;
	struct knd_why why = {""};

	assert_int_equal(edit(w, &bob, "hostname unsaved\n"), 0);
	trial_begin(w, "hostname beta\n", 5);
	world_kill(w);
	pass(w, 100);
	world_boot(w);
	assert_string_equal(hostname(w), "unsaved");
	assert_string_equal(mark(w, &bob), "!");
	assert_true(knd_txn_is_unsaved(w->txn));
	assert_int_equal(knd_txn_window(w->txn).left_s, 200);
	/* Killed once more: the same. */
	world_kill(w);
	world_boot(w);
	assert_string_equal(hostname(w), "unsaved");
	/* The time goes on, and at its end there is nothing to undo. */
	pass(w, 201);
	assert_string_equal(hostname(w), "unsaved");
	assert_string_equal(mark(w, &bob), "");
	assert_false(file_is_there(w, ".revert"));
	assert_false(file_is_there(w, ".trial"));
	assert_int_equal(knd_txn_confirm(w->txn, &bob, &why), -ENOENT);
}

static void test_trial_can_be_confirmed_after_a_restart(void **state)
{
	struct world *w = *state;
	struct knd_why why = {""};

	trial_begin(w, "hostname beta\n", 5);
	world_kill(w);
	pass(w, 60);
	world_boot(w);
	assert_string_equal(hostname(w), "alpha");
	assert_int_equal(knd_txn_confirm(w->txn, &bob, &why), 0);
	assert_string_equal(hostname(w), "beta");
	assert_false(file_is_there(w, ".revert"));
}

static void test_killed_for_longer_than_the_trial(void **state)
{
	struct world *w = *state;

	trial_begin(w, "hostname beta\n", 5);
	world_kill(w);
	pass(w, 3600);
	world_boot(w);
	assert_string_equal(hostname(w), "alpha");
	assert_string_equal(mark(w, &bob), "");
	assert_false(file_is_there(w, ".revert"));
	assert_int_equal(edit(w, &bob, "hostname gamma\n"), 0);
}

static void test_revert_in_ends_with_its_session(void **state)
{
	struct world *w = *state;
	struct knd_why why = {""};

	assert_int_equal(knd_txn_enter_revert(w->txn, &ann, 10, &why), 0);
	assert_string_equal(mark(w, &ann), "!");
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	assert_int_equal(edit(w, &ann, "interface knet0\n mtu 1300\n"), 0);
	assert_int_equal(edit(w, &bob, "hostname gamma\n"), -EBUSY);
	knd_txn_gone(w->txn, &ann);
	assert_string_equal(hostname(w), "alpha");
	assert_int_equal(kcl_iface_find(knd_txn_running(w->txn), "knet0")->mtu, 0);
	/* By time. */
	assert_int_equal(knd_txn_enter_revert(w->txn, &ann, 10, &why), 0);
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	pass(w, 601);
	assert_string_equal(hostname(w), "alpha");
	/* Confirmed, it stays. */
	assert_int_equal(knd_txn_enter_revert(w->txn, &ann, 10, &why), 0);
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	assert_int_equal(knd_txn_confirm(w->txn, &ann, &why), 0);
	knd_txn_gone(w->txn, &ann);
	pass(w, 601);
	assert_string_equal(hostname(w), "beta");
}

static void test_revert_that_fails_is_tried_again(void **state)
{
	struct world *w = *state;

	trial_begin(w, "hostname beta\n", 1);
	w->refusals = 2;
	pass(w, 61);
	assert_string_equal(hostname(w), "beta");
	assert_true(file_is_there(w, ".revert"));
	pass(w, 10);
	assert_string_equal(hostname(w), "alpha");
	assert_false(file_is_there(w, ".revert"));
}

static void test_no_trial_without_a_way_back(void **state)
{
	struct world *w = *state;
	char away[PATH_MAX + 8];

	enter(w, &ann, "t");
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	snprintf(away, sizeof(away), "%s.away", w->dir);
	assert_int_equal(rename(w->dir, away), 0);
	assert_true(commit(w, &ann, 5) < 0);
	assert_string_equal(hostname(w), "alpha");
	assert_string_equal(mark(w, &bob), "");
	assert_int_equal(rename(away, w->dir), 0);
}

/* What is the same as before is no generation, whoever types it. */
static void test_no_change_is_no_generation(void **state)
{
	struct world *w = *state;

	assert_int_equal(edit(w, &ann, "hostname alpha\n"), 0);
	assert_int_equal(knd_txn_generation(w->txn), 1);
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	assert_int_equal(knd_txn_generation(w->txn), 2);
}

/* ---- archive --------------------------------------------------------------------------------- */

static void test_archive_remembers_and_forgets(void **state)
{
	struct world *w = *state;
	const struct knd_txn_entry *entry;
	struct knd_why why = {""};
	char line[64];

	assert_int_equal(edit(w, &ann, "archive maximum 3\n"), 0);
	for (unsigned int i = 0; i < 5; i++) {
		snprintf(line, sizeof(line), "hostname h%u\n", i);
		assert_int_equal(edit(w, &bob, line), 0);
	}
	entry = knd_txn_entry_at(w->txn, 0);
	assert_int_equal(entry->generation, 7);
	assert_string_equal(entry->user, "bob");
	assert_string_equal(entry->via, "pts/2");
	assert_int_equal(entry->changed, 1);
	assert_int_equal(entry->added + entry->removed, 0);
	assert_non_null(knd_txn_entry_at(w->txn, 2));
	assert_null(knd_txn_entry_at(w->txn, 3));
	assert_null(knd_txn_entry_find(w->txn, 1, &why));
	assert_non_null(strstr(why.text, "5 to 7"));
	entry = knd_txn_entry_find(w->txn, 5, &why);
	assert_string_equal(entry->config->hostname, "h2");
	assert_int_equal(edit(w, &ann, "archive maximum 0\n"), 0);
	assert_null(knd_txn_entry_at(w->txn, 0));
}

/* ---- the archive on the disk ----------------------------------------------------------------- */

static char *hostname_of(struct world *w, uint64_t generation)
{
	struct knd_why why = {""};
	const struct knd_txn_entry *entry = knd_txn_entry_find(w->txn, generation, &why);
	struct kcl_config *config = entry ? knd_txn_entry_config(w->txn, entry, &why) : NULL;
	char *name = config ? strdup(config->hostname) : NULL;

	kcl_config_free(config);
	return name;
}

static void assert_hostname(struct world *w, uint64_t generation, const char *expected)
{
	char *name = hostname_of(w, generation);

	assert_non_null(name);
	assert_string_equal(name, expected);
	free(name);
}

/* Who, when and why, and the configuration; numbers go on; nothing new if nothing has changed. */
static void test_archive_survives(void **state)
{
	struct world *w = *state;
	const struct knd_txn_how how = {.comment = "because", .via = "test"};
	const struct knd_txn_entry *entry;
	struct knd_why why = {""};
	struct stat st;
	char path[PATH_MAX];

	assert_int_equal(edit(w, &ann, "hostname h2\n"), 0);
	assert_int_equal(knd_txn_replace(w->txn, &bob, read_on(NULL, BASE), &how, &why), 0);
	world_kill(w);
	generation_path(w, 2, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	w->real_ns += 1000 * SECOND;
	world_boot(w);
	assert_int_equal(knd_txn_generation(w->txn), 3); /* it is what generation 3 was */
	entry = knd_txn_entry_at(w->txn, 0);
	assert_int_equal(entry->generation, 3);
	assert_int_equal(entry->real_ns, 1700000000 * SECOND);
	assert_string_equal(entry->user, "bob");
	assert_string_equal(entry->via, "test");
	assert_string_equal(entry->comment, "because");
	assert_int_equal(entry->changed, 1);
	assert_hostname(w, 2, "h2");
	assert_int_equal(edit(w, &ann, "hostname h4\n"), 0);
	world_kill(w);
	world_boot(w); /* that was not saved */
	assert_int_equal(knd_txn_generation(w->txn), 5);
	assert_string_equal(knd_txn_entry_at(w->txn, 0)->via, "startup");
	assert_int_equal(knd_txn_entry_at(w->txn, 0)->changed, 1);
	assert_hostname(w, 4, "h4");
	assert_hostname(w, 5, "alpha");
	assert_int_equal(edit(w, &ann, "archive maximum 2\n"), 0);
	world_kill(w);
	world_boot(w);
	generation_path(w, 4, path);
	assert_int_equal(access(path, F_OK), -1);
	generation_path(w, 6, path);
	assert_int_equal(access(path, F_OK), 0);
}

static void file_spoil(const char *path, long at, const char *with)
{
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, at, at < 0 ? SEEK_END : SEEK_SET), 0);
	fputs(with, file);
	fclose(file);
}

/* Whatever happened to a file: the others are there, and its number is not given away again. */
static void test_archive_damaged(void **state)
{
	struct world *w = *state;
	struct knd_why why = {""};
	char path[PATH_MAX], line[64];

	for (unsigned int i = 2; i < 8; i++) {
		snprintf(line, sizeof(line), "hostname h%u\n", i);
		assert_int_equal(edit(w, &bob, line), 0);
	}
	world_kill(w);
	generation_path(w, 2, path);
	file_spoil(path, 3, "rubbish"); /* its first line */
	generation_path(w, 3, path);
	file_spoil(path, -4, "y"); /* one letter of the configuration */
	generation_path(w, 4, path);
	assert_int_equal(truncate(path, 100), 0);
	generation_path(w, 5, path);
	unlink(path);
	generation_path(w, 7, path);
	file_spoil(path, 0, "\t");
	generation_path(w, 19, path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	world_boot(w);
	assert_int_equal(knd_txn_generation(w->txn), 20);
	assert_int_equal(knd_txn_entry_at(w->txn, 1)->generation, 6);
	assert_int_equal(knd_txn_entry_at(w->txn, 2)->generation, 1);
	assert_null(knd_txn_entry_at(w->txn, 3));
	assert_hostname(w, 6, "h6");
	generation_path(w, 6, path);
	file_spoil(path, -4, "y"); /* behind the daemon's back */
	assert_null(hostname_of(w, 6));
	assert_null(knd_txn_entry_config(w->txn, knd_txn_entry_at(w->txn, 1), &why));
	assert_non_null(strstr(why.text, "generation-6: the file is damaged"));
	generation_path(w, 20, path);
	world_kill(w);
	unlink(path);
	world_boot(w);
}

static void test_archive_on_save(void **state)
{
	struct world *w = *state;
	struct knd_why why = {""};

	assert_int_equal(edit(w, &ann, "archive on save\n"), 0);
	assert_int_equal(edit(w, &ann, "hostname beta\n"), 0);
	assert_int_equal(knd_txn_entry_at(w->txn, 0)->generation, 1);
	assert_int_equal(knd_txn_save(w->txn, &why), 0);
	assert_int_equal(knd_txn_entry_at(w->txn, 0)->generation, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_candidate_is_not_in_force_until_commit),
		TEST(test_refused_commit_keeps_the_candidate),
		TEST(test_named_candidate_outlives_its_session),
		TEST(test_left_lines_are_kept_and_said),
		TEST(test_commits_of_two_sessions),
		TEST(test_lock_names_its_holder_and_dies_with_him),
		TEST(test_trial_reverts_on_time),
		TEST(test_trial_is_confirmed),
		TEST(test_trial_keeps_others_out),
		TEST(test_killed_in_a_trial_boots_what_was_before),
		TEST(test_trial_can_be_confirmed_after_a_restart),
		TEST(test_killed_for_longer_than_the_trial),
		TEST(test_revert_in_ends_with_its_session),
		TEST(test_revert_that_fails_is_tried_again),
		TEST(test_no_trial_without_a_way_back),
		TEST(test_no_change_is_no_generation),
		TEST(test_archive_remembers_and_forgets),
		TEST(test_archive_survives),
		TEST(test_archive_damaged),
		TEST(test_archive_on_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
