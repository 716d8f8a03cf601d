// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The Noise handshake IKpsk2 (and its siblings, which share all code and have public vectors).
 *
 * The file follows the specification from the bottom up: the symmetric state (mix_key, mix_hash,
 * encrypt_and_hash, section 5.2), one function per token that needs a Diffie-Hellman, and the two
 * messages as lists of tokens (section 7.5). Nothing random, no clock and no I/O: ephemeral keys
 * are arguments. Every public function works on a copy of the state and puts it back only on
 * success, so a forged message changes nothing. Secrets on the stack are wiped on every way out.
 *
 * Entered by the handshake thread; a handshake costs five X25519 on each side and some tens of
 * hashes.
 */
#include "crypto/noise.h"

#include "crypto/aead_internal.h"
#include "crypto/crypto.h"
#include "crypto/x25519.h"

#include <errno.h>
#include <string.h>

#define KEY_FIELD_LEN (KN_NOISE_LEN + KN_NOISE_TAG_LEN) /* an encrypted public key */

struct protocol_info {
	const char *name;
	enum kn_suite cipher;
	unsigned int psk_at; /* the message that ends with the psk token; 0: none does */
};

static const struct protocol_info protocols[] = {
	[KN_NOISE_IKPSK2_AESGCM] = {"Noise_IKpsk2_25519_AESGCM_SHA256", KN_SUITE_AES256_GCM, 2},
	[KN_NOISE_IKPSK2_CHACHAPOLY] = {"Noise_IKpsk2_25519_ChaChaPoly_SHA256",
					KN_SUITE_CHACHA20_POLY1305, 2},
	[KN_NOISE_IKPSK1_AESGCM] = {"Noise_IKpsk1_25519_AESGCM_SHA256", KN_SUITE_AES256_GCM, 1},
	[KN_NOISE_IK_AESGCM] = {"Noise_IK_25519_AESGCM_SHA256", KN_SUITE_AES256_GCM, 0},
};
_Static_assert(sizeof(protocols) / sizeof(protocols[0]) == KN_NOISE_PROTOCOL_COUNT,
	       "every protocol has a row");

const char *kn_noise_protocol_name(enum kn_noise_protocol protocol)
{
	return protocols[protocol].name;
}

static int mix_hash(struct kn_noise *n, struct kn_bytes data)
{
	const struct kn_bytes parts[] = {{n->h, sizeof(n->h)}, data};

	return kn_sha256(parts, 2, n->h);
}

static int mix_key(struct kn_noise *n, struct kn_bytes ikm)
{
	uint8_t out[2][KN_NOISE_LEN];

	int err = kn_noise_hkdf(n->ck, ikm, out, 2);
	if (!err) {
		memcpy(n->ck, out[0], sizeof(n->ck));
		memcpy(n->k, out[1], sizeof(n->k));
	}
	kn_wipe(out, sizeof(out));
	return err;
}

/* The psk token: MixKeyAndHash(psk). */
static int mix_psk(struct kn_noise *n)
{
	uint8_t out[3][KN_NOISE_LEN];

	int err = kn_noise_hkdf(n->ck, (struct kn_bytes){n->psk, sizeof(n->psk)}, out, 3);
	if (!err) {
		memcpy(n->ck, out[0], sizeof(n->ck));
		err = mix_hash(n, (struct kn_bytes){out[1], KN_NOISE_LEN});
		memcpy(n->k, out[2], sizeof(n->k));
	}
	kn_wipe(out, sizeof(out));
	return err;
}

static int mix_dh(struct kn_noise *n, const uint8_t priv[KN_NOISE_LEN],
		  const uint8_t pub[KN_NOISE_LEN])
{
	uint8_t secret[KN_NOISE_LEN];

	int err = kn_x25519(secret, priv, pub);
	if (!err)
		err = mix_key(n, (struct kn_bytes){secret, sizeof(secret)});
	kn_wipe(secret, sizeof(secret));
	return err;
}

/* The e token. A handshake with a psk mixes the ephemeral key in once more (section 9.2). */
static int mix_ephemeral(struct kn_noise *n, const uint8_t pub[KN_NOISE_LEN])
{
	const struct kn_bytes e = {pub, KN_NOISE_LEN};

	int err = mix_hash(n, e);
	if (!err && protocols[n->protocol].psk_at > 0)
		err = mix_key(n, e);
	return err;
}

/* Encrypt plain to out, which has room for the tag as well. In the pattern IK every key encrypts
 * one field only, the next field has a new key; so the nonce, a count per key, is always zero. */
static int encrypt_and_hash(struct kn_noise *n, struct kn_bytes plain, uint8_t *out)
{
	struct kn_aead_op op = {.src = plain.data,
				.dst = out,
				.len = (uint32_t)plain.len,
				.aad = n->h,
				.aad_len = sizeof(n->h),
				.tag = out + plain.len};

	int err = kn_aead_seal_once(protocols[n->protocol].cipher, n->k, &op);
	if (err)
		return err;
	return mix_hash(n, (struct kn_bytes){out, plain.len + KN_NOISE_TAG_LEN});
}

/* Decrypt a field of at least the tag's length to out, which is not part of it. */
static int decrypt_and_hash(struct kn_noise *n, struct kn_bytes field, uint8_t *out)
{
	const uint8_t *data = field.data;
	size_t len = field.len - KN_NOISE_TAG_LEN;
	uint8_t tag[KN_NOISE_TAG_LEN];
	struct kn_aead_op op = {.src = data,
				.dst = out,
				.len = (uint32_t)len,
				.aad = n->h,
				.aad_len = sizeof(n->h),
				.tag = tag};

	memcpy(tag, data + len, sizeof(tag));
	int err = kn_aead_open_once(protocols[n->protocol].cipher, n->k, &op);
	if (err)
		return err;
	return mix_hash(n, field);
}

/* A protocol name of up to 32 bytes is padded with zeros, a longer one is hashed (section 5.2). */
static int state_start(struct kn_noise *n, struct kn_bytes prologue)
{
	const char *name = protocols[n->protocol].name;
	size_t len = strlen(name);
	int err = 0;

	if (len <= sizeof(n->h))
		memcpy(n->h, name, len);
	else
		err = kn_sha256(&(struct kn_bytes){name, len}, 1, n->h);
	memcpy(n->ck, n->h, sizeof(n->ck));
	return err ? err : mix_hash(n, prologue);
}

static int state_init(struct kn_noise *n, const struct kn_noise_setup *setup,
		      const uint8_t responder_pub[KN_NOISE_LEN])
{
	n->protocol = setup->protocol;
	memcpy(n->s, setup->static_priv, sizeof(n->s));
	memcpy(n->s_pub, setup->static_pub, sizeof(n->s_pub));
	if (setup->psk)
		memcpy(n->psk, setup->psk, sizeof(n->psk));
	int err = state_start(n, setup->prologue);
	if (!err)
		err = mix_hash(n, (struct kn_bytes){responder_pub, KN_NOISE_LEN});
	if (err)
		kn_noise_fini(n);
	return err;
}

int kn_noise_init_initiator(struct kn_noise *n, const struct kn_noise_setup *setup)
{
	*n = (struct kn_noise){.is_initiator = true, .step = KN_NOISE_WRITE_MSG1};
	memcpy(n->rs, setup->remote_pub, sizeof(n->rs));
	return state_init(n, setup, setup->remote_pub);
}

int kn_noise_init_responder(struct kn_noise *n, const struct kn_noise_setup *setup)
{
	*n = (struct kn_noise){.step = KN_NOISE_READ_MSG1};
	return state_init(n, setup, setup->static_pub);
}

void kn_noise_set_psk(struct kn_noise *n, const uint8_t psk[KN_NOISE_LEN])
{
	memcpy(n->psk, psk, sizeof(n->psk));
}

static int psk_token(struct kn_noise *n, unsigned int msg)
{
	return protocols[n->protocol].psk_at == msg ? mix_psk(n) : 0;
}

/* -> e, es, s, ss, payload */
static int msg1_write(struct kn_noise *n, struct kn_bytes payload, uint8_t *out)
{
	uint8_t *key_field = out + KN_NOISE_LEN;
	int err = kn_x25519_base(out, n->e);

	if (!err)
		err = mix_ephemeral(n, out);
	if (!err)
		err = mix_dh(n, n->e, n->rs);
	if (!err)
		err = encrypt_and_hash(n, (struct kn_bytes){n->s_pub, KN_NOISE_LEN}, key_field);
	if (!err)
		err = mix_dh(n, n->s, n->rs);
	if (!err)
		err = psk_token(n, 1);
	if (!err)
		err = encrypt_and_hash(n, payload, key_field + KEY_FIELD_LEN);
	n->step = KN_NOISE_READ_MSG2;
	return err;
}

static int msg1_read(struct kn_noise *n, struct kn_bytes msg, uint8_t *payload)
{
	const uint8_t *key_field = (const uint8_t *)msg.data + KN_NOISE_LEN;
	const struct kn_bytes rest = {key_field + KEY_FIELD_LEN,
				      msg.len - KN_NOISE_LEN - KEY_FIELD_LEN};

	memcpy(n->re, msg.data, sizeof(n->re));
	int err = mix_ephemeral(n, n->re);
	if (!err)
		err = mix_dh(n, n->s, n->re);
	if (!err)
		err = decrypt_and_hash(n, (struct kn_bytes){key_field, KEY_FIELD_LEN}, n->rs);
	if (!err)
		err = mix_dh(n, n->s, n->rs);
	if (!err)
		err = psk_token(n, 1);
	if (!err)
		err = decrypt_and_hash(n, rest, payload);
	n->step = KN_NOISE_WRITE_MSG2;
	return err;
}

/* <- e, ee, se, psk, payload */
static int msg2_write(struct kn_noise *n, struct kn_bytes payload, uint8_t *out)
{
	int err = kn_x25519_base(out, n->e);

	if (!err)
		err = mix_ephemeral(n, out);
	if (!err)
		err = mix_dh(n, n->e, n->re);
	if (!err)
		err = mix_dh(n, n->e, n->rs);
	if (!err)
		err = psk_token(n, 2);
	if (!err)
		err = encrypt_and_hash(n, payload, out + KN_NOISE_LEN);
	n->step = KN_NOISE_SPLIT;
	return err;
}

static int msg2_read(struct kn_noise *n, struct kn_bytes msg, uint8_t *payload)
{
	const struct kn_bytes rest = {(const uint8_t *)msg.data + KN_NOISE_LEN,
				      msg.len - KN_NOISE_LEN};

	memcpy(n->re, msg.data, sizeof(n->re));
	int err = mix_ephemeral(n, n->re);
	if (!err)
		err = mix_dh(n, n->e, n->re);
	if (!err)
		err = mix_dh(n, n->s, n->re);
	if (!err)
		err = psk_token(n, 2);
	if (!err)
		err = decrypt_and_hash(n, rest, payload);
	n->step = KN_NOISE_SPLIT;
	return err;
}

typedef int (*write_fn)(struct kn_noise *n, struct kn_bytes payload, uint8_t *out);
typedef int (*read_fn)(struct kn_noise *n, struct kn_bytes msg, uint8_t *payload);

/* Run write on a copy of n that holds eph, and keep the copy if all went well. */
static int write_run(struct kn_noise *n, write_fn write, const uint8_t eph[KN_NOISE_LEN],
		     struct kn_bytes payload, uint8_t *out)
{
	if (payload.len > KN_NOISE_PAYLOAD_MAX)
		return -EMSGSIZE;
	struct kn_noise next = *n;
	memcpy(next.e, eph, sizeof(next.e));
	int err = write(&next, payload, out);
	if (!err)
		*n = next;
	kn_wipe(&next, sizeof(next));
	return err;
}

/* Run read on a copy of n, and keep the copy if msg was authentic. */
static int read_run(struct kn_noise *n, read_fn read, struct kn_bytes msg, uint8_t *payload,
		    size_t payload_len)
{
	struct kn_noise next = *n;
	int err = read(&next, msg, payload);

	if (!err)
		*n = next;
	else
		kn_wipe(payload, payload_len);
	kn_wipe(&next, sizeof(next));
	return err;
}

/* The length of the payload in a message with so much overhead, checked against the room for it. */
static int payload_measure(struct kn_bytes msg, size_t overhead, size_t *payload_len)
{
	if (msg.len < overhead)
		return -EBADMSG;
	size_t len = msg.len - overhead;
	if (len > KN_NOISE_PAYLOAD_MAX || len > *payload_len)
		return -EMSGSIZE;
	*payload_len = len;
	return 0;
}

int kn_noise_write_msg1(struct kn_noise *n, const uint8_t eph[KN_NOISE_LEN],
			struct kn_bytes payload, uint8_t *out)
{
	if (n->step != KN_NOISE_WRITE_MSG1)
		return -EPROTO;
	return write_run(n, msg1_write, eph, payload, out);
}

int kn_noise_write_msg2(struct kn_noise *n, const uint8_t eph[KN_NOISE_LEN],
			struct kn_bytes payload, uint8_t *out)
{
	if (n->step != KN_NOISE_WRITE_MSG2)
		return -EPROTO;
	return write_run(n, msg2_write, eph, payload, out);
}

int kn_noise_read_msg1(struct kn_noise *n, struct kn_bytes msg, uint8_t *payload,
		       size_t *payload_len)
{
	if (n->step != KN_NOISE_READ_MSG1)
		return -EPROTO;
	int err = payload_measure(msg, KN_NOISE_MSG1_LEN(0), payload_len);
	return err ? err : read_run(n, msg1_read, msg, payload, *payload_len);
}

int kn_noise_read_msg2(struct kn_noise *n, struct kn_bytes msg, uint8_t *payload,
		       size_t *payload_len)
{
	if (n->step != KN_NOISE_READ_MSG2)
		return -EPROTO;
	int err = payload_measure(msg, KN_NOISE_MSG2_LEN(0), payload_len);
	return err ? err : read_run(n, msg2_read, msg, payload, *payload_len);
}

int kn_noise_split(struct kn_noise *n, struct kn_noise_keys *keys)
{
	uint8_t out[2][KN_NOISE_LEN];

	if (n->step != KN_NOISE_SPLIT)
		return -EPROTO;
	int err = kn_noise_hkdf(n->ck, (struct kn_bytes){NULL, 0}, out, 2);
	if (!err) {
		memcpy(keys->tx, out[n->is_initiator ? 0 : 1], KN_NOISE_LEN);
		memcpy(keys->rx, out[n->is_initiator ? 1 : 0], KN_NOISE_LEN);
		memcpy(keys->hash, n->h, KN_NOISE_LEN);
		kn_noise_fini(n);
	}
	kn_wipe(out, sizeof(out));
	return err;
}

void kn_noise_fini(struct kn_noise *n)
{
	kn_wipe(n, sizeof(*n));
	n->step = KN_NOISE_DONE;
}
