// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Built without libsystemd: nobody to tell. */
#include "knetd/notify.h"

void knd_notify_ready(void)
{
}

void knd_notify_reloading(void)
{
}

void knd_notify_stopping(void)
{
}

void knd_notify_watchdog(void)
{
}

uint64_t knd_notify_watchdog_ns(void)
{
	return 0;
}

void knd_notify_journal(int priority, const char *text)
{
	(void)priority;
	(void)text;
}

bool knd_notify_has_journal(void)
{
	return false;
}
