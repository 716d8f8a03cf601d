// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Many frames with one system call: all arrive, whole and in order, and what the kernel refuses is
 * counted. Packets of a pair of sockets stand for frames: each write() is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "path/tap_batch.h"

#define LEN_OF(i) (60 + (i)*7 % 1400)

struct fixture {
	int ours, theirs;
	struct kn_tap_batch *batch;
};

static int set_up(void **state)
{
	static struct fixture f;
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd), errno);
	f = (struct fixture){.ours = fd[0], .theirs = fd[1], .batch = kn_tap_batch_new(fd[0])};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	kn_tap_batch_free(f->batch);
	close(f->ours);
	if (f->theirs >= 0)
		close(f->theirs);
	return 0;
}

/* A kernel without io_uring, or one that does not let us. */
static void need_batch(const struct fixture *f)
{
	if (f->batch == NULL)
		skip();
}

static void frame_make(uint8_t *out, unsigned int i)
{
	memset(out, (int)(i * 31 % 251), LEN_OF(i));
	memcpy(out, &i, sizeof(i));
}

static void frames_add(struct kn_tap_batch *b, unsigned int cnt)
{
	uint8_t frame[KN_TAP_BATCH_LEN];

	for (unsigned int i = 0; i < cnt; i++) {
		frame_make(frame, i);
		assert_true(kn_tap_batch_add(b, (struct kn_bytes){frame, LEN_OF(i)}));
	}
}

/* How many have arrived; each is later than the one before, and as it was sent. */
static unsigned int frames_check(int fd)
{
	uint8_t got[KN_TAP_BATCH_LEN + 1], want[KN_TAP_BATCH_LEN];
	unsigned int cnt = 0, next = 0, number;

	for (ssize_t n; (n = recv(fd, got, sizeof(got), 0)) > 0; cnt++) {
		memcpy(&number, got, sizeof(number));
		assert_true(number >= next);
		next = number + 1;
		frame_make(want, number);
		assert_int_equal(n, LEN_OF(number));
		assert_memory_equal(got, want, (size_t)n);
	}
	return cnt;
}

static void all_arrive_in_order(void **state)
{
	static const unsigned int cnts[] = {1, 3, 4, 5, 63, 64, 65, 100};
	struct fixture *f = *state;
	int room = 1024 * 1024;

	need_batch(f);
	(void)setsockopt(f->ours, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	for (unsigned int i = 0; i < sizeof(cnts) / sizeof(cnts[0]); i++) {
		uint64_t bytes = 0;

		for (unsigned int k = 0; k < cnts[i]; k++)
			bytes += LEN_OF(k);
		frames_add(f->batch, cnts[i]);
		struct kn_tap_written w = kn_tap_batch_flush(f->batch);

		assert_int_equal(w.frames, cnts[i]);
		assert_int_equal(w.bytes, bytes);
		assert_int_equal(w.errors, 0);
		assert_int_equal(frames_check(f->theirs), cnts[i]);
	}
	assert_int_equal(kn_tap_batch_flush(f->batch).frames, 0);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct fixture *f = *state;
	int room = 8 * 1024;

	need_batch(f);
	(void)setsockopt(f->ours, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	frames_add(f->batch, 64);
	struct kn_tap_written w = kn_tap_batch_flush(f->batch);

	assert_int_equal(w.frames + w.errors, 64);
	assert_true(w.frames > 0 && w.errors > 0);
	assert_int_equal(frames_check(f->theirs), w.frames);
	frames_add(f->batch, 5);
	assert_int_equal(kn_tap_batch_flush(f->batch).frames, 5);
}

static void what_is_refused_is_counted(void **state)
{
	struct fixture *f = *state;

	need_batch(f);
	close(f->theirs);
	f->theirs = -1;
	frames_add(f->batch, 70);
	struct kn_tap_written w = kn_tap_batch_flush(f->batch);

	assert_int_equal(w.frames, 0);
	assert_int_equal(w.errors, 70);
	assert_true(kn_tap_batch_is_on(f->batch));
}

static void too_long_is_not_taken(void **state)
{
	static const uint8_t frame[KN_TAP_BATCH_LEN + 1];
	struct fixture *f = *state;

	need_batch(f);
	assert_false(kn_tap_batch_add(f->batch, (struct kn_bytes){frame, sizeof(frame)}));
}

/* Kernels differ in whether they write to a file in memory without waiting: it is written in any
 * case, and in order. */
static void a_kernel_that_does_not_know_how_is_asked_one_by_one(void **state)
{
	struct fixture *f = *state;
	uint8_t got[KN_TAP_BATCH_LEN], want[KN_TAP_BATCH_LEN];
	int fd = memfd_create("frames", MFD_CLOEXEC);
	struct kn_tap_batch *b;

	need_batch(f);
	assert_return_code(fd, errno);
	b = kn_tap_batch_new(fd);
	assert_non_null(b);
	frames_add(b, 20);
	assert_int_equal(kn_tap_batch_flush(b).frames, 20);
	kn_tap_batch_free(b);
	for (unsigned int i = 0, at = 0; i < 20; at += LEN_OF(i), i++) {
		frame_make(want, i);
		assert_int_equal(pread(fd, got, LEN_OF(i), at), LEN_OF(i));
		assert_memory_equal(got, want, LEN_OF(i));
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_arrive_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_finds_no_room_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_refused_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_long_is_not_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_kernel_that_does_not_know_how_is_asked_one_by_one,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
