// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Reasons of failures. A function that fails because of something that the operator can mend says
 * what, once, where it knows the object and the expectation; everybody above only hands it on.
 * Stateless.
 */
#include "knetd/why.h"

#include <stdarg.h>
#include <stdio.h>

int knd_why_say(struct knd_why *why, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return rc;
}
