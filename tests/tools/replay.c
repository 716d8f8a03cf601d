// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers
/*
 * Sends recorded UDP datagrams again, byte for byte, from the address that they came from: what an
 * attacker on the path can do.
 *
 *	replay -i IFACE [-r PER_SECOND] [-S SOURCE] [-D ADDRESS] [-P PORT] [-M MAC] RECORD.pcap
 *
 * Frames leave through IFACE by a packet socket. The options put another source address,
 * destination address, destination port or destination MAC into each frame, to replay on another
 * link than the recorded one; payloads are never touched. The UDP checksum is left out, which IPv4
 * allows, because a recording on a veth pair has only half of it. Prints the number sent.
 */
#include "base/clock.h"
#include "tests/tools/pcap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 65550
#define ETH_P_IP4 0x0800

struct replay {
	const char *iface;
	unsigned long per_second;
	bool has_source, has_dest, has_port, has_mac;
	struct in_addr source, dest;
	uint16_t port;
	uint8_t mac[6];
	uint8_t frame[FRAME_MAX];
};

static struct replay replay = {.per_second = 5000};

static void die(const char *what, int error)
{
	fprintf(stderr, "replay: %s: %s\n", what, strerror(error));
	exit(1);
}

static uint16_t ip_checksum(const uint8_t *header, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void frame_readdress(const struct pcap_frame *from)
{
	uint8_t *ip = replay.frame + from->ip_off, *udp = replay.frame + from->udp_off;
	size_t ip_len = from->udp_off - from->ip_off;
	uint16_t sum;

	if (replay.has_mac)
		memcpy(replay.frame, replay.mac, sizeof(replay.mac));
	if (replay.has_source)
		memcpy(ip + 12, &replay.source, 4);
	if (replay.has_dest)
		memcpy(ip + 16, &replay.dest, 4);
	if (replay.has_port)
		memcpy(udp + 2, (uint8_t[]){replay.port >> 8, replay.port & 255}, 2);
	memset(udp + 6, 0, 2);
	memset(ip + 10, 0, 2);
	sum = htons(ip_checksum(ip, ip_len));
	memcpy(ip + 10, &sum, 2);
}

static int socket_open(void)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP4)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	to.sll_ifindex = (int)if_nametoindex(replay.iface);
	if (fd < 0 || to.sll_ifindex == 0 || bind(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		die(replay.iface, errno);
	return fd;
}

static void pause_until(const struct timespec *start, unsigned long sent)
{
	uint64_t ns = (uint64_t)start->tv_nsec + sent * KN_SEC / replay.per_second;
	struct timespec due = {.tv_sec = start->tv_sec + (time_t)(ns / KN_SEC),
			       .tv_nsec = (long)(ns % KN_SEC)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static void play(struct pcap_file *file)
{
	int fd = socket_open();
	struct pcap_frame frame;
	struct timespec start;
	unsigned long sent = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (pcap_next(file, &frame)) {
		if (frame.len > sizeof(replay.frame))
			continue;
		memcpy(replay.frame, frame.frame, frame.len);
		frame_readdress(&frame);
		if (send(fd, replay.frame, frame.len, 0) < 0)
			die("send", errno);
		pause_until(&start, ++sent);
	}
	close(fd);
	printf("%lu\n", sent);
}

static unsigned long number_parse(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value == 0 || value > max)
		die(text, EINVAL);
	return value;
}

static void address_parse(const char *text, struct in_addr *out, bool *has)
{
	if (inet_pton(AF_INET, text, out) != 1)
		die(text, EINVAL);
	*has = true;
}

static void mac_parse(const char *text)
{
	char *end = (char *)text;

	for (int i = 0; i < 6; i++) {
		replay.mac[i] = (uint8_t)strtoul(i ? end + 1 : end, &end, 16);
		if (*end != (i < 5 ? ':' : 0))
			die(text, EINVAL);
	}
	replay.has_mac = true;
}

static void option_parse(int opt)
{
	switch (opt) {
	case 'i':
		replay.iface = optarg;
		break;
	case 'r':
		replay.per_second = number_parse(optarg, 1000000);
		break;
	case 'S':
		address_parse(optarg, &replay.source, &replay.has_source);
		break;
	case 'D':
		address_parse(optarg, &replay.dest, &replay.has_dest);
		break;
	case 'P':
		replay.port = (uint16_t)number_parse(optarg, 65535);
		replay.has_port = true;
		break;
	case 'M':
		mac_parse(optarg);
		break;
	default:
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct pcap_file file;
	int opt, ret;

	while ((opt = getopt(argc, argv, "i:r:S:D:P:M:")) != -1)
		option_parse(opt);
	if (!replay.iface || argc - optind != 1) {
		fprintf(stderr, "usage: replay -i IFACE [-r PER_SECOND] [-S SOURCE] [-D ADDRESS] "
				"[-P PORT] [-M MAC] RECORD.pcap\n");
		return 2;
	}
	ret = pcap_open(&file, argv[optind]);
	if (ret < 0)
		die(argv[optind], -ret);
	play(&file);
	pcap_close(&file);
	return 0;
}
