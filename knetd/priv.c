// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Least privilege. The daemon stays root, so that it can read its own files of mode 0600 and be
 * told from everybody else, but root without powers: CAP_NET_ADMIN for TAPs, their addresses and
 * MTU, CAP_NET_BIND_SERVICE for ports below 1024. Its threads may have the lowest of real-time
 * priorities (urgent.h): by a limit, or where that cannot be set by CAP_SYS_NICE. Started without a
 * capability, it does without.
 */
#include "knetd/priv.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cap-ng.h>

void knd_priv_harden(void)
{
	const struct rlimit none = {0, 0};

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &none);
}

/* True if the limit is set, by us or by who has started us. */
static bool realtime_allow(void)
{
	const struct rlimit lowest = {1, 1};
	struct rlimit now;

	return (getrlimit(RLIMIT_RTPRIO, &now) == 0 && now.rlim_cur > 0) ||
	       setrlimit(RLIMIT_RTPRIO, &lowest) == 0;
}

int knd_priv_drop(void)
{
	static const unsigned int wanted[] = {CAP_NET_ADMIN, CAP_NET_BIND_SERVICE, CAP_SYS_NICE};
	const capng_type_t where = CAPNG_EFFECTIVE | CAPNG_PERMITTED;
	enum { CNT = sizeof(wanted) / sizeof(wanted[0]) };
	const bool has_limit = realtime_allow();
	bool has[CNT], may_bound;

	if (capng_get_caps_process() < 0)
		return -EIO;
	for (unsigned int i = 0; i < CNT; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, wanted[i]) &&
			 !(wanted[i] == CAP_SYS_NICE && has_limit);
	may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned int i = 0; i < CNT; i++)
		if (has[i] && capng_update(CAPNG_ADD, where | CAPNG_BOUNDING_SET, wanted[i]) < 0)
			return -EIO;
	if (capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
