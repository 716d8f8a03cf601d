/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* Where log lines go. Lines are written with qb_log(LOG_..., "subject: text"). */
#ifndef KNETD_LOG_H
#define KNETD_LOG_H

#include <stdbool.h>

#include "knet.h"

/* Logs to stderr, or to syslog. Returns 0 or -errno. */
__attribute__((warn_unused_result)) int knd_log_init(bool to_stderr);
void knd_log_fini(void);
/* What is worth a line; enum kcl_log_level. */
void knd_log_level_set(unsigned int level);
/* Takes the engine's lines; `ctx` is the interface, a struct knd_iface. */
void knd_log_engine(void *ctx, enum knet_log_level level, const char *subsystem, const char *text);

#endif
