// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The names of what the public header enumerates, as the configuration file,
 * the command line and the rows of show commands write them.
 *
 * Constant tables and nothing else: any thread may ask. A value outside its
 * enumeration gets "?", so that a caller may print what it was handed without
 * checking it first.
 */
#include "knet.h"

#include <assert.h>

#define NAME_COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const suite_names[] = {
	[KNET_SUITE_AES256_GCM] = "aes256-gcm",
	[KNET_SUITE_AES128_GCM] = "aes128-gcm",
	[KNET_SUITE_CHACHA20_POLY1305] = "chacha20-poly1305",
};
static_assert(NAME_COUNT(suite_names) == KNET_SUITE_COUNT, "a suite lacks its name");

static const char *const offload_names[] = {
	[KNET_OFFLOAD_VNET_HDR] = "vnet-hdr",       [KNET_OFFLOAD_TAP_TSO] = "tap-tso",
	[KNET_OFFLOAD_TAP_USO] = "tap-uso",         [KNET_OFFLOAD_TAP_BATCH] = "tap-batch",
	[KNET_OFFLOAD_UDP_SEGMENT] = "udp-segment", [KNET_OFFLOAD_UDP_GRO] = "udp-gro",
};
static_assert(NAME_COUNT(offload_names) == KNET_OFFLOAD_COUNT, "an offload lacks its name");

static const char *const policy_names[] = {
	[KNET_POLICY_PASSIVE] = "passive",
	[KNET_POLICY_ACTIVE] = "active",
	[KNET_POLICY_ROUND_ROBIN] = "round-robin",
	[KNET_POLICY_BALANCE] = "balance",
};
static_assert(NAME_COUNT(policy_names) == KNET_POLICY_COUNT, "a policy lacks its name");

static const char *const roaming_names[] = {
	[KNET_ROAMING_AUTO] = "auto",
	[KNET_ROAMING_PINNED] = "pinned",
	[KNET_ROAMING_NAT] = "nat",
	[KNET_ROAMING_ROAM] = "roam",
};
static_assert(NAME_COUNT(roaming_names) == KNET_ROAMING_COUNT, "a roaming mode lacks its name");

static const char *const link_state_names[] = {
	[KNET_LINK_DISABLED] = "disabled", [KNET_LINK_DOWN] = "down",
	[KNET_LINK_INIT] = "init",         [KNET_LINK_UP] = "up",
	[KNET_LINK_SUSPECT] = "suspect",
};
static_assert(NAME_COUNT(link_state_names) == KNET_LINK_STATE_COUNT, "a link state lacks its name");

static const char *const peer_state_names[] = {
	[KNET_PEER_NEVER] = "never",
	[KNET_PEER_DOWN] = "down",
	[KNET_PEER_DEGRADED] = "degraded",
	[KNET_PEER_UP] = "up",
};
static_assert(NAME_COUNT(peer_state_names) == KNET_PEER_STATE_COUNT, "a peer state lacks its name");

static const char *const event_kind_names[] = {
	[KNET_EVENT_LINK_UP] = "link-up",
	[KNET_EVENT_LINK_DOWN] = "link-down",
	[KNET_EVENT_LINK_SUSPECT] = "link-suspect",
	[KNET_EVENT_FAILOVER] = "failover",
	[KNET_EVENT_PEER_UP] = "peer-up",
	[KNET_EVENT_PEER_DOWN] = "peer-down",
	[KNET_EVENT_HANDSHAKE] = "handshake",
	[KNET_EVENT_REKEY] = "rekey",
	[KNET_EVENT_MAC_MOVE] = "mac-move",
	[KNET_EVENT_LOCAL_LINK] = "local-link",
	[KNET_EVENT_LINK_LOSS] = "link-loss",
	[KNET_EVENT_PATH_MTU] = "path-mtu",
	[KNET_EVENT_STORM] = "storm",
	[KNET_EVENT_LINK_MOVED] = "link-moved",
};
static_assert(NAME_COUNT(event_kind_names) == KNET_EVENT_KIND_COUNT, "an event lacks its name");

static const char *name_of(const char *const *names, unsigned int count, unsigned int value)
{
	return value < count && names[value] ? names[value] : "?";
}

const char *knet_suite_name(enum knet_suite suite)
{
	return name_of(suite_names, KNET_SUITE_COUNT, suite);
}

const char *knet_offload_name(enum knet_offload offload)
{
	return name_of(offload_names, KNET_OFFLOAD_COUNT, offload);
}

const char *knet_policy_name(enum knet_policy policy)
{
	return name_of(policy_names, KNET_POLICY_COUNT, policy);
}

const char *knet_roaming_name(enum knet_roaming roaming)
{
	return name_of(roaming_names, KNET_ROAMING_COUNT, roaming);
}

const char *knet_link_state_name(enum knet_link_state state)
{
	return name_of(link_state_names, KNET_LINK_STATE_COUNT, state);
}

const char *knet_peer_state_name(enum knet_peer_state state)
{
	return name_of(peer_state_names, KNET_PEER_STATE_COUNT, state);
}

const char *knet_event_kind_name(enum knet_event_kind kind)
{
	return name_of(event_kind_names, KNET_EVENT_KIND_COUNT, kind);
}
