// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Files of lines. Read whole, line by line, without the newline and a carriage return before it.
 */
#include "kronosnetd-cli/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"

/* Reads all lines. Returns 0 or -errno. */
static int lines_read(FILE *f, struct cli_block *block)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int rc = 0;

	errno = 0;
	while (rc == 0 && (len = getline(&line, &size, f)) >= 0) {
		if (len > 0 && line[len - 1] == '\n')
			line[--len] = '\0';
		if (len > 0 && line[len - 1] == '\r')
			line[--len] = '\0';
		const size_t mark = block->cnt == 0 ? kcl_mark_len(line, (size_t)len) : 0;

		rc = strlen(line) == (size_t)len ? cli_block_add(block, line + mark) : -EILSEQ;
	}
	if (rc == 0 && ferror(f))
		rc = errno ? -errno : -EIO;
	free(line);
	return rc;
}

int cli_file_split(char *text, size_t len, struct cli_block *block)
{
	FILE *f = len ? fmemopen(text, len, "r") : NULL;
	int rc = 0;

	if (!f)
		return len ? -errno : 0;
	rc = lines_read(f, block);
	fclose(f);
	return rc;
}

int cli_file_read(const struct cli_place *place, const char *path, struct cli_block *block)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	FILE *f = is_stdin ? stdin : fopen(path, "re");
	const struct cli_place whole = {.json = place->json};
	int rc;

	if (!f) {
		cli_error_say(&whole, KCP_FAILED, "%s: %s", path, strerror(errno));
		return CLI_EXIT_FAILED;
	}
	rc = lines_read(f, block);
	if (!is_stdin)
		fclose(f);
	if (rc == 0)
		return CLI_EXIT_OK;
	cli_error_say(&whole, KCP_FAILED, "%s: line %zu: %s", place->file, block->cnt + 1,
		      strerror(-rc));
	return CLI_EXIT_FAILED;
}
