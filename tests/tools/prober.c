// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers
/*
 * The prober: ICMP echo requests at a fixed spacing, by default of 1 ms, to up to eight hosts at
 * once. It answers one question: for how long was nothing delivered?
 *
 *	prober -o FILE [-i INTERVAL_US] [-t SECONDS] ADDRESS...
 *
 * One thread. Each tick sends one request to every target, and between ticks replies are
 * taken off one ICMP socket, whose identifier the kernel chooses: it gets no replies to
 * other pings. The thread asks for a real-time priority, because a prober that is late looks
 * like a network that is late; a tick that was missed nevertheless is left out, never caught
 * up with, and shows as "not sent" in the record. All memory is one array, as large as the
 * run is long (16 bytes a probe), and it is locked.
 *
 * It ends after SECONDS, or on SIGINT or SIGTERM, waits one more second for late replies,
 * and writes FILE, in the byte order of the machine:
 *	"KNPROBE1", u32 targets, u32 interval in us, u64 ticks,
 *	then for each tick, for each target: u64 send time in ns of CLOCK_MONOTONIC (0: not sent),
 *	u32 round trip in us (0xffffffff: no reply), u32 number of replies.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define TARGETS_MAX  8
#define SECONDS_MAX  1200
#define PROBES_MAX   (16u << 20) /* 256 MiB of records */
#define LINGER_NS    KN_SEC
#define NO_REPLY     UINT32_MAX
#define PROBE_MAGIC  0x6b6e7072u
#define REPLIES_ONCE 64 /* taken between two looks at the clock */

struct record {
	uint64_t sent_ns;
	uint32_t rtt_us;
	uint32_t replies;
};

/* Behind the ICMP header, in the byte order of the machine: we alone read it. */
struct payload {
	uint32_t magic;
	uint32_t target;
	uint64_t tick;
	uint64_t sent_ns;
};

struct request {
	struct icmphdr icmp;
	struct payload payload;
};

struct prober {
	int fd;
	uint32_t target_cnt;
	struct sockaddr_in target[TARGETS_MAX];
	uint64_t interval_ns;
	uint64_t tick_cnt; /* room in record */
	uint64_t tick;     /* those that have passed */
	struct record *record;
	const char *path;
};

static volatile sig_atomic_t is_over;

static void on_signal(int sig)
{
	(void)sig;
	is_over = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "prober: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void probe_send(struct prober *p, uint32_t target, uint64_t tick)
{
	struct record *record = &p->record[tick * p->target_cnt + target];
	struct request request = {
		.icmp = {.type = ICMP_ECHO, .un.echo.sequence = htons((uint16_t)tick)},
		.payload = {.magic = PROBE_MAGIC, .target = target, .tick = tick},
	};

	record->sent_ns = kn_clock_mono_ns();
	request.payload.sent_ns = record->sent_ns;
	/* An error is a probe that gets no reply, which is what the record then says. */
	(void)sendto(p->fd, &request, sizeof(request), MSG_DONTWAIT,
		     (const struct sockaddr *)&p->target[target], sizeof(p->target[target]));
}

static void reply_count(struct prober *p, const struct payload *payload, uint64_t now)
{
	struct record *record;

	if (payload->magic != PROBE_MAGIC || payload->target >= p->target_cnt ||
	    payload->tick >= p->tick_cnt)
		return;
	record = &p->record[payload->tick * p->target_cnt + payload->target];
	if (record->sent_ns == 0 || record->sent_ns != payload->sent_ns)
		return;
	if (record->replies == 0)
		record->rtt_us = (uint32_t)((now - record->sent_ns) / KN_US);
	record->replies++;
}

static void replies_take(struct prober *p)
{
	uint8_t packet[256];
	struct payload payload;

	for (int i = 0; i < REPLIES_ONCE; i++) {
		ssize_t len = recv(p->fd, packet, sizeof(packet), MSG_DONTWAIT);

		if (len <= 0)
			return;
		if ((size_t)len < sizeof(struct icmphdr) + sizeof(payload))
			continue;
		memcpy(&payload, packet + sizeof(struct icmphdr), sizeof(payload));
		reply_count(p, &payload, kn_clock_mono_ns());
	}
}

static void replies_take_until(struct prober *p, uint64_t until_ns)
{
	struct pollfd pollfd = {.fd = p->fd, .events = POLLIN};

	for (uint64_t now = kn_clock_mono_ns(); now < until_ns; now = kn_clock_mono_ns()) {
		uint64_t left = until_ns - now;
		struct timespec ts = {.tv_sec = (time_t)(left / KN_SEC),
				      .tv_nsec = (long)(left % KN_SEC)};

		if (ppoll(&pollfd, 1, &ts, NULL) > 0)
			replies_take(p);
		else if (is_over)
			return;
	}
}

static void probe_all(struct prober *p)
{
	uint64_t start = kn_clock_mono_ns();

	while (p->tick < p->tick_cnt && !is_over) {
		for (uint32_t i = 0; i < p->target_cnt; i++)
			probe_send(p, i, p->tick);
		replies_take_until(p, start + (p->tick + 1) * p->interval_ns);
		/* What was sent counts, also if a signal has ended the wait for the next tick. */
		uint64_t due = (kn_clock_mono_ns() - start) / p->interval_ns;

		p->tick = due > p->tick ? due : p->tick + 1;
	}
	if (p->tick > p->tick_cnt)
		p->tick = p->tick_cnt;
	is_over = 0;
	replies_take_until(p, kn_clock_mono_ns() + LINGER_NS);
}

static void record_write(const struct prober *p)
{
	uint32_t head[2] = {p->target_cnt, (uint32_t)(p->interval_ns / KN_US)};
	size_t cnt = p->tick * p->target_cnt;
	FILE *file = fopen(p->path, "wb");

	if (!file)
		die(p->path);
	if (fwrite("KNPROBE1", 8, 1, file) != 1 || fwrite(head, sizeof(head), 1, file) != 1 ||
	    fwrite(&p->tick, sizeof(p->tick), 1, file) != 1 ||
	    fwrite(p->record, sizeof(*p->record), cnt, file) != cnt || fclose(file) != 0)
		die(p->path);
}

static void socket_open(struct prober *p)
{
	int size = 1 << 20;

	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (p->fd < 0)
		die("ICMP socket (see net.ipv4.ping_group_range)");
	if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		die("SO_RCVBUFFORCE");
}

static void records_make(struct prober *p)
{
	size_t cnt = p->tick_cnt * p->target_cnt;

	if (cnt > PROBES_MAX) {
		fprintf(stderr, "prober: more than %u probes\n", PROBES_MAX);
		exit(1);
	}
	p->record = mmap(NULL, cnt * sizeof(*p->record), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | MAP_LOCKED, -1, 0);
	if (p->record == MAP_FAILED)
		die("memory");
	for (size_t i = 0; i < cnt; i++)
		p->record[i].rtt_us = NO_REPLY;
}

/* Where the machine does not allow it, the record shows how late we were. */
static void priority_raise(void)
{
	struct sched_param param = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_FIFO, &param) < 0)
		fprintf(stderr, "prober: no real-time priority: %s\n", strerror(errno));
}

static unsigned long number_parse(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value == 0 || value > max) {
		fprintf(stderr, "prober: not a number from 1 to %lu: %s\n", max, text);
		exit(2);
	}
	return value;
}

static void arguments_parse(struct prober *p, int argc, char **argv)
{
	unsigned long interval_us = 1000, seconds = 60;
	int opt;

	while ((opt = getopt(argc, argv, "o:i:t:")) != -1) {
		if (opt == 'o')
			p->path = optarg;
		else if (opt == 'i')
			interval_us = number_parse(optarg, 1000000);
		else if (opt == 't')
			seconds = number_parse(optarg, SECONDS_MAX);
		else
			exit(2);
	}
	if (!p->path || optind == argc || argc - optind > TARGETS_MAX) {
		fprintf(stderr, "usage: prober -o FILE [-i INTERVAL_US] [-t SECONDS] ADDRESS...\n");
		exit(2);
	}
	for (; optind < argc; optind++) {
		struct sockaddr_in *target = &p->target[p->target_cnt++];

		target->sin_family = AF_INET;
		if (inet_pton(AF_INET, argv[optind], &target->sin_addr) != 1) {
			fprintf(stderr, "prober: not an IPv4 address: %s\n", argv[optind]);
			exit(2);
		}
	}
	p->interval_ns = interval_us * KN_US;
	p->tick_cnt = seconds * KN_SEC / p->interval_ns;
}

int main(int argc, char **argv)
{
	struct prober p = {0};
	struct sigaction action = {.sa_handler = on_signal};

	arguments_parse(&p, argc, argv);
	records_make(&p);
	socket_open(&p);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	priority_raise();
	probe_all(&p);
	record_write(&p);
	return 0;
}
