// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What a person at a terminal is greeted with: the banner of the configuration, as notices behind
 * the answer to HELLO. Scripts get none. Control thread only.
 */
#include "knetd/ctl/session_internal.h"

static void line_send(void *arg, const char *line)
{
	struct knd_session *s = arg;
	struct kcp_buf buf = knd_session_buf(s);

	knd_outq_add(&s->q, buf.data, kcp_pack_notice(&buf, line));
}

void knd_session_greet(struct knd_session *s)
{
	if (s->is_tty && s->ops->banner)
		s->ops->banner(s->daemon, line_send, s);
}
