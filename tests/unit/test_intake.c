// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/* What is kept of what waits at the TAP: so many bytes, and small frames beyond. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "path/intake.h"

#define LARGE 65000
#define SMALL 60

/* The TAP: lengths of the frames that wait, 0 for one that makes no sense. */
static uint32_t waiting[4000];
static unsigned int waiting_cnt, read_cnt;
static struct kn_counters counters;
static const struct kn_tap tap;

int __wrap_kn_tap_read(const struct kn_tap *t, unsigned int queue, uint8_t *buf,
		       struct kn_frame *f);

int __wrap_kn_tap_read(const struct kn_tap *t, unsigned int queue, uint8_t *buf, struct kn_frame *f)
{
	assert_ptr_equal(t, &tap);
	assert_int_equal(queue, 3);
	if (read_cnt == waiting_cnt)
		return -EAGAIN;
	uint32_t len = waiting[read_cnt++];

	if (len == 0)
		return -EBADMSG;
	/* A read may use all of this, and ASan looks on. */
	memset(buf, 0xee, KN_FRAME_HEADROOM + KN_SUPER_MAX);
	memset(buf + KN_FRAME_HEADROOM, (int)(read_cnt & 0xff), len);
	*f = (struct kn_frame){.data = buf + KN_FRAME_HEADROOM, .len = len};
	return 0;
}

static void wait_for(unsigned int cnt, uint32_t len)
{
	while (cnt-- > 0)
		waiting[waiting_cnt++] = len;
}

static void begin(struct kn_intake *q)
{
	waiting_cnt = 0;
	read_cnt = 0;
	memset(&counters, 0, sizeof(counters));
	assert_int_equal(kn_intake_init(q), 0);
}

/* All that is left, each whole; returns how many, and in *small how many of them are small. */
static unsigned int take_all(struct kn_intake *q, unsigned int *small)
{
	unsigned int cnt = 0;

	*small = 0;
	for (struct kn_frame *f; (f = kn_intake_next(q)) != NULL; cnt++) {
		*small += f->len == SMALL;
		assert_int_equal(f->data[0], f->data[f->len - 1]);
		/* Cutting overwrites what is before a frame, which is nobody else's. */
		memset(f->data - KN_FRAME_HEADROOM, 0, KN_FRAME_HEADROOM + f->len);
	}
	return cnt;
}

/* Bulk traffic has gone on for a while without a pause: the queue is to be sounded next. */
static void bulk_goes_on(struct kn_intake *q)
{
	wait_for(17, LARGE);
	for (unsigned int i = 0; i < 17; i++) {
		assert_true(kn_intake_fill(q, &tap, 3, &counters));
		assert_non_null(kn_intake_next(q));
		assert_true(kn_intake_is_empty(q));
	}
	waiting_cnt = 0;
	read_cnt = 0;
}

static void frames_come_in_order(void **state)
{
	struct kn_intake q;

	(void)state;
	begin(&q);
	for (uint32_t i = 1; i <= 100; i++)
		wait_for(1, i * 60);
	for (uint32_t i = 1; i <= 100; i++) {
		assert_true(kn_intake_fill(&q, &tap, 3, &counters));
		assert_int_equal(kn_intake_next(&q)->len, i * 60);
	}
	assert_null(kn_intake_next(&q));
	assert_false(kn_intake_fill(&q, &tap, 3, &counters));
	assert_null(kn_intake_next(&q));
	kn_intake_fini(&q);
}

static void what_is_left_is_not_overwritten(void **state)
{
	struct kn_intake q;

	(void)state;
	begin(&q);
	wait_for(2, 100);
	kn_intake_fill(&q, &tap, 3, &counters);
	wait_for(1, 200);
	assert_int_equal(kn_intake_next(&q)->len, 100);
	kn_intake_fill(&q, &tap, 3, &counters);
	assert_int_equal(kn_intake_next(&q)->len, 100);
	assert_true(kn_intake_is_empty(&q));
	kn_intake_fill(&q, &tap, 3, &counters);
	assert_int_equal(kn_intake_next(&q)->len, 200);
	kn_intake_fini(&q);
}

/* What leaves at once is read, and no more. */
static void a_little_is_read_at_a_time(void **state)
{
	struct kn_intake q;
	unsigned int small;

	(void)state;
	begin(&q);
	wait_for(3, LARGE);
	wait_for(50, SMALL);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_true(kn_intake_fill(&q, &tap, 3, &counters));
		assert_int_equal(read_cnt, i);
		assert_int_equal(take_all(&q, &small), 1);
	}
	assert_false(kn_intake_fill(&q, &tap, 3, &counters));
	assert_int_equal(take_all(&q, &small), 50);
	kn_intake_fini(&q);
}

/* A queue that is empty now and then is short enough. */
static void pauses_need_no_sounding(void **state)
{
	struct kn_intake q;
	unsigned int small;

	(void)state;
	begin(&q);
	for (unsigned int i = 0; i < 100; i++) {
		waiting_cnt = 0;
		read_cnt = 0;
		wait_for(15, LARGE);
		while (kn_intake_fill(&q, &tap, 3, &counters))
			assert_int_equal(take_all(&q, &small), 1);
		assert_int_equal(read_cnt, 15);
	}
	assert_int_equal(counters.v[KN_C_TX_QUEUE_FULL], 0);
	kn_intake_fini(&q);
}

static void bulk_is_limited_in_bytes(void **state)
{
	struct kn_intake q;
	unsigned int small;

	(void)state;
	begin(&q);
	bulk_goes_on(&q);
	for (unsigned int i = 0; i < 40; i++) {
		wait_for(1, LARGE);
		wait_for(1, SMALL);
	}
	kn_intake_fill(&q, &tap, 3, &counters);
	unsigned int cnt = take_all(&q, &small);

	/* All was read; all small frames and some of the large ones are there, the rest is counted.
	 */
	assert_int_equal(read_cnt, 80);
	assert_int_equal(small, 40);
	assert_in_range(cnt - small, 12, 26);
	assert_int_equal(counters.v[KN_C_TX_QUEUE_FULL], 40 - (cnt - small));
	kn_intake_fini(&q);
}

/* Beyond the limit not all of a moment is lost, or what TCP sends again would be, too. */
static void a_little_too_much_loses_little(void **state)
{
	struct kn_intake q;
	unsigned int small;

	(void)state;
	begin(&q);
	bulk_goes_on(&q);
	wait_for(12, 60000);
	kn_intake_fill(&q, &tap, 3, &counters);
	assert_int_equal(take_all(&q, &small), 11);
	assert_int_equal(counters.v[KN_C_TX_QUEUE_FULL], 1);
	kn_intake_fini(&q);
}

static void small_frames_are_many(void **state)
{
	struct kn_intake q;
	unsigned int small, all = 0;

	(void)state;
	begin(&q);
	wait_for(1000, SMALL);
	while (read_cnt < waiting_cnt) {
		kn_intake_fill(&q, &tap, 3, &counters);
		all += take_all(&q, &small);
	}
	assert_int_equal(all, 1000);
	assert_int_equal(counters.v[KN_C_TX_QUEUE_FULL], 0);
	kn_intake_fini(&q);
}

static void a_flood_ends_a_turn(void **state)
{
	struct kn_intake q;
	unsigned int small;

	(void)state;
	begin(&q);
	bulk_goes_on(&q);
	wait_for(2000, LARGE);
	kn_intake_fill(&q, &tap, 3, &counters);
	assert_in_range(read_cnt, 20, 500);
	assert_in_range(take_all(&q, &small), 12, 26);
	kn_intake_fini(&q);
	begin(&q);
	wait_for(2000, 0);
	kn_intake_fill(&q, &tap, 3, &counters);
	assert_in_range(read_cnt, 20, 500);
	assert_int_equal(counters.v[KN_C_TX_BAD_OFFLOAD], read_cnt);
	assert_true(kn_intake_is_empty(&q));
	kn_intake_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_in_order),
		cmocka_unit_test(what_is_left_is_not_overwritten),
		cmocka_unit_test(a_little_is_read_at_a_time),
		cmocka_unit_test(pauses_need_no_sounding),
		cmocka_unit_test(bulk_is_limited_in_bytes),
		cmocka_unit_test(a_little_too_much_loses_little),
		cmocka_unit_test(small_frames_are_many),
		cmocka_unit_test(a_flood_ends_a_turn),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
