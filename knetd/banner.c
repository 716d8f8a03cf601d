// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The banner of the configuration. The file is read at each greeting, so that it may change; what
 * is no text in it does not reach a terminal. Control thread only.
 */
#include "knetd/banner.h"

#include <stdio.h>
#include <string.h>

#define LINES_MAX 40

static void line_clean(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	for (; *line; line++)
		if (kcl_is_control(*line))
			*line = ' ';
}

void knd_banner_emit(const struct kcl_config *config, void (*emit)(void *arg, const char *text),
		     void *arg)
{
	char line[256];
	FILE *file;

	if (config->motd_line[0])
		emit(arg, config->motd_line);
	if (!config->motd_file[0])
		return;
	file = fopen(config->motd_file, "re");
	if (!file)
		return;
	for (unsigned int i = 0; i < LINES_MAX && fgets(line, sizeof(line), file); i++) {
		line_clean(line);
		emit(arg, line);
	}
	fclose(file);
}
