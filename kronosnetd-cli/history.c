// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * History: $XDG_STATE_HOME/knet/history, by default ~/.local/state/knet/history, mode 0600.
 *
 * Each line is appended when it is entered, so that sessions running side by side all keep theirs
 * and a killed one loses nothing. A line that occurs again moves to the end: in memory at once, in
 * the file when it is next loaded and has grown to twice what is kept. No secret can get in: the
 * command language takes secrets only as names of files.
 */
#include "kronosnetd-cli/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

#define HISTORY_KEEP 1000

static char *history_path;

/* Makes every missing directory above the file. */
static int directories_make(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdir(path, 0700);
		*slash = '/';
		if (rc < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static char *path_make(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char *path = NULL;
	int rc = -1;

	if (state && state[0] == '/')
		rc = asprintf(&path, "%s/knet/history", state);
	else if (home && home[0] == '/')
		rc = asprintf(&path, "%s/.local/state/knet/history", home);
	return rc < 0 ? NULL : path;
}

static void memory_add(const char *line)
{
	for (int i = history_length - 1; i >= 0; i--) {
		const HIST_ENTRY *entry = history_get(history_base + i);

		if (entry && strcmp(entry->line, line) == 0)
			free_history_entry(remove_history(i));
	}
	add_history(line);
}

/* Writes the file anew from memory. The old one stays if anything fails. */
static void file_rewrite(void)
{
	char *temp;

	if (asprintf(&temp, "%s.%d", history_path, (int)getpid()) < 0)
		return;
	if (write_history(temp) != 0 || chmod(temp, 0600) < 0 || rename(temp, history_path) < 0)
		unlink(temp);
	free(temp);
}

void cli_history_init(void)
{
	size_t size = 0, read_cnt = 0;
	char *line = NULL;
	ssize_t len;
	FILE *f;

	using_history();
	stifle_history(HISTORY_KEEP);
	history_path = path_make();
	if (!history_path || directories_make(history_path) < 0)
		return;
	f = fopen(history_path, "re");
	if (!f)
		return;
	while ((len = getline(&line, &size, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		memory_add(line);
		read_cnt++;
	}
	free(line);
	fclose(f);
	if (read_cnt > 2 * HISTORY_KEEP)
		file_rewrite();
}

void cli_history_add(const char *line)
{
	int fd;

	memory_add(line);
	if (!history_path)
		return;
	fd = open(history_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	dprintf(fd, "%s\n", line);
	close(fd);
}

void cli_history_limit(int lines)
{
	stifle_history(lines);
}
