/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KNET_TESTS_FUZZ_H
#define KNET_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* One input, borrowed for the call. Returns 0; whatever is wrong aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
