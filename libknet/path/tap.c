// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The TAP device: opening it with all the offloads the kernel grants, and one system call per frame
 * or super-frame. In front of each is a virtio header (linux/virtio_net.h), in the machine's byte
 * order, which says what is left to do. Features are probed, never guessed from a version: USO came
 * with Linux 6.2. Each queue belongs to one worker; opening and closing is control's.
 */
#include "path/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "path/super.h"

/* Younger than the headers of the oldest distribution we build on. */
#define OFFLOAD_USO4 0x20
#define OFFLOAD_USO6 0x40
#define GSO_UDP_L4   5

#define VNET_LEN sizeof(struct virtio_net_hdr)

_Static_assert(VNET_LEN <= KN_FRAME_HEADROOM, "a virtio header fits in front of a frame");

static int mac_set(int fd, const char *name, const uint8_t mac[6])
{
	struct ifreq ifr = {.ifr_hwaddr.sa_family = ARPHRD_ETHER};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	memcpy(ifr.ifr_hwaddr.sa_data, mac, 6);
	return ioctl(fd, SIOCSIFHWADDR, &ifr) != 0 ? -errno : 0;
}

/* A long queue of super-frames is nothing but delay. */
static int queue_len_set(const char *name, unsigned int len)
{
	struct ifreq ifr = {.ifr_qlen = (int)len};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	err = ioctl(fd, SIOCSIFTXQLEN, &ifr) != 0 ? -errno : 0;
	close(fd);
	return err;
}

static int queue_open(struct kn_tap *tap, const char *name, short flags)
{
	struct ifreq ifr = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | flags)};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	if (!tap->no_vnet_hdr)
		ifr.ifr_flags |= IFF_VNET_HDR;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr) != 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	snprintf(tap->name, sizeof(tap->name), "%s", ifr.ifr_name);
	tap->fd[tap->queue_cnt++] = fd;
	return 0;
}

int kn_tap_queue_add(struct kn_tap *tap)
{
	struct ifreq ifr = {.ifr_flags = 0};

	if (tap->queue_cnt == KN_TAP_QUEUES_MAX)
		return -EINVAL;
	/* By the name that it has now: another would make another device. */
	if (ioctl(tap->fd[0], TUNGETIFF, &ifr) != 0)
		return -errno;
	return queue_open(tap, ifr.ifr_name, 0);
}

void kn_tap_queue_del(struct kn_tap *tap)
{
	close(tap->fd[--tap->queue_cnt]);
}

/* The most the kernel grants, of a falling series. */
static void offload_set(struct kn_tap *tap, const struct kn_tap_setup *setup)
{
	unsigned int tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	tap->has = (struct kn_tap_features){.has_vnet_hdr = !setup->no_vnet_hdr};
	if (setup->no_vnet_hdr)
		return;
	tap->has.takes_uso = !setup->no_uso;
	if (setup->no_offload)
		return;
	/* The offloads belong to the device, not to a queue. */
	tap->has.gives_uso = !setup->no_uso && ioctl(tap->fd[0], TUNSETOFFLOAD,
						     tcp | OFFLOAD_USO4 | OFFLOAD_USO6) == 0;
	tap->has.gives_csum = tap->has.gives_uso || ioctl(tap->fd[0], TUNSETOFFLOAD, tcp) == 0;
}

int kn_tap_open(struct kn_tap *tap, const struct kn_tap_setup *setup)
{
	*tap = (struct kn_tap){.no_vnet_hdr = setup->no_vnet_hdr};
	if (strlen(setup->name) >= IFNAMSIZ)
		return -EINVAL;
	int err = queue_open(tap, setup->name, (short)IFF_TUN_EXCL);

	if (err != 0)
		return err;
	tap->index = if_nametoindex(tap->name);
	err = mac_set(tap->fd[0], tap->name, setup->mac);
	if (err == 0)
		err = queue_len_set(tap->name, setup->queue_len);
	if (err != 0) {
		kn_tap_close(tap);
		return err;
	}
	offload_set(tap, setup);
	return 0;
}

void kn_tap_close(struct kn_tap *tap)
{
	for (unsigned int i = 0; i < tap->queue_cnt; i++)
		close(tap->fd[i]);
	tap->queue_cnt = 0;
}

/* A question to the kernel about one interface's statistics, and the answer. */
struct stats_ask {
	struct nlmsghdr hdr;
	struct if_stats_msg msg;
};

static ssize_t stats_get(unsigned int index, void *answer, size_t len)
{
	struct stats_ask ask = {.hdr = {.nlmsg_len = sizeof(ask),
					.nlmsg_type = RTM_GETSTATS,
					.nlmsg_flags = NLM_F_REQUEST},
				.msg = {.ifindex = index,
					.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64)}};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (send(fd, &ask, sizeof(ask), 0) == sizeof(ask))
		n = recv(fd, answer, len, 0);
	close(fd);
	return n;
}

uint64_t kn_tap_drops(const struct kn_tap *tap)
{
	struct {
		struct stats_ask head;
		struct nlattr attr;
		struct rtnl_link_stats64 stats;
		uint8_t rest[256]; /* a younger kernel's */
	} __attribute__((packed)) a;

	_Static_assert(offsetof(__typeof__(a), stats) == 32, "as the kernel packs it");
	if (stats_get(tap->index, &a, sizeof(a)) < (ssize_t)offsetof(__typeof__(a), rest) ||
	    a.head.hdr.nlmsg_type != RTM_NEWSTATS || a.attr.nla_type != IFLA_STATS_LINK_64)
		return 0;
	return a.stats.tx_dropped;
}

/* TCP and UDP come in two kinds each: the virtio header tells TCP's apart, for UDP the frame does.
 * Returns KN_SUPER_NONE for what cannot be cut. */
static uint8_t super_kind(const struct virtio_net_hdr *v, const struct kn_frame *f)
{
	switch (v->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return KN_SUPER_TCP4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return KN_SUPER_TCP6;
	case GSO_UDP_L4:
		break;
	default:
		return KN_SUPER_NONE;
	}
	uint16_t ethertype = 0;

	(void)kn_frame_l3(f->data, f->len, &ethertype);
	return ethertype == 0x86dd ? KN_SUPER_UDP6 : KN_SUPER_UDP4;
}

static int from_vnet(const struct virtio_net_hdr *v, struct kn_frame *f)
{
	if (v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		f->needs_csum = true;
		f->csum_start = v->csum_start;
		f->csum_offset = v->csum_offset;
		if ((uint32_t)v->csum_start + v->csum_offset + 2 > f->len)
			return -EBADMSG;
	}
	if (v->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return 0;
	f->super = super_kind(v, f);
	f->has_ecn = (v->gso_type & VIRTIO_NET_HDR_GSO_ECN) != 0;
	f->gso_size = v->gso_size;
	return f->super == KN_SUPER_NONE ? -EBADMSG : 0;
}

int kn_tap_read(const struct kn_tap *tap, unsigned int queue, uint8_t *buf, struct kn_frame *f)
{
	size_t before = tap->has.has_vnet_hdr ? VNET_LEN : 0;
	ssize_t n = read(tap->fd[queue], buf + KN_FRAME_HEADROOM - before, before + KN_SUPER_MAX);

	if (n < 0)
		return -errno;
	if ((size_t)n < before)
		return -EBADMSG;
	*f = (struct kn_frame){.data = buf + KN_FRAME_HEADROOM, .len = (uint32_t)n - before};
	if (!tap->has.has_vnet_hdr)
		return 0;
	struct virtio_net_hdr v;

	memcpy(&v, f->data - VNET_LEN, VNET_LEN);
	return from_vnet(&v, f);
}

static void to_vnet(struct virtio_net_hdr *v, const struct kn_frame *f)
{
	static const uint8_t gso[KN_SUPER_KIND_COUNT] = {
		[KN_SUPER_TCP4] = VIRTIO_NET_HDR_GSO_TCPV4,
		[KN_SUPER_TCP6] = VIRTIO_NET_HDR_GSO_TCPV6,
		[KN_SUPER_UDP4] = GSO_UDP_L4,
		[KN_SUPER_UDP6] = GSO_UDP_L4,
	};

	*v = (struct virtio_net_hdr){.gso_type = gso[f->super]};
	if (f->needs_csum) {
		v->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		v->csum_start = f->csum_start;
		v->csum_offset = f->csum_offset;
	}
	if (f->super == KN_SUPER_NONE)
		return;
	v->gso_type = (uint8_t)(v->gso_type | (f->has_ecn ? VIRTIO_NET_HDR_GSO_ECN : 0));
	v->gso_size = f->gso_size;
	v->hdr_len = f->hdr_len;
}

size_t kn_tap_form_extra(const struct kn_tap *tap)
{
	return tap->has.has_vnet_hdr ? VNET_LEN : 0;
}

struct kn_bytes kn_tap_form(const struct kn_tap *tap, struct kn_frame *f)
{
	size_t before = kn_tap_form_extra(tap);

	if (before != 0) {
		struct virtio_net_hdr v;

		to_vnet(&v, f);
		memcpy(f->data - before, &v, before);
	}
	return (struct kn_bytes){f->data - before, f->len + before};
}

int kn_tap_write(const struct kn_tap *tap, unsigned int queue, struct kn_frame *f)
{
	struct kn_bytes form = kn_tap_form(tap, f);

	return write(tap->fd[queue], form.data, form.len) < 0 ? -errno : 0;
}
