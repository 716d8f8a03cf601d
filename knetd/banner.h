/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* What a terminal is greeted with. Control thread only. */
#ifndef KNETD_BANNER_H
#define KNETD_BANNER_H

#include "knetd/cmd/config.h"

/* The configuration's line, then those of its file, at most a screen. */
void knd_banner_emit(const struct kcl_config *config, void (*emit)(void *arg, const char *text),
		     void *arg);

#endif
