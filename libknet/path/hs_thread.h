/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_HS_THREAD_H
#define KN_PATH_HS_THREAD_H

#include <stdbool.h>

struct kn_hs_job;
struct kn_hs_thread;

/* The thread that does the Diffie-Hellman of all handshakes of a handle, one job after the other.
 * 0, or -errno if it cannot be started. */
int kn_hs_thread_new(struct kn_hs_thread **out) __attribute__((warn_unused_result));
/* Ends the thread; jobs that wait are wiped. */
void kn_hs_thread_free(struct kn_hs_thread *t);
/* A counter of jobs done: to be watched for edges, nobody reads it. */
int kn_hs_thread_fd(const struct kn_hs_thread *t);
/* Consumes the job if it returns true; false: too many wait. Control. */
bool kn_hs_thread_submit(struct kn_hs_thread *t, struct kn_hs_job *job);
/* All jobs that are done, oldest first, or NULL. Control. */
struct kn_hs_job *kn_hs_thread_done(struct kn_hs_thread *t);

#endif
