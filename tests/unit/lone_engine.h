/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KNET_TESTS_UNIT_LONE_ENGINE_H
#define KNET_TESTS_UNIT_LONE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

struct kn_engine;
struct kn_hs_job;

struct lone_engine {
	uint16_t host_id;
	uint64_t now;
	/* Takes a handshake in place of the thread; NULL: the thread has no room for any. */
	bool (*submit)(void *ctx, struct kn_hs_job *job);
};

/* An engine that is alone in the world: its datagrams vanish, nothing waits in its sockets, and its
 * chance is the same each time. The calling thread becomes control. NULL: no working cryptography,
 * or no memory. */
struct kn_engine *lone_engine_new(const struct lone_engine *lone);
/* The calling thread is no control any more. */
void lone_engine_free(struct kn_engine *e);

#endif
