// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The UDP sockets of our links. Nobody on the way may fragment what they send, nor do they heed
 * what ICMP says of the path: its MTU is found by probes (live/pmtu.c), and what does not fit is
 * cut by us. A datagram that is too long for the interface is refused with EMSGSIZE.
 *
 * A link has two sockets for each worker, all bound to one address: a SO_REUSEPORT group. All a
 * host sends to another on a link has the same addresses and ports, so that a probe proves the way
 * of the data. Which socket a datagram is for says its lane (docs/protocol.md), read by a filter on
 * the group. The kernel joins datagrams before the filter sees them, by addresses and ports but not
 * across different values of TTL: each worker sends with its own, and no two lanes meet in one
 * buffer.
 *
 * One of the two only receives, and one only sends. For each datagram that has left the kernel
 * tells whoever waits for its socket that there is room; where that is a thread which waits to
 * receive, it is 4 % of the sender's CPU for nothing
 * (docs/decisions/0028-sockets-that-only-send.md).
 */
#include "path/udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/session.h"
#include "wire/datagram.h"

/* Younger than some C libraries' headers; linux/udp.h and netinet/udp.h exclude each other. */
#define UDP_SEGMENT 103
#define UDP_GRO     104

#define RECV_BUFFER  (4 * 1024 * 1024)
#define SEND_BUFFER  (128 * 1024) /* more is only delay; the kernel doubles it */
#define URGENT_ROOM  (64 * 1024)
#define SEND_WAIT_MS 2 /* at most, until half of it is empty: from 0.5 Gbit/s on */
#define TTL_MAX      64
#define TTL_CNT      16
#define ECN_BITS     2 /* below the DSCP, in IPv4's and IPv6's byte alike */
#define RECV_LEN     65536
#define IN_MAX       (KN_RECV_CNT * 64)

struct kn_udp_batch {
	struct mmsghdr msg[KN_RECV_CNT];
	struct iovec iov[KN_RECV_CNT];
	union kn_addr from[KN_RECV_CNT];
	_Alignas(struct cmsghdr) uint8_t control[KN_RECV_CNT][CMSG_SPACE(sizeof(int))];
	struct kn_in in[IN_MAX];
	uint8_t buf[KN_RECV_CNT][RECV_LEN];
};

/* With CAP_NET_ADMIN beyond the system's limit; without it as far as it goes. */
static void send_buffer_set(int fd, int len)
{
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &len, sizeof(len)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &len, sizeof(len));
}

static void recv_buffer_set(int fd)
{
	int len = RECV_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &len, sizeof(len)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len));
}

/* Don't fragment, and don't listen to ICMP. A kernel without it fragments: no harm but to speed. */
static int family_set(int fd, sa_family_t family, int ttl)
{
	int on = 1, v4 = IP_PMTUDISC_PROBE, v6 = IPV6_PMTUDISC_PROBE;

	if (family == AF_INET) {
		(void)setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
		(void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof(v4));
		return 0;
	}
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &ttl, sizeof(ttl));
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof(v6));
	return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

int kn_udp_dscp_set(const struct kn_udp *u, uint8_t dscp)
{
	int tos = dscp << ECN_BITS;
	int rc = u->is_v6 ? setsockopt(u->send_fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos))
			  : setsockopt(u->send_fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));

	return rc != 0 ? -errno : 0;
}

/* The first is bound alone, so that an address that is taken is refused, and opens the group then;
 * the others join. */
static int group_bind(int fd, const union kn_addr *local, int first_fd)
{
	int on = 1;

	if (first_fd >= 0 &&
	    (setsockopt(first_fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	     setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0))
		return -1;
	return bind(fd, &local->sa, kn_addr_len(local));
}

/* A socket of a group; first_fd is -1 for the first. Or -errno. */
static int socket_open(const union kn_addr *local, int first_fd, unsigned int slot)
{
	int fd = socket(local->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	if (fd < 0)
		return -errno;
	if (family_set(fd, local->family, TTL_MAX - (int)(slot % TTL_CNT)) == 0 &&
	    group_bind(fd, local, first_fd) == 0)
		return fd;
	int err = -errno;

	close(fd);
	return err;
}

/* That all of a group have it matters: for each datagram the kernel asks one of them, whichever. */
static bool gro_set(const struct kn_udp *u)
{
	int on = 1;

	return setsockopt(u->fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) == 0 &&
	       setsockopt(u->send_fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) == 0;
}

int kn_udp_open(const union kn_addr *local, const struct kn_udp_setup *setup,
		const struct kn_udp *first, unsigned int slot, struct kn_udp **out)
{
	struct kn_udp *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return -ENOMEM;
	u->local = *local;
	u->is_v6 = local->family == AF_INET6;
	u->fd = socket_open(local, first == NULL ? -1 : first->fd, slot);
	u->send_fd =
		u->fd < 0 ? u->fd : socket_open(local, first == NULL ? u->fd : first->fd, slot);
	if (u->send_fd < 0) {
		int err = u->send_fd;

		if (u->fd >= 0)
			close(u->fd);
		free(u);
		return err;
	}
	recv_buffer_set(u->fd);
	send_buffer_set(u->send_fd, SEND_BUFFER);
	/* A mark that the kernel refuses is no reason to be without a link. */
	(void)kn_udp_dscp_set(u, setup->dscp);
	u->has_segment = !setup->no_segment;
	u->has_gro = !setup->no_gro && gro_set(u);
	*out = u;
	return 0;
}

void kn_udp_unite(struct kn_udp *u, uint8_t dscp)
{
	close(u->send_fd);
	u->send_fd = u->fd;
	send_buffer_set(u->fd, SEND_BUFFER);
	(void)kn_udp_dscp_set(u, dscp);
}

/* What a filter loads beyond the end of a datagram is 0, and so is its verdict then: the place in
 * the group, where each worker has two, the one that receives before the one that sends. */
int kn_udp_steer(const struct kn_udp *first, unsigned int cnt)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KN_WIRE_VERSION << 4 | KN_DATAGRAM_DATA, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 3),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KN_SLOT_CONTROL, 3, 0),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, cnt),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 2),
		BPF_STMT(BPF_RET | BPF_A, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return setsockopt(first->fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog)) != 0
		       ? -errno
		       : 0;
}

uint32_t kn_udp_drops(struct kn_udp *u)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	if (getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
		return 0;
	uint32_t more = info[SK_MEMINFO_DROPS] - u->drops;

	u->drops = info[SK_MEMINFO_DROPS];
	return more;
}

void kn_udp_close(struct kn_udp *u)
{
	if (!kn_udp_is_united(u))
		close(u->send_fd);
	close(u->fd);
	free(u);
}

int kn_udp_send_one(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf, size_t len)
{
	return sendto(u->send_fd, buf, len, 0, &to->sa, kn_addr_len(to)) < 0 ? -errno : 0;
}

/* The send buffer is full: with more room than others have. */
static int send_beyond(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf,
		       size_t len)
{
	send_buffer_set(u->send_fd, SEND_BUFFER + URGENT_ROOM);
	int err = kn_udp_send_one(u, to, buf, len);

	send_buffer_set(u->send_fd, SEND_BUFFER);
	return err;
}

int kn_udp_send_urgent(const struct kn_udp *u, const union kn_addr *to, const uint8_t *buf,
		       size_t len)
{
	int err = kn_udp_send_one(u, to, buf, len);

	return err == -EAGAIN ? send_beyond(u, to, buf, len) : err;
}

/* One message of sendmmsg(), and what it points to. */
struct message {
	struct mmsghdr *hdr;
	struct iovec iov;
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))];
};

static void message_make(struct message *m, const struct kn_out *o)
{
	struct msghdr *h = &m->hdr->msg_hdr;
	uint16_t seg_len = (uint16_t)o->seg_len;

	m->iov = (struct iovec){.iov_base = o->data, .iov_len = o->len};
	*h = (struct msghdr){.msg_name = (void *)(uintptr_t)&o->to->sa,
			     .msg_namelen = kn_addr_len(o->to),
			     .msg_iov = &m->iov,
			     .msg_iovlen = 1};
	if (o->cnt <= 1)
		return;
	h->msg_control = m->control;
	h->msg_controllen = sizeof(m->control);
	struct cmsghdr *c = CMSG_FIRSTHDR(h);

	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
	memcpy(CMSG_DATA(c), &seg_len, sizeof(seg_len));
}

/* A burst, datagram by datagram: 0 or the last error. */
static int send_apart(const struct kn_udp *u, const struct kn_out *o)
{
	int err = 0;

	for (uint32_t at = 0; at < o->len; at += o->seg_len) {
		uint32_t len = o->len - at < o->seg_len ? o->len - at : o->seg_len;
		int e = kn_udp_send_one(u, o->to, o->data + at, len);

		if (e != 0)
			err = e;
	}
	return err;
}

/* An answer to a probe, say, that found the send buffer full of users' traffic. */
static bool is_urgent(const struct kn_out *o, int err)
{
	return err == EAGAIN && o->cnt == 1 && o->burst != NULL && o->burst->is_control;
}

/* Why the kernel does not cut: EIO, no checksum offload on the way; EINVAL or EMSGSIZE, these
 * datagrams are longer than the way allows. */
static int send_failed(struct kn_udp *u, const struct kn_out *o, int err)
{
	if (is_urgent(o, err))
		return send_beyond(u, o->to, o->data, o->len);
	if (o->cnt <= 1 || (err != EIO && err != EINVAL && err != EMSGSIZE))
		return -err;
	if (err == EIO)
		__atomic_store_n(&u->has_segment, false, __ATOMIC_RELAXED);
	return send_apart(u, o);
}

/* Room in the send buffer? Waits for it, but for a socket only once as long as there is none. */
static bool room_wait(struct kn_udp *u)
{
	struct pollfd p = {.fd = u->send_fd, .events = POLLOUT};

	u->is_blocked = poll(&p, 1, SEND_WAIT_MS) != 1;
	return !u->is_blocked;
}

/* Copies that leave on other links, too, need not wait: one of them arrives. */
static bool is_worth_waiting(const struct kn_udp *u, const struct kn_out *o)
{
	uint8_t links = __atomic_load_n(&o->host->tx_links, __ATOMIC_RELAXED);

	return !u->is_blocked && (links & (links - 1)) == 0;
}

void kn_udp_send(struct kn_udp *u, struct kn_out *out, size_t cnt, bool *may_wait)
{
	struct message m[KN_BATCH];
	struct mmsghdr hdr[KN_BATCH];

	for (size_t i = 0; i < cnt; i++) {
		m[i].hdr = &hdr[i];
		message_make(&m[i], &out[i]);
	}
	/* sendmmsg() stops at the first message it cannot send: see why, and go on behind it. */
	for (size_t at = 0; at < cnt;) {
		if (!u->has_segment && out[at].cnt > 1) {
			out[at].err = send_apart(u, &out[at]);
			at++;
			continue;
		}
		int n = sendmmsg(u->send_fd, hdr + at, (unsigned int)(cnt - at), 0);

		if (n < 0 && errno == EAGAIN && *may_wait && is_worth_waiting(u, &out[at])) {
			*may_wait = false;
			if (room_wait(u))
				continue;
			errno = EAGAIN;
		}
		if (n < 0) {
			out[at].err = send_failed(u, &out[at], errno);
			at++;
			continue;
		}
		u->is_blocked = false;
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
	/* Not cleared: memory that no datagram reaches is never touched. */
	struct kn_udp_batch *b = malloc(sizeof(*b));

	if (b == NULL)
		return NULL;
	for (unsigned int i = 0; i < KN_RECV_CNT; i++) {
		b->iov[i] = (struct iovec){.iov_base = b->buf[i], .iov_len = RECV_LEN};
		b->msg[i].msg_hdr = (struct msghdr){.msg_iov = &b->iov[i],
						    .msg_iovlen = 1,
						    .msg_name = &b->from[i],
						    .msg_control = b->control[i]};
	}
	return b;
}

void kn_udp_batch_free(struct kn_udp_batch *b)
{
	free(b);
}

/* The length of each datagram but the last in a buffer. */
static uint32_t seg_len_of(struct msghdr *h, uint32_t len)
{
	int seg_len;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO)
			continue;
		memcpy(&seg_len, CMSG_DATA(c), sizeof(seg_len));
		if (seg_len > 0 && (uint32_t)seg_len < len)
			return (uint32_t)seg_len;
	}
	return len;
}

static size_t buffer_split(struct kn_udp_batch *b, unsigned int i, unsigned int link, size_t cnt)
{
	uint32_t len = b->msg[i].msg_len;
	uint32_t seg_len = seg_len_of(&b->msg[i].msg_hdr, len);

	for (uint32_t at = 0; at < len && cnt < IN_MAX; at += seg_len)
		b->in[cnt++] = (struct kn_in){.data = b->buf[i] + at,
					      .len = len - at < seg_len ? len - at : seg_len,
					      .link = (uint8_t)link,
					      .from = &b->from[i]};
	return cnt;
}

int kn_udp_recv(const struct kn_udp *u, struct kn_udp_batch *b, unsigned int link,
		struct kn_in **in, size_t *cnt)
{
	for (unsigned int i = 0; i < KN_RECV_CNT; i++) {
		b->msg[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
		b->msg[i].msg_hdr.msg_controllen = sizeof(b->control[i]);
	}
	int n = recvmmsg(u->fd, b->msg, KN_RECV_CNT, 0, NULL);

	*in = b->in;
	*cnt = 0;
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++)
		*cnt = buffer_split(b, (unsigned int)i, link, *cnt);
	return n;
}
