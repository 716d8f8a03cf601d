/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* What a change of the configuration would mean for traffic. */
#ifndef KNETD_IMPACT_H
#define KNETD_IMPACT_H

#include "knetd/cmd/config.h"

struct knd_impact {
	unsigned int handshakes;  /* peers that would have to shake hands again */
	unsigned int traffic;     /* objects whose traffic stops or takes another way */
	char handshake_text[256]; /* who: "none", "nodeB", "all 3 peers of knet0" */
	char traffic_text[256];
};

/* Of going from one to the other; the same rules as applying it has. */
void knd_impact(const struct kcl_config *from, const struct kcl_config *to, struct knd_impact *out);

#endif
