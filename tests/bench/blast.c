// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * UDP at a rate: one end sends numbered datagrams, the other counts them.
 *
 *	blast send ADDRESS PORT BYTES SECONDS RATE	RATE a second; 0: as many as go
 *	blast count PORT SECONDS			at most so long; ends when they have ended
 *
 * Each prints one line of JSON. Plain sendmmsg() and recvmmsg(), no segmentation: what a program
 * does that knows nothing of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BATCH         64
#define LEN_MAX       2048
#define SOCKET_BUFFER (8 * 1024 * 1024)
#define NAP_NS        50000
#define QUIET_S       0.3

static uint8_t buf[BATCH][LEN_MAX];
static struct iovec iov[BATCH];
static struct mmsghdr msg[BATCH];

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void messages_init(size_t len)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){.iov_base = buf[i], .iov_len = len};
		msg[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
	}
}

static void nap(void)
{
	struct timespec t = {.tv_nsec = NAP_NS};

	nanosleep(&t, NULL);
}

static int blast_send(char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10))};
	size_t len = strtoul(argv[2], NULL, 10);
	double seconds = strtod(argv[3], NULL), rate = strtod(argv[4], NULL), begin = now_s(),
	       passed;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t sent = 0;

	if (fd < 0 || len < sizeof(sent) || len > LEN_MAX ||
	    inet_pton(AF_INET, argv[0], &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror("blast send");
		return 1;
	}
	messages_init(len);
	while ((passed = now_s() - begin) < seconds) {
		double due = rate > 0 ? rate * passed - (double)sent : BATCH;
		unsigned int cnt = due > BATCH ? BATCH : (unsigned int)(due < 0 ? 0 : due);

		if (cnt == 0) {
			nap();
			continue;
		}
		for (unsigned int i = 0; i < cnt; i++)
			memcpy(buf[i], &(uint64_t){sent + i}, sizeof(sent));
		int n = sendmmsg(fd, msg, cnt, 0);

		if (n < 0 && errno != ENOBUFS && errno != ECONNREFUSED) {
			perror("blast send");
			return 1;
		}
		sent += n > 0 ? (uint64_t)n : 0;
	}
	printf("{\"sent\": %llu, \"seconds\": %.4f}\n", (unsigned long long)sent, passed);
	return 0;
}

static int blast_count(char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)strtoul(argv[0], NULL, 10))};
	struct timeval wait = {.tv_usec = 100000};
	double end = now_s() + strtod(argv[1], NULL), first = 0, last = 0;
	uint64_t received = 0, behind = 0, highest = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = SOCKET_BUFFER;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		perror("blast count");
		return 1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	messages_init(LEN_MAX);
	while (now_s() < end && (received == 0 || now_s() - last < QUIET_S)) {
		int n = recvmmsg(fd, msg, BATCH, MSG_WAITFORONE, NULL);

		if (n <= 0)
			continue;
		last = now_s();
		first = received == 0 ? last : first;
		received += (uint64_t)n;
		for (int i = 0; i < n; i++) {
			uint64_t number;

			memcpy(&number, buf[i], sizeof(number));
			behind += number < highest;
			highest = number > highest ? number : highest;
		}
	}
	printf("{\"received\": %llu, \"seconds\": %.4f, \"behind\": %llu}\n",
	       (unsigned long long)received, last - first, (unsigned long long)behind);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "send") == 0)
		return blast_send(argv + 2);
	if (argc == 4 && strcmp(argv[1], "count") == 0)
		return blast_count(argv + 2);
	fprintf(stderr, "usage: blast send ADDRESS PORT BYTES SECONDS RATE | count PORT SECONDS\n");
	return 2;
}
