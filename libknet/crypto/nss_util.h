// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_NSS_UTIL_H
#define KN_CRYPTO_NSS_UTIL_H

#include <pk11pub.h>

#include <stddef.h>
#include <stdint.h>

/* Only for files of this room that are built on NSS. */

/* Import raw key bytes for one mechanism and one use (CKA_SIGN, CKA_ENCRYPT). Returns owned,
 * release with PK11_FreeSymKey(); NULL on failure. */
PK11SymKey *kn_nss_sym_key(CK_MECHANISM_TYPE mech, CK_ATTRIBUTE_TYPE use, const uint8_t *key,
			   size_t len);

/* A context on a key, for a mechanism without parameters. Returns owned, NULL on failure. */
PK11Context *kn_nss_context(CK_MECHANISM_TYPE mech, CK_ATTRIBUTE_TYPE use, PK11SymKey *key);

#endif
