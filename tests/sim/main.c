// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The simulation's command line. Tells first the named cases, then random runs from the seed on,
 * and then breaks things on purpose to show that each promise can fail. Prints TAP; a failing run
 * comes with the command that plays it again.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/crypto.h"
#include "tests/sim/run.h"
#include "tests/sim/sealer.h"

static const char usage[] =
	"usage: sim [options]\n"
	"  --seed N       of the first random run, and of the cases (1)\n"
	"  --runs N       how many random runs, with seeds from there on (40)\n"
	"  --hosts N      2 to 16 instead of by chance\n"
	"  --links N      1 to 8 instead of by chance\n"
	"  --seconds N    of faults in a random run, instead of by chance\n"
	"  --case NAME    only this one; 'random': only random runs; 'self-test'\n"
	"  --break WHAT   break it: nonce, dup, flip, lose, forget, drop, stuck, leak, chatty\n"
	"  --list         name the cases\n"
	"  --verbose      tell what happens\n";

static unsigned int test_cnt, failed_cnt;

static void result(bool is_ok, const char *name, const char *text)
{
	test_cnt++;
	failed_cnt += !is_ok;
	printf("%sok %u - %s: %s\n", is_ok ? "" : "not ", test_cnt, name, text);
	fflush(stdout);
}

static void failures_print(const struct sim_world *w, const char *name)
{
	const struct sim_options *opt = w->opt;

	for (unsigned int i = 0; i < w->failure_cnt; i++)
		printf("# %s: broken promise '%s': %s\n", name,
		       sim_promise_name(w->failures[i].promise), w->failures[i].text);
	printf("# again: tests/sim/sim --case %s --seed %llu --runs 1",
	       w->name != NULL ? w->name : name, (unsigned long long)w->seed);
	if (opt->hosts != 0)
		printf(" --hosts %u", opt->hosts);
	if (opt->links != 0)
		printf(" --links %u", opt->links);
	if (opt->seconds != 0)
		printf(" --seconds %u", opt->seconds);
	if (opt->broken != SIM_BREAK_NOTHING)
		printf(" --break %s", sim_break_name((enum sim_break)opt->broken));
	puts(" --verbose");
}

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void case_run(const struct sim_case *c, const struct sim_options *opt)
{
	struct sim_world *w = sim_alloc(sizeof(*w));
	uint64_t gap_ns = 0, lost = 0;
	unsigned int failed = 0, runs = opt->only != NULL ? opt->runs : c->runs;
	double began = cpu_seconds();
	char text[200];

	for (unsigned int i = 0; i < runs; i++) {
		c->run(w, opt, opt->seed + i);
		failed += w->failure_cnt > 0;
		lost += w->frames_lost;
		if (w->gap_ns > gap_ns)
			gap_ns = w->gap_ns;
		if (w->failure_cnt > 0 && failed <= 5)
			failures_print(w, c->name);
	}
	int n = snprintf(text, sizeof(text), "%s (%u of %u runs, %.1f s", c->meaning, runs - failed,
			 runs, cpu_seconds() - began);

	if (gap_ns > 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      ", longest gap %.1f ms, %.1f lost per run", (double)gap_ns / KN_MS,
			      (double)lost / runs);
	snprintf(text + n, sizeof(text) - (size_t)n, ")");
	result(failed == 0, c->name, text);
	free(w);
}

static void random_runs(const struct sim_options *opt)
{
	const struct sim_case c = {.name = "random",
				   .meaning = "faults of all kinds, then calm",
				   .runs = opt->runs,
				   .run = sim_random_run};

	case_run(&c, opt);
}

/* The same seed gives the same run to the last nanosecond. */
static void repeat_check(const struct sim_options *opt)
{
	struct sim_world *w = sim_alloc(sizeof(*w));
	uint64_t digest[2];

	for (unsigned int i = 0; i < 2; i++) {
		sim_random_run(w, opt, opt->seed);
		digest[i] = w->digest + w->frames_sent;
	}
	result(digest[0] == digest[1], "repeat", "a seed gives the same run each time");
	free(w);
}

struct sabotage {
	enum sim_break what;
	const char *in; /* which case must fail */
	enum sim_promise promise;
};

static const struct sabotage sabotages[] = {
	{SIM_BREAK_NONCE, "random", SIM_NONCE},      {SIM_BREAK_DUP, "random", SIM_ONCE},
	{SIM_BREAK_FLIP, "random", SIM_BYTES},       {SIM_BREAK_LOSE, "random", SIM_CONVERGE},
	{SIM_BREAK_LEAK, "random", SIM_MEMORY},      {SIM_BREAK_STUCK, "cut-silent", SIM_GAP},
	{SIM_BREAK_STUCK, "cut-carrier", SIM_GAP},   {SIM_BREAK_LOSE, "rekey", SIM_LOSS},
	{SIM_BREAK_LOSE, "crash", SIM_HEAL},         {SIM_BREAK_CHATTY, "idle", SIM_IDLE},
	{SIM_BREAK_DROP, "idle", SIM_CALM},          {SIM_BREAK_FORGET, "cut-silent", SIM_LOSS},
	{SIM_BREAK_FORGET, "cut-carrier", SIM_LOSS}, {SIM_BREAK_CHATTY, "idle-crowd", SIM_IDLE},
};

static const struct sim_case *case_find(const char *name)
{
	for (const struct sim_case *c = sim_cases; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static bool has_failed(const struct sim_world *w, enum sim_promise p)
{
	for (unsigned int i = 0; i < w->failure_cnt; i++)
		if (w->failures[i].promise == p)
			return true;
	return false;
}

static void sabotage_run(const struct sabotage *s, const struct sim_options *opt)
{
	struct sim_world *w = sim_alloc(sizeof(*w));
	struct sim_options broken = *opt;
	const struct sim_case *c = case_find(s->in);
	char text[160];

	broken.broken = s->what;
	if (c != NULL)
		c->run(w, &broken, opt->seed);
	else
		sim_random_run(w, &broken, opt->seed);
	snprintf(text, sizeof(text), "the promise '%s' of %s can be broken, by '%s'",
		 sim_promise_name(s->promise), s->in, sim_break_name(s->what));
	result(has_failed(w, s->promise), "self-test", text);
	free(w);
}

static void self_test(const struct sim_options *opt)
{
	repeat_check(opt);
	for (size_t i = 0; i < sizeof(sabotages) / sizeof(sabotages[0]); i++)
		sabotage_run(&sabotages[i], opt);
}

static bool is_chosen(const struct sim_options *opt, const char *name)
{
	return opt->only == NULL || strcmp(opt->only, name) == 0;
}

static void all_run(const struct sim_options *opt)
{
	for (const struct sim_case *c = sim_cases; c->name != NULL; c++)
		if (is_chosen(opt, c->name))
			case_run(c, opt);
	if (is_chosen(opt, "random"))
		random_runs(opt);
	if (is_chosen(opt, "self-test"))
		self_test(opt);
}

static unsigned long long number(const char *text, unsigned long long low, unsigned long long high)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	if (*text >= '0' && *text <= '9' && *end == '\0' && v >= low && v <= high)
		return v;
	fprintf(stderr, "sim: '%s' is not a number from %llu to %llu\n%s", text, low, high, usage);
	exit(2);
}

static unsigned int break_parse(const char *text)
{
	for (unsigned int i = 0; i < SIM_BREAK_COUNT; i++)
		if (strcmp(text, sim_break_name((enum sim_break)i)) == 0)
			return i;
	fprintf(stderr, "sim: cannot break '%s'\n%s", text, usage);
	exit(2);
}

static void list_print(void)
{
	for (const struct sim_case *c = sim_cases; c->name != NULL; c++)
		printf("%-16s %s\n", c->name, c->meaning);
	exit(0);
}

static void options_parse(struct sim_options *opt, int argc, char **argv)
{
	static const struct option longs[] = {
		{"seed", required_argument, NULL, 's'},    {"runs", required_argument, NULL, 'r'},
		{"hosts", required_argument, NULL, 'h'},   {"links", required_argument, NULL, 'l'},
		{"seconds", required_argument, NULL, 't'}, {"case", required_argument, NULL, 'c'},
		{"break", required_argument, NULL, 'b'},   {"verbose", no_argument, NULL, 'v'},
		{"list", no_argument, NULL, 'L'},          {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 's':
			opt->seed = number(optarg, 0, UINT64_MAX);
			break;
		case 'r':
			opt->runs = (unsigned int)number(optarg, 1, 10000000);
			break;
		case 'h':
			opt->hosts = (unsigned int)number(optarg, 2, SIM_HOSTS_MAX);
			break;
		case 'l':
			opt->links = (unsigned int)number(optarg, 1, KNET_MAX_LINKS);
			break;
		case 't':
			opt->seconds = (unsigned int)number(optarg, 1, 100000);
			break;
		case 'c':
			opt->only = optarg;
			break;
		case 'b':
			opt->broken = break_parse(optarg);
			break;
		case 'v':
			opt->is_verbose = true;
			break;
		case 'L':
			list_print();
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
}

int main(int argc, char **argv)
{
	struct sim_options opt = {.seed = 1, .runs = 40};

	options_parse(&opt, argc, argv);
	rcu_register_thread();
	if (kn_crypto_init() != 0 || sim_sealer_get() == NULL) {
		fputs("sim: no working cryptography\n", stderr);
		return 1;
	}
	all_run(&opt);
	printf("1..%u\n", test_cnt);
	rcu_unregister_thread();
	kn_crypto_fini();
	return failed_cnt > 0 || test_cnt == 0 ? 1 : 0;
}
