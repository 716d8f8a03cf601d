// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The two calls of NSS that every user of a symmetric key needs.
 *
 * NSS wants a slot, an item and a parameter block even where there is nothing to say; the files of
 * this room that use NSS say it here once. Any thread may enter: NSS locks inside.
 */
#include "crypto/nss_util.h"

PK11SymKey *kn_nss_sym_key(CK_MECHANISM_TYPE mech, CK_ATTRIBUTE_TYPE use, const uint8_t *key,
			   size_t len)
{
	/* NSS copies the item; its type has no const. */
	SECItem item = {.type = siBuffer,
			.data = (unsigned char *)(uintptr_t)key,
			.len = (unsigned int)len};
	PK11SlotInfo *slot = PK11_GetInternalSlot();
	if (!slot)
		return NULL;
	PK11SymKey *sym = PK11_ImportSymKey(slot, mech, PK11_OriginUnwrap, use, &item, NULL);
	PK11_FreeSlot(slot);
	return sym;
}

PK11Context *kn_nss_context(CK_MECHANISM_TYPE mech, CK_ATTRIBUTE_TYPE use, PK11SymKey *key)
{
	SECItem none = {.type = siBuffer, .data = NULL, .len = 0};

	return PK11_CreateContextBySymKey(mech, use, key, &none);
}
