// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Control's own lane: sealing and sending one control message. Workers seal data and replies on
 * theirs, so no two threads ever share a counter.
 */
#include "live/liveness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "wire/datagram.h"

/* By which link, and where. */
struct way {
	const struct kn_link *link;
	const union kn_addr *to; /* NULL: nowhere */
};

static struct way way_of(const struct kn_link *l)
{
	return (struct way){l, l->path == NULL ? NULL : &l->path->remote};
}

/* Seals and sends what lies in buf: room for the header, the inner header and the message of len
 * bytes, room for the tag. */
static int seal_and_send(struct kn_engine *e, struct kn_session *s, const struct way *way,
			 uint8_t *buf, size_t len)
{
	const struct kn_link *l = way->link;
	uint8_t *body = buf + KN_DATA_HDR_LEN;
	size_t body_len = KN_INNER_HDR_LEN + len;

	if (way->to == NULL || !e->local[l->idx].is_open)
		return -EDESTADDRREQ;

	struct kn_data_hdr hdr = {.lane = kn_lane_of(KN_SLOT_CONTROL, l->idx),
				  .index = s->remote_index,
				  .counter = s->tx_control.counter[l->idx]++};
	struct kn_inner_hdr inner = {.kind = KN_INNER_CONTROL, .origin = e->id};

	if (hdr.counter > KN_COUNTER_MAX)
		return -EOVERFLOW;
	kn_data_hdr_pack(buf, &hdr);
	kn_inner_hdr_pack(body, &inner);

	struct kn_aead_op op = {.src = body,
				.dst = body,
				.len = (uint32_t)body_len,
				.aad = buf,
				.aad_len = KN_DATA_HDR_LEN,
				.tag = body + body_len};

	kn_data_nonce(s->tx_iv, hdr.lane, hdr.counter, op.nonce);
	e->aead->seal(e->aead_ctx, s->tx_key, &op, 1);
	if (!op.ok)
		return -EIO;

	size_t total = body_len + KN_DATA_OVERHEAD;
	int err = e->io->send(e->io_ctx, l->idx, way->to, buf, total);

	if (err != 0)
		return err;
	s->tx_control.datagrams++;
	s->tx_control.bytes += total;
	return 0;
}

static int send_by(struct kn_engine *e, struct kn_session *s, struct kn_link *l, const uint8_t *msg,
		   size_t len)
{
	uint8_t buf[KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_ECHO_MAX_LEN];

	_Static_assert(KN_CONTROL_MAX_LEN <= KN_ECHO_MAX_LEN, "an echo is the longest");
	kn_assert(len <= KN_ECHO_MAX_LEN);
	memcpy(buf + KN_DATA_HDR_LEN + KN_INNER_HDR_LEN, msg, len);
	struct way way = way_of(l);
	int err = seal_and_send(e, s, &way, buf, len);

	if (err == 0) {
		kn_stat_add_shared(&l->tx_cnt, 1);
		kn_stat_add_shared(&l->tx_bytes, len + KN_INNER_HDR_LEN + KN_DATA_OVERHEAD);
	} else if (err != -EDESTADDRREQ) {
		kn_stat_add_shared(&l->tx_errors, 1);
	}
	return err;
}

int kn_control_send_to(struct kn_engine *e, struct kn_link *l, const union kn_addr *to,
		       const uint8_t *msg, size_t len)
{
	uint8_t buf[KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_CONTROL_MAX_LEN];
	struct way way = {l, to};

	kn_assert(len <= KN_CONTROL_MAX_LEN);
	if (l->host->current == NULL)
		return -ENOTCONN;
	memcpy(buf + KN_DATA_HDR_LEN + KN_INNER_HDR_LEN, msg, len);
	return seal_and_send(e, l->host->current, &way, buf, len);
}

int kn_control_send(struct kn_engine *e, struct kn_host *h, struct kn_link *l, const uint8_t *msg,
		    size_t len)
{
	return h->current == NULL ? -ENOTCONN : send_by(e, h->current, l, msg, len);
}

void kn_control_confirm_old(struct kn_engine *e, struct kn_host *h, struct kn_link *l)
{
	uint8_t msg[KN_CONTROL_MAX_LEN];
	struct kn_tops tops;

	for (int i = 0; i < KN_OLD_SESSION_CNT; i++) {
		struct kn_session *s = h->old[i];
		uint64_t rx_ok = s == NULL ? 0 : kn_stat_get(&s->rx_ok);

		if (s == NULL || rx_ok == s->rx_ok_told)
			continue;
		kn_session_tops(s, &tops);
		if (send_by(e, s, l, msg, kn_confirm_pack(msg, &tops)) == 0)
			s->rx_ok_told = rx_ok;
	}
}

int kn_size_send(struct kn_engine *e, struct kn_link *l, const struct kn_size_ip *ip,
		 uint32_t token)
{
	size_t total = (size_t)ip->size - ip->overhead;
	struct kn_size probe = {.type = KN_CONTROL_SIZE, .len = (uint16_t)total, .token = token};

	kn_assert(total >= KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_SIZE_LEN);
	if (l->host->current == NULL)
		return -ENOTCONN;
	uint8_t *buf = calloc(1, total);

	if (buf == NULL)
		return -ENOMEM;
	kn_size_pack(buf + KN_DATA_HDR_LEN + KN_INNER_HDR_LEN, &probe);
	struct way way = way_of(l);
	int err = seal_and_send(e, l->host->current, &way, buf,
				total - KN_DATA_OVERHEAD - KN_INNER_HDR_LEN);

	free(buf);
	return err;
}
