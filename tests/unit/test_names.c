// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Names of the public enumerations: each value has one of its own, those that
 * scripts rely on are spelled as documented, and a value out of range is
 * survived.
 */
#include "knet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ALL_DIFFER(name_fn, type, count)                                                       \
	for (unsigned int a = 0; a < (count); a++) {                                           \
		assert_string_not_equal(name_fn((enum type)a), "?");                           \
		for (unsigned int b = 0; b < a; b++)                                           \
			assert_string_not_equal(name_fn((enum type)a), name_fn((enum type)b)); \
	}

static void test_all_values_have_distinct_names(void **state)
{
	(void)state;
	ALL_DIFFER(knet_suite_name, knet_suite, KNET_SUITE_COUNT)
	ALL_DIFFER(knet_policy_name, knet_policy, KNET_POLICY_COUNT)
	ALL_DIFFER(knet_link_state_name, knet_link_state, KNET_LINK_STATE_COUNT)
	ALL_DIFFER(knet_peer_state_name, knet_peer_state, KNET_PEER_STATE_COUNT)
	ALL_DIFFER(knet_event_kind_name, knet_event_kind, KNET_EVENT_KIND_COUNT)
}

static void test_names_that_scripts_read(void **state)
{
	(void)state;
	assert_string_equal(knet_suite_name(KNET_SUITE_CHACHA20_POLY1305), "chacha20-poly1305");
	assert_string_equal(knet_policy_name(KNET_POLICY_PASSIVE), "passive");
	assert_string_equal(knet_link_state_name(KNET_LINK_SUSPECT), "suspect");
	assert_string_equal(knet_policy_name(KNET_POLICY_BALANCE), "balance");
	assert_string_equal(knet_roaming_name(KNET_ROAMING_NAT), "nat");
	assert_string_equal(knet_roaming_name(KNET_ROAMING_COUNT), "?");
	assert_string_equal(knet_peer_state_name(KNET_PEER_DEGRADED), "degraded");
	assert_string_equal(knet_event_kind_name(KNET_EVENT_LINK_DOWN), "link-down");
}

static void test_out_of_range_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(knet_suite_name(KNET_SUITE_COUNT), "?");
	assert_string_equal(knet_policy_name(KNET_POLICY_COUNT), "?");
	assert_string_equal(knet_link_state_name(KNET_LINK_STATE_COUNT), "?");
	assert_string_equal(knet_peer_state_name(KNET_PEER_STATE_COUNT), "?");
	assert_string_equal(knet_event_kind_name(KNET_EVENT_KIND_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_values_have_distinct_names),
		cmocka_unit_test(test_names_that_scripts_read),
		cmocka_unit_test(test_out_of_range_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
