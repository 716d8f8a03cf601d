// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The handshake thread: a queue of jobs in, a queue of jobs out, one lock for both (leaf; control
 * and this thread only, never a worker). Bounded, so a flood of handshakes costs a fixed amount of
 * memory and never more than one core.
 */
#include "path/hs_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "live/hs_job.h"

#define QUEUE_MAX 256

struct queue {
	struct kn_hs_job *head;
	struct kn_hs_job **tail;
	unsigned int cnt;
};

struct kn_hs_thread {
	pthread_t thread;
	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t has_work;
	struct queue todo, done;
	bool is_ending;
	int fd;
};

static void queue_init(struct queue *q)
{
	*q = (struct queue){.tail = &q->head};
}

static void queue_add(struct queue *q, struct kn_hs_job *job)
{
	job->next = NULL;
	*q->tail = job;
	q->tail = &job->next;
	q->cnt++;
}

static struct kn_hs_job *queue_take(struct queue *q)
{
	struct kn_hs_job *job = q->head;

	q->head = job->next;
	if (q->head == NULL)
		q->tail = &q->head;
	q->cnt--;
	return job;
}

static void fd_signal(int fd)
{
	uint64_t one = 1;

	/* Fails only when the counter is about to overflow: it is readable then, too. */
	(void)!write(fd, &one, sizeof(one));
}

static void *thread_main(void *arg)
{
	struct kn_hs_thread *t = arg;

	pthread_mutex_lock(&t->lock);
	while (!t->is_ending) {
		if (t->todo.head == NULL) {
			pthread_cond_wait(&t->has_work, &t->lock);
			continue;
		}
		struct kn_hs_job *job = queue_take(&t->todo);

		pthread_mutex_unlock(&t->lock);
		kn_hs_job_run(job);
		pthread_mutex_lock(&t->lock);
		queue_add(&t->done, job);
		fd_signal(t->fd);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Signals are the program's business, not our threads'. */
static int thread_start(struct kn_hs_thread *t)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&t->thread, NULL, thread_main, t);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err == 0)
		pthread_setname_np(t->thread, "knet-handshake");
	return -err;
}

int kn_hs_thread_new(struct kn_hs_thread **out)
{
	struct kn_hs_thread *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	queue_init(&t->todo);
	queue_init(&t->done);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->has_work, NULL);
	t->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int err = t->fd < 0 ? -errno : thread_start(t);

	if (err == 0) {
		*out = t;
		return 0;
	}
	if (t->fd >= 0)
		close(t->fd);
	pthread_cond_destroy(&t->has_work);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return err;
}

static void queue_free(struct queue *q)
{
	while (q->head != NULL)
		kn_hs_job_free(queue_take(q));
}

void kn_hs_thread_free(struct kn_hs_thread *t)
{
	pthread_mutex_lock(&t->lock);
	t->is_ending = true;
	pthread_cond_signal(&t->has_work);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	queue_free(&t->todo);
	queue_free(&t->done);
	close(t->fd);
	pthread_cond_destroy(&t->has_work);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

int kn_hs_thread_fd(const struct kn_hs_thread *t)
{
	return t->fd;
}

bool kn_hs_thread_submit(struct kn_hs_thread *t, struct kn_hs_job *job)
{
	pthread_mutex_lock(&t->lock);
	bool has_room = t->todo.cnt < QUEUE_MAX;

	if (has_room) {
		queue_add(&t->todo, job);
		pthread_cond_signal(&t->has_work);
	}
	pthread_mutex_unlock(&t->lock);
	return has_room;
}

struct kn_hs_job *kn_hs_thread_done(struct kn_hs_thread *t)
{
	pthread_mutex_lock(&t->lock);
	struct kn_hs_job *jobs = t->done.head;

	queue_init(&t->done);
	pthread_mutex_unlock(&t->lock);
	return jobs;
}
