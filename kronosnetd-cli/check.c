// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * -n: would this file be taken? Nothing is run or changed.
 *
 * A configuration is whole by itself: the command language's own reader answers, the one that the
 * daemon starts with, without a daemon. A script changes what runs, so that only the daemon knows
 * what its lines mean: it rehearses them. As with -f the first line that says something decides
 * which of the two a file is, and what stands behind the `end` of a configuration is a script.
 * Errors go to stderr as FILE:LINE:COL with the line, a caret and what was expected.
 */
#include "kronosnetd-cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "kronosnetd-cli/file.h"

/* Reads a line as the first mode would, for what it is. */
static bool is_command(const char *line)
{
	struct kcl_env env = {.role = KCL_ROLE_ADMIN};
	struct kcl_place place = {.mode = KCL_MODE_EXEC};
	struct kcl_turn turn = {0};
	struct kcl_error err;
	const int rc = kcl_line(&place, &env, line, &turn, &err);

	kcl_args_free(turn.args);
	kcl_config_free(env.candidate);
	return rc == 0 && turn.kind != KCL_TURN_NONE;
}

static bool is_script(const struct cli_block *block)
{
	for (size_t i = 0; i < block->cnt; i++)
		if (!cli_line_is_blank(block->text[i]))
			return is_command(block->text[i]);
	return false;
}

/* `first`: number of its first line. */
static int script_check(struct cli *cli, const char *name, const struct cli_block *block,
			size_t first)
{
	const struct cli_place place = {.file = name, .line = first, .json = cli->opt.json};
	size_t taken;

	return cli_ask_batch(cli, &place, block, 0, KCP_F_CHECK, &taken);
}

/* Lines of a configuration that ends by `end`; all if there is none. */
static size_t config_lines(const struct cli_block *block)
{
	char word[8];

	for (size_t i = 0; i < block->cnt; i++)
		if (sscanf(block->text[i], "%7s", word) == 1 && strcmp(word, "end") == 0)
			return i + 1;
	return block->cnt;
}

/* Where the line behind so many begins in a text. */
static size_t text_offset(const char *text, size_t len, size_t lines)
{
	const char *at = text;

	while (lines-- > 0 && (at = memchr(at, '\n', len - (size_t)(at - text))) != NULL)
		at++;
	return at ? (size_t)(at - text) : len;
}

static int text_check(const char *name, const char *text, size_t len)
{
	struct kcl_config *config = NULL;
	const int rc = kcl_config_load_named(name, text, len, stderr, &config);

	kcl_config_free(config);
	if (rc == 0)
		return CLI_EXIT_OK;
	return rc == -EINVAL ? CLI_EXIT_SYNTAX : CLI_EXIT_FAILED;
}

static int config_check(struct cli *cli, const char *name, const char *text, size_t len,
			const struct cli_block *block)
{
	const size_t lines = config_lines(block);
	const struct cli_block rest = {.text = block->text + lines, .cnt = block->cnt - lines};
	int code = text_check(name, text, text_offset(text, len, lines));

	if (code == CLI_EXIT_OK && rest.cnt > 0)
		code = script_check(cli, name, &rest, lines + 1);
	return code;
}

int cli_check_run(struct cli *cli)
{
	const bool is_stdin = strcmp(cli->opt.file, "-") == 0;
	const char *name = is_stdin ? "stdin" : cli->opt.file;
	struct cli_block block = {0};
	char *text;
	size_t len;
	int code = CLI_EXIT_FAILED;
	const int rc = kcl_file_read(is_stdin ? "/dev/stdin" : name, &text, &len);

	if (rc < 0)
		fprintf(stderr, "%s: %s\n", name, strerror(-rc));
	else if (cli_file_split(text, len, &block) < 0)
		code = text_check(name, text, len); /* no lines: the reader says where */
	else if (is_script(&block))
		code = script_check(cli, name, &block, 1);
	else
		code = config_check(cli, name, text, len, &block);
	cli_block_fini(&block);
	free(text);
	return code;
}
