/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The connection to the daemon: frames out, frames in, and what the daemon last said about this
 * session (role, host name, mode).
 */
#ifndef KRONOSNETD_CLI_CONN_H
#define KRONOSNETD_CLI_CONN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knetd/ctlproto/ctlproto.h"

/* Set by the handler of SIGINT; cleared by who acts on it. */
extern volatile sig_atomic_t cli_interrupted;

struct cli_conn {
	int fd;           /* -1: not connected */
	const char *path; /* borrowed from the options */
	uint16_t hello_flags;
	int64_t timeout_ms; /* of one request; 0: none */
	bool is_unsaved;    /* at HELLO: the running configuration has not been written */
	uint8_t role;
	uint16_t depth; /* of the mode stack: 0 is EXEC mode */
	uint16_t mode_flags;
	char hostname[256];
	char tag[256];
	uint32_t last_req;
	uint8_t tx[KCP_FRAME_MAX];
	uint8_t rx[KCP_FRAME_MAX];
};

void cli_conn_init(struct cli_conn *conn, const char *path, uint16_t hello_flags,
		   int64_t timeout_ms);
/*
 * Connects and exchanges HELLO. Returns 0 or -errno; -EACCES when the daemon or the file's mode
 * refuses us, -EPROTO when it speaks another major. Does nothing if already connected.
 */
__attribute__((warn_unused_result)) int cli_conn_open(struct cli_conn *conn);
/* Closes; the mode is EXEC afterwards. */
void cli_conn_close(struct cli_conn *conn);
bool cli_conn_is_open(const struct cli_conn *conn);

/* A writer over the transmit buffer. */
struct kcp_buf cli_conn_buf(struct cli_conn *conn);
/* Number for the next request. */
uint32_t cli_conn_next_req(struct cli_conn *conn);
/* Milliseconds of the monotonic clock at which a request started now times out; 0: never. */
int64_t cli_conn_deadline(const struct cli_conn *conn);

/*
 * Sends the `len` bytes packed into the transmit buffer (a failed pack's negative length is
 * returned as it is). Returns 0 or -errno. A broken connection stays open until cli_conn_recv()
 * finds its end: the daemon's last words may still be waiting there.
 */
__attribute__((warn_unused_result)) int cli_conn_send(struct cli_conn *conn, int len,
						      int64_t deadline);
/*
 * Receives one frame, borrowed until the next call. MODE frames are noted in `conn` and passed on
 * as well. Returns 0, -ETIMEDOUT, -EINTR (cli_interrupted is set) or -errno of a broken
 * connection, which is closed.
 */
__attribute__((warn_unused_result)) int cli_conn_recv(struct cli_conn *conn, int64_t deadline,
						      struct kcp_frame *frame);

#endif
