/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The daemon's command line. */
#ifndef KNETD_OPTIONS_H
#define KNETD_OPTIONS_H

#include <stdbool.h>

#define KND_CONFIG_PATH "/etc/kronosnet/startup-config"

#define KND_EXIT_FAILURE 1
#define KND_EXIT_CONFIG  2  /* the configuration is wrong, and will be at the next start */
#define KND_EXIT_USAGE   64 /* as sysexits.h says */

enum knd_job { KND_JOB_RUN, KND_JOB_CHECK, KND_JOB_HELP, KND_JOB_SCHEMAS, KND_JOB_VERSION };

struct knd_options {
	enum knd_job job;
	bool is_foreground;
	const char *config_path;
	const char *socket_path;
	unsigned int without; /* bits of enum knet_offload */
	const char *pid_path; /* NULL: none */
	char *absolute[3];    /* of these, where they were relative; owned */
};

/* Reads the command line. Returns 0, or -EINVAL with a complaint on stderr. */
__attribute__((warn_unused_result)) int knd_options_parse(struct knd_options *opt, int argc,
							  char **argv);
/* Makes all paths absolute; undone by knd_options_fini(). */
void knd_options_absolute(struct knd_options *opt);
void knd_options_fini(struct knd_options *opt);
/* Says what it understands. Returns 0, or -EIO if that cannot be written. */
int knd_options_help(void);

#endif
