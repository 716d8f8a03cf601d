// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Without a prompt: one command from the words behind the options, the lines of -c, or a file.
 *
 * A file is read whole before its first line runs, so that a cut pipe runs nothing. If it holds
 * configuration it is one transaction, up to an `end` that it may have; if its first line is an
 * EXEC command it is run like -c: EXEC lines one by one, what stands inside `configure` as one
 * transaction. What stands behind the `end` of a configuration is run in that way, too.
 */
#include "kronosnetd-cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kronosnetd-cli/ask.h"
#include "kronosnetd-cli/file.h"

/*
 * Asks the daemon whether the lines are configuration, by the first one that says something.
 * Returns an exit code; an error in that line has been shown.
 */
static int block_judge(struct cli *cli, const struct cli_place *place,
		       const struct cli_block *block, bool *is_config)
{
	struct cli_block head = {0};
	struct cli_place own = *place;
	size_t i = 0, taken;
	int code;

	while (i < block->cnt && cli_line_is_blank(block->text[i]))
		i++;
	if (i == block->cnt)
		return CLI_EXIT_OK;
	own.line += i;
	if (cli_block_add(&head, block->text[i]) < 0)
		return CLI_EXIT_FAILED;
	code = cli_ask_batch(cli, &own, &head, 0, KCP_F_CONFIG | KCP_F_CHECK, &taken);
	*is_config = taken > 0;
	cli_block_fini(&head);
	return code;
}

static int each_line_run(struct cli *cli, const struct cli_place *place,
			 const struct cli_block *block)
{
	bool is_config = false;
	int code = block_judge(cli, place, block, &is_config);

	if (code == CLI_EXIT_OK && is_config)
		code = cli_ask_line(cli, place, "configure");
	return code == CLI_EXIT_OK ? cli_block_run(cli, place, block, NULL) : code;
}

/* Runs what a transaction has not taken. */
static int rest_run(struct cli *cli, const struct cli_place *place, const struct cli_block *block,
		    size_t taken)
{
	const struct cli_block rest = {.text = block->text + taken, .cnt = block->cnt - taken};
	struct cli_place own = *place;

	own.line += taken;
	return cli_block_run(cli, &own, &rest, NULL);
}

static int file_run(struct cli *cli)
{
	struct cli_place place = {.line = 1, .json = cli->opt.json};
	struct cli_block block = {0};
	size_t taken;
	int code;

	place.file = strcmp(cli->opt.file, "-") == 0 ? "stdin" : cli->opt.file;
	code = cli_file_read(&place, cli->opt.file, &block);
	if (code == CLI_EXIT_OK)
		code = cli_connect(cli);
	if (code != CLI_EXIT_OK)
		goto out;
	if (cli->opt.each_line) {
		code = each_line_run(cli, &place, &block);
	} else {
		code = cli_ask_batch(cli, &place, &block, 0, KCP_F_CONFIG, &taken);
		if (code == CLI_EXIT_OK)
			code = rest_run(cli, &place, &block, taken);
	}
out:
	cli_block_fini(&block);
	return code;
}

static int commands_run(struct cli *cli)
{
	const struct cli_place place = {.file = "-c", .line = 1, .json = cli->opt.json};
	struct cli_block block = {0};
	int code = CLI_EXIT_OK;

	for (size_t i = 0; i < cli->opt.command_cnt && code == CLI_EXIT_OK; i++)
		if (cli_block_split(&block, cli->opt.commands[i]) < 0)
			code = CLI_EXIT_FAILED;
	if (code == CLI_EXIT_OK)
		code = cli_connect(cli);
	if (code == CLI_EXIT_OK)
		code = cli_block_run(cli, &place, &block, NULL);
	cli_block_fini(&block);
	return code;
}

int cli_script_run(struct cli *cli)
{
	const struct cli_place place = {.json = cli->opt.json};

	if (cli->opt.file)
		return file_run(cli);
	if (cli->opt.command_cnt > 0)
		return commands_run(cli);
	if (cli->opt.echo)
		fprintf(stderr, "+ %s\n", cli->opt.words);
	return cli_ask_line(cli, &place, cli->opt.words);
}
