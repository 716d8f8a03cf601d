/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_TWINS_H
#define KN_LIVE_TWINS_H

#include "core/engine.h"

/* A peer has proven its key, by a msg1 or by a msg2 that came on a link from an address, and a
 * session begins: warns if it looks as if two hosts are this peer. Before the session replaces the
 * one there is. */
void kn_twins_note(struct kn_engine *e, struct kn_host *h, unsigned int link,
		   const union kn_addr *from);

#endif
