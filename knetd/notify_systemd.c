// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* The service manager is systemd. Control thread only. */
#include "knetd/notify.h"

#include <stdio.h>
#include <time.h>

#include <systemd/sd-daemon.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

void knd_notify_ready(void)
{
	sd_notify(0, "READY=1");
}

void knd_notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)now.tv_sec * 1000000 +
			   (unsigned long long)now.tv_nsec / 1000);
}

void knd_notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

void knd_notify_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

uint64_t knd_notify_watchdog_ns(void)
{
	uint64_t usec;

	return sd_watchdog_enabled(0, &usec) > 0 ? usec * 1000 : 0;
}

void knd_notify_journal(int priority, const char *text)
{
	sd_journal_send("PRIORITY=%i", priority, "SYSLOG_IDENTIFIER=knetd", "MESSAGE=%s", text,
			NULL);
}

bool knd_notify_has_journal(void)
{
	return true;
}
