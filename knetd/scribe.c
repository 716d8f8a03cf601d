// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A queue of orders and one thread that carries them out. The thread touches nothing but the
 * orders: it logs nothing, and what has failed is kept for the control thread to ask. Everything
 * between the two is under one mutex, which is never held while the disk works.
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

#include "knetd/disk.h"
#include "knetd/save.h"

#define PENDING_MAX (64u << 20) /* bytes that wait; beyond it control waits, too */

struct order {
	struct order *next;
	char *path;
	char *text; /* NULL: remove the file */
	size_t len;
};

struct knd_scribe {
	pthread_t thread;
	bool has_thread; /* control: rw */
	pthread_mutex_t lock;
	pthread_cond_t has_order, has_room;
	/* Under the lock: */
	struct order *first, **last;
	size_t pending; /* bytes of all of them, with the one in work */
	bool is_ending;
	int failed; /* errno of the first failure that nobody has asked for, 0: none */
	char failed_path[PATH_MAX];
};

struct knd_scribe *knd_scribe_new(void)
{
	struct knd_scribe *scribe = calloc(1, sizeof(*scribe));

	if (!scribe)
		return NULL;
	scribe->last = &scribe->first;
	pthread_mutex_init(&scribe->lock, NULL);
	pthread_cond_init(&scribe->has_order, NULL);
	pthread_cond_init(&scribe->has_room, NULL);
	return scribe;
}

static void order_free(struct order *order)
{
	free(order->path);
	free(order->text);
	free(order);
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

static int file_write(const struct order *order)
{
	char temp[PATH_MAX];
	int fd, rc;

	if (snprintf(temp, sizeof(temp), "%s.new", order->path) >= (int)sizeof(temp))
		return -ENAMETOOLONG;
	fd = temp_open(temp);
	if (fd < 0)
		return fd;
	rc = knd_disk_write(fd, order->text, order->len);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temp, order->path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(temp);
	return rc < 0 ? rc : knd_directory_sync(order->path);
}

static int order_do(const struct order *order)
{
	if (order->text)
		return file_write(order);
	return unlink(order->path) < 0 && errno != ENOENT ? -errno : 0;
}

/* The next order, or NULL at the end. Called and left with the lock. */
static struct order *order_take(struct knd_scribe *scribe)
{
	struct order *order;

	while (!scribe->first && !scribe->is_ending)
		pthread_cond_wait(&scribe->has_order, &scribe->lock);
	order = scribe->first;
	if (!order)
		return NULL;
	scribe->first = order->next;
	if (!scribe->first)
		scribe->last = &scribe->first;
	return order;
}

static void *work(void *arg)
{
	struct knd_scribe *scribe = arg;
	struct order *order;
	int rc;

	pthread_mutex_lock(&scribe->lock);
	while ((order = order_take(scribe))) {
		pthread_mutex_unlock(&scribe->lock);
		rc = order_do(order);
		pthread_mutex_lock(&scribe->lock);
		if (rc < 0 && !scribe->failed) {
			scribe->failed = -rc;
			snprintf(scribe->failed_path, sizeof(scribe->failed_path), "%s",
				 order->path);
		}
		scribe->pending -= order->len;
		pthread_cond_signal(&scribe->has_room);
		order_free(order);
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

static int order_give(struct knd_scribe *scribe, char *path, char *text, size_t len)
{
	struct order *order = calloc(1, sizeof(*order));
	int rc = order && path ? thread_start(scribe) : -ENOMEM;

	if (rc < 0) {
		free(order);
		free(path);
		free(text);
		return rc;
	}
	*order = (struct order){.path = path, .text = text, .len = len};
	pthread_mutex_lock(&scribe->lock);
	while (scribe->pending > PENDING_MAX)
		pthread_cond_wait(&scribe->has_room, &scribe->lock);
	*scribe->last = order;
	scribe->last = &order->next;
	scribe->pending += len;
	pthread_cond_signal(&scribe->has_order);
	pthread_mutex_unlock(&scribe->lock);
	return 0;
}

int knd_scribe_write(struct knd_scribe *scribe, char *path, char *text, size_t len)
{
	return order_give(scribe, path, text, len);
}

int knd_scribe_remove(struct knd_scribe *scribe, char *path)
{
	return order_give(scribe, path, NULL, 0);
}

int knd_scribe_failure(struct knd_scribe *scribe, struct knd_why *why)
{
	int rc;

	pthread_mutex_lock(&scribe->lock);
	rc = -scribe->failed;
	if (rc < 0)
		knd_why_say(why, rc, "%s: %s", scribe->failed_path, strerror(-rc));
	scribe->failed = 0;
	pthread_mutex_unlock(&scribe->lock);
	return rc;
}

void knd_scribe_free(struct knd_scribe *scribe)
{
	if (!scribe)
		return;
	pthread_mutex_lock(&scribe->lock);
	scribe->is_ending = true;
	pthread_cond_signal(&scribe->has_order);
	pthread_mutex_unlock(&scribe->lock);
	if (scribe->has_thread)
		pthread_join(scribe->thread, NULL);
	pthread_cond_destroy(&scribe->has_room);
	pthread_cond_destroy(&scribe->has_order);
	pthread_mutex_destroy(&scribe->lock);
	free(scribe);
}
