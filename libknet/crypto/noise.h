// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

#ifndef KN_CRYPTO_NOISE_H
#define KN_CRYPTO_NOISE_H

#include "crypto/kdf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The Noise handshake (noiseprotocol.org, revision 34), pattern IK: one round trip, the initiator
 * knows the responder's static key beforehand.
 *
 *	<- s
 *	...
 *	-> e, es, s, ss		write_msg1 / read_msg1
 *	<- e, ee, se, psk	write_msg2 / read_msg2
 *
 * A struct kn_noise is plain memory owned by the caller: it may be copied (a copy is as secret as
 * the original) and must be wiped by kn_noise_fini(). One thread at a time. Functions that fail
 * leave the state as it was, so a forged message never spoils a handshake under way.
 */
enum kn_noise_protocol {
	KN_NOISE_IKPSK2_AESGCM, /* what knet speaks */
	KN_NOISE_IKPSK2_CHACHAPOLY,
	KN_NOISE_IKPSK1_AESGCM,
	KN_NOISE_IK_AESGCM,
	KN_NOISE_PROTOCOL_COUNT
};

/* The name as the Noise specification writes it. */
const char *kn_noise_protocol_name(enum kn_noise_protocol protocol);

#define KN_NOISE_LEN               32 /* keys and hashes */
#define KN_NOISE_TAG_LEN           16
#define KN_NOISE_PAYLOAD_MAX       1024
#define KN_NOISE_MSG1_LEN(payload) ((payload) + 32 + 48 + 16)
#define KN_NOISE_MSG2_LEN(payload) ((payload) + 32 + 16)

enum kn_noise_step {
	KN_NOISE_WRITE_MSG1,
	KN_NOISE_READ_MSG1,
	KN_NOISE_WRITE_MSG2,
	KN_NOISE_READ_MSG2,
	KN_NOISE_SPLIT,
	KN_NOISE_DONE
};

struct kn_noise {
	enum kn_noise_protocol protocol;
	enum kn_noise_step step; /* what must be called next */
	bool is_initiator;
	uint8_t k[KN_NOISE_LEN];
	uint8_t ck[KN_NOISE_LEN];
	uint8_t h[KN_NOISE_LEN];
	uint8_t s[KN_NOISE_LEN];
	uint8_t s_pub[KN_NOISE_LEN];
	uint8_t e[KN_NOISE_LEN];
	uint8_t rs[KN_NOISE_LEN]; /* responder: valid after read_msg1 */
	uint8_t re[KN_NOISE_LEN];
	uint8_t psk[KN_NOISE_LEN];
};

/* What a handshake starts from. Everything is copied. */
struct kn_noise_setup {
	enum kn_noise_protocol protocol;
	struct kn_bytes prologue;
	const uint8_t *static_priv;
	const uint8_t *static_pub; /* that of static_priv: kn_x25519_base(), computed once */
	const uint8_t *remote_pub; /* initiator only */
	const uint8_t *psk;        /* or NULL: given later by kn_noise_set_psk() */
};

/* What comes out, seen from this side: tx seals what we send. hash is the same on both sides and
 * unique for this handshake. Wipe after use. */
struct kn_noise_keys {
	uint8_t tx[KN_NOISE_LEN];
	uint8_t rx[KN_NOISE_LEN];
	uint8_t hash[KN_NOISE_LEN];
};

/* All return 0; -EIO if NSS fails; -EPROTO if called out of turn; -EMSGSIZE if a payload is larger
 * than KN_NOISE_PAYLOAD_MAX. */
int kn_noise_init_initiator(struct kn_noise *n, const struct kn_noise_setup *setup)
	__attribute__((warn_unused_result));
int kn_noise_init_responder(struct kn_noise *n, const struct kn_noise_setup *setup)
	__attribute__((warn_unused_result));

/* Give the pre-shared key (32 bytes), at the latest before the second message (IKpsk2). */
void kn_noise_set_psk(struct kn_noise *n, const uint8_t psk[KN_NOISE_LEN]);

/* Write a message with the ephemeral private key eph: 32 fresh random bytes, never used twice.
 * out has room for KN_NOISE_MSG1_LEN(len) or KN_NOISE_MSG2_LEN(len) bytes, all of which are set.
 * Returns -EBADMSG if the peer's static key is of small order (a misconfigured one). */
int kn_noise_write_msg1(struct kn_noise *n, const uint8_t eph[KN_NOISE_LEN],
			struct kn_bytes payload, uint8_t *out) __attribute__((warn_unused_result));
int kn_noise_write_msg2(struct kn_noise *n, const uint8_t eph[KN_NOISE_LEN],
			struct kn_bytes payload, uint8_t *out) __attribute__((warn_unused_result));

/* Read a message. *payload_len: room in payload on entry, its length on return (-EMSGSIZE if there
 * is too little room). Returns -EBADMSG if it is too short or not authentic. After read_msg1, n->rs
 * is the initiator's static key: the caller decides whether it is a known one before it answers. */
int kn_noise_read_msg1(struct kn_noise *n, struct kn_bytes msg, uint8_t *payload,
		       size_t *payload_len) __attribute__((warn_unused_result));
int kn_noise_read_msg2(struct kn_noise *n, struct kn_bytes msg, uint8_t *payload,
		       size_t *payload_len) __attribute__((warn_unused_result));

/* The keys of the session; wipes everything secret in n. */
int kn_noise_split(struct kn_noise *n, struct kn_noise_keys *keys)
	__attribute__((warn_unused_result));

/* Wipe n. */
void kn_noise_fini(struct kn_noise *n);

#endif
