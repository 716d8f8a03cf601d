/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_ADDR_H
#define KN_BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define KN_ADDR_TEXT_LEN 72

/* An IPv4 or IPv6 address with a port, ready to be handed to the kernel. family AF_UNSPEC (the zero
 * value) means "none". */
union kn_addr {
	sa_family_t family;
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Take over what the kernel or a caller gave; other families become "none". An IPv4-mapped IPv6
 * address becomes IPv4. Flow labels are dropped. */
void kn_addr_from_sockaddr(union kn_addr *a, const struct sockaddr *sa);
void kn_addr_to_storage(const union kn_addr *a, struct sockaddr_storage *out);
/* Bytes that bind() and sendmsg() want; 0 for "none". */
socklen_t kn_addr_len(const union kn_addr *a);
bool kn_addr_equal(const union kn_addr *a, const union kn_addr *b);
/* The same but for the port. */
bool kn_addr_is_same_host(const union kn_addr *a, const union kn_addr *b);
bool kn_addr_is_wildcard(const union kn_addr *a);
uint16_t kn_addr_port(const union kn_addr *a);
/* "10.0.0.1:50000", "[2001:db8::1]:50000", "[fe80::1%3]:50000" (3 is the index of the interface),
 * "-". Returns text. */
const char *kn_addr_format(const union kn_addr *a, char text[KN_ADDR_TEXT_LEN]);
/* A 32-bit hash of address and port, keyed by seed so that outsiders cannot choose collisions. */
uint32_t kn_addr_hash(const union kn_addr *a, uint64_t seed);

#endif
