// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Formats a line and hands it to the sink of the program that uses the library. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void kn_log_printf(const struct kn_log *log, enum knet_log_level level, const char *subsystem,
		   const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (log->fn == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log->fn(log->ctx, level, subsystem, text);
}
