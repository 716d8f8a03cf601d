/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_SEALER_H
#define SIM_SEALER_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/aead.h"

/*
 * An AEAD back end that passes everything on to a real one, and keeps a record of what was sealed
 * under which key and nonce, over all hosts of a world. A key is known by its bytes, so the same
 * key on two hosts is one key. One world at a time.
 */
const struct kn_aead_backend *sim_sealer_get(void);

/* Empty the record. is_broken: now and then seal under a nonce used before. */
void sim_sealer_begin(bool is_broken);
/* How many times a (key, nonce) was used for two different datagrams, and how many were sealed. */
uint64_t sim_sealer_reused(void);
uint64_t sim_sealer_sealed(void);
/* Free the record. */
void sim_sealer_end(void);

#endif
