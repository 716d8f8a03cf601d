// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Counters as `show counters` lists them. `clear counters` takes a picture of all of them, peers
 * sorted by id; what is shown later is the difference. A counter below its picture belongs to a
 * peer or a link that was made anew, and counts from zero. One allocation per interface, gone with
 * it.
 */
#include "knetd/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct knd_counter_def knd_peer_counter_defs[KND_PEER_COUNTERS] = {
	{"rx_bytes", "bytes of frames received from the peer", false},
	{"tx_bytes", "bytes of frames sent to the peer", false},
	{"rx_frames", "frames received from the peer", false},
	{"tx_frames", "frames sent to the peer", false},
	{"session_rx_ok", "datagrams that were authentic and new", false},
	{"session_rx_bad_tag", "datagrams that were not authentic", true},
	{"session_rx_replay", "datagrams that had been seen before", true},
	{"session_tx", "datagrams sent with session keys", false},
	{"rekeys", "changes of session keys", false},
	{"failover_replayed", "datagrams sent once more", false},
	{"failover_confirmed", "datagrams the peer has confirmed", false},
	{"failover_overrun", "datagrams no longer kept, though not confirmed", true},
};

const struct knd_counter_def knd_link_counter_defs[KND_LINK_COUNTERS] = {
	{"link_rx_datagrams", "datagrams received on the link", false},
	{"link_tx_datagrams", "datagrams sent on the link", false},
	{"link_rx_bytes", "bytes received on the link", false},
	{"link_tx_bytes", "bytes sent on the link", false},
	{"link_tx_errors", "datagrams that the kernel did not take", true},
	{"down_count", "times that the link went down", false},
	{"suspect_count", "times that the link was under suspicion", false},
};

struct link_zero {
	uint16_t peer;
	uint8_t link;
	uint64_t value[KND_LINK_COUNTERS];
};

struct peer_zero {
	uint16_t peer;
	uint64_t value[KND_PEER_COUNTERS];
};

struct knd_counters_zero {
	uint64_t handle[KND_HANDLE_COUNTERS_MAX];
	size_t peer_cnt, link_cnt;
	struct link_zero *link; /* behind the peers, in the same allocation */
	struct peer_zero peer[];
};

static uint64_t since(uint64_t now, uint64_t zero)
{
	return now >= zero ? now - zero : now;
}

size_t knd_handle_counters(const struct knd_counters *from,
			   struct knet_counter out[KND_HANDLE_COUNTERS_MAX])
{
	size_t cnt = knet_counters_get(from->handle, out, KND_HANDLE_COUNTERS_MAX);

	if (cnt > KND_HANDLE_COUNTERS_MAX)
		cnt = KND_HANDLE_COUNTERS_MAX;
	for (size_t i = 0; i < cnt && from->zero; i++)
		out[i].value = since(out[i].value, from->zero->handle[i]);
	return cnt;
}

static int peer_values(struct knet_handle *handle, uint16_t id, uint64_t out[KND_PEER_COUNTERS])
{
	struct knet_peer_info info;
	const int rc = knet_peer_info_get(handle, id, &info);

	if (rc < 0)
		return rc;
	out[0] = info.rx_bytes;
	out[1] = info.tx_bytes;
	out[2] = info.rx_frames;
	out[3] = info.tx_frames;
	out[4] = info.rx_ok;
	out[5] = info.rx_bad_tag;
	out[6] = info.rx_replay;
	out[7] = info.tx_datagrams;
	out[8] = info.rekeys;
	out[9] = info.failover_replayed;
	out[10] = info.failover_confirmed;
	out[11] = info.failover_overrun;
	return 0;
}

static int link_values(struct knet_handle *handle, uint16_t id, unsigned int link,
		       uint64_t out[KND_LINK_COUNTERS])
{
	struct knet_link_info info;
	const int rc = knet_link_info_get(handle, id, link, &info);

	if (rc < 0)
		return rc;
	out[0] = info.rx_datagrams;
	out[1] = info.tx_datagrams;
	out[2] = info.rx_bytes;
	out[3] = info.tx_bytes;
	out[4] = info.tx_errors;
	out[5] = info.down_count;
	out[6] = info.suspect_count;
	return 0;
}

static int peer_compare(const void *a, const void *b)
{
	const struct peer_zero *x = a, *y = b;

	return (x->peer > y->peer) - (x->peer < y->peer);
}

static int link_compare(const void *a, const void *b)
{
	const struct link_zero *x = a, *y = b;
	const int peer = (x->peer > y->peer) - (x->peer < y->peer);

	return peer ? peer : (x->link > y->link) - (x->link < y->link);
}

int knd_peer_counters(const struct knd_counters *from, uint16_t id, uint64_t out[KND_PEER_COUNTERS])
{
	const struct knd_counters_zero *all = from->zero;
	const struct peer_zero key = {.peer = id};
	const struct peer_zero *zero;
	const int rc = peer_values(from->handle, id, out);

	if (rc < 0 || !all)
		return rc;
	zero = bsearch(&key, all->peer, all->peer_cnt, sizeof(key), peer_compare);
	for (unsigned int i = 0; zero && i < KND_PEER_COUNTERS; i++)
		out[i] = since(out[i], zero->value[i]);
	return 0;
}

int knd_link_counters(const struct knd_counters *from, uint16_t id, unsigned int link,
		      uint64_t out[KND_LINK_COUNTERS])
{
	const struct knd_counters_zero *all = from->zero;
	const struct link_zero key = {.peer = id, .link = (uint8_t)link};
	const struct link_zero *zero;
	const int rc = link_values(from->handle, id, link, out);

	if (rc < 0 || !all)
		return rc;
	zero = bsearch(&key, all->link, all->link_cnt, sizeof(key), link_compare);
	for (unsigned int i = 0; zero && i < KND_LINK_COUNTERS; i++)
		out[i] = since(out[i], zero->value[i]);
	return 0;
}

static struct knd_counters_zero *zero_alloc(size_t peers)
{
	struct knd_counters_zero *zero;

	zero = calloc(1, sizeof(*zero) + peers * sizeof(zero->peer[0]) +
				 peers * KNET_MAX_LINKS * sizeof(zero->link[0]));
	if (zero)
		zero->link = (struct link_zero *)&zero->peer[peers];
	return zero;
}

size_t knd_counters_zero_size(const struct knd_counters_zero *zero)
{
	return sizeof(*zero) + zero->peer_cnt * sizeof(zero->peer[0]) +
	       zero->link_cnt * sizeof(zero->link[0]);
}

/* Few peers have all the links that there could be: gives back what was not used. */
static struct knd_counters_zero *zero_trim(struct knd_counters_zero *zero)
{
	struct knd_counters_zero *trimmed;

	memmove(&zero->peer[zero->peer_cnt], zero->link, zero->link_cnt * sizeof(zero->link[0]));
	trimmed = realloc(zero, knd_counters_zero_size(zero));
	if (!trimmed)
		trimmed = zero;
	trimmed->link = (struct link_zero *)&trimmed->peer[trimmed->peer_cnt];
	return trimmed;
}

static void links_note(struct knet_handle *handle, uint16_t id, struct knd_counters_zero *zero)
{
	for (unsigned int i = 0; i < KNET_MAX_LINKS; i++) {
		struct link_zero *link = &zero->link[zero->link_cnt];

		if (link_values(handle, id, i, link->value) < 0)
			continue;
		link->peer = id;
		link->link = (uint8_t)i;
		zero->link_cnt++;
	}
}

struct knd_counters_zero *knd_counters_zero_new(struct knet_handle *handle)
{
	struct knet_counter now[KND_HANDLE_COUNTERS_MAX];
	struct knd_counters_zero *zero;
	struct knet_handle_info info;
	uint16_t id = 0;
	size_t cnt;

	knet_handle_info_get(handle, &info);
	zero = zero_alloc(info.peers);
	if (!zero)
		return NULL;
	cnt = knd_handle_counters(&(struct knd_counters){.handle = handle}, now);
	for (size_t i = 0; i < cnt; i++)
		zero->handle[i] = now[i].value;
	while (zero->peer_cnt < info.peers && (id = knet_peer_next(handle, id))) {
		struct peer_zero *peer = &zero->peer[zero->peer_cnt];

		if (peer_values(handle, id, peer->value) < 0)
			continue;
		peer->peer = id;
		links_note(handle, id, zero);
		zero->peer_cnt++;
	}
	return zero_trim(zero);
}

/* What the picture had before, of what is not to be cleared; zero if it had nothing. */
static void peer_keep(struct peer_zero *now, const struct knd_counters_zero *old)
{
	const struct peer_zero *before =
		old ? bsearch(now, old->peer, old->peer_cnt, sizeof(*now), peer_compare) : NULL;

	for (unsigned int i = 0; i < KND_PEER_COUNTERS; i++)
		now->value[i] = before ? before->value[i] : 0;
}

static void link_keep(struct link_zero *now, const struct knd_counters_zero *old)
{
	const struct link_zero *before =
		old ? bsearch(now, old->link, old->link_cnt, sizeof(*now), link_compare) : NULL;

	for (unsigned int i = 0; i < KND_LINK_COUNTERS; i++)
		now->value[i] = before ? before->value[i] : 0;
}

struct knd_counters_zero *knd_counters_zero_peer(const struct knd_counters *from, uint16_t id,
						 int link)
{
	struct knd_counters_zero *zero = knd_counters_zero_new(from->handle);

	if (!zero)
		return NULL;
	for (size_t i = 0; i < KND_HANDLE_COUNTERS_MAX; i++)
		zero->handle[i] = from->zero ? from->zero->handle[i] : 0;
	for (size_t i = 0; i < zero->peer_cnt; i++)
		if (zero->peer[i].peer != id || link >= 0)
			peer_keep(&zero->peer[i], from->zero);
	for (size_t i = 0; i < zero->link_cnt; i++)
		if (zero->link[i].peer != id || (link >= 0 && zero->link[i].link != link))
			link_keep(&zero->link[i], from->zero);
	return zero;
}
