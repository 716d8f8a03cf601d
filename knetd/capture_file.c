// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Packets of captures become a pcapng file. Each interface of ours is several there: its TAP, and
 * each of its links, so that readers show which it was. An interface is described before its first
 * packet. A comment at each packet names the peer; whether it came or left is in its flags.
 */
#include "knetd/capture.h"
#include "knetd/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "config.h"

#define STEP_LEN (64 * 1024)

static void block_send(struct knd_capture *c, struct knd_out *out)
{
	knd_out_bytes(out, c->block.data, c->block.len);
	c->bytes += c->block.len;
	c->block.len = 0;
	c->block.overflow = false;
}

void knd_capture_begin(struct knd_capture *c, struct knd_out *out, const char *words)
{
	struct utsname uts;
	char os[160] = "";

	c->begin_ns = knd_real_ns();
	c->block = (struct knd_pcapng){.data = c->mem, .cap = sizeof(c->mem)};
	if (uname(&uts) == 0)
		snprintf(os, sizeof(os), "%s %s", uts.sysname, uts.release);
	knd_pcapng_section(&c->block,
			   &(struct knd_pcapng_section){.os = os,
							.application = "knetd " PACKAGE_VERSION,
							.comment = words});
	block_send(c, out);
}

/* ---- interfaces ------------------------------------------------------------------------------ */

static void iface_write(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
			unsigned int place)
{
	char name[40], what[120];
	struct knd_pcapng_iface iface = {.name = name,
					 .description = what,
					 .filter = c->filter,
					 .linktype = KND_LINKTYPE_RAW,
					 .snaplen = c->snaplen};

	snprintf(name, sizeof(name), "%s link %u", s->iface, place);
	snprintf(what, sizeof(what),
		 "Datagrams of link %u; headers of IP and UDP are made from their addresses",
		 place);
	if (place == KNET_CAPTURE_TAP) {
		iface.linktype = KND_LINKTYPE_ETHERNET;
		snprintf(name, sizeof(name), "%s", s->iface);
		snprintf(what, sizeof(what), "Frames of the TAP");
	}
	knd_pcapng_iface(&c->block, &iface);
	block_send(c, out);
	s->place[place].number = c->iface_cnt++;
}

void knd_capture_ifaces(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
			const struct knd_iface_view *view, unsigned int places)
{
	struct knet_handle_info info;

	knet_handle_info_get(view->handle, &info);
	for (unsigned int i = 0; i < KNET_CAPTURE_PLACES; i++)
		if (places & 1U << i && (i == KNET_CAPTURE_TAP || info.local[i].open))
			iface_write(c, s, out, i);
}

/* ---- packets --------------------------------------------------------------------------------- */

static void comment_make(const struct knet_capture_packet *p, const struct knd_iface_view *view,
			 char *out, size_t size)
{
	const struct kcl_peer *peer = p->peer ? kcl_peer_find(view->config, p->peer) : NULL;
	int len = 0;

	out[0] = '\0';
	if (peer)
		len = snprintf(out, size, "peer %s", peer->name);
	else if (p->peer)
		len = snprintf(out, size, "peer %u", p->peer);
	else if (p->place == KNET_CAPTURE_TAP)
		len = snprintf(out, size, "to all peers");
	if (p->gso_size)
		snprintf(out + len, size - (size_t)len, ", super-frame: frames of %u bytes of data",
			 p->gso_size);
}

static uint8_t reception_of(const struct knet_capture_packet *p)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (p->place != KNET_CAPTURE_TAP || p->is_out || p->len < sizeof(all))
		return KND_PCAPNG_RECEPTION_UNKNOWN;
	if (memcmp(p->data, all, sizeof(all)) == 0)
		return KND_PCAPNG_BROADCAST;
	return p->data[0] & 1 ? KND_PCAPNG_MULTICAST : KND_PCAPNG_UNICAST;
}

/* Whether the block, and what comes at the end, still fit the file. */
static bool has_room(const struct knd_capture *c)
{
	const uint64_t end = (uint64_t)c->iface_cnt * KND_PCAPNG_STATS_LEN;

	return c->bytes_max == UINT64_MAX || c->bytes + c->block.len + end <= c->bytes_max;
}

static void packet_write(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
			 const struct knd_iface_view *view, const struct knet_capture_packet *p)
{
	char comment[KNET_NAME_LEN + 80];

	/* A link that was opened later. */
	if (s->place[p->place].number < 0)
		iface_write(c, s, out, p->place);
	comment_make(p, view, comment, sizeof(comment));
	knd_pcapng_packet(
		&c->block,
		&(struct knd_pcapng_packet){.iface = (uint32_t)s->place[p->place].number,
					    .time_ns = p->realtime_ns,
					    .data = p->data,
					    .len = p->len,
					    .wire_len = p->wire_len,
					    .direction = p->is_out ? KND_PCAPNG_OUT : KND_PCAPNG_IN,
					    .reception = reception_of(p),
					    .comment = comment});
	if (!has_room(c)) {
		c->block.len = 0;
		c->is_full = true;
		return;
	}
	block_send(c, out);
	s->place[p->place].delivered++;
	c->is_full = ++c->packets == c->packets_max;
}

bool knd_capture_packets(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
			 const struct knd_iface_view *view)
{
	const uint64_t enough = c->bytes + STEP_LEN;
	struct knet_capture_packet packet;

	while (!c->is_full) {
		const int rc = knet_capture_next(view->handle, s->id, &packet);

		s->is_gone = rc < 0;
		if (rc <= 0)
			return false;
		packet_write(c, s, out, view, &packet);
		if (c->bytes >= enough)
			return true;
	}
	return false;
}

void knd_capture_stats(struct knd_capture *c, struct knd_capture_source *s, struct knd_out *out,
		       struct knet_handle *handle)
{
	const uint64_t end_ns = knd_real_ns();

	for (unsigned int i = 0; i < KNET_CAPTURE_PLACES; i++) {
		struct knet_capture_count count;

		if (s->place[i].number < 0 || knet_capture_count_get(handle, s->id, i, &count) < 0)
			continue;
		knd_pcapng_stats(&c->block,
				 &(struct knd_pcapng_stats){.iface = (uint32_t)s->place[i].number,
							    .begin_ns = c->begin_ns,
							    .end_ns = end_ns,
							    .received = count.seen,
							    .matched = count.matched,
							    .dropped = count.dropped,
							    .delivered = s->place[i].delivered});
		block_send(c, out);
		c->dropped += count.dropped;
	}
}
