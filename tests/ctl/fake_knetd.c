// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A control server without an engine: the real server and session over a libqb loop, the small
 * language and daemon of tests/ctl. The tests of the client run it as `fake_knetd SOCKET`.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <qb/qblog.h>

#include "tests/ctl/fake.h"

static qb_loop_t *loop;

static int32_t on_term(int32_t sig, void *data)
{
	(void)sig;
	(void)data;
	qb_loop_stop(loop);
	return 0;
}

/* SIGUSR1: something the clients should hear about. */
static int32_t on_user(int32_t sig, void *data)
{
	struct knd_server **server = data;

	(void)sig;
	knd_server_notice(*server, 0, "something happened");
	return 0;
}

/* Runs until SIGTERM; consumes the server. */
static void serve(struct knd_server *server)
{
	qb_loop_signal_add(loop, QB_LOOP_HIGH, SIGTERM, NULL, on_term, NULL);
	qb_loop_signal_add(loop, QB_LOOP_HIGH, SIGUSR1, &server, on_user, NULL);
	puts("ready");
	fflush(stdout);
	qb_loop_run(loop);
	knd_server_free(server);
}

int main(int argc, char **argv)
{
	struct fake_daemon daemon;
	struct knd_server *server;
	int rc;

	if (argc != 2 || fake_daemon_init(&daemon) < 0)
		return 2;
	qb_log_init("fake_knetd", LOG_USER, LOG_INFO);
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
	qb_log_filter_ctl(QB_LOG_STDERR, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_DEBUG);
	qb_log_ctl(QB_LOG_STDERR, QB_LOG_CONF_ENABLED, QB_TRUE);
	loop = qb_loop_create();
	rc = knd_server_new(loop, argv[1], &fake_ops, &daemon, &server);
	if (rc == 0)
		serve(server);
	else
		fprintf(stderr, "fake_knetd: %s: %s\n", argv[1], strerror(-rc));
	qb_loop_destroy(loop);
	qb_log_fini();
	fake_daemon_fini(&daemon);
	return rc == 0 ? 0 : 1;
}
