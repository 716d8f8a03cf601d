// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What unit tests need around an engine that is there for its memory, its configuration or its
 * timers. Whoever needs a network has the simulation.
 */
#include "tests/unit/lone_engine.h"

#include "base/clock.h"
#include "crypto/crypto.h"
#include "live/engine.h"

static int io_send(void *ctx, unsigned int link, const union kn_addr *to, const uint8_t *buf,
		   size_t len)
{
	(void)ctx;
	(void)link;
	(void)to;
	(void)buf;
	(void)len;
	return 0;
}

static bool io_refuse(void *ctx, struct kn_hs_job *job)
{
	(void)ctx;
	(void)job;
	return false;
}

static bool io_is_unread(void *ctx, unsigned int link, uint64_t since_ns)
{
	(void)ctx;
	(void)link;
	(void)since_ns;
	return false;
}

static uint64_t io_realtime(void *ctx)
{
	(void)ctx;
	return KN_SEC;
}

static void rng_fill(void *ctx, void *out, size_t len)
{
	static uint64_t state = 1;
	uint8_t *to = out;

	(void)ctx;
	for (size_t i = 0; i < len; i++) {
		state = state * 6364136223846793005U + 1442695040888963407U;
		to[i] = (uint8_t)(state >> 56);
	}
}

struct kn_engine *lone_engine_new(const struct lone_engine *lone)
{
	static struct kn_io io;
	static const uint8_t secret[KNET_SECRET_LEN] = "secret";
	struct knet_params params = {.host_id = lone->host_id, .secret = secret};

	io = (struct kn_io){.send = io_send,
			    .submit = lone->submit != NULL ? lone->submit : io_refuse,
			    .is_unread = io_is_unread,
			    .realtime = io_realtime};
	rcu_register_thread();
	if (kn_crypto_init() != 0)
		return NULL;
	return kn_engine_new(&(struct kn_engine_setup){.params = &params,
						       .io = &io,
						       .rng = {.fill = rng_fill},
						       .aead = kn_aead_backend_pick("nss"),
						       .now = lone->now});
}

void lone_engine_free(struct kn_engine *e)
{
	kn_engine_free(e);
	kn_crypto_fini();
	rcu_unregister_thread();
}
