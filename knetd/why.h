/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The reason of a failure, one sentence for the operator, carried up and printed once. */
#ifndef KNETD_WHY_H
#define KNETD_WHY_H

struct knd_why {
	char text[512]; /* no full stop, no newline */
};

/* Sets the reason and returns `rc`: `return knd_why_say(why, -EINVAL, "...")`. */
__attribute__((format(printf, 3, 4))) int knd_why_say(struct knd_why *why, int rc, const char *fmt,
						      ...);

#endif
