// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * knetd: command line, check of a configuration, going to the background.
 *
 * The configuration is read before anything else is done: what is wrong with it is said on the
 * terminal, and the exit code tells it from other failures. In the background, the first process
 * waits until the second one serves its socket and has its interfaces, and ends with its result;
 * no thread is made before that fork.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "config.h"
#include "knetd/cmd/kcl.h"
#include "knetd/daemon.h"
#include "knetd/log.h"
#include "knetd/priv.h"
#include "knetd/schemas.h"

/* Returns an exit code. */
static int config_check(const struct knd_options *opt)
{
	struct kcl_config *config;
	const int rc = kcl_config_load_file(opt->config_path, stderr, &config);

	kcl_config_free(config);
	if (rc == -EINVAL)
		return KND_EXIT_CONFIG;
	return rc < 0 ? KND_EXIT_FAILURE : 0;
}

static int pid_write(const char *path)
{
	FILE *file;
	int rc = 0;

	if (!path)
		return 0;
	file = fopen(path, "we");
	if (!file)
		return -errno;
	if (fprintf(file, "%d\n", (int)getpid()) < 0)
		rc = -EIO;
	if (fclose(file) != 0)
		rc = -errno;
	return rc;
}

/* stdio has served: failures up to here were said on it. */
static void terminal_leave(void)
{
	const int fd = open("/dev/null", O_RDWR);

	for (int i = 0; i < 3 && fd >= 0; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* Says on `ready_fd` that all is well. */
static void ready_tell(int ready_fd)
{
	const char ok = 0;

	terminal_leave();
	(void)!write(ready_fd, &ok, 1);
	close(ready_fd);
}

/* ready_fd < 0: foreground. Returns an exit code. */
static int serve(const struct knd_options *opt, int ready_fd)
{
	struct knd_daemon daemon;
	struct knd_why why;
	int rc = knd_log_init(opt->is_foreground);

	if (rc < 0)
		return KND_EXIT_FAILURE;
	rc = knd_daemon_start(&daemon, opt, &why);
	if (rc == 0) {
		rc = pid_write(opt->pid_path);
		if (rc < 0)
			knd_why_say(&why, rc, "%s: %s", opt->pid_path, strerror(-rc));
	}
	if (rc < 0) {
		qb_log(LOG_ERR, "daemon: %s", why.text);
		if (!opt->is_foreground)
			fprintf(stderr, "knetd: %s\n", why.text);
	} else {
		if (ready_fd >= 0)
			ready_tell(ready_fd);
		knd_daemon_run(&daemon);
		if (opt->pid_path)
			unlink(opt->pid_path);
	}
	knd_daemon_stop(&daemon);
	knd_log_fini();
	return rc < 0 ? KND_EXIT_FAILURE : 0;
}

/* The first process: waits for the second one's word or its end. */
static int child_await(pid_t child, int fd)
{
	int status;
	char ok;

	if (read(fd, &ok, 1) == 1)
		return 0;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
		return WEXITSTATUS(status);
	return KND_EXIT_FAILURE;
}

static int serve_in_background(const struct knd_options *opt)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		fprintf(stderr, "knetd: cannot go to the background: %s\n", strerror(errno));
		return KND_EXIT_FAILURE;
	}
	if (child == 0) {
		close(fds[0]);
		setsid();
		if (chdir("/") < 0)
			return KND_EXIT_FAILURE;
		return serve(opt, fds[1]);
	}
	close(fds[1]);
	return child_await(child, fds[0]);
}

static int run(struct knd_options *opt)
{
	int code;

	knd_options_absolute(opt);
	code = opt->is_foreground ? serve(opt, -1) : serve_in_background(opt);
	knd_options_fini(opt);
	return code;
}

int main(int argc, char **argv)
{
	struct knd_options opt;

	knd_priv_harden();
	if (knd_options_parse(&opt, argc, argv) < 0)
		return KND_EXIT_USAGE;
	switch (opt.job) {
	case KND_JOB_CHECK:
		return config_check(&opt);
	case KND_JOB_HELP:
		return knd_options_help() < 0 ? KND_EXIT_FAILURE : 0;
	case KND_JOB_SCHEMAS:
		return knd_schemas_write(stdout) < 0 ? KND_EXIT_FAILURE : 0;
	case KND_JOB_VERSION:
		return puts("knetd " PACKAGE_VERSION) < 0 ? KND_EXIT_FAILURE : 0;
	default:
		return run(&opt);
	}
}
