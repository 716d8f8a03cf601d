// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The plainest overlay there is: a frame from the TAP is a datagram to the peer, a datagram a frame
 * to the TAP, one system call each, no encryption. The benchmark holds ours against it.
 *
 *	copyloop INTERFACE LOCAL-ADDRESS PEER-ADDRESS PORT
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_BUFFER (4 * 1024 * 1024)

static int tap_open(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return fd >= 0 && ioctl(fd, TUNSETIFF, &ifr) == 0 ? fd : -1;
}

static int udp_open(const char *local, const char *peer, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)}, b = a;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = SOCKET_BUFFER;

	if (fd < 0 || inet_pton(AF_INET, local, &a.sin_addr) != 1 ||
	    inet_pton(AF_INET, peer, &b.sin_addr) != 1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    connect(fd, (struct sockaddr *)&b, sizeof(b)) != 0)
		return -1;
	return fd;
}

static void copy(int from, int to)
{
	static uint8_t buf[65536];
	ssize_t n = read(from, buf, sizeof(buf));

	if (n > 0)
		(void)!write(to, buf, (size_t)n);
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: copyloop INTERFACE LOCAL-ADDRESS PEER-ADDRESS PORT\n");
		return 2;
	}
	int tap = tap_open(argv[1]);
	int udp = udp_open(argv[2], argv[3], (uint16_t)strtoul(argv[4], NULL, 10));
	struct pollfd fds[2] = {{.fd = tap, .events = POLLIN}, {.fd = udp, .events = POLLIN}};

	if (tap < 0 || udp < 0) {
		perror("copyloop");
		return 1;
	}
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			copy(tap, udp);
		if (fds[1].revents)
			copy(udp, tap);
	}
	return 1;
}
