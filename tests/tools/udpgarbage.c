// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers
/*
 * Blasts datagrams at a port that no honest peer would send: random bytes, random bytes behind
 * plausible first ones, and recorded real datagrams with bits flipped, cut short, made longer or
 * spliced together. Deterministic for a seed.
 *
 *	udpgarbage [-c COUNT] [-r PER_SECOND] [-s SEED] [-f RECORD.pcap] ADDRESS PORT
 *
 * One thread. Datagrams are made in batches and sent with one sendmmsg() each; with -r the sender
 * sleeps between batches. Prints how many were sent. A datagram is never equal to a recorded one:
 * what is replayed unchanged is the business of the tool `replay`.
 */
#include "base/clock.h"
#include "tests/tools/pcap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH      64
#define DATA_MAX   1472
#define CORPUS_MAX 4096
#define TYPES      0x1f /* the byte that tells version and type: version 1, any type */

struct corpus {
	struct pcap_file file;
	struct pcap_frame frame[CORPUS_MAX];
	size_t cnt;
};

struct garbage {
	uint64_t seed;
	struct corpus corpus;
	uint64_t cnt, per_second;
	uint8_t data[BATCH][DATA_MAX];
	size_t len[BATCH];
};

static struct garbage garbage;

static void die(const char *what, int error)
{
	fprintf(stderr, "udpgarbage: %s: %s\n", what, strerror(error));
	exit(1);
}

/* xorshift64*: cheap, and the same on every machine */
static uint64_t chance(void)
{
	garbage.seed ^= garbage.seed >> 12;
	garbage.seed ^= garbage.seed << 25;
	garbage.seed ^= garbage.seed >> 27;
	return garbage.seed * 2685821657736338717ull;
}

static size_t below(size_t limit)
{
	return (size_t)(chance() >> 16) % limit;
}

static void bytes_random(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = chance();

		memcpy(data + i, &word, len - i < 8 ? len - i : 8);
	}
}

static size_t make_random(uint8_t *data)
{
	size_t len = below(DATA_MAX + 1);

	bytes_random(data, len);
	if (len > 0 && chance() & 1)
		data[0] = (uint8_t)(0x10 | below(TYPES & 15));
	return len;
}

static void flip_bits(uint8_t *data, size_t len)
{
	for (size_t i = 1 + below(8); i > 0; i--)
		data[below(len)] ^= (uint8_t)(1u << below(8));
}

static size_t splice(uint8_t *data, size_t len)
{
	const struct corpus *corpus = &garbage.corpus;
	const struct pcap_frame *other = &corpus->frame[below(corpus->cnt)];
	size_t from = below(len);

	for (size_t i = from; i < len && i < other->data_len; i++)
		data[i] = other->frame[other->data_off + i];
	return len;
}

static size_t make_mutated(uint8_t *data)
{
	const struct pcap_frame *frame = &garbage.corpus.frame[below(garbage.corpus.cnt)];
	const uint8_t *original = frame->frame + frame->data_off;
	size_t len = frame->data_len, added;

	memcpy(data, original, len);
	switch (below(4)) {
	case 0:
		flip_bits(data, len);
		break;
	case 1:
		len = below(len);
		break;
	case 2:
		added = below(DATA_MAX - len + 1);
		bytes_random(data + len, added);
		len += added;
		break;
	default:
		len = splice(data, len);
		break;
	}
	if (len == frame->data_len && memcmp(data, original, len) == 0)
		data[len - 1] ^= 1;
	return len;
}

static void batch_make(size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		if (garbage.corpus.cnt > 0 && chance() & 1)
			garbage.len[i] = make_mutated(garbage.data[i]);
		else
			garbage.len[i] = make_random(garbage.data[i]);
	}
}

/* What a full queue or an ICMP error of the port refuses counts as not sent, and is tried again. */
static size_t batch_send(int fd, size_t cnt)
{
	struct mmsghdr message[BATCH] = {0};
	struct iovec iov[BATCH];
	int sent;

	for (size_t i = 0; i < cnt; i++) {
		iov[i] = (struct iovec){.iov_base = garbage.data[i], .iov_len = garbage.len[i]};
		message[i].msg_hdr.msg_iov = &iov[i];
		message[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(fd, message, (unsigned int)cnt, 0);
	if (sent < 0 && errno != ECONNREFUSED && errno != ENOBUFS && errno != EINTR)
		die("sendmmsg", errno);
	return sent < 0 ? 0 : (size_t)sent;
}

static void pace(uint64_t start, uint64_t sent)
{
	uint64_t due = start + sent * KN_SEC / garbage.per_second;
	struct timespec ts = {.tv_sec = (time_t)(due / KN_SEC), .tv_nsec = (long)(due % KN_SEC)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void blast(int fd)
{
	uint64_t start = kn_clock_mono_ns(), sent = 0;

	while (sent < garbage.cnt) {
		size_t cnt = garbage.cnt - sent < BATCH ? (size_t)(garbage.cnt - sent) : BATCH;

		batch_make(cnt);
		sent += batch_send(fd, cnt);
		if (garbage.per_second)
			pace(start, sent);
	}
	printf("%llu\n", (unsigned long long)sent);
}

static void corpus_load(const char *path)
{
	struct corpus *corpus = &garbage.corpus;
	struct pcap_frame frame;
	int ret = pcap_open(&corpus->file, path);

	if (ret < 0)
		die(path, -ret);
	while (corpus->cnt < CORPUS_MAX && pcap_next(&corpus->file, &frame)) {
		if (frame.data_len > 0 && frame.data_len <= DATA_MAX)
			corpus->frame[corpus->cnt++] = frame;
	}
	if (corpus->cnt == 0)
		die(path, ENODATA);
}

static uint64_t number_parse(const char *text, uint64_t max)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (*end || end == text || value == 0 || value > max) {
		fprintf(stderr, "udpgarbage: not a number from 1 to %llu: %s\n",
			(unsigned long long)max, text);
		exit(2);
	}
	return value;
}

static int socket_to(const char *address, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)number_parse(port, 65535))};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		die(address, EINVAL);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		die(address, errno);
	return fd;
}

int main(int argc, char **argv)
{
	int opt;

	garbage.seed = 1;
	garbage.cnt = 300000;
	while ((opt = getopt(argc, argv, "c:r:s:f:")) != -1) {
		if (opt == 'c')
			garbage.cnt = number_parse(optarg, UINT64_MAX);
		else if (opt == 'r')
			garbage.per_second = number_parse(optarg, 10000000);
		else if (opt == 's')
			garbage.seed = number_parse(optarg, UINT64_MAX);
		else if (opt == 'f')
			corpus_load(optarg);
		else
			return 2;
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: udpgarbage [-c COUNT] [-r PER_SECOND] [-s SEED] "
				"[-f RECORD.pcap] ADDRESS PORT\n");
		return 2;
	}
	blast(socket_to(argv[optind], argv[optind + 1]));
	pcap_close(&garbage.corpus.file);
	return 0;
}
