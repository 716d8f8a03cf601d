/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_POLICY_H
#define KN_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "knet.h"

/* What a policy knows of one link. */
struct kn_policy_link {
	enum knet_link_state state;
	uint8_t priority;       /* higher is better */
	bool usable;            /* an address to send to, and a socket to send from */
	bool lossy;             /* above the loss threshold: behind every clean link */
	uint16_t loss_permille; /* that made it lossy */
	bool on_hold;           /* recently failed: not yet taken in place of a good one */
	uint32_t rtt_us;        /* 0: unknown */
};

/*
 * Which links a peer's traffic leaves on, as a bit each, given those in use now (`current`). Never
 * empties while any link might work: without an up link a suspect one is kept, then one that is
 * just coming up. Pure.
 */
uint8_t kn_policy_pick(enum knet_policy policy, const struct kn_policy_link links[KNET_MAX_LINKS],
		       uint8_t current);

/*
 * On which links that which is sent arrives, as far as is known: those of the best state there is,
 * up before suspect before init. While another link works, a suspect one is not among them; while
 * none does, suspicion alone is no reason to send anything again. Pure.
 */
uint8_t kn_policy_good(const struct kn_policy_link links[KNET_MAX_LINKS]);

#endif
