// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * -n: is this file a configuration that a daemon would take? Answered by the command language's
 * own reader, the one that the daemon starts with, without a daemon. Errors go to stderr as
 * FILE:LINE:COL with the line, a caret and what was expected.
 */
#include "kronosnetd-cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "knetd/cmd/kcl.h"

int cli_check_run(const struct cli *cli)
{
	const char *path = strcmp(cli->opt.file, "-") == 0 ? "/dev/stdin" : cli->opt.file;
	struct kcl_config *config = NULL;
	const int rc = kcl_config_load_file(path, stderr, &config);

	kcl_config_free(config);
	if (rc == 0)
		return CLI_EXIT_OK;
	return rc == -EINVAL ? CLI_EXIT_SYNTAX : CLI_EXIT_FAILED;
}
