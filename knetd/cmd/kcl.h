/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The command language: one table of commands (commands.def), compiled once into one tree that
 * execution, completion, help, errors, the configuration's reader and writer all go by.
 *
 * The library knows neither socket nor engine. A line is read at a place (the stack of modes) in a
 * configuration; configuration lines edit that configuration, commands come back by name with
 * their arguments.
 */
#ifndef KNETD_CMD_KCL_H
#define KNETD_CMD_KCL_H

#include <stdio.h>

#include "knetd/cmd/config.h"

#define KCL_LINE_MAX     4096 /* bytes of a line, without the NUL */
#define KCL_TOKENS_MAX   64
#define KCL_DEPTH_MAX    24 /* words of one command */
#define KCL_ARGS_MAX     KCL_DEPTH_MAX
#define KCL_EXPECTED_MAX 64  /* more than words can stand at one place */
#define KCL_RANGE_MAX    127 /* bytes of `peer range ...` */

enum kcl_role { KCL_ROLE_OPERATOR = 1, KCL_ROLE_ADMIN = 2 };

/* ---- errors ---------------------------------------------------------------------------------- */

enum kcl_code {
	KCL_OK,
	KCL_INVALID,    /* a word that fits nowhere, or a value out of range */
	KCL_AMBIGUOUS,  /* an abbreviation of several words */
	KCL_INCOMPLETE, /* the line ends too early */
	KCL_DENIED,     /* the role may not do that */
	KCL_REFUSED,    /* understood, but it contradicts the configuration */
	KCL_NO_MEMORY,
};

/* Without the leading "% ". Strings are in `text`. */
struct kcl_error {
	enum kcl_code code;
	uint16_t off, len; /* of the culprit in its line, in bytes */
	uint16_t expected_cnt;
	uint16_t used; /* of text */
	const char *message;
	const char *expected[KCL_EXPECTED_MAX];
	char text[2048];
};

/*
 * Draws an error for a terminal or a log: the line, the caret, `% ` and the message, then what was
 * expected. `indent` is what stands before the line: a prompt or 2 blanks.
 */
void kcl_error_print(FILE *to, const char *line, unsigned int indent, const struct kcl_error *err);

/* Draws an error of a file: FILE:LINE:COL: message, then the line, the caret, what was expected. */
void kcl_error_print_file(FILE *to, const char *path, unsigned int number, const char *line,
			  const struct kcl_error *err);

/* ---- where a session stands ------------------------------------------------------------------ */

enum kcl_mode {
	KCL_MODE_EXEC,
	KCL_MODE_CONFIG,
	KCL_MODE_IFACE,
	KCL_MODE_PEER,
	KCL_MODE_LINK, /* of a peer */
	KCL_MODE_GROUP,
	KCL_MODE_RANGE, /* several peers at once */
	KCL_MODE_COUNT
};

/* A plain value: copy it by assignment, or as part of the arguments of a command. All zero is EXEC
 * mode. */
struct kcl_place {
	uint8_t mode; /* enum kcl_mode */
	uint8_t link; /* number, in KCL_MODE_LINK */
	uint16_t peer_id;
	char iface[KCL_IFNAME_MAX + 1];
	char name[KCL_RANGE_MAX + 1]; /* the group; the members of the range as typed */
};

/* 0 in EXEC mode, 1 at the top of the configuration, and so on. */
unsigned int kcl_place_depth(const struct kcl_place *place);
/* "config-if-knet0"; "" in EXEC mode. */
void kcl_place_tag(const struct kcl_place *place, const struct kcl_config *config, char *out,
		   size_t size);
/*
 * After somebody else has changed the configuration: out of an object that is gone to the top of
 * the configuration, where nothing is read that was meant for it. True if it was gone.
 */
bool kcl_place_repair(struct kcl_place *place, const struct kcl_config *config);

/* Writes the object that the place is about, for `show this`. */
void kcl_place_write(const struct kcl_place *place, const struct kcl_config *config,
		     kcl_write_fn write, void *arg);

/* ---- arguments ------------------------------------------------------------------------------- */

enum kcl_value_kind {
	KCL_VALUE_WORD, /* a keyword of the syntax */
	KCL_VALUE_UINT,
	KCL_VALUE_TEXT, /* names, paths, descriptions */
	KCL_VALUE_ENDPOINT,
	KCL_VALUE_PREFIX,
	KCL_VALUE_MAC,
	KCL_VALUE_KEY,
};

struct kcl_value {
	enum kcl_value_kind kind;
	const char *name; /* of the argument in the syntax, or the keyword */
	const char *text; /* as typed, unquoted */
	uint16_t off, len;
	union {
		uint64_t number;
		struct kcl_endpoint endpoint;
		struct kcl_prefix prefix;
		uint8_t mac[6];
		uint8_t key[KCL_KEY_LEN];
	};
};

/* All words of a line, full and in order. Self-contained. */
struct kcl_args {
	const char *command;    /* its name in commands.def */
	struct kcl_place place; /* where the line was typed */
	unsigned int cnt;
	struct kcl_value value[KCL_ARGS_MAX];
	size_t used;
	char text[KCL_LINE_MAX + KCL_TOKENS_MAX + 1];
};

/* The argument `<name:...>`, or the keyword `name`; NULL if the line has none. */
const struct kcl_value *kcl_args_find(const struct kcl_args *args, const char *name);
bool kcl_args_has(const struct kcl_args *args, const char *name);
/* The argument as typed; NULL if the line has none, also if it has a keyword of this name. */
const char *kcl_args_text(const struct kcl_args *args, const char *name);
/* The number, or `otherwise` if the line has none. */
uint64_t kcl_args_uint(const struct kcl_args *args, const char *name, uint64_t otherwise);
/* Writes `text` so that it is one word of a line; `size` of out >= 4 * strlen + 3. */
void kcl_word_quote(const char *text, char *out, size_t size);
/* The line in full words; for logs. No line holds a secret, only the paths of files that do. */
void kcl_args_format(const struct kcl_args *args, char *out, size_t size);

/* ---- one line -------------------------------------------------------------------------------- */

/* In what a line is read. */
struct kcl_env {
	const struct kcl_config
		*running; /* borrowed: names for completion, base of the candidate */
	/*
	 * What configuration lines edit: made as a copy of `running` by the first one, owned by
	 * the caller. A line that fails leaves it as it was.
	 */
	struct kcl_config *candidate;
	uint8_t role; /* enum kcl_role */
	bool strict;  /* no abbreviations */
};

enum kcl_turn_kind {
	KCL_TURN_NONE,    /* blank or a comment */
	KCL_TURN_MOVED,   /* only the place has changed */
	KCL_TURN_EDITED,  /* the candidate was edited; the place may have changed too */
	KCL_TURN_COMMAND, /* `command` is to be run with `args` */
	KCL_TURN_LEAVE,   /* `exit` in EXEC mode */
};

struct kcl_turn {
	enum kcl_turn_kind kind;
	bool is_audited;       /* changes something: to be logged */
	const char *command;   /* static; also of configuration lines */
	struct kcl_args *args; /* owned: kcl_args_free(); NULL unless KCL_TURN_COMMAND */
};

/*
 * Reads one line at `place` and does what concerns place and candidate. Returns 0, or -EINVAL,
 * -EPERM or -ENOMEM with `err` filled; then neither place nor candidate has changed.
 *
 * A line that does not fit in an object's mode but in one above is taken there (pasting works
 * without `exit`).
 */
__attribute__((warn_unused_result)) int kcl_line(struct kcl_place *place, struct kcl_env *env,
						 const char *line, struct kcl_turn *turn,
						 struct kcl_error *err);
void kcl_args_free(struct kcl_args *args);
/* The line in full words, as the place reads it; as it is if it cannot be read. For logs. */
void kcl_line_words(const struct kcl_place *place, const struct kcl_env *env, const char *line,
		    char *out, size_t size);

/* ---- completion ------------------------------------------------------------------------------ */

enum kcl_cand_kind {
	KCL_CAND_WORD,  /* may be inserted */
	KCL_CAND_VALUE, /* a metavariable such as <1-65535>: shown, never inserted */
	KCL_CAND_CR,    /* the line may end here */
	KCL_CAND_FAULT, /* nothing can stand here: the sentence that says why */
};

struct kcl_cand {
	enum kcl_cand_kind kind;
	const char *text; /* borrowed for the call */
	const char *help;
};

/*
 * Calls `emit` for all that may stand at the cursor; `word_off` is where the word begins. Live
 * names (interfaces, peers, at most 1000 of each) come from the candidate or the running
 * configuration.
 */
void kcl_complete(const struct kcl_place *place, const struct kcl_env *env, const char *line,
		  size_t cursor,
		  void (*emit)(void *arg, size_t word_off, const struct kcl_cand *cand), void *arg);

/* ---- whole files ----------------------------------------------------------------------------- */

/* Called for each error of a file; `number` from 1, 0 if it is about the whole. */
typedef void (*kcl_load_report_fn)(void *arg, unsigned int number, const char *line,
				   const struct kcl_error *err);

/* How a text is read. */
struct kcl_load {
	const struct kcl_config
		*base;     /* its lines come on top of a copy of this; NULL: of nothing */
	bool is_unchecked; /* without kcl_config_check() */
	/*
	 * A line in error is left out, together with the block that it would have begun; a peer
	 * that lacks a line is put out of service. All errors are reported and none is fatal.
	 */
	bool is_lenient;
	kcl_load_report_fn report;
	void *arg;
};

/* Reads a text. Returns and reports as kcl_config_load() does. */
__attribute__((warn_unused_result)) int
kcl_config_read(const struct kcl_load *how, const char *text, size_t len, struct kcl_config **out);
/*
 * Reads a configuration from a text as one transaction, from an empty one. Reports up to 20 errors,
 * those of kcl_config_check() at the end. Returns 0, -EINVAL with errors, or -ENOMEM; on success
 * *out is owned by the caller.
 */
__attribute__((warn_unused_result)) int kcl_config_load(const char *text, size_t len,
							kcl_load_report_fn report, void *arg,
							struct kcl_config **out);
/* Bytes of the mark that some editors put in front of a text in UTF-8; 0: there is none. */
size_t kcl_mark_len(const char *text, size_t len);
/* A file's bytes, at most 64 MiB, to be freed. 0 or -errno. */
__attribute__((warn_unused_result)) int kcl_file_read(const char *path, char **text, size_t *len);
/* The same with errors to `to`, as NAME:LINE:COL. */
__attribute__((warn_unused_result)) int kcl_config_load_named(const char *name, const char *text,
							      size_t len, FILE *to,
							      struct kcl_config **out);
/* The same of a file; errors go to `to` as FILE:LINE:COL. Also -errno of the file. */
__attribute__((warn_unused_result)) int kcl_config_load_file(const char *path, FILE *to,
							     struct kcl_config **out);

/* ---- the table ------------------------------------------------------------------------------- */

/* Changes whenever the grammar does. */
uint32_t kcl_grammar_hash(void);
/* One line of text, borrowed for the call. */
typedef void (*kcl_list_fn)(void *arg, const char *line);
/* The syntax of each entry of a mode that the role may use, in the order of commands.def. */
void kcl_syntax_each(unsigned int mode, uint8_t role, kcl_list_fn emit, void *arg);
/* Every line that the mode reads, `no` and `default` too, values as metavariables. */
void kcl_permutations_each(unsigned int mode, uint8_t role, kcl_list_fn emit, void *arg);
/* "EXEC", "IFACE" and so on. */
const char *kcl_mode_name(unsigned int mode);
/* Calls `emit` for each command or configuration line: its mode's name, syntax, help. */
void kcl_grammar_each(void (*emit)(void *arg, const char *mode, const char *syntax,
				   const char *help),
		      void *arg);
/*
 * The table's own check: help for each word, no line with two meanings, each item with all its
 * parts. Returns the number of complaints.
 */
unsigned int kcl_grammar_check(void (*report)(void *arg, const char *message), void *arg);

#endif
