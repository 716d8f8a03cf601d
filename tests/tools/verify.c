// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Sends payloads whose every byte is known, as fast as they go, and looks whether they are what
 * arrives, none of it twice, and how much of it in another order.
 *
 *	verify receive ADDRESS PORT SECONDS
 *	verify send tcp|udp ADDRESS PORT SECONDS [LENGTH]
 *
 * A TCP stream is the bytes of a rule. A datagram is its number and bytes that follow from it, of
 * LENGTH (default 1000) bytes and now and then fewer. A sender prints how many bytes or datagrams
 * it has sent. The receiver takes both on one port, one flow of each, until the stream has been
 * closed and nothing more comes, prints a line of JSON and fails if anything was wrong; headers
 * and checksums are for the kernel to judge, which counts them (InCsumErrors).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LEN_MAX       65536
#define LEN_DEFAULT   1000
#define BATCH         32
#define SOCKET_BUFFER (8 * 1024 * 1024)
#define QUIET_S       0.2
#define SEEN          (1U << 20) /* so many of the last numbers are remembered */

static uint8_t buf[LEN_MAX], want[LEN_MAX];

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The bytes of a stream from `at` on, or of a datagram. */
static void fill(uint8_t *out, size_t len, uint64_t seed, uint64_t at)
{
	for (size_t i = 0; i < len; i++) {
		uint64_t x = (seed + (at + i)) * 0x9e3779b97f4a7c15U;

		out[i] = (uint8_t)(x >> 56);
	}
}

static int open_socket(int type, const char *address, const char *port, bool is_server)
{
	const struct addrinfo hints = {.ai_socktype = type,
				       .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found;
	int on = 1, size = SOCKET_BUFFER;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		return -1;
	int fd = socket(found->ai_family, type, 0);

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_DGRAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	int err = is_server ? bind(fd, found->ai_addr, found->ai_addrlen)
			    : connect(fd, found->ai_addr, found->ai_addrlen);

	freeaddrinfo(found);
	return err == 0 ? fd : -1;
}

/* ---- sending --------------------------------------------------------------------------------- */

static int send_stream(int fd, double end)
{
	uint64_t at = 0;

	while (now_s() < end) {
		fill(buf, LEN_MAX, 0, at);
		ssize_t n = send(fd, buf, LEN_MAX, MSG_NOSIGNAL);

		if (n < 0)
			return 1;
		at += (uint64_t)n;
	}
	printf("%llu\n", (unsigned long long)at);
	return 0;
}

/* One in 16 is shorter. */
static size_t datagram_len(uint64_t number, size_t len)
{
	return number % 16 == 15 ? sizeof(number) + number % (len - sizeof(number)) : len;
}

static void datagram_make(uint8_t *out, uint64_t number, size_t len)
{
	memcpy(out, &number, sizeof(number));
	fill(out + sizeof(number), len - sizeof(number), number << 16, 0);
}

static int send_datagrams(int fd, double end, size_t len)
{
	static uint8_t data[BATCH][LEN_MAX];
	struct iovec iov[BATCH];
	struct mmsghdr msg[BATCH] = {0};
	uint64_t number = 1;

	while (now_s() < end) {
		for (unsigned int i = 0; i < BATCH; i++) {
			size_t l = datagram_len(number + i, len);

			datagram_make(data[i], number + i, l);
			iov[i] = (struct iovec){data[i], l};
			msg[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
		}
		if (sendmmsg(fd, msg, BATCH, 0) < 0 && errno != ENOBUFS && errno != ECONNREFUSED)
			return 1;
		number += BATCH;
	}
	printf("%llu\n", (unsigned long long)(number - 1));
	return 0;
}

static int run_send(int argc, char **argv)
{
	bool is_tcp = strcmp(argv[0], "tcp") == 0;
	int fd = open_socket(is_tcp ? SOCK_STREAM : SOCK_DGRAM, argv[1], argv[2], false);
	double end = now_s() + strtod(argv[3], NULL);
	size_t len = argc > 4 ? strtoul(argv[4], NULL, 10) : LEN_DEFAULT;

	if (fd < 0 || len < 16 || len > 65000) {
		perror("verify send");
		return 1;
	}
	return is_tcp ? send_stream(fd, end) : send_datagrams(fd, end, len);
}

/* ---- receiving ------------------------------------------------------------------------------- */

struct tally {
	uint64_t bytes, datagrams, wrong, behind, twice;
	uint64_t highest; /* number of a datagram */
	uint8_t seen[SEEN / 8];
};

static void stream_check(struct tally *t, size_t len)
{
	fill(want, len, 0, t->bytes);
	t->wrong += memcmp(buf, want, len) != 0;
	t->bytes += len;
}

static bool seen_get(const struct tally *t, uint64_t number)
{
	return (t->seen[number % SEEN / 8] >> number % 8) & 1;
}

static void seen_set(struct tally *t, uint64_t number, bool is_seen)
{
	uint8_t bit = (uint8_t)(1U << number % 8);
	uint8_t *byte = &t->seen[number % SEEN / 8];

	*byte = (uint8_t)(is_seen ? *byte | bit : *byte & ~bit);
}

static void datagram_check(struct tally *t, size_t len)
{
	uint64_t number = 0;

	t->datagrams++;
	if (len < sizeof(number)) {
		t->wrong++;
		return;
	}
	memcpy(&number, buf, sizeof(number));
	datagram_make(want, number, len);
	t->wrong += memcmp(buf, want, len) != 0;
	for (; t->highest < number; t->highest++)
		seen_set(t, t->highest + 1, false);
	if (number + SEEN <= t->highest || seen_get(t, number))
		t->twice++;
	else
		t->behind += number < t->highest;
	seen_set(t, number, true);
}

static int run_receive(char **argv)
{
	int listener = open_socket(SOCK_STREAM, argv[0], argv[1], true);
	struct pollfd fds[3] = {
		{.fd = open_socket(SOCK_DGRAM, argv[0], argv[1], true), .events = POLLIN},
		{.fd = listener, .events = POLLIN},
		{.fd = -1, .events = POLLIN}};
	double end = now_s() + strtod(argv[2], NULL), last = 0;
	static struct tally t;

	if (listener < 0 || fds[0].fd < 0 || listen(listener, 1) != 0) {
		perror("verify receive");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	/* Until both have come and gone: a packet of the stream may have to be sent again and
	 * again. A descriptor below -1 is that of a stream that has ended. */
	while (now_s() < end && (fds[2].fd >= -1 || t.datagrams == 0 || now_s() - last < QUIET_S)) {
		if (poll(fds, 3, 100) <= 0)
			continue;
		last = now_s();
		if (fds[0].revents) {
			ssize_t n = recv(fds[0].fd, buf, sizeof(buf), 0);

			if (n >= 0)
				datagram_check(&t, (size_t)n);
		}
		if (fds[1].revents && fds[2].fd < 0)
			fds[2].fd = accept(listener, NULL, NULL);
		if (fds[2].fd >= 0 && fds[2].revents) {
			ssize_t n = recv(fds[2].fd, buf, sizeof(buf), 0);

			if (n > 0)
				stream_check(&t, (size_t)n);
			else
				fds[2].fd = -2 - fds[2].fd; /* poll() passes over it */
		}
	}
	printf("{\"bytes\": %llu, \"datagrams\": %llu, \"highest\": %llu, \"wrong\": %llu, "
	       "\"behind\": %llu, \"twice\": %llu}\n",
	       (unsigned long long)t.bytes, (unsigned long long)t.datagrams,
	       (unsigned long long)t.highest, (unsigned long long)t.wrong,
	       (unsigned long long)t.behind, (unsigned long long)t.twice);
	return t.wrong != 0 || t.twice != 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "receive") == 0)
		return run_receive(argv + 2);
	if ((argc == 6 || argc == 7) && strcmp(argv[1], "send") == 0)
		return run_send(argc - 2, argv + 2);
	fprintf(stderr, "usage: verify receive ADDRESS PORT SECONDS\n"
			"       verify send tcp|udp ADDRESS PORT SECONDS [LENGTH]\n");
	return 2;
}
