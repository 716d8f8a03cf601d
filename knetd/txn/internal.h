/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* What the files of this room share. */
#ifndef KNETD_TXN_INTERNAL_H
#define KNETD_TXN_INTERNAL_H

#include "knetd/txn/txn.h"

struct knd_scribe;

/* Lines that somebody collects. */
struct knd_cand {
	struct knd_cand *next;
	char name[KCL_NAME_MAX + 1];
	bool is_named;    /* by the user: outlives its session */
	uint32_t session; /* that has it; 0: nobody */
	uint32_t owner;   /* session that made it */
	char user[32];
	uint64_t since_real_ns;
	uint64_t base_generation;
	struct kcl_config *base; /* what it began with */
	struct kcl_config *config;
	bool is_dirty;
};

/* A trial. */
struct knd_window {
	struct kcl_config *base;  /* what comes back; NULL: there is no trial */
	struct kcl_config *trial; /* after a restart: what was on trial, and is not running */
	uint64_t generation;      /* the first one on trial; 0: nothing was committed yet */
	uint64_t deadline_ns;
	unsigned int warned; /* how many of the notices before the end were sent */
	struct knd_who who;
	bool is_bound;
};

struct knd_txn {
	const struct knd_txn_ops *ops;
	void *arg;
	const char *path; /* of the startup configuration */
	struct kcl_config *running;
	uint64_t generation;
	bool has_begun;              /* the startup configuration was committed */
	uint64_t saved;              /* generation that the startup configuration is; 0: none */
	struct knd_txn_entry *entry; /* of the archive, oldest first */
	size_t entry_cnt, entry_cap;
	struct knd_cand *cands;
	bool is_locked;
	struct knd_txn_lock lock;
	struct knd_window window;
	struct knd_scribe *scribe; /* writes the archive */
};

/* txn.c: makes `config` the running one; consumed if it returns 0. No questions asked. */
int knd_txn_commit_do(struct knd_txn *txn, const struct knd_who *who, struct kcl_config *config,
		      const struct knd_txn_how *how, struct knd_why *why);
/* May this session commit now? Lock and trial of somebody else are in the way. 0 or -EBUSY. */
int knd_txn_gate(const struct knd_txn *txn, const struct knd_who *who, struct knd_why *why);
/* "root (pid 812, pts/1)" */
void knd_txn_who_format(const struct knd_who *who, char *out, size_t size);
/* "00:04:10" */
void knd_txn_span_format(uint64_t seconds, char *out, size_t size);

/* archive.c */
int knd_archive_add(struct knd_txn *txn, const struct knd_who *who, const struct knd_txn_how *how,
		    const struct kcl_config *before);
/*
 * At the start: true if the newest generation is this configuration, which then needs no generation
 * of its own.
 */
bool knd_archive_resume(struct knd_txn *txn, const struct kcl_config *config);
void knd_archive_trim(struct knd_txn *txn);
void knd_archive_free(struct knd_txn *txn);

/* shelf.c */
/* What the disk has of the archive; without configurations, which are read when needed. */
void knd_shelf_open(struct knd_txn *txn);
/* Writes an entry with its configuration, or removes one. What fails is logged. */
void knd_shelf_put(struct knd_txn *txn, const struct knd_txn_entry *entry);
void knd_shelf_drop(struct knd_txn *txn, uint64_t generation);
/* Reads the configuration of a generation; owned by the caller. NULL with `why`. */
struct kcl_config *knd_shelf_get(const struct knd_txn *txn, uint64_t generation,
				 struct knd_why *why);
/* True if that generation says the same. */
bool knd_shelf_has(const struct knd_txn *txn, uint64_t generation, const struct kcl_config *config);

/* session.c */
struct knd_cand *knd_cand_find(const struct knd_txn *txn, uint32_t session);
/* The candidate now is what is running. 0 or -ENOMEM. */
int knd_cand_rebase(struct knd_txn *txn, struct knd_cand *cand);
void knd_cands_free(struct knd_txn *txn);

/* window.c */
/* Opens a trial: from now on the way back is on the disk. 0 or -errno with `why`. */
int knd_window_open(struct knd_txn *txn, const struct knd_who *who, unsigned int minutes,
		    const struct kcl_config *trial, struct knd_why *why);
/* Ends it; nothing is applied. */
void knd_window_close(struct knd_txn *txn);
/* Applies what was before and ends the trial. 0 or -errno with `why`. */
int knd_window_revert(struct knd_txn *txn, const struct knd_who *who, struct knd_why *why);
/* Asks for the timer. */
void knd_window_rearm(struct knd_txn *txn);
/* What a killed daemon has left: fills the window; 1 if there was something, 0, or -errno. */
int knd_window_recover(struct knd_txn *txn, struct knd_why *why);

#endif
