// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Keys as text: whatever is accepted must be the one way to write that key.
 */
#include "tests/fuzz/fuzz.h"

#include "crypto/identity.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[TEXT_MAX + 1], again[KN_KEY_TEXT_LEN + 1];
	uint8_t key[32];

	len = len < TEXT_MAX ? len : TEXT_MAX;
	memcpy(text, data, len);
	text[len] = '\0';
	if (kn_key_parse(text, key))
		return 0;
	kn_key_format(key, again);
	if (strcmp(text, again) != 0)
		abort();
	return 0;
}
