/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Where log lines go. Lines are written with qb_log(LOG_..., "subsystem: text"); each subsystem is
 * in knd_log_subsystems[].
 */
#ifndef KNETD_LOG_H
#define KNETD_LOG_H

#include <stdbool.h>

#include "knet.h"
#include "knetd/cmd/config.h"
#include "knetd/ring.h"
#include "knetd/why.h"

/* Logs to stderr, or to syslog. Returns 0 or -errno. */
__attribute__((warn_unused_result)) int knd_log_init(bool to_stderr);
void knd_log_fini(void);
/*
 * Where lines go and what is worth one, as a configuration says. Returns 0, or -errno with `why`:
 * then nothing has changed. Also opens the file anew, which may have been moved away.
 */
__attribute__((warn_unused_result)) int knd_log_set(const struct kcl_config *config,
						    struct knd_why *why);
/* Takes the engine's lines; `ctx` is the interface, a struct knd_iface. */
void knd_log_engine(void *ctx, enum knet_log_level level, const char *subsystem, const char *text);

/* The lines of the last while. */
const struct knd_ring *knd_log_ring(void);
/* Called behind each line; NULL: nobody. */
void knd_log_watch(void (*on_line)(void *arg), void *arg);
/* "stderr", "journal" or "syslog". */
const char *knd_log_target(void);
unsigned int knd_log_level(void);

/* A subsystem whose lines can be chosen by themselves. */
struct knd_log_subsystem {
	const char *name;
	const char *meaning;
	unsigned int level; /* `debug`: lines up to this are worth it; enum kcl_log_level */
	uint64_t until_ns;  /* CLOCK_MONOTONIC; 0: `debug` is off */
};

/*
 * Lets lines of a subsystem ("all": of each) through up to `level` for so many seconds; 0 ends it.
 * Returns 0, or -ENOENT.
 */
__attribute__((warn_unused_result)) int knd_log_debug(const char *subsystem, unsigned int level,
						      unsigned int seconds);
/* The next subsystem in order, from 0; NULL behind the last one. */
const struct knd_log_subsystem *knd_log_subsystem(size_t i);
/* Ends what is over. Called once in a while, so that nothing stays on by itself. */
void knd_log_expire(void);

#endif
