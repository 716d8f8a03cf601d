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
#include "base/clock.h"
#include "core/fragment.h"
#include "wire/datagram.h"

/* For so long the peer keeps what it has sent and nobody has confirmed. */
#define TELL_NS (2 * KN_SEC)

/* By which link, and where. */
struct way {
	const struct kn_link *link;
	const union kn_addr *to; /* NULL: nowhere */
};

static struct way way_of(const struct kn_link *l)
{
	return (struct way){l, l->path == NULL ? NULL : &l->path->remote};
}

/* Seals what lies in buf: room for the header, `len` bytes with the inner header, room for the tag.
 */
static int seal(struct kn_engine *e, struct kn_session *s, unsigned int link, uint8_t *buf,
		size_t len)
{
	uint8_t *body = buf + KN_DATA_HDR_LEN;
	struct kn_data_hdr hdr = {.lane = kn_lane_of(KN_SLOT_CONTROL, link),
				  .index = s->remote_index,
				  .counter = s->tx_control.counter[link]++};

	if (hdr.counter > KN_COUNTER_MAX)
		return -EOVERFLOW;
	kn_data_hdr_pack(buf, &hdr);

	struct kn_aead_op op = {.src = body,
				.dst = body,
				.len = (uint32_t)len,
				.aad = buf,
				.aad_len = KN_DATA_HDR_LEN,
				.tag = body + len};

	kn_data_nonce(s->tx_iv, hdr.lane, hdr.counter, op.nonce);
	e->aead->seal(e->aead_ctx, s->tx_key, &op, 1);
	return op.ok ? 0 : -EIO;
}

static bool is_open(const struct kn_engine *e, const struct way *way)
{
	return way->to != NULL && e->local[way->link->idx].is_open;
}

/* Seals and sends, likewise. */
static int body_send(struct kn_engine *e, struct kn_session *s, const struct way *way, uint8_t *buf,
		     size_t len)
{
	if (!is_open(e, way))
		return -EDESTADDRREQ;
	int err = seal(e, s, way->link->idx, buf, len);

	if (err == 0)
		err = e->io->send(e->io_ctx, way->link->idx, way->to, buf, len + KN_DATA_OVERHEAD);
	if (err != 0)
		return err;
	s->tx_control.datagrams++;
	s->tx_control.bytes += len + KN_DATA_OVERHEAD;
	return 0;
}

static void inner_pack(const struct kn_engine *e, uint8_t *buf)
{
	struct kn_inner_hdr inner = {.kind = KN_INNER_CONTROL, .origin = e->id};

	kn_inner_hdr_pack(buf + KN_DATA_HDR_LEN, &inner);
}

/* Seals and sends what lies in buf: room for the header, the inner header and the message of len
 * bytes, room for the tag. */
static int seal_and_send(struct kn_engine *e, struct kn_session *s, const struct way *way,
			 uint8_t *buf, size_t len)
{
	inner_pack(e, buf);
	return body_send(e, s, way, buf, KN_INNER_HDR_LEN + len);
}

/* What of len bytes in all has left counts for the link's loss, or why it has not. */
static int count(struct kn_link *l, size_t len, int err)
{
	if (err == 0) {
		kn_stat_add_shared(&l->tx_cnt, 1);
		kn_stat_add_shared(&l->tx_bytes, len);
	} else if (err != -EDESTADDRREQ) {
		kn_stat_add_shared(&l->tx_errors, 1);
	}
	return err;
}

static int msg_send(struct kn_engine *e, struct kn_session *s, const struct way *way,
		    const uint8_t *msg, size_t len)
{
	uint8_t buf[KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_CONTROL_MAX_LEN];

	kn_assert(len <= KN_CONTROL_MAX_LEN);
	memcpy(buf + KN_DATA_HDR_LEN + KN_INNER_HDR_LEN, msg, len);
	return seal_and_send(e, s, way, buf, len);
}

int kn_control_send_to(struct kn_engine *e, struct kn_link *l, const union kn_addr *to,
		       const uint8_t *msg, size_t len)
{
	struct way way = {l, to};

	return l->host->current == NULL ? -ENOTCONN : msg_send(e, l->host->current, &way, msg, len);
}

int kn_control_send(struct kn_engine *e, struct kn_host *h, struct kn_link *l, const uint8_t *msg,
		    size_t len)
{
	struct way way = way_of(l);

	if (h->current == NULL)
		return -ENOTCONN;
	return count(l, len + KN_INNER_HDR_LEN + KN_DATA_OVERHEAD,
		     msg_send(e, h->current, &way, msg, len));
}

/* Confirmations are not answered by confirmations: those would go to and fro for as long as the
 * session lasts. */
static bool is_worth_telling(struct kn_session *s, uint64_t now)
{
	uint64_t rx = kn_stat_get(&s->rx_ok) - kn_stat_get(&s->rx_confirms);

	if (rx != s->rx_told)
		s->tell_until_ns = now + TELL_NS;
	s->rx_told = rx;
	return now < s->tell_until_ns;
}

/* A peer that began anew does not have these keys any more, and would count as lost what it cannot
 * open. So these are not counted for the link's loss, here or there. */
void kn_control_confirm_old(struct kn_engine *e, struct kn_host *h, struct kn_link *l)
{
	uint8_t msg[KN_CONTROL_MAX_LEN];
	struct way way = way_of(l);
	struct kn_tops tops;

	for (int i = 0; i < KN_OLD_SESSION_CNT; i++) {
		struct kn_session *s = h->old[i];

		if (s == NULL || !is_worth_telling(s, e->now))
			continue;
		kn_session_tops(s, &tops);
		(void)msg_send(e, s, &way, msg, kn_confirm_pack(msg, &tops));
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

/* ---- echo requests --------------------------------------------------------------------------- */

/* Fragments on their way. */
struct cutting {
	struct kn_engine *engine;
	struct kn_link *link;
	int err;
};

static bool fragment_send(void *ctx, struct kn_bytes body)
{
	uint8_t buf[KN_FRAGMENT_LEN_MAX];
	struct cutting *c = ctx;
	struct way way = way_of(c->link);

	memcpy(buf + KN_DATA_HDR_LEN, body.data, body.len);
	c->err = count(c->link, body.len + KN_DATA_OVERHEAD,
		       body_send(c->engine, c->link->host->current, &way, buf, body.len));
	return c->err == 0;
}

/* Like seal_and_send(), in fragments that the link carries. */
static int seal_and_cut(struct kn_engine *e, struct kn_link *l, uint8_t *buf, size_t len)
{
	struct cutting c = {.engine = e, .link = l, .err = -EMSGSIZE};
	struct kn_fragment_cut cut = {
		.id = e->fragment_id++, .origin = e->id, .max_len = l->max_len};

	inner_pack(e, buf);
	int err = seal(e, l->host->current, l->idx, buf, KN_INNER_HDR_LEN + len);

	if (err == 0 &&
	    !kn_fragment_cut(&cut,
			     (struct kn_bytes){buf, KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + len},
			     fragment_send, &c))
		err = c.err;
	return err;
}

static size_t echo_total(size_t size)
{
	return KN_DATA_OVERHEAD + KN_INNER_HDR_LEN + KN_ECHO_LEN + size;
}

bool kn_echo_is_trial(const struct kn_link *l, const struct kn_echo *echo, size_t size)
{
	return echo->is_whole && echo_total(size) > l->max_len;
}

int kn_echo_send(struct kn_engine *e, struct kn_link *l, const struct kn_echo *echo, size_t size)
{
	size_t len = KN_ECHO_LEN + size;
	struct way way = way_of(l);

	kn_assert(len <= KN_ECHO_MAX_LEN);
	if (l->host->current == NULL)
		return -ENOTCONN;
	if (!is_open(e, &way))
		return -EDESTADDRREQ;
	uint8_t *buf = calloc(1, echo_total(size));

	if (buf == NULL)
		return -ENOMEM;
	kn_echo_pack(buf + KN_DATA_HDR_LEN + KN_INNER_HDR_LEN, echo);
	int err;

	if (kn_echo_is_trial(l, echo, size))
		err = seal_and_send(e, l->host->current, &way, buf, len);
	else if (echo_total(size) > l->max_len)
		err = seal_and_cut(e, l, buf, len);
	else
		err = count(l, echo_total(size),
			    seal_and_send(e, l->host->current, &way, buf, len));
	free(buf);
	return err;
}
