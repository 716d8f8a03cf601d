// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The sockets of a link, on the loopback device: which of a group a datagram comes to, who may bind
 * an address, and what the kernel drops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/session.h"
#include "path/udp.h"
#include "wire/datagram.h"

#define GROUP 3

struct fixture {
	union kn_addr at[2]; /* IPv4, IPv6 */
	struct kn_udp *udp[GROUP];
	int from[2];
};

/* A port that nobody has. */
static void address_find(union kn_addr *at, sa_family_t family)
{
	socklen_t len = sizeof(*at);
	int fd = socket(family, SOCK_DGRAM, 0);

	memset(at, 0, sizeof(*at));
	if (family == AF_INET) {
		at->in = (struct sockaddr_in){.sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	} else {
		at->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
						.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	}
	assert_return_code(bind(fd, &at->sa, kn_addr_len(at)), errno);
	assert_return_code(getsockname(fd, &at->sa, &len), errno);
	close(fd);
}

static void group_open(struct fixture *f, const union kn_addr *at, unsigned int cnt)
{
	for (unsigned int i = 0; i < cnt; i++)
		assert_int_equal(kn_udp_open(at, &(struct kn_udp_setup){0},
					     i == 0 ? NULL : f->udp[0], i, &f->udp[i]),
				 0);
	assert_int_equal(kn_udp_steer(f->udp[0], cnt), 0);
}

static void group_close(struct fixture *f, unsigned int cnt)
{
	while (cnt > 0) {
		kn_udp_close(f->udp[--cnt]);
		f->udp[cnt] = NULL;
	}
}

/* A datagram to the group; the number of the socket it came to. */
static unsigned int came_to(struct fixture *f, const union kn_addr *at, uint8_t type, uint8_t lane)
{
	uint8_t buf[64] = {type, lane};
	struct pollfd p[GROUP];
	int fd = f->from[at->family == AF_INET6];
	unsigned int found = GROUP;

	assert_int_equal(sendto(fd, buf, sizeof(buf), 0, &at->sa, kn_addr_len(at)), sizeof(buf));
	for (unsigned int i = 0; i < GROUP; i++)
		p[i] = (struct pollfd){.fd = f->udp[i] ? f->udp[i]->fd : -1, .events = POLLIN};
	assert_int_equal(poll(p, GROUP, 1000), 1);
	for (unsigned int i = 0; i < GROUP; i++)
		if (p[i].revents != 0)
			found = i;
	assert_int_equal(recv(f->udp[found]->fd, buf, sizeof(buf), 0), sizeof(buf));
	return found;
}

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	address_find(&f.at[0], AF_INET);
	address_find(&f.at[1], AF_INET6);
	f.from[0] = socket(AF_INET, SOCK_DGRAM, 0);
	f.from[1] = socket(AF_INET6, SOCK_DGRAM, 0);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->from[0]);
	close(f->from[1]);
	return 0;
}

/* By the slot of the lane; what control sends, and handshakes, to the first. */
static void a_lane_has_one_socket(void **state)
{
	const uint8_t data = KN_WIRE_VERSION << 4 | KN_DATAGRAM_DATA;
	const uint8_t msg1 = KN_WIRE_VERSION << 4 | KN_DATAGRAM_MSG1;
	struct fixture *f = *state;

	for (unsigned int family = 0; family < 2; family++) {
		const union kn_addr *at = &f->at[family];

		group_open(f, at, GROUP);
		for (unsigned int slot = 0; slot < KN_SLOT_CONTROL; slot++)
			for (unsigned int link = 0; link < KNET_MAX_LINKS; link++)
				assert_int_equal(came_to(f, at, data, kn_lane_of(slot, link)),
						 slot % GROUP);
		assert_int_equal(came_to(f, at, data, kn_lane_of(KN_SLOT_CONTROL, 5)), 0);
		assert_int_equal(came_to(f, at, msg1, kn_lane_of(1, 0)), 0);
		assert_int_equal(came_to(f, at, 0xff, 0xff), 0);
		group_close(f, GROUP);
	}
}

static void a_group_grows_and_shrinks(void **state)
{
	const uint8_t data = KN_WIRE_VERSION << 4 | KN_DATAGRAM_DATA;
	struct fixture *f = *state;
	const union kn_addr *at = &f->at[0];

	memset(f->udp, 0, sizeof(f->udp));
	group_open(f, at, 2);
	assert_int_equal(came_to(f, at, data, kn_lane_of(2, 0)), 0);
	assert_int_equal(kn_udp_open(at, &(struct kn_udp_setup){0}, f->udp[0], 2, &f->udp[2]), 0);
	assert_int_equal(kn_udp_steer(f->udp[0], 3), 0);
	assert_int_equal(came_to(f, at, data, kn_lane_of(2, 0)), 2);
	assert_int_equal(kn_udp_steer(f->udp[0], 1), 0);
	assert_int_equal(came_to(f, at, data, kn_lane_of(2, 0)), 0);
	kn_udp_close(f->udp[2]);
	kn_udp_close(f->udp[1]);
	f->udp[1] = f->udp[2] = NULL;
	assert_int_equal(came_to(f, at, data, kn_lane_of(1, 0)), 0);
	group_close(f, 1);
}

/* Another daemon, or another interface of ours, must not get half of our datagrams. */
static void nobody_else_joins(void **state)
{
	struct fixture *f = *state;
	struct kn_udp *other = NULL;

	group_open(f, &f->at[0], GROUP);
	assert_int_equal(kn_udp_open(&f->at[0], &(struct kn_udp_setup){0}, NULL, 0, &other),
			 -EADDRINUSE);
	group_close(f, GROUP);
}

/* Each worker's own, so that no receiver's kernel joins what two of them have sent. */
static void workers_differ_in_ttl(void **state)
{
	struct fixture *f = *state;
	int ttl[2][GROUP];
	socklen_t len = sizeof(int);

	for (unsigned int family = 0; family < 2; family++) {
		group_open(f, &f->at[family], GROUP);
		for (unsigned int i = 0; i < GROUP; i++)
			assert_return_code(getsockopt(f->udp[i]->send_fd,
						      family ? IPPROTO_IPV6 : IPPROTO_IP,
						      family ? IPV6_UNICAST_HOPS : IP_TTL,
						      &ttl[family][i], &len),
					   errno);
		group_close(f, GROUP);
	}
	assert_int_equal(ttl[0][0], 64);
	assert_int_equal(ttl[0][1], 63);
	assert_int_equal(ttl[0][2], 62);
	assert_memory_equal(ttl[0], ttl[1], sizeof(ttl[0]));
}

static int mark_of(const struct kn_udp *u, bool is_v6)
{
	int mark = -1;
	socklen_t len = sizeof(mark);

	assert_return_code(getsockopt(u->send_fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				      is_v6 ? IPV6_TCLASS : IP_TOS, &mark, &len),
			   errno);
	return mark;
}

/* From the opening on, and changed later; the two bits of ECN stay free. */
static void datagrams_are_marked(void **state)
{
	struct fixture *f = *state;

	for (unsigned int family = 0; family < 2; family++) {
		struct kn_udp *u = NULL;

		assert_int_equal(kn_udp_open(&f->at[family], &(struct kn_udp_setup){.dscp = 46},
					     NULL, 0, &u),
				 0);
		assert_int_equal(mark_of(u, family), 46 << 2);
		assert_int_equal(kn_udp_dscp_set(u, KN_DSCP_MAX), 0);
		assert_int_equal(mark_of(u, family), 63 << 2);
		assert_int_equal(kn_udp_dscp_set(u, 0), 0);
		assert_int_equal(mark_of(u, family), 0);
		kn_udp_close(u);
	}
}

/* Where it comes from, and that nothing comes to the socket that sends. */
static void one_sends_for(struct fixture *f, const struct kn_udp *u)
{
	static const uint8_t text[] = "outwards";
	uint8_t buf[64];
	union kn_addr to, from;
	socklen_t len = sizeof(from);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address_find(&to, AF_INET);
	assert_return_code(bind(fd, &to.sa, kn_addr_len(&to)), errno);
	assert_int_equal(kn_udp_send_one(u, &to, text, sizeof(text)), 0);
	assert_int_equal(recvfrom(fd, buf, sizeof(buf), 0, &from.sa, &len), sizeof(text));
	assert_true(kn_addr_equal(&from, &f->at[0]));
	close(fd);
	for (uint8_t lane = 0; lane < 32; lane++)
		assert_int_equal(
			came_to(f, &f->at[0], KN_WIRE_VERSION << 4 | KN_DATAGRAM_DATA, lane), 0);
}

static void what_sends_has_the_address_of_what_receives(void **state)
{
	struct fixture *f = *state;

	group_open(f, &f->at[0], 1);
	assert_int_not_equal(f->udp[0]->send_fd, f->udp[0]->fd);
	one_sends_for(f, f->udp[0]);
	group_close(f, 1);
}

/* As where the kernel does not steer. */
static void united_one_socket_does_both(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		kn_udp_open(&f->at[0], &(struct kn_udp_setup){.dscp = 46}, NULL, 0, &f->udp[0]), 0);
	kn_udp_unite(f->udp[0], 46);
	assert_int_equal(f->udp[0]->send_fd, f->udp[0]->fd);
	assert_int_equal(mark_of(f->udp[0], false), 46 << 2);
	one_sends_for(f, f->udp[0]);
	group_close(f, 1);
}

static void overflow_is_counted_once(void **state)
{
	static uint8_t buf[8192];
	struct fixture *f = *state;
	int small = 1;

	group_open(f, &f->at[0], 1);
	assert_return_code(setsockopt(f->udp[0]->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)),
			   errno);
	assert_int_equal(kn_udp_drops(f->udp[0]), 0);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(sendto(f->from[0], buf, sizeof(buf), 0, &f->at[0].sa,
					kn_addr_len(&f->at[0])),
				 sizeof(buf));
	assert_in_range(kn_udp_drops(f->udp[0]), 5, 10);
	assert_int_equal(kn_udp_drops(f->udp[0]), 0);
	group_close(f, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lane_has_one_socket),
		cmocka_unit_test(a_group_grows_and_shrinks),
		cmocka_unit_test(nobody_else_joins),
		cmocka_unit_test(workers_differ_in_ttl),
		cmocka_unit_test(datagrams_are_marked),
		cmocka_unit_test(what_sends_has_the_address_of_what_receives),
		cmocka_unit_test(united_one_socket_does_both),
		cmocka_unit_test(overflow_is_counted_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
