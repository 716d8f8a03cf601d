// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Blocks of lines and how they are run: from a paste, from -c, from a script. The daemon says in
 * which mode the session is; lines in EXEC mode go one by one, all that follows in a configuration
 * mode goes as one transaction, and the daemon says where that ended: before a command, for one,
 * which then goes by itself.
 */
#include "kronosnetd-cli/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_block_add(struct cli_block *block, const char *line)
{
	char *copy;

	if (block->cnt == block->cap) {
		const size_t cap = block->cap ? block->cap * 2 : 64;
		char **text = realloc(block->text, cap * sizeof(*text));

		if (!text)
			return -ENOMEM;
		block->text = text;
		block->cap = cap;
	}
	copy = strdup(line);
	if (!copy)
		return -ENOMEM;
	block->text[block->cnt++] = copy;
	return 0;
}

int cli_block_split(struct cli_block *block, const char *text)
{
	char *copy = strdup(text);
	char *rest = copy;
	int rc = copy ? 0 : -ENOMEM;

	while (rc == 0 && rest)
		rc = cli_block_add(block, strsep(&rest, "\n"));
	free(copy);
	return rc;
}

void cli_block_fini(struct cli_block *block)
{
	for (size_t i = 0; i < block->cnt; i++)
		free(block->text[i]);
	free(block->text);
	*block = (struct cli_block){0};
}

bool cli_line_is_blank(const char *line)
{
	const char first = line[strspn(line, " \t\r")];

	return first == '\0' || first == '!' || first == '#';
}

/* Runs what starts at line `i`. Returns an exit code. */
static int piece_run(struct cli *cli, const struct cli_place *place, const struct cli_block *block,
		     size_t i, size_t *taken)
{
	struct cli_feed feed = {.block = block, .next = i + 1};
	struct cli_place own = *place;
	int code;

	*taken = 1;
	if (cli->conn.depth > 0 && !cli->opt.each_line) {
		code = cli_ask_batch(cli, place, block, i, 0, taken);
		if (code != CLI_EXIT_OK || *taken > 0)
			return code;
		*taken = 1; /* a command: by itself */
	}
	if (cli_line_is_blank(block->text[i]))
		return CLI_EXIT_OK;
	if (cli->opt.echo)
		fprintf(stderr, "+ %s\n", block->text[i]);
	own.line += i;
	/* Each -c is a line by itself, and stdin is free for what reads lines. */
	own.feed = cli->opt.command_cnt ? NULL : &feed;
	code = cli_ask_line(cli, &own, block->text[i]);
	*taken = feed.next - i;
	return code;
}

int cli_block_run(struct cli *cli, const struct cli_place *place, const struct cli_block *block,
		  size_t *done)
{
	int result = CLI_EXIT_OK;
	size_t taken, i;

	for (i = 0; i < block->cnt; i += taken) {
		const int code = piece_run(cli, place, block, i, &taken);

		if (result == CLI_EXIT_OK)
			result = code;
		if (cli->conn.mode_flags & KCP_MODE_CLOSED) {
			i = block->cnt; /* `exit` at the top: the rest is not wanted */
			break;
		}
		if (code == CLI_EXIT_OK)
			continue;
		if (!cli->opt.keep_going || code == CLI_EXIT_INTERRUPTED ||
		    code == CLI_EXIT_CONNECT)
			break;
	}
	if (done)
		*done = i;
	return result;
}
