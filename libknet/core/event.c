// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The ring of events, and the log lines they make. Control only. The ring answers "why did this
 * happen" long after the log has been rotated away.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/engine.h"

void kn_event(struct kn_engine *e, enum knet_event_kind kind, enum knet_log_level level,
	      const struct kn_host *host, const struct kn_link *link, const char *fmt, ...)
{
	struct knet_event *ev = &e->events[e->event_seq % KN_EVENT_RING];
	va_list ap;

	memset(ev, 0, sizeof(*ev));
	ev->seq = ++e->event_seq;
	ev->realtime_ns = e->io->realtime(e->io_ctx);
	ev->kind = kind;
	ev->level = level;
	ev->peer = host == NULL ? 0 : host->id;
	ev->link = link == NULL ? KNET_LINK_NONE : link->idx;
	va_start(ap, fmt);
	vsnprintf(ev->text, sizeof(ev->text), fmt, ap);
	va_end(ap);

	const char *word = knet_event_kind_name(kind);

	if (link != NULL)
		kn_log_printf(&e->log, level, word, "peer %s link %u: %s", host->name, link->idx,
			      ev->text);
	else if (host != NULL)
		kn_log_printf(&e->log, level, word, "peer %s: %s", host->name, ev->text);
	else
		kn_log_printf(&e->log, level, word, "%s", ev->text);
}
