// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The listening socket and its connections.
 *
 * Everything happens in the control thread, from the libqb loop. A connection is read only while
 * its output queue is short, its commands step only while it is shorter still, and a callback does
 * a bounded amount of work: a client that does not read, reads slowly or sends as fast as it can
 * costs a fixed amount of memory and never holds up the daemon.
 *
 * Who may enter is decided at accept, from what the kernel says (cred.c). Strangers and those above
 * the caps get one ERR frame that says why.
 */
#include "knetd/ctl/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "knetd/clock.h"
#include "knetd/ctl/cred.h"
#include "knetd/ctl/session.h"
#include "knetd/ctl/socket.h"

#define CONNS_MAX         32 /* unless the daemon says otherwise */
#define CONNS_PER_UID_MAX 8
#define HELLO_TIMEOUT_NS  (10ULL * 1000000000)
#define READS_PER_TURN    4
#define STEPS_PER_TURN    4
#define TICK_NS           1000000000ULL /* what waits looks again at least so often */

struct conn {
	struct conn *next;
	struct knd_server *server;
	struct knd_session *session;
	int fd;
	short events;     /* what the loop watches for */
	bool is_closing;  /* only flush, then close */
	bool hello_armed; /* hello_timer is running */
	uint64_t busy_ns; /* CLOCK_MONOTONIC, when it last did something */
	qb_loop_timer_handle hello_timer;
};

struct knd_server {
	qb_loop_t *loop;
	const struct knd_ctl_ops *ops;
	void *daemon;
	int fd;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	struct knd_groups groups;
	struct conn *conns;
	uint32_t last_session;
	bool is_ticking; /* `tick` is running: commands wait */
	qb_loop_timer_handle tick;
	uint64_t tick_ns; /* when it is due */
	bool is_minding;  /* `mind` is running: sessions may be idle */
	qb_loop_timer_handle mind;
	uint8_t rx[KCP_FRAME_MAX + 1]; /* one more, so that an oversized record shows */
};

static void conn_close(struct conn *conn)
{
	struct knd_server *server = conn->server;
	struct conn **link = &server->conns;

	while (*link != conn)
		link = &(*link)->next;
	*link = conn->next;
	if (conn->hello_armed)
		qb_loop_timer_del(server->loop, conn->hello_timer);
	qb_loop_poll_del(server->loop, conn->fd);
	close(conn->fd);
	knd_session_free(conn->session);
	free(conn);
}

/* Sends what the socket takes. Returns 0, or -errno if the connection is of no more use. */
static int conn_drain(struct conn *conn)
{
	struct knd_outq *q = knd_session_outq(conn->session);

	while (q->head) {
		const ssize_t sent =
			send(conn->fd, q->head->data, q->head->len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (sent < 0)
			return -errno;
		knd_outq_pop(q);
	}
	return q->failed ? -ENOMEM : 0;
}

/* Reads some requests. Returns 0, or -errno at the end of the connection. */
static int conn_read(struct conn *conn)
{
	struct knd_server *server = conn->server;

	for (int i = 0; i < READS_PER_TURN && knd_session_can_read(conn->session); i++) {
		const ssize_t len = recv(conn->fd, server->rx, sizeof(server->rx), MSG_DONTWAIT);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (len <= 0)
			return len < 0 ? -errno : -ECONNRESET;
		if (knd_session_input(conn->session, server->rx, (size_t)len) < 0) {
			conn->is_closing = true;
			return 0;
		}
	}
	return 0;
}

static void conn_hello_disarm(struct conn *conn)
{
	if (!conn->hello_armed || !knd_session_is_greeted(conn->session))
		return;
	qb_loop_timer_del(conn->server->loop, conn->hello_timer);
	conn->hello_armed = false;
}

static int conn_dispatch(int fd, int revents, void *data);

/* Tells the loop what to wait for next. */
static void conn_rearm(struct conn *conn)
{
	short events = 0;

	if (!conn->is_closing && knd_session_can_read(conn->session))
		events |= POLLIN;
	if (knd_session_outq(conn->session)->head || knd_session_is_busy(conn->session))
		events |= POLLOUT;
	if (events == conn->events)
		return;
	conn->events = events;
	qb_loop_poll_mod(conn->server->loop, QB_LOOP_MED, conn->fd, events, conn, conn_dispatch);
}

static void on_tick(void *data)
{
	struct knd_server *server = data;

	server->is_ticking = false;
	knd_server_wake(server);
}

/* A command that waits is called again in a second, or when it wants to be, whatever happens. */
static void tick_arm(struct knd_server *server, const struct knd_session *session)
{
	const uint64_t wait_ns = knd_session_wait_ns(session, TICK_NS);
	const uint64_t at_ns = knd_now_ns() + wait_ns;

	if (!knd_session_is_waiting(session) || (server->is_ticking && server->tick_ns <= at_ns))
		return;
	if (server->is_ticking)
		qb_loop_timer_del(server->loop, server->tick);
	server->tick_ns = at_ns;
	server->is_ticking = qb_loop_timer_add(server->loop, QB_LOOP_MED, wait_ns, server, on_tick,
					       &server->tick) == 0;
}

static void conn_notice(struct conn *conn, const char *text);

static void mind_arm(struct knd_server *server);

/* Ends a session that has done nothing for too long: a terminal is told, a script just ends. */
static void conn_mind(struct conn *conn, uint64_t now_ns, uint64_t idle_ns)
{
	if (knd_session_is_busy(conn->session))
		conn->busy_ns = now_ns;
	if (conn->is_closing || !idle_ns || now_ns - conn->busy_ns < idle_ns)
		return;
	qb_log(LOG_NOTICE, "control: session %u was idle and has ended",
	       knd_session_who(conn->session)->session);
	conn_notice(conn, "This session was idle for too long");
	conn->is_closing = true;
	if (!knd_session_outq(conn->session)->head)
		conn_close(conn);
	else
		conn_rearm(conn);
}

static void on_mind(void *data)
{
	struct knd_server *server = data;
	const uint64_t idle_ns = server->ops->idle_ns(server->daemon);
	struct conn *conn = server->conns;

	server->is_minding = false;
	while (conn) {
		struct conn *next = conn->next;

		conn_mind(conn, knd_now_ns(), idle_ns);
		conn = next;
	}
	mind_arm(server);
}

/* Looks at idle sessions once a second, where the configuration limits them and there are any. */
static void mind_arm(struct knd_server *server)
{
	if (server->is_minding || !server->conns || !server->ops->idle_ns ||
	    !server->ops->idle_ns(server->daemon))
		return;
	server->is_minding = qb_loop_timer_add(server->loop, QB_LOOP_MED, TICK_NS, server, on_mind,
					       &server->mind) == 0;
}

static void conn_serve(struct conn *conn, int revents)
{
	int rc = 0;

	conn->busy_ns = knd_now_ns();
	if (revents & POLLIN && !conn->is_closing)
		rc = conn_read(conn);
	else if (revents & (POLLHUP | POLLERR | POLLNVAL))
		rc = -ECONNRESET;
	if (rc == 0)
		conn_hello_disarm(conn);
	for (int i = 0; rc == 0 && i < STEPS_PER_TURN && knd_session_can_step(conn->session); i++)
		knd_session_step(conn->session);
	if (rc == 0)
		rc = conn_drain(conn);
	if (rc == 0 && conn->is_closing && !knd_session_outq(conn->session)->head)
		rc = -ECONNRESET;
	if (rc < 0) {
		conn_close(conn);
		return;
	}
	conn_rearm(conn);
	tick_arm(conn->server, conn->session);
	mind_arm(conn->server);
}

static int conn_dispatch(int fd, int revents, void *data)
{
	struct conn *conn = data;
	struct knd_server *server = conn->server;

	(void)fd;
	if (server->ops->serve)
		server->ops->serve(server->daemon, true);
	conn_serve(conn, revents); /* may end it */
	if (server->ops->serve)
		server->ops->serve(server->daemon, false);
	return 0;
}

static void conn_hello_late(void *data)
{
	struct conn *conn = data;

	conn->hello_armed = false;
	conn_close(conn);
}

/* Says why not, in the one frame that a client waits for. Best effort. */
static void refuse(int fd, enum kcp_status code, const char *message)
{
	const struct kcp_error err = {.code = (uint16_t)code, .message = message};
	uint8_t data[256];
	struct kcp_buf buf = {.data = data, .cap = sizeof(data)};
	const int len = kcp_pack_error(&buf, 0, &err);

	if (len > 0)
		(void)!send(fd, data, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Returns 0 if one more connection of this user is within the caps. */
static int caps_check(const struct knd_server *server, uint32_t uid)
{
	unsigned int all = 0, own = 0, max = CONNS_MAX;

	for (const struct conn *conn = server->conns; conn; conn = conn->next) {
		all++;
		own += knd_session_who(conn->session)->uid == uid;
	}
	if (server->ops->sessions_max)
		max = server->ops->sessions_max(server->daemon);
	return all < max && own < CONNS_PER_UID_MAX ? 0 : -EUSERS;
}

static int conn_new(struct knd_server *server, int fd, struct knd_who *who)
{
	struct conn *conn = calloc(1, sizeof(*conn));
	int rc = -ENOMEM;

	if (!conn)
		return rc;
	who->session = ++server->last_session;
	who->since_ns = knd_real_ns();
	conn->server = server;
	conn->fd = fd;
	conn->events = POLLIN;
	conn->busy_ns = knd_now_ns();
	conn->session = knd_session_new(server->ops, server->daemon, who);
	if (!conn->session)
		goto free_conn;
	rc = qb_loop_poll_add(server->loop, QB_LOOP_MED, fd, conn->events, conn, conn_dispatch);
	if (rc < 0)
		goto free_session;
	rc = qb_loop_timer_add(server->loop, QB_LOOP_MED, HELLO_TIMEOUT_NS, conn, conn_hello_late,
			       &conn->hello_timer);
	if (rc < 0)
		goto remove_poll;
	conn->hello_armed = true;
	conn->next = server->conns;
	server->conns = conn;
	return 0;

remove_poll:
	qb_loop_poll_del(server->loop, fd);
free_session:
	knd_session_free(conn->session);
free_conn:
	free(conn);
	return rc;
}

static void groups_find(struct knd_server *server)
{
	const struct knd_ctl_ops *ops = server->ops;

	knd_groups_find(&server->groups, ops->managers ? ops->managers(server->daemon) : NULL);
}

/* Decides about a new connection. Returns 0 if it was taken over. */
static int conn_admit(struct knd_server *server, int fd)
{
	struct knd_who who;
	int rc;

	/* Anew each time: a group may have come with the package that needs it. */
	groups_find(server);
	rc = knd_cred_get(fd, &server->groups, &who);
	if (rc < 0)
		return rc;
	if (who.role == KCP_ROLE_NONE) {
		qb_log(LOG_NOTICE, "control: %s (pid %d) refused: in none of the groups that may",
		       who.user, who.pid);
		refuse(fd, KCP_PERMISSION, "Permission denied");
		return -EACCES;
	}
	rc = caps_check(server, who.uid);
	if (rc < 0) {
		refuse(fd, KCP_BUSY, "Too many sessions");
		return rc;
	}
	return conn_new(server, fd, &who);
}

static int listen_dispatch(int fd, int revents, void *data)
{
	struct knd_server *server = data;
	const int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (client >= 0 && conn_admit(server, client) < 0)
		close(client);
	return 0;
}

void knd_server_regroup(struct knd_server *server)
{
	int rc;

	groups_find(server);
	rc = knd_groups_admit(&server->groups, server->path);
	if (rc < 0)
		qb_log(LOG_WARNING, "control: %s is only for its owner: %s", server->path,
		       strerror(-rc));
}

int knd_server_new(qb_loop_t *loop, const char *path, const struct knd_ctl_ops *ops, void *daemon,
		   struct knd_server **out)
{
	struct knd_server *server;
	int rc;

	if (strlen(path) >= sizeof(server->path))
		return -ENAMETOOLONG;
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->loop = loop;
	server->ops = ops;
	server->daemon = daemon;
	memcpy(server->path, path, strlen(path) + 1);
	groups_find(server);
	rc = knd_socket_open(path, &server->groups, CONNS_MAX, &server->fd);
	if (rc < 0)
		goto free_server;
	rc = qb_loop_poll_add(loop, QB_LOOP_MED, server->fd, POLLIN, server, listen_dispatch);
	if (rc < 0)
		goto close_socket;
	*out = server;
	return 0;

close_socket:
	close(server->fd);
	unlink(server->path);
free_server:
	free(server);
	return rc;
}

void knd_server_refresh(struct knd_server *server)
{
	for (struct conn *conn = server->conns; conn; conn = conn->next) {
		if (!knd_session_can_read(conn->session) || knd_session_is_busy(conn->session))
			continue; /* it learns of it with its next answer */
		knd_session_refresh(conn->session, 0);
		conn_rearm(conn);
	}
}

static void conn_notice(struct conn *conn, const char *text)
{
	uint8_t data[1024];
	struct kcp_buf buf = {.data = data, .cap = sizeof(data)};
	const int len = kcp_pack_notice(&buf, text);

	/* A notice may be lost, a queue may not grow for it. */
	if (len < 0 || !knd_session_is_tty(conn->session) || !knd_session_can_read(conn->session))
		return;
	knd_outq_add(knd_session_outq(conn->session), data, len);
	conn_rearm(conn);
}

void knd_server_notice(struct knd_server *server, uint32_t session, const char *text)
{
	for (struct conn *conn = server->conns; conn; conn = conn->next)
		if (!session || knd_session_who(conn->session)->session == session)
			conn_notice(conn, text);
}

void knd_server_wake(struct knd_server *server)
{
	for (struct conn *conn = server->conns; conn; conn = conn->next) {
		if (!knd_session_is_waiting(conn->session))
			continue;
		knd_session_wake(conn->session);
		conn_rearm(conn);
	}
}

void knd_server_each(const struct knd_server *server,
		     void (*emit)(const struct knd_who *who, void *arg), void *arg)
{
	for (const struct conn *conn = server->conns; conn; conn = conn->next)
		emit(knd_session_who(conn->session), arg);
}

void knd_server_free(struct knd_server *server)
{
	if (!server)
		return;
	while (server->conns) {
		conn_notice(server->conns, "knetd is going down");
		(void)!conn_drain(server->conns);
		conn_close(server->conns);
	}
	if (server->is_minding)
		qb_loop_timer_del(server->loop, server->mind);
	if (server->is_ticking)
		qb_loop_timer_del(server->loop, server->tick);
	qb_loop_poll_del(server->loop, server->fd);
	close(server->fd);
	unlink(server->path);
	free(server);
}
