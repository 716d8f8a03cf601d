// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The daemon's command line. Complaints about the configuration name the file as it was given; then
 * paths are made absolute, because the daemon changes to the root directory when it goes to the
 * background and looks at them again later.
 */
#include "knetd/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "knetd/ctlproto/ctlproto.h"
#include "libknet/knet.h"

static const char usage[] =
	"Usage: knetd [-f] [-c FILE] [-s SOCKET] [-P PIDFILE] [-W LIST]\n"
	"       knetd -n [-c FILE]\n"
	"\n"
	"  -c FILE     configuration to start with [" KND_CONFIG_PATH "]\n"
	"  -f          stay in the foreground, log to standard error\n"
	"  -h          this text\n"
	"  -n          only check the configuration\n"
	"  -P PIDFILE  write the process id there\n"
	"  -S          write what shows say as JSON, in Markdown\n"
	"  -s SOCKET   serve clients there [" KCP_SOCKET_PATH "]\n"
	"  -V          version\n"
	"  -W LIST     do without these offloads of the kernel, for tests: vnet-hdr,\n"
	"              tap-tso, tap-uso, tap-batch, udp-segment, udp-gro\n";

int knd_options_help(void)
{
	return fputs(usage, stdout) < 0 || fflush(stdout) != 0 ? -EIO : 0;
}

/* Returns the path to use; `own` gets what is to be freed. */
static const char *path_absolute(const char *path, char **own)
{
	char *cwd;

	*own = NULL;
	if (!path || path[0] == '/')
		return path;
	cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(own, "%s/%s", cwd, path) < 0)
		*own = NULL;
	free(cwd);
	return *own ? *own : path;
}

static int misuse(const char *text)
{
	fprintf(stderr, "knetd: %s\n%s", text, usage);
	return -EINVAL;
}

/* Names of offloads with commas between them. */
static int without_parse(const char *list, unsigned int *without)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");
		unsigned int i = 0;

		while (i < KNET_OFFLOAD_COUNT &&
		       (strlen(knet_offload_name((enum knet_offload)i)) != len ||
			strncmp(list, knet_offload_name((enum knet_offload)i), len) != 0))
			i++;
		if (i == KNET_OFFLOAD_COUNT)
			return -EINVAL;
		*without |= 1U << i;
		list += len;
		list += *list == ',';
	}
	return 0;
}

int knd_options_parse(struct knd_options *opt, int argc, char **argv)
{
	int c;

	*opt = (struct knd_options){.config_path = KND_CONFIG_PATH, .socket_path = KCP_SOCKET_PATH};
	while ((c = getopt(argc, argv, "c:fhnP:Ss:VW:")) != -1) {
		switch (c) {
		case 'c':
			opt->config_path = optarg;
			break;
		case 'f':
			opt->is_foreground = true;
			break;
		case 'h':
			opt->job = KND_JOB_HELP;
			break;
		case 'n':
			opt->job = KND_JOB_CHECK;
			break;
		case 'P':
			opt->pid_path = optarg;
			break;
		case 'S':
			opt->job = KND_JOB_SCHEMAS;
			break;
		case 's':
			opt->socket_path = optarg;
			break;
		case 'V':
			opt->job = KND_JOB_VERSION;
			break;
		case 'W':
			if (without_parse(optarg, &opt->without) != 0)
				return misuse("-W: expected a list of offloads");
			break;
		default:
			fputs(usage, stderr);
			return -EINVAL;
		}
	}
	return optind == argc ? 0 : misuse("an argument too many");
}

void knd_options_absolute(struct knd_options *opt)
{
	opt->config_path = path_absolute(opt->config_path, &opt->absolute[0]);
	opt->socket_path = path_absolute(opt->socket_path, &opt->absolute[1]);
	opt->pid_path = path_absolute(opt->pid_path, &opt->absolute[2]);
}

void knd_options_fini(struct knd_options *opt)
{
	for (unsigned int i = 0; i < 3; i++)
		free(opt->absolute[i]);
}
