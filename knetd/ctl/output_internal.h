/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The session's side of command output: opening, flushing and reading the verdict. */
#ifndef KNETD_CTL_OUTPUT_INTERNAL_H
#define KNETD_CTL_OUTPUT_INTERNAL_H

#include "knetd/ctl/output.h"
#include "knetd/ctl/outq.h"

/*
 * The frame being filled for one step of one request. `scratch` is the session's: one step runs
 * at a time. The parts that live longer than a step are kept by the request in knd_out_progress.
 */
struct knd_out_progress {
	uint64_t rows;
	bool schema_sent;
	enum kcp_status status;
	char message[512];
};

struct knd_out {
	struct knd_outq *q;
	struct knd_out_progress *progress;
	const struct kcp_schema *schema;
	const struct knd_run *run; /* for its legend; NULL: none */
	uint32_t req;
	uint64_t generation;
	bool wants_rows;
	unsigned int step_rows; /* rows and lines of this step */
	unsigned int frame_rows;
	uint16_t frame_type; /* 0: nothing begun */
	struct kcp_buf buf;  /* over the session's scratch, KCP_FRAME_MAX bytes */
	char *row;           /* being built, owned */
	size_t row_len, row_cap;
};

/* Lines as rows: the schema of commands that have none. */
extern const struct kcp_schema knd_text_schema;

/* Starts a step. The schema goes out first if it has not yet. */
void knd_out_init(struct knd_out *out, uint8_t *scratch);
/* Queues what is still in the frame. */
void knd_out_flush(struct knd_out *out);

#endif
