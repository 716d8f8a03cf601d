// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Errors with the storage of their strings: the language and the session point into it until the
 * frame is packed. Control thread only.
 */
#include "knetd/ctl/lang.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void knd_fault_say(struct knd_fault *fault, enum kcp_status code, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	fault->err = (struct kcp_error){.code = (uint16_t)code};
	fault->used = 0;
	fault->err.message = knd_fault_keep(fault, message);
}

const char *knd_fault_keep(struct knd_fault *fault, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = fault->text + fault->used;

	if (size > sizeof(fault->text) - fault->used)
		return "";
	memcpy(copy, text, size);
	fault->used += size;
	return copy;
}
