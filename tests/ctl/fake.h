/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* A daemon of two values and three commands, for tests of the session without the engine. */
#ifndef KNET_TESTS_CTL_FAKE_H
#define KNET_TESTS_CTL_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "knetd/ctl/server.h"

struct kcl_config {
	char hostname[64];
	unsigned long value; /* over 1000: the daemon refuses to commit */
};

struct fake_daemon {
	struct kcl_config *running;
	uint64_t generation;
	unsigned int opened; /* commands called for the first time */
	unsigned int closed; /* and closed */
	bool is_inside;      /* the session was let into the configuration, and has not left it */
	unsigned int gone;   /* connections that have ended */
	unsigned int faults; /* the session said what cannot be */
};

extern const struct knd_ctl_ops fake_ops;

/* Sets up a running configuration; returns 0 or -errno. */
int fake_daemon_init(struct fake_daemon *fake);
void fake_daemon_fini(struct fake_daemon *fake);

unsigned long fake_args_number(const struct kcl_args *args);

#endif
