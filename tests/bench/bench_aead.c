// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What the cryptographic room costs on this machine: ns per packet for each AEAD back end and
 * suite, and for the MAC of handshake datagrams; us for X25519 and both sides of a handshake.
 *
 * Packets are sealed and opened in batches of 32, as the packet path does. Each figure is the best
 * of several rounds, so that a busy machine disturbs little. With many keys, every batch uses
 * another key, to show what key schedules outside the cache and session tables cost.
 * Not a test: built by "make bench_aead", run by hand.
 */
#include "crypto/aead_internal.h"
#include "crypto/crypto.h"
#include "crypto/kdf.h"
#include "crypto/noise.h"
#include "crypto/window.h"
#include "crypto/x25519.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH      32
#define ROUNDS     7
#define PACKET_MAX 1500
#define MANY_KEYS  4096

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_aead: %s failed\n", what);
	exit(1);
}

typedef void (*work_fn)(void *arg, unsigned int i);

/* The best time of one call of work in ns, over some rounds of cnt calls. */
static double measure(work_fn work, void *arg, unsigned int cnt)
{
	double best = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t start = now_ns();
		for (unsigned int i = 0; i < cnt; i++)
			work(arg, i);
		double ns = (double)(now_ns() - start) / cnt;
		if (round == 0 || ns < best)
			best = ns;
	}
	return best;
}

struct aead_bench {
	const struct kn_aead_backend *be;
	struct kn_aead_ctx *ctx;
	uint8_t *keys;
	size_t key_step;
	unsigned int key_cnt;
	struct kn_aead_op seal[BATCH];
	struct kn_aead_op open[BATCH];
};

static struct kn_aead_key *key_at(struct aead_bench *b, unsigned int i)
{
	return (struct kn_aead_key *)(b->keys + i % b->key_cnt * b->key_step);
}

static void work_seal(void *arg, unsigned int i)
{
	struct aead_bench *b = arg;

	b->be->seal(b->ctx, key_at(b, i), b->seal, BATCH);
}

static void work_open(void *arg, unsigned int i)
{
	struct aead_bench *b = arg;

	b->be->open(b->ctx, key_at(b, i), b->open, BATCH);
}

static void keys_init(struct aead_bench *b, enum kn_suite suite)
{
	const uint8_t raw[KN_AEAD_KEY_MAX] = {1};

	b->key_step = (b->be->key_size + KN_AEAD_ALIGN - 1) / KN_AEAD_ALIGN * KN_AEAD_ALIGN;
	b->keys = aligned_alloc(KN_AEAD_ALIGN, b->key_step * b->key_cnt);
	b->ctx = b->be->ctx_new(0);
	check(b->keys && b->ctx, "memory");
	for (unsigned int i = 0; i < b->key_cnt; i++)
		check(b->be->key_init(key_at(b, i), suite, raw) == 0, "key_init");
}

static void keys_fini(struct aead_bench *b)
{
	for (unsigned int i = 0; i < b->key_cnt; i++)
		b->be->key_fini(key_at(b, i));
	b->be->ctx_free(b->ctx);
	free(b->keys);
}

/* Batches of len bytes; with head > 0 the first head bytes come from another place. */
static void ops_prepare(struct aead_bench *b, uint32_t len, uint32_t head)
{
	static uint8_t plain[BATCH][PACKET_MAX], cipher[BATCH][PACKET_MAX], back[BATCH][PACKET_MAX];
	static uint8_t tags[BATCH][KN_AEAD_TAG_LEN], aad[12];

	for (unsigned int i = 0; i < BATCH; i++) {
		b->seal[i] = (struct kn_aead_op){.src = plain[i],
						 .dst = cipher[i],
						 .len = len,
						 .aad = aad,
						 .aad_len = sizeof(aad),
						 .tag = tags[i],
						 .nonce = {(uint8_t)i}};
		b->open[i] = b->seal[i];
		b->open[i].src = cipher[i];
		b->open[i].dst = back[i];
		if (head > 0) {
			b->seal[i].len = head;
			b->seal[i].src2 = plain[i] + head;
			b->seal[i].len2 = len - head;
		}
	}
}

static void bench_size(struct aead_bench *b, uint32_t len)
{
	unsigned int cnt = b->key_cnt > 1 ? b->key_cnt : 3000;

	ops_prepare(b, len, 58);
	double two = measure(work_seal, b, cnt) / BATCH;
	ops_prepare(b, len, 0);
	double one = measure(work_seal, b, cnt) / BATCH;
	double open_ns = measure(work_open, b, cnt) / BATCH;
	for (unsigned int i = 0; i < BATCH; i++)
		check(b->seal[i].ok && b->open[i].ok, "a packet");
	printf("  %5u bytes: seal %6.0f  seal of two pieces %6.0f  open %6.0f ns\n", len, one, two,
	       open_ns);
}

static void bench_aead(const struct kn_aead_backend *be, unsigned int key_cnt)
{
	for (unsigned int s = 0; s < KN_SUITE_COUNT; s++) {
		struct aead_bench b = {.be = be, .key_cnt = key_cnt};
		keys_init(&b, (enum kn_suite)s);
		printf("%s %s, %u key%s of %zu bytes\n", be->name, kn_suite_name((enum kn_suite)s),
		       key_cnt, key_cnt > 1 ? "s" : "", be->key_size);
		bench_size(&b, 64);
		bench_size(&b, 1400);
		keys_fini(&b);
	}
}

struct handshake_bench {
	uint8_t init_priv[32], init_pub[32], resp_priv[32], resp_pub[32], eph[32], psk[32];
	struct kn_noise init_waiting; /* after msg1 */
	uint8_t msg1[KN_NOISE_MSG1_LEN(32)];
	uint8_t msg2[KN_NOISE_MSG2_LEN(32)];
};

static const uint8_t payload[32];

static void work_base(void *arg, unsigned int i)
{
	struct handshake_bench *h = arg;
	uint8_t pub[32];

	(void)i;
	check(kn_x25519_base(pub, h->eph) == 0, "x25519");
}

static void work_initiator(void *arg, unsigned int i)
{
	struct handshake_bench *h = arg;
	const struct kn_noise_setup setup = {.static_priv = h->init_priv,
					     .static_pub = h->init_pub,
					     .remote_pub = h->resp_pub,
					     .psk = h->psk};
	const struct kn_bytes hello = {payload, sizeof(payload)};

	(void)i;
	check(kn_noise_init_initiator(&h->init_waiting, &setup) == 0, "init");
	check(kn_noise_write_msg1(&h->init_waiting, h->eph, hello, h->msg1) == 0, "msg1");
}

static void work_responder(void *arg, unsigned int i)
{
	struct handshake_bench *h = arg;
	const struct kn_noise_setup setup = {
		.static_priv = h->resp_priv, .static_pub = h->resp_pub, .psk = h->psk};
	const struct kn_bytes hello = {payload, sizeof(payload)};
	struct kn_noise noise;
	struct kn_noise_keys keys;
	uint8_t got[32];
	size_t len = sizeof(got);

	(void)i;
	check(kn_noise_init_responder(&noise, &setup) == 0, "init");
	check(kn_noise_read_msg1(&noise, (struct kn_bytes){h->msg1, sizeof(h->msg1)}, got, &len) ==
		      0,
	      "msg1");
	check(kn_noise_write_msg2(&noise, h->eph, hello, h->msg2) == 0, "msg2");
	check(kn_noise_split(&noise, &keys) == 0, "split");
}

static void work_initiator_end(void *arg, unsigned int i)
{
	struct handshake_bench *h = arg;
	struct kn_noise noise = h->init_waiting;
	struct kn_noise_keys keys;
	uint8_t got[32];
	size_t len = sizeof(got);

	(void)i;
	check(kn_noise_read_msg2(&noise, (struct kn_bytes){h->msg2, sizeof(h->msg2)}, got, &len) ==
		      0,
	      "msg2");
	check(kn_noise_split(&noise, &keys) == 0, "split");
}

static void bench_handshake(void)
{
	struct handshake_bench h = {.init_priv = {1}, .resp_priv = {2}, .eph = {3}, .psk = {4}};

	check(kn_x25519_base(h.init_pub, h.init_priv) == 0, "x25519");
	check(kn_x25519_base(h.resp_pub, h.resp_priv) == 0, "x25519");
	printf("x25519 %.1f us\n", measure(work_base, &h, 300) / 1000);
	printf("initiator, msg1 %.1f us\n", measure(work_initiator, &h, 100) / 1000);
	printf("responder, msg1 to keys %.1f us\n", measure(work_responder, &h, 100) / 1000);
	printf("initiator, msg2 to keys %.1f us\n", measure(work_initiator_end, &h, 100) / 1000);
}

static void work_mac(void *arg, unsigned int i)
{
	static const uint8_t datagram[192];
	uint8_t out[KN_MAC_LEN];

	(void)i;
	check(kn_mac_compute(arg, datagram, sizeof(datagram), out) == 0, "mac");
}

static void work_window(void *arg, unsigned int i)
{
	struct kn_window *w = arg;

	(void)i;
	check(kn_window_check(w, w->next) && kn_window_commit(w, w->next), "window");
}

int main(void)
{
	const uint8_t key[32] = {1};
	struct kn_mac *mac;

	check(kn_crypto_init() == 0, "kn_crypto_init");
	for (unsigned int i = 0; kn_aead_backends[i]; i++) {
		if (!kn_aead_backends[i]->usable())
			continue;
		bench_aead(kn_aead_backends[i], 1);
		bench_aead(kn_aead_backends[i], MANY_KEYS);
	}
	check(kn_mac_new(key, &mac) == 0, "mac");
	printf("mac of a handshake datagram (192 bytes) %.0f ns\n", measure(work_mac, mac, 20000));
	kn_mac_free(mac);
	struct kn_window *w = kn_window_new(KN_WINDOW_BITS);
	check(w != NULL, "memory");
	printf("replay window, check and commit %.1f ns\n", measure(work_window, w, 1000000));
	kn_window_free(w);
	bench_handshake();
	kn_crypto_fini();
	return 0;
}
