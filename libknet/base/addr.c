// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Underlay addresses: comparing, formatting and hashing them. No state, any thread. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void unmap_v4(union kn_addr *a)
{
	struct in_addr v4;
	in_port_t port = a->in6.sin6_port;

	memcpy(&v4, &a->in6.sin6_addr.s6_addr[12], sizeof(v4));
	memset(a, 0, sizeof(*a));
	a->in.sin_family = AF_INET;
	a->in.sin_port = port;
	a->in.sin_addr = v4;
}

void kn_addr_from_sockaddr(union kn_addr *a, const struct sockaddr *sa)
{
	memset(a, 0, sizeof(*a));
	if (sa == NULL)
		return;
	if (sa->sa_family == AF_INET) {
		memcpy(&a->in, sa, sizeof(a->in));
		memset(a->in.sin_zero, 0, sizeof(a->in.sin_zero));
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&a->in6, sa, sizeof(a->in6));
		a->in6.sin6_flowinfo = 0;
		if (IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr))
			unmap_v4(a);
	}
}

void kn_addr_to_storage(const union kn_addr *a, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out, a, sizeof(*a));
}

socklen_t kn_addr_len(const union kn_addr *a)
{
	if (a->family == AF_INET)
		return sizeof(a->in);
	return a->family == AF_INET6 ? sizeof(a->in6) : 0;
}

bool kn_addr_equal(const union kn_addr *a, const union kn_addr *b)
{
	if (a->family != b->family)
		return false;
	if (a->family == AF_INET)
		return a->in.sin_port == b->in.sin_port &&
		       a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	if (a->family == AF_INET6)
		return a->in6.sin6_port == b->in6.sin6_port &&
		       a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
		       IN6_ARE_ADDR_EQUAL(&a->in6.sin6_addr, &b->in6.sin6_addr);
	return true;
}

bool kn_addr_is_same_host(const union kn_addr *a, const union kn_addr *b)
{
	union kn_addr other = *b;

	if (a->family != b->family)
		return false;
	/* Both families have the port at the same place. */
	other.in.sin_port = a->in.sin_port;
	return kn_addr_equal(a, &other);
}

bool kn_addr_is_wildcard(const union kn_addr *a)
{
	if (a->family == AF_INET)
		return a->in.sin_addr.s_addr == htonl(INADDR_ANY);
	return a->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

uint16_t kn_addr_port(const union kn_addr *a)
{
	if (a->family == AF_INET)
		return ntohs(a->in.sin_port);
	return a->family == AF_INET6 ? ntohs(a->in6.sin6_port) : 0;
}

const char *kn_addr_format(const union kn_addr *a, char text[KN_ADDR_TEXT_LEN])
{
	char host[INET6_ADDRSTRLEN];
	char scope[12] = "";

	if (a->family == AF_INET && inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof(host))) {
		snprintf(text, KN_ADDR_TEXT_LEN, "%s:%u", host, kn_addr_port(a));
	} else if (a->family == AF_INET6 &&
		   inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof(host))) {
		if (a->in6.sin6_scope_id != 0)
			snprintf(scope, sizeof(scope), "%%%u", a->in6.sin6_scope_id);
		snprintf(text, KN_ADDR_TEXT_LEN, "[%s%s]:%u", host, scope, kn_addr_port(a));
	} else {
		snprintf(text, KN_ADDR_TEXT_LEN, "-");
	}
	return text;
}

/* The finalizer of MurmurHash3 (public domain, Austin Appleby). */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ (x >> 33);
}

uint32_t kn_addr_hash(const union kn_addr *a, uint64_t seed)
{
	uint64_t w[2] = {0, 0};

	if (a->family == AF_INET)
		w[0] = a->in.sin_addr.s_addr;
	else
		memcpy(w, &a->in6.sin6_addr, sizeof(w));
	return (uint32_t)mix(mix(mix(seed ^ w[0]) ^ w[1]) ^ kn_addr_port(a));
}
