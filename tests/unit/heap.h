/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KNET_TESTS_UNIT_HEAP_H
#define KNET_TESTS_UNIT_HEAP_H

#include <stddef.h>

/* Bytes that the program itself (not the libraries it uses) has allocated and not freed, with what
 * malloc() rounds up and its own 8 bytes for each. The program is linked with the --wrap options of
 * unit.mk. Several threads may allocate at once. */
size_t heap_used(void);

#endif
