// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Named stories.
 */
#include "tests/sim/run.h"

const struct sim_case sim_cases[] = {
	{0},
};
