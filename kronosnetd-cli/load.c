// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * `load terminal`: the lines that follow, up to ^D, as one transaction.
 *
 * At a terminal they are typed, or pasted: the terminal is an ordinary one meanwhile, so a paste of
 * any size arrives as its lines. In a script, or in a pasted block, they are the lines behind the
 * command, to the end or to one that is ^D alone, so that what was typed once can be pasted again.
 * With -c they come from stdin. An error leaves all of them without effect; ^C does, too.
 */
#include "kronosnetd-cli/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "knetd/cmd/plural.h"

#define END_MARK '\x04' /* ^D */

static int add(struct cli_block *block, char *line, size_t len)
{
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		line[--len] = '\0';
	return strlen(line) == len ? cli_block_add(block, line) : -EILSEQ;
}

/* Up to the end of stdin, which at a terminal is not the end of all. 0 or -errno. */
static int stdin_read(struct cli_block *block)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int rc = 0;

	errno = 0;
	while (rc == 0 && !cli_interrupted && (len = getline(&line, &size, stdin)) >= 0)
		rc = add(block, line, (size_t)len);
	if (cli_interrupted)
		rc = -EINTR;
	else if (rc == 0 && ferror(stdin))
		rc = errno ? -errno : -EIO;
	clearerr(stdin);
	free(line);
	return rc;
}

/* What follows in the block. 0 or -errno. */
static int feed_read(struct cli_feed *feed, struct cli_block *block)
{
	const struct cli_block *from = feed->block;
	int rc = 0;

	while (rc == 0 && feed->next < from->cnt) {
		const char *line = from->text[feed->next++];

		if (line[0] == END_MARK)
			break;
		rc = cli_block_add(block, line);
	}
	return rc;
}

static int lines_get(const struct cli *cli, const struct cli_place *place, struct cli_block *block)
{
	if (place->feed && place->feed->next < place->feed->block->cnt)
		return feed_read(place->feed, block);
	if (cli->interactive)
		fputs("! Lines of configuration; ^D on a line of its own ends them, ^C drops "
		      "them\n",
		      stderr);
	return stdin_read(block);
}

static bool says_nothing(const struct cli_block *block, size_t first)
{
	for (size_t i = first; i < block->cnt; i++)
		if (!cli_line_is_blank(block->text[i]))
			return false;
	return true;
}

static int block_send(struct cli *cli, const struct cli_place *place, const struct cli_block *block,
		      uint16_t flags)
{
	struct cli_place lines = {.file = "terminal", .line = 1, .json = place->json};
	size_t taken;
	int code;

	if (place->feed && place->file) {
		lines.file = place->file;
		lines.line = place->line + 1;
	}
	if (says_nothing(block, 0)) {
		cli_error_say(place, KCP_INCOMPLETE,
			      "Nothing loaded: expected lines of "
			      "configuration");
		return CLI_EXIT_SYNTAX;
	}
	code = cli_ask_batch(cli, &lines, block, 0, flags, &taken);
	if (code == CLI_EXIT_OK && taken > 0 && cli->interactive)
		fprintf(stderr, "! %zu line%s loaded\n", taken, knd_plural(taken));
	if (code != CLI_EXIT_OK || (taken > 0 && says_nothing(block, taken)))
		return code;
	if (taken > 0) {
		cli_error_say(place, KCP_FAILED,
			      "Loaded up to line %zu: what stands behind `end` is no configuration",
			      taken);
		return CLI_EXIT_FAILED;
	}
	cli_error_say(
		place, KCP_SYNTAX,
		"Nothing loaded: expected lines of configuration, the first one is a command");
	return CLI_EXIT_SYNTAX;
}

int cli_load_run(struct cli *cli, const struct cli_place *place, uint16_t flags)
{
	struct cli_block block = {0};
	const int rc = lines_get(cli, place, &block);
	int code = CLI_EXIT_FAILED;

	if (rc == -EINTR) {
		cli_interrupted = 0;
		code = CLI_EXIT_INTERRUPTED;
		if (cli->interactive)
			fputs("\n! Nothing loaded\n", stderr);
	} else if (rc < 0) {
		cli_error_say(place, KCP_FAILED, "line %zu: %s", block.cnt + 1, strerror(-rc));
	} else {
		code = block_send(cli, place, &block, flags);
	}
	cli_block_fini(&block);
	return code;
}
