// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Which frames are questions that a latecomer is asked, too; that all others, and what is cut short
 * or not finished, are not kept; and that only the last are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "path/latecomer.h"

#define TO_ALL   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1
#define ARP_     0x08, 0x06
#define IPV4_UDP 0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255
#define IPV6_    0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, 58, 255
#define ZERO_32                                                                                   \
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
		0, 0

static const uint8_t arp[] = {TO_ALL, ARP_, 0, 1, 8, 0};
static const uint8_t arp_qinq[] = {TO_ALL, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 7, ARP_, 0, 1};
static const uint8_t dhcp[] = {TO_ALL, IPV4_UDP, 0, 68, 0, 67, 0, 8};
static const uint8_t dns[] = {TO_ALL, IPV4_UDP, 0, 53, 0, 53, 0, 8};
static const uint8_t solicitation[] = {TO_ALL, IPV6_, ZERO_32, 135, 0};
static const uint8_t advertisement[] = {TO_ALL, IPV6_, ZERO_32, 136, 0};
static const uint8_t redirect[] = {TO_ALL, IPV6_, ZERO_32, 137, 0};

static void questions_are_told_from_the_rest(void **state)
{
	(void)state;
	assert_true(kn_is_question(arp, sizeof(arp)));
	assert_true(kn_is_question(arp_qinq, sizeof(arp_qinq)));
	assert_true(kn_is_question(dhcp, sizeof(dhcp)));
	assert_true(kn_is_question(solicitation, sizeof(solicitation)));
	assert_false(kn_is_question(dns, sizeof(dns)));
	assert_true(kn_is_question(advertisement, sizeof(advertisement)));
	assert_false(kn_is_question(redirect, sizeof(redirect)));
}

static void what_is_cut_short_is_none(void **state)
{
	(void)state;
	for (uint32_t len = 0; len < 14; len++)
		assert_false(kn_is_question(arp, len));
	for (uint32_t len = 0; len < sizeof(dhcp) - 2; len++)
		assert_false(kn_is_question(dhcp, len));
	for (uint32_t len = 0; len < sizeof(solicitation) - 1; len++)
		assert_false(kn_is_question(solicitation, len));
}

static void the_last_are_kept(void **state)
{
	struct kn_questions q = {.seen = 0};
	uint8_t buf[KN_QUESTION_LEN + 1] = {0};
	struct kn_frame f = {.data = buf, .len = sizeof(arp)};

	(void)state;
	memcpy(buf, arp, sizeof(arp));
	for (unsigned int i = 0; i < KN_QUESTION_CNT + 3; i++) {
		buf[sizeof(arp) - 1] = (uint8_t)i;
		kn_question_keep(&q, &f, 0, KN_SEC + i);
	}
	for (unsigned int i = 0; i < KN_QUESTION_CNT; i++) {
		const struct kn_question *k = &q.kept[(q.next + i) % KN_QUESTION_CNT];

		assert_int_equal(k->at_ns, KN_SEC + 3 + i);
		assert_int_equal(k->len, sizeof(arp));
		assert_int_equal(k->data[sizeof(arp) - 1], 3 + i);
	}
}

static void what_is_unfinished_or_long_is_not_kept(void **state)
{
	struct kn_questions q = {.seen = 0};
	uint8_t buf[KN_QUESTION_LEN + 1] = {0};
	struct kn_frame f = {.data = buf, .len = sizeof(buf)};

	(void)state;
	memcpy(buf, arp, sizeof(arp));
	kn_question_keep(&q, &f, 0, KN_SEC);
	f.len = KN_QUESTION_LEN;
	f.needs_csum = true;
	kn_question_keep(&q, &f, 0, KN_SEC);
	assert_int_equal(q.next, 0);
	f.needs_csum = false;
	kn_question_keep(&q, &f, 0, KN_SEC);
	assert_int_equal(q.next, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_are_told_from_the_rest),
		cmocka_unit_test(what_is_cut_short_is_none),
		cmocka_unit_test(the_last_are_kept),
		cmocka_unit_test(what_is_unfinished_or_long_is_not_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
