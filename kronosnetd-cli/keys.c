// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Keys of the prompt, on top of readline.
 *
 * `?` shows what may stand here, at once, unless inside quotes (^V ? types one anywhere: readline
 * hands us only keys that are not quoted). TAB completes, a second one lists; where nothing can be
 * inserted because a value is wanted, it lists like `?`. ^Z runs `end`. A paste that ends in a
 * newline runs at once, as one block. readline calls back without an argument, hence the one
 * static pointer.
 */
#include "kronosnetd-cli/shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>

static struct cli *keys_cli;

/* True if the cursor stands inside double quotes. */
static bool in_quotes(void)
{
	bool quoted = false;

	for (int i = 0; i < rl_point; i++) {
		if (quoted && rl_line_buffer[i] == '\\')
			i++;
		else if (rl_line_buffer[i] == '"')
			quoted = !quoted;
	}
	return quoted;
}

/* Prints a list under the line being edited and draws the line again. */
static void help_show(const struct cli_cands *cands)
{
	const int point = rl_point;

	rl_point = rl_end;
	rl_redisplay();
	rl_point = point;
	rl_crlf();
	fflush(rl_outstream);
	cli_cands_print(cands);
	rl_on_new_line();
	rl_forced_update_display();
}

static int key_help(int count, int key)
{
	struct cli_cands cands;

	if (in_quotes())
		return rl_insert(count, key);
	if (cli_cands_get(keys_cli, rl_line_buffer, (size_t)rl_point, true, &cands) < 0) {
		rl_ding();
		return 0;
	}
	help_show(&cands);
	cli_cands_fini(&cands);
	return 0;
}

static int key_end(int count, int key)
{
	(void)count;
	if (keys_cli->conn.depth == 0) {
		rl_ding();
		return 0;
	}
	rl_replace_line("end", 1);
	rl_point = rl_end;
	rl_redisplay();
	return rl_newline(1, key);
}

/* What was read ahead of a paste; readline asks for each byte by two system calls of its own. */
static struct {
	unsigned char data[16384];
	size_t at, len;
	bool is_pasting;
} ahead;

bool cli_keys_are_waiting(void)
{
	return ahead.at < ahead.len;
}

static int key_read(FILE *from)
{
	ssize_t len;

	if (cli_keys_are_waiting())
		return ahead.data[ahead.at++];
	if (!ahead.is_pasting)
		return rl_getc(from);
	len = read(fileno(from), ahead.data, sizeof(ahead.data));
	if (len <= 0)
		return rl_getc(from); /* which knows what to do about it */
	ahead.at = 1;
	ahead.len = (size_t)len;
	return ahead.data[0];
}

static int key_paste(int count, int key)
{
	int rc;

	ahead.is_pasting = true;
	rc = rl_bracketed_paste_begin(count, key);
	ahead.is_pasting = false;
	if (rl_end > 0 && rl_point == rl_end && rl_line_buffer[rl_end - 1] == '\n') {
		rl_redisplay();
		return rl_newline(1, '\n');
	}
	return rc;
}

/* readline's list of matches: [0] is the common prefix, then the matches, then NULL. */
static char **matches_make(const struct cli_cands *cands, size_t words)
{
	char **matches = calloc(words + 2, sizeof(*matches));
	size_t used = 1;
	size_t common;

	if (!matches)
		return NULL;
	for (size_t i = 0; i < cands->cnt; i++)
		if (cands->list[i].kind == KCP_CAND_WORD)
			matches[used++] = strdup(cands->list[i].text);
	common = strlen(matches[1]);
	for (size_t i = 2; i < used; i++)
		for (size_t c = 0; c < common; c++)
			if (matches[1][c] != matches[i][c])
				common = c;
	matches[0] = strndup(matches[1], common);
	if (words == 1) {
		free(matches[1]);
		matches[1] = NULL;
	}
	return matches;
}

static char **complete(const char *word, int start, int end)
{
	struct cli_cands cands;
	char **matches = NULL;
	size_t words = 0;

	(void)word;
	/* File names only where a pipe takes one. */
	rl_attempted_completion_over = !cli_cands_is_file(rl_line_buffer, (size_t)end);
	if (!rl_attempted_completion_over)
		return NULL;
	if (cli_cands_get(keys_cli, rl_line_buffer, (size_t)end, false, &cands) < 0)
		return NULL;
	for (size_t i = 0; i < cands.cnt; i++)
		words += cands.list[i].kind == KCP_CAND_WORD;
	if (words > 0 && cands.word_off == (size_t)start)
		matches = matches_make(&cands, words);
	else if (cands.cnt > 0 && words == 0 && rl_last_func == rl_complete)
		help_show(&cands);
	cli_cands_fini(&cands);
	return matches;
}

void cli_keys_init(struct cli *cli)
{
	keys_cli = cli;
	rl_readline_name = "knet";
	rl_attempted_completion_function = complete;
	rl_basic_word_break_characters = " \t|";
	rl_completer_word_break_characters = " \t|";
	rl_completer_quote_characters = "";
	rl_sort_completion_matches = 0;
	rl_variable_bind("enable-bracketed-paste", "on");
	rl_variable_bind("bell-style", "none");
	rl_getc_function = key_read;
	rl_initialize();
	rl_bind_key('?', key_help);
	rl_bind_key('\t', rl_complete);
	rl_bind_key(0x1a, key_end); /* ^Z */
	rl_bind_keyseq("\033[200~", key_paste);
}
