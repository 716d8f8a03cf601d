// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The state machine of a link, as a table (docs/protocol.md, section 5). Suspicion is cheap and
 * reversible: traffic moves, nothing is torn down. Only the configured timeout, or the end of the
 * session, brings a link down. Pure, any thread; the one place that changes a link's state is
 * kn_live_link_event().
 */
#include "core/link_state.h"

#include <assert.h>

#define DIS KNET_LINK_DISABLED
#define DWN KNET_LINK_DOWN
#define INI KNET_LINK_INIT
#define UP_ KNET_LINK_UP
#define SUS KNET_LINK_SUSPECT

static const unsigned char next[KNET_LINK_STATE_COUNT][KN_LE_COUNT] = {
	/*		     REPLY PROVEN OVERDUE TIMEOUT LOST DEAF RESET DISABLE ENABLE */
	[KNET_LINK_DISABLED] = {DIS, DIS, DIS, DIS, DIS, DIS, DIS, DIS, DWN},
	[KNET_LINK_DOWN] = {INI, UP_, DWN, DWN, DWN, DWN, DWN, DIS, DWN},
	[KNET_LINK_INIT] = {INI, UP_, INI, DWN, DWN, INI, DWN, DIS, INI},
	[KNET_LINK_UP] = {UP_, UP_, SUS, DWN, SUS, SUS, DWN, DIS, UP_},
	[KNET_LINK_SUSPECT] = {UP_, UP_, SUS, DWN, SUS, SUS, DWN, DIS, SUS},
};

static const char *const event_names[] = {
	[KN_LE_REPLY] = "reply",     [KN_LE_PROVEN] = "proven",   [KN_LE_OVERDUE] = "overdue",
	[KN_LE_TIMEOUT] = "timeout", [KN_LE_LOST] = "lost",       [KN_LE_DEAF] = "deaf",
	[KN_LE_RESET] = "reset",     [KN_LE_DISABLE] = "disable", [KN_LE_ENABLE] = "enable",
};
static_assert(sizeof(event_names) / sizeof(event_names[0]) == KN_LE_COUNT,
	      "an event lacks its name");

const char *kn_link_event_name(enum kn_link_event ev)
{
	return event_names[ev];
}

enum knet_link_state kn_link_state_next(enum knet_link_state from, enum kn_link_event ev)
{
	return (enum knet_link_state)next[from][ev];
}
