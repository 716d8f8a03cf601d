/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The daemon's answer to one request, frame by frame; used by ask.c and ask_batch.c. */
#ifndef KRONOSNETD_CLI_ANSWER_H
#define KRONOSNETD_CLI_ANSWER_H

#include "kronosnetd-cli/ask.h"
#include "kronosnetd-cli/local.h"
#include "kronosnetd-cli/view.h"

/* A file that the daemon gives the bytes of. */
struct cli_file {
	int fd;
	int error; /* errno of the write that failed, 0: none */
};

struct cli_answer {
	struct cli *cli;
	const struct cli_place *place;
	const char *line;              /* what an error is about, or NULL */
	const struct cli_block *block; /* of a batch: an error names its line */
	struct cli_view *view;         /* NULL: no output expected */
	uint32_t req;
	bool enough;   /* a stage wants no more */
	bool stopping; /* ^C was pressed */
	int code;      /* of an error found here, or CLI_EXIT_OK */
	uint32_t status;
	struct cli_file *file; /* where BYTES go, and texts to the standard error; NULL: nowhere */
	struct kcp_done done;
	struct cli_local local; /* what the client is to do; the caller frees it */
};

/* Reads frames until DONE. Returns an exit code. */
int cli_answer_read(struct cli_answer *ans, int64_t deadline);
/* Explains why a request could not be sent; `rc` is of cli_conn_send(). Returns an exit code. */
int cli_answer_unsent(struct cli_answer *ans, int rc);

#endif
