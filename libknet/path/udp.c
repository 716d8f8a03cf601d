// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The UDP sockets of our links. The path MTU that ICMP suggests is not trusted: a datagram that is
 * too long for the interface is fragmented by the kernel.
 */
#include "path/udp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKET_BUFFER   (4 * 1024 * 1024)
#define RECV_BUFFER_LEN 9216 /* the largest datagram we expect: jumbo frames */

struct kn_udp_batch {
	struct mmsghdr msg[KN_BATCH];
	struct iovec iov[KN_BATCH];
	union kn_addr from[KN_BATCH];
	uint8_t buf[KN_BATCH][RECV_BUFFER_LEN];
};

static void buffers_set(int fd)
{
	int size = SOCKET_BUFFER;

	/* With CAP_NET_ADMIN beyond the system's limit; without it as far as it goes. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static int family_set(int fd, sa_family_t family)
{
	int on = 1, v4 = IP_PMTUDISC_OMIT, v6 = IPV6_PMTUDISC_OMIT;

	if (family == AF_INET)
		return setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof(v4));
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return -1;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof(v6));
}

int kn_udp_open(const union kn_addr *local, struct kn_udp **out)
{
	struct kn_udp *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return -ENOMEM;
	u->fd = socket(local->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (u->fd < 0 || family_set(u->fd, local->family) != 0 ||
	    bind(u->fd, &local->sa, kn_addr_len(local)) != 0) {
		int err = -errno;

		if (u->fd >= 0)
			close(u->fd);
		free(u);
		return err;
	}
	buffers_set(u->fd);
	*out = u;
	return 0;
}

void kn_udp_close(struct kn_udp *u)
{
	close(u->fd);
	free(u);
}

int kn_udp_send_one(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf, size_t len)
{
	return sendto(u->fd, buf, len, 0, &to->sa, kn_addr_len(to)) < 0 ? -errno : 0;
}

void kn_udp_send(const struct kn_udp *u, struct kn_out *out, size_t cnt)
{
	struct mmsghdr msg[KN_BATCH];
	struct iovec iov[KN_BATCH];

	memset(msg, 0, cnt * sizeof(msg[0]));
	for (size_t i = 0; i < cnt; i++) {
		iov[i] = (struct iovec){.iov_base = out[i].data, .iov_len = out[i].len};
		msg[i].msg_hdr = (struct msghdr){.msg_name = (void *)(uintptr_t)&out[i].to->sa,
						 .msg_namelen = kn_addr_len(out[i].to),
						 .msg_iov = &iov[i],
						 .msg_iovlen = 1};
	}
	/* sendmmsg() stops at the first datagram it cannot send: note why, and go on behind it. */
	for (size_t at = 0; at < cnt;) {
		int n = sendmmsg(u->fd, msg + at, (unsigned int)(cnt - at), 0);

		if (n < 0) {
			out[at++].err = -errno;
			continue;
		}
		for (int i = 0; i < n; i++)
			out[at++].err = 0;
	}
}

bool kn_udp_is_unread(const struct kn_udp *u)
{
	int bytes = 0;

	return ioctl(u->fd, SIOCINQ, &bytes) == 0 && bytes > 0;
}

struct kn_udp_batch *kn_udp_batch_new(void)
{
	struct kn_udp_batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	for (unsigned int i = 0; i < KN_BATCH; i++) {
		b->iov[i] = (struct iovec){.iov_base = b->buf[i], .iov_len = RECV_BUFFER_LEN};
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
		b->msg[i].msg_hdr.msg_name = &b->from[i];
	}
	return b;
}

void kn_udp_batch_free(struct kn_udp_batch *b)
{
	free(b);
}

int kn_udp_recv(const struct kn_udp *u, struct kn_udp_batch *b, unsigned int link, struct kn_in *in)
{
	for (unsigned int i = 0; i < KN_BATCH; i++)
		b->msg[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
	int n = recvmmsg(u->fd, b->msg, KN_BATCH, 0, NULL);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		in[i].data = b->buf[i];
		/* A truncated datagram is none of ours: length 0 makes it malformed. */
		in[i].len = b->msg[i].msg_hdr.msg_flags & MSG_TRUNC ? 0 : b->msg[i].msg_len;
		in[i].link = (uint8_t)link;
		in[i].from = b->from[i];
	}
	return n;
}
