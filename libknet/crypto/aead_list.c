// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Which AEAD back ends this build has. The only place of the room that looks at the configuration.
 */
#include "config.h"

#include "crypto/aead_internal.h"

const struct kn_aead_backend *const kn_aead_backends[] = {
#if HAVE_IPSEC_MB
	&kn_aead_ipsec_mb,
#endif
	&kn_aead_nss,
	NULL,
};
