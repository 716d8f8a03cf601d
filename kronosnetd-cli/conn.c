// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The connection to the daemon.
 *
 * A sequenced-packet socket used by one thread, one request at a time, with two exceptions that
 * the protocol allows: CANCEL, and COMPLETE while nothing else runs. The kernel's buffer is the
 * flow control: who does not read (because the pager waits for a key) makes the daemon's command
 * wait, too.
 *
 * Waiting is always bounded by a deadline and woken by ^C: the signal is blocked except inside
 * ppoll(), so it cannot slip in between the test of cli_interrupted and the wait.
 */
#include "config.h"

#include "kronosnetd-cli/conn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HELLO_TIMEOUT_MS 5000

volatile sig_atomic_t cli_interrupted;

static int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void cli_conn_init(struct cli_conn *conn, const char *path, uint16_t hello_flags,
		   int64_t timeout_ms)
{
	memset(conn, 0, sizeof(*conn));
	conn->fd = -1;
	conn->path = path;
	conn->hello_flags = hello_flags;
	conn->timeout_ms = timeout_ms;
}

void cli_conn_close(struct cli_conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
	conn->depth = 0;
	conn->mode_flags = 0;
	conn->tag[0] = '\0';
}

bool cli_conn_is_open(const struct cli_conn *conn)
{
	return conn->fd >= 0;
}

struct kcp_buf cli_conn_buf(struct cli_conn *conn)
{
	return (struct kcp_buf){.data = conn->tx, .cap = sizeof(conn->tx)};
}

uint32_t cli_conn_next_req(struct cli_conn *conn)
{
	return ++conn->last_req;
}

int64_t cli_conn_deadline(const struct cli_conn *conn)
{
	return conn->timeout_ms > 0 ? clock_ms() + conn->timeout_ms : 0;
}

/* Waits for `events`. Returns 0, -ETIMEDOUT, -EINTR or -errno. */
static int socket_wait(const struct cli_conn *conn, short events, int64_t deadline)
{
	struct pollfd pfd = {.fd = conn->fd, .events = events};
	sigset_t block, before;
	int rc = 0;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigprocmask(SIG_BLOCK, &block, &before);
	while (rc == 0) {
		int64_t left = deadline > 0 ? deadline - clock_ms() : 3600 * 1000;
		struct timespec ts;
		int ready;

		if (cli_interrupted) {
			rc = -EINTR;
			break;
		}
		if (left < 0)
			left = 0;
		ts = (struct timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
		ready = ppoll(&pfd, 1, &ts, &before);
		if (ready > 0)
			break;
		if (ready == 0 && deadline > 0)
			rc = -ETIMEDOUT;
		else if (ready < 0 && errno != EINTR)
			rc = -errno;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int cli_conn_send(struct cli_conn *conn, int len, int64_t deadline)
{
	if (len < 0)
		return len;
	if (conn->fd < 0)
		return -ENOTCONN;
	for (;;) {
		int rc;

		if (send(conn->fd, conn->tx, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) == len)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		rc = socket_wait(conn, POLLOUT, deadline);
		if (rc < 0)
			return rc;
	}
}

static void mode_note(struct cli_conn *conn, const struct kcp_frame *frame)
{
	struct kcp_mode mode;

	if (kcp_unpack_mode(frame, &mode) < 0)
		return;
	conn->depth = mode.depth;
	conn->mode_flags = mode.flags;
	conn->role = mode.role;
	snprintf(conn->hostname, sizeof(conn->hostname), "%s", mode.hostname);
	snprintf(conn->tag, sizeof(conn->tag), "%s", mode.tag);
}

static ssize_t socket_receive(struct cli_conn *conn)
{
	ssize_t len = recv(conn->fd, conn->rx, sizeof(conn->rx), MSG_DONTWAIT);

	/* A daemon that refuses closes without reading our HELLO. The kernel reports that reset
	 * before it hands out the refusal that is still in the queue. */
	if (len < 0 && errno == ECONNRESET)
		len = recv(conn->fd, conn->rx, sizeof(conn->rx), MSG_DONTWAIT);
	return len;
}

int cli_conn_recv(struct cli_conn *conn, int64_t deadline, struct kcp_frame *frame)
{
	if (conn->fd < 0)
		return -ENOTCONN;
	for (;;) {
		ssize_t len;
		int rc = -ECONNRESET;

		/* Also while frames keep coming: a long answer must not outrun ^C. */
		if (cli_interrupted)
			return -EINTR;
		len = socket_receive(conn);
		if (len > 0)
			rc = kcp_frame_unpack(conn->rx, (size_t)len, frame);
		else if (len < 0)
			rc = -errno;
		if (rc == 0) {
			if (frame->type == KCP_MODE)
				mode_note(conn, frame);
			return 0;
		}
		if (rc == -EAGAIN || rc == -EINTR) {
			rc = socket_wait(conn, POLLIN, deadline);
			if (rc == 0)
				continue;
			return rc;
		}
		cli_conn_close(conn);
		return rc;
	}
}

static int socket_connect(struct cli_conn *conn)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int rc;

	if (strlen(conn->path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, conn->path, strlen(conn->path));
	conn->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return -errno;
	if (connect(conn->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return 0;
	rc = -errno;
	cli_conn_close(conn);
	return rc;
}

/* Turns the daemon's refusal, an ERR frame, into an errno. */
static int hello_refused(const struct kcp_frame *frame)
{
	struct kcp_error err;

	if (kcp_unpack_error(frame, &err) < 0)
		return -EPROTO;
	if (err.code == KCP_PERMISSION)
		return -EACCES;
	return err.code == KCP_BUSY ? -EUSERS : -EPROTO;
}

static int hello_exchange(struct cli_conn *conn, int64_t deadline)
{
	const struct kcp_hello_client hello = {
		.major_min = KCP_PROTO_MAJOR,
		.major_max = KCP_PROTO_MAJOR,
		.flags = conn->hello_flags,
		.build = PACKAGE_VERSION,
	};
	struct kcp_buf buf = cli_conn_buf(conn);
	struct kcp_hello_server answer;
	struct kcp_frame frame;
	int sent = cli_conn_send(conn, kcp_pack_hello(&buf, &hello), deadline);
	int rc;

	/* A daemon that is full or does not want us says so and closes before it reads: look for
	 * its word even if the send failed. */
	if (sent < 0 && sent != -EPIPE && sent != -ECONNRESET)
		return sent;
	rc = cli_conn_recv(conn, deadline, &frame);
	if (rc < 0)
		return sent < 0 ? sent : rc;
	if (frame.type == KCP_ERR)
		return hello_refused(&frame);
	if (frame.type != KCP_HELLO_OK || kcp_unpack_hello_ok(&frame, &answer) < 0)
		return -EPROTO;
	conn->role = answer.role;
	conn->is_unsaved = answer.flags & KCP_HELLO_UNSAVED;
	snprintf(conn->hostname, sizeof(conn->hostname), "%s", answer.hostname);
	return 0;
}

int cli_conn_open(struct cli_conn *conn)
{
	int64_t deadline;
	int rc;

	if (conn->fd >= 0)
		return 0;
	rc = socket_connect(conn);
	if (rc < 0)
		return rc;
	deadline = clock_ms() + (conn->timeout_ms > 0 ? conn->timeout_ms : HELLO_TIMEOUT_MS);
	rc = hello_exchange(conn, deadline);
	if (rc < 0)
		cli_conn_close(conn);
	return rc;
}
