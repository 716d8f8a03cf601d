/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* "1 peer", "2 peers": behind the word that is counted, as "%u peer%s". */
#ifndef KNETD_CMD_PLURAL_H
#define KNETD_CMD_PLURAL_H

static inline const char *knd_plural(unsigned long long cnt)
{
	return cnt == 1 ? "" : "s";
}

#endif
