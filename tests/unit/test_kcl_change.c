// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What is worked out from a change alone is what would be worked out from the whole: complaints,
 * the links in use, whether there is a difference at all. Random changes of small configurations.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/kcl_lines.h"

#define ROUNDS 20000

static uint32_t seed = 1;

static unsigned int chance(unsigned int below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

struct text {
	char data[8192];
	size_t len;
};

static void line_add(void *arg, const char *line)
{
	struct text *text = arg;

	text->len += (size_t)snprintf(text->data + text->len, sizeof(text->data) - text->len,
				      "%s\n", line);
	assert_true(text->len < sizeof(text->data));
}

static void complaint_add(void *arg, const struct kcl_iface *iface, const char *message)
{
	(void)iface;
	line_add(arg, message);
}

/* Calls it a fault only if the interface is finished, as a commit does. */
static void fault_count(void *arg, const struct kcl_iface *iface, const char *message)
{
	(void)message;
	if (iface->node_id && iface->secret_path)
		(*(unsigned int *)arg)++;
}

/* One to three lines that do this and that to one of two interfaces; `#` is a number. */
static void lines_make(char *out, size_t size)
{
	static const char *const lines[] = {
		"node-id #",
		"network-secret file /s",
		"peer p3 3 10.0.0.#",
		"no node-id",
		"no network-secret",
		"network-secret file /s",
		"peer p# 3 10.0.0.3",
		"peer p4 4 fd00::#",
		"peer p5 5 10.0.0.5 10.1.0.#",
		"peer p6 #",
		"no peer p3",
		"no peer p4",
		"no peer p5",
		"no peer p6",
		"link 0 local 10.2.0.#",
		"link 0 local fd00::#",
		"link 1 local 10.3.0.#",
		"no link 0",
		"no link 1",
		"link 2 priority 3",
		"no link 2",
		"no shutdown",
		"shutdown",
		"peer p5 5\n  link 1 remote fd00::#\n exit",
		"peer p4 4\n  link 0 local 10.2.0.#\n exit",
		"peer p5 5\n  no link 1\n exit",
		"peer p5 5\n  description number #\n exit",
		"port #0000",
		"no port",
		"address 10.9.0.#/24",
		"no address 10.9.0.3/24",
		"mtu 1400",
		"no mtu",
		"mac-table static 52:54:00:00:00:01 peer p5",
		"mac-table no-such-line",
		"no mac-table static 52:54:00:00:00:01",
	};
	size_t used = (size_t)snprintf(out, size, "%sinterface knet%u\n",
				       chance(9) ? "" : "hostname h\n", chance(2));

	for (unsigned int i = chance(3) + 1; i; i--) {
		char line[256];

		snprintf(line, sizeof(line), "%s", lines[chance(sizeof(lines) / sizeof(lines[0]))]);
		for (char *mark = line; (mark = strchr(mark, '#'));)
			*mark = (char)('1' + chance(6));
		used += (size_t)snprintf(out + used, size - used, " %s\n", line);
	}
	snprintf(out + used, size - used, "exit\n");
}

static void links_are_those_of_the_peers(const struct kcl_iface *iface)
{
	const struct kcl_peer *peer = NULL;
	uint8_t links = 0;

	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		links |= (uint8_t)(iface->link[i].is_set << i);
	while ((peer = kcl_peer_next(iface, peer ? peer->id : 0)))
		links |= peer->link_mask;
	assert_int_equal(kcl_iface_links(iface), links);
}

static void delta_says_if_texts_differ(const struct kcl_config *a, const struct kcl_config *b)
{
	struct text one = {.len = 0}, two = {.len = 0}, lines = {.len = 0};
	struct kcl_delta d;

	kcl_config_write(a, line_add, &one);
	kcl_config_write(b, line_add, &two);
	assert_int_equal(kcl_config_delta(a, b, line_add, &lines, &d), 0);
	assert_int_equal(lines.len > 0, strcmp(one.data, two.data) != 0);
}

/* The complaints of `config`, found both ways. Returns how many are a commit's business. */
static unsigned int faults_find(const struct kcl_config *sound, const struct kcl_config *config)
{
	struct text whole = {.len = 0}, step = {.len = 0};
	unsigned int faults = 0;

	kcl_config_check(config, complaint_add, &whole);
	kcl_config_check_change(sound, config, complaint_add, &step);
	assert_string_equal(step.data, whole.data);
	kcl_config_check(config, fault_count, &faults);
	return faults;
}

static void changes_are_judged_as_the_whole(void **state)
{
	struct kcl_config *sound = kcl_config_new();
	unsigned int refused = 0, taken = 0;

	(void)state;
	assert_non_null(sound);
	while (refused + taken < ROUNDS) {
		struct kcl_load how = {
			.base = sound, .is_unchecked = true, .report = kcl_lines_ignore};
		struct kcl_config *config;
		char text[1024];

		lines_make(text, sizeof(text));
		how.is_lenient = true;
		assert_int_equal(kcl_config_read(&how, text, strlen(text), &config), 0);
		for (unsigned int i = 0; i < config->iface_cnt; i++)
			links_are_those_of_the_peers(config->iface[i]);
		delta_says_if_texts_differ(sound, config);
		if (faults_find(sound, config)) {
			refused++;
			kcl_config_free(config);
			continue;
		}
		taken++;
		kcl_config_free(sound);
		sound = config;
	}
	assert_true(refused > ROUNDS / 100);
	assert_true(taken > ROUNDS / 5);
	kcl_config_free(sound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_judged_as_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
