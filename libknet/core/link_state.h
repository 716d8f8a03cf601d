/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_LINK_STATE_H
#define KN_CORE_LINK_STATE_H

#include "knet.h"

/* What can happen to a link of a peer. */
enum kn_link_event {
	KN_LE_REPLY,   /* a probe was answered */
	KN_LE_PROVEN,  /* answered pong_count times in a row */
	KN_LE_OVERDUE, /* a probe is not answered in the time the link's RTT allows */
	KN_LE_TIMEOUT, /* no answer for the configured timeout */
	KN_LE_LOST,    /* local carrier or address gone, hard send error */
	KN_LE_DEAF,    /* the peer says it no longer hears us here */
	KN_LE_RESET,   /* session ended, remote address changed */
	KN_LE_DISABLE,
	KN_LE_ENABLE,
	KN_LE_COUNT
};

const char *kn_link_event_name(enum kn_link_event ev);

/* The state after ev in state from: the whole state machine, one table. Pure. */
enum knet_link_state kn_link_state_next(enum knet_link_state from, enum kn_link_event ev);

#endif
