// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A receiver with a live session, under attack.
 *
 * Two hosts of the simulation (tests/sim) make a session by the real handshake; A sends, and
 * whatever the input asks for is put before B's packet path. The world lives on from input to
 * input, so that sessions are replaced and clocks advance; an input refers to nothing older than
 * itself.
 *
 * Input: steps, each a byte (what to do, modulo STEP_COUNT) and what the step takes.
 *
 * B may give a frame to its TAP only while it reads a datagram that A sealed, bit for bit; only the
 * frame that was sealed; and only once. Of a super-frame, whole or in parts, the
 * payload must be that of datagrams which A sealed one after the other, each used once; its headers
 * may be B's work. When the
 * steps are over, the next frame of A must arrive: at once, or, if A itself said odd things under
 * its keys, after some seconds of repair.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/kdf.h"
#include "tests/sim/host.h"
#include "tests/sim/packets.h"
#include "tests/sim/sealer.h"
#include "tests/sim/world.h"
#include "wire/datagram.h"
#include "wire/handshake.h"

#define SLOTS      32
#define SEALED_MAX 512
#define RAW_MAX    400
#define FRAME_LEN  64
#define STEPS_MAX  64
#define REKEY_S    5
#define REPAIR_CNT 40
#define REPAIR_NS  (250 * KN_MS)
#define SETTLE_NS  (3 * KN_SEC)
#define RENEW_AT   1000000 /* entries in the record of nonces */

enum step {
	STEP_FRAME,     /* A sends a frame, B gets it */
	STEP_HOLD,      /* A sends a frame, the network keeps it */
	STEP_REPLAY,    /* slot: B gets what A sent, again or late */
	STEP_MUTATE,    /* slot, cut, edits: the same with bits turned or bytes missing */
	STEP_RAW,       /* length 2, bytes */
	STEP_HANDSHAKE, /* slot, is mac1 mended, edits: a handshake message that A sent */
	STEP_INSIDER,   /* length, bytes, inner header 4: sealed by A, whatever it is */
	STEP_INSIDER_HOLD,
	STEP_BURST, /* slot, count, which, edits: what A sent, in one batch, one changed */
	STEP_TIME,  /* 4 ms each */
	STEP_COUNT
};

/* What A sealed, and what B may make of it. */
struct sealed {
	uint8_t bytes[SEALED_MAX];
	size_t len;
	unsigned int link;
	uint8_t plain[SEALED_MAX];
	size_t plain_len;
	size_t frame_off; /* in plain, of a frame that B is to deliver as it is; 0: there is none */
	bool is_present;  /* in the batch that B reads now, for the first time */
	bool is_spent;    /* B has read it */
	bool has_arrived;
};

struct message {
	uint8_t bytes[KN_HS_MAX_LEN];
	size_t len;
};

struct input {
	const uint8_t *at;
	size_t left;
};

static const struct sim_options options = {.seed = 1};
static struct sim_world world;
static struct sim_host *a, *b;
static struct kn_worker_io a_io, b_io;
static const struct kn_worker_io *sim_worker_io;
static struct kn_io a_engine_io;
static const struct kn_io *sim_engine_io;

static struct sealed slots[SLOTS];
static unsigned int slot_cnt;
static struct message messages[SLOTS]; /* the last ones that A sent */
static unsigned int message_cnt;
static struct sealed *capture; /* where what A's packet path sends is to go; NULL: to the net */
static uint64_t frame_number;

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* ---- the input ----------------------------------------------------------------------------- */

static uint8_t take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static size_t take_bytes(struct input *in, uint8_t *out, size_t len)
{
	if (len > in->left)
		len = in->left;
	memcpy(out, in->at, len);
	in->at += len;
	in->left -= len;
	return len;
}

/* A count of edits, and each: offset 2, bits to turn. */
static void take_edits(struct input *in, uint8_t *bytes, size_t len)
{
	for (unsigned int cnt = take(in) % 16; cnt > 0 && len > 0; cnt--) {
		size_t off = (size_t)(take(in) << 8);

		off |= take(in);
		bytes[off % len] ^= take(in);
	}
}

/* ---- between the hosts and their surroundings ---------------------------------------------- */

static void on_send(void *ctx, struct kn_out *out, size_t cnt)
{
	if (capture == NULL) {
		sim_worker_io->send(ctx, out, cnt);
		return;
	}
	for (size_t i = 0; i < cnt; i++) {
		require(out[i].len <= SEALED_MAX);
		memcpy(capture->bytes, out[i].data, out[i].len);
		capture->len = out[i].len;
		capture->link = out[i].link->idx;
		out[i].err = 0;
	}
}

static int on_engine_send(void *ctx, unsigned int link, const union kn_addr *to, const uint8_t *buf,
			  size_t len)
{
	if (len <= KN_HS_MAX_LEN && kn_datagram_type_of(buf, len) != KN_DATAGRAM_DATA) {
		struct message *m = &messages[message_cnt++ % SLOTS];

		memcpy(m->bytes, buf, len);
		m->len = len;
	}
	return sim_engine_io->send(ctx, link, to, buf, len);
}

static bool is_usable(const struct sealed *s)
{
	return s->is_present && !s->has_arrived;
}

static bool is_as_sealed(const struct sealed *s, const struct kn_frame *f)
{
	return is_usable(s) && s->frame_off != 0 && f->len == s->plain_len - s->frame_off &&
	       memcmp(f->data, s->plain + s->frame_off, f->len) == 0;
}

/* How many slots, from `last` backwards, hold the payload; 0: they do not. */
static unsigned int run_find(unsigned int last, const uint8_t *payload, size_t len, size_t each)
{
	unsigned int cnt = 0;

	while (len > 0 && cnt <= last) {
		const struct sealed *s = &slots[last - cnt];
		size_t part = cnt == 0 && len % each != 0 ? len % each : each;

		if (!is_usable(s) || part > len || part > s->plain_len ||
		    memcmp(payload + len - part, s->plain + s->plain_len - part, part) != 0)
			return 0;
		len -= part;
		cnt++;
	}
	return len == 0 ? cnt : 0;
}

/* A frame or super-frame that B made of pieces: marks them. */
static bool is_joined(const struct kn_frame *f)
{
	if (f->hdr_len == 0 || f->len <= f->hdr_len)
		return false;
	size_t len = f->len - f->hdr_len;
	size_t each = f->super != KN_SUPER_NONE ? f->gso_size : len;

	for (unsigned int last = 0; last < slot_cnt && each > 0; last++) {
		unsigned int cnt = run_find(last, f->data + f->hdr_len, len, each);

		for (unsigned int i = 0; i < cnt; i++)
			slots[last - i].has_arrived = true;
		if (cnt > 0)
			return true;
	}
	return false;
}

static int on_tap(void *ctx, struct kn_frame *f)
{
	(void)ctx;
	for (unsigned int i = 0; i < slot_cnt; i++)
		if (is_as_sealed(&slots[i], f)) {
			slots[i].has_arrived = true;
			return 0;
		}
	require(is_joined(f));
	return 0;
}

/* Notes what B may make a frame of. */
static void note_present(const uint8_t *bytes, size_t len)
{
	for (unsigned int i = 0; i < slot_cnt; i++)
		if (!slots[i].is_spent && slots[i].len == len && len > 0 &&
		    memcmp(slots[i].bytes, bytes, len) == 0)
			slots[i].is_present = true;
}

static void note_spent(void)
{
	for (unsigned int i = 0; i < slot_cnt; i++) {
		slots[i].is_spent |= slots[i].is_present;
		slots[i].is_present = false;
	}
}

/* One batch before B. Copies of just their length let ASan see a read past the end. */
static void deliver_all(const struct kn_in *in, size_t cnt)
{
	struct kn_in copies[SLOTS];

	for (size_t i = 0; i < cnt; i++) {
		uint8_t *copy = malloc(in[i].len > 0 ? in[i].len : 1);

		require(copy != NULL);
		memcpy(copy, in[i].data, in[i].len);
		note_present(copy, in[i].len);
		copies[i] = in[i];
		copies[i].data = copy;
		copies[i].from = &world.net.ports[in[i].link][a->idx].addr;
	}
	kn_rx_datagrams(&b->worker, copies, cnt, sim_host_now(b));
	kn_tx_flush(&b->worker);
	note_spent();
	for (size_t i = 0; i < cnt; i++)
		free((void *)(uintptr_t)copies[i].data);
}

static void deliver(const uint8_t *bytes, size_t len, unsigned int link)
{
	const struct kn_in in = {.data = bytes, .len = (uint32_t)len, .link = (uint8_t)link};

	deliver_all(&in, 1);
}

/* ---- what A seals -------------------------------------------------------------------------- */

static struct sealed *slot_new(void)
{
	struct sealed *s = &slots[slot_cnt % SLOTS];

	if (slot_cnt == SLOTS)
		return NULL;
	slot_cnt++;
	memset(s, 0, sizeof(*s));
	return s;
}

/* A broadcast frame unlike all others; s->len stays 0 if A has nobody to send it to. */
static void frame_seal(struct sealed *s)
{
	uint8_t *frame = s->plain + KN_INNER_HDR_LEN;

	s->frame_off = KN_INNER_HDR_LEN;
	s->plain_len = KN_INNER_HDR_LEN + FRAME_LEN;
	memset(frame, 0xff, 6);
	frame[6] = 2;
	frame[12] = 0x88;
	frame[13] = 0xb5;
	frame_number++;
	memcpy(frame + 14, &frame_number, sizeof(frame_number));
	capture = s;
	sim_packets_frame(a, frame, FRAME_LEN);
	capture = NULL;
}

/* Where in it there is a frame for B's TAP, which may be left to finish a checksum; 0: nowhere. */
static size_t insider_frame_off(const struct sealed *s)
{
	struct kn_inner_hdr inner;
	size_t off = KN_INNER_HDR_LEN;

	kn_inner_hdr_unpack(s->plain, &inner);
	if (inner.flags & KN_INNER_CSUM)
		off += KN_INNER_OFFLOAD_LEN;
	if (inner.kind != KN_INNER_FRAME || inner.origin != a->idx + 1)
		return 0;
	return s->plain_len >= off + KN_ETH_HDR_LEN ? off : 0;
}

static void insider_seal(struct sealed *s, struct input *in)
{
	struct kn_host *h = a->engine->hosts[b->idx + 1];
	size_t len = take_bytes(in, s->plain + KN_INNER_HDR_LEN, take(in));

	take_bytes(in, s->plain, KN_INNER_HDR_LEN);
	s->plain_len = KN_INNER_HDR_LEN + len;
	s->frame_off = insider_frame_off(s);
	capture = s;
	if (h->tx_links != 0)
		kn_tx_control(&a->worker, h->tx_session, (unsigned int)__builtin_ctz(h->tx_links),
			      (struct kn_bytes){s->plain, s->plain_len});
	kn_tx_flush(&a->worker);
	capture = NULL;
}

/* ---- steps --------------------------------------------------------------------------------- */

static void step_sealed(enum step what, struct input *in)
{
	struct sealed *s = slot_new();

	if (s == NULL)
		return;
	if (what == STEP_INSIDER || what == STEP_INSIDER_HOLD)
		insider_seal(s, in);
	else
		frame_seal(s);
	if (s->len > 0 && (what == STEP_FRAME || what == STEP_INSIDER))
		deliver(s->bytes, s->len, s->link);
}

static void step_slot(enum step what, struct input *in)
{
	uint8_t bytes[SEALED_MAX];
	unsigned int i = take(in);

	if (slot_cnt == 0)
		return;
	const struct sealed *s = &slots[i % slot_cnt];
	size_t len = s->len;

	memcpy(bytes, s->bytes, len);
	if (what == STEP_MUTATE) {
		len -= len > 0 ? take(in) % len : 0;
		take_edits(in, bytes, len);
	}
	deliver(bytes, len, s->link);
}

static void step_burst(struct input *in)
{
	struct kn_in batch[SLOTS];
	unsigned int first = take(in), cnt = take(in) % (SLOTS + 1), which = take(in);
	uint8_t changed[SEALED_MAX];
	size_t n = 0;

	for (unsigned int i = 0; i < cnt && slot_cnt > 0; i++) {
		const struct sealed *s = &slots[(first + i) % slot_cnt];

		if (s->len > 0)
			batch[n++] = (struct kn_in){.data = s->bytes,
						    .len = (uint32_t)s->len,
						    .link = (uint8_t)s->link};
	}
	if (n == 0)
		return;
	struct kn_in *one = &batch[which % n];

	memcpy(changed, one->data, one->len);
	take_edits(in, changed, one->len);
	one->data = changed;
	deliver_all(batch, n);
}

static void step_raw(struct input *in)
{
	uint8_t bytes[RAW_MAX];
	size_t want = (size_t)(take(in) << 8);

	want = (want | take(in)) % (RAW_MAX + 1);
	deliver(bytes, take_bytes(in, bytes, want), want & 1);
}

static void step_handshake(struct input *in)
{
	unsigned int i = take(in);
	bool is_mended = take(in) & 1;
	uint8_t mac[KN_MAC_LEN];

	if (message_cnt == 0)
		return;
	struct message m = messages[i % (message_cnt < SLOTS ? message_cnt : SLOTS)];
	size_t off = m.len - 2 * KN_HS_MAC_LEN;

	take_edits(in, m.bytes, m.len);
	if (is_mended && m.len > KN_COOKIE_LEN) {
		require(kn_mac_compute(b->worker.mac1, m.bytes, off, mac) == 0);
		memcpy(m.bytes + off, mac, KN_HS_MAC_LEN);
	}
	deliver(m.bytes, m.len, i & 1);
}

/* Whether the step was A's own doing. */
static bool step_run(struct input *in)
{
	enum step what = take(in) % STEP_COUNT;

	switch (what) {
	case STEP_REPLAY:
	case STEP_MUTATE:
		step_slot(what, in);
		break;
	case STEP_BURST:
		step_burst(in);
		break;
	case STEP_RAW:
		step_raw(in);
		break;
	case STEP_HANDSHAKE:
		step_handshake(in);
		break;
	case STEP_TIME:
		sim_world_run_for(&world, take(in) * 4 * KN_MS);
		break;
	default:
		step_sealed(what, in);
	}
	return what == STEP_INSIDER || what == STEP_INSIDER_HOLD;
}

/* ---- before and after ---------------------------------------------------------------------- */

static bool good_frame_arrives(void)
{
	slot_cnt = 1;
	memset(&slots[0], 0, sizeof(slots[0]));
	frame_seal(&slots[0]);
	if (slots[0].len > 0)
		deliver(slots[0].bytes, slots[0].len, slots[0].link);
	return slots[0].has_arrived;
}

static void world_prepare(void)
{
	require(kn_crypto_init() == 0);
	rcu_register_thread();
	sim_world_init(&world, &options, options.seed, 2, 2);
	a = world.hosts[0];
	b = world.hosts[1];
	a->rekey_s = REKEY_S;
	b->rekey_s = REKEY_S;
	sim_world_boot_all(&world);
	a->engine->storm_ns = 0; /* the good frames shall always arrive */
	a->engine->ring_len = 0; /* what is held back here shall not be sent again by itself */
	sim_worker_io = a->worker.io;
	a_io = *sim_worker_io;
	a_io.send = on_send;
	a->worker.io = &a_io;
	b_io = *sim_worker_io;
	b_io.tap_write = on_tap;
	b->worker.io = &b_io;
	sim_engine_io = a->engine->io;
	a_engine_io = *sim_engine_io;
	a_engine_io.send = on_engine_send;
	a->engine->io = &a_engine_io;
	sim_world_run_for(&world, SETTLE_NS);
	require(good_frame_arrives());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool is_ready;
	struct input in = {data, len};
	bool is_insider = false, is_good;

	if (!is_ready)
		world_prepare();
	is_ready = true;
	slot_cnt = 0;
	for (unsigned int i = 0; i < STEPS_MAX && in.left > 0; i++)
		is_insider |= step_run(&in);
	sim_world_run_for(&world, KN_MS);
	is_good = good_frame_arrives();
	for (unsigned int i = 0; i < REPAIR_CNT && is_insider && !is_good; i++) {
		sim_world_run_for(&world, REPAIR_NS);
		is_good = good_frame_arrives();
	}
	require(is_good);
	require(sim_sealer_reused() == 0);
	if (sim_sealer_sealed() > RENEW_AT)
		sim_sealer_begin(false);
	return 0;
}
