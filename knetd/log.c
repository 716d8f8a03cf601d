// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Log lines, by libqb. In the foreground they go to stderr: with time and level for a person, or
 * with the level as systemd reads it where stderr is the journal. Otherwise to syslog. All of them
 * also go to a ring, for `show logging` and those who follow it.
 *
 * What is worth a line is one level for all, and for a while a higher one for subsystems that
 * `debug` was switched on for. libqb lets through what any of them wants; the sink below decides
 * about each line. Control thread only; the engine logs from there too.
 */
#include "knetd/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "knetd/clock.h"
#include "knetd/cmd/config.h"
#include "knetd/iface.h"
#include "knetd/notify.h"

#define LINE_MAX_LEN 1024
#define RING_ROOM    2048

static int32_t target = -1;
static enum kcl_log_target_id destination; /* what the daemon was started with */
static unsigned int base_level = KCL_LOG_INFO;
static uint8_t subsystem_level[KCL_LOG_SUBSYSTEMS]; /* KCL_LOG_INHERIT: base_level */
static struct kcl_log_target targets[KCL_LOG_TARGET_COUNT];
static int file_fd = -1;
static struct knd_ring *ring;
static void (*watcher)(void *arg);
static void *watcher_arg;
static bool is_watching;

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

/* ---- subsystems ------------------------------------------------------------------------------ */

static struct knd_log_subsystem subsystems[] = {
	{"audit", "what users have changed", 0, 0},
	{"config", "configurations that are loaded, applied, saved", 0, 0},
	{"control", "sessions and their commands", 0, 0},
	{"daemon", "life of the daemon and its interfaces", 0, 0},
	{"handshake", "handshakes and keys", 0, 0},
	{"link", "links going up and down, and failover", 0, 0},
	{"local", "local links", 0, 0},
	{"mac", "addresses that move", 0, 0},
	{"netlink", "what the kernel tells of interfaces and routes", 0, 0},
	{"peer", "peers that come and go", 0, 0},
};

#define SUBSYSTEM_CNT (sizeof(subsystems) / sizeof(subsystems[0]))

/* Names of the engine that mean one of the above. */
static const struct {
	const char *word, *subsystem;
} synonyms[] = {
	{"failover", "link"},
	{"rekey", "handshake"},
};

/* The subsystem that a word begins with: "link-up" is of "link". NULL: none. */
static struct knd_log_subsystem *subsystem_find(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		if (len == strlen(synonyms[i].word) && memcmp(word, synonyms[i].word, len) == 0) {
			word = synonyms[i].subsystem;
			len = strlen(word);
		}
	for (size_t i = 0; i < SUBSYSTEM_CNT; i++) {
		const size_t own = strlen(subsystems[i].name);

		if (len >= own && memcmp(word, subsystems[i].name, own) == 0 &&
		    (len == own || word[own] == '-'))
			return &subsystems[i];
	}
	return NULL;
}

/* Tells libqb the highest level that anybody wants. */
static void filter_set(void)
{
	unsigned int level = base_level;

	for (size_t i = 0; i < SUBSYSTEM_CNT; i++)
		if (subsystems[i].until_ns && subsystems[i].level > level)
			level = subsystems[i].level;
	for (size_t i = 0; i < SUBSYSTEM_CNT; i++)
		if (subsystem_level[i] != KCL_LOG_INHERIT && subsystem_level[i] > level)
			level = subsystem_level[i];
	for (size_t i = 0; i < KCL_LOG_TARGET_COUNT; i++)
		if (targets[i].is_set && targets[i].level != KCL_LOG_INHERIT &&
		    targets[i].level > level)
			level = targets[i].level;
	qb_log_filter_ctl(target, QB_LOG_FILTER_CLEAR_ALL, QB_LOG_FILTER_FILE, "*", LOG_DEBUG);
	qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*",
			  (uint8_t)priorities[level]);
}

int knd_log_debug(const char *subsystem, unsigned int level, unsigned int seconds)
{
	const bool is_all = strcmp(subsystem, "all") == 0;
	int rc = -ENOENT;

	for (size_t i = 0; i < SUBSYSTEM_CNT; i++) {
		if (!is_all && strcmp(subsystem, subsystems[i].name) != 0)
			continue;
		subsystems[i].level = level;
		subsystems[i].until_ns = seconds ? knd_now_ns() + seconds * 1000000000ULL : 0;
		rc = 0;
	}
	filter_set();
	return rc;
}

const struct knd_log_subsystem *knd_log_subsystem(size_t i)
{
	return i < SUBSYSTEM_CNT ? &subsystems[i] : NULL;
}

void knd_log_expire(void)
{
	const uint64_t now = knd_now_ns();
	bool is_over = false;

	for (size_t i = 0; i < SUBSYSTEM_CNT; i++) {
		if (!subsystems[i].until_ns || subsystems[i].until_ns > now)
			continue;
		subsystems[i].until_ns = 0;
		is_over = true;
	}
	if (is_over)
		filter_set();
}

/* ---- the sink -------------------------------------------------------------------------------- */

static unsigned int level_of(uint8_t priority)
{
	for (unsigned int i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++)
		if (priority <= priorities[i])
			return i;
	return KCL_LOG_DEBUG;
}

/*
 * The subsystem of "subsystem: text" or of "INTERFACE: subsystem: text", as the engine's lines are.
 */
static const struct knd_log_subsystem *line_subsystem(const char *msg)
{
	const struct knd_log_subsystem *found = NULL;

	for (int i = 0; i < 2 && !found; i++) {
		const char *colon = strstr(msg, ": ");

		if (!colon)
			break;
		found = subsystem_find(msg, (size_t)(colon - msg));
		msg = colon + 2;
	}
	return found;
}

static bool is_wanted(const struct knd_log_subsystem *sub, unsigned int level)
{
	unsigned int base = base_level;

	if (sub && subsystem_level[sub - subsystems] != KCL_LOG_INHERIT)
		base = subsystem_level[sub - subsystems];
	return level <= base || (sub && sub->until_ns > knd_now_ns() && level <= sub->level);
}

static void ring_write(const struct knd_log_subsystem *sub, unsigned int level,
		       const struct timespec *at, const char *msg)
{
	struct knd_event event = {
		.realtime_ns = (uint64_t)at->tv_sec * 1000000000 + (uint64_t)at->tv_nsec,
		.level = (uint8_t)level,
		.link = KNET_LINK_NONE,
	};

	snprintf(event.kind, sizeof(event.kind), "%s", sub ? sub->name : "daemon");
	snprintf(event.text, sizeof(event.text), "%s", msg);
	knd_ring_add(ring, &event);
}

static void dated_write(int fd, uint8_t priority, const struct timespec *at, const char *msg)
{
	static const char *const names[] = {"emerg",   "alert",  "crit", "error",
					    "warning", "notice", "info", "debug"};
	char date[32];
	struct tm tm;

	localtime_r(&at->tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	dprintf(fd, "%s.%03ld %s %s\n", date, at->tv_nsec / 1000000, names[priority & 7], msg);
}

/* True if a line goes there. What the daemon was started with needs no line of configuration. */
static bool is_target(unsigned int id, bool wanted, unsigned int level)
{
	const struct kcl_log_target *t = &targets[id];

	if (!t->is_set)
		return id == destination && wanted;
	return t->level == KCL_LOG_INHERIT ? wanted : level <= t->level;
}

static void targets_write(uint8_t priority, bool wanted, const struct timespec *at, const char *msg)
{
	const unsigned int level = level_of(priority);

	if (is_target(KCL_LOG_STDERR, wanted, level))
		dated_write(STDERR_FILENO, priority, at, msg);
	if (is_target(KCL_LOG_JOURNAL, wanted, level) && destination == KCL_LOG_JOURNAL)
		dprintf(STDERR_FILENO, "<%d>%s\n", priority, msg);
	else if (is_target(KCL_LOG_JOURNAL, wanted, level))
		knd_notify_journal(priority, msg);
	if (is_target(KCL_LOG_SYSLOG, wanted, level))
		syslog(priority, "%s", msg);
	if (file_fd >= 0 && is_target(KCL_LOG_FILE, wanted, level))
		dated_write(file_fd, priority, at, msg);
}

static void sink_write(int32_t t, struct qb_log_callsite *cs, struct timespec *at, const char *msg)
{
	const struct knd_log_subsystem *sub = line_subsystem(msg);
	const unsigned int level = level_of(cs->priority);
	const bool wanted = is_wanted(sub, level);

	(void)t;
	targets_write(cs->priority, wanted, at, msg);
	if (!wanted)
		return;
	if (ring)
		ring_write(sub, level, at, msg);
	if (watcher && !is_watching) {
		is_watching = true; /* what is logged meanwhile is seen anyway */
		watcher(watcher_arg);
		is_watching = false;
	}
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
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
	destination = !to_stderr            ? KCL_LOG_SYSLOG
		      : stderr_is_journal() ? KCL_LOG_JOURNAL
					    : KCL_LOG_STDERR;
	openlog("knetd", LOG_PID, LOG_DAEMON);
	memset(subsystem_level, KCL_LOG_INHERIT, sizeof(subsystem_level));
	ring = knd_ring_new(RING_ROOM);
	target = qb_log_custom_open(sink_write, NULL, NULL, NULL);
	if (!ring || target < 0)
		return ring ? target : -ENOMEM;
	qb_log_ctl(target, QB_LOG_CONF_MAX_LINE_LEN, LINE_MAX_LEN);
	qb_log_format_set(target, "%b");
	filter_set();
	qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
	return 0;
}

void knd_log_fini(void)
{
	watcher = NULL;
	qb_log_fini();
	knd_ring_free(ring);
	ring = NULL;
	if (file_fd >= 0)
		close(file_fd);
	file_fd = -1;
}

int knd_log_set(const struct kcl_config *config, struct knd_why *why)
{
	int fd = -1;

	if (config->log_target[KCL_LOG_JOURNAL].is_set && !knd_notify_has_journal())
		return knd_why_say(why, -ENOSYS,
				   "logging journal: this daemon was built without it");
	if (config->log_target[KCL_LOG_FILE].is_set) {
		fd = open(config->log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
			  0640);
		if (fd < 0)
			return knd_why_say(why, -errno, "logging file %s: %s", config->log_path,
					   strerror(errno));
	}
	if (file_fd >= 0)
		close(file_fd);
	file_fd = fd;
	base_level = config->log_level;
	memcpy(subsystem_level, config->log_subsystem, sizeof(subsystem_level));
	memcpy(targets, config->log_target, sizeof(targets));
	filter_set();
	return 0;
}

unsigned int knd_log_level(void)
{
	return base_level;
}

const struct knd_ring *knd_log_ring(void)
{
	return ring;
}

void knd_log_watch(void (*on_line)(void *arg), void *arg)
{
	watcher = on_line;
	watcher_arg = arg;
}

const char *knd_log_target(void)
{
	return destination == KCL_LOG_STDERR    ? "stderr"
	       : destination == KCL_LOG_JOURNAL ? "journal"
						: "syslog";
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
