/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Values as they stand in a line, and as they stand in a configuration.
 */
#ifndef KNETD_CMD_VALUE_H
#define KNETD_CMD_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define KCL_NAME_MAX 63   /* bytes of a name, without the NUL */
#define KCL_TEXT_MAX 255  /* bytes of a description */
#define KCL_PATH_MAX 1023 /* bytes of a path */
#define KCL_KEY_LEN  32
/* Longest text that any kcl_*_format() writes, with the NUL. */
#define KCL_VALUE_TEXT_MAX 80

/* What a terminal obeys instead of showing it. */
static inline bool kcl_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* An address with an optional port. family AF_UNSPEC: none, or `auto`. */
struct kcl_endpoint {
	uint8_t family; /* AF_UNSPEC, AF_INET or AF_INET6 */
	uint8_t ip[16]; /* network order; 4 bytes of AF_INET, the rest zero */
	uint16_t port;  /* host order; 0: not given */
};

/* An address of our own with the length of its network's prefix. */
struct kcl_prefix {
	uint8_t family;
	uint8_t len;
	uint8_t ip[16];
};

/*
 * Readers return 0 or -EINVAL and take exactly the whole text; writers return `out`, which has
 * KCL_VALUE_TEXT_MAX bytes, and write the canonical form.
 */
__attribute__((warn_unused_result)) int kcl_uint_parse(const char *text, uint64_t *out);
/* "192.0.2.1", "192.0.2.1:50000", "2001:db8::1", "[2001:db8::1]:50000". Port 0 is refused. */
__attribute__((warn_unused_result)) int kcl_endpoint_parse(const char *text,
							   struct kcl_endpoint *out);
const char *kcl_endpoint_format(const struct kcl_endpoint *ep, char *out);
/* "10.9.0.1/24"; the host part is kept. Length 0 is refused. */
__attribute__((warn_unused_result)) int kcl_prefix_parse(const char *text, struct kcl_prefix *out);
const char *kcl_prefix_format(const struct kcl_prefix *prefix, char *out);
/* "52:54:00:12:34:56" */
__attribute__((warn_unused_result)) int kcl_mac_parse(const char *text, uint8_t out[6]);
const char *kcl_mac_format(const uint8_t mac[6], char *out);
/* A public key: 44 characters of base64, no spare bits. */
__attribute__((warn_unused_result)) int kcl_key_parse(const char *text, uint8_t out[KCL_KEY_LEN]);
const char *kcl_key_format(const uint8_t key[KCL_KEY_LEN], char *out);

/* Fills a socket address, with `port` where the endpoint has none. Returns its length. */
socklen_t kcl_endpoint_sockaddr(const struct kcl_endpoint *ep, uint16_t port,
				struct sockaddr_storage *out);
/* True unless one is IPv4 and the other IPv6. */
bool kcl_families_match(const struct kcl_endpoint *a, const struct kcl_endpoint *b);
bool kcl_endpoint_equal(const struct kcl_endpoint *a, const struct kcl_endpoint *b);

#endif
