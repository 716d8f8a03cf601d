// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* The table of counter names, made from the list in the header. Constant, any thread. */
#include "core/counters.h"

static const struct {
	const char *name;
	const char *meaning;
	int is_error;
} table[KN_C_COUNT] = {
#define KN_COUNTER_ROW(id, n, err, text) \
	[KN_C_##id] = {.name = n, .meaning = text, .is_error = err},
	KN_COUNTERS(KN_COUNTER_ROW)
#undef KN_COUNTER_ROW
};

const char *kn_counter_name(enum kn_counter id)
{
	return table[id].name;
}

const char *kn_counter_meaning(enum kn_counter id)
{
	return table[id].meaning;
}

int kn_counter_is_error(enum kn_counter id)
{
	return table[id].is_error;
}
