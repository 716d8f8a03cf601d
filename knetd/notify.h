/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* What the service manager is told; nothing where there is none, or built without libsystemd. */
#ifndef KNETD_NOTIFY_H
#define KNETD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

void knd_notify_ready(void);
void knd_notify_reloading(void);
void knd_notify_stopping(void);
/* We are alive. */
void knd_notify_watchdog(void);
/* Time after which the manager thinks us dead, 0: it does not look. */
uint64_t knd_notify_watchdog_ns(void);

/* False if there is no journal to be had. */
bool knd_notify_has_journal(void);
/* One line for the journal. */
void knd_notify_journal(int priority, const char *text);

#endif
