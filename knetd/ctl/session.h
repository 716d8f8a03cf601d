/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * One client's session: frames in, frames out, no sockets. The server moves the bytes; a fuzzer
 * can do it as well. Control thread only.
 */
#ifndef KNETD_CTL_SESSION_H
#define KNETD_CTL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "knetd/ctl/outq.h"
#include "knetd/ctl/server.h"

struct knd_session;

/* Returns a session that waits for HELLO, or NULL without memory. Copies `who`. */
struct knd_session *knd_session_new(const struct knd_ctl_ops *ops, void *daemon,
				    const struct knd_who *who);
/* Ends every command that still runs. NULL is allowed. */
void knd_session_free(struct knd_session *s);

/*
 * Takes one received record. Returns 0, or -errno if the client broke the protocol and must be
 * cut off once the output queue is empty.
 */
__attribute__((warn_unused_result)) int knd_session_input(struct knd_session *s, const void *data,
							  size_t len);
/* True if a command has more to say and the queue is short enough to let it. */
bool knd_session_can_step(const struct knd_session *s);
/* Lets the next command emit up to 256 rows. */
void knd_session_step(struct knd_session *s);
/* True if a command waits for something to happen. */
bool knd_session_is_waiting(const struct knd_session *s);
/* Something may have happened: commands that wait look again. */
void knd_session_wake(struct knd_session *s);
/* How long commands that wait may be left alone, `most` at most. */
uint64_t knd_session_wait_ns(const struct knd_session *s, uint64_t most);
/* True while commands run that do not wait, whether or not they can step now. */
bool knd_session_is_busy(const struct knd_session *s);
/* True if the queue is short enough to read further requests. */
bool knd_session_can_read(const struct knd_session *s);
/* True after a valid HELLO. */
bool knd_session_is_greeted(const struct knd_session *s);
/* True if the client is a person at a terminal. */
bool knd_session_is_tty(const struct knd_session *s);
/* Tells the client of its prompt, if that has changed since it was told last. */
void knd_session_refresh(struct knd_session *s, uint32_t req);
/* What is to be sent. The server pops what it has sent. */
struct knd_outq *knd_session_outq(struct knd_session *s);
const struct knd_who *knd_session_who(const struct knd_session *s);

#endif
