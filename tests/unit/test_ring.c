// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The failover ring of a worker: what it keeps and for how long, and what it sends again, byte for
 * byte and in order. The worker is real, and so are sealing, host and session; sockets are a list
 * of what was sent, time is a number, and confirmations are written down as if they had come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "live/engine.h"
#include "path/tx.h"
#include "tests/unit/lone_engine.h"
#include "wire/datagram.h"

#define PEER       2
#define SENT_MAX   8192
#define LINGER_NS  KN_SEC /* as in ring.c, for what was confirmed */
#define LINGER_LEN (256U * 1024)
#define LEN        1000

void *__real_malloc(size_t size);
void *__real_calloc(size_t cnt, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t cnt, size_t size);

static bool is_out_of_memory;

void *__wrap_malloc(size_t size)
{
	return is_out_of_memory ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t cnt, size_t size)
{
	return is_out_of_memory ? NULL : __real_calloc(cnt, size);
}

/* One datagram that was sent. */
struct sent {
	uint64_t counter;
	uint32_t sum; /* of all its bytes */
	uint8_t lane, link;
};

static struct {
	struct kn_engine *engine;
	struct kn_host *host;
	struct kn_session *session;
	struct kn_worker worker;
	struct sent sent[SENT_MAX];
	size_t sent_cnt;
	size_t bytes;
	int err;        /* of what is sent */
	size_t full_at; /* after so many datagrams the socket takes no more */
	uint64_t now;
} t;

static uint32_t sum_of(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + data[i];
	return sum;
}

static void io_send(void *ctx, struct kn_out *out, size_t cnt)
{
	(void)ctx;
	for (size_t i = 0; i < cnt; i++) {
		struct kn_out *o = &out[i];

		o->err = t.sent_cnt >= t.full_at ? -EAGAIN : t.err;
		if (o->err != 0)
			continue;
		for (uint32_t at = 0; at < o->len; at += o->seg_len) {
			uint32_t len = o->len - at < o->seg_len ? o->len - at : o->seg_len;
			struct kn_data_hdr hdr;

			assert_true(t.sent_cnt < SENT_MAX);
			kn_data_hdr_unpack(o->data + at, &hdr);
			t.sent[t.sent_cnt++] = (struct sent){.counter = hdr.counter,
							     .sum = sum_of(o->data + at, len),
							     .lane = hdr.lane,
							     .link = o->link->idx};
			t.bytes += len;
		}
	}
}

static void io_wake(void *ctx)
{
	(void)ctx;
}

static struct kn_session *session_make(uint32_t remote_index)
{
	struct kn_session_keys keys;
	struct kn_session_setup s = {.host = t.host,
				     .remote_index = remote_index,
				     .suite = t.engine->suite,
				     .keys = &keys,
				     .now = t.now};

	memset(&keys, (int)remote_index, sizeof(keys));
	s.local_index = kn_session_index_new(&t.engine->sessions, remote_index, PEER);
	struct kn_session *session = kn_session_new(t.engine->aead, &t.engine->keys, &s);

	assert_non_null(session);
	kn_session_publish(&t.engine->sessions, session);
	kn_rcu_publish(&t.host->tx_session, session);
	return session;
}

static void session_end(struct kn_session *s)
{
	kn_session_unpublish(&t.engine->sessions, s);
	kn_session_free(t.engine->aead, &t.engine->keys, s);
}

static void host_make(void)
{
	struct knet_peer_link cfg = {.priority = -1, .enabled = true};
	struct sockaddr_in *in = (struct sockaddr_in *)&cfg.remote;

	assert_int_equal(kn_host_add(t.engine, PEER, "peer", NULL), 0);
	in->sin_family = AF_INET;
	in->sin_port = htons(50000);
	for (unsigned int link = 0; link < 3; link++) {
		in->sin_addr.s_addr = htonl(0x0a000002U + (link << 8));
		assert_int_equal(kn_host_link_set(t.engine, PEER, link, &cfg), 0);
	}
	t.host = t.engine->hosts[PEER];
}

/* What control would publish. */
static void links_set(uint8_t tx_links, uint8_t good_links)
{
	t.host->tx_links = tx_links;
	t.host->good_links = good_links;
}

static int setup(void **state)
{
	static const struct kn_worker_io worker_io = {.send = io_send, .wake = io_wake};

	(void)state;
	memset(&t, 0, sizeof(t));
	t.now = 100 * KN_SEC;
	t.full_at = SIZE_MAX;
	is_out_of_memory = false;
	t.engine = lone_engine_new(&(struct lone_engine){.host_id = 1, .now = t.now});
	if (t.engine == NULL || kn_worker_init(&t.worker, t.engine, 0) != 0)
		return -1;
	t.worker.io = &worker_io;
	t.worker.now = t.now;
	t.worker.rings.seq = UINT32_MAX - 10; /* it may wrap */
	host_make();
	t.session = session_make(0x100);
	links_set(1, 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kn_worker_fini(&t.worker);
	if (t.host != NULL) {
		assert_int_equal(t.host->ring_kept, 0);
		t.host->tx_session = NULL;
	}
	if (t.session != NULL)
		session_end(t.session);
	assert_int_equal(t.engine->ring_use.used, 0);
	lone_engine_free(t.engine);
	return 0;
}

/* A frame to the peer, as tx.c does it. Its bytes are unlike those of any other. */
static void put(size_t len)
{
	static uint8_t body[60000];
	static uint32_t number;
	uint8_t links;

	number++;
	for (size_t i = 0; i < len; i++)
		body[i] = (uint8_t)(number * 7 + i * (number | 1));
	kn_replay_before(&t.worker, t.host);
	links = t.host->tx_links;
	struct kn_dest d = {.host = t.host,
			    .session = t.session,
			    .tx = kn_session_tx(t.session, 0),
			    .links = links,
			    .lane = kn_lane_of(0, (unsigned int)__builtin_ctz(links))};

	assert_true(kn_seal(&t.worker, &d, (struct kn_bytes){body, len}));
}

static void put_many(unsigned int cnt)
{
	for (unsigned int i = 0; i < cnt; i++)
		put(LEN);
	kn_tx_flush(&t.worker);
}

/* The peer has got everything of a link's lane up to this counter. */
static void confirm(unsigned int link, uint64_t counter)
{
	struct kn_tops tops = {.cnt = 1, .top = {{.counter = counter, .lane = (uint8_t)link}}};

	kn_session_confirm(t.session, &tops);
}

static void work(uint64_t after_ns)
{
	t.now += after_ns;
	kn_tx_kick(&t.worker);
	kn_tx_work(&t.worker, t.now);
}

static uint64_t counted(enum kn_counter c)
{
	return t.worker.counters.v[c];
}

/* sent[at + i] is the same as sent[from + i], by another link. */
static void assert_sent_again(size_t from, size_t at, size_t cnt, unsigned int link)
{
	assert_true(at + cnt <= t.sent_cnt);
	for (size_t i = 0; i < cnt; i++) {
		assert_int_equal(t.sent[at + i].counter, t.sent[from + i].counter);
		assert_int_equal(t.sent[at + i].lane, t.sent[from + i].lane);
		assert_int_equal(t.sent[at + i].sum, t.sent[from + i].sum);
		assert_int_equal(t.sent[at + i].link, link);
	}
}

/* With `active`: the work is done once, and the links get the same bytes. */
static void copies_are_sealed_once(void **state)
{
	(void)state;
	links_set(7, 7);
	put_many(10);
	assert_int_equal(t.sent_cnt, 30);
	assert_int_equal(kn_session_tx(t.session, 0)->datagrams, 10);
	for (unsigned int link = 0; link < 3; link++)
		assert_sent_again(0, 10 * link, 10, link);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(t.sent[i].counter, t.sent[0].counter + i);
}

static void what_is_confirmed_is_let_go(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		put_many(1);
	assert_int_equal(t.host->ring_kept, 10 * (LEN + KN_DATA_OVERHEAD));
	confirm(0, 3);
	work(0);
	assert_int_equal(t.host->ring_kept, 10 * (LEN + KN_DATA_OVERHEAD));
	work(LINGER_NS);
	assert_int_equal(t.host->ring_kept, 6 * (LEN + KN_DATA_OVERHEAD));
	/* Older news that come later, of another lane, or of nothing. */
	confirm(0, 1);
	confirm(1, 100);
	work(0);
	assert_int_equal(t.host->ring_kept, 6 * (LEN + KN_DATA_OVERHEAD));
	confirm(0, 9);
	put_many(1); /* its lane tells */
	assert_int_equal(t.host->ring_kept, LEN + KN_DATA_OVERHEAD);
	assert_int_equal(t.host->ring_confirmed, 10);
	assert_int_equal(counted(KN_C_FAILOVER_CONFIRMED), 10);
	assert_int_equal(counted(KN_C_FAILOVER_RING_OVERRUN), 0);
}

/* The highest counter says nothing of gaps below it: what was confirmed a moment ago goes out again
 * when its link fails, and if the link is known to lose, what was confirmed lately. */
static void what_is_confirmed_lingers(void **state)
{
	(void)state;
	put_many(20);
	confirm(0, 19);
	work(LINGER_NS / 2);
	links_set(2, 6);
	work(0);
	assert_sent_again(0, 20, 20, 1);
	work(LINGER_NS);
	assert_int_equal(t.host->ring_kept, 0);
	assert_int_equal(counted(KN_C_FAILOVER_RING_OVERRUN), 0);
}

static void it_lingers_longer_on_a_link_that_loses(void **state)
{
	(void)state;
	t.host->leaky_links = 1;
	put_many(20);
	confirm(0, 19);
	work(LINGER_NS * 3 / 2);
	assert_int_equal(t.host->ring_kept, 20 * (LEN + KN_DATA_OVERHEAD));
	links_set(2, 6);
	work(0);
	assert_sent_again(0, 20, 20, 1);
	work(LINGER_NS);
	assert_int_equal(t.host->ring_kept, 0);
	assert_int_equal(t.host->ring_confirmed, 20);
}

/* The counts of its link prove that all of it has arrived: neither kept nor sent again. */
static void what_has_arrived_does_not_linger(void **state)
{
	uint32_t now_ms = (uint32_t)(t.now / KN_MS);

	(void)state;
	put_many(20);
	confirm(0, 19);
	t.host->links[0]->whole_from_ms = now_ms - 5;
	t.host->links[0]->whole_to_ms = now_ms + 10;
	links_set(2, 6);
	work(0);
	assert_int_equal(t.sent_cnt, 20);
	assert_int_equal(t.host->ring_kept, 0);
}

/* That more was missing since then proves nothing of what went before. */
static void what_was_sent_before_a_loss_lingers(void **state)
{
	uint32_t now_ms = (uint32_t)(t.now / KN_MS);

	(void)state;
	put_many(20);
	confirm(0, 19);
	t.host->links[0]->whole_from_ms = now_ms + 5;
	t.host->links[0]->whole_to_ms = now_ms + 10;
	links_set(2, 6);
	work(0);
	assert_sent_again(0, 20, 20, 1);
}

/* Copies of what most likely has arrived hold up nothing that surely has not, nor new frames. */
static void what_is_doubtful_comes_last_and_in_steps(void **state)
{
	size_t was;

	(void)state;
	for (unsigned int i = 0; i < 40; i++)
		put_many(1);
	confirm(0, 37);
	links_set(2, 6);
	put_many(1);
	assert_sent_again(38, 40, 2, 1);
	assert_int_equal(t.sent[42].lane, 1);
	assert_int_equal(t.sent_cnt, 43);
	for (unsigned int sent = 0; sent < 38; sent += (unsigned int)(t.sent_cnt - was)) {
		was = t.sent_cnt;
		work(KN_MS);
		assert_in_range(t.sent_cnt - was, 1, 10);
		assert_sent_again(sent, was, t.sent_cnt - was, 1);
	}
	assert_int_equal(t.host->ring_overrun, 0);
}

/* Sending again moves the receiver's window: first what was sent while the link lost datagrams. */
static void what_is_likely_lost_comes_first(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		put_many(1);
	work(20 * KN_MS);
	for (unsigned int i = 0; i < 5; i++)
		put_many(1);
	confirm(0, 14);
	t.host->links[0]->lost_from_ms = (uint32_t)(t.now / KN_MS) - 10;
	links_set(2, 6);
	for (unsigned int i = 0; i < 5; i++)
		work(KN_MS);
	assert_int_equal(t.sent_cnt, 30);
	assert_sent_again(10, 15, 5, 1);
	assert_sent_again(0, 20, 10, 1);
}

/* Datagrams that a link has ceased to take go out again in fragments, on the same link. */
static void what_does_not_fit_any_more_is_sent_again(void **state)
{
	(void)state;
	put_many(20);
	t.host->links[0]->max_len = LEN / 2;
	t.host->reviews++;
	work(0);
	assert_true(t.sent_cnt >= 60);
	for (size_t i = 20; i < t.sent_cnt; i++)
		assert_int_equal(t.sent[i].link, 0);
	size_t cnt = t.sent_cnt;

	work(0);
	assert_int_equal(t.sent_cnt, cnt);
}

/* A link without a better one was silent, and answers again: what was sent meanwhile and is not
 * confirmed goes out once more on it, nothing else, and not again at the next look. */
static void a_link_that_was_silent_sends_again_itself(void **state)
{
	struct kn_link *l = t.host->links[0];

	(void)state;
	put_many(20);
	confirm(0, 19);
	work(LINGER_NS);
	work(10 * KN_MS);
	l->silent_from_ms = (uint32_t)(t.now / KN_MS);
	put_many(20);
	work(30 * KN_MS);
	l->silent_to_ms = (uint32_t)(t.now / KN_MS);
	work(10 * KN_MS);
	put_many(20);
	t.host->reviews++;
	work(0);
	assert_sent_again(20, 60, 20, 0);
	size_t cnt = t.sent_cnt;

	work(10 * KN_MS);
	t.host->reviews++;
	work(0);
	assert_int_equal(t.sent_cnt, cnt);
}

/* The receiver could not tell it from new datagrams, and would refuse it. */
static void what_the_window_has_passed_is_not_replayed(void **state)
{
	(void)state;
	t.host->leaky_links = 1;
	put_many(20);
	confirm(0, 19 + KN_WINDOW_BITS);
	links_set(2, 6);
	work(0);
	assert_int_equal(t.sent_cnt, 20);
}

/* A lot is not kept for the sake of a little loss. */
static void much_does_not_linger(void **state)
{
	(void)state;
	while (t.host->ring_kept <= LINGER_LEN)
		put_many(20);
	confirm(0, KN_COUNTER_MAX - 1);
	work(0);
	assert_in_range(t.host->ring_kept, 1, LINGER_LEN);
}

static void a_burst_is_let_go_as_a_whole(void **state)
{
	(void)state;
	put_many(20);
	confirm(0, 18);
	work(LINGER_NS);
	assert_int_equal(t.host->ring_kept, 20 * (LEN + KN_DATA_OVERHEAD));
	confirm(0, 19);
	work(0);
	assert_int_equal(t.host->ring_kept, 0);
}

static void a_failed_link_is_replayed_in_order_before_new_frames(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		put_many(20);
	confirm(0, 39);
	work(LINGER_NS);
	links_set(2, 6);
	put_many(1);
	assert_sent_again(40, 100, 60, 1);
	assert_int_equal(t.sent_cnt, 161);
	assert_int_equal(t.sent[160].lane, 1);
	assert_int_equal(t.host->ring_replayed, 60);
	assert_int_equal(counted(KN_C_FAILOVER_REPLAYED), 60);
	/* Once is enough. */
	work(0);
	assert_int_equal(t.sent_cnt, 161);
}

static void without_new_frames_a_kick_is_enough(void **state)
{
	(void)state;
	put_many(30);
	links_set(4, 4);
	work(0);
	assert_sent_again(0, 30, 30, 2);
}

static void what_went_on_a_good_link_too_is_not_replayed(void **state)
{
	(void)state;
	links_set(3, 7); /* a copy on each of two */
	put_many(10);
	assert_int_equal(t.sent_cnt, 20);
	links_set(2, 6);
	work(0);
	assert_int_equal(t.sent_cnt, 20);
	links_set(4, 4); /* now the other, too */
	work(0);
	assert_sent_again(0, 20, 10, 2);
}

static void a_second_failure_replays_what_was_replayed(void **state)
{
	(void)state;
	put_many(10);
	links_set(2, 6);
	put_many(10);
	links_set(4, 4);
	work(0);
	assert_sent_again(0, 30, 10, 2);
	assert_sent_again(20, 40, 10, 2);
}

static void if_all_links_are_gone_the_first_that_returns_gets_it(void **state)
{
	(void)state;
	put_many(10);
	links_set(0, 0);
	work(0);
	work(KN_SEC);
	assert_int_equal(t.sent_cnt, 10);
	links_set(1, 1);
	work(0);
	assert_sent_again(0, 10, 10, 0);
}

static void lanes_are_merged_in_the_order_of_sealing(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		links_set((uint8_t)(1U << i % 2), 7);
		put_many(1);
	}
	links_set(4, 4);
	work(0);
	assert_sent_again(0, 20, 20, 2);
}

static void a_full_socket_delays_and_drops_nothing(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 40; i++)
		put_many(1);
	t.full_at = 50;
	links_set(2, 6);
	put_many(5);
	assert_int_equal(t.sent_cnt, 50);
	assert_int_equal(kn_tx_wait_ms(&t.worker), 1);
	t.full_at = SIZE_MAX;
	work(KN_MS);
	assert_sent_again(0, 40, 40, 1);
	/* New ones come behind. */
	assert_int_equal(t.sent_cnt, 85);
	for (size_t i = 80; i < 85; i++)
		assert_int_equal(t.sent[i].lane, 1);
	assert_int_equal(t.host->ring_replayed, 40);
}

static void a_large_replay_waits_for_confirmations(void **state)
{
	(void)state;
	put_many(4000); /* 4 MB */
	size_t first = t.bytes, before = 0, sent;

	links_set(2, 6);
	work(0);
	sent = t.bytes - first;
	/* Not all at once, but a growing part each ms. */
	assert_in_range(sent, 4000 * LEN / 8, 4000 * LEN / 8 + KN_BURST_LEN * 3);
	work(0);
	assert_int_equal(t.bytes - first, sent);
	for (; sent < 2 << 20; sent = t.bytes - first) {
		work(KN_MS);
		assert_true(t.bytes - first - sent > before || t.bytes - first >= 2 << 20);
		before = t.bytes - first - sent;
	}
	assert_in_range(sent, 2 << 20, (2 << 20) + KN_BURST_LEN);
	work(KN_MS);
	assert_int_equal(t.bytes - first, sent);
	confirm(0, 1000);
	work(KN_MS);
	assert_in_range(t.bytes - first, sent + 900 * LEN, sent + 1100 * LEN);
	/* Nobody confirms: it goes on all the same, in steps. */
	for (unsigned int i = 0; i < 10; i++)
		work(2 * KN_MS);
	assert_sent_again(0, 4000, 4000, 1);
	assert_int_equal(kn_tx_wait_ms(&t.worker), 500);
}

static void what_overtakes_harms_nothing_that_waits(void **state)
{
	static const uint8_t answer[16] = {0};
	(void)state;
	put_many(1);
	t.full_at = t.sent_cnt;
	links_set(2, 6);
	put_many(30); /* sealed, and not sent yet */
	t.full_at = SIZE_MAX;
	kn_tx_control(&t.worker, t.session, 1, (struct kn_bytes){answer, sizeof(answer)});
	kn_tx_flush(&t.worker);
	assert_int_equal(t.sent_cnt, 2);
	/* The window of lane 1 does not move past those that wait. */
	assert_int_equal(t.sent[1].link, 1);
	assert_int_not_equal(t.sent[1].lane, 0);
	assert_int_not_equal(t.sent[1].lane, 1);
	/* And if it did, they would not count as arrived. */
	confirm(1, 1000);
	work(KN_MS);
	assert_int_equal(t.sent_cnt, 2 + 1 + 30);
	assert_sent_again(0, 2, 1, 1);
	for (size_t i = 3; i < 33; i++)
		assert_int_equal(t.sent[i].lane, 1);
	kn_tx_control(&t.worker, t.session, 1, (struct kn_bytes){answer, sizeof(answer)});
	kn_tx_flush(&t.worker);
	assert_int_equal(t.sent[33].lane, 1);
}

static void what_is_too_old_is_given_up(void **state)
{
	(void)state;
	put_many(3);
	work(KN_RING_AGE_NS - 1);
	assert_true(t.host->ring_kept > 0);
	assert_int_equal(kn_tx_wait_ms(&t.worker), 500);
	work(1);
	assert_int_equal(t.host->ring_kept, 0);
	assert_int_equal(t.host->ring_overrun, 3);
	assert_int_equal(counted(KN_C_FAILOVER_RING_OVERRUN), 3);
	/* And memory goes back, then nobody needs to wake. */
	for (unsigned int i = 0; i < 3; i++)
		work(KN_SEC);
	assert_int_equal(kn_tx_wait_ms(&t.worker), -1);
}

static void a_peer_keeps_to_its_bound(void **state)
{
	(void)state;
	t.engine->ring_len = KN_RING_LEN_MIN;
	for (unsigned int i = 0; i < 500; i++)
		put_many(1);
	assert_in_range(t.host->ring_kept, KN_RING_LEN_MIN - 2 * LEN, KN_RING_LEN_MIN);
	unsigned int kept = (unsigned int)(t.host->ring_kept / (LEN + KN_DATA_OVERHEAD));

	assert_int_equal(t.host->ring_overrun, 500 - kept);
	links_set(2, 6);
	work(0);
	assert_sent_again(500 - kept, 500, kept, 1);
}

static void all_peers_together_keep_to_theirs(void **state)
{
	(void)state;
	t.engine->ring_use.limit = 4 * KN_CHUNK_LEN;
	for (unsigned int i = 0; i < 60; i++)
		put_many(60);
	assert_true(t.engine->ring_use.used <= KN_POOL_MIN * KN_CHUNK_LEN);
	assert_true(t.host->ring_kept > KN_CHUNK_LEN);
	assert_true(t.host->ring_overrun > 1000);
	assert_int_equal(t.sent_cnt, 3600); /* sending goes on */
}

static void what_was_sealed_for_an_ended_session_is_not_replayed(void **state)
{
	(void)state;
	put_many(10);
	session_end(t.session);
	t.session = session_make(0x200);
	put_many(5);
	links_set(2, 6);
	work(0);
	assert_sent_again(10, 15, 5, 1);
	assert_int_equal(t.sent_cnt, 20);
	assert_int_equal(t.host->ring_overrun, 0);
}

static void a_replaced_session_that_still_receives_is_replayed(void **state)
{
	(void)state;
	put_many(10);
	struct kn_session *before = t.session;

	t.session = session_make(0x200);
	put_many(5);
	confirm(0, 4); /* of the new one */
	links_set(2, 6);
	work(0);
	assert_sent_again(0, 15, 10, 1);
	session_end(before);
}

static void a_removed_peer_takes_its_ring_along(void **state)
{
	(void)state;
	put_many(10);
	t.host->tx_session = NULL;
	session_end(t.session);
	t.session = NULL;
	assert_int_equal(kn_host_del(t.engine, PEER), 0);
	t.host = NULL;
	work(0);
	assert_true(cds_list_empty(&t.worker.rings.bursts));
	/* One of the same id has nothing of it. */
	host_make();
	t.session = session_make(0x300);
	links_set(1, 7);
	put_many(3);
	links_set(2, 6);
	work(0);
	assert_sent_again(10, 13, 3, 1);
}

static void switched_off_nothing_is_kept(void **state)
{
	(void)state;
	t.engine->ring_len = 0;
	for (unsigned int i = 0; i < 100; i++)
		put_many(20);
	assert_int_equal(t.host->ring_kept, 0);
	assert_int_equal(t.engine->ring_use.used, KN_CHUNK_LEN);
	links_set(2, 6);
	put_many(1);
	assert_int_equal(t.sent_cnt, 2001);
}

static void control_messages_are_not_kept(void **state)
{
	uint8_t msg[20] = {0};

	(void)state;
	put(LEN);
	kn_tx_control(&t.worker, t.session, 0, (struct kn_bytes){msg, sizeof(msg)});
	put(LEN);
	kn_tx_flush(&t.worker);
	assert_int_equal(t.sent_cnt, 3);
	links_set(2, 6);
	work(0);
	assert_int_equal(t.sent_cnt, 5);
	assert_sent_again(0, 3, 1, 1);
	assert_sent_again(2, 4, 1, 1);
}

static void without_memory_it_is_sent_but_not_kept(void **state)
{
	(void)state;
	put_many(1); /* what a session needs is there */
	confirm(0, 0);
	work(0);
	/* The spare ring serves. */
	is_out_of_memory = true;
	put_many(1);
	assert_true(t.host->ring_kept > 0);
	is_out_of_memory = false;
	kn_rings_fini(&t.worker);
	is_out_of_memory = true;
	put_many(7);
	is_out_of_memory = false;
	assert_int_equal(t.sent_cnt, 9);
	assert_int_equal(t.host->ring_kept, 0);
	assert_true(counted(KN_C_FAILOVER_RING_OVERRUN) > 0);
}

static void a_hard_error_keeps_it_for_the_next_link(void **state)
{
	(void)state;
	t.err = -ENETUNREACH;
	put_many(4);
	assert_int_equal(t.sent_cnt, 0);
	t.err = 0;
	links_set(2, 6);
	work(0);
	assert_int_equal(t.sent_cnt, 4);
	for (size_t i = 0; i < 4; i++)
		assert_true(t.sent[i].counter == i && t.sent[i].lane == 0 && t.sent[i].link == 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_are_sealed_once),
		TEST(what_is_confirmed_is_let_go),
		TEST(what_is_confirmed_lingers),
		TEST(it_lingers_longer_on_a_link_that_loses),
		TEST(what_has_arrived_does_not_linger),
		TEST(what_was_sent_before_a_loss_lingers),
		TEST(what_is_doubtful_comes_last_and_in_steps),
		TEST(what_is_likely_lost_comes_first),
		TEST(what_does_not_fit_any_more_is_sent_again),
		TEST(a_link_that_was_silent_sends_again_itself),
		TEST(what_the_window_has_passed_is_not_replayed),
		TEST(much_does_not_linger),
		TEST(a_burst_is_let_go_as_a_whole),
		TEST(a_failed_link_is_replayed_in_order_before_new_frames),
		TEST(without_new_frames_a_kick_is_enough),
		TEST(what_went_on_a_good_link_too_is_not_replayed),
		TEST(a_second_failure_replays_what_was_replayed),
		TEST(if_all_links_are_gone_the_first_that_returns_gets_it),
		TEST(lanes_are_merged_in_the_order_of_sealing),
		TEST(a_full_socket_delays_and_drops_nothing),
		TEST(a_large_replay_waits_for_confirmations),
		TEST(what_overtakes_harms_nothing_that_waits),
		TEST(what_is_too_old_is_given_up),
		TEST(a_peer_keeps_to_its_bound),
		TEST(all_peers_together_keep_to_theirs),
		TEST(what_was_sealed_for_an_ended_session_is_not_replayed),
		TEST(a_replaced_session_that_still_receives_is_replayed),
		TEST(a_removed_peer_takes_its_ring_along),
		TEST(switched_off_nothing_is_kept),
		TEST(control_messages_are_not_kept),
		TEST(without_memory_it_is_sent_but_not_kept),
		TEST(a_hard_error_keeps_it_for_the_next_link),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
