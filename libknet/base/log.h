/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_LOG_H
#define KN_BASE_LOG_H

#include "knet.h"

/* Where log lines go. fn may be NULL. Control thread only. */
struct kn_log {
	knet_log_fn fn;
	void *ctx;
};

void kn_log_printf(const struct kn_log *log, enum knet_log_level level, const char *subsystem,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
