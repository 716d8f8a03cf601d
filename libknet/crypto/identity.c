// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Who a host is: everything that follows from the network secret, and keys as text.
 *
 * Each derived key has its own label, so that none tells anything about another. The labels are
 * part of the protocol. Base64 is done with arithmetic instead of tables: what passes here is
 * secret, and a table leaves traces in the cache. Pure functions; any thread.
 */
#include "crypto/identity.h"

#include "crypto/crypto.h"
#include "crypto/kdf.h"

#include <errno.h>
#include <string.h>

static int label_derive(const uint8_t secret[32], struct kn_bytes label, uint8_t out[32])
{
	const struct kn_bytes ikm = {secret, 32};

	return kn_hkdf_sha256((struct kn_bytes){NULL, 0}, ikm, label, out, 32);
}

static int text_derive(const uint8_t secret[32], const char *label, uint8_t out[32])
{
	return label_derive(secret, (struct kn_bytes){label, strlen(label)}, out);
}

int kn_network_keys_derive(const uint8_t secret[32], struct kn_network_keys *out)
{
	int err = text_derive(secret, "knet mac1 key", out->mac1);
	if (!err)
		err = text_derive(secret, "knet cookie key", out->cookie);
	if (!err)
		err = text_derive(secret, "knet psk", out->psk);
	if (err)
		kn_wipe(out, sizeof(*out));
	return err;
}

int kn_host_key_derive(const uint8_t secret[32], uint16_t host_id, uint8_t priv[32])
{
	static const char label[] = "knet host key";
	uint8_t info[sizeof(label) - 1 + 2];

	memcpy(info, label, sizeof(label) - 1);
	info[sizeof(info) - 2] = (uint8_t)(host_id >> 8);
	info[sizeof(info) - 1] = (uint8_t)host_id;
	return label_derive(secret, (struct kn_bytes){info, sizeof(info)}, priv);
}

/* All ones if lo <= v <= hi, else 0, for small non-negative values. */
static unsigned int range_mask(unsigned int v, unsigned int lo, unsigned int hi)
{
	return ~(0U - ((((v - lo) | (hi - v)) >> 31) & 1));
}

static char sextet_to_char(unsigned int v)
{
	unsigned int c = range_mask(v, 0, 25) & (v + 'A');

	c |= range_mask(v, 26, 51) & (v - 26 + 'a');
	c |= range_mask(v, 52, 61) & (v - 52 + '0');
	c |= range_mask(v, 62, 62) & '+';
	c |= range_mask(v, 63, 63) & '/';
	return (char)c;
}

/* The value of a character, or a number with bit 8 set if it is none of base64. */
static unsigned int sextet_from_char(unsigned char ch)
{
	unsigned int c = ch;
	unsigned int v = range_mask(c, 'A', 'Z') & (c - 'A' + 1);

	v |= range_mask(c, 'a', 'z') & (c - 'a' + 26 + 1);
	v |= range_mask(c, '0', '9') & (c - '0' + 52 + 1);
	v |= range_mask(c, '+', '+') & (62 + 1);
	v |= range_mask(c, '/', '/') & (63 + 1);
	/* 0 is "none": it wraps to all ones. */
	return (v - 1) & 0x1ff;
}

void kn_key_format(const uint8_t key[32], char text[KN_KEY_TEXT_LEN + 1])
{
	/* 32 bytes are ten groups of three, and two bytes more: one '=' closes the text. */
	for (size_t i = 0; i < 11; i++) {
		uint32_t group = (uint32_t)key[3 * i] << 16 | (uint32_t)key[3 * i + 1] << 8;
		if (i < 10)
			group |= key[3 * i + 2];
		for (size_t j = 0; j < 4; j++)
			text[4 * i + j] = sextet_to_char(group >> (18 - 6 * j) & 0x3f);
	}
	text[KN_KEY_TEXT_LEN - 1] = '=';
	text[KN_KEY_TEXT_LEN] = '\0';
}

int kn_key_parse(const char *text, uint8_t key[32])
{
	unsigned int bad = 0;

	if (strnlen(text, KN_KEY_TEXT_LEN + 1) != KN_KEY_TEXT_LEN ||
	    text[KN_KEY_TEXT_LEN - 1] != '=')
		return -EINVAL;
	for (size_t i = 0; i < 11; i++) {
		uint32_t group = 0;
		for (size_t j = 0; j < (i < 10 ? 4U : 3U); j++) {
			unsigned int v = sextet_from_char((unsigned char)text[4 * i + j]);
			bad |= v & 0x100;
			group |= (v & 0x3f) << (18 - 6 * j);
		}
		key[3 * i] = (uint8_t)(group >> 16);
		key[3 * i + 1] = (uint8_t)(group >> 8);
		if (i < 10)
			key[3 * i + 2] = (uint8_t)group;
		else
			bad |= group & 0xff; /* the two spare bits of the last character */
	}
	if (bad)
		kn_wipe(key, 32);
	return bad ? -EINVAL : 0;
}
