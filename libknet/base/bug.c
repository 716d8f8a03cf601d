// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* The end of the road: called where the code contradicts itself. Any thread. */
#include "base/bug.h"

#include <stdio.h>
#include <stdlib.h>

void kn_bug_at(const char *file, int line, const char *what)
{
	fprintf(stderr, "libknet: BUG at %s:%d: %s\n", file, line, what);
	abort();
}
