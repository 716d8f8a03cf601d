// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Orders and one thread that carries them out. The thread touches nothing but the orders: it logs
 * nothing, and what has failed is kept for the control thread to ask. Everything between the two is
 * under one mutex, which is never held while the disk works or a text is made. An order that is
 * done goes back to the control thread, whose objects are not counted atomically, to be freed.
 *
 * Files go before others come, so that whatever waits for one path is in order: a write that a
 * removal or another write has overtaken was withdrawn when that was ordered.
 */
#include "knetd/scribe.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "knetd/clock.h"
#include "knetd/disk.h"
#include "knetd/save.h"

/*
 * After a file it rests for so many times as long as that took, but not longer than REST_MAX_NS: in
 * a burst of commits most files would be overtaken before they are of use to anybody.
 */
#define REST_SHARE  7
#define REST_MAX_NS UINT64_C(250000000)

struct order {
	struct order *next;
	char *path;
	struct knd_script script; /* without `format`: remove the file */
};

struct knd_scribe {
	pthread_t thread;
	bool has_thread; /* control: rw */
	pthread_mutex_t lock;
	pthread_cond_t has_order, ends;
	/* Under the lock, all from the newest to the oldest: */
	struct order *removals, *writes;
	struct order *done; /* to be freed */
	uint64_t rests_until_ns;
	bool is_ending;
	int failed; /* errno of the first failure that nobody has asked for, 0: none */
	char failed_path[PATH_MAX];
};

struct knd_scribe *knd_scribe_new(void)
{
	struct knd_scribe *scribe = calloc(1, sizeof(*scribe));
	pthread_condattr_t attr;

	if (!scribe)
		return NULL;
	pthread_mutex_init(&scribe->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&scribe->has_order, NULL);
	pthread_cond_init(&scribe->ends, &attr);
	pthread_condattr_destroy(&attr);
	return scribe;
}

static void push(struct order **list, struct order *order)
{
	order->next = *list;
	*list = order;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static int temp_open(const char *temp)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	char dir[PATH_MAX];
	int fd = open(temp, flags, 0600);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	snprintf(dir, sizeof(dir), "%s", temp);
	if (mkdir(dirname(dir), 0700) < 0)
		return -errno;
	fd = open(temp, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static int text_write(const struct order *order, const char *text, size_t len)
{
	char temp[PATH_MAX];
	int fd, rc;

	if (snprintf(temp, sizeof(temp), "%s.new", order->path) >= (int)sizeof(temp))
		return -ENAMETOOLONG;
	fd = temp_open(temp);
	if (fd < 0)
		return fd;
	rc = knd_disk_write(fd, text, len);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temp, order->path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(temp);
	return rc < 0 ? rc : knd_directory_sync(order->path);
}

static int file_write(const struct order *order)
{
	size_t len = 0;
	char *text = order->script.format(order->script.of, &len);
	const int rc = text ? text_write(order, text, len) : -ENOMEM;

	free(text);
	return rc;
}

static int order_do(const struct order *order)
{
	if (order->script.format)
		return file_write(order);
	return unlink(order->path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Till it has rested, or the end is near. Called and left with the lock. */
static void rest(struct knd_scribe *scribe)
{
	const uint64_t until = scribe->rests_until_ns;
	const struct timespec ts = {.tv_sec = (time_t)(until / 1000000000),
				    .tv_nsec = (long)(until % 1000000000)};

	pthread_cond_timedwait(&scribe->ends, &scribe->lock, &ts);
}

static void rest_begin(struct knd_scribe *scribe, uint64_t began_ns)
{
	const uint64_t now = knd_now_ns(), wanted = REST_SHARE * (now - began_ns);

	scribe->rests_until_ns = now + (wanted < REST_MAX_NS ? wanted : REST_MAX_NS);
}

/* The next order, or NULL at the end. Called and left with the lock. */
static struct order *order_take(struct knd_scribe *scribe)
{
	struct order **list, *order;

	while (!scribe->is_ending) {
		if (!scribe->removals && !scribe->writes)
			pthread_cond_wait(&scribe->has_order, &scribe->lock);
		else if (knd_now_ns() < scribe->rests_until_ns)
			rest(scribe);
		else
			break;
	}
	list = scribe->removals ? &scribe->removals : &scribe->writes;
	order = *list;
	if (order)
		*list = order->next;
	return order;
}

static void *work(void *arg)
{
	struct knd_scribe *scribe = arg;
	struct order *order;
	uint64_t began_ns;
	int rc;

	pthread_mutex_lock(&scribe->lock);
	while ((order = order_take(scribe))) {
		pthread_mutex_unlock(&scribe->lock);
		began_ns = knd_now_ns();
		rc = order_do(order);
		pthread_mutex_lock(&scribe->lock);
		if (order->script.format)
			rest_begin(scribe, began_ns);
		if (rc < 0 && !scribe->failed) {
			scribe->failed = -rc;
			snprintf(scribe->failed_path, sizeof(scribe->failed_path), "%s",
				 order->path);
		}
		push(&scribe->done, order);
	}
	pthread_mutex_unlock(&scribe->lock);
	return NULL;
}

/* ---- control --------------------------------------------------------------------------------- */

/* Signals are for the control thread's loop. */
static int thread_start(struct knd_scribe *scribe)
{
	sigset_t all, before;
	int rc;

	if (scribe->has_thread)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&scribe->thread, NULL, work, scribe);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return -rc;
	(void)pthread_setname_np(scribe->thread, "knetd-scribe");
	scribe->has_thread = true;
	return 0;
}

static void order_free(struct order *order)
{
	if (order->script.release)
		order->script.release(order->script.of);
	free(order->path);
	free(order);
}

static void orders_free(struct order *list)
{
	while (list) {
		struct order *next = list->next;

		order_free(list);
		list = next;
	}
}

/* Moves to `done` what is still to be written to this path. With the lock. */
static void writes_withdraw(struct knd_scribe *scribe, const char *path)
{
	struct order **link = &scribe->writes, *order;

	while ((order = *link)) {
		if (strcmp(order->path, path) != 0) {
			link = &order->next;
			continue;
		}
		*link = order->next;
		push(&scribe->done, order);
	}
}

static struct order *done_take(struct knd_scribe *scribe)
{
	struct order *done = scribe->done;

	scribe->done = NULL;
	return done;
}

static int order_give(struct knd_scribe *scribe, char *path, const struct knd_script *script)
{
	struct order *order = calloc(1, sizeof(*order)), *done;
	int rc = order && path ? thread_start(scribe) : -ENOMEM;

	if (rc < 0) {
		if (script->release)
			script->release(script->of);
		free(order);
		free(path);
		return rc;
	}
	*order = (struct order){.path = path, .script = *script};
	pthread_mutex_lock(&scribe->lock);
	writes_withdraw(scribe, path);
	push(script->format ? &scribe->writes : &scribe->removals, order);
	done = done_take(scribe);
	pthread_cond_signal(&scribe->has_order);
	pthread_mutex_unlock(&scribe->lock);
	orders_free(done);
	return 0;
}

int knd_scribe_write(struct knd_scribe *scribe, char *path, const struct knd_script *script)
{
	return order_give(scribe, path, script);
}

int knd_scribe_remove(struct knd_scribe *scribe, char *path)
{
	return order_give(scribe, path, &(struct knd_script){0});
}

int knd_scribe_failure(struct knd_scribe *scribe, struct knd_why *why)
{
	struct order *done;
	int rc;

	pthread_mutex_lock(&scribe->lock);
	rc = -scribe->failed;
	if (rc < 0)
		knd_why_say(why, rc, "%s: %s", scribe->failed_path, strerror(-rc));
	scribe->failed = 0;
	done = done_take(scribe);
	pthread_mutex_unlock(&scribe->lock);
	orders_free(done);
	return rc;
}

void knd_scribe_free(struct knd_scribe *scribe)
{
	if (!scribe)
		return;
	pthread_mutex_lock(&scribe->lock);
	scribe->is_ending = true;
	pthread_cond_signal(&scribe->has_order);
	pthread_cond_signal(&scribe->ends);
	pthread_mutex_unlock(&scribe->lock);
	if (scribe->has_thread)
		pthread_join(scribe->thread, NULL);
	orders_free(done_take(scribe));
	pthread_cond_destroy(&scribe->ends);
	pthread_cond_destroy(&scribe->has_order);
	pthread_mutex_destroy(&scribe->lock);
	free(scribe);
}
