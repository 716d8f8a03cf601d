// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Files of the archive: any text, whole or cut, and what was written with names and comments of any
 * kind is read as what it was, but for what cannot stand in a line.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "knetd/txn/store.h"

static void check(bool good)
{
	if (!good)
		abort();
}

static void text_try(const char *text, size_t len)
{
	struct knd_txn_entry entry = {0};
	struct knd_store_head head;

	if (knd_store_parse(text, len, &entry, &head) < 0)
		return;
	check(entry.generation > 0 && head.off < len);
	check(knd_store_body(&head, text, len) <= len);
	(void)knd_store_is_sound(&head, text, len);
}

static void field_fill(char *to, size_t size, const uint8_t **data, size_t *len)
{
	const size_t cnt = *len < size - 1 ? *len : size - 1;

	memcpy(to, *data, cnt);
	to[cnt] = '\0';
	*data += cnt;
	*len -= cnt;
}

static void round_trip(const uint8_t *data, size_t len)
{
	struct kcl_config *config = kcl_config_new();
	struct knd_txn_entry entry = {.generation = len + 1, .real_ns = UINT64_MAX, .added = 7};
	struct knd_txn_entry again = {0};
	struct knd_store_head head;
	size_t text_len = 0;
	char *text;

	field_fill(entry.user, sizeof(entry.user), &data, &len);
	field_fill(entry.via, sizeof(entry.via), &data, &len);
	field_fill(entry.comment, sizeof(entry.comment), &data, &len);
	text = config ? knd_store_format(&entry, config, &text_len) : NULL;
	check(text && knd_store_parse(text, text_len, &again, &head) == 0);
	check(knd_store_is_sound(&head, text, text_len));
	check(again.generation == entry.generation && again.real_ns == entry.real_ns);
	check(again.added == 7 && strlen(again.comment) == strlen(entry.comment));
	text[text_len - 1] ^= 1;
	check(!knd_store_is_sound(&head, text, text_len));
	free(text);
	kcl_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	text_try((const char *)data, len);
	round_trip(data, len);
	return 0;
}
