// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The scribe under a burst of orders: what is overtaken is not written, the newest comes first,
 * every order comes back to be freed, and there is a rest between two files.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "knetd/clock.h"
#include "knetd/scribe.h"

#define BURST 1000

static struct {
	char dir[64];
	struct knd_scribe *scribe;
	pthread_mutex_t gate; /* held: no text is finished */
	pthread_t control;
	unsigned int order[BURST + 1]; /* in which texts were made */
	unsigned int formatted, released;
	bool has_begun;
	uint64_t ended_ns[BURST + 1];
} w;

struct sheet {
	unsigned int number;
};

static char *sheet_format(const void *of, size_t *len)
{
	const struct sheet *sheet = of;
	char *text = NULL;

	assert_false(pthread_equal(pthread_self(), w.control));
	__atomic_store_n(&w.has_begun, true, __ATOMIC_RELAXED);
	pthread_mutex_lock(&w.gate);
	w.order[w.formatted] = sheet->number;
	*len = (size_t)asprintf(&text, "number %u\n", sheet->number);
	w.ended_ns[w.formatted++] = knd_now_ns();
	pthread_mutex_unlock(&w.gate);
	return text;
}

static void sheet_release(void *of)
{
	assert_true(pthread_equal(pthread_self(), w.control));
	free(of);
	w.released++;
}

static char *path_of(unsigned int number)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%u", w.dir, number) > 0);
	return path;
}

static void order_write(unsigned int number)
{
	struct sheet *sheet = malloc(sizeof(*sheet));
	const struct knd_script script = {
		.format = sheet_format, .release = sheet_release, .of = sheet};

	assert_non_null(sheet);
	sheet->number = number;
	assert_int_equal(knd_scribe_write(w.scribe, path_of(number), &script), 0);
}

static void order_remove(unsigned int number)
{
	assert_int_equal(knd_scribe_remove(w.scribe, path_of(number)), 0);
}

static bool is_there(unsigned int number)
{
	char *path = path_of(number);
	const bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

/* Waits until the thread stands at the gate. */
static void gate_wait(void)
{
	while (!__atomic_load_n(&w.has_begun, __ATOMIC_RELAXED))
		usleep(1000);
}

static void overtaken_is_not_written(void **state)
{
	(void)state;
	pthread_mutex_lock(&w.gate);
	order_write(1);
	gate_wait();
	for (unsigned int i = 2; i <= BURST; i++) {
		order_write(i);
		order_remove(i - 1);
	}
	order_write(BURST);
	pthread_mutex_unlock(&w.gate);
	knd_scribe_free(w.scribe);
	w.scribe = NULL;
	assert_int_equal(w.formatted, 2); /* the one that had begun, and the last one */
	assert_int_equal(w.released, BURST + 1);
	assert_false(is_there(1));
	assert_false(is_there(BURST - 1));
	assert_true(is_there(BURST));
}

static void newest_comes_first(void **state)
{
	static const unsigned int expected[] = {1, 4, 3, 2};

	(void)state;
	pthread_mutex_lock(&w.gate);
	order_write(1);
	gate_wait();
	for (unsigned int i = 2; i <= 4; i++)
		order_write(i);
	pthread_mutex_unlock(&w.gate);
	knd_scribe_free(w.scribe);
	w.scribe = NULL;
	assert_int_equal(w.formatted, 4);
	assert_memory_equal(w.order, expected, sizeof(expected));
	for (unsigned int i = 1; i <= 4; i++)
		assert_true(is_there(i));
}

/* A text that takes 50 ms is followed by a rest of 250. */
static void there_is_a_rest(void **state)
{
	(void)state;
	pthread_mutex_lock(&w.gate);
	order_write(1);
	gate_wait();
	order_write(2);
	usleep(50000);
	pthread_mutex_unlock(&w.gate);
	while (!is_there(2))
		usleep(1000);
	pthread_mutex_lock(&w.gate);
	assert_true(w.ended_ns[1] - w.ended_ns[0] >= 250000000);
	pthread_mutex_unlock(&w.gate);
}

static int setup(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	snprintf(w.dir, sizeof(w.dir), "/tmp/knet-scribe-XXXXXX");
	if (!mkdtemp(w.dir))
		return -1;
	pthread_mutex_init(&w.gate, NULL);
	w.control = pthread_self();
	w.scribe = knd_scribe_new();
	return w.scribe ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	knd_scribe_free(w.scribe);
	for (unsigned int i = 1; i <= BURST; i++) {
		char *path = path_of(i);

		unlink(path);
		free(path);
	}
	return rmdir(w.dir);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(overtaken_is_not_written),
		TEST(newest_comes_first),
		TEST(there_is_a_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
