// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Differences are whole: from any configuration to any other and back, the engine ends up as if it
 * had been started with it. Random configurations, groups of peers among them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "knetd/apply.h"
#include "knetd/cmd/kcl.h"
#include "tests/unit/fake_engine.h"

#define ROUNDS 100

static uint32_t seed;
static char secret[64];

static unsigned int chance(unsigned int below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Each line is there or not, by chance. */
__attribute__((format(printf, 3, 4))) static void maybe(FILE *to, unsigned int one_in,
							const char *fmt, ...)
{
	va_list ap;

	if (chance(one_in))
		return;
	va_start(ap, fmt);
	vfprintf(to, fmt, ap);
	va_end(ap);
}

static void group_write(FILE *to, unsigned int group)
{
	fprintf(to, "peer-group g%u\n", group);
	maybe(to, 2, " policy active\n");
	maybe(to, 5, " shutdown\n");
	for (unsigned int link = 0; link < 2; link++) {
		maybe(to, 3, " link %u priority %u\n", link, chance(4));
		maybe(to, 3, " link %u timers ping %u timeout 900\n", link, 10 + chance(3));
		maybe(to, 4, " link %u pong-count %u\n", link, 1 + chance(3));
	}
	fprintf(to, "exit\n");
}

static void peer_write(FILE *to, unsigned int id)
{
	fprintf(to, " peer p%u %u\n", id, id);
	maybe(to, 2, "  group g%u\n", chance(2));
	maybe(to, 4, "  policy passive\n");
	maybe(to, 6, "  shutdown\n");
	for (unsigned int link = 0; link < 2; link++) {
		if (!chance(4))
			continue;
		fprintf(to, "  link %u remote 10.6%u.0.%u%s\n", link, 6 + link, id,
			chance(3) ? "" : " priority 9");
		maybe(to, 4, "  link %u timers ping 33 timeout 700\n", link);
		maybe(to, 5, "  link %u pong-count 7\n", link);
		maybe(to, 8, "  link %u shutdown\n", link);
		maybe(to, 8, "  link %u description number %u\n", link, chance(3));
	}
	fprintf(to, " exit\n");
}

static void load_report(void *arg, unsigned int number, const char *line,
			const struct kcl_error *err)
{
	(void)arg;
	fail_msg("line %u (%s): %s", number, line ? line : "", err->message);
}

static struct kcl_config *random_config(void)
{
	struct kcl_config *config;
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	for (unsigned int group = 0; group < 2; group++)
		group_write(to, group);
	fprintf(to, "interface knet0\n node-id 1\n network-secret file %s\n", secret);
	maybe(to, 3, " policy active\n");
	maybe(to, 3, " timers ping 50 timeout 250\n");
	maybe(to, 4, " pong-count 5\n");
	maybe(to, 4, " link 0 local 10.66.0.1 priority %u\n", chance(3));
	maybe(to, 6, " link 1 shutdown\n");
	maybe(to, 8, " shutdown\n");
	fprintf(to, " peer always 9 10.66.0.9\n");
	for (unsigned int id = 2; id < 7; id++)
		if (chance(3))
			peer_write(to, id);
	maybe(to, 3, " mac-table static 52:54:00:00:00:01 peer always\n");
	fclose(to);
	assert_int_equal(kcl_config_load(text, len, load_report, NULL, &config), 0);
	free(text);
	return config;
}

static void on_handle(void *arg, struct knd_iface *iface, bool is_there)
{
	(void)arg;
	(void)iface;
	(void)is_there;
}

static void apply(struct knd_ifaces *all, const struct kcl_config *from,
		  const struct kcl_config *to)
{
	struct knd_why why = {""};

	if (knd_apply(all, from, to, false, &why) < 0)
		fail_msg("%s", why.text);
}

/* fake_state() leaves `out` alone if there is no interface. */
static const char *state_now(char *out, size_t size)
{
	out[0] = '\0';
	return fake_state(out, size);
}

/* What a fresh start with the configuration comes to. */
static void fresh_state(const struct kcl_config *config, char *out, size_t size)
{
	struct knd_ifaces all = {.on_handle = on_handle};

	fake_reset();
	apply(&all, NULL, config);
	(void)state_now(out, size);
	while (all.first)
		knd_iface_down(&all, all.first);
}

static void any_way_leads_there(void **state)
{
	static char wanted_a[65536], wanted_b[65536], got[65536];

	(void)state;
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		struct knd_ifaces all = {.on_handle = on_handle};
		struct kcl_config *a, *b;

		seed = round * 7919;
		a = random_config();
		b = random_config();
		fresh_state(a, wanted_a, sizeof(wanted_a));
		fresh_state(b, wanted_b, sizeof(wanted_b));
		fake_reset();
		apply(&all, NULL, a);
		apply(&all, a, b);
		if (strcmp(state_now(got, sizeof(got)), wanted_b) != 0)
			fail_msg("round %u:\n%s\nis not\n%s", round, got, wanted_b);
		apply(&all, b, a);
		if (strcmp(state_now(got, sizeof(got)), wanted_a) != 0)
			fail_msg("round %u, back:\n%s\nis not\n%s", round, got, wanted_a);
		while (all.first)
			knd_iface_down(&all, all.first);
		kcl_config_free(a);
		kcl_config_free(b);
	}
}

static int setup(void **state)
{
	int fd;

	(void)state;
	snprintf(secret, sizeof(secret), "/tmp/knet-test-apply.XXXXXX");
	fd = mkstemp(secret);
	assert_true(fd >= 0);
	for (int i = 0; i < KNET_KEY_TEXT_LEN; i++)
		assert_int_equal(write(fd, "A", 1), 1);
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(secret);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_way_leads_there, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
