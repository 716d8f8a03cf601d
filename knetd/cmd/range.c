// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Several peers at once: `1-5,9` are ids, anything else is a pattern of names with `*`, `?` and
 * `[abc]`. Kept as typed; who belongs to it is looked up at each line, so that a range holds for
 * peers that came meanwhile.
 */
#include "knetd/cmd/internal.h"

#include <fnmatch.h>
#include <string.h>

/* Reads `5` or `5-9`, and the comma behind it. False if it is neither. */
static bool part_read(const char **text, unsigned int *first, unsigned int *last)
{
	unsigned int at[2] = {0, 0}, cnt = 0;
	const char *c = *text;

	for (;;) {
		if (*c < '0' || *c > '9')
			return false;
		for (; *c >= '0' && *c <= '9'; c++) {
			at[cnt] = at[cnt] * 10 + (unsigned int)(*c - '0');
			if (at[cnt] > KCL_PEER_ID_MAX)
				return false;
		}
		cnt++;
		if (cnt == 2 || *c != '-')
			break;
		c++;
	}
	if (*c == ',' && !c[1])
		return false;
	if (*c && *c != ',')
		return false;
	*text = *c ? c + 1 : c;
	*first = at[0];
	*last = cnt == 2 ? at[1] : at[0];
	return *first >= 1 && *first <= *last;
}

bool kcl_rangeset_is_valid(const char *text)
{
	unsigned int first, last;

	if (!*text || strlen(text) > KCL_RANGE_MAX)
		return false;
	while (*text)
		if (!part_read(&text, &first, &last))
			return false;
	return true;
}

bool kcl_glob_is_valid(const char *text)
{
	const size_t len = strlen(text);

	if (len < 1 || len > KCL_RANGE_MAX)
		return false;
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-_.*?[]^")] == '\0' &&
	       text[strspn(text, "0123456789-")] != '\0';
}

bool kcl_range_has(const char *range, const struct kcl_peer *peer)
{
	unsigned int first, last;

	if (!kcl_rangeset_is_valid(range))
		return fnmatch(range, peer->name, 0) == 0;
	while (*range)
		if (part_read(&range, &first, &last) && peer->id >= first && peer->id <= last)
			return true;
	return false;
}

const struct kcl_peer *kcl_range_next(const struct kcl_iface *iface, const char *range, uint16_t id)
{
	const struct kcl_peer *peer = NULL;

	while ((peer = kcl_peer_next(iface, peer ? peer->id : id)))
		if (kcl_range_has(range, peer))
			return peer;
	return NULL;
}
