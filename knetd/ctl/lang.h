/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * What a session needs of the command language: its place in the modes, what a line means there,
 * what may stand at the cursor. A thin layer over libkcl; control thread only.
 */
#ifndef KNETD_CTL_LANG_H
#define KNETD_CTL_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knetd/ctlproto/ctlproto.h"

struct kcl_args;
struct kcl_config;
struct kcl_managers;
struct knd_lang;

/* What the words of a line are looked up in, and who says them. */
struct knd_lang_env {
	const struct kcl_config *running; /* borrowed */
	/*
	 * The transaction's candidate. A configuration line makes it as a copy of `running` if it
	 * is NULL, and edits it. Owned by the caller: knd_lang_config_free() or the daemon's
	 * commit.
	 */
	struct kcl_config *candidate;
	uint8_t role;
	bool strict; /* no abbreviations */
};

enum knd_turn_kind {
	KND_TURN_NONE,    /* nothing more to do: blank, a mode changed, the candidate was edited */
	KND_TURN_COMMAND, /* an EXEC command is to be run */
	KND_TURN_LEAVE,   /* `exit` or `quit` at the top */
};

struct knd_turn {
	enum knd_turn_kind kind;
	const char *command;   /* its name in commands.def; static */
	struct kcl_args *args; /* owned: knd_lang_args_free() */
	bool is_audited;       /* changes something */
};

/* An error with the storage of its strings. */
struct knd_fault {
	struct kcp_error err;
	char text[2048];
	size_t used;
};

/* Fills a fault that has no position. */
__attribute__((format(printf, 3, 4))) void
knd_fault_say(struct knd_fault *fault, enum kcp_status code, const char *fmt, ...);
/* Copies a string into the fault's storage; "" when it is full. */
const char *knd_fault_keep(struct knd_fault *fault, const char *text);

/* Starts in EXEC mode. NULL without memory. */
struct knd_lang *knd_lang_new(void);
void knd_lang_free(struct knd_lang *lang);
/* Changes whenever the grammar does. */
uint32_t knd_lang_hash(void);
/* 0 in EXEC mode. */
unsigned int knd_lang_depth(const struct knd_lang *lang);
/* What stands in the prompt's parentheses, "" in EXEC mode. */
void knd_lang_tag(const struct knd_lang *lang, const struct kcl_config *config, char *out,
		  size_t size);
/* Leaves an object that another session has removed for the top. True if it was gone. */
bool knd_lang_repair(struct knd_lang *lang, const struct kcl_config *config);
/* Copies the place of `from`, to come back to it later. */
void knd_lang_copy(struct knd_lang *to, const struct knd_lang *from);
/* Goes to the top of the configuration. */
void knd_lang_enter_config(struct knd_lang *lang);
/* Goes to EXEC mode. */
void knd_lang_leave(struct knd_lang *lang);
/* Name of this host in a configuration, "" if it has none. Borrowed from the configuration. */
const char *knd_lang_hostname(const struct kcl_config *config);

/* Reads one line and does what concerns modes and candidate. Returns 0, or -EINVAL with `fault`. */
__attribute__((warn_unused_result)) int knd_lang_line(struct knd_lang *lang,
						      struct knd_lang_env *env, const char *line,
						      struct knd_turn *turn,
						      struct knd_fault *fault);
/* A line as knd_lang_line() would read it, in full words; as it is if it cannot be read. */
void knd_lang_words(const struct knd_lang *lang, const struct knd_lang_env *env, const char *line,
		    char *out, size_t size);
/* Calls `emit` for all that may stand at the cursor; `word_off` is where the word begins. */
void knd_lang_complete(const struct knd_lang *lang, const struct knd_lang_env *env,
		       const struct kcp_complete *at,
		       void (*emit)(void *arg, size_t word_off, const struct kcp_cand *cand),
		       void *arg);
void knd_lang_args_free(struct kcl_args *args);
/* The command in full words, without secrets; for the audit. */
void knd_lang_args_format(const struct kcl_args *args, char *out, size_t size);
/* An empty configuration. NULL without memory. */
struct kcl_config *knd_lang_config_new(void);
void knd_lang_config_free(struct kcl_config *config);

#endif
