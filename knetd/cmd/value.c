// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Values between text and memory: numbers, addresses, keys. Every reader takes the whole text or
 * refuses it, every writer has one canonical form that its reader takes back. No state.
 */
#include "knetd/cmd/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int kcl_uint_parse(const char *text, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return -EINVAL;
	}
	*out = value;
	return 0;
}

static int ip_parse(const char *text, uint8_t *family, uint8_t ip[16])
{
	memset(ip, 0, 16);
	*family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, text, ip) == 1 ? 0 : -EINVAL;
}

static int port_parse(const char *text, uint16_t *port)
{
	uint64_t value;

	if (kcl_uint_parse(text, &value) < 0 || value < 1 || value > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)value;
	return 0;
}

int kcl_endpoint_parse(const char *text, struct kcl_endpoint *out)
{
	char host[INET6_ADDRSTRLEN + 1];
	const char *port = NULL;
	size_t len = strlen(text);

	*out = (struct kcl_endpoint){0};
	if (*text == '[') {
		const char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':') || !strchr(text, ':'))
			return -EINVAL;
		port = end[1] ? end + 2 : NULL;
		text++;
		len = (size_t)(end - text);
		if (!memchr(text, ':', len))
			return -EINVAL;
	} else {
		const char *colon = strchr(text, ':');

		if (colon && !strchr(colon + 1, ':')) {
			port = colon + 1;
			len = (size_t)(colon - text);
		}
	}
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (ip_parse(host, &out->family, out->ip) < 0)
		return -EINVAL;
	return port ? port_parse(port, &out->port) : 0;
}

const char *kcl_endpoint_format(const struct kcl_endpoint *ep, char *out)
{
	char host[INET6_ADDRSTRLEN];

	if (ep->family == AF_UNSPEC || !inet_ntop(ep->family, ep->ip, host, sizeof(host)))
		snprintf(out, KCL_VALUE_TEXT_MAX, "auto");
	else if (!ep->port)
		snprintf(out, KCL_VALUE_TEXT_MAX, "%s", host);
	else
		snprintf(out, KCL_VALUE_TEXT_MAX, ep->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			 host, ep->port);
	return out;
}

int kcl_prefix_parse(const char *text, struct kcl_prefix *out)
{
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN + 1];
	uint64_t len;

	*out = (struct kcl_prefix){0};
	if (!slash || (size_t)(slash - text) >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (ip_parse(host, &out->family, out->ip) < 0 || kcl_uint_parse(slash + 1, &len) < 0)
		return -EINVAL;
	if (len < 1 || len > (out->family == AF_INET ? 32 : 128))
		return -EINVAL;
	out->len = (uint8_t)len;
	return 0;
}

const char *kcl_prefix_format(const struct kcl_prefix *prefix, char *out)
{
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(prefix->family, prefix->ip, host, sizeof(host));
	snprintf(out, KCL_VALUE_TEXT_MAX, "%s/%u", host, prefix->len);
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int kcl_mac_parse(const char *text, uint8_t out[6])
{
	const size_t len = strlen(text);
	const char mark = len == 14 ? '.' : text[len == 17 ? 2 : 0];
	const unsigned int group = len == 14 ? 2 : 1; /* bytes between two marks */

	if ((len != 14 && len != 17) || (len == 17 && mark != ':' && mark != '-'))
		return -EINVAL;
	for (unsigned int i = 0; i < 6; i++) {
		const int hi = hex_digit(*text++);
		const int lo = hi < 0 ? -1 : hex_digit(*text++);

		if (lo < 0 || (i < 5 && (i + 1) % group == 0 && *text++ != mark))
			return -EINVAL;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}

const char *kcl_mac_format(const uint8_t mac[6], char *out)
{
	snprintf(out, KCL_VALUE_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return out;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int kcl_key_parse(const char *text, uint8_t out[KCL_KEY_LEN])
{
	uint32_t bits = 0;
	unsigned int have = 0;
	size_t used = 0;

	if (strlen(text) != 44 || text[43] != '=')
		return -EINVAL;
	for (unsigned int i = 0; i < 43; i++) {
		const char *digit = strchr(base64_digits, text[i]);

		if (!digit)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)(digit - base64_digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[used++] = (uint8_t)(bits >> have);
		}
	}
	return bits & ((1u << have) - 1) ? -EINVAL : 0;
}

const char *kcl_key_format(const uint8_t key[KCL_KEY_LEN], char *out)
{
	char *to = out;

	for (unsigned int i = 0; i < KCL_KEY_LEN; i += 3) {
		const bool is_last = i + 2 >= KCL_KEY_LEN;
		const uint32_t bits = (uint32_t)key[i] << 16 | (uint32_t)key[i + 1] << 8 |
				      (is_last ? 0 : key[i + 2]);

		*to++ = base64_digits[bits >> 18];
		*to++ = base64_digits[bits >> 12 & 63];
		*to++ = base64_digits[bits >> 6 & 63];
		*to++ = is_last ? '=' : base64_digits[bits & 63];
	}
	*to = '\0';
	return out;
}

socklen_t kcl_endpoint_sockaddr(const struct kcl_endpoint *ep, uint16_t port,
				struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (ep->port)
		port = ep->port;
	if (ep->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, ep->ip, 16);
		return sizeof(*in6);
	}
	if (ep->family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)out;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, ep->ip, 4);
		return sizeof(*in);
	}
	return sizeof(*out);
}

bool kcl_endpoint_equal(const struct kcl_endpoint *a, const struct kcl_endpoint *b)
{
	return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, 16) == 0;
}

bool kcl_families_match(const struct kcl_endpoint *a, const struct kcl_endpoint *b)
{
	return a->family == AF_UNSPEC || b->family == AF_UNSPEC || a->family == b->family;
}
