// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Log lines, by libqb. In the foreground they go to stderr: with time and level for a person, or
 * with the level as systemd reads it where stderr is the journal. Otherwise to syslog. Control
 * thread only; the engine logs from there too.
 */
#include "knetd/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "knetd/cmd/config.h"
#include "knetd/iface.h"

#define LINE_MAX_LEN 1024

static int32_t target = -1;

static const int priorities[] = {
	[KCL_LOG_ERROR] = LOG_ERR, [KCL_LOG_WARNING] = LOG_WARNING, [KCL_LOG_NOTICE] = LOG_NOTICE,
	[KCL_LOG_INFO] = LOG_INFO, [KCL_LOG_DEBUG] = LOG_DEBUG,
};

_Static_assert((int)KCL_LOG_ERROR == (int)KNET_LOG_ERROR &&
		       (int)KCL_LOG_WARNING == (int)KNET_LOG_WARNING &&
		       (int)KCL_LOG_NOTICE == (int)KNET_LOG_NOTICE &&
		       (int)KCL_LOG_INFO == (int)KNET_LOG_INFO &&
		       (int)KCL_LOG_DEBUG == (int)KNET_LOG_DEBUG,
	       "the configuration counts levels as the engine does");

static void journal_write(int32_t t, struct qb_log_callsite *cs, struct timespec *at,
			  const char *msg)
{
	(void)t;
	(void)at;
	fprintf(stderr, "<%d>%s\n", cs->priority, msg);
}

static void stderr_write(int32_t t, struct qb_log_callsite *cs, struct timespec *at,
			 const char *msg)
{
	static const char *const names[] = {"emerg",   "alert",  "crit", "error",
					    "warning", "notice", "info", "debug"};
	char date[32];
	struct tm tm;

	(void)t;
	localtime_r(&at->tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(stderr, "%s.%03ld %s %s\n", date, at->tv_nsec / 1000000, names[cs->priority & 7],
		msg);
}

/* systemd says which stream it reads. */
static bool stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return text && sscanf(text, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

int knd_log_init(bool to_stderr)
{
	qb_log_init("knetd", LOG_DAEMON, LOG_INFO);
	target = QB_LOG_SYSLOG;
	if (to_stderr) {
		qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
		target = qb_log_custom_open(stderr_is_journal() ? journal_write : stderr_write,
					    NULL, NULL, NULL);
		if (target < 0)
			return target;
	}
	qb_log_ctl(target, QB_LOG_CONF_MAX_LINE_LEN, LINE_MAX_LEN);
	qb_log_format_set(target, "%b");
	knd_log_level_set(KCL_LOG_INFO);
	qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
	return 0;
}

void knd_log_fini(void)
{
	qb_log_fini();
}

void knd_log_level_set(unsigned int level)
{
	qb_log_filter_ctl(target, QB_LOG_FILTER_CLEAR_ALL, QB_LOG_FILTER_FILE, "*", LOG_DEBUG);
	qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*",
			  (uint8_t)priorities[level]);
}

void knd_log_engine(void *ctx, enum knet_log_level level, const char *subsystem, const char *text)
{
	const struct knd_iface *iface = ctx;

	/* One call site for all levels would have one level: libqb remembers it. */
	switch (level) {
	case KNET_LOG_ERROR:
		qb_log(LOG_ERR, "%s: %s: %s", iface->name, subsystem, text);
		break;
	case KNET_LOG_WARNING:
		qb_log(LOG_WARNING, "%s: %s: %s", iface->name, subsystem, text);
		break;
	case KNET_LOG_NOTICE:
		qb_log(LOG_NOTICE, "%s: %s: %s", iface->name, subsystem, text);
		break;
	case KNET_LOG_INFO:
		qb_log(LOG_INFO, "%s: %s: %s", iface->name, subsystem, text);
		break;
	default:
		qb_log(LOG_DEBUG, "%s: %s: %s", iface->name, subsystem, text);
		break;
	}
}
