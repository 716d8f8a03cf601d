/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The interactive prompt's parts: keys, completion, history. */
#ifndef KRONOSNETD_CLI_SHELL_H
#define KRONOSNETD_CLI_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "kronosnetd-cli/cli.h"

/* Binds the keys of the prompt: `?`, TAB, ^Z, paste. `cli` is borrowed until the program ends. */
void cli_keys_init(struct cli *cli);

/* True if keys were read that nobody has looked at: do not wait for more. */
bool cli_keys_are_waiting(void);

/* Loads the history file. Silent if there is none or it cannot be read. */
void cli_history_init(void);
/* Remembers a line, in memory and in the file, dropping an older copy of it. */
void cli_history_add(const char *line);

struct cli_pipe;
struct cli_stage;
/* `show history`: what is remembered, oldest first, through these pipes. Returns an exit code. */
int cli_history_show(const struct cli *cli, struct cli_pipe *pipe, struct cli_stage *first);

/* `terminal history`: how many lines are remembered in this session. */
void cli_history_limit(int lines);

/* Writes the prompt for the session's mode: "alpha(config-if-knet0)# ". */
void cli_prompt_format(const struct cli_conn *conn, char *out, size_t size);

/* The candidates of one COMPLETE answer; strings are owned. */
struct cli_cand {
	char *text;
	char *help;
	int kind; /* enum kcp_cand_kind */
};

struct cli_cands {
	size_t word_off; /* where the word they replace starts */
	size_t cnt;
	size_t cap;
	struct cli_cand *list;
};

/*
 * Asks what may stand at the cursor; inside a pipe the client answers itself. `help` asks for `?`.
 * Returns 0 or -errno, in which case the list is empty. The caller calls cli_cands_fini().
 */
__attribute__((warn_unused_result)) int
cli_cands_get(struct cli *cli, const char *line, size_t cursor, bool help, struct cli_cands *out);
void cli_cands_fini(struct cli_cands *cands);
/* Appends a copy. Returns 0 or -ENOMEM. */
__attribute__((warn_unused_result)) int cli_cands_add(struct cli_cands *cands,
						      const struct kcp_cand *cand);
/* The same as cli_cands_get() for a cursor behind a bar; for cands.c. */
__attribute__((warn_unused_result)) int cli_cands_pipe(struct cli *cli, const char *line,
						       size_t cursor, struct cli_cands *out);
/* True if a file may stand at the cursor, behind `| save` and the like. */
bool cli_cands_is_file(const char *line, size_t cursor);
/* What rows a command gives, without running it. Returns 0 or -errno; the caller frees *body. */
__attribute__((warn_unused_result)) int cli_ask_schema(struct cli *cli, const char *command,
						       struct kcp_schema *schema, uint8_t **body);
/* Prints the list as `?` shows it. */
void cli_cands_print(const struct cli_cands *cands);

#endif
