/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Transactions: the running configuration and everything that leads to the next one.
 *
 * Who changes the configuration edits a copy and commits it. There is one engine for all ways: a
 * line typed in `configure` commits at once, a session collects lines in a candidate until it says
 * `commit`, rollback and replacement commit an older or another configuration. Each commit makes a
 * generation, and the archive remembers it. A commit may be on trial: unless it is confirmed in
 * time, what was before it comes back.
 *
 * The room knows neither socket nor engine: what makes a configuration live, clocks, timers and
 * notices are the owner's (struct knd_txn_ops). Sessions are known by their numbers. Control thread
 * only.
 */
#ifndef KNETD_TXN_TXN_H
#define KNETD_TXN_TXN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knetd/cmd/config.h"
#include "knetd/ctl/output.h"
#include "knetd/why.h"

#define KND_TXN_COMMENT_MAX 127
#define KND_TXN_VIA_MAX     31

struct knd_txn;

struct knd_txn_ops {
	/* From one configuration to another, all or nothing. 0, or -errno with `why`. */
	int (*apply)(void *arg, const struct kcl_config *from, const struct kcl_config *to,
		     bool reread, struct knd_why *why);
	/* There is a new generation. */
	void (*committed)(void *arg, const struct knd_who *who);
	/* A line for one session, or for all of them (session 0). */
	void (*notice)(void *arg, uint32_t session, const char *text);
	/* Something that prompts show has changed. */
	void (*refresh)(void *arg);
	/* Call knd_txn_on_timer() after so long; replaces what was asked before. UINT64_MAX: not.
	 */
	void (*timer)(void *arg, uint64_t delay_ns);
	uint64_t (*now_ns)(void *arg);  /* of a clock that never jumps */
	uint64_t (*real_ns)(void *arg); /* of the calendar */
};

/* One generation, or what is known of it. */
struct knd_txn_entry {
	uint64_t generation;
	uint64_t real_ns;
	char user[32];
	char via[KND_TXN_VIA_MAX + 1]; /* "pts/1", "startup", "rollback" and the like */
	char comment[KND_TXN_COMMENT_MAX + 1];
	unsigned int changed, added, removed; /* against the one before it */
	struct kcl_config *config; /* owned; NULL: on the disk, see knd_txn_entry_config() */
};

/* How a commit is to be made. */
struct knd_txn_how {
	const char *via;        /* NULL: the session's terminal */
	const char *comment;    /* NULL: none */
	unsigned int trial_min; /* minutes to confirm it; 0: for good */
	bool reread;            /* secrets and keys, too */
};

/*
 * Starts with an empty configuration, generation 0. `path` is the startup configuration's, beside
 * which the way back from a commit on trial and the archive are kept; borrowed. NULL without
 * memory.
 */
struct knd_txn *knd_txn_new(const struct knd_txn_ops *ops, void *arg, const char *path);
/* Frees it; nothing is applied any more. NULL is allowed. */
void knd_txn_free(struct knd_txn *txn);

/*
 * The first commit, of the startup configuration, which it consumes if it returns 0; or, if a trial
 * was under way when the daemon was killed, of what was before that. is_whole: it is all that the
 * file says.
 */
__attribute__((warn_unused_result)) int
knd_txn_start(struct knd_txn *txn, struct kcl_config *startup, bool is_whole, struct knd_why *why);

/* ---- looking --------------------------------------------------------------------------------- */

/* Borrowed, until the next commit. */
const struct kcl_config *knd_txn_running(const struct knd_txn *txn);
uint64_t knd_txn_generation(const struct knd_txn *txn);
bool knd_txn_is_unsaved(const struct knd_txn *txn);
/* Generation that was saved last; 0: none. */
uint64_t knd_txn_saved(const struct knd_txn *txn);
/* What this session sees and edits: its candidate or the running configuration. */
const struct kcl_config *knd_txn_config(const struct knd_txn *txn, uint32_t session);
/* Entries of the archive by age, 0 is the newest; NULL behind the last one. */
const struct knd_txn_entry *knd_txn_entry_at(const struct knd_txn *txn, size_t i);
/* The entry of a generation, or NULL with `why`. */
const struct knd_txn_entry *knd_txn_entry_find(const struct knd_txn *txn, uint64_t generation,
					       struct knd_why *why);

/* The configuration of an entry, owned by the caller. NULL with `why`. */
struct kcl_config *knd_txn_entry_config(const struct knd_txn *txn,
					const struct knd_txn_entry *entry, struct knd_why *why);

/* True if one says anything that the other does not. */
bool knd_txn_differs(const struct kcl_config *a, const struct kcl_config *b);

struct knd_txn_lock {
	struct knd_who who;
	uint64_t since_ns; /* of now_ns */
};
/* The holder of the lock, or NULL. */
const struct knd_txn_lock *knd_txn_lock(const struct knd_txn *txn);

/* A trial under way, or NULL in `base`. */
struct knd_txn_window {
	const struct kcl_config *base; /* what comes back */
	uint64_t generation;           /* the first one on trial; 0: nothing committed yet */
	uint64_t left_s;
	struct knd_who who;
	bool is_bound; /* ends with its session: `configure revert-in` */
};
struct knd_txn_window knd_txn_window(const struct knd_txn *txn);

/* A candidate, for `show configuration sessions`. */
struct knd_txn_cand_view {
	const char *name;
	uint32_t session; /* that has it; 0: nobody */
	char user[32];    /* who made it */
	uint64_t since_real_ns;
	uint64_t base_generation;
	bool is_dirty; /* has lines that are not committed */
	const struct kcl_config *base, *config;
};
bool knd_txn_cand_at(const struct knd_txn *txn, size_t i, struct knd_txn_cand_view *out);
/* The candidate of a session; false if it has none. */
bool knd_txn_cand_of(const struct knd_txn *txn, uint32_t session, struct knd_txn_cand_view *out);

/*
 * What the prompt of a session says behind `config-`: "s-NAME*", "!", "" if there is nothing to
 * say.
 */
void knd_txn_mark(const struct knd_txn *txn, uint32_t session, char *out, size_t size);

/* ---- sessions -------------------------------------------------------------------------------- */

/* All return 0, or -EBUSY and the like with `why`. */

/* Plain `configure`; gives the session a candidate if the configuration says so. */
__attribute__((warn_unused_result)) int
knd_txn_enter(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why);
/* `configure session`; `name` NULL: one of its own. Goes on where that candidate stood. */
__attribute__((warn_unused_result)) int knd_txn_enter_session(struct knd_txn *txn,
							      const struct knd_who *who,
							      const char *name,
							      struct knd_why *why);
/* `configure exclusive` */
__attribute__((warn_unused_result)) int
knd_txn_enter_exclusive(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why);
/* `configure revert-in`: whatever the session commits comes back after so long, or if it dies. */
__attribute__((warn_unused_result)) int knd_txn_enter_revert(struct knd_txn *txn,
							     const struct knd_who *who,
							     unsigned int minutes,
							     struct knd_why *why);
/* The session is back in EXEC mode: lock and candidate are let go; what is uncommitted is kept. */
void knd_txn_leave(struct knd_txn *txn, const struct knd_who *who);
/* The session has ended. */
void knd_txn_gone(struct knd_txn *txn, const struct knd_who *who);
/* Takes the lock from whoever has it; -ENOENT if nobody has. */
__attribute__((warn_unused_result)) int
knd_txn_unlock(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why);

/* ---- changing -------------------------------------------------------------------------------- */

/*
 * The session has made this of knd_txn_config(): goes into its candidate, or is committed. Consumed
 * if it returns 0; else nothing has changed. What is the same as before makes no generation.
 */
__attribute__((warn_unused_result)) int knd_txn_edit(struct knd_txn *txn, const struct knd_who *who,
						     struct kcl_config *config,
						     const struct knd_txn_how *how,
						     struct knd_why *why);
/*
 * `commit`: of the session's candidate, merged if the running configuration has moved on. A
 * conflict is -EBUSY, with `conflict` called for each. Also confirms a trial. 1: there was nothing
 * to commit.
 */
__attribute__((warn_unused_result)) int
knd_txn_commit(struct knd_txn *txn, const struct knd_who *who, const struct knd_txn_how *how,
	       kcl_write_fn conflict, void *arg, struct knd_why *why);
/* What every commit asks of a configuration, whoever makes it. 0, or -EINVAL with `why`. */
__attribute__((warn_unused_result)) int knd_txn_judge(const struct kcl_config *config,
						      struct knd_why *why);
/*
 * `commit check`: what `commit` would make of the candidate, owned by the caller, or the reason why
 * it cannot be.
 */
__attribute__((warn_unused_result)) int knd_txn_check(const struct knd_txn *txn,
						      const struct knd_who *who,
						      kcl_write_fn conflict, void *arg,
						      struct kcl_config **out, struct knd_why *why);
/* Drops the candidate of the session and its lock. 0, or -ENOENT if it has none. */
__attribute__((warn_unused_result)) int knd_txn_abort(struct knd_txn *txn,
						      const struct knd_who *who);
/*
 * Commits a configuration of another origin, whole: rollback, replacement, reload. Consumed if it
 * returns 0.
 */
__attribute__((warn_unused_result)) int
knd_txn_replace(struct knd_txn *txn, const struct knd_who *who, struct kcl_config *config,
		const struct knd_txn_how *how, struct knd_why *why);

/* ---- trials ---------------------------------------------------------------------------------- */

/* What is on trial stays. -ENOENT if there is no trial. */
__attribute__((warn_unused_result)) int
knd_txn_confirm(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why);
/* What was before the trial comes back now. -ENOENT if there is no trial. */
__attribute__((warn_unused_result)) int
knd_txn_cancel(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why);
/* Once in a while: logs what could not be written to the disk. */
void knd_txn_mind(struct knd_txn *txn);
/* The time that was asked for has come. */
void knd_txn_on_timer(struct knd_txn *txn);

/* ---- the startup configuration ----------------------------------------------------------------
 */

/*
 * Makes the running configuration the startup configuration, which what is on trial cannot become.
 * 0 or -errno with `why`.
 */
__attribute__((warn_unused_result)) int knd_txn_save(struct knd_txn *txn, struct knd_why *why);
/* Makes another configuration the startup configuration; the same rules. */
__attribute__((warn_unused_result)) int
knd_txn_save_as_startup(struct knd_txn *txn, const struct kcl_config *config, struct knd_why *why);
/* The running configuration is what the startup configuration says. */
void knd_txn_saved_note(struct knd_txn *txn);

#endif
