// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What a peer costs: bytes, by counting what is allocated, and time, by adding as many peers as
 * there can be. Times are compared with each other, not with a clock's idea of fast.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "knetd/cmd/kcl.h"
#include "live/engine.h"
#include "live/handshake.h"
#include "live/hs_job.h"
#include "tests/unit/heap.h"
#include "tests/unit/lone_engine.h"

#define PEERS      10000
#define PEER_BYTES 2048 /* engine and daemon together, two links */
#define LINE_LEN   96
#define PEERS_MAX  65534 /* 65535 hosts with ourselves */
#define PEERS_FEW  8192
#define WALK_NS    (150 * KN_MS) /* less than a walk over all for each of the last would take */

/* Handshakes that the handshake thread is to begin, newest first. */
static struct kn_hs_job *submitted;
static unsigned int submitted_cnt;

static bool io_submit(void *ctx, struct kn_hs_job *job)
{
	(void)ctx;
	job->next = submitted;
	submitted = job;
	submitted_cnt++;
	return true;
}

/* All that were submitted are done: their messages leave, and nobody answers. */
static void jobs_finish(struct kn_engine *e)
{
	while (submitted != NULL) {
		struct kn_hs_job *job = submitted;

		submitted = job->next;
		job->result = KN_HS_OK;
		kn_handshake_job_done(e, job, e->now);
	}
}

static int setup(void **state)
{
	static const struct kn_local_link local = {.is_open = true, .is_usable = true};
	struct kn_engine *e = lone_engine_new(
		&(struct lone_engine){.host_id = 65535, .now = KN_SEC, .submit = io_submit});

	*state = e;
	if (e == NULL)
		return -1;
	kn_local_set(e, 0, &local, "opened");
	kn_local_set(e, 1, &local, "opened");
	return 0;
}

static int teardown(void **state)
{
	jobs_finish(*state);
	lone_engine_free(*state);
	return 0;
}

static void peer_add(struct kn_engine *e, unsigned int id, unsigned int links)
{
	struct knet_peer_link cfg = {.priority = -1, .enabled = true};
	struct sockaddr_in *in = (struct sockaddr_in *)&cfg.remote;
	char name[16];

	snprintf(name, sizeof(name), "node%05u", id);
	in->sin_family = AF_INET;
	in->sin_port = htons(50000);
	in->sin_addr.s_addr = htonl(0x0a000000U + id);
	assert_int_equal(kn_host_add(e, (uint16_t)id, name, NULL), 0);
	for (unsigned int link = 0; link < links; link++)
		assert_int_equal(kn_host_link_set(e, (uint16_t)id, link, &cfg), 0);
}

/* The lines of a file, as an operator would write it. */
static char *lines_new(unsigned int peers, size_t *len)
{
	size_t size = (peers + 4) * LINE_LEN;
	char *text = malloc(size);

	assert_non_null(text);
	*len = (size_t)snprintf(text, size,
				"interface knet0\n node-id 65535\n"
				" network-secret file /etc/secret\n");
	for (unsigned int id = 1; id <= peers; id++)
		*len += (size_t)snprintf(text + *len, size - *len,
					 " peer node%05u %u 10.1.%u.%u 10.2.%u.%u\n", id, id,
					 id >> 8, id & 0xff, id >> 8, id & 0xff);
	return text;
}

static void on_error(void *arg, unsigned int number, const char *line, const struct kcl_error *err)
{
	(void)arg;
	fail_msg("line %u: %s: %s", number, line, err->text);
}

static void test_bytes_per_peer(void **state)
{
	struct kn_engine *e = *state;
	struct kcl_config *config = NULL;
	size_t len;
	char *text = lines_new(PEERS, &len);
	size_t before = heap_used();

	assert_int_equal(kcl_config_load(text, len, on_error, NULL, &config), 0);
	size_t daemon = heap_used() - before;

	for (unsigned int id = 1; id <= PEERS; id++)
		peer_add(e, id, 2);
	size_t engine = heap_used() - before - daemon;

	print_message("# a peer with two links: %zu bytes in the engine, %zu in the daemon\n",
		      engine / PEERS, daemon / PEERS);
	assert_in_range((engine + daemon) / PEERS, 1, PEER_BYTES);
	assert_int_equal(e->link_cnt, 2 * PEERS);
	assert_int_equal(kcl_iface_find(config, "knet0")->peer_cnt, PEERS);
	kcl_config_free(config);
	free(text);
}

/* Nothing of a peer is left behind. */
static void test_bytes_come_back(void **state)
{
	struct kn_engine *e = *state;

	peer_add(e, 1, 2);
	assert_int_equal(kn_host_del(e, 1), 0);
	rcu_barrier();
	kn_engine_step(e, 2 * KN_SEC);
	size_t before = heap_used();

	for (unsigned int i = 0; i < 1000; i++) {
		peer_add(e, 1 + i % 7, 2);
		assert_int_equal(kn_host_del(e, (uint16_t)(1 + i % 7)), 0);
	}
	rcu_barrier();
	kn_engine_step(e, 3 * KN_SEC);
	assert_int_equal(e->reclaim.pending, 0);
	assert_int_equal(heap_used(), before);
}

/* Of this thread, so that a busy machine does not matter. */
static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * KN_SEC + (uint64_t)ts.tv_nsec;
}

static uint64_t adding_ns(struct kn_engine *e, unsigned int first, unsigned int last)
{
	uint64_t began = cpu_ns();

	for (unsigned int id = first; id <= last; id++)
		peer_add(e, id, 1);
	return cpu_ns() - began;
}

/* The last thousands take as long as the first, but for pages that the kernel has to find: tens of
 * milliseconds, by chance. If one peer cost a walk over the others, that would be 500 million
 * steps. */
static void test_time_of_adding(void **state)
{
	struct kn_engine *e = *state;
	uint64_t first = adding_ns(e, 1, PEERS_FEW);
	uint64_t middle = adding_ns(e, PEERS_FEW + 1, PEERS_MAX - PEERS_FEW);
	uint64_t last = adding_ns(e, PEERS_MAX - PEERS_FEW + 1, PEERS_MAX);

	print_message("# %u peers in %.1f ms of CPU; the first %u in %.1f, the last %u in %.1f\n",
		      PEERS_MAX, (double)(first + middle + last) / KN_MS, PEERS_FEW,
		      (double)first / KN_MS, PEERS_FEW, (double)last / KN_MS);
	assert_int_equal(e->peer_cnt, PEERS_MAX);
	assert_true(last < first * 6 + WALK_NS);
}

static void time_pass(struct kn_engine *e, uint64_t until)
{
	while (kn_engine_next(e) <= until) {
		kn_engine_step(e, kn_engine_next(e));
		jobs_finish(e);
	}
}

/* Peers that are not there are tried once soon, and then at a rate that does not depend on how many
 * they are. */
static void test_handshakes_with_the_absent(void **state)
{
	struct kn_engine *e = *state;
	uint64_t began = e->now, cpu;

	for (unsigned int id = 1; id <= PEERS; id++)
		peer_add(e, id, 1);
	submitted_cnt = 0;
	time_pass(e, began + 60 * KN_SEC);
	assert_in_range(submitted_cnt, PEERS, PEERS + 60 * 51 + 50);
	submitted_cnt = 0;
	cpu = cpu_ns();
	time_pass(e, began + 360 * KN_SEC);
	print_message(
		"# %u peers that are not there: %u handshakes begun in 300 s, %.1f ms of CPU\n",
		PEERS, submitted_cnt, (double)(cpu_ns() - cpu) / KN_MS);
	assert_in_range(submitted_cnt, 300 * 25, 300 * 51 + 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bytes_per_peer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time_of_adding, setup, teardown),
		cmocka_unit_test_setup_teardown(test_handshakes_with_the_absent, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
